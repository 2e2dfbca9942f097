/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The dialogue before login in the log: what is shown, and what never is. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/front/front_conn.h"
#include "common/front/front_trace.h"
#include "tests/unit/util.h"

static struct front_proto proto;
static struct child child;
static struct conf conf;
static struct fconn *c;
static int	 fds[2];

static void
setup(void)
{
	memset(&proto, 0, sizeof(proto));
	memset(&child, 0, sizeof(child));
	memset(&conf, 0, sizeof(conf));
	child.conf = &conf;
	front.proto = &proto;
	front.child = &child;
	c = xcalloc(1, sizeof(*c));
	buf_init(&c->out, BUF_NOCAP);
	(void)snprintf(c->peer, sizeof(c->peer), "192.0.2.1:4711");
	c->traced = true;
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	log_init("tester", LOG_DEST_FD, fds[1], LOG_LEVEL_INFO);
}

static void
teardown(void)
{
	buf_clear(&c->out);
	free(c);
	memset(&front, 0, sizeof(front));
	(void)close(fds[0]);
	(void)close(fds[1]);
	log_init("unit", LOG_DEST_FD, STDERR_FILENO, LOG_LEVEL_WARN);
}

/* What was logged since the last call, each line without its beginning. */
static const char *
logged(void)
{
	static const char before[] = "]: peer 192.0.2.1:4711 ";
	static char out[4096];
	char got[4096], *line, *next;
	size_t len = 0;
	ssize_t n;

	out[0] = '\0';
	n = read(fds[0], got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	for (line = got; *line != '\0'; line = next) {
		next = strchr(line, '\n') + 1;
		line = strstr(line, before);
		ck_assert(line != NULL && line < next);
		line += strlen(before);
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%.*s",
		    (int)(next - line), line);
	}
	return out;
}

static const struct {
	bool		 tagged;	/* answers begin with a tag */
	const char	*out;
	const char	*want;
	const char	*why;
} outputs[] = {
	{ true, "* OK ready\r\n", "S: * OK ready\n", "an untagged response" },
	{ true, "a1 NO no\r\n", "S: NO no\n",
	    "a tag is the client's text, which may be a password" },
	{ true, "a1\r\n", "S: \n", "a tag alone" },
	{ true, "+ c2VjcmV0\r\n", "S: + (10 octets)\n",
	    "a challenge is hidden" },
	{ true, "+\r\n", "S: + (1 octets)\n", "so is an empty one" },
	{ true, "* A\r\nb OK B\r\n* C\r\n", "S: * A\nS: OK B\nS: * C\n",
	    "several lines" },
	{ false, "+OK ready\r\n", "S: +OK ready\n", "POP3 has no tags" },
	{ false, "-ERR no\r\n", "S: -ERR no\n", "another answer of POP3" },
	{ false, "+ c2VjcmV0\r\n", "S: + (10 octets)\n",
	    "a challenge of POP3 is hidden, too" },
	{ false, "a\tb\r\n", "S: a\\x09b\n", "escaped" },
	{ true, "", "", "nothing" },
};

START_TEST(test_front_trace_output)
{
	proto.tagged = outputs[_i].tagged;
	ck_assert_int_eq(buf_add_str(&c->out, outputs[_i].out), 0);
	front_trace_output(c);
	ck_row_eq(outputs[_i].out, outputs[_i].why, logged(),
	    outputs[_i].want);
	/* What was shown is not shown again. */
	front_trace_output(c);
	ck_row_eq(outputs[_i].out, outputs[_i].why, logged(), "");
}
END_TEST

/* What is sent leaves the buffer; what is still in it was shown. */
START_TEST(test_front_trace_sent)
{
	ck_assert_int_eq(buf_add_str(&c->out, "* A\r\n"), 0);
	front_trace_output(c);
	(void)logged();
	buf_consume(&c->out, 2);
	front_trace_sent(c, 2);
	ck_assert_int_eq(buf_add_str(&c->out, "* B\r\n"), 0);
	front_trace_output(c);
	ck_assert_str_eq(logged(), "S: * B\n");
}
END_TEST

/* The answers before a command come before it; its text never comes. */
START_TEST(test_front_trace_command)
{
	proto.tagged = true;
	ck_assert_int_eq(buf_add_str(&c->out, "* OK ready\r\n"), 0);
	fconn_trace(c, "LOGIN", 20);
	ck_assert_str_eq(logged(), "S: * OK ready\nC: LOGIN (20 octets)\n");
	fconn_trace(c, NULL, 7);
	ck_assert_str_eq(logged(), "C: ? (7 octets)\n");
}
END_TEST

START_TEST(test_front_trace_of_nobody)
{
	c->traced = false;
	ck_assert_int_eq(buf_add_str(&c->out, "* OK ready\r\n"), 0);
	front_trace_output(c);
	fconn_trace(c, "LOGIN", 20);
	front_trace_sent(c, 12);
	ck_assert_str_eq(logged(), "");
	ck_assert_uint_eq(c->shown, 0);
}
END_TEST

/* Before login only an address can be traced. */
START_TEST(test_front_trace_decide)
{
	char address[] = "192.0.2.1", other[] = "192.0.2.2", name[] = "ann";

	front_trace_decide(c);
	ck_assert(!c->traced);
	conf.trace_user = name;
	conf.trace_address = other;
	front_trace_decide(c);
	ck_assert(!c->traced);
	conf.trace_address = address;
	front_trace_decide(c);
	ck_assert(c->traced);
}
END_TEST

Suite *
suite_front_trace(void)
{
	Suite *s = suite_create("front_trace");
	TCase *tc = tcase_create("front_trace");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_front_trace_output, 0, NROWS(outputs));
	tcase_add_test(tc, test_front_trace_sent);
	tcase_add_test(tc, test_front_trace_command);
	tcase_add_test(tc, test_front_trace_of_nobody);
	tcase_add_test(tc, test_front_trace_decide);
	suite_add_tcase(s, tc);
	return s;
}
