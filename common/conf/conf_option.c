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
	{ "syslog",	0 },
	{ "stderr",	0 },
	{ NULL,		0 }
};

static const struct conf_word level_words[] = {
	{ "warn",	LOG_LEVEL_WARN },
	{ "info",	LOG_LEVEL_INFO },
	{ "debug",	LOG_LEVEL_DEBUG },
	{ NULL,		0 }
};

static const struct conf_word protocol_words[] = {
	{ "tlsv1.2",	CONF_TLS_1_2 },
	{ "tlsv1.3",	CONF_TLS_1_3 },
	{ NULL,		0 }
};

static const struct conf_word dhparams_words[] = {
	{ "none",	CONF_DH_NONE },
	{ "auto",	CONF_DH_AUTO },
	{ NULL,		0 }
};

#define ROW(id, code, name, word, class)				\
	{ word, CONF_MECH_BIT(CONF_MECH_##id) },
static const struct conf_word mech_words[] = {
	CONF_MECHS(ROW)
	{ NULL,		0 }
};
#undef ROW

static const struct conf_word case_words[] = {
	{ "lower",	CONF_USER_LOWER },
	{ "exact",	CONF_USER_EXACT },
	{ NULL,		0 }
};

static const struct conf_word separator_words[] = {
	{ "/",	'/' },
	{ ".",	'.' },
	{ NULL,	0 }
};

static const struct conf_word id_words[] = {
	{ "name",	 CONF_ID_NAME },
	{ "version",	 CONF_ID_VERSION },
	{ "vendor",	 CONF_ID_VENDOR },
	{ "os",		 CONF_ID_OS },
	{ "os-version",	 CONF_ID_OS_VERSION },
	{ NULL,		 0 }
};

static const struct conf_word uidl_words[] = {
	{ "dovecot",	CONF_UIDL_DOVECOT },
	{ "uw",		CONF_UIDL_UW },
	{ "cyrus",	CONF_UIDL_CYRUS },
	{ "courier",	CONF_UIDL_COURIER },
	{ "file",	CONF_UIDL_FILE },
	{ NULL,		0 }
};

static const struct conf_word delete_words[] = {
	{ "expunge",	CONF_POP3_EXPUNGE },
	{ "trash",	CONF_POP3_TRASH },
	{ NULL,		0 }
};

#define FIELD(f)	offsetof(struct conf, f)
#define FOLDER(f)	(offsetof(struct conf, folder) +		\
			    CONF_FOLDER_##f * sizeof(char *))

const struct conf_option conf_options[] = {
	{ "hostname", CONF_STRING, 0, FIELD(hostname),
	    NULL, 1, 255, NULL,
	    "name of this server in greetings and certificates" },

	{ "front user", CONF_ID, CONF_OPT_RESTART, FIELD(front_user),
	    "_penfold-net", 0, 0, NULL,
	    "user of the processes that strangers talk to" },
	{ "auth user", CONF_ID, CONF_OPT_RESTART, FIELD(auth_user),
	    "_penfold-auth", 0, 0, NULL,
	    "user of the processes that see password hashes" },
	{ "chroot", CONF_PATH, CONF_OPT_RESTART, FIELD(chroot),
	    "/var/empty", 0, 0, NULL,
	    "empty folder that front and auth are confined to" },
	{ "fronts", CONF_NUMBER, 0, FIELD(fronts),
	    "0", 0, FRONTS_MAX, NULL,
	    "front processes; 0 is one for each core" },
	{ "workers", CONF_NUMBER, 0, FIELD(workers),
	    "0", 0, 256, NULL,
	    "mail processes for each owner; 0 is two for each core" },
	{ "checkers", CONF_NUMBER, 0, FIELD(checkers),
	    "0", 0, 64, NULL,
	    "processes that check passwords; 0 is one for each core" },
	{ "sync threads", CONF_NUMBER, 0, FIELD(sync_threads),
	    "4", 1, 64, NULL,
	    "threads of a mail process that wait for the disk" },
	{ "worker idle timeout", CONF_TIME, 0, FIELD(worker_idle),
	    "5m", 1, DAY, NULL,
	    "time without a session until a mail process ends" },
	{ "listen backlog", CONF_NUMBER, 0, FIELD(listen_backlog),
	    "512", 1, 65535, NULL,
	    "connections that wait in the kernel to be accepted" },

	{ "log to", CONF_PATH, 0, FIELD(log_to),
	    "syslog", 0, 0, log_words,
	    "where log lines go" },
	{ "log level", CONF_WORD, 0, FIELD(log_level),
	    "info", 0, 0, level_words,
	    "how much is logged" },
	{ "trace user", CONF_STRING, CONF_OPT_NONE, FIELD(trace_user),
	    "", 0, 255, NULL,
	    "user whose dialogue is logged, without secrets and mail" },
	{ "trace address", CONF_STRING, CONF_OPT_NONE, FIELD(trace_address),
	    "", 0, 45, NULL,
	    "the same of the connections from an address" },

	{ "tls protocols", CONF_WORDS, 0, FIELD(tls_protocols),
	    "tlsv1.2 tlsv1.3", 0, 0, protocol_words,
	    "versions of TLS that are spoken" },
	{ "tls ciphers", CONF_STRING, 0, FIELD(tls_ciphers),
	    TLS_CIPHERS, 1, 1024, NULL,
	    "cipher suites of TLS 1.2, by preference" },
	{ "tls curves", CONF_STRING, 0, FIELD(tls_curves),
	    "X25519:P-256:P-384", 1, 255, NULL,
	    "curves of the key exchange, by preference" },
	{ "tls dhparams", CONF_WORD, 0, FIELD(tls_dhparams),
	    "none", 0, 0, dhparams_words,
	    "finite-field Diffie-Hellman" },
	{ "tls ticket lifetime", CONF_TIME, 0, FIELD(tls_ticket_lifetime),
	    "2h", 0, DAY, NULL,
	    "how long a TLS session may be resumed; 0 is never" },
	{ "client ca", CONF_PATH, CONF_OPT_NONE, FIELD(client_ca),
	    "", 0, 0, NULL,
	    "authorities whose client certificates are accepted" },

	{ "auth mechanisms", CONF_WORDS, 0, FIELD(auth_mechanisms),
	    "plain login", 0, 0, mech_words,
	    "SASL mechanisms that are offered" },
	{ "auth cache lifetime", CONF_TIME, 0, FIELD(auth_cache_lifetime),
	    "2m", 0, HOUR, NULL,
	    "how long a password that was right is remembered; 0 is not" },
	{ "auth cache size", CONF_NUMBER, 0, FIELD(auth_cache_size),
	    "10000", 1, 1000000, NULL,
	    "passwords that are remembered at most" },
	{ "user names", CONF_WORD, 0, FIELD(user_case),
	    "lower", 0, 0, case_words,
	    "what upper case in a user name means" },
	{ "default domain", CONF_STRING, CONF_OPT_NONE, FIELD(default_domain),
	    "", 0, 255, NULL,
	    "domain of user names that have none" },

	{ "login timeout", CONF_TIME, 0, FIELD(login_timeout),
	    "1m", 5, HOUR, NULL,
	    "time from connecting to being logged in" },
	{ "connections", CONF_NUMBER, 0, FIELD(connections_total),
	    "20000", 1, 1000000, NULL,
	    "connections of one daemon" },
	{ "connections before login", CONF_NUMBER, 0,
	    FIELD(connections_before_login),
	    "2000", 1, 1000000, NULL,
	    "connections that are not logged in" },
	{ "connections per address", CONF_NUMBER, 0,
	    FIELD(connections_per_address),
	    "200", 1, 1000000, NULL,
	    "connections from one IPv4 address or IPv6 /64" },
	{ "connections per user", CONF_NUMBER, 0,
	    FIELD(connections_per_user),
	    "50", 1, 1000000, NULL,
	    "sessions of one user" },
	{ "failed logins", CONF_NUMBER, 0, FIELD(failed_logins),
	    "3", 1, 100, NULL,
	    "failed logins that close a connection" },
	{ "failed login delay", CONF_TIME, 0, FIELD(failed_login_delay),
	    "2s", 0, 30, NULL,
	    "time before a failed login is answered" },
	{ "bad commands", CONF_NUMBER, 0, FIELD(bad_commands),
	    "20", 1, 10000, NULL,
	    "commands with errors of syntax that close a connection" },
	{ "login line size", CONF_SIZE, 0, FIELD(login_line_size),
	    "8K", 1 * KB, 8 * KB, NULL,
	    "longest command line before login" },
	{ "login literal size", CONF_SIZE, 0, FIELD(login_literal_size),
	    "8K", 1 * KB, 8 * KB, NULL,
	    "literals of one command before login, in all" },

	{ "idle timeout", CONF_TIME, 0, FIELD(idle_timeout),
	    "30m", 1, WEEK, NULL,
	    "time without a command until an IMAP session ends" },
	{ "idle keepalive", CONF_TIME, 0, FIELD(idle_keepalive),
	    "2m", 0, DAY, NULL,
	    "time between signs of life during IDLE; 0 is none" },
	{ "line size", CONF_SIZE, 0, FIELD(line_size),
	    "64K", 8 * KB, 1 * MB, NULL,
	    "longest command line after login, without literals" },
	{ "literal size", CONF_SIZE, 0, FIELD(literal_size),
	    "1M", 8 * KB, 64 * MB, NULL,
	    "literals of one command after login, without messages" },
	{ "message size", CONF_SIZE, 0, FIELD(message_size),
	    "128M", 64 * KB, 4 * GB - 1, NULL,
	    "largest message that can be appended" },
	{ "memory per session", CONF_SIZE, 0, FIELD(session_memory),
	    "64M", 4 * MB, 4 * GB, NULL,
	    "memory that the commands of one session may use" },
	{ "search terms", CONF_NUMBER, 0, FIELD(search_terms),
	    "1000", 10, 100000, NULL,
	    "keys of one SEARCH" },
	{ "mailboxes per user", CONF_NUMBER, 0, FIELD(mailboxes),
	    "10000", 10, 1000000, NULL,
	    "mailboxes that one user may have" },
	{ "keywords per mailbox", CONF_NUMBER, 0, FIELD(keywords),
	    "64", 26, 64, NULL,
	    "keywords that one mailbox may have" },

	{ "separator", CONF_WORD, 0, FIELD(separator),
	    "/", 0, 0, separator_words,
	    "what stands between the levels of a mailbox name" },
	{ "drafts folder", CONF_STRING, CONF_OPT_NONE, FOLDER(DRAFTS),
	    "Drafts", 0, 200, NULL,
	    "mailbox made for a new user, with the use \\Drafts" },
	{ "sent folder", CONF_STRING, CONF_OPT_NONE, FOLDER(SENT),
	    "Sent", 0, 200, NULL,
	    "the same for \\Sent" },
	{ "trash folder", CONF_STRING, CONF_OPT_NONE, FOLDER(TRASH),
	    "Trash", 0, 200, NULL,
	    "the same for \\Trash" },
	{ "junk folder", CONF_STRING, CONF_OPT_NONE, FOLDER(JUNK),
	    "Junk", 0, 200, NULL,
	    "the same for \\Junk" },
	{ "archive folder", CONF_STRING, CONF_OPT_NONE, FOLDER(ARCHIVE),
	    "Archive", 0, 200, NULL,
	    "the same for \\Archive" },
	{ "expunge keep", CONF_TIME, 0, FIELD(expunge_keep),
	    "1h", HOUR, YEAR, NULL,
	    "how long an expunged message can be brought back" },
	{ "lock timeout", CONF_TIME, 0, FIELD(lock_timeout),
	    "10s", 1, 5 * MINUTE, NULL,
	    "how long a command waits for another program's lock" },
	{ "poll interval", CONF_TIME, 0, FIELD(poll_interval),
	    "5s", 1, 10 * MINUTE, NULL,
	    "how often a mailbox is looked at that can't be watched" },
	{ "open indexes", CONF_NUMBER, 0, FIELD(open_indexes),
	    "256", 4, 100000, NULL,
	    "indexes that a mail process keeps open" },
	{ "index idle timeout", CONF_TIME, 0, FIELD(index_idle),
	    "30s", 1, HOUR, NULL,
	    "time without use until an index is closed" },

	{ "greeting", CONF_STRING, 0, FIELD(greeting),
	    "Penfold ready.", 1, 200, NULL,
	    "text of the greeting" },
	{ "id fields", CONF_WORDS, 0, FIELD(id_fields),
	    "name", 0, 0, id_words,
	    "what ID tells clients of the server" },
	{ "id log", CONF_BOOL, 0, FIELD(id_log),
	    "yes", 0, 0, NULL,
	    "log what clients tell of themselves with ID" },

	{ "pop3 timeout", CONF_TIME, 0, FIELD(pop3_timeout),
	    "10m", 10 * MINUTE, DAY, NULL,
	    "time without a command until a POP3 session ends" },
	{ "pop3 expire", CONF_TIME, CONF_OPT_NEVER | CONF_OPT_DAYS,
	    FIELD(pop3_expire),
	    "never", 0, 10 * YEAR, NULL,
	    "age at which QUIT deletes messages that were read" },
	{ "pop3 login delay", CONF_TIME, 0, FIELD(pop3_login_delay),
	    "0", 0, DAY, NULL,
	    "least time between two POP3 logins of a user" },
	{ "pop3 uidl", CONF_WORD, 0, FIELD(pop3_uidl),
	    "dovecot", 0, 0, uidl_words,
	    "form of the unique ids" },
	{ "pop3 delete", CONF_WORD, 0, FIELD(pop3_delete),
	    "expunge", 0, 0, delete_words,
	    "what becomes of messages that POP3 deletes" },
	{ "pop3 seen", CONF_BOOL, 0, FIELD(pop3_seen),
	    "yes", 0, 0, NULL,
	    "a retrieved message counts as seen in IMAP" },
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
	{ 'w', WEEK }, { 'd', DAY }, { 'h', HOUR }, { 'm', MINUTE },
	{ 's', 1 }
};

static const struct unit size_units[] = {
	{ 'G', GB }, { 'M', MB }, { 'K', KB }
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

/* Append a string, quoted and escaped for the lexer. */
static int
quoted_print(struct buf *out, const char *s)
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
		return quoted_print(out, s);
	case CONF_ID:
		return quoted_print(out, conf_field_id(conf, o)->name);
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
