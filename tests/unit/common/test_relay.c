/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The relay between a client's TLS stream and a worker's socket: it carries all
 * bytes in order, holds no more than it promises, and ends in several ways.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <tls.h>

#include "common/base/timer.h"
#include "common/front/relay.h"
#include "tests/unit/tlspair.h"
#include "tests/unit/util.h"

#define LONG	(2 * 1024 * 1024)
/* Upper bound of what the sockets and TLS hold besides the relay. */
#define AROUND	(256 * 1024)

struct fixture {
	struct event_base	*base;
	struct tlsctx		*ctx;
	struct tlspair		 client;
	int			 worker;	/* the worker's end; -1 */
	struct relay		*relay;		/* NULL: ended */
	int			 closed;	/* calls of close callback */
};

static struct fixture	 f;
static char		*sent;
static char		*got;

static void
on_closed(struct relay *r, void *arg)
{
	ck_assert_ptr_eq(arg, &f);
	ck_assert_ptr_eq(r, f.relay);
	f.closed++;
	f.relay = NULL;
	relay_free(r);
}

static void
setup(void)
{
	struct tlsmat mat;

	(void)signal(SIGPIPE, SIG_IGN);
	memset(&f, 0, sizeof(f));
	tlsmat_init(&mat);
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:localhost");
	f.ctx = tlspair_context(&mat, "");
	tlsmat_clear(&mat);
	f.base = event_base_new();
	tlspair_tls(&f.client, f.ctx, "localhost", "tlsv1.3");
	ck_assert(tlspair_shake(&f.client));
	sent = malloc(LONG);
	got = malloc(LONG);
	for (size_t i = 0; i < LONG; i++)
		sent[i] = (char)(i * 7 + i / 253);
}

/* Hand the connection to the relay. */
static void
start(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(fcntl(fds[i], F_SETFL, O_NONBLOCK), 0);
	f.worker = fds[1];
	f.relay = relay_new(f.base, &f.client.io, fds[0], on_closed, &f);
	io_init(&f.client.io, -1);
}

static void
teardown(void)
{
	relay_free(f.relay);
	if (f.worker != -1)
		(void)close(f.worker);
	tlspair_close(&f.client);
	tlsctx_unref(f.ctx);
	event_base_free(f.base);
	free(sent);
	free(got);
}

/* Let the relay do all that it can do now. */
static void
turn(void)
{
	(void)event_base_loop(f.base, EVLOOP_NONBLOCK);
}

/*
 * Read as the worker: number of bytes, 0 if there are none yet, -1 at the end.
 */
static long
worker_recv(char *p, size_t max)
{
	ssize_t n = recv(f.worker, p, max, 0);

	if (n == -1)
		ck_assert_int_eq(errno, EAGAIN);
	return n > 0 ? (long)n : n == 0 ? -1 : 0;
}

static size_t
worker_send(const char *p, size_t len)
{
	ssize_t n = send(f.worker, p, len, MSG_NOSIGNAL);

	return n > 0 ? (size_t)n : 0;
}

/* Wait for a condition; after a minute the test has failed. */
#define UNTIL(condition) do {						\
	uint64_t end_ = timer_ms() + 60000;				\
	while (!(condition)) {						\
		turn();							\
		ck_assert_msg(timer_ms() < end_, "never: " #condition);	\
	}								\
} while (0)

/* Carry len bytes from client to worker, who reads at most step at a time. */
static void
carry_up(size_t len, size_t step)
{
	size_t out = 0, in = 0;
	long n;

	while (in < len) {
		out += tlspair_send(&f.client, sent + out,
		    len - out < step ? len - out : step);
		turn();
		if ((n = worker_recv(got + in, step)) > 0)
			in += (size_t)n;
		ck_assert_int_ge(n, 0);
	}
	ck_assert_uint_eq(in, len);
	ck_assert_mem_eq(got, sent, len);
}

static void
carry_down(size_t len, size_t step)
{
	size_t out = 0, in = 0;
	long n;

	while (in < len) {
		out += worker_send(sent + out, len - out < step ? len - out :
		    step);
		turn();
		if ((n = tlspair_recv(&f.client, got + in, step)) > 0)
			in += (size_t)n;
		ck_assert_int_ge(n, 0);
	}
	ck_assert_uint_eq(in, len);
	ck_assert_mem_eq(got, sent, len);
}

static const struct {
	size_t		 len, step;
	const char	*why;
} amounts[] = {
	{ 1, 1, "one byte" },
	{ 1000, 1, "byte by byte" },
	{ 16384, 16384, "a whole record of TLS" },
	{ 16385, 5000, "a record and a byte" },
	{ RELAY_CHUNK, RELAY_CHUNK, "what the relay holds" },
	{ LONG, 3000, "more than all buffers hold, in small steps" },
	{ LONG, LONG, "the same, as fast as it goes" },
};

START_TEST(test_relay_carries_all_in_order)
{
	start();
	carry_up(amounts[_i].len, amounts[_i].step);
	carry_down(amounts[_i].len, amounts[_i].step);
	ck_row_eq(amounts[_i].len, amounts[_i].why, f.closed, 0);
}
END_TEST

/* libtls holds decrypted bytes after the hand-off; no event reports them. */
START_TEST(test_relay_starts_with_what_tls_holds)
{
	char c;
	size_t n;
	long r;

	ck_assert_uint_eq(tlspair_send(&f.client, "abcdef", 6), 6);
	ck_assert_int_eq(io_read(&f.client.io, &c, 1, &n), IO_DONE);
	start();
	UNTIL((r = worker_recv(got, 100)) != 0);
	ck_assert_int_eq(r, 5);
	ck_assert_mem_eq(got, "bcdef", 5);
}
END_TEST

/* A peer that does not read costs one buffer, however much the other sends. */
START_TEST(test_relay_holds_no_more_than_it_says)
{
	bool up = _i == 0;
	size_t out = 0, before, in = 0, quiet = 0;
	long n;

	start();
	while (quiet < 20 && out < LONG) {
		before = out;
		out += up ? tlspair_send(&f.client, sent + out, LONG - out) :
		    worker_send(sent + out, LONG - out);
		turn();
		quiet = out == before ? quiet + 1 : 0;
	}
	ck_assert_uint_lt(out, RELAY_CHUNK + AROUND * 2);
	ck_assert_uint_lt(out, LONG);
	/* When the peer reads again the relay goes on, and nothing was lost. */
	while (in < out) {
		turn();
		n = up ? worker_recv(got + in, LONG - in) :
		    tlspair_recv(&f.client, got + in, LONG - in);
		ck_assert_int_ge(n, 0);
		in += (size_t)n;
	}
	ck_assert_mem_eq(got, sent, out);
}
END_TEST

/*
 * The client closes its side: the worker reads an end of file and can still
 * answer.
 */
START_TEST(test_relay_client_ends_its_side)
{
	long n;

	start();
	ck_assert_uint_eq(tlspair_send(&f.client, "LOGOUT", 6), 6);
	(void)tls_close(f.client.client);	/* close_notify */
	ck_assert_int_eq(shutdown(f.client.fd, SHUT_WR), 0);
	UNTIL((n = worker_recv(got, 100)) != 0);
	ck_assert_int_eq(n, 6);
	UNTIL((n = worker_recv(got, 100)) != 0);
	ck_assert_int_eq(n, -1);
	ck_assert_uint_eq(worker_send("BYE", 3), 3);
	UNTIL((n = tlspair_recv(&f.client, got, 100)) != 0);
	ck_assert_int_eq(n, 3);
	ck_assert_int_eq(f.closed, 0);
	(void)close(f.worker);
	f.worker = -1;
	UNTIL(f.closed);
	ck_assert_int_eq(f.closed, 1);
	ck_assert_int_eq(tlspair_recv(&f.client, got, 100), -1);
}
END_TEST

START_TEST(test_relay_client_vanishes)
{
	long n;

	start();
	ck_assert_uint_eq(tlspair_send(&f.client, "NOOP", 4), 4);
	tlspair_leave(&f.client, _i == 0);
	UNTIL((n = worker_recv(got, 100)) != 0);
	ck_assert_int_eq(n, 4);
	UNTIL((n = worker_recv(got, 100)) != 0);
	ck_assert_int_eq(n, -1);
	/* The worker writes to a client that is gone, which ends the relay. */
	(void)worker_send("BYE", 3);
	(void)shutdown(f.worker, SHUT_WR);
	UNTIL(f.closed);
	ck_assert_int_eq(f.closed, 1);
}
END_TEST

/* The worker closes: the client gets all that it wrote, then the end. */
START_TEST(test_relay_worker_ends)
{
	size_t out = 0, in = 0;
	long n;

	start();
	/* Write more than the sockets take at once. */
	for (int i = 0; i < 50; i++) {
		out += worker_send(sent + out, LONG - out);
		turn();
	}
	(void)close(f.worker);
	f.worker = -1;
	while ((n = tlspair_recv(&f.client, got + in, LONG - in)) >= 0) {
		in += (size_t)n;
		turn();
	}
	ck_assert_uint_eq(in, out);
	ck_assert_mem_eq(got, sent, out);
	ck_assert_int_eq(f.closed, 1);
}
END_TEST

/* A worker died with unread bytes: reading its socket gives an error. */
START_TEST(test_relay_worker_dies)
{
	long n;

	start();
	ck_assert_uint_eq(tlspair_send(&f.client, "NOOP", 4), 4);
	for (int i = 0; i < 10; i++)
		turn();
	(void)close(f.worker);
	f.worker = -1;
	UNTIL(f.closed);
	UNTIL((n = tlspair_recv(&f.client, got, 100)) != 0);
	ck_assert_int_eq(n, -1);
	ck_assert_int_eq(f.closed, 1);
}
END_TEST

/* Both directions at once, each with a slow reader. */
START_TEST(test_relay_both_ways_at_once)
{
	size_t up_out = 0, up_in = 0, down_out = 0, down_in = 0;
	char *down = malloc(LONG);
	long n;

	start();
	while (up_in < LONG || down_in < LONG) {
		up_out += tlspair_send(&f.client, sent + up_out,
		    LONG - up_out);
		down_out += worker_send(sent + down_out, LONG - down_out);
		turn();
		if (up_in < LONG && (n = worker_recv(got + up_in, 10000)) > 0)
			up_in += (size_t)n;
		if (down_in < LONG && (n = tlspair_recv(&f.client,
		    down + down_in, 7000)) > 0)
			down_in += (size_t)n;
	}
	ck_assert_mem_eq(got, sent, LONG);
	ck_assert_mem_eq(down, sent, LONG);
	free(down);
}
END_TEST

/* Bytes that are no TLS record end the client's side, not the process. */
START_TEST(test_relay_garbage_in_place_of_tls)
{
	long n;

	start();
	ck_assert_int_eq(write(f.client.fd, "a NOOP\r\n", 8), 8);
	UNTIL((n = worker_recv(got, 100)) != 0);
	ck_assert_int_eq(n, -1);
	(void)close(f.worker);
	f.worker = -1;
	UNTIL(f.closed);
}
END_TEST

Suite *
suite_relay(void)
{
	Suite *s = suite_create("relay");
	TCase *t = tcase_create("relay");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_relay_carries_all_in_order, 0,
	    NROWS(amounts));
	tcase_add_test(t, test_relay_starts_with_what_tls_holds);
	tcase_add_loop_test(t, test_relay_holds_no_more_than_it_says, 0, 2);
	tcase_add_test(t, test_relay_client_ends_its_side);
	tcase_add_loop_test(t, test_relay_client_vanishes, 0, 2);
	tcase_add_test(t, test_relay_worker_ends);
	tcase_add_test(t, test_relay_worker_dies);
	tcase_add_test(t, test_relay_both_ways_at_once);
	tcase_add_test(t, test_relay_garbage_in_place_of_tls);
	suite_add_tcase(s, t);
	return s;
}
