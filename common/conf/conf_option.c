/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The option rows and the code that reads them; see conf_option.h.
 *
 * A default is written as an administrator would write it and is read by the
 * same parser, so that the manual, the printer and the program agree on its
 * meaning.
 */

#include "config.h"

#include <sys/types.h>

#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bounds.h"
#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/num.h"
#include "common/base/table.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf_mech.h"
#include "common/conf/conf_option.h"

#define KB	1024ULL
#define MB	(1024ULL * KB)
#define GB	(1024ULL * MB)
#define MINUTE	60U
#define HOUR	(60U * MINUTE)
#define DAY	(24U * HOUR)
#define WEEK	(7U * DAY)
#define YEAR	(365U * DAY)

/*
 * Only AEAD ciphers with forward secrecy.  LibreTLS's own default,
 * HIGH:!aNULL, still includes CBC and RSA key exchange.
 */
#define TLS_CIPHERS							\
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"	\
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"	\
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"

static const struct conf_word log_words[] = {
	{ .name = "syslog", .value = 0 },
	{ .name = "stderr", .value = 0 },
	{ .name = NULL }
};

static const struct conf_word level_words[] = {
	{ .name = "warn", .value = LOG_LEVEL_WARN },
	{ .name = "info", .value = LOG_LEVEL_INFO },
	{ .name = "debug", .value = LOG_LEVEL_DEBUG },
	{ .name = NULL }
};

static const struct conf_word protocol_words[] = {
	{ .name = "tlsv1.2", .value = CONF_TLS_1_2 },
	{ .name = "tlsv1.3", .value = CONF_TLS_1_3 },
	{ .name = NULL }
};

static const struct conf_word dhparams_words[] = {
	{ .name = "none", .value = CONF_DH_NONE },
	{ .name = "auto", .value = CONF_DH_AUTO },
	{ .name = NULL }
};

#define ROW(id, code, name_, word, class)				\
	{ .name = word, .value = CONF_MECH_BIT(CONF_MECH_##id) },
static const struct conf_word mech_words[] = {
	CONF_MECHS(ROW)
	{ .name = NULL }
};
#undef ROW

static const struct conf_word case_words[] = {
	{ .name = "lower", .value = CONF_USER_LOWER },
	{ .name = "exact", .value = CONF_USER_EXACT },
	{ .name = NULL }
};

static const struct conf_word separator_words[] = {
	{ .name = "/", .value = '/' },
	{ .name = ".", .value = '.' },
	{ .name = NULL }
};

static const struct conf_word id_words[] = {
	{ .name = "name", .value = CONF_ID_NAME },
	{ .name = "version", .value = CONF_ID_VERSION },
	{ .name = "vendor", .value = CONF_ID_VENDOR },
	{ .name = "os", .value = CONF_ID_OS },
	{ .name = "os-version", .value = CONF_ID_OS_VERSION },
	{ .name = NULL }
};

static const struct conf_word uidl_words[] = {
	{ .name = "dovecot", .value = CONF_UIDL_DOVECOT },
	{ .name = "uw", .value = CONF_UIDL_UW },
	{ .name = "cyrus", .value = CONF_UIDL_CYRUS },
	{ .name = "courier", .value = CONF_UIDL_COURIER },
	{ .name = "file", .value = CONF_UIDL_FILE },
	{ .name = NULL }
};

static const struct conf_word delete_words[] = {
	{ .name = "expunge", .value = CONF_POP3_EXPUNGE },
	{ .name = "trash", .value = CONF_POP3_TRASH },
	{ .name = NULL }
};

#define FIELD(f)	offsetof(struct conf, f)
#define FOLDER(f)	(offsetof(struct conf, folder) +		\
			    CONF_FOLDER_##f * sizeof(char *))

const struct conf_option conf_options[] = {
	{ .name = "hostname", .type = CONF_STRING,
	    .offset = FIELD(hostname), .min = 1, .max = 255,
	    .doc = "name of this server in greetings and certificates" },

	{ .name = "front user", .type = CONF_ID, .flags = CONF_OPT_RESTART,
	    .offset = FIELD(front_user), .def = "_penfold-net",
	    .doc = "user of the processes that strangers talk to" },
	{ .name = "auth user", .type = CONF_ID, .flags = CONF_OPT_RESTART,
	    .offset = FIELD(auth_user), .def = "_penfold-auth",
	    .doc = "user of the processes that see password hashes" },
	{ .name = "chroot", .type = CONF_PATH, .flags = CONF_OPT_RESTART,
	    .offset = FIELD(chroot), .def = "/var/empty",
	    .doc = "empty folder that front and auth are confined to" },
	{ .name = "fronts", .type = CONF_NUMBER,
	    .offset = FIELD(fronts), .def = "0", .min = 0, .max = FRONTS_MAX,
	    .doc = "front processes; 0 is one for each core" },
	{ .name = "workers", .type = CONF_NUMBER,
	    .offset = FIELD(workers), .def = "0", .min = 0, .max = 256,
	    .doc = "mail processes for each owner; 0 is two for each core" },
	{ .name = "checkers", .type = CONF_NUMBER,
	    .offset = FIELD(checkers), .def = "0", .min = 0,
	    .max = CHECKERS_MAX,
	    .doc = "processes that check passwords; 0 is one for each core" },
	{ .name = "sync threads", .type = CONF_NUMBER,
	    .offset = FIELD(sync_threads), .def = "4", .min = 1, .max = 64,
	    .doc = "threads of a mail process that wait for the disk" },
	{ .name = "worker idle timeout", .type = CONF_TIME,
	    .offset = FIELD(worker_idle), .def = "5m", .min = 1, .max = DAY,
	    .doc = "time without a session until a mail process ends" },
	{ .name = "listen backlog", .type = CONF_NUMBER,
	    .offset = FIELD(listen_backlog), .def = "512", .min = 1,
	    .max = 65535,
	    .doc = "connections that wait in the kernel to be accepted" },

	{ .name = "log to", .type = CONF_PATH,
	    .offset = FIELD(log_to), .def = "syslog", .words = log_words,
	    .doc = "where log lines go" },
	{ .name = "log level", .type = CONF_WORD,
	    .offset = FIELD(log_level), .def = "info", .words = level_words,
	    .doc = "how much is logged" },
	{ .name = "trace user", .type = CONF_STRING, .flags = CONF_OPT_NONE,
	    .offset = FIELD(trace_user), .def = "", .min = 0, .max = 255,
	    .doc = "user whose dialogue is logged, without secrets and mail" },
	{ .name = "trace address", .type = CONF_STRING, .flags = CONF_OPT_NONE,
	    .offset = FIELD(trace_address), .def = "", .min = 0, .max = 45,
	    .doc = "the same of the connections from an address" },

	{ .name = "tls protocols", .type = CONF_WORDS,
	    .offset = FIELD(tls_protocols), .def = "tlsv1.2 tlsv1.3",
	    .words = protocol_words,
	    .doc = "versions of TLS that are spoken" },
	{ .name = "tls ciphers", .type = CONF_STRING,
	    .offset = FIELD(tls_ciphers), .def = TLS_CIPHERS, .min = 1,
	    .max = 1024,
	    .doc = "cipher suites of TLS 1.2, by preference" },
	{ .name = "tls curves", .type = CONF_STRING,
	    .offset = FIELD(tls_curves), .def = "X25519:P-256:P-384", .min = 1,
	    .max = 255,
	    .doc = "curves of the key exchange, by preference" },
	{ .name = "tls dhparams", .type = CONF_WORD,
	    .offset = FIELD(tls_dhparams), .def = "none",
	    .words = dhparams_words,
	    .doc = "finite-field Diffie-Hellman" },
	{ .name = "tls ticket lifetime", .type = CONF_TIME,
	    .offset = FIELD(tls_ticket_lifetime), .def = "2h", .min = 0,
	    .max = DAY,
	    .doc = "how long a TLS session may be resumed; 0 is never" },
	{ .name = "client ca", .type = CONF_PATH, .flags = CONF_OPT_NONE,
	    .offset = FIELD(client_ca), .def = "",
	    .doc = "authorities whose client certificates are accepted" },

	{ .name = "auth mechanisms", .type = CONF_WORDS,
	    .offset = FIELD(auth_mechanisms), .def = "plain login",
	    .words = mech_words,
	    .doc = "SASL mechanisms that are offered" },
	{ .name = "auth cache lifetime", .type = CONF_TIME,
	    .offset = FIELD(auth_cache_lifetime), .def = "2m", .min = 0,
	    .max = HOUR,
	    .doc = "how long a password that was right is remembered; 0 is "
	    "not" },
	{ .name = "auth cache size", .type = CONF_NUMBER,
	    .offset = FIELD(auth_cache_size), .def = "10000", .min = 1,
	    .max = 1000000,
	    .doc = "passwords that are remembered at most" },
	{ .name = "user names", .type = CONF_WORD,
	    .offset = FIELD(user_case), .def = "lower", .words = case_words,
	    .doc = "what upper case in a user name means" },
	{ .name = "default domain", .type = CONF_STRING, .flags = CONF_OPT_NONE,
	    .offset = FIELD(default_domain), .def = "", .min = 0, .max = 255,
	    .doc = "domain of user names that have none" },

	{ .name = "login timeout", .type = CONF_TIME,
	    .offset = FIELD(login_timeout), .def = "1m", .min = 5, .max = HOUR,
	    .doc = "time from connecting to being logged in" },
	{ .name = "connections", .type = CONF_NUMBER,
	    .offset = FIELD(connections_total), .def = "20000", .min = 1,
	    .max = 1000000,
	    .doc = "connections of one daemon" },
	{ .name = "connections before login", .type = CONF_NUMBER,
	    .offset = FIELD(connections_before_login), .def = "2000", .min = 1,
	    .max = 1000000,
	    .doc = "connections that are not logged in" },
	{ .name = "connections per address", .type = CONF_NUMBER,
	    .offset = FIELD(connections_per_address), .def = "200", .min = 1,
	    .max = PER_ADDRESS_MAX,
	    .doc = "connections from one IPv4 address or IPv6 /64" },
	{ .name = "connections per user", .type = CONF_NUMBER,
	    .offset = FIELD(connections_per_user), .def = "50", .min = 1,
	    .max = 1000000,
	    .doc = "sessions of one user" },
	{ .name = "failed logins", .type = CONF_NUMBER,
	    .offset = FIELD(failed_logins), .def = "3", .min = 1, .max = 100,
	    .doc = "failed logins that close a connection" },
	{ .name = "failed login delay", .type = CONF_TIME,
	    .offset = FIELD(failed_login_delay), .def = "2s", .min = 0,
	    .max = 30,
	    .doc = "time before a failed login is answered" },
	{ .name = "bad commands", .type = CONF_NUMBER,
	    .offset = FIELD(bad_commands), .def = "20", .min = 1, .max = 10000,
	    .doc = "commands with errors of syntax that close a connection" },
	{ .name = "login line size", .type = CONF_SIZE,
	    .offset = FIELD(login_line_size), .def = "8K", .min = 1 * KB,
	    .max = 8 * KB,
	    .doc = "longest command line before login" },
	{ .name = "login literal size", .type = CONF_SIZE,
	    .offset = FIELD(login_literal_size), .def = "8K", .min = 1 * KB,
	    .max = 8 * KB,
	    .doc = "literals of one command before login, in all" },

	{ .name = "idle timeout", .type = CONF_TIME,
	    .offset = FIELD(idle_timeout), .def = "30m", .min = 1, .max = WEEK,
	    .doc = "time without a command until an IMAP session ends" },
	{ .name = "idle keepalive", .type = CONF_TIME,
	    .offset = FIELD(idle_keepalive), .def = "2m", .min = 0, .max = DAY,
	    .doc = "time between signs of life during IDLE; 0 is none" },
	{ .name = "line size", .type = CONF_SIZE,
	    .offset = FIELD(line_size), .def = "64K", .min = 8 * KB,
	    .max = 1 * MB,
	    .doc = "longest command line after login, without literals" },
	{ .name = "literal size", .type = CONF_SIZE,
	    .offset = FIELD(literal_size), .def = "1M", .min = 8 * KB,
	    .max = 64 * MB,
	    .doc = "literals of one command after login, without messages" },
	{ .name = "message size", .type = CONF_SIZE,
	    .offset = FIELD(message_size), .def = "128M", .min = 64 * KB,
	    .max = 4 * GB - 1,
	    .doc = "largest message that can be appended" },
	{ .name = "memory per session", .type = CONF_SIZE,
	    .offset = FIELD(session_memory), .def = "64M", .min = 4 * MB,
	    .max = 4 * GB,
	    .doc = "memory that the commands of one session may use" },
	{ .name = "search terms", .type = CONF_NUMBER,
	    .offset = FIELD(search_terms), .def = "1000", .min = 10,
	    .max = 100000,
	    .doc = "keys of one SEARCH" },
	{ .name = "mailboxes per user", .type = CONF_NUMBER,
	    .offset = FIELD(mailboxes), .def = "10000", .min = 10,
	    .max = 1000000,
	    .doc = "mailboxes that one user may have" },
	{ .name = "keywords per mailbox", .type = CONF_NUMBER,
	    .offset = FIELD(keywords), .def = "64", .min = 26, .max = 64,
	    .doc = "keywords that one mailbox may have" },

	{ .name = "separator", .type = CONF_WORD,
	    .offset = FIELD(separator), .def = "/", .words = separator_words,
	    .doc = "what stands between the levels of a mailbox name" },
	{ .name = "drafts folder", .type = CONF_STRING, .flags = CONF_OPT_NONE,
	    .offset = FOLDER(DRAFTS), .def = "Drafts", .min = 0, .max = 200,
	    .doc = "mailbox made for a new user, with the use \\Drafts" },
	{ .name = "sent folder", .type = CONF_STRING, .flags = CONF_OPT_NONE,
	    .offset = FOLDER(SENT), .def = "Sent", .min = 0, .max = 200,
	    .doc = "the same for \\Sent" },
	{ .name = "trash folder", .type = CONF_STRING, .flags = CONF_OPT_NONE,
	    .offset = FOLDER(TRASH), .def = "Trash", .min = 0, .max = 200,
	    .doc = "the same for \\Trash" },
	{ .name = "junk folder", .type = CONF_STRING, .flags = CONF_OPT_NONE,
	    .offset = FOLDER(JUNK), .def = "Junk", .min = 0, .max = 200,
	    .doc = "the same for \\Junk" },
	{ .name = "archive folder", .type = CONF_STRING, .flags = CONF_OPT_NONE,
	    .offset = FOLDER(ARCHIVE), .def = "Archive", .min = 0, .max = 200,
	    .doc = "the same for \\Archive" },
	{ .name = "expunge keep", .type = CONF_TIME,
	    .offset = FIELD(expunge_keep), .def = "1h", .min = HOUR,
	    .max = YEAR,
	    .doc = "how long an expunged message can be brought back" },
	{ .name = "lock timeout", .type = CONF_TIME,
	    .offset = FIELD(lock_timeout), .def = "10s", .min = 1,
	    .max = 5 * MINUTE,
	    .doc = "how long a command waits for another program's lock" },
	{ .name = "poll interval", .type = CONF_TIME,
	    .offset = FIELD(poll_interval), .def = "5s", .min = 1,
	    .max = 10 * MINUTE,
	    .doc = "how often a mailbox is looked at that can't be watched" },
	{ .name = "open indexes", .type = CONF_NUMBER,
	    .offset = FIELD(open_indexes), .def = "256", .min = 4,
	    .max = 100000,
	    .doc = "indexes that a mail process keeps open" },
	{ .name = "index idle timeout", .type = CONF_TIME,
	    .offset = FIELD(index_idle), .def = "30s", .min = 1, .max = HOUR,
	    .doc = "time without use until an index is closed" },

	{ .name = "greeting", .type = CONF_STRING,
	    .offset = FIELD(greeting), .def = "Penfold ready.", .min = 1,
	    .max = 200,
	    .doc = "text of the greeting" },
	{ .name = "id fields", .type = CONF_WORDS,
	    .offset = FIELD(id_fields), .def = "name", .words = id_words,
	    .doc = "what ID tells clients of the server" },
	{ .name = "id log", .type = CONF_BOOL,
	    .offset = FIELD(id_log), .def = "yes",
	    .doc = "log what clients tell of themselves with ID" },

	{ .name = "pop3 timeout", .type = CONF_TIME,
	    .offset = FIELD(pop3_timeout), .def = "10m", .min = 10 * MINUTE,
	    .max = DAY,
	    .doc = "time without a command until a POP3 session ends" },
	{ .name = "pop3 expire", .type = CONF_TIME,
	    .flags = CONF_OPT_NEVER | CONF_OPT_DAYS,
	    .offset = FIELD(pop3_expire), .def = "never", .min = 0,
	    .max = 10 * YEAR,
	    .doc = "age at which QUIT deletes messages that were read" },
	{ .name = "pop3 login delay", .type = CONF_TIME,
	    .offset = FIELD(pop3_login_delay), .def = "0", .min = 0, .max = DAY,
	    .doc = "least time between two POP3 logins of a user" },
	{ .name = "pop3 uidl", .type = CONF_WORD,
	    .offset = FIELD(pop3_uidl), .def = "dovecot", .words = uidl_words,
	    .doc = "form of the unique ids" },
	{ .name = "pop3 delete", .type = CONF_WORD,
	    .offset = FIELD(pop3_delete), .def = "expunge",
	    .words = delete_words,
	    .doc = "what becomes of messages that POP3 deletes" },
	{ .name = "pop3 seen", .type = CONF_BOOL,
	    .offset = FIELD(pop3_seen), .def = "yes",
	    .doc = "a retrieved message counts as seen in IMAP" },
};

const size_t conf_noptions = NROWS(conf_options);

/* The offset in the row is not checked: a test walks all rows. */
static void *
field(const struct conf *conf, const struct conf_option *o)
{
	return (char *)(uintptr_t)conf + o->offset;
}

uint32_t *
conf_field_u32(const struct conf *conf, const struct conf_option *o)
{
	return field(conf, o);
}

uint64_t *
conf_field_u64(const struct conf *conf, const struct conf_option *o)
{
	return field(conf, o);
}

bool *
conf_field_bool(const struct conf *conf, const struct conf_option *o)
{
	return field(conf, o);
}

char **
conf_field_str(const struct conf *conf, const struct conf_option *o)
{
	return field(conf, o);
}

struct conf_id *
conf_field_id(const struct conf *conf, const struct conf_option *o)
{
	return field(conf, o);
}

struct unit {
	char		 suffix;
	uint64_t	 factor;
};

/* Largest first: quantity_print() takes the first unit that divides. */
static const struct unit time_units[] = {
	{ .suffix = 'w', .factor = WEEK },
	{ .suffix = 'd', .factor = DAY },
	{ .suffix = 'h', .factor = HOUR },
	{ .suffix = 'm', .factor = MINUTE },
	{ .suffix = 's', .factor = 1 },
};

static const struct unit size_units[] = {
	{ .suffix = 'G', .factor = GB },
	{ .suffix = 'M', .factor = MB },
	{ .suffix = 'K', .factor = KB },
};

/* Parse digits and an optional unit letter in either case. */
static int
quantity_parse(const char *text, const struct unit *units, size_t nunits,
    uint64_t *value)
{
	struct slice s = slice_str(text);
	uint64_t factor = 1, n;
	char last;

	if (s.len == 0)
		return -1;
	last = s.p[s.len - 1];
	for (size_t i = 0; i < nunits; i++)
		if (tolower((unsigned char)last) ==
		    tolower((unsigned char)units[i].suffix)) {
			factor = units[i].factor;
			s.len--;
			break;
		}
	if (num_parse_u64(s, &n) == -1)
		return -1;
	return num_mul_u64(n, factor, value);
}

static int
quantity_print(struct buf *out, uint64_t n, const struct unit *units,
    size_t nunits)
{
	for (size_t i = 0; i < nunits; i++)
		if (n != 0 && n % units[i].factor == 0)
			return buf_add_fmt(out, "%llu%c",
			    (unsigned long long)(n / units[i].factor),
			    units[i].suffix);
	return buf_add_u64(out, n);
}

/*
 * Append a time or a size in the largest unit that divides it: 30m, 64K.
 * Returns 0, or -1 if the buffer is full.
 */
static int
time_print(struct buf *out, uint32_t seconds)
{
	if (seconds == CONF_NEVER)
		return buf_add_str(out, "never");
	return quantity_print(out, seconds, time_units, NROWS(time_units));
}

static int
size_print(struct buf *out, uint64_t octets)
{
	return quantity_print(out, octets, size_units, NROWS(size_units));
}

/* Append the words as a list: "a", "b" or "c". */
static void
words_list(const struct conf_word *words, struct buf *out)
{
	for (const struct conf_word *w = words; w->name != NULL; w++)
		(void)buf_add_fmt(out, "%s\"%s\"", w == words ? "" :
		    w[1].name == NULL ? " or " : ", ", w->name);
}

/* Write to err which values this option takes. */
static int
expected(const struct conf_option *o, const char *found, char *err,
    size_t errsize)
{
	struct buf out;

	buf_init(&out, 2048);
	switch (o->type) {
	case CONF_NUMBER:
		(void)buf_add_fmt(&out, "a number from %llu to %llu",
		    (unsigned long long)o->min, (unsigned long long)o->max);
		break;
	case CONF_TIME:
		(void)buf_add_fmt(&out, "a time %sfrom ",
		    o->flags & CONF_OPT_DAYS ? "in days (30d) " : "");
		(void)time_print(&out, (uint32_t)o->min);
		(void)buf_add_str(&out, " to ");
		(void)time_print(&out, (uint32_t)o->max);
		if (o->flags & CONF_OPT_NEVER)
			(void)buf_add_str(&out, " or \"never\"");
		break;
	case CONF_SIZE:
		(void)buf_add_str(&out, "a size from ");
		(void)size_print(&out, o->min);
		(void)buf_add_str(&out, " to ");
		(void)size_print(&out, o->max);
		break;
	case CONF_BOOL:
		(void)buf_add_str(&out, "\"yes\" or \"no\"");
		break;
	case CONF_WORD:
	case CONF_WORDS:
		words_list(o->words, &out);
		break;
	case CONF_STRING:
		(void)buf_add_fmt(&out, "text of %llu to %llu printable "
		    "characters", (unsigned long long)o->min,
		    (unsigned long long)o->max);
		break;
	case CONF_PATH:
		if (o->words != NULL)
			words_list(o->words, &out);
		(void)buf_add_fmt(&out, "%san absolute path",
		    o->words == NULL ? "" : ", or ");
		break;
	case CONF_ID:
		(void)buf_add_str(&out, "a user name, or uid:gid in numbers");
		break;
	}
	if (found == NULL)
		(void)snprintf(err, errsize, "expected %.*s after \"%s\"",
		    SLICE_ARG(buf_slice(&out)), o->name);
	else
		(void)snprintf(err, errsize,
		    "expected %.*s after \"%s\", not \"%s\"",
		    SLICE_ARG(buf_slice(&out)), o->name,
		    log_esc(slice_str(found)));
	buf_clear(&out);
	return -1;
}

static const struct conf_word *
word_find(const struct conf_word *words, const char *name)
{
	for (const struct conf_word *w = words; w->name != NULL; w++)
		if (strcmp(w->name, name) == 0)
			return w;
	return NULL;
}

static bool
is_text(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static void
str_set(char **dst, const char *s)
{
	free(*dst);
	*dst = s == NULL ? NULL : xstrdup(s);
}

bool
conf_option_valid(const struct conf_option *o, uint64_t value)
{
	uint32_t all = 0;

	switch (o->type) {
	case CONF_TIME:
		if (value == CONF_NEVER)
			return (o->flags & CONF_OPT_NEVER) != 0;
		if ((o->flags & CONF_OPT_DAYS) && value % DAY != 0)
			return false;
		return value >= o->min && value <= o->max;
	case CONF_NUMBER:
	case CONF_SIZE:
		return value >= o->min && value <= o->max;
	case CONF_BOOL:
		return value <= 1;
	case CONF_WORD:
		for (const struct conf_word *w = o->words; w->name != NULL; w++)
			if (w->value == value)
				return true;
		return false;
	case CONF_WORDS:
		for (const struct conf_word *w = o->words; w->name != NULL; w++)
			all |= w->value;
		return value != 0 && (value & ~(uint64_t)all) == 0;
	case CONF_STRING:	/* value is the length of the string */
		return (value == 0 && (o->flags & CONF_OPT_NONE)) ||
		    (value >= o->min && value <= o->max);
	case CONF_PATH:
	case CONF_ID:
		return value <= CONF_STRING_MAX;
	}
	return false;
}

static int
number_set(struct conf *conf, const struct conf_option *o, const char *v)
{
	uint64_t n = 0;

	switch (o->type) {
	case CONF_TIME:
		if ((o->flags & CONF_OPT_NEVER) && strcmp(v, "never") == 0)
			n = CONF_NEVER;
		else if (quantity_parse(v, time_units, NROWS(time_units),
		    &n) == -1 || n >= CONF_NEVER)
			return -1;
		break;
	case CONF_SIZE:
		if (quantity_parse(v, size_units, NROWS(size_units),
		    &n) == -1)
			return -1;
		break;
	default:
		if (num_parse_u64(slice_str(v), &n) == -1)
			return -1;
	}
	if (!conf_option_valid(o, n))
		return -1;
	if (o->type == CONF_SIZE)
		*conf_field_u64(conf, o) = n;
	else
		*conf_field_u32(conf, o) = (uint32_t)n;
	return 0;
}

static int
string_set(struct conf *conf, const struct conf_option *o, const char *v)
{
	size_t len = strlen(v);

	if ((o->flags & CONF_OPT_NONE) && len == 0) {
		str_set(conf_field_str(conf, o), NULL);
		return 0;
	}
	if (!is_text(v) || len > CONF_STRING_MAX)
		return -1;
	if (o->type == CONF_STRING && !conf_option_valid(o, len))
		return -1;
	if (o->type == CONF_PATH &&
	    (o->words == NULL || word_find(o->words, v) == NULL) &&
	    v[0] != '/')
		return -1;
	str_set(conf_field_str(conf, o), v);
	return 0;
}

/* Set an option that takes a single value. */
static int
value_set(struct conf *conf, const struct conf_option *o, const char *v)
{
	const struct conf_word *w;

	switch (o->type) {
	case CONF_NUMBER:
	case CONF_TIME:
	case CONF_SIZE:
		return number_set(conf, o, v);
	case CONF_BOOL:
		if (strcmp(v, "yes") != 0 && strcmp(v, "no") != 0)
			return -1;
		*conf_field_bool(conf, o) = v[0] == 'y';
		return 0;
	case CONF_WORD:
		if ((w = word_find(o->words, v)) == NULL)
			return -1;
		*conf_field_u32(conf, o) = w->value;
		return 0;
	case CONF_STRING:
	case CONF_PATH:
		return string_set(conf, o, v);
	case CONF_ID:
		return conf_id_set(conf_field_id(conf, o), v);
	case CONF_WORDS:
		break;
	}
	return -1;
}

int
conf_option_set(struct conf *conf, const struct conf_option *o,
    const char *const *v, size_t n, char *err, size_t errsize)
{
	const struct conf_word *w;
	uint32_t all = 0;

	if (n == 0)
		return expected(o, NULL, err, errsize);
	if (o->type == CONF_WORDS) {
		for (size_t i = 0; i < n; i++) {
			if ((w = word_find(o->words, v[i])) == NULL)
				return expected(o, v[i], err, errsize);
			all |= w->value;
		}
		*conf_field_u32(conf, o) = all;
		return 0;
	}
	if (n > 1) {
		(void)snprintf(err, errsize,
		    "expected the end of the line after \"%s\" and its value, "
		    "not \"%s\"", o->name, log_esc(slice_str(v[1])));
		return -1;
	}
	if (value_set(conf, o, v[0]) == -1)
		return expected(o, v[0], err, errsize);
	return 0;
}

int
conf_option_print_string(struct buf *out, const char *s)
{
	if (buf_add_char(out, '"') == -1)
		return -1;
	for (; s != NULL && *s != '\0'; s++) {
		if ((*s == '"' || *s == '\\') && buf_add_char(out, '\\') == -1)
			return -1;
		if (buf_add_char(out, *s) == -1)
			return -1;
	}
	return buf_add_char(out, '"');
}

int
conf_option_print(const struct conf *conf, const struct conf_option *o,
    struct buf *out)
{
	const char *sep = "";
	const char *s;

	switch (o->type) {
	case CONF_NUMBER:
		return buf_add_u64(out, *conf_field_u32(conf, o));
	case CONF_TIME:
		return time_print(out, *conf_field_u32(conf, o));
	case CONF_SIZE:
		return size_print(out, *conf_field_u64(conf, o));
	case CONF_BOOL:
		return buf_add_str(out,
		    *conf_field_bool(conf, o) ? "yes" : "no");
	case CONF_WORD:
		for (const struct conf_word *w = o->words; w->name != NULL; w++)
			if (w->value == *conf_field_u32(conf, o))
				return buf_add_str(out, w->name);
		return -1;
	case CONF_WORDS:
		for (const struct conf_word *w = o->words; w->name != NULL;
		    w++) {
			if (!(w->value & *conf_field_u32(conf, o)))
				continue;
			if (buf_add_fmt(out, "%s%s", sep, w->name) == -1)
				return -1;
			sep = " ";
		}
		return 0;
	case CONF_STRING:
	case CONF_PATH:
		s = *conf_field_str(conf, o);
		if (s != NULL && o->words != NULL &&
		    word_find(o->words, s) != NULL)
			return buf_add_str(out, s);
		return conf_option_print_string(out, s);
	case CONF_ID:
		return conf_option_print_string(out,
		    conf_field_id(conf, o)->name);
	}
	return -1;
}

static bool
same_value(const struct conf *a, const struct conf *b,
    const struct conf_option *o)
{
	struct buf in_a, in_b;
	bool same;

	buf_init(&in_a, BUF_NOCAP);
	buf_init(&in_b, BUF_NOCAP);
	same = conf_option_print(a, o, &in_a) == 0 &&
	    conf_option_print(b, o, &in_b) == 0 &&
	    slice_eq(buf_slice(&in_a), buf_slice(&in_b));
	buf_clear(&in_a);
	buf_clear(&in_b);
	return same;
}

static size_t
field_size(const struct conf_option *o)
{
	switch (o->type) {
	case CONF_NUMBER:
	case CONF_TIME:
	case CONF_WORD:
	case CONF_WORDS:
		return sizeof(uint32_t);
	case CONF_SIZE:
		return sizeof(uint64_t);
	case CONF_BOOL:
		return sizeof(bool);
	case CONF_STRING:
	case CONF_PATH:
		return sizeof(char *);
	case CONF_ID:
		return sizeof(struct conf_id);
	}
	return 0;
}

void
conf_option_keep(struct conf *next, struct conf *now, unsigned int flag,
    struct buf *names)
{
	char swap[sizeof(struct conf_id)];

	for (size_t i = 0; i < conf_noptions; i++) {
		const struct conf_option *o = &conf_options[i];
		size_t size = field_size(o);

		if ((o->flags & flag) == 0 || same_value(next, now, o))
			continue;
		memcpy(swap, field(next, o), size);
		memcpy(field(next, o), field(now, o), size);
		memcpy(field(now, o), swap, size);
		(void)buf_add_fmt(names, "%s%s", buf_len(names) > 0 ? ", " : "",
		    o->name);
	}
}

int
conf_id_set(struct conf_id *id, const char *text)
{
	struct slice gid = slice_str(text), uid;
	uint32_t u = 0, g = 0;
	bool numeric;

	/* (uid_t)-1 means "no change" to setresuid(2). */
	numeric = slice_cut(&gid, ':', &uid);
	if (numeric && (num_parse_u32(uid, &u) == -1 || u == UINT32_MAX ||
	    num_parse_u32(gid, &g) == -1 || g == UINT32_MAX))
		return -1;
	if (!numeric && (text[0] == '\0' || strlen(text) > 255 ||
	    isdigit((unsigned char)text[0]) ||
	    strpbrk(text, " /") != NULL || !is_text(text)))
		return -1;
	free(id->name);
	id->name = xstrdup(text);
	id->uid = u;
	id->gid = g;
	id->known = numeric;
	return 0;
}

int
conf_id_lookup(struct conf_id *id)
{
	struct passwd *pw;

	if (id->known)
		return 0;
	if (id->name == NULL || (pw = getpwnam(id->name)) == NULL)
		return -1;
	id->uid = pw->pw_uid;
	id->gid = pw->pw_gid;
	id->known = true;
	return 0;
}
