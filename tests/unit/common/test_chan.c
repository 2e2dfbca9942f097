/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Channels: permit tables, descriptors, what is not read. */

#include "config.h"

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/table.h"
#include "common/proc/auth_msg.h"
#include "common/proc/handoff.h"
#include "common/proc/msg.h"
#include "tests/unit/util.h"

struct end {
	struct chan	*chan;
	unsigned int	 got;
	unsigned int	 closed;
	bool		 broken;
	int		 fd;
	char		 last[16];
};

static void
on_conf(void *arg, struct msg *msg)
{
	struct end *e = arg;

	e->got++;
	ck_assert_uint_lt(msg->data.len, sizeof(e->last));
	memcpy(e->last, msg->data.p, msg->data.len);
	e->last[msg->data.len] = '\0';
}

static void
on_stats(void *arg, struct msg *msg)
{
	struct end *e = arg;

	e->got++;
	e->fd = msg->fd;
}

static void
on_closed(void *arg, bool broken)
{
	struct end *e = arg;

	e->closed++;
	e->broken = broken;
	chan_free(e->chan);
	e->chan = NULL;
}

static void	 on_any(void *, struct msg *);

static const struct msg_permit permits[] = {
	{ MSG_CONF, on_conf },
	{ MSG_STATS, on_stats },
	{ MSG_AUTH_DENIED, on_any },
	{ 0, NULL }
};

static void
on_any(void *arg, struct msg *msg)
{
	struct end *e = arg;

	e->got++;
	if (msg->fd != -1)
		(void)close(msg->fd);
}

static struct event_base	*base;
static struct end		 a, b;

static void
setup(void)
{
	int fds[2];

	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	ck_assert_int_eq(chan_pair(fds), 0);
	a.chan = chan_new(base, fds[0], "a", permits, on_closed, &a);
	b.chan = chan_new(base, fds[1], "b", permits, on_closed, &b);
	log_init("unit", LOG_DEST_STDERR, -1, LOG_LEVEL_FATAL);
}

static void
teardown(void)
{
	chan_free(a.chan);
	chan_free(b.chan);
	event_base_free(base);
}

static void
loop(void)
{
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
}

START_TEST(test_chan_channel_carries_a_message)
{
	ck_assert_int_eq(chan_send(a.chan, MSG_CONF, 7, -1,
	    SLICE_LIT("hello")), 0);
	loop();
	ck_assert_uint_eq(b.got, 1);
	ck_assert_str_eq(b.last, "hello");
}
END_TEST

START_TEST(test_chan_channel_carries_a_descriptor)
{
	int pair[2];
	char c = 0;

	ck_assert_int_eq(pipe(pair), 0);
	ck_assert_int_eq(chan_send(a.chan, MSG_STATS, 0, pair[1],
	    SLICE_EMPTY), 0);
	loop();
	ck_assert_uint_eq(b.got, 1);
	ck_assert_int_eq(fcntl(b.fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(write(b.fd, "x", 1), 1);
	ck_assert_int_eq(read(pair[0], &c, 1), 1);
	ck_assert_int_eq(c, 'x');
	close(b.fd);
	close(pair[0]);
}
END_TEST

START_TEST(test_msg_name)
{
	ck_assert_str_eq(msg_name(MSG_AUTH_START), "AUTH_START");
	for (int t = MSG_NONE + 1; t < MSG_TYPE_MAX; t++)
		ck_assert_str_ne(msg_name((enum msg_type)t), "?");
	ck_assert_str_eq(msg_name(MSG_NONE), "?");
	ck_assert_str_eq(msg_name(MSG_TYPE_MAX), "?");
	ck_assert_str_eq(msg_name((enum msg_type)UINT32_MAX), "?");
}
END_TEST

START_TEST(test_chan_end_is_told_once)
{
	chan_free(a.chan);
	a.chan = NULL;
	loop();
	loop();
	ck_assert_uint_eq(b.closed, 1);
	ck_assert(!b.broken);
}
END_TEST

/* Types and lengths are logged, and never what is in a message. */
START_TEST(test_chan_trace)
{
	char got[1024];
	int fds[2];
	ssize_t n;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	log_init("unit", LOG_DEST_FD, fds[1], LOG_LEVEL_INFO);
	ck_assert_int_eq(chan_send(a.chan, MSG_CONF, 1, -1,
	    SLICE_LIT("before")), 0);
	loop();
	chan_trace("self 2");
	ck_assert_int_eq(chan_send(a.chan, MSG_CONF, 7, -1,
	    SLICE_LIT("secret")), 0);
	ck_assert_int_eq(chan_send(a.chan, MSG_STATS, 8, dup(fds[0]),
	    SLICE_EMPTY), 0);
	loop();
	chan_trace(NULL);
	ck_assert_int_eq(chan_send(a.chan, MSG_CONF, 9, -1,
	    SLICE_LIT("after")), 0);
	loop();
	ck_assert_uint_eq(b.got, 4);
	(void)close(b.fd);
	n = read(fds[0], got, sizeof(got) - 1);
	ck_assert_int_gt(n, 0);
	got[n] = '\0';
	ck_assert_ptr_nonnull(strstr(got,
	    "message b -> self 2 CONF id=7 octets=6\n"));
	ck_assert_ptr_nonnull(strstr(got,
	    "message b -> self 2 STATS id=8 octets=0 fd=yes\n"));
	ck_assert_ptr_null(strstr(got, "secret"));
	ck_assert_ptr_null(strstr(got, "id=1"));
	ck_assert_ptr_null(strstr(got, "id=9"));
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

/*
 * A message to a peer that is gone counts as sent: whoever reads the channel
 * is told of the end.  A socket that fails otherwise is an error.
 */
START_TEST(test_chan_send_to_nobody)
{
	struct end e = { .chan = NULL };
	int fds[2];

	chan_free(b.chan);
	b.chan = NULL;
	ck_assert_int_eq(chan_send(a.chan, MSG_CONF, 0, -1, SLICE_LIT("x")),
	    0);
	ck_assert_uint_eq(a.closed, 0);
	loop();
	ck_assert_uint_eq(a.closed, 1);
	ck_assert(!a.broken);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	e.chan = chan_new(base, fds[0], "e", permits, on_closed, &e);
	ck_assert_int_eq(chan_send(e.chan, MSG_CONF, 0, -1, SLICE_LIT("x")),
	    -1);
	chan_free(e.chan);
	(void)close(fds[1]);
}
END_TEST

/* A descriptor that is no socket cannot be received from: that is the end. */
START_TEST(test_chan_receive_fails)
{
	struct end e = { .chan = NULL };
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	e.chan = chan_new(base, fds[0], "e", permits, on_closed, &e);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	loop();
	ck_assert_uint_eq(e.closed, 1);
	ck_assert(!e.broken);
	(void)close(fds[1]);
}
END_TEST

/* Messages that the peer does not read are queued in order, up to a bound. */
START_TEST(test_chan_queue)
{
	char text[9];
	unsigned int sent = 0;

	for (; sent < 20000; sent++) {
		(void)snprintf(text, sizeof(text), "%u", sent);
		ck_assert_int_eq(chan_send(a.chan, MSG_CONF, 0, -1,
		    slice_str(text)), 0);
	}
	for (int i = 0; i < 20000 && b.got < sent; i++)
		loop();
	ck_assert_uint_eq(b.got, sent);
	ck_assert_str_eq(b.last, "19999");
}
END_TEST

START_TEST(test_chan_queue_is_bounded)
{
	static char big[MSG_PIECE_MAX];
	int i;

	for (i = 0; i < 10000; i++)
		if (chan_send(a.chan, MSG_CONF, 0, -1,
		    slice_make(big, sizeof(big))) == -1)
			break;
	ck_assert_int_lt(i, 10000);
}
END_TEST

/* How many descriptors this process has open. */
static int
open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* Send a message past chan_send(), with nfds copies of standard input. */
static void
send_raw(int fd, struct slice s, size_t nfds)
{
	static const int fds[8];	/* all are 0 */
	struct iovec iov = { (char *)(uintptr_t)s.p, s.len };
	union {
		struct cmsghdr	 align;
		char		 space[CMSG_SPACE(sizeof(fds))];
	} control = { .space = { 0 } };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cm;

	if (nfds > 0) {
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, nfds * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(fd, &mh, MSG_NOSIGNAL), (ssize_t)s.len);
}

static const char zeros[MSG_MAX];

/* Send a message past chan_send(), of len zeros. */
static void
send_zeros(int fd, enum msg_type type, size_t len, size_t nfds)
{
	static char bytes[8 + MSG_MAX + 1];

	memset(bytes, 0, sizeof(bytes));
	for (int i = 0; i < 4; i++)
		bytes[i] = (char)((uint32_t)type >> (24 - 8 * i));
	send_raw(fd, slice_make(bytes, 8 + len), nfds);
}

/* What the far end got of a message that was sent to it in this way. */
static struct end
take_zeros(const struct msg_permit *rows, enum msg_type type, size_t len,
    size_t nfds)
{
	struct end e = { .chan = NULL };
	int fds[2];

	ck_assert_int_eq(chan_pair(fds), 0);
	e.chan = chan_new(base, fds[0], "e", rows, on_closed, &e);
	send_zeros(fds[1], type, len, nfds);
	loop();
	chan_free(e.chan);
	(void)close(fds[1]);
	return e;
}

/* The result of chan_send() on a channel that nobody reads. */
static int
send_alone(enum msg_type type, size_t len, bool has_fd)
{
	struct end e = { .chan = NULL };
	int fds[2], result;

	ck_assert_int_eq(chan_pair(fds), 0);
	e.chan = chan_new(base, fds[0], "e", permits, on_closed, &e);
	result = chan_send(e.chan, type, 0, has_fd ? dup(0) : -1,
	    slice_make(zeros, len));
	chan_free(e.chan);
	(void)close(fds[1]);
	return result;
}

/*
 * Both ends of a channel go by the row: what it allows is sent and handled,
 * and what it forbids is neither, the receiver taking the peer for broken.
 */
START_TEST(test_chan_row_binds_both_ends)
{
	enum msg_type type = (enum msg_type)_i;
	const struct msg_row *row = msg_row(type);
	const struct msg_permit rows[] = { { type, on_any }, { 0, NULL } };
	struct {
		size_t	 len;
		bool	 has_fd;
		bool	 fits;
	} cases[] = {
		{ row->len_min, row->has_fd, true },
		{ row->len_max, row->has_fd, true },
		{ row->len_max + 1, row->has_fd, false },
		{ row->len_max, !row->has_fd, false },
		{ row->len_min - 1, row->has_fd, false },
	};
	struct end e;

	for (size_t i = 0; i < NROWS(cases); i++) {
		if (cases[i].len == SIZE_MAX)
			continue;
		e = take_zeros(rows, type, cases[i].len, cases[i].has_fd);
		ck_row_eq(row->name, "taken", e.got, cases[i].fits);
		ck_row_eq(row->name, "broken", e.broken, !cases[i].fits);
		ck_row_eq(row->name, "sent", send_alone(type, cases[i].len,
		    cases[i].has_fd), cases[i].fits ? 0 : -1);
	}
}
END_TEST

static const struct {
	enum msg_type	 type;
	size_t		 len;
	size_t		 nfds;
	const char	*why;
} forbidden[] = {
	{ MSG_SESSION, HANDOFF_SESSION_MIN, 1, "a type without a row" },
	{ 0, 1, 0, "no type" },
	{ MSG_TYPE_MAX, 1, 0, "beyond the last type" },
	{ MSG_CONF, 0, 0, "too short" },
	{ MSG_AUTH_DENIED, 2, 0, "too long" },
	{ MSG_CONF, 1, 1, "a descriptor that none asked for" },
	{ MSG_STATS, 0, 0, "no descriptor" },
	{ MSG_CONF, MSG_MAX + 1, 0, "longer than any message" },
};

START_TEST(test_chan_forbidden_breaks_the_channel)
{
	struct end e = take_zeros(permits, forbidden[_i].type,
	    forbidden[_i].len, forbidden[_i].nfds);

	ck_row(msg_name(forbidden[_i].type), forbidden[_i].why, e.closed == 1);
	ck_row(msg_name(forbidden[_i].type), forbidden[_i].why, e.broken);
	ck_row_eq(msg_name(forbidden[_i].type), forbidden[_i].why, e.got, 0);
}
END_TEST

#define HEAD(type)	"\0\0\0" type "\0\0\0\0"
#define HEAD_CONF	"\1"	/* MSG_CONF */

/*
 * A peer that sends descriptors is left with none of them here: neither with a
 * message that is refused, nor with those that came after it (HAZARDS: control
 * messages have room for two descriptors because of alignment).
 */
static const struct {
	struct slice	 data;
	size_t		 nfds;
	const char	*why;
} leaks[] = {
	{ SLICE_INIT(HEAD(HEAD_CONF) "x"), 1, "one that none asked for" },
	{ SLICE_INIT(HEAD(HEAD_CONF) "x"), 2, "two" },
	{ SLICE_INIT(HEAD(HEAD_CONF) "x"), 3, "more than have room" },
	{ SLICE_INIT(HEAD(HEAD_CONF) "x"), 8, "many" },
	{ SLICE_INIT(""), 1, "one with an empty message" },
	{ SLICE_INIT(""), 2, "two with an empty message" },
	{ SLICE_INIT("\0\0"), 1, "one with half a head" },
	{ SLICE_INIT("\0\0"), 2, "two with half a head" },
};

START_TEST(test_chan_descriptors_do_not_leak)
{
	struct end e = { .chan = NULL };
	int fds[2], before = open_fds();

	ck_assert_int_eq(chan_pair(fds), 0);
	e.chan = chan_new(base, fds[0], "e", permits, on_closed, &e);
	/* A message before it is handled, whatever follows. */
	send_raw(fds[1], SLICE_LIT(HEAD(HEAD_CONF) "x"), 0);
	send_raw(fds[1], leaks[_i].data, leaks[_i].nfds);
	send_raw(fds[1], leaks[_i].data, leaks[_i].nfds);
	loop();
	ck_row_eq(leaks[_i].data, leaks[_i].why, e.got, 1);
	ck_row_eq(leaks[_i].data, leaks[_i].why, e.closed, 1);
	ck_row(leaks[_i].data, leaks[_i].why, e.broken);
	(void)close(fds[1]);
	ck_row_eq(leaks[_i].data, leaks[_i].why, open_fds(), before);
}
END_TEST

/* A peer that does not read holds a bounded number of descriptors here. */
START_TEST(test_chan_queued_descriptors_are_bounded)
{
	struct rlimit limit;
	int fd, before = open_fds(), sent = 0;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((fd = dup(0)) != -1 && chan_send(a.chan, MSG_STATS, 0, fd,
	    SLICE_EMPTY) == 0)
		sent++;
	ck_assert_int_ne(fd, -1);
	ck_assert_int_gt(sent, 100);
	/* Messages without a descriptor still find room. */
	ck_assert_int_eq(chan_send(a.chan, MSG_CONF, 0, -1, SLICE_LIT("x")),
	    0);
	chan_free(a.chan);
	a.chan = NULL;
	/* None of those that were queued is left. */
	ck_assert_int_le(open_fds(), before);
}
END_TEST

Suite *
suite_chan(void)
{
	Suite *s = suite_create("chan");
	TCase *t;

	t = tcase_create("channel");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_chan_channel_carries_a_message);
	tcase_add_test(t, test_chan_channel_carries_a_descriptor);
	tcase_add_test(t, test_msg_name);
	tcase_add_loop_test(t, test_chan_forbidden_breaks_the_channel, 0,
	    NROWS(forbidden));
	tcase_add_loop_test(t, test_chan_row_binds_both_ends, MSG_NONE + 1,
	    MSG_TYPE_MAX);
	tcase_add_test(t, test_chan_end_is_told_once);
	tcase_add_test(t, test_chan_trace);
	tcase_add_test(t, test_chan_send_to_nobody);
	tcase_add_test(t, test_chan_receive_fails);
	tcase_add_test(t, test_chan_queue);
	tcase_add_test(t, test_chan_queue_is_bounded);
	tcase_add_loop_test(t, test_chan_descriptors_do_not_leak, 0,
	    NROWS(leaks));
	tcase_add_test(t, test_chan_queued_descriptors_are_bounded);
	suite_add_tcase(s, t);
	return s;
}
