/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The bytes of a session on their way between its socket and its buffers:
 * unchanged, or through a filter such as COMPRESS (RFC 4978).
 *
 * A filter is a file with a struct stream_ops.  It may hold bytes back in both
 * directions; pending() tells whether it does.
 */

#ifndef COMMON_NET_STREAM_H
#define COMMON_NET_STREAM_H

#include <sys/types.h>

#include <stddef.h>

struct stream_ops;

struct stream {
	const struct stream_ops	*ops;
	int			 fd;		/* non-blocking; caller's */
	void			*state;		/* for ops; freed by close() */
};

struct stream_ops {
	/*
	 * Read up to len bytes, like recv(2).  Returns their number, 0 at the
	 * end of the stream, or -1 with errno set, to EAGAIN if there are none
	 * now.
	 */
	ssize_t		(*in)(struct stream *s, char *p, size_t len);
	/*
	 * Accept up to len bytes to send, like send(2).  Returns their number,
	 * or -1 with errno set, to EAGAIN if the socket is full.  A filter
	 * limits what it holds: at its limit it accepts no more until the
	 * socket has taken some.  Each call is given all bytes that can be sent
	 * now: a filter that accepts them all must see to it that the peer can
	 * decode them all.  len is 0 only while STREAM_OUT is pending, and asks
	 * the filter to send what it holds.
	 */
	ssize_t		(*out)(struct stream *s, const char *p, size_t len);
	/*
	 * STREAM_IN if in() has bytes even when the socket has none, STREAM_OUT
	 * if some accepted bytes are not sent yet.  NULL: never.
	 */
	unsigned int	(*pending)(const struct stream *s);
	/* Free the state, but leave the socket open.  NULL: nothing to do. */
	void		(*close)(struct stream *s);
};

#define STREAM_IN	(1U << 0)
#define STREAM_OUT	(1U << 1)

/* The given bits that are pending now.  Costs nothing without a filter. */
static inline unsigned int
stream_pending(const struct stream *s, unsigned int bits)
{
	return s->ops->pending == NULL ? 0 : s->ops->pending(s) & bits;
}

/* Start without a filter.  The socket stays the caller's. */
void	 stream_init(struct stream *s, int fd);

/* Free the filter's state, and continue without a filter. */
void	 stream_clear(struct stream *s);

/* Continue with this filter in place of the previous one; takes over state. */
void	 stream_set(struct stream *s, const struct stream_ops *ops,
	    void *state);

#endif
