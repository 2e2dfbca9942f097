/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A mail worker in a process of its own.  Its protocol sends back what it
 * reads, through a filter between worker and client that reads ahead and
 * returns little, and accepts much and sends little.  What the filter holds
 * must get through although the socket shows no event.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/xmalloc.h"
#include "common/net/stream.h"
#include "common/proc/conf_msg.h"
#include "common/proc/parent_msg.h"
#include "common/proc/proc.h"
#include "common/proc/worker.h"
#include "tests/unit/util.h"

#define DEADLINE_MS	60000
#define TEXT_LEN	100000		/* more than a worker holds */
#define FLIP		0x20	/* XORed to each byte by the filter */

/* The worker's side. */

struct hoard {
	char	 in[512];
	size_t	 in_off;
	size_t	 in_end;
	char	 out[TEXT_LEN];
	size_t	 out_off;
	size_t	 out_end;
};

static ssize_t
hoard_in(struct stream *s, char *p, size_t len)
{
	struct hoard *h = s->state;
	ssize_t n;

	if (h->in_off == h->in_end) {
		n = recv(s->fd, h->in, sizeof(h->in), 0);
		if (n <= 0)
			return n;
		h->in_off = 0;
		h->in_end = (size_t)n;
	}
	for (n = 0; n < 100 && (size_t)n < len && h->in_off < h->in_end; n++)
		p[n] = h->in[h->in_off++];
	return n;
}

static ssize_t
hoard_out(struct stream *s, const char *p, size_t len)
{
	struct hoard *h = s->state;
	size_t taken, left = h->out_end - h->out_off;
	ssize_t n;

	if (left > 0) {
		n = send(s->fd, h->out + h->out_off, left < 50 ? left : 50,
		    MSG_NOSIGNAL);
		if (n == -1)
			return -1;
		h->out_off += (size_t)n;
		return 0;
	}
	h->out_off = h->out_end = 0;
	for (taken = 0; taken < len && taken < sizeof(h->out); taken++)
		h->out[h->out_end++] = p[taken] ^ FLIP;
	return (ssize_t)taken;
}

static unsigned int
hoard_pending(const struct stream *s)
{
	const struct hoard *h = s->state;

	return (h->in_off < h->in_end ? STREAM_IN : 0) |
	    (h->out_off < h->out_end ? STREAM_OUT : 0);
}

static void
hoard_close(struct stream *s)
{
	free(s->state);
}

static const struct stream_ops hoard_ops = {
	.in = hoard_in,
	.out = hoard_out,
	.pending = hoard_pending,
	.close = hoard_close,
};

static int
echo_start(void)
{
	return 0;
}

static int
echo_open(struct wconn *c, const struct user_record *u,
    const struct handoff *h)
{
	(void)u;
	/* Less than the filter may read, so that it must hold some back. */
	wconn_set_in_cap(c, 64);
	if (slice_eq_str(h->tag, "hoard"))
		wconn_set_stream(c, &hoard_ops, xcalloc(1,
		    sizeof(struct hoard)));
	return 0;
}

static enum run
echo_run(struct wconn *c)
{
	struct slice in = buf_slice(wconn_in(c));

	if (buf_add_slice(wconn_out(c), in) == -1)
		return RUN_FAIL;
	buf_consume(wconn_in(c), in.len);
	return wconn_eof(c) ? RUN_DONE : RUN_WAIT;
}

static void
echo_configure(struct wconn *c)
{
	wconn_set_timeout(c, worker_conf()->idle_timeout);
}

static void
echo_nothing(struct wconn *c)
{
	(void)c;
}

static const struct worker_proto echo_proto = {
	.service = CONF_IMAP,
	.start = echo_start,
	.open = echo_open,
	.configure = echo_configure,
	.run = echo_run,
	.timeout = echo_nothing,
	.shutdown = echo_nothing,
	.close = echo_nothing,
};

/* The parent's and the client's side. */

struct fixture {
	struct event_base	*base;
	struct chan		*chan;
	pid_t			 pid;
	int			 client;
	uint32_t		 ended;		/* the session that did last */
	char			*text;
	char			*got;
};

static struct fixture	 f;

static void
on_ignored(void *arg, struct msg *msg)
{
	(void)arg;
	(void)msg;
}

static void
on_end(void *arg, struct msg *msg)
{
	(void)arg;
	f.ended = msg->id;
}

static void
on_closed(void *arg, bool broken)
{
	(void)arg;
	(void)broken;
}

static const struct msg_permit permits[] = {
	{ MSG_READY, on_ignored },
	{ MSG_SESSION_END, on_end },
	{ MSG_IDLE, on_ignored },
	{ 0, NULL }
};

static void
worker_start(void)
{
	static char name[64] = "worker", debug[] = "-d";
	char *argv[] = { name, debug, NULL };
	int fds[2];

	ck_assert_int_eq(chan_pair(fds), 0);
	if ((f.pid = fork()) == 0) {
		if (dup2(fds[1], PROC_CHANNEL_FD) == -1)
			_exit(1);
		closefrom(PROC_CHANNEL_FD + 1);
		_exit(worker_main(&echo_proto, 2, argv));
	}
	ck_assert_int_gt(f.pid, 0);
	(void)close(fds[1]);
	f.chan = chan_new(f.base, fds[0], "worker", permits, on_closed, NULL);
}

/* The messages that a parent sends to a worker after the fork. */
static void
configure(uint32_t idle_timeout)
{
	struct conf *conf = conf_new();
	struct buf b;

	conf->idle_timeout = idle_timeout;
	buf_init(&b, CONF_MSG_MAX);
	conf_msg_put(&b, conf);
	ck_assert_uint_le(buf_len(&b), MSG_MAX);
	ck_assert_int_eq(chan_send(f.chan, MSG_CONF, 0, -1, buf_slice(&b)), 0);
	buf_reset(&b, MSG_MAX);
	parent_msg_done_put(&b, &(struct parent_msg_done){
	    .uid = 65534, .gid = 65534, .root = SLICE_LIT("/"),
	    .services = CONF_SERVICE_BIT(CONF_IMAP) });
	ck_assert_int_eq(chan_send(f.chan, MSG_CONF_DONE, 0, -1,
	    buf_slice(&b)), 0);
	buf_clear(&b);
	conf_free(conf);
}

/* Hand over a descriptor.  The tag selects the filter. */
static void
hand_over(uint32_t id, int fd, const char *tag)
{
	struct user_record u = { .name = SLICE_INIT("ann"),
	    .root = SLICE_INIT("/nowhere"), .uid = 65534, .gid = 65534 };
	struct handoff h = { .tag = slice_str(tag) };
	struct buf b;

	buf_init(&b, MSG_MAX);
	user_record_put(&b, &u);
	handoff_put(&b, &h);
	ck_assert_int_eq(chan_send(f.chan, MSG_SESSION, id, fd,
	    buf_slice(&b)), 0);
	buf_clear(&b);
}

/* Open a session. */
static void
session(const char *tag)
{
	int fds[2], small = 1;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, fds), 0);
	/*
	 * A small buffer, so that the worker has to wait before it can send
	 * more.
	 */
	ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small,
	    sizeof(small)), 0);
	f.client = fds[1];
	hand_over(1, fds[0], tag);
}

/* Wait until the worker says that this session has ended. */
static void
await_end(uint32_t id)
{
	while (f.ended != id)
		ck_assert_int_eq(event_base_loop(f.base, EVLOOP_ONCE), 0);
}

static void
setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	memset(&f, 0, sizeof(f));
	f.base = event_base_new();
	f.client = -1;
	f.text = xmalloc(TEXT_LEN);
	f.got = xmalloc(TEXT_LEN);
	for (size_t i = 0; i < TEXT_LEN; i++)
		f.text[i] = (char)(i * 7 + i / 251);
	worker_start();
	configure(1800);
}

static void
teardown(void)
{
	int status;

	if (f.client != -1)
		(void)close(f.client);
	chan_free(f.chan);
	ck_assert_int_eq(waitpid(f.pid, &status, 0), f.pid);
	ck_assert_int_eq(status, 0);
	event_base_free(f.base);
	free(f.text);
	free(f.got);
}

/* Wait for an event at the client's socket; without any, the worker hangs. */
static void
await(short events, size_t got)
{
	struct pollfd pfd = { .fd = f.client, .events = events };

	ck_assert_msg(poll(&pfd, 1, DEADLINE_MS) == 1,
	    "the worker waits, with %zu of %d bytes sent back", got, TEXT_LEN);
}

/*
 * Send everything before reading anything, so that the worker holds what the
 * socket does not take.  The end of input, sent early or late, wakes the
 * worker.  The worker must neither depend on that wake-up nor lose what it
 * holds.
 */
static void
exchange(bool early)
{
	size_t sent = 0, got = 0;
	ssize_t n;

	while (sent < TEXT_LEN) {
		await(POLLOUT, 0);
		n = send(f.client, f.text + sent, TEXT_LEN - sent, 0);
		ck_assert_int_gt(n, 0);
		sent += (size_t)n;
	}
	if (early)
		(void)shutdown(f.client, SHUT_WR);
	while (got < TEXT_LEN) {
		await(POLLIN, got);
		n = recv(f.client, f.got + got, TEXT_LEN - got, 0);
		ck_assert_int_gt(n, 0);
		got += (size_t)n;
	}
	(void)shutdown(f.client, SHUT_WR);
	await(POLLIN, got);
	ck_assert_int_eq(recv(f.client, f.got, 1, MSG_PEEK), 0);
}

static const struct {
	const char	*filter;
	char		 flip;
	bool		 early;
} streams[] = {
	{ "plain", 0, false },
	{ "plain", 0, true },
	{ "hoard", FLIP, false },
	{ "hoard", FLIP, true },
};

START_TEST(test_worker_stream)
{
	session(streams[_i].filter);
	exchange(streams[_i].early);
	for (size_t i = 0; i < TEXT_LEN; i++)
		ck_assert_int_eq(f.got[i] ^ streams[_i].flip, f.text[i]);
}
END_TEST

/* A reload shortens the idle timeout of a session that is open. */
START_TEST(test_worker_reload)
{
	char octet = 'x';

	session("plain");
	ck_assert_int_eq(send(f.client, &octet, 1, 0), 1);
	await(POLLIN, 0);
	ck_assert_int_eq(recv(f.client, &octet, 1, 0), 1);
	configure(1);
	await(POLLIN, 0);
	ck_assert_int_eq(recv(f.client, &octet, 1, 0), 0);
}
END_TEST

static int
odd_null(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int
odd_pipe(void)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	(void)close(fds[1]);
	return fds[0];
}

static int
odd_datagram(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
odd_unconnected(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* What a front hands over need not be a client: the session ends at once. */
static int	(*const odd[])(void) = {
	odd_null, odd_pipe, odd_datagram, odd_unconnected
};

START_TEST(test_worker_odd_descriptor)
{
	char octet = 'x';

	hand_over(9, odd[_i](), "plain");
	await_end(9);
	session("plain");
	ck_assert_int_eq(send(f.client, &octet, 1, 0), 1);
	await(POLLIN, 0);
}
END_TEST

/*
 * A client that does not read, on a socket that whoever handed it over has made
 * blocking: the other sessions go on (HAZARDS: a descriptor's flags changed
 * through a copy of it).
 */
START_TEST(test_worker_blocking_socket)
{
	int fds[2];
	ssize_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fds), 0);
	hand_over(9, fds[0], "plain");
	do
		n = send(fds[1], f.text, TEXT_LEN, MSG_DONTWAIT);
	while (n > 0);
	session("plain");
	exchange(true);
	(void)close(fds[1]);
	await_end(9);
}
END_TEST

Suite *
suite_worker(void)
{
	Suite *s = suite_create("worker");
	TCase *t = tcase_create("stream");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_worker_stream, 0, NROWS(streams));
	tcase_add_test(t, test_worker_reload);
	tcase_add_loop_test(t, test_worker_odd_descriptor, 0, NROWS(odd));
	tcase_add_test(t, test_worker_blocking_socket);
	suite_add_tcase(s, t);
	return s;
}
