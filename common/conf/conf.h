/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The configuration: what penfold.conf(5) says, checked and ready to use.
 *
 * conf_load() reads the file (grammar in conf.y) into a struct conf that
 * nobody changes afterwards; a reload builds a new one beside it and swaps
 * the pointer.  Scalar options are rows of conf_options[] (conf_option.c),
 * each with its default and its bounds, so a struct conf always holds values
 * within them.  Children get the struct by message: conf_msg.h.
 *
 * Units: times are seconds, sizes are octets, unless the comment says
 * otherwise.
 */

#ifndef COMMON_CONF_H
#define COMMON_CONF_H

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

/* Stands for "never" where an option of type time allows the word. */
#define CONF_NEVER	UINT32_MAX

/* What a listener does about TLS. */
enum conf_mode {
	CONF_MODE_PLAINTEXT,	/* no TLS at all, logins as they are */
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

enum conf_dhparams {		/* finite-field Diffie-Hellman of TLS 1.2 */
	CONF_DH_NONE,
	CONF_DH_AUTO		/* by the size of the key */
};

enum conf_user_case {
	CONF_USER_LOWER,	/* names are folded to lower case first */
	CONF_USER_EXACT		/* names are compared octet by octet */
};

enum conf_pop3_uidl {		/* what UIDL prints: v UIDVALIDITY, u UID */
	CONF_UIDL_DOVECOT,	/* %08Xu%08Xv */
	CONF_UIDL_UW,		/* %08Xv%08Xu */
	CONF_UIDL_CYRUS,	/* v.u, decimal */
	CONF_UIDL_COURIER,	/* v-u, decimal */
	CONF_UIDL_FILE		/* base of the Maildir file name */
};

enum conf_pop3_delete {
	CONF_POP3_EXPUNGE,	/* QUIT expunges what was deleted */
	CONF_POP3_TRASH		/* QUIT moves it to the trash folder */
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

/* Where a statement stands, for messages about it. */
struct conf_where {
	char	*file;
	int	 line;		/* 0: not from a file, a default */
};

/* A user of the system: a name, or uid:gid in numbers. */
struct conf_id {
	char	*name;		/* as written; NULL when the option is absent */
	uid_t	 uid;
	gid_t	 gid;
	bool	 known;		/* uid and gid are valid */
};

/* A network: address and length of its prefix. */
struct conf_net {
	int	 family;	/* AF_INET or AF_INET6 */
	uint8_t	 addr[16];	/* network order; the first 4 for AF_INET */
	uint8_t	 prefix;	/* bits: 0 to 32, or 0 to 128 */
};

struct conf_nets {
	struct conf_net	*v;
	size_t		 n;
};

/*
 * One socket to bind.  "listen on *" makes two, for IPv6 (bound with
 * IPV6_V6ONLY) and IPv4; of such a pair one may fail for want of that family.
 */
struct conf_listener {
	enum conf_service_id	 service;
	enum conf_mode		 mode;
	struct sockaddr_storage	 addr;		/* with the port */
	socklen_t		 addr_len;
	uint16_t		 port;		/* the same in host order */
	bool			 any;		/* half of "listen on *" */
	bool			 plaintext;	/* login before TLS allowed */
	struct conf_nets	 plaintext_from;/* from these; none: from all */
	struct conf_where	 where;
};

/* A certificate chain and its key, paths of PEM files. */
struct conf_cert {
	char			*cert;
	char			*key;
	char			*ocsp;	/* stapled OCSP answer (DER); or NULL */
	struct conf_where	 where;
};

/* A source of users; they are asked in the order of the file. */
struct conf_users {
	enum conf_users_id	 kind;
	char			*path;
	struct conf_where	 where;
};

struct conf {
	char			*file;		/* path it was read from */

	/* Statements of their own. */
	struct conf_listener	*listeners;
	size_t			 nlisteners;
	struct conf_cert	*certs;		/* [0] is the default */
	size_t			 ncerts;
	struct conf_users	*users;
	size_t			 nusers;
	char			*mail;		/* template: %u %n %d %h %% */
	struct conf_where	 mail_where;
	struct conf_id		 owner;		/* of mail; may be absent */
	struct conf_nets	 plaintext_from;/* login before TLS, anywhere */

	/* Rows of conf_options[] from here on, in their order. */
	char		*hostname;	/* default: gethostname(3) */

	/* processes */
	struct conf_id	 front_user;
	struct conf_id	 auth_user;
	char		*chroot;	/* empty folder for front and auth */
	uint32_t	 fronts;	/* 0: one a core */
	uint32_t	 workers;	/* per owner; 0: two a core */
	uint32_t	 checkers;	/* of password hashes; 0: one a core */
	uint32_t	 sync_threads;	/* in each worker */
	uint32_t	 worker_idle;	/* s until an empty worker ends */
	uint32_t	 listen_backlog;

	/* log */
	char		*log_to;	/* "syslog", "stderr" or a path */
	uint32_t	 log_level;	/* enum log_level */
	char		*trace_user;	/* whose dialogue is logged, or NULL */
	char		*trace_address;	/* the same of an address */

	/* TLS */
	uint32_t	 tls_protocols;	/* CONF_TLS_* */
	char		*tls_ciphers;	/* of TLS 1.2, OpenSSL's notation */
	char		*tls_curves;	/* colon-separated, by preference */
	uint32_t	 tls_dhparams;	/* enum conf_dhparams */
	uint32_t	 tls_ticket_lifetime;	/* s; 0: no tickets */
	char		*client_ca;	/* PEM file; NULL: none are asked for */

	/* authentication */
	uint32_t	 auth_mechanisms;	/* of CONF_MECH_BIT() */
	uint32_t	 auth_cache_lifetime;	/* s; 0: no cache */
	uint32_t	 auth_cache_size;	/* entries */
	uint32_t	 user_case;	/* enum conf_user_case */
	char		*default_domain;/* for names without one, or NULL */

	/* limits before and around the login */
	uint32_t	 login_timeout;		/* s from accept to login */
	uint32_t	 connections_total;	/* of one daemon */
	uint32_t	 connections_before_login;
	uint32_t	 connections_per_address;
	uint32_t	 connections_per_user;
	uint32_t	 failed_logins;		/* per connection */
	uint32_t	 failed_login_delay;	/* s before the answer */
	uint32_t	 bad_commands;		/* per connection */
	uint64_t	 login_line_size;	/* command line before login */
	uint64_t	 login_literal_size; /* sum per command before login */

	/* limits of a session */
	uint32_t	 idle_timeout;		/* s, IMAP autologout */
	uint32_t	 idle_keepalive; /* s between "* OK" in IDLE; 0: off */
	uint64_t	 line_size;	/* command line without literals */
	uint64_t	 literal_size;	/* sum per command, no messages */
	uint64_t	 message_size;		/* APPEND */
	uint64_t	 session_memory;	/* per session */
	uint32_t	 search_terms;		/* keys of one SEARCH */
	uint32_t	 mailboxes;		/* per user */
	uint32_t	 keywords;		/* per mailbox */

	/* the store */
	uint32_t	 separator;		/* '/' or '.' on the wire */
	char		*folder[CONF_FOLDER_MAX];/* NULL: not made */
	uint32_t	 expunge_keep;		/* s in penfold/expunged/ */
	uint32_t	 lock_timeout;		/* s until NO [INUSE] */
	uint32_t	 poll_interval;		/* s, where watching fails */
	uint32_t	 open_indexes;		/* per worker */
	uint32_t	 index_idle;		/* s until an index is closed */

	/* what is said */
	char		*greeting;	/* text after "* OK" and "+OK" */
	uint32_t	 id_fields;	/* CONF_ID_* */
	bool		 id_log;	/* log what clients say of themselves */

	/* POP3 */
	uint32_t	 pop3_timeout;		/* s, autologout */
	uint32_t	 pop3_expire;		/* s, whole days; CONF_NEVER */
	uint32_t	 pop3_login_delay;	/* s between logins of a user */
	uint32_t	 pop3_uidl;		/* enum conf_pop3_uidl */
	uint32_t	 pop3_delete;		/* enum conf_pop3_delete */
	bool		 pop3_seen;		/* RETR sets \Seen */
};

/* More than these of a kind is an error of the file. */
#define CONF_LISTENERS_MAX	256
#define CONF_CERTS_MAX		1024
#define CONF_USERS_MAX		64
#define CONF_NETS_MAX		256
#define CONF_STRING_MAX		4095	/* octets of any string */

/* Flags of conf_load(). */
#define CONF_NO_IDS	(1U << 0)	/* don't look users up by name */
#define CONF_NO_FILES	(1U << 1)	/* don't look whether files exist */

/*
 * Called for each error of a configuration, in the order of the file.
 *
 * msg       one line without a newline: "file:12: expected ..."
 */
typedef void conf_report_fn(void *arg, const char *msg);

/*
 * Read and check a configuration file.
 *
 * flags     CONF_NO_*; root's daemons pass 0
 * report    told of each error; NULL logs them
 *
 * Returns the configuration, or NULL when it has at least one error.  Never
 * exits and touches no state but its own, so that a daemon may try a new file
 * while it serves with the old one.  Users of processes that are named are
 * looked up only where they matter: as root.
 */
struct conf	*conf_load(const char *path, unsigned int flags,
		    conf_report_fn *report, void *arg);

/*
 * As conf_load(), of text in memory; name stands for the file in errors, and
 * include is relative to its folder.  For tests.
 */
struct conf	*conf_load_text(const char *name, const char *text, size_t len,
		    unsigned int flags, conf_report_fn *report, void *arg);

/*
 * Allocate a configuration in which every option has its default.
 */
struct conf	*conf_new(void);

/*
 * Free a configuration and all it owns.
 */
void		 conf_free(struct conf *conf);

/*
 * Append a configuration as a file that would be read as the same one: every
 * option with its value, defaults included (imapd -nv).
 *
 * Returns 0, or -1 when the buffer may not grow that far.
 */
int		 conf_print(const struct conf *conf, struct buf *out);

/*
 * Tell whether login before TLS is allowed on a cleartext connection.
 *
 * peer      the address of the client
 *
 * It is where the listener is plaintext or says so for this address, or where
 * "allow plaintext from" names its network.  An IPv4 address mapped into IPv6
 * counts as the IPv4 address.
 */
bool		 conf_plaintext_allowed(const struct conf *conf,
		    const struct conf_listener *listener,
		    const struct sockaddr *peer);

/*
 * Tell whether "auth mechanisms" has this one; a NULL is in no configuration.
 */
bool		 conf_has_mech(const struct conf *conf,
		    const struct conf_mech *mech);

/*
 * Tell whether commands that carry a password themselves are allowed, which
 * they are when a mechanism is that shows the server the password.
 */
bool		 conf_takes_passwords(const struct conf *conf);

/*
 * Tell whether any listener of the service speaks TLS, so that certificates
 * are needed.
 */
bool		 conf_needs_tls(const struct conf *conf,
		    enum conf_service_id service);

/* The file that the parent opens for this source, or NULL. */
const char	*conf_users_file(const struct conf_users *u);

#endif
