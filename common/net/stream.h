/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The bytes of a session between its socket and its buffers: as they are,
 * or through a filter such as COMPRESS (RFC 4978).
 *
 * A filter is a file with a struct stream_ops.  It may hold bytes back in
 * both directions, and says so by pending().
 */

#ifndef COMMON_STREAM_H
#define COMMON_STREAM_H

#include <sys/types.h>

#include <stddef.h>

struct stream_ops;

struct stream {
	const struct stream_ops	*ops;
	int			 fd;		/* non-blocking; the owner's */
	void			*state;		/* of ops, freed by close() */
};

struct stream_ops {
	/*
	 * Read up to len bytes, as recv(2): their number, 0 at the end, or -1
	 * with errno set, to EAGAIN when nothing is there now.
	 */
	ssize_t		(*in)(struct stream *s, char *p, size_t len);
	/*
	 * Take up to len bytes to send, as send(2): their number, or -1 with
	 * errno set, to EAGAIN when the socket is full.  A filter bounds what
	 * it holds, and takes no more until the socket has taken some.  Each
	 * call gets all that there is to send now: a filter that takes it all
	 * makes sure that the peer can read it all.  With len 0, which only
	 * happens while STREAM_OUT is pending, it sends what it holds.
	 */
	ssize_t		(*out)(struct stream *s, const char *p, size_t len);
	/*
	 * STREAM_IN if in() has bytes though the socket may have none,
	 * STREAM_OUT if bytes that were taken are not sent yet.  NULL: never.
	 */
	unsigned int	(*pending)(const struct stream *s);
	/* Free the state, and leave the socket open.  NULL: nothing to do. */
	void		(*close)(struct stream *s);
};

#define STREAM_IN	(1U << 0)
#define STREAM_OUT	(1U << 1)

/* What is pending of these bits; free for a stream that holds nothing. */
static inline unsigned int
stream_pending(const struct stream *s, unsigned int bits)
{
	return s->ops->pending == NULL ? 0 : s->ops->pending(s) & bits;
}

/* Start without a filter.  The socket stays the caller's. */
void	 stream_init(struct stream *s, int fd);

/* Free what a filter keeps, and go on without one. */
void	 stream_clear(struct stream *s);

/* Go on with this filter in place of what there was; state is taken over. */
void	 stream_set(struct stream *s, const struct stream_ops *ops,
	    void *state);

#endif
