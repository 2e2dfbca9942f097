/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* penfold.conf(5): what is accepted, and the exact message for what is not. */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf.h"
#include "common/conf/conf_mech.h"
#include "common/conf/conf_option.h"
#include "common/conf/conf_parse.h"
#include "common/proc/conf_msg.h"
#include "tests/unit/util.h"

#define NOLOOK	(CONF_NO_IDS | CONF_NO_FILES)

/* The three lines that every configuration needs. */
#define REST	"users passwd \"/etc/penfold/users\"\n"			\
		"mail \"/var/mail/%n\" owner \"1000:1000\"\n"		\
		"imap listen on * port 143 plaintext\n"

struct said {
	char	first[1024];	/* the first message */
	int	n;
};

static void
keep(void *arg, const char *msg)
{
	struct said *said = arg;

	if (said->n++ == 0)
		(void)strlcpy(said->first, msg, sizeof(said->first));
	ck_assert_ptr_null(strchr(msg, '\n'));
}

static struct conf *
load(const char *text, struct said *said)
{
	memset(said, 0, sizeof(*said));
	return conf_load_text("f", text, strlen(text), NOLOOK, keep, said);
}

/* Load a configuration of text and REST, which must be right. */
static struct conf *
good(const char *text)
{
	struct said said;
	struct conf *conf;
	char all[4096];

	(void)snprintf(all, sizeof(all), "%s\n%s", text, REST);
	conf = load(all, &said);
	ck_assert_msg(conf != NULL, "%s: %s", text, said.first);
	ck_assert_int_eq(said.n, 0);
	return conf;
}

/*
 * Errors.  The statement is line 1 of file f; the message is also the row's
 * reason.
 */
static const struct {
	const char *text;
	const char *want;
} bad[] = {
	/* Bounds that come from the code which uses the option. */
	{ "tls ticket lifetime 2d",
	    "f:1: expected a time from 0 to 1d after \"tls ticket lifetime\", "
	    "not \"2d\"" },
	{ "tls ticket lifetime 3s",
	    "f:1: \"tls ticket lifetime\" is 0 or at least 4s" },
	{ "login literal size 16K",
	    "f:1: expected a size from 1K to 8K after \"login literal size\", "
	    "not \"16K\"" },
	{ "login line size 16K",
	    "f:1: expected a size from 1K to 8K after \"login line size\", "
	    "not \"16K\"" },
	/* Names. */
	{ "hostnme \"x\"",
	    "f:1: unknown option \"hostnme\"; did you mean \"hostname\"?" },
	{ "idle time out 40m",
	    "f:1: unknown option \"idle time out\"; "
	    "did you mean \"idle timeout\"?" },
	{ "idletimeout 40m",
	    "f:1: unknown option \"idletimeout\"; "
	    "did you mean \"idle timeout\"?" },
	{ "imap lisen on *",
	    "f:1: unknown option \"imap lisen on\"; "
	    "did you mean \"imap listen on\"?" },
	{ "pop3 login dealy 5",
	    "f:1: unknown option \"pop3 login dealy\"; "
	    "did you mean \"pop3 login delay\"?" },
	{ "ssl_cert </etc/x",
	    "f:1: unknown option \"ssl_cert\"; "
	    "did you mean \"certificate\"?" },
	{ "mail_location maildir:~/Maildir",
	    "f:1: unknown option \"mail_location\"; did you mean \"mail\"?" },
	{ "xyzzy", "f:1: unknown option \"xyzzy\"" },
	{ "\"hostname\" \"x\"",
	    "f:1: expected the name of an option, not \"hostname\"" },
	{ "= 5", "f:1: expected the name of an option, not \"=\"" },
	/* Values of options. */
	{ "idle timeout",
	    "f:1: expected a time from 1s to 1w after \"idle timeout\"" },
	{ "idle timeout 0s",
	    "f:1: expected a time from 1s to 1w after \"idle timeout\", "
	    "not \"0s\"" },
	{ "idle timeout 99999999999999999999w",
	    "f:1: expected a time from 1s to 1w after \"idle timeout\", "
	    "not \"99999999999999999999w\"" },
	{ "idle timeout never",
	    "f:1: expected a time from 1s to 1w after \"idle timeout\", "
	    "not \"never\"" },
	{ "idle timeout 31m 32m",
	    "f:1: expected the end of the line after \"idle timeout\" and "
	    "its value, not \"32m\"" },
	{ "idle timeout = 31m",
	    "f:1: expected a value after \"idle timeout\", "
	    "without \"=\"" },
	{ "message size 64T",
	    "f:1: expected a size from 64K to 4294967295 after "
	    "\"message size\", not \"64T\"" },
	{ "failed logins 0",
	    "f:1: expected a number from 1 to 100 after \"failed logins\", "
	    "not \"0\"" },
	{ "failed logins -1",
	    "f:1: expected a number from 1 to 100 after \"failed logins\", "
	    "not \"-1\"" },
	{ "id log maybe",
	    "f:1: expected \"yes\" or \"no\" after \"id log\", "
	    "not \"maybe\"" },
	{ "log level verbose",
	    "f:1: expected \"warn\", \"info\" or \"debug\" after "
	    "\"log level\", not \"verbose\"" },
	{ "log to penfold.log",
	    "f:1: expected \"syslog\" or \"stderr\", or an absolute path "
	    "after \"log to\", not \"penfold.log\"" },
	{ "tls protocols tlsv1.1",
	    "f:1: expected \"tlsv1.2\" or \"tlsv1.3\" after "
	    "\"tls protocols\", not \"tlsv1.1\"" },
	{ "auth mechanisms plain cram-md5",
	    "f:1: expected \"plain\", \"login\" or \"scram-sha-256\" after "
	    "\"auth mechanisms\", not \"cram-md5\"" },
	{ "front user \"a b\"",
	    "f:1: expected a user name, or uid:gid in numbers after "
	    "\"front user\", not \"a b\"" },
	{ "front user 4294967295:1",
	    "f:1: expected a user name, or uid:gid in numbers after "
	    "\"front user\", not \"4294967295:1\"" },
	{ "pop3 expire 36h",
	    "f:1: expected a time in days (30d) from 0 to 3650d or "
	    "\"never\" after \"pop3 expire\", not \"36h\"" },
	{ "greeting \"\"",
	    "f:1: expected text of 1 to 200 printable characters after "
	    "\"greeting\", not \"\"" },
	{ "greeting \"a\tb\"",
	    "f:1: expected text of 1 to 200 printable characters after "
	    "\"greeting\", not \"a\\x09b\"" },
	{ "trace address \"192.0.2.0/24\"",
	    "f:1: expected an address such as 192.0.2.7 or 2001:db8::7, not "
	    "\"192.0.2.0/24\"" },
	{ "greeting \"[ALERT] x\"",
	    "f:1: clients would misunderstand this greeting: use printable "
	    "ASCII without \"<\", and no \"[\" at the start" },
	{ "greeting \"<1@example.org>\"",
	    "f:1: clients would misunderstand this greeting: use printable "
	    "ASCII without \"<\", and no \"[\" at the start" },
	{ "greeting \"Gr\xc3\xbc\"",
	    "f:1: clients would misunderstand this greeting: use printable "
	    "ASCII without \"<\", and no \"[\" at the start" },
	{ "hostname \"a_b\"",
	    "f:1: \"a_b\" is not the name of a host: set hostname" },
	/* Listeners. */
	{ "imap listen on * port 143 startls",
	    "f:1: expected \"starttls\", \"tls\" or \"plaintext\" after "
	    "port, not \"startls\"; did you mean \"starttls\"?" },
	{ "imap listen on * port 143",
	    "f:1: expected \"starttls\", \"tls\" or \"plaintext\" after "
	    "port, not the end of the line" },
	{ "imap listen on mail.example.org port 143 tls",
	    "f:1: expected \"*\" or an IP address after \"on\", "
	    "not \"mail.example.org\"" },
	{ "imap listen on * port 0 tls",
	    "f:1: expected a number from 1 to 65535 or the name of a "
	    "service after \"port\", not \"0\"" },
	{ "imap listen on * port 65536 tls",
	    "f:1: expected a number from 1 to 65535 or the name of a "
	    "service after \"port\", not \"65536\"" },
	{ "imap listen on * tls",
	    "f:1: expected \"port\" after the address, not \"tls\"" },
	{ "imap listen * port 143 tls",
	    "f:1: expected \"on\" after \"listen\", not \"*\"" },
	{ "imap listen on * port 993 tls plaintext",
	    "f:1: expected the end of the line after \"tls\", "
	    "not \"plaintext\"" },
	{ "imap listen on * port 1143 starttls plaintext from",
	    "f:1: expected a network such as 192.0.2.0/24 after \"from\", "
	    "not the end of the line" },
	{ "imap listen on * port 993 tls",
	    "f:1: \"tls\" needs a certificate: add a line such as: "
	    "certificate \"/etc/ssl/mail.crt\" key "
	    "\"/etc/ssl/private/mail.key\"" },
	{ "imap listen on 127.0.0.1 port 143 plaintext",
	    "f:4: port 143 of this address is already used on "
	    "line 1" },
	{ "pop3 listen on * port 143 plaintext",
	    "f:4: port 143 of this address is already used on "
	    "line 1" },
	{ "allow plaintext from 10.1.2.3/8",
	    "f:1: \"10.1.2.3/8\" has bits beyond its prefix; did you mean "
	    "\"10.0.0.0/8\"?" },
	{ "allow plaintext from 10.0.0.0/33",
	    "f:1: expected a network such as 192.0.2.0/24 or "
	    "2001:db8::/32, not \"10.0.0.0/33\"" },
	{ "allow plaintext from 2001:db8::/129",
	    "f:1: expected a network such as 192.0.2.0/24 or "
	    "2001:db8::/32, not \"2001:db8::/129\"" },
	{ "allow plaintext from localhost",
	    "f:1: expected a network such as 192.0.2.0/24 or "
	    "2001:db8::/32, not \"localhost\"" },
	{ "allow plaintxt from 10.0.0.0/8",
	    "f:1: expected \"plaintext\" after \"allow\", not "
	    "\"plaintxt\"; did you mean \"plaintext\"?" },
	/* Certificates, users, mail. */
	{ "certificate \"/a\"",
	    "f:1: expected \"key\" after the certificate, "
	    "not the end of the line" },
	{ "certificate \"/a\" key \"b\"",
	    "f:1: expected an absolute path after \"key\", not \"b\"" },
	{ "certificate \"/a\" key \"/b\" oscp \"/c\"",
	    "f:1: expected \"ocsp\" or the end of the line after the key, "
	    "not \"oscp\"; did you mean \"ocsp\"?" },
	{ "certificate \"/a\" key \"/b\"\ncertificate \"/a\" key \"/c\"",
	    "f:2: certificate \"/a\" is already set on line 1" },
	{ "users \"/etc/penfold/users\"",
	    "f:1: expected \"passwd\" after \"users\", "
	    "not \"/etc/penfold/users\"" },
	{ "users passwd \"/etc/penfold/users\"",
	    "f:2: users \"/etc/penfold/users\" are already set on line 1" },
	{ "mail \"/var/mail/%n\"",
	    "f:3: \"mail\" is already set on line 1" },
	{ "mail \"/var/mail/%z\"",
	    "f:1: expected %u, %n, %d, %h or %% in \"mail\", not \"%z\"" },
	{ "mail \"/var/mail/%",
	    "f:1: string has no closing \"" },
	{ "mail \"/var/mail/%\"",
	    "f:1: expected %u, %n, %d, %h or %% in \"mail\", not \"%\"" },
	{ "mail \"/var/mail\"",
	    "f:1: \"mail\" has no %u, %n or %h in it: all users would "
	    "share \"/var/mail\"" },
	{ "mail \"mail/%u\"",
	    "f:1: expected an absolute path, or one that begins with %h, "
	    "after \"mail\", not \"mail/%u\"" },
	{ "owner \"-\"", "f:1: unknown option \"owner\"" },
	/* Macros, includes, characters. */
	{ "ssl = required",
	    "f:1: macro \"ssl\" is not used; options are set without \"=\", "
	    "did you mean \"imap listen on\"?" },
	{ "hostname = mail.example.org",
	    "f:1: macro \"hostname\" is not used; options are set without "
	    "\"=\", did you mean \"hostname\"?" },
	{ "x = y z",
	    "f:1: expected the end of the line after the macro, "
	    "not \"z\"" },
	{ "x-y = \"z\"",
	    "f:1: the name of a macro is made of letters, digits and "
	    "\"_\", not \"x-y\"" },
	{ "hostname $x", "f:1: macro \"x\" is not defined" },
	{ "hostname $", "f:1: macro \"\" is not defined" },
	{ "x = \"$y\"\nhostname $x",
	    "f:2: macro within the value of a macro" },
	{ "include \"/nonexistent/penfold.conf\"",
	    "f:1: cannot include \"/nonexistent/penfold.conf\": "
	    "No such file or directory" },
	{ "include \"/dev/null\"",
	    "f:1: cannot include \"/dev/null\": Invalid argument" },
	{ "include \"/\"",
	    "f:1: cannot include \"/\": Is a directory" },
	{ "hostname {x}",
	    "f:1: character that may only stand in quotes" },
	{ "hostname \"x\\", "f:1: string has no closing \"" },
	/* An error has the line of the word, not of the statement. */
	{ "\n# comment\n\nhostname \\\n\t\"x\" \\\n\ty",
	    "f:4: expected the end of the line after \"hostname\" and its "
	    "value, not \"y\"" },
	{ "imap listen on * \\\nprot 143 tls",
	    "f:2: expected \"port\" after the address, not \"prot\"; "
	    "did you mean \"port\"?" },
	/* Conditions on the configuration as a whole. */
	{ "connections 10",
	    "f: \"connections before login\" (2000) is more than "
	    "\"connections\" (10)" },
	{ "connections before login 30000",
	    "f:1: \"connections before login\" (30000) is more than "
	    "\"connections\" (20000)" },
	{ "sent folder \"INBOX\"",
	    "f:1: \"INBOX\" cannot be the name of the sent folder" },
	{ "sent folder \"a//b\"",
	    "f:1: \"a//b\" cannot be the name of the sent folder" },
	{ "separator .\nsent folder \"a.b\"",
	    "f:2: \"a.b\" cannot be the name of the sent folder" },
	{ "junk folder \"Trash\"",
	    "f:1: \"Trash\" is already the trash folder" },
	{ "trash folder \"Drafts\"",
	    "f:1: \"Drafts\" is already the drafts folder" },
};

START_TEST(test_bad_line_says_what_was_expected)
{
	struct said said;
	char all[4096];

	(void)snprintf(all, sizeof(all), "%s\n%s", bad[_i].text,
	    REST);
	ck_assert_ptr_null(load(all, &said));
	ck_row_eq(bad[_i].text, NULL, slice_str(said.first), bad[_i].want);
	ck_row_eq(bad[_i].text, "one message", said.n, 1);
}
END_TEST

static const struct {
	const char *text;
	const char *want;
} incomplete[] = {
	{ "",
	    "f: nothing to listen on: add a line such as: "
	    "imap listen on * port 993 tls" },
	{ "imap listen on * port 1 plaintext\nmail \"/%u\"",
	    "f: no users: add a line such as: "
	    "users passwd \"/etc/penfold/users\"" },
	{ "imap listen on * port 1 plaintext\nusers passwd \"/u\"",
	    "f: no mail: add a line such as: "
	    "mail \"/var/vmail/%d/%n\" owner \"vmail\"" },
};

START_TEST(test_what_is_missing_is_named)
{
	struct said said;

	ck_assert_ptr_null(load(incomplete[_i].text, &said));
	ck_row_eq(incomplete[_i].text, NULL, slice_str(said.first),
	    incomplete[_i].want);
}
END_TEST

START_TEST(test_every_error_is_told_once)
{
	struct said said;

	ck_assert_ptr_null(load("xyzzy\nidle timeout 2w\n"
	    "imap listen on x port y z\n" REST "mail \"/%u\"", &said));
	ck_assert_int_eq(said.n, 4);
}
END_TEST

START_TEST(test_options_are_set)
{
	struct conf *conf;

	conf = good("idle timeout 2h\nmessage size 1g\nid log no\n"
	    "user names exact\nauth mechanisms scram-sha-256, plain\n"
	    "pop3 expire never\npop3 login delay 90\nlog to \"/var/log/p\"\n"
	    "separator .\nsent folder \"\"\nfront user 5:6\n"
	    "client ca \"/ca\"\nhostname mail.example.org");
	ck_assert_uint_eq(conf->idle_timeout, 7200);
	ck_assert_uint_eq(conf->message_size, 1073741824);
	ck_assert(!conf->id_log);
	ck_assert_uint_eq(conf->user_case, CONF_USER_EXACT);
	ck_assert_uint_eq(conf->auth_mechanisms,
	    CONF_MECH_BIT(CONF_MECH_PLAIN) |
	    CONF_MECH_BIT(CONF_MECH_SCRAM_SHA_256));
	ck_assert_uint_eq(conf->pop3_expire, CONF_NEVER);
	ck_assert_uint_eq(conf->pop3_login_delay, 90);
	ck_assert_str_eq(conf->log_to, "/var/log/p");
	ck_assert_uint_eq(conf->separator, '.');
	ck_assert_ptr_null(conf->folder[CONF_FOLDER_SENT]);
	ck_assert_str_eq(conf->folder[CONF_FOLDER_TRASH], "Trash");
	ck_assert(conf->front_user.known);
	ck_assert_uint_eq(conf->front_user.uid, 5);
	ck_assert_uint_eq(conf->front_user.gid, 6);
	ck_assert_str_eq(conf->client_ca, "/ca");
	ck_assert_str_eq(conf->hostname, "mail.example.org");
	ck_assert(conf_has_mech(conf, conf_mech_find(SLICE_LIT("Plain"))));
	ck_assert(conf_has_mech(conf,
	    conf_mech_find(SLICE_LIT("SCRAM-SHA-256"))));
	ck_assert(!conf_has_mech(conf, conf_mech_find(SLICE_LIT("LOGIN"))));
	ck_assert(!conf_has_mech(conf, conf_mech_find(SLICE_LIT("EXTERNAL"))));
	conf_free(conf);
}
END_TEST

START_TEST(test_the_later_value_counts)
{
	struct conf *conf = good("login timeout 5s\nlogin timeout 7s");

	ck_assert_uint_eq(conf->login_timeout, 7);
	conf_free(conf);
}
END_TEST

START_TEST(test_statements_are_kept_in_order)
{
	struct conf *conf;

	conf = good("certificate \"/a\" key \"/ak\"\n"
	    "certificate \"/b\" key \"/bk\" ocsp \"/bo\"\r\n"
	    "imap listen on 192.0.2.1 port imaps tls # comment\n"
	    "pop3 listen on [2001:db8::1] port pop3 starttls plaintext\n"
	    "users passwd \"/first\"");
	ck_assert_uint_eq(conf->ncerts, 2);
	ck_assert_str_eq(conf->certs[0].cert, "/a");
	ck_assert_str_eq(conf->certs[1].key, "/bk");
	ck_assert_str_eq(conf->certs[1].ocsp, "/bo");
	ck_assert_int_eq(conf->certs[1].where.line, 2);
	ck_assert_uint_eq(conf->nusers, 2);
	ck_assert_str_eq(conf->users[0].path, "/first");
	ck_assert_uint_eq(conf->nlisteners, 4);
	ck_assert_uint_eq(conf->listeners[0].port, 993);
	ck_assert_int_eq(conf->listeners[0].mode, CONF_MODE_TLS);
	ck_assert_int_eq(conf->listeners[1].service, CONF_POP3);
	ck_assert_int_eq(conf->listeners[1].addr.ss_family, AF_INET6);
	ck_assert(conf->listeners[1].plaintext);
	/* "*" listens on both address families. */
	ck_assert(conf->listeners[2].any && conf->listeners[3].any);
	ck_assert_int_eq(conf->listeners[2].addr.ss_family, AF_INET6);
	ck_assert_int_eq(conf->listeners[3].addr.ss_family, AF_INET);
	ck_assert(conf_needs_tls(conf, CONF_IMAP));
	ck_assert(conf_needs_tls(conf, CONF_POP3));
	ck_assert_str_eq(conf->mail, "/var/mail/%n");
	ck_assert_uint_eq(conf->owner.uid, 1000);
	conf_free(conf);
}
END_TEST

/* Each service makes a listener, by its word and the names of its ports. */
START_TEST(test_service_listens)
{
	const struct conf_service *s = &conf_services[_i];
	struct conf *conf;
	struct said said;
	struct buf b;
	char text[256];

	(void)snprintf(text, sizeof(text), "certificate \"/a\" key \"/b\"\n"
	    "users passwd \"/u\"\nmail \"/%%n\"\n"
	    "%s listen on ::1 port %s starttls\n"
	    "%s listen on ::1 port %ss tls\n", s->word, s->word,
	    s->word, s->word);
	conf = load(text, &said);
	ck_assert_msg(conf != NULL, "%s", said.first);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(conf->listeners[i].service, _i);
	ck_assert_uint_eq(conf->listeners[0].port, s->port);
	ck_assert_uint_eq(conf->listeners[1].port, s->tls_port);
	ck_assert(conf_needs_tls(conf, s->id));
	buf_init(&b, BUF_NOCAP);
	ck_assert_int_eq(conf_print(conf, &b), 0);
	(void)snprintf(text, sizeof(text),
	    "\n%s listen on ::1 port %u tls\n", s->word, s->tls_port);
	ck_assert_uint_ne(slice_find(buf_slice(&b), slice_str(text)),
	    SLICE_NONE);
	buf_clear(&b);
	conf_free(conf);
}
END_TEST

START_TEST(test_macro_may_hold_several_words)
{
	struct conf *conf;

	conf = good("nets = \"10.0.0.0/8, 2001:db8::/32\"\n"
	    "where = \"127.0.0.1\"\nport = 993\ncert = \"\\\"/a b\\\"\"\n"
	    "certificate $cert key $cert\n"
	    "allow plaintext from $nets 192.0.2.1\n"
	    "imap listen on $where port $port tls");
	ck_assert_uint_eq(conf->plaintext_from.n, 3);
	ck_assert_str_eq(conf->certs[0].cert, "/a b");
	ck_assert_uint_eq(conf->listeners[0].port, 993);
	conf_free(conf);
}
END_TEST

static void
write_file(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	ck_assert_ptr_nonnull(fp);
	ck_assert_int_ge(fputs(text, fp), 0);
	ck_assert_int_eq(fclose(fp), 0);
}

START_TEST(test_include_is_relative_and_named_in_errors)
{
	struct said said = { "", 0 };
	struct conf *conf;
	const char *dir = unit_dir();
	char main[96], part[96], want[256];

	(void)snprintf(main, sizeof(main), "%s/main", dir);
	(void)snprintf(part, sizeof(part), "%s/part", dir);
	write_file(main, "include \"part\"\n" REST);
	write_file(part, "\nhostname x\n");
	conf = conf_load(main, NOLOOK, keep, &said);
	ck_assert_msg(conf != NULL, "%s", said.first);
	ck_assert_str_eq(conf->hostname, "x");
	conf_free(conf);

	write_file(part, "\nhostnam x\n");
	ck_assert_ptr_null(conf_load(main, NOLOOK, keep, &said));
	(void)snprintf(want, sizeof(want), "%s:2: unknown option \"hostnam\"; "
	    "did you mean \"hostname\"?", part);
	ck_assert_str_eq(said.first, want);

	/* A file that includes itself is refused, with a message. */
	memset(&said, 0, sizeof(said));
	write_file(part, "include \"part\"\n");
	ck_assert_ptr_null(conf_load(main, NOLOOK, keep, &said));
	ck_assert_ptr_nonnull(strstr(said.first,
	    "nested more than 16 files deep"));

	(void)unlink(main);
	memset(&said, 0, sizeof(said));
	ck_assert_ptr_null(conf_load(main, NOLOOK, keep, &said));
	(void)snprintf(want, sizeof(want),
	    "%s: cannot read it: No such file or directory", main);
	ck_assert_str_eq(said.first, want);

	/* Nobody writes to this FIFO, so that an open(2) could wait forever. */
	ck_assert_int_eq(mkfifo(main, 0600), 0);
	memset(&said, 0, sizeof(said));
	ck_assert_ptr_null(conf_load(main, NOLOOK, keep, &said));
	(void)snprintf(want, sizeof(want),
	    "%s: cannot read it: Invalid argument", main);
	ck_assert_str_eq(said.first, want);
}
END_TEST

START_TEST(test_files_that_are_not_there_are_errors)
{
	struct said said = { "", 0 };
	const char *text = "users passwd \"/nonexistent/users\"\n"
			    "mail \"/var/mail/%n\" owner \"1000:1000\"\n"
			    "imap listen on * port 143 plaintext\n";

	ck_assert_ptr_null(conf_load_text("f", text, strlen(text),
	    CONF_NO_IDS, keep, &said));
	ck_assert_str_eq(said.first, "f:1: cannot read "
	    "\"/nonexistent/users\": No such file or directory");
}
END_TEST

/* A file with every kind of statement. */
static const char everything[] =
	"# all\nnets = \"10.0.0.0/8, 2001:db8::/32\"\n"
	"hostname \"mail.example.org\"\n"
	"certificate \"/a\\\"b\\\\\" \\\n\tkey \"/ak\" ocsp \"/o\"\n"
	"users passwd \"/etc/penfold/users\"\n"
	"mail \"/var/mail/%d/%n\" owner \"vmail\"\n"
	"imap listen on * port 143 starttls plaintext from $nets, ::1\n"
	"imap listen on 192.0.2.1 port 993 tls\n"
	"pop3 listen on ::1 port 995 plaintext from 127.0.0.0/8\n"
	"allow plaintext from 127.0.0.1\n"
	"idle timeout 31m\nmessage size 10M\nid fields name os\n"
	"greeting \"Say \\\"hello\\\".\"\npop3 expire 30d\nlog to stderr\n"
	"auth user \"5:5\"\n";

static char *
printed(const struct conf *conf)
{
	struct buf out;
	char *s;

	buf_init(&out, BUF_NOCAP);
	ck_assert_int_eq(conf_print(conf, &out), 0);
	s = strndup(buf_slice(&out).p, buf_len(&out));
	buf_clear(&out);
	return s;
}

START_TEST(test_what_is_printed_reads_as_the_same)
{
	struct said said;
	struct conf *a, *b;
	char *as, *bs;

	a = load(everything, &said);
	ck_assert_msg(a != NULL, "%s", said.first);
	as = printed(a);
	b = load(as, &said);
	ck_assert_msg(b != NULL, "%s", said.first);
	bs = printed(b);
	ck_assert_str_eq(as, bs);
	free(as);
	free(bs);
	conf_free(a);
	conf_free(b);
}
END_TEST

/* A file cut anywhere is loaded or refused, and nothing worse happens. */
START_TEST(test_cut_at_every_byte)
{
	struct said said;
	char *text;

	for (size_t len = 0; len < sizeof(everything); len++) {
		memset(&said, 0, sizeof(said));
		/*
		 * The memory ends where the text does, so that ASan sees an
		 * overrun.
		 */
		text = malloc(len + 1);
		ck_assert_ptr_nonnull(text);
		memcpy(text, everything, len);
		conf_free(conf_load_text("f", text, len, NOLOOK, keep,
		    &said));
		free(text);
	}
}
END_TEST

START_TEST(test_each_byte_replaced)
{
	static const char with[] = "\0\"\\$#=\n{\xff";
	struct said said;
	char text[sizeof(everything)];

	for (size_t i = 0; i < sizeof(everything) - 1; i++)
		for (size_t j = 0; j < sizeof(with) - 1; j++) {
			memcpy(text, everything, sizeof(text));
			text[i] = with[j];
			conf_free(conf_load_text("f", text, sizeof(text) - 1,
			    NOLOOK, keep, &said));
		}
}
END_TEST

START_TEST(test_message_carries_everything)
{
	struct said said;
	struct conf *a, *b;
	struct buf m;
	char *as, *bs;

	a = load(everything, &said);
	ck_assert_ptr_nonnull(a);
	buf_init(&m, BUF_NOCAP);
	conf_msg_put(&m, a);
	b = conf_msg_parse(buf_slice(&m));
	ck_assert_ptr_nonnull(b);
	as = printed(a);
	bs = printed(b);
	ck_assert_str_eq(as, bs);
	ck_assert_uint_eq(b->listeners[0].addr_len,
	    a->listeners[0].addr_len);
	for (size_t i = 0; i < a->nlisteners; i++)
		ck_assert_mem_eq(&a->listeners[i].addr,
		    &b->listeners[i].addr, sizeof(a->listeners[i].addr));
	ck_assert_int_eq(b->listeners[0].where.line,
	    a->listeners[0].where.line);
	free(as);
	free(bs);
	conf_free(a);
	conf_free(b);
	buf_clear(&m);
}
END_TEST

START_TEST(test_message_cut_or_longer_is_refused)
{
	struct said said;
	struct conf *a;
	struct buf m;
	char *copy;

	a = load(everything, &said);
	ck_assert_ptr_nonnull(a);
	buf_init(&m, BUF_NOCAP);
	conf_msg_put(&m, a);
	for (size_t len = 0; len < buf_len(&m); len++) {
		copy = malloc(len + 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, buf_slice(&m).p, len);
		ck_assert_ptr_null(conf_msg_parse(slice_make(copy, len)));
		free(copy);
	}
	ck_assert_int_eq(buf_add_char(&m, 0), 0);
	ck_assert_ptr_null(conf_msg_parse(buf_slice(&m)));
	conf_free(a);
	buf_clear(&m);
}
END_TEST

/* An address has 4 octets or 16: IPv4 or IPv6. */
START_TEST(test_message_address_of_another_length)
{
	static const char at[] = "\0\0\0\4\300\0\2\1";
	struct slice found = slice_make(at, 8), whole;
	struct said said;
	struct conf *a, *b;
	struct buf m, changed;
	size_t pos;

	a = load(everything, &said);
	ck_assert_ptr_nonnull(a);
	buf_init(&m, BUF_NOCAP);
	conf_msg_put(&m, a);
	whole = buf_slice(&m);
	pos = slice_find(whole, found);
	ck_assert_uint_ne(pos, SLICE_NONE);
	for (char len = 0; len <= 16; len++) {
		buf_init(&changed, BUF_NOCAP);
		(void)buf_add(&changed, whole.p, pos + 3);
		(void)buf_add_char(&changed, len);
		for (char i = 0; i < len; i++)
			(void)buf_add_char(&changed, i);
		(void)buf_add_slice(&changed, slice_from(whole, pos + 8));
		b = conf_msg_parse(buf_slice(&changed));
		ck_row_eq(len, "octets of an address", b != NULL,
		    len == 4 || len == 16);
		conf_free(b);
		buf_clear(&changed);
	}
	conf_free(a);
	buf_clear(&m);
}
END_TEST

/* A message with a changed byte gives a configuration in bounds, or none. */
START_TEST(test_message_changed_stays_in_bounds)
{
	static const unsigned char with[] = { 0, 1, 0x7f, 0xff };
	struct said said;
	struct conf *a, *b;
	struct buf m;
	char *copy;
	size_t len;

	a = load(everything, &said);
	ck_assert_ptr_nonnull(a);
	buf_init(&m, BUF_NOCAP);
	conf_msg_put(&m, a);
	len = buf_len(&m);
	copy = malloc(len);
	ck_assert_ptr_nonnull(copy);
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < sizeof(with); j++) {
			memcpy(copy, buf_slice(&m).p, len);
			copy[i] = (char)with[j];
			b = conf_msg_parse(slice_make(copy, len));
			if (b != NULL)
				free(printed(b));
			conf_free(b);
		}
	free(copy);
	conf_free(a);
	buf_clear(&m);
}
END_TEST

/* For each option: its default is within its bounds and is printed as such. */
START_TEST(test_default_of_every_option)
{
	const struct conf_option *o = &conf_options[_i];
	struct conf *conf = conf_new();
	struct buf out;
	char quoted[2048];

	buf_init(&out, BUF_NOCAP);
	ck_assert_int_eq(conf_option_print(conf, o, &out), 0);
	ck_assert_int_eq(buf_add_char(&out, '\0'), 0);
	if (o->def != NULL) {
		(void)snprintf(quoted, sizeof(quoted), "\"%s\"", o->def);
		ck_row_eq(o->name, "the default as it is printed",
		    slice_str(buf_slice(&out).p),
		    buf_slice(&out).p[0] == '"' ? quoted : o->def);
	}
	ck_assert_ptr_nonnull(o->doc);
	ck_assert_uint_le(strlen(o->doc), 72);
	for (int i = 0; i < _i; i++) {
		ck_assert_str_ne(conf_options[i].name, o->name);
		ck_assert_msg(conf_options[i].offset < o->offset,
		    "rows and fields are not in the same order at %s",
		    o->name);
	}
	buf_clear(&out);
	conf_free(conf);
}
END_TEST

/* A reload keeps and names options that need a restart, and takes the rest. */
START_TEST(test_options_kept_for_a_restart)
{
	struct conf *now = conf_new(), *next = conf_new();
	struct buf names;
	const char *user = "12:34", *root = "/other", *size = "64K";
	char err[256];

	buf_init(&names, BUF_NOCAP);
	conf_option_keep(next, now, CONF_OPT_RESTART, &names);
	ck_assert_uint_eq(buf_len(&names), 0);
	for (size_t i = 0; i < conf_noptions; i++) {
		const struct conf_option *o = &conf_options[i];
		const char *v = NULL;

		if (strcmp(o->name, "front user") == 0)
			v = user;
		else if (strcmp(o->name, "chroot") == 0)
			v = root;
		else if (strcmp(o->name, "message size") == 0)
			v = size;
		if (v != NULL)
			ck_assert_int_eq(conf_option_set(next, o, &v, 1, err,
			    sizeof(err)), 0);
	}
	conf_option_keep(next, now, CONF_OPT_RESTART, &names);
	ck_slice_eq(buf_slice(&names), slice_str("front user, chroot"));
	ck_assert_str_eq(next->front_user.name, "_penfold-net");
	ck_assert_str_eq(next->chroot, "/var/empty");
	ck_assert_uint_eq(next->message_size, 64 * 1024);
	buf_clear(&names);
	conf_free(now);
	conf_free(next);
}
END_TEST

static const struct {
	const char	*mail;
	const char	*want;
} mail_roots[] = {
	{ "/var/vmail/%d/%n",	"/var/vmail" },
	{ "/var//vmail//%u",	"/var//vmail" },
	{ "/var/vmail/x%n",	"/var/vmail" },
	{ "/var/vmail/all",	"/var/vmail" },
	{ "/srv/%u/mail",	"/srv" },
	{ "/%u",		"/" },
	{ "//%u",		"/" },
	{ "%h/Maildir",		"/" },
	{ NULL,			"/" },
};

START_TEST(test_mail_root)
{
	struct conf *conf = conf_new();
	char *root;

	if (mail_roots[_i].mail != NULL)
		conf->mail = xstrdup(mail_roots[_i].mail);
	root = conf_mail_root(conf);
	ck_assert_str_eq(root, mail_roots[_i].want);
	free(root);
	conf_free(conf);
}
END_TEST

static const struct {
	const char	*peer;
	const char	*nets;
	bool		 want;
	const char	*why;
} matches[] = {
	{ "127.0.0.1",		"127.0.0.0/8",		true, "in a network" },
	{ "128.0.0.1",		"127.0.0.0/8",		false, "out of it" },
	{ "10.1.2.3",		"10.1.2.2/31",		true,
	    "the second address of two" },
	{ "10.1.2.4",		"10.1.2.2/31",		false, "the next one" },
	{ "10.1.2.3",		"0.0.0.0/0",		true,
	    "every IPv4 address" },
	{ "10.1.2.3",		"::/0",			false,
	    "but no IPv6 address" },
	{ "::ffff:10.1.2.3",	"10.0.0.0/8",		true,
	    "IPv4 in IPv6 is IPv4" },
	{ "::ffff:10.1.2.3",	"::/0",			false,
	    "and is no IPv6 address" },
	{ "2001:db8::1",	"2001:db8::/33",	true,
	    "a prefix within 16 bits" },
	{ "2001:db8:8000::1",	"2001:db8::/33",	false,
	    "beyond such a prefix" },
	{ "::1",		"127.0.0.1, ::1",	true,
	    "the second network of two" },
	{ "::2",		"127.0.0.1, ::1",	false, "in neither" },
};

START_TEST(test_network_match)
{
	struct sockaddr_storage ss;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)&ss;
	struct conf *conf;
	char text[128];

	memset(&ss, 0, sizeof(ss));
	ss.ss_family = AF_INET;
	if (inet_pton(AF_INET, matches[_i].peer, &sin->sin_addr) != 1) {
		ss.ss_family = AF_INET6;
		ck_assert_int_eq(inet_pton(AF_INET6, matches[_i].peer,
		    &sin6->sin6_addr), 1);
	}
	(void)snprintf(text, sizeof(text), "certificate \"/a\" key \"/b\"\n"
	    "imap listen on * port 1 starttls plaintext from %s",
	    matches[_i].nets);
	conf = good(text);
	ck_row_eq(matches[_i].peer, matches[_i].why,
	    conf_plaintext_allowed(conf, &conf->listeners[0],
	    (struct sockaddr *)&ss), matches[_i].want);
	conf_free(conf);
	(void)snprintf(text, sizeof(text), "certificate \"/a\" key \"/b\"\n"
	    "allow plaintext from %s\nimap listen on * port 1 starttls",
	    matches[_i].nets);
	conf = good(text);
	ck_row_eq(matches[_i].peer, matches[_i].why,
	    conf_plaintext_allowed(conf, &conf->listeners[0],
	    (struct sockaddr *)&ss), matches[_i].want);
	conf_free(conf);
}
END_TEST

START_TEST(test_plaintext_is_refused_by_default)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct conf *conf;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	conf = good("certificate \"/a\" key \"/b\"\n"
	    "imap listen on * port 1 starttls");
	ck_assert(!conf_plaintext_allowed(conf, &conf->listeners[0],
	    (struct sockaddr *)&sin));
	conf_free(conf);
}
END_TEST

static const struct {
	const char	*a, *b;
	unsigned int	 want;
	const char	*why;
} distances[] = {
	{ "",		"",		0, "nothing" },
	{ "",		"abc",		3, "all letters are added" },
	{ "abc",	"",		3, "all letters are taken away" },
	{ "kitten",	"sitting",	3, "two replaced, one added" },
	{ "ab",		"ba",		1, "two letters change places once" },
	{ "timeout",	"tiemout",	1, "the same within a word" },
	{ "port",	"port",		0, "the same word" },
	{ "0123456789012345678901234567890123456789012345678901234567890123",
	    "x",	64, "as long as a word may be" },
};

START_TEST(test_distance)
{
	ck_row_eq(distances[_i].a, distances[_i].why,
	    conf_distance(distances[_i].a, distances[_i].b),
	    distances[_i].want);
}
END_TEST

Suite *
suite_conf(void)
{
	Suite *s = suite_create("conf");
	TCase *t = tcase_create("conf");

	tcase_add_loop_test(t, test_bad_line_says_what_was_expected, 0,
	    NROWS(bad));
	tcase_add_loop_test(t, test_what_is_missing_is_named, 0,
	    NROWS(incomplete));
	tcase_add_test(t, test_every_error_is_told_once);
	tcase_add_test(t, test_options_are_set);
	tcase_add_test(t, test_the_later_value_counts);
	tcase_add_test(t, test_statements_are_kept_in_order);
	tcase_add_loop_test(t, test_service_listens, 0, CONF_SERVICE_MAX);
	tcase_add_test(t, test_macro_may_hold_several_words);
	tcase_add_test(t, test_include_is_relative_and_named_in_errors);
	tcase_add_test(t, test_files_that_are_not_there_are_errors);
	tcase_add_test(t, test_what_is_printed_reads_as_the_same);
	tcase_add_test(t, test_cut_at_every_byte);
	tcase_add_test(t, test_each_byte_replaced);
	tcase_add_test(t, test_message_carries_everything);
	tcase_add_test(t, test_message_cut_or_longer_is_refused);
	tcase_add_test(t, test_message_address_of_another_length);
	tcase_add_test(t, test_message_changed_stays_in_bounds);
	tcase_add_test(t, test_options_kept_for_a_restart);
	tcase_add_loop_test(t, test_default_of_every_option, 0,
	    (int)conf_noptions);
	tcase_add_loop_test(t, test_mail_root, 0, NROWS(mail_roots));
	tcase_add_loop_test(t, test_network_match, 0, NROWS(matches));
	tcase_add_test(t, test_plaintext_is_refused_by_default);
	tcase_add_loop_test(t, test_distance, 0, NROWS(distances));
	suite_add_tcase(s, t);
	return s;
}
