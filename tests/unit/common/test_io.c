/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Streams over a socket or TLS: pieces, waiting, and ends. */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tls.h>

#include "tests/unit/tlspair.h"
#include "tests/unit/util.h"

/* Each test of a byte stream runs over all of these. */
static const struct way {
	const char	*name;
	const char	*protocols;	/* NULL: cleartext */
} ways[] = {
	{ "cleartext", NULL },
	{ "TLS 1.2", "tlsv1.2" },
	{ "TLS 1.3", "tlsv1.3" },
};

static struct tlsctx	*ctx;

static void
setup(void)
{
	struct tlsmat mat;

	(void)signal(SIGPIPE, SIG_IGN);
	tlsmat_init(&mat);
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:localhost");
	ctx = tlspair_context(&mat, "");
	tlsmat_clear(&mat);
}

static void
teardown(void)
{
	tlsctx_unref(ctx);
}

static void
start(struct tlspair *p, const struct way *w)
{
	if (w->protocols == NULL) {
		tlspair_sockets(p);
		return;
	}
	tlspair_tls(p, ctx, "localhost", w->protocols);
	ck_assert_msg(tlspair_shake(p), "%s: handshake: %s", w->name,
	    io_error(&p->io));
}

/* More than all buffers on the way can hold. */
#define LONG	(1024 * 1024)

static char *
pattern(void)
{
	char *p = malloc(LONG);

	for (size_t i = 0; i < LONG; i++)
		p[i] = (char)(i * 31 + i / 251);
	return p;
}

/* Read as the client.  The first record may be a TLS 1.3 ticket, not data. */
static long
read_some(struct tlspair *p, char *got, size_t max)
{
	long r = 0;

	for (int i = 0; r == 0 && i < 3; i++)
		r = tlspair_recv(p, got, max);
	ck_assert_int_gt(r, 0);
	return r;
}

START_TEST(test_io_read_gives_what_is_there_in_pieces)
{
	struct tlspair p;
	char all[100], got[100];
	size_t n, total = 0;

	start(&p, &ways[_i]);
	ck_assert_int_eq(io_read(&p.io, got, sizeof(got), &n), IO_AGAIN);
	ck_assert_uint_eq(p.io.want, IO_WANT_READ);
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	ck_assert_uint_eq(tlspair_send(&p, all, sizeof(all)), sizeof(all));
	/*
	 * All is in one TLS record, for which the socket becomes readable only
	 * once.
	 */
	while (io_read(&p.io, got + total, 7 < sizeof(got) - total ? 7 :
	    sizeof(got) - total, &n) == IO_DONE) {
		ck_assert(n >= 1 && n <= 7);
		total += n;
		if (total == sizeof(got))
			break;
	}
	ck_assert_uint_eq(total, sizeof(got));
	ck_assert_mem_eq(got, all, sizeof(got));
	ck_assert_int_eq(io_read(&p.io, got, sizeof(got), &n), IO_AGAIN);
	tlspair_close(&p);
}
END_TEST

START_TEST(test_io_write_waits_for_a_slow_reader)
{
	struct tlspair p;
	char *all = pattern(), *got = malloc(LONG), *moved;
	size_t put, n, sent = 0, total = 0;
	long r;
	int waits = 0;

	start(&p, &ways[_i]);
	while (sent < LONG) {
		/*
		 * Retry from another address: a caller may have moved the
		 * bytes.
		 */
		n = LONG - sent < 20000 ? LONG - sent : 20000;
		moved = malloc(n);
		memcpy(moved, all + sent, n);
		switch (io_write(&p.io, moved, n, &put)) {
		case IO_DONE:
			ck_assert(put >= 1 && put <= n);
			sent += put;
			break;
		case IO_AGAIN:
			ck_assert_uint_eq(p.io.want, IO_WANT_WRITE);
			waits++;
			r = read_some(&p, got + total, LONG - total);
			total += (size_t)r;
			break;
		case IO_EOF:
		case IO_ERROR:
			ck_abort_msg("%s", io_error(&p.io));
		}
		free(moved);
	}
	while (total < LONG) {
		r = read_some(&p, got + total, LONG - total);
		total += (size_t)r;
	}
	ck_assert_int_gt(waits, 0);
	ck_assert_mem_eq(got, all, LONG);
	tlspair_close(&p);
	free(all);
	free(got);
}
END_TEST

/* For OpenSSL 3 an end without close_notify is an error; io reports an end. */
START_TEST(test_io_read_ends_politely_or_not)
{
	const struct way *w = &ways[_i / 2];
	bool politely = _i % 2 == 0;
	struct tlspair p;
	char got[10];
	size_t n;

	start(&p, w);
	ck_assert_uint_eq(tlspair_send(&p, "last", 4), 4);
	tlspair_leave(&p, politely);
	ck_assert_int_eq(io_read(&p.io, got, sizeof(got), &n), IO_DONE);
	ck_assert_uint_eq(n, 4);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(io_read(&p.io, got, sizeof(got), &n),
		    IO_EOF);
	tlspair_close(&p);
}
END_TEST

START_TEST(test_io_write_to_who_has_gone_is_an_error)
{
	struct tlspair p;
	char bytes[1000] = "";
	size_t put;
	enum io_result result = IO_DONE;

	start(&p, &ways[_i]);
	tlspair_leave(&p, false);
	for (int i = 0; result == IO_DONE && i < 100; i++)
		result = io_write(&p.io, bytes, sizeof(bytes), &put);
	ck_assert_int_eq(result, IO_ERROR);
	ck_assert_ptr_nonnull(io_error(&p.io));
	tlspair_close(&p);
}
END_TEST

START_TEST(test_io_close_says_goodbye)
{
	struct tlspair p;
	char got[10];
	long r;

	start(&p, &ways[_i]);
	io_close(&p.io);
	ck_assert_int_eq(p.io.fd, -1);
	/*
	 * Without a close_notify the client suspects an attack (RFC 8446, 6.1).
	 */
	for (int i = 0; (r = tlspair_recv(&p, got, sizeof(got))) == 0; i++)
		ck_assert_int_lt(i, 3);
	ck_assert_int_eq(r, -1);
	if (p.client != NULL)
		ck_assert_ptr_null(tls_error(p.client));
	io_close(&p.io);
	tlspair_close(&p);
}
END_TEST

/* A handshake that arrives one byte at a time completes. */
START_TEST(test_io_handshake_in_single_bytes)
{
	struct tlspair p, relayed;
	int theirs = TLS_WANT_POLLIN;
	enum io_result ours = IO_AGAIN;
	char bytes[8192], c;
	ssize_t n;

	tlspair_tls(&p, ctx, "localhost", ways[_i].protocols);
	/* This test carries the client's bytes to the server itself. */
	tlspair_sockets(&relayed);
	ck_assert_int_eq(dup2(p.io.fd, 200), 200);
	ck_assert_int_eq(dup2(relayed.io.fd, p.io.fd), p.io.fd);
	for (int i = 0; i < 100000 && (theirs != 0 || ours != IO_DONE); i++) {
		if (theirs != 0)
			theirs = tls_handshake(p.client);
		ck_assert_int_ne(theirs, -1);
		if (read(200, &c, 1) == 1)
			ck_assert_int_eq(write(relayed.fd, &c, 1), 1);
		if (ours == IO_AGAIN)
			ours = io_handshake(&p.io);
		ck_assert_int_ne(ours, IO_ERROR);
		if ((n = read(relayed.fd, bytes, sizeof(bytes))) > 0)
			ck_assert_int_eq(write(200, bytes, (size_t)n), n);
	}
	ck_assert_int_eq(theirs, 0);
	ck_assert_int_eq(ours, IO_DONE);
	(void)close(200);
	tlspair_close(&relayed);
	tlspair_close(&p);
}
END_TEST

static const struct {
	struct slice	 in;
	const char	*why;
} no_handshakes[] = {
	{ LIT("a CAPABILITY\r\n"), "IMAP" },
	{ LIT("GET / HTTP/1.0\r\n\r\n"), "HTTP" },
	{ LIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
	    "a ClientHello that ends too early" },
	{ LIT("\x15\x03\x01\x00\x02\x02\x28"), "an alert" },
	{ LIT(""), "nothing" },
};

START_TEST(test_io_what_is_no_handshake)
{
	struct tlspair p;
	struct slice in = no_handshakes[_i].in;
	enum io_result result;

	tlspair_sockets(&p);
	ck_assert_int_eq(io_starttls(&p.io, tlsctx_server(ctx)), 0);
	ck_assert_int_eq(io_handshake(&p.io), IO_AGAIN);
	ck_assert_uint_eq(p.io.want, IO_WANT_READ);
	ck_assert_uint_eq(tlspair_send(&p, in.p, in.len), in.len);
	tlspair_leave(&p, false);
	for (int i = 0; (result = io_handshake(&p.io)) == IO_AGAIN; i++)
		ck_assert_int_lt(i, 100);
	/* After IO_EOF a caller might go on reading. */
	ck_row_eq(in, no_handshakes[_i].why, result, IO_ERROR);
	ck_assert_ptr_nonnull(io_error(&p.io));
	tlspair_close(&p);
}
END_TEST

/* A transport on which a write may have to wait for the other direction. */

static int	 want;

static ssize_t
no_read(struct tls *t, void *p, size_t len, void *arg)
{
	(void)t;
	(void)p;
	(void)len;
	(void)arg;
	return TLS_WANT_POLLIN;
}

static ssize_t
no_write(struct tls *t, const void *p, size_t len, void *arg)
{
	(void)t;
	(void)p;
	(void)len;
	(void)arg;
	return want;
}

START_TEST(test_io_waits_for_what_tls_says)
{
	static const struct {
		int		says;
		unsigned int	want;
	} rows[] = {
		{ TLS_WANT_POLLIN, IO_WANT_READ },
		{ TLS_WANT_POLLOUT, IO_WANT_WRITE },
	};
	struct tls_config *config = tls_config_new();
	struct io io;

	/* A TLS client speaks first, so its handshake has to write. */
	io_init(&io, -1);
	io.tls = tls_client();
	tls_config_insecure_noverifycert(config);
	tls_config_insecure_noverifyname(config);
	ck_assert_int_eq(tls_configure(io.tls, config), 0);
	ck_assert_int_eq(tls_connect_cbs(io.tls, no_read, no_write, NULL,
	    "localhost"), 0);
	want = rows[_i].says;
	ck_assert_int_eq(io_handshake(&io), IO_AGAIN);
	ck_assert_uint_eq(io.want, rows[_i].want);
	tls_config_free(config);
	io_close(&io);
}
END_TEST

START_TEST(test_io_release_leaves_the_socket)
{
	struct tlspair p;
	int fd;

	tlspair_sockets(&p);
	fd = io_release(&p.io);
	io_close(&p.io);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	(void)close(fd);
	tlspair_close(&p);
}
END_TEST

Suite *
suite_io(void)
{
	Suite *s = suite_create("io");
	TCase *t = tcase_create("io");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_io_read_gives_what_is_there_in_pieces, 0,
	    NROWS(ways));
	tcase_add_loop_test(t, test_io_write_waits_for_a_slow_reader, 0,
	    NROWS(ways));
	tcase_add_loop_test(t, test_io_read_ends_politely_or_not, 0,
	    2 * NROWS(ways));
	tcase_add_loop_test(t, test_io_write_to_who_has_gone_is_an_error, 0,
	    NROWS(ways));
	tcase_add_loop_test(t, test_io_close_says_goodbye, 0, NROWS(ways));
	tcase_add_loop_test(t, test_io_handshake_in_single_bytes, 1,
	    NROWS(ways));
	tcase_add_loop_test(t, test_io_what_is_no_handshake, 0,
	    NROWS(no_handshakes));
	tcase_add_loop_test(t, test_io_waits_for_what_tls_says, 0, 2);
	tcase_add_test(t, test_io_release_leaves_the_socket);
	suite_add_tcase(s, t);
	return s;
}
