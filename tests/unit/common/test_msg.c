/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Messages: encoding, permit tables, channels. */

#include "config.h"

#include <sys/socket.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/proc/auth_msg.h"
#include "common/proc/handoff.h"
#include "common/proc/msg.h"
#include "tests/unit/util.h"

static const struct handoff handoff = {
	.tag = SLICE_INIT("a1"),
	.early = SLICE_INIT("b2 NOOP\r\n"),
	.client_id = SLICE_INIT("name=x"),
	.peer = SLICE_INIT("[2001:db8::1]:4711"),
	.local = SLICE_INIT("192.0.2.1:993"),
	.tls = SLICE_INIT("TLSv1.3 X"),
	.mech = SLICE_INIT("PLAIN"),
	.options = HANDOFF_RELAYED,
};

static const struct user_record user = {
	.name = SLICE_INIT("alice@example.org"),
	.root = SLICE_INIT("/var/mail/alice"),
	.uid = 61003,
	.gid = UINT32_MAX,
	.hash = UINT64_C(0x0123456789abcdef),
};

START_TEST(test_msg_numbers_are_in_network_order)
{
	struct msg_reader r;
	struct buf b;

	buf_init(&b, MSG_MAX);
	msg_put_u8(&b, 1);
	msg_put_u16(&b, 0x0203);
	msg_put_u32(&b, 0x04050607);
	msg_put_u64(&b, UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert_mem_eq(buf_slice(&b).p, "\1\2\3\4\5\6\7\10\11\12\13\14\15"
	    "\16\17", 15);
	r = msg_reader(buf_slice(&b));
	ck_assert_uint_eq(msg_get_u8(&r), 1);
	ck_assert_uint_eq(msg_get_u16(&r), 0x0203);
	ck_assert_uint_eq(msg_get_u32(&r), 0x04050607);
	ck_assert_uint_eq(msg_get_u64(&r), UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert(msg_get_end(&r));
	buf_clear(&b);
}
END_TEST

START_TEST(test_msg_slice_is_bounded)
{
	struct msg_reader r;
	struct buf b;

	buf_init(&b, MSG_MAX);
	msg_put_slice(&b, SLICE_LIT("12345"));
	r = msg_reader(buf_slice(&b));
	ck_assert_uint_eq(msg_get_slice(&r, 5).len, 5);
	ck_assert(msg_get_end(&r));
	r = msg_reader(buf_slice(&b));
	(void)msg_get_slice(&r, 4);
	ck_assert(!msg_get_end(&r));
	buf_clear(&b);
}
END_TEST

static int
session_get(struct slice data)
{
	struct msg_reader r = msg_reader(data);
	struct user_record u;
	struct handoff h;

	if (user_record_parse(&r, &u) == -1 || handoff_parse(&r, &h) == -1 ||
	    !msg_get_end(&r))
		return -1;
	ck_assert(slice_eq(u.name, user.name));
	ck_assert(slice_eq(u.root, user.root));
	ck_assert_uint_eq(u.uid, user.uid);
	ck_assert_uint_eq(u.gid, user.gid);
	ck_assert_uint_eq(u.hash, user.hash);
	ck_assert(slice_eq(h.tag, handoff.tag));
	ck_assert(slice_eq(h.early, handoff.early));
	ck_assert(slice_eq(h.client_id, handoff.client_id));
	ck_assert(slice_eq(h.peer, handoff.peer));
	ck_assert(slice_eq(h.local, handoff.local));
	ck_assert(slice_eq(h.tls, handoff.tls));
	ck_assert(slice_eq(h.mech, handoff.mech));
	ck_assert_uint_eq(h.options, handoff.options);
	return 0;
}

/* A message parses when whole; a shorter or longer one is refused. */
START_TEST(test_msg_session_cut_at_every_byte)
{
	struct buf b;
	struct slice whole;
	char *copy;

	buf_init(&b, MSG_MAX);
	user_record_put(&b, &user);
	handoff_put(&b, &handoff);
	whole = buf_slice(&b);
	ck_assert_int_eq(session_get(whole), 0);
	for (size_t len = 0; len < whole.len; len++) {
		/*
		 * A heap copy of exactly this size, so that ASan sees a read
		 * beyond it.
		 */
		copy = malloc(len + 1);
		memcpy(copy, whole.p, len);
		ck_assert_int_eq(session_get(slice_make(copy, len)), -1);
		free(copy);
	}
	ck_assert_int_eq(buf_add_char(&b, '\0'), 0);
	ck_assert_int_eq(session_get(buf_slice(&b)), -1);
	buf_clear(&b);
}
END_TEST

START_TEST(test_msg_user_without_absolute_root)
{
	struct user_record bad = user;
	struct buf b;

	bad.root = SLICE_LIT("relative");
	buf_init(&b, MSG_MAX);
	user_record_put(&b, &bad);
	handoff_put(&b, &handoff);
	ck_assert_int_eq(session_get(buf_slice(&b)), -1);
	buf_clear(&b);
}
END_TEST

START_TEST(test_msg_unknown_option_of_a_handoff)
{
	struct handoff bad = handoff;
	struct buf b;

	bad.options = 1U << 31;
	buf_init(&b, MSG_MAX);
	user_record_put(&b, &user);
	handoff_put(&b, &bad);
	ck_assert_int_eq(session_get(buf_slice(&b)), -1);
	buf_clear(&b);
}
END_TEST

/* Channels. */

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
on_logfd(void *arg, struct msg *msg)
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

static const struct msg_permit permits[] = {
	{ MSG_CONF, 1, 8, false, on_conf },
	{ MSG_LOGFD, 0, 0, true, on_logfd },
	{ 0, 0, 0, false, NULL }
};

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

START_TEST(test_msg_channel_carries_a_message)
{
	ck_assert_int_eq(chan_send(a.chan, MSG_CONF, 7, -1,
	    SLICE_LIT("hello")), 0);
	loop();
	ck_assert_uint_eq(b.got, 1);
	ck_assert_str_eq(b.last, "hello");
}
END_TEST

START_TEST(test_msg_channel_carries_a_descriptor)
{
	int pair[2];
	char c = 0;

	ck_assert_int_eq(pipe(pair), 0);
	ck_assert_int_eq(chan_send(a.chan, MSG_LOGFD, 0, pair[1],
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

static const struct {
	enum msg_type	 type;
	struct slice	 data;
	bool		 fd;
	const char	*why;
} forbidden[] = {
	{ MSG_SESSION, SLICE_INIT("x"), false, "a type without a row" },
	{ 0, SLICE_INIT("x"), false, "no type" },
	{ MSG_TYPE_MAX, SLICE_INIT("x"), false, "beyond the last type" },
	{ MSG_CONF, SLICE_INIT(""), false, "too short" },
	{ MSG_CONF, SLICE_INIT("123456789"), false, "too long" },
	{ MSG_CONF, SLICE_INIT("x"), true, "a descriptor that none asked for" },
	{ MSG_LOGFD, SLICE_INIT(""), false, "no descriptor" },
};

START_TEST(test_msg_forbidden_breaks_the_channel)
{
	ck_assert_int_eq(chan_send(a.chan, forbidden[_i].type, 0,
	    forbidden[_i].fd ? dup(0) : -1, forbidden[_i].data), 0);
	ck_assert_int_eq(chan_send(a.chan, MSG_CONF, 0, -1, SLICE_LIT("x")),
	    0);
	loop();
	ck_row(forbidden[_i].data, forbidden[_i].why, b.closed == 1);
	ck_row(forbidden[_i].data, forbidden[_i].why, b.broken);
	ck_row_eq(forbidden[_i].data, forbidden[_i].why, b.got, 0);
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

START_TEST(test_msg_end_is_told_once)
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
START_TEST(test_msg_trace)
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
	ck_assert_int_eq(chan_send(a.chan, MSG_LOGFD, 8, dup(fds[0]),
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
	    "message b -> self 2 LOGFD id=8 octets=0 fd=yes\n"));
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
START_TEST(test_msg_send_to_nobody)
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
START_TEST(test_msg_receive_fails)
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
START_TEST(test_msg_queue)
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

START_TEST(test_msg_queue_is_bounded)
{
	static char big[MSG_MAX];
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

START_TEST(test_msg_descriptors_do_not_leak)
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
START_TEST(test_msg_queued_descriptors_are_bounded)
{
	int fd, before = open_fds(), sent = 0;

	while ((fd = dup(0)) != -1 && chan_send(a.chan, MSG_LOGFD, 0, fd,
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
suite_msg(void)
{
	Suite *s = suite_create("msg");
	TCase *t;

	t = tcase_create("encoding");
	tcase_add_test(t, test_msg_numbers_are_in_network_order);
	tcase_add_test(t, test_msg_slice_is_bounded);
	tcase_add_test(t, test_msg_session_cut_at_every_byte);
	tcase_add_test(t, test_msg_user_without_absolute_root);
	tcase_add_test(t, test_msg_unknown_option_of_a_handoff);
	suite_add_tcase(s, t);

	t = tcase_create("channel");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_msg_channel_carries_a_message);
	tcase_add_test(t, test_msg_channel_carries_a_descriptor);
	tcase_add_test(t, test_msg_name);
	tcase_add_loop_test(t, test_msg_forbidden_breaks_the_channel, 0,
	    NROWS(forbidden));
	tcase_add_test(t, test_msg_end_is_told_once);
	tcase_add_test(t, test_msg_trace);
	tcase_add_test(t, test_msg_send_to_nobody);
	tcase_add_test(t, test_msg_receive_fails);
	tcase_add_test(t, test_msg_queue);
	tcase_add_test(t, test_msg_queue_is_bounded);
	tcase_add_loop_test(t, test_msg_descriptors_do_not_leak, 0,
	    NROWS(leaks));
	tcase_add_test(t, test_msg_queued_descriptors_are_bounded);
	suite_add_tcase(s, t);
	return s;
}
