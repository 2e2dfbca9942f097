/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * One stream to a client: a non-blocking socket, with TLS on it or not.
 *
 * No events in here: an operation that can't go on says IO_AGAIN and notes
 * in `want` what it waits for, which with TLS may be the other direction
 * (a read that must write first).  Whoever is woken repeats the same
 * operation.  libtls keeps decrypted bytes without telling: read until
 * IO_AGAIN before waiting for the socket.
 */

#ifndef COMMON_IO_H
#define COMMON_IO_H

#include <stdbool.h>
#include <stddef.h>

struct tls;

enum io_result {
	IO_DONE,
	IO_AGAIN,
	IO_EOF,		/* the peer ended its side, in order or not */
	IO_ERROR	/* the stream is of no more use */
};

#define IO_WANT_READ	(1U << 0)
#define IO_WANT_WRITE	(1U << 1)

struct io {
	int		 fd;		/* owned; -1 when closed */
	struct tls	*tls;		/* owned; NULL: cleartext */
	unsigned int	 want;		/* IO_WANT_*, after IO_AGAIN */
};

/* Start on a connected non-blocking socket, which it owns, in cleartext. */
void		 io_init(struct io *io, int fd);

/*
 * Put TLS on it; server is a configured server context.  Returns 0 or -1.
 */
int		 io_starttls(struct io *io, struct tls *server);

/* Go on with the handshake.  IO_EOF is not returned. */
enum io_result	 io_handshake(struct io *io);

/* Read up to max bytes; got is set with IO_DONE and is at least 1. */
enum io_result	 io_read(struct io *io, void *p, size_t max, size_t *got);

/*
 * Write up to len bytes, len not 0; put is set with IO_DONE.  After IO_AGAIN
 * the same bytes must be given again, though they may have moved.
 */
enum io_result	 io_write(struct io *io, const void *p, size_t len,
		    size_t *put);

/* Why the last operation failed, for the log. */
const char	*io_error(struct io *io);

/* Give the descriptor away, untouched; only without TLS. */
int		 io_release(struct io *io);

/*
 * Say goodbye and that no more comes, and leave the descriptor open.  What
 * still arrives can be read; with TLS it means nothing.
 */
void		 io_finish(struct io *io);

/* Say goodbye (close_notify) if that needs no waiting, and close. */
void		 io_close(struct io *io);

#endif
