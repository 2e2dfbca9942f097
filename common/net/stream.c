/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The stream without a filter; see stream.h. */

#include "config.h"

#include "common/net/sock.h"
#include "common/net/stream.h"

static ssize_t
plain_in(struct stream *s, char *p, size_t len)
{
	return sock_recv(s->fd, p, len);
}

static ssize_t
plain_out(struct stream *s, const char *p, size_t len)
{
	return sock_send(s->fd, p, len);
}

static const struct stream_ops plain = {
	.in = plain_in,
	.out = plain_out,
};

void
stream_init(struct stream *s, int fd)
{
	s->ops = &plain;
	s->fd = fd;
	s->state = NULL;
}

void
stream_clear(struct stream *s)
{
	stream_set(s, &plain, NULL);
}

void
stream_set(struct stream *s, const struct stream_ops *ops, void *state)
{
	if (s->ops->close != NULL)
		s->ops->close(s);
	s->ops = ops;
	s->state = state;
}
