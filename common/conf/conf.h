/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The configuration from penfold.conf(5), checked and ready to use.
 *
 * conf_load() reads the file (grammar in conf.y) into a struct conf, which
 * is not changed afterwards.  A reload builds a second struct conf and swaps
 * the pointer.  Scalar options are rows of conf_options[] (conf_option.c),
 * each with its default and its bounds, so a struct conf always holds values
 * within the bounds.  Children get the struct by message: see conf_msg.h.
 *
 * Units: times are seconds, sizes are octets, unless the comment says
 * otherwise.
 */

#ifndef COMMON_CONF_CONF_H
#define COMMON_CONF_CONF_H

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf/conf_service.h"
#include "common/conf/conf_users.h"

struct buf;
struct conf_mech;

/* The value of "never", in time options that allow the word. */
#define CONF_NEVER	UINT32_MAX

/* How a listener uses TLS. */
enum conf_mode {
	CONF_MODE_PLAINTEXT,	/* no TLS; logins in cleartext */
	CONF_MODE_STARTTLS,	/* cleartext first, STARTTLS or STLS offered */
	CONF_MODE_TLS		/* TLS from the first octet */
};

/* TLS versions, as bits of conf.tls_protocols. */
#define CONF_TLS_1_2		(1U << 0)
#define CONF_TLS_1_3		(1U << 1)

/* Fields of the answer to ID (RFC 2971, 3.3), as bits of conf.id_fields. */
#define CONF_ID_NAME		(1U << 0)
#define CONF_ID_VERSION		(1U << 1)
#define CONF_ID_VENDOR		(1U << 2)
#define CONF_ID_OS		(1U << 3)
#define CONF_ID_OS_VERSION	(1U << 4)

enum conf_dhparams {		/* finite-field Diffie-Hellman in TLS 1.2 */
	CONF_DH_NONE,
	CONF_DH_AUTO		/* group chosen by the size of the key */
};

enum conf_user_case {
	CONF_USER_LOWER,	/* names are folded to lower case */
	CONF_USER_EXACT		/* names are compared octet by octet */
};

enum conf_pop3_uidl {		/* UIDL format: v is UIDVALIDITY, u is UID */
	CONF_UIDL_DOVECOT,	/* %08Xu%08Xv */
	CONF_UIDL_UW,		/* %08Xv%08Xu */
	CONF_UIDL_CYRUS,	/* v.u, decimal */
	CONF_UIDL_COURIER,	/* v-u, decimal */
	CONF_UIDL_FILE		/* Maildir file name without its flags */
};

enum conf_pop3_delete {
	CONF_POP3_EXPUNGE,	/* QUIT expunges deleted messages */
	CONF_POP3_TRASH		/* QUIT moves them to the trash folder */
};

/* Special-use mailboxes (RFC 6154), as indexes of conf.folder. */
enum conf_folder {
	CONF_FOLDER_DRAFTS,
	CONF_FOLDER_SENT,
	CONF_FOLDER_TRASH,
	CONF_FOLDER_JUNK,
	CONF_FOLDER_ARCHIVE,
	CONF_FOLDER_MAX
};

/* The position of a statement, for error messages. */
struct conf_where {
	char	*file;
	int	 line;		/* 0: a default, not set in any file */
};

/* A system user: a name, or numeric uid:gid. */
struct conf_id {
	char	*name;		/* as written; NULL if the option is absent */
	uid_t	 uid;
	gid_t	 gid;
	bool	 known;		/* uid and gid are valid */
};

/* A network: an address and a prefix length. */
struct conf_net {
	int	 family;	/* AF_INET or AF_INET6 */
	uint8_t	 addr[16];	/* network order; AF_INET uses the first 4 */
	uint8_t	 prefix;	/* bits: 0 to 32, or 0 to 128 */
};

struct conf_nets {
	struct conf_net	*v;
	size_t		 n;
};

/*
 * A socket to bind.  "listen on *" makes a pair: an IPv6 socket, bound with
 * IPV6_V6ONLY, and an IPv4 socket.  Binding one of the pair may fail on a host
 * without that address family.
 */
struct conf_listener {
	enum conf_service_id	 service;
	enum conf_mode		 mode;
	struct sockaddr_storage	 addr;		/* with the port */
	socklen_t		 addr_len;
	uint16_t		 port;		/* port in host byte order */
	bool			 any;		/* half of "listen on *" */
	bool			 plaintext;	/* login before TLS allowed */
	struct conf_nets	 plaintext_from;/* for these; none: all */
	struct conf_where	 where;
};

/* Paths of the PEM files with a certificate chain and its key. */
struct conf_cert {
	char			*cert;
	char			*key;
	char			*ocsp;	/* OCSP response (DER), or NULL */
	struct conf_where	 where;
};

/* A source of users.  Sources are asked in the order of the file. */
struct conf_users {
	enum conf_users_id	 kind;
	char			*path;
	struct conf_where	 where;
};

struct conf {
	char			*file;		/* path it was read from */

	/* From statements that are not rows of conf_options[]. */
	struct conf_listener	*listeners;
	size_t			 nlisteners;
	struct conf_cert	*certs;		/* [0] is the default */
	size_t			 ncerts;
	struct conf_users	*users;
	size_t			 nusers;
	char			*mail;		/* template: %u %n %d %h %% */
	struct conf_where	 mail_where;
	struct conf_id		 owner;		/* owns mail; may be absent */
	struct conf_nets	 plaintext_from;/* for all listeners */

	/* Rows of conf_options[] from here on, in the same order. */
	char		*hostname;	/* default: gethostname(3) */

	/* processes */
	struct conf_id	 front_user;
	struct conf_id	 auth_user;
	char		*chroot;	/* empty folder for front and auth */
	uint32_t	 fronts;	/* 0: one per core */
	uint32_t	 workers;	/* per owner; 0: two per core */
	uint32_t	 checkers;	/* check processes; 0: one per core */
	uint32_t	 sync_threads;	/* in each worker */
	uint32_t	 worker_idle;	/* s until an unused worker ends */
	uint32_t	 listen_backlog;

	/* log */
	char		*log_to;	/* "syslog", "stderr" or a path */
	uint32_t	 log_level;	/* enum log_level */
	char		*trace_user;	/* log this user's dialogue; or NULL */
	char		*trace_address;	/* log this address's; or NULL */

	/* TLS */
	uint32_t	 tls_protocols;	/* CONF_TLS_* */
	char		*tls_ciphers;	/* for TLS 1.2, in OpenSSL's notation */
	char		*tls_curves;	/* colon-separated, best first */
	uint32_t	 tls_dhparams;	/* enum conf_dhparams */
	uint32_t	 tls_ticket_lifetime;	/* s; 0: no tickets */
	char		*client_ca;	/* PEM; NULL: ask for no certificates */

	/* authentication */
	uint32_t	 auth_mechanisms;	/* CONF_MECH_BIT() or-ed */
	uint32_t	 auth_cache_lifetime;	/* s; 0: no cache */
	uint32_t	 auth_cache_size;	/* entries */
	uint32_t	 user_case;	/* enum conf_user_case */
	char		*default_domain;/* added to names without a domain */

	/* limits before and around the login */
	uint32_t	 login_timeout;		/* s from accept to login */
	uint32_t	 connections_total;	/* per daemon */
	uint32_t	 connections_before_login;
	uint32_t	 connections_per_address;
	uint32_t	 connections_per_user;
	uint32_t	 failed_logins;		/* per connection */
	uint32_t	 failed_login_delay;	/* s before the answer */
	uint32_t	 bad_commands;		/* per connection */
	uint64_t	 login_line_size;	/* command line before login */
	uint64_t	 login_literal_size; /* total per command */

	/* limits of a session */
	uint32_t	 idle_timeout;		/* s, IMAP autologout */
	uint32_t	 idle_keepalive; /* s between "* OK" in IDLE; 0: off */
	uint64_t	 line_size;	/* command line without its literals */
	uint64_t	 literal_size;	/* total per command but APPEND's */
	uint64_t	 message_size;		/* APPEND */
	uint64_t	 session_memory;	/* per session */
	uint32_t	 search_terms;		/* keys in a SEARCH command */
	uint32_t	 mailboxes;		/* per user */
	uint32_t	 keywords;		/* per mailbox */

	/* the store */
	uint32_t	 separator;		/* '/' or '.', on the wire */
	char		*folder[CONF_FOLDER_MAX];/* NULL: not created */
	uint32_t	 expunge_keep;		/* s in penfold/expunged/ */
	uint32_t	 lock_timeout;		/* s until NO [INUSE] */
	uint32_t	 poll_interval;		/* s, if watching fails */
	uint32_t	 open_indexes;		/* per worker */
	uint32_t	 index_idle;		/* s until an index is closed */

	/* texts sent to clients, and ID */
	char		*greeting;	/* text after "* OK" and "+OK" */
	uint32_t	 id_fields;	/* CONF_ID_* */
	bool		 id_log;	/* log the ID that clients send */

	/* POP3 */
	uint32_t	 pop3_timeout;		/* s, autologout */
	uint32_t	 pop3_expire;		/* s, or CONF_NEVER */
	uint32_t	 pop3_login_delay;	/* s between logins of a user */
	uint32_t	 pop3_uidl;		/* enum conf_pop3_uidl */
	uint32_t	 pop3_delete;		/* enum conf_pop3_delete */
	bool		 pop3_seen;		/* RETR sets \Seen */
};

/* Limits on one configuration; a file that exceeds them is an error. */
#define CONF_LISTENERS_MAX	256
#define CONF_CERTS_MAX		1024
#define CONF_USERS_MAX		64
#define CONF_NETS_MAX		256
#define CONF_STRING_MAX		4095	/* octets of any string */

/* Flags of conf_load(). */
#define CONF_NO_IDS	(1U << 0)	/* don't look up system users */
#define CONF_NO_FILES	(1U << 1)	/* don't check that files exist */

/*
 * Called for each error in a configuration, in the order of the file.
 *
 * msg       a line without its newline: "file:12: expected ..."
 */
typedef void conf_report_fn(void *arg, const char *msg);

/*
 * Read and check a configuration file.
 *
 * flags     CONF_NO_*; the daemons pass 0
 * report    called for each error; NULL logs the errors instead
 *
 * Returns the configuration, or NULL if there was an error.  Never exits and
 * changes no state of the caller, so a daemon can try a new file while it
 * serves with its old configuration.  The system users that processes run as
 * are looked up only if the caller is root, who alone can change to them.
 */
struct conf	*conf_load(const char *path, unsigned int flags,
		    conf_report_fn *report, void *arg);

/*
 * As conf_load(), but read the text from memory.  For tests.
 *
 * name      path of the file, for error messages; a relative path in an
 *           include statement starts from its directory
 */
struct conf	*conf_load_text(const char *name, const char *text, size_t len,
		    unsigned int flags, conf_report_fn *report, void *arg);

/*
 * Allocate a configuration in which every option has its default.
 */
struct conf	*conf_new(void);

/*
 * Free a configuration and everything that it owns.
 */
void		 conf_free(struct conf *conf);

/*
 * Append a configuration in the syntax of penfold.conf(5): every option with
 * its value, defaults included (imapd -nv).  Reading the text back gives an
 * equal configuration.
 *
 * Returns 0, or -1 if the buffer would exceed its limit.
 */
int		 conf_print(const struct conf *conf, struct buf *out);

/*
 * Allocate the path of the folder that holds all mail: the part of the mail
 * template that is the same for all users, up to its last slash.  "/" if users
 * have no such folder in common.
 */
char		*conf_mail_root(const struct conf *conf);

/*
 * Tell whether a client may log in without TLS.
 *
 * peer      the address of the client
 *
 * Login is allowed if the listener has "plaintext" for this address, or if
 * "allow plaintext from" names a network that the address is in.  On a listener
 * with TLS from the first octet it is always allowed.  An IPv4 address mapped
 * into IPv6 counts as the IPv4 address.
 */
bool		 conf_plaintext_allowed(const struct conf *conf,
		    const struct conf_listener *listener,
		    const struct sockaddr *peer);

/*
 * Tell whether "auth mechanisms" lists a mechanism; false if mech is NULL.
 */
bool		 conf_has_mech(const struct conf *conf,
		    const struct conf_mech *mech);

/*
 * Tell whether commands that carry a password (LOGIN, USER and PASS) are
 * allowed: if "auth mechanisms" has any that shows the server the password.
 */
bool		 conf_takes_passwords(const struct conf *conf);

/*
 * Tell whether a service needs certificates: true if any of its listeners
 * speaks TLS.
 */
bool		 conf_needs_tls(const struct conf *conf,
		    enum conf_service_id service);

/* The file that the parent opens for a source of users, or NULL. */
const char	*conf_users_file(const struct conf_users *u);

#endif
