/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* One stream over a socket, with TLS or without; see io.h. */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <tls.h>

#include "common/net/io.h"
#include "common/net/sock.h"

void
io_init(struct io *io, int fd)
{
	io->fd = fd;
	io->tls = NULL;
	io->want = 0;
}

int
io_starttls(struct io *io, struct tls *server)
{
	return tls_accept_socket(server, &io->tls, io->fd);
}

/* The result for a libtls call that returned ret and did not succeed. */
static enum io_result
tls_result(struct io *io, ssize_t ret)
{
	if (ret == TLS_WANT_POLLIN) {
		io->want = IO_WANT_READ;
		return IO_AGAIN;
	}
	if (ret == TLS_WANT_POLLOUT) {
		io->want = IO_WANT_WRITE;
		return IO_AGAIN;
	}
	return ret == 0 ? IO_EOF : IO_ERROR;
}

enum io_result
io_handshake(struct io *io)
{
	int ret;

	if ((ret = tls_handshake(io->tls)) == 0)
		return IO_DONE;
	return tls_result(io, ret);
}

enum io_result
io_read(struct io *io, void *p, size_t max, size_t *got)
{
	ssize_t n;

	if (io->tls != NULL) {
		/*
		 * OpenSSL 3 reports an end without close_notify as an error;
		 * for us both are the end of the client's input.
		 */
		if ((n = tls_read(io->tls, p, max)) <= 0)
			return tls_result(io, n) == IO_AGAIN ? IO_AGAIN :
			    IO_EOF;
		*got = (size_t)n;
		return IO_DONE;
	}
	do
		n = sock_recv(io->fd, p, max);
	while (n == -1 && errno == EINTR);
	if (n > 0) {
		*got = (size_t)n;
		return IO_DONE;
	}
	if (n == -1 && errno == EAGAIN) {
		io->want = IO_WANT_READ;
		return IO_AGAIN;
	}
	return IO_EOF;
}

enum io_result
io_write(struct io *io, const void *p, size_t len, size_t *put)
{
	ssize_t n;

	if (io->tls != NULL) {
		if ((n = tls_write(io->tls, p, len)) <= 0)
			return tls_result(io, n) == IO_AGAIN ? IO_AGAIN :
			    IO_ERROR;
		*put = (size_t)n;
		return IO_DONE;
	}
	do
		n = sock_send(io->fd, p, len);
	while (n == -1 && errno == EINTR);
	if (n >= 0) {
		*put = (size_t)n;
		return IO_DONE;
	}
	if (errno != EAGAIN && errno != ENOBUFS)
		return IO_ERROR;
	io->want = IO_WANT_WRITE;
	return IO_AGAIN;
}

const char *
io_error(struct io *io)
{
	const char *s;

	if (io->tls != NULL && (s = tls_error(io->tls)) != NULL)
		return s;
	return strerror(errno);
}

int
io_release(struct io *io)
{
	int fd = io->fd;

	io->fd = -1;
	return fd;
}

static void
end_tls(struct io *io)
{
	if (io->tls == NULL)
		return;
	(void)tls_close(io->tls);
	tls_free(io->tls);
	io->tls = NULL;
}

void
io_finish(struct io *io)
{
	end_tls(io);
	(void)shutdown(io->fd, SHUT_WR);
}

void
io_close(struct io *io)
{
	end_tls(io);
	if (io->fd != -1)
		(void)close(io->fd);
	io->fd = -1;
}
