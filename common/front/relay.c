/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The relay; see relay.h.
 *
 * Each direction has one function that carries as much as it can, and is called
 * on any event.  It reads into one static buffer, passes that to the sink, and
 * keeps only what the sink does not take.  A read has room for a whole TLS
 * record, so libtls never keeps bytes that no event would announce.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/front/relay.h"
#include "common/net/ev.h"
#include "common/net/sock.h"

#define RECORD		(16 * 1024)
/* Chunks carried before other connections get their turn. */
#define BURST		4
/* Time for a client to take the rest when the worker has ended. */
#define LINGER_S	20

struct relay {
	struct io	 io;
	int		 fd;		/* our end; the worker has the other */
	struct event	 client_read;
	struct event	 client_write;
	struct event	 worker_read;
	struct event	 worker_write;
	struct buf	 up; /* from client to worker, not yet taken */
	struct buf	 down;
	bool		 client_eof;
	bool		 worker_eof;
	bool		 up_wants_write; /* a TLS read has to write first */
	bool		 down_wants_read; /* a TLS write has to read first */
	bool		 over;
	void		(*closed)(struct relay *, void *);
	void		*arg;
};

static char	 chunk[RELAY_CHUNK];

/*
 * Send the worker the bytes kept, or s if none are.  False: it takes no more
 * now.
 */
static bool
up_flush(struct relay *r, struct slice s)
{
	ssize_t n = 0;

	while (s.len > 0) {
		if ((n = sock_send(r->fd, s.p, s.len)) == -1)
			break;
		s = slice_from(s, (size_t)n);
	}
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		/* The worker reads no more; what it wrote still counts. */
		r->client_eof = true;
		buf_clear(&r->up);
		return true;
	}
	if (buf_len(&r->up) > 0)
		buf_consume(&r->up, buf_len(&r->up) - s.len);
	else if (buf_add_slice(&r->up, s) == -1)
		r->over = true;
	if (buf_len(&r->up) > 0)
		return false;
	buf_clear(&r->up);
	return true;
}

static void
up_pump(struct relay *r)
{
	enum io_result result = IO_DONE;
	size_t got = 0;
	bool flowing;

	r->up_wants_write = false;
	flowing = buf_len(&r->up) == 0 || up_flush(r, buf_slice(&r->up));
	for (int i = 0; flowing && !r->client_eof && i < BURST; i++) {
		result = io_read(&r->io, chunk, sizeof(chunk), &got);
		if (result != IO_DONE)
			break;
		flowing = up_flush(r, slice_make(chunk, got));
		if (got < RECORD)
			break;
	}
	if (result == IO_AGAIN && (r->io.want & IO_WANT_WRITE))
		r->up_wants_write = true;
	else if (result == IO_EOF || result == IO_ERROR)
		r->client_eof = true;
	if (r->client_eof && buf_len(&r->up) == 0)
		(void)shutdown(r->fd, SHUT_WR);
}

/*
 * Send the client the bytes kept, or s if none are.  False: it takes no more
 * now.
 */
static bool
down_flush(struct relay *r, struct slice s)
{
	enum io_result result = IO_DONE;
	size_t put;

	while (s.len > 0) {
		if ((result = io_write(&r->io, s.p, s.len, &put)) != IO_DONE)
			break;
		s = slice_from(s, put);
	}
	if (result == IO_AGAIN && (r->io.want & IO_WANT_READ))
		r->down_wants_read = true;
	if (result == IO_ERROR || result == IO_EOF) {
		r->over = true;
		return false;
	}
	if (buf_len(&r->down) > 0)
		buf_consume(&r->down, buf_len(&r->down) - s.len);
	else if (buf_add_slice(&r->down, s) == -1)
		r->over = true;
	if (buf_len(&r->down) > 0)
		return false;
	buf_clear(&r->down);
	return true;
}

static void
down_pump(struct relay *r)
{
	bool flowing;
	ssize_t n;

	r->down_wants_read = false;
	flowing = buf_len(&r->down) == 0 || down_flush(r, buf_slice(&r->down));
	for (int i = 0; flowing && !r->worker_eof && i < BURST; i++) {
		if ((n = sock_recv(r->fd, chunk, sizeof(chunk))) == -1) {
			if (errno != EAGAIN && errno != EINTR)
				r->worker_eof = true;
			break;
		}
		if (n == 0) {
			r->worker_eof = true;
			break;
		}
		flowing = down_flush(r, slice_make(chunk, (size_t)n));
		if ((size_t)n < sizeof(chunk))
			break;
	}
	if (r->worker_eof && buf_len(&r->down) == 0)
		r->over = true;
}

/* Enable the events on which either direction can continue. */
static void
relay_arm(struct relay *r)
{
	bool waits = buf_len(&r->down) > 0;

	ev_listen(&r->client_read, r->down_wants_read ||
	    (!r->client_eof && buf_len(&r->up) == 0));
	ev_listen(&r->worker_write, buf_len(&r->up) > 0);
	ev_listen(&r->worker_read, !r->worker_eof && !waits);
	if (r->worker_eof && waits)
		ev_wait(&r->client_write, LINGER_S * 1000);
	else
		ev_listen(&r->client_write, r->up_wants_write ||
		    (waits && !r->down_wants_read));
}

static void
on_client(int fd, short what, void *arg)
{
	struct relay *r = arg;

	(void)fd;
	if (what & EV_TIMEOUT)
		r->over = true;
	if (!r->over && ((what & EV_READ) || r->up_wants_write))
		up_pump(r);
	if (!r->over && ((what & EV_WRITE) || r->down_wants_read))
		down_pump(r);
	if (r->over)
		r->closed(r, r->arg);
	else
		relay_arm(r);
}

static void
on_worker(int fd, short what, void *arg)
{
	struct relay *r = arg;

	(void)fd;
	if (what & EV_WRITE)
		up_pump(r);
	if (!r->over && (what & EV_READ))
		down_pump(r);
	if (r->over)
		r->closed(r, r->arg);
	else
		relay_arm(r);
}

struct relay *
relay_new(struct event_base *base, const struct io *io, int fd,
    void (*closed)(struct relay *, void *), void *arg)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->io = *io;
	r->fd = fd;
	r->closed = closed;
	r->arg = arg;
	buf_init(&r->up, RELAY_CHUNK);
	buf_init(&r->down, RELAY_CHUNK);
	event_assign(&r->client_read, base, io->fd, EV_READ | EV_PERSIST,
	    on_client, r);
	event_assign(&r->client_write, base, io->fd, EV_WRITE, on_client, r);
	event_assign(&r->worker_read, base, fd, EV_READ | EV_PERSIST,
	    on_worker, r);
	event_assign(&r->worker_write, base, fd, EV_WRITE, on_worker, r);
	relay_arm(r);
	/* libtls may hold bytes that no event of the socket announces. */
	event_active(&r->client_read, EV_READ, 1);
	return r;
}

void
relay_free(struct relay *r)
{
	if (r == NULL)
		return;
	(void)event_del(&r->client_read);
	(void)event_del(&r->client_write);
	(void)event_del(&r->worker_read);
	(void)event_del(&r->worker_write);
	buf_clear(&r->up);
	buf_clear(&r->down);
	io_close(&r->io);
	(void)close(r->fd);
	free(r);
}
