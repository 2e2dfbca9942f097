/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Sockets that are never waited for, whatever a copy of the descriptor was used
 * for.  All sockets here are blocking: a test that fails hangs.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "common/net/io.h"
#include "common/net/sock.h"
#include "tests/unit/util.h"

static int	 fds[2];

static void
setup(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fds), 0);
}

static void
teardown(void)
{
	(void)close(fds[0]);
	(void)close(fds[1]);
}

START_TEST(test_sock_recv_does_not_wait)
{
	char c;

	ck_assert_int_eq(sock_recv(fds[0], &c, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(sock_send(fds[1], "x", 1), 1);
	ck_assert_int_eq(sock_recv(fds[0], &c, 1), 1);
	ck_assert_int_eq(c, 'x');
	(void)shutdown(fds[1], SHUT_WR);
	ck_assert_int_eq(sock_recv(fds[0], &c, 1), 0);
}
END_TEST

START_TEST(test_sock_send_does_not_wait)
{
	char text[4096] = "";
	ssize_t n;

	while ((n = sock_send(fds[0], text, sizeof(text))) > 0)
		;
	ck_assert_int_eq(n, -1);
	ck_assert_int_eq(errno, EAGAIN);
	/* Without SIGPIPE. */
	(void)shutdown(fds[0], SHUT_WR);
	ck_assert_int_eq(sock_send(fds[0], text, 1), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

/* What reads and writes a client's cleartext goes the same way. */
START_TEST(test_sock_io_does_not_wait)
{
	enum io_result result;
	char text[4096] = "";
	struct io io;
	size_t n;

	io_init(&io, fds[0]);
	ck_assert_int_eq(io_read(&io, text, sizeof(text), &n), IO_AGAIN);
	while ((result = io_write(&io, text, sizeof(text), &n)) == IO_DONE)
		;
	ck_assert_int_eq(result, IO_AGAIN);
}
END_TEST

START_TEST(test_sock_is_stream)
{
	int other[2], fd;

	ck_assert(sock_is_stream(fds[0]));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    other), 0);
	ck_assert(!sock_is_stream(other[0]));
	(void)close(other[0]);
	(void)close(other[1]);
	ck_assert_int_eq(pipe2(other, O_CLOEXEC), 0);
	ck_assert(!sock_is_stream(other[0]));
	(void)close(other[0]);
	(void)close(other[1]);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	ck_assert(!sock_is_stream(fd));
	(void)close(fd);
	ck_assert(!sock_is_stream(fd));
}
END_TEST

/* A pair of TCP sockets: SO_LINGER does nothing to others. */
static void
connect_pair(int *one, int *other)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(*one, (struct sockaddr *)&sin, len), 0);
	*other = accept(fd, NULL, NULL);
	ck_assert_int_ne(*other, -1);
	(void)close(fd);
}

START_TEST(test_sock_close_does_not_wait)
{
	struct linger hour = { 1, 3600 };
	char text[4096] = "";
	int one, other;

	connect_pair(&one, &other);
	ck_assert_int_eq(setsockopt(one, SOL_SOCKET, SO_LINGER, &hour,
	    sizeof(hour)), 0);
	while (sock_send(one, text, sizeof(text)) > 0)
		;
	/* The peer reads nothing, so that close(2) would take the hour. */
	sock_close(one);
	(void)close(other);
}
END_TEST

Suite *
suite_sock(void)
{
	Suite *s = suite_create("sock");
	TCase *t = tcase_create("sock");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_sock_recv_does_not_wait);
	tcase_add_test(t, test_sock_send_does_not_wait);
	tcase_add_test(t, test_sock_io_does_not_wait);
	tcase_add_test(t, test_sock_is_stream);
	tcase_add_test(t, test_sock_close_does_not_wait);
	suite_add_tcase(s, t);
	return s;
}
