/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * One stream to a client: a non-blocking socket, with TLS or without.
 *
 * There are no events here: an operation that would block returns IO_AGAIN and
 * notes in `want` what it waits for, which with TLS may be the other direction
 * (a read that must write first).  The caller waits for that and repeats the
 * same operation.  libtls may hold decrypted bytes that no event announces:
 * read until IO_AGAIN before waiting for the socket.
 */

#ifndef COMMON_NET_IO_H
#define COMMON_NET_IO_H

#include <stdbool.h>
#include <stddef.h>

struct tls;

enum io_result {
	IO_DONE,
	IO_AGAIN,
	IO_EOF,		/* the peer ended its side, cleanly or not */
	IO_ERROR	/* the stream cannot be used any more */
};

#define IO_WANT_READ	(1U << 0)
#define IO_WANT_WRITE	(1U << 1)

struct io {
	int		 fd;		/* owned; -1 when closed */
	struct tls	*tls;		/* owned; NULL: cleartext */
	unsigned int	 want;		/* IO_WANT_*, after IO_AGAIN */
};

/*
 * Start in cleartext on a connected non-blocking socket, which the struct io
 * then owns.
 */
void		 io_init(struct io *io, int fd);

/*
 * Start TLS on the stream; server is a configured server context.  Returns 0 or
 * -1.
 */
int		 io_starttls(struct io *io, struct tls *server);

/* Continue the handshake.  Never returns IO_EOF. */
enum io_result	 io_handshake(struct io *io);

/* Read up to max bytes; got is set with IO_DONE and is at least 1. */
enum io_result	 io_read(struct io *io, void *p, size_t max, size_t *got);

/*
 * Write up to len bytes (not 0); put is set with IO_DONE.  After IO_AGAIN the
 * same bytes must be passed again, but their address may differ.
 */
enum io_result	 io_write(struct io *io, const void *p, size_t len,
		    size_t *put);

/* Why the last operation failed, for the log. */
const char	*io_error(struct io *io);

/* Take the descriptor out of a stream without TLS, and leave it open. */
int		 io_release(struct io *io);

/*
 * Send close_notify, if there is TLS, and end our side, but leave the
 * descriptor open.  Input can still be read from it; after TLS it is
 * meaningless.
 */
void		 io_finish(struct io *io);

/* Send close_notify if that does not block, and close. */
void		 io_close(struct io *io);

#endif
