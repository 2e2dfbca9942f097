/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Channels between processes, and the encoding of payloads; see msg.h.
 *
 * One sendmsg(2) is one message; SOCK_SEQPACKET keeps messages apart.  What the
 * peer does not read is queued here up to CHAN_QUEUE_MAX, so that no process
 * waits for another.  Payloads may hold passwords: they are wiped from the
 * receive buffer when handled, and from the queue when sent.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/net/ev.h"
#include "common/proc/msg.h"

#define HEAD_LEN	8	/* type and id */
/* Messages handled before other descriptors get their turn. */
#define BURST		32
/* Pause before another try when the kernel is short of memory or buffers. */
#define RETRY_MS	20

struct queued {
	TAILQ_ENTRY(queued)	 entry;
	int			 fd;
	size_t			 len;		/* with the head */
	char			 bytes[];
};

struct chan {
	int			 fd;
	char			*name;
	struct event		*ev_read;
	struct event		*ev_write;
	struct event		*ev_retry;
	const struct msg_permit	*permits;
	void			(*closed)(void *, bool);
	void			*arg;
	TAILQ_HEAD(, queued)	 queue;
	size_t			 queued;	/* bytes in queue */
	size_t			 queued_fds;	/* descriptors in queue */
	bool			 handling;	/* a handler is running */
	bool			 broken;	/* chan_break() was called */
	bool			 freed;		/* by the running handler */
};

/*
 * Messages received with one recvmmsg(2).  If fewer come, no more are there:
 * that saves the call that would return EAGAIN, one of ten calls of a login.
 */
#define BATCH		4

/*
 * Room for two descriptors.  A message has one at most, but the alignment of
 * control data has room for a second anyway, and the kernel installs it; so it
 * must be looked for.  What has no room at all the kernel closes, and sets
 * MSG_CTRUNC.
 */
union control {
	struct cmsghdr	 align;
	char		 space[CMSG_SPACE(2 * sizeof(int))];
};

/* The name of this process while messages are traced, else NULL. */
static const char	*trace_self;

/* One buffer for all channels: a process reads one channel at a time. */
static char	 input[BATCH][HEAD_LEN + MSG_MAX];

static void	 chan_readable(int, short, void *);
static void	 chan_writable(int, short, void *);

int
chan_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
}

struct chan *
chan_new(struct event_base *base, int fd, const char *name,
    const struct msg_permit *permits, void (*closed)(void *, bool), void *arg)
{
	struct chan *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->name = xstrdup(name);
	c->permits = permits;
	c->closed = closed;
	c->arg = arg;
	TAILQ_INIT(&c->queue);
	c->ev_read = event_new(base, fd, EV_READ | EV_PERSIST, chan_readable,
	    c);
	c->ev_write = event_new(base, fd, EV_WRITE, chan_writable, c);
	c->ev_retry = evtimer_new(base, chan_writable, c);
	if (c->ev_read == NULL || c->ev_write == NULL || c->ev_retry == NULL ||
	    event_add(c->ev_read, NULL) == -1)
		log_fatal("channel %s: event", name);
	return c;
}

static void
queue_drop(struct chan *c, struct queued *q)
{
	TAILQ_REMOVE(&c->queue, q, entry);
	c->queued -= q->len;
	if (q->fd != -1) {
		c->queued_fds--;
		(void)close(q->fd);
	}
	freezero(q, sizeof(*q) + q->len);
}

static void
chan_destroy(struct chan *c)
{
	free(c->name);
	free(c);
}

void
chan_free(struct chan *c)
{
	struct queued *q;

	if (c == NULL || c->freed)
		return;
	while ((q = TAILQ_FIRST(&c->queue)) != NULL)
		queue_drop(c, q);
	event_free(c->ev_read);
	event_free(c->ev_write);
	event_free(c->ev_retry);
	(void)close(c->fd);
	c->freed = true;
	if (!c->handling)
		chan_destroy(c);
}

bool
chan_ended(const struct chan *c)
{
	struct pollfd p = { .fd = c->fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

/*
 * Send one message.  Returns 1 if sent, 0 to try again later, -1 if it failed.
 */
static int
send_one(struct chan *c, struct iovec *iov, int iovcnt, int fd)
{
	union control control;
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = (size_t)iovcnt };
	struct cmsghdr *cm;

	if (fd != -1) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(sizeof(int));
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	}
	while (sendmsg(c->fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) == -1) {
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ||
		    errno == ETOOMANYREFS)
			return 0;
		/*
		 * The peer is gone; reading from the channel will tell its
		 * owner.
		 */
		if (errno == EPIPE || errno == ECONNRESET)
			return 1;
		log_warn("channel %s: send: %s", c->name, strerror(errno));
		return -1;
	}
	return 1;
}

/*
 * Wait until the socket has room, or, if the kernel lacks something else, for
 * RETRY_MS.
 */
static void
wait_writable(struct chan *c)
{
	if (errno == EAGAIN)
		ev_listen(c->ev_write, true);
	else
		ev_wait(c->ev_retry, RETRY_MS);
}

/*
 * Whether the peer takes a message with this payload and, if has_fd, with a
 * descriptor.  Returns NULL, or what is wrong.
 */
static const char *
row_fault(enum msg_type type, size_t len, bool has_fd)
{
	const struct msg_row *row = msg_row(type);

	if (row == NULL)
		return "no such message";
	if (len < row->len_min || len > row->len_max)
		return "wrong length";
	if (row->has_fd != has_fd)
		return has_fd ? "a descriptor" : "no descriptor";
	return NULL;
}

/* Whether the queue has room for a payload and, unless fd is -1, for fd. */
static bool
queue_has_room(const struct chan *c, size_t len, int fd)
{
	return c->queued + len <= CHAN_QUEUE_MAX &&
	    (fd == -1 || c->queued_fds < CHAN_QUEUE_FDS_MAX);
}

int
chan_send(struct chan *c, enum msg_type type, uint32_t id, int fd,
    struct slice data)
{
	unsigned char head[HEAD_LEN];
	struct iovec iov[2];
	struct queued *q;
	uint32_t type32 = (uint32_t)type;
	const char *fault;
	int sent = 0;

	if ((fault = row_fault(type, data.len, fd != -1)) != NULL) {
		log_warn("channel %s: %s of %zu bytes is not sent: %s",
		    c->name, msg_name(type), data.len, fault);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	for (int i = 0; i < 4; i++) {
		head[i] = (unsigned char)(type32 >> (24 - 8 * i));
		head[4 + i] = (unsigned char)(id >> (24 - 8 * i));
	}
	if (TAILQ_EMPTY(&c->queue)) {
		iov[0] = (struct iovec){ head, sizeof(head) };
		iov[1] = (struct iovec){ (char *)(uintptr_t)data.p, data.len };
		sent = send_one(c, iov, data.len == 0 ? 1 : 2, fd);
	}
	if (sent == 0 && queue_has_room(c, data.len, fd)) {
		q = xmalloc(sizeof(*q) + sizeof(head) + data.len);
		q->fd = fd;
		q->len = sizeof(head) + data.len;
		memcpy(q->bytes, head, sizeof(head));
		if (data.len > 0)
			memcpy(q->bytes + sizeof(head), data.p, data.len);
		if (TAILQ_EMPTY(&c->queue))
			wait_writable(c);
		TAILQ_INSERT_TAIL(&c->queue, q, entry);
		c->queued += q->len;
		c->queued_fds += fd != -1;
		return 0;
	}
	if (fd != -1)
		(void)close(fd);
	return sent == 1 ? 0 : -1;
}

static void
chan_writable(int fd, short what, void *arg)
{
	struct chan *c = arg;
	struct queued *q;
	struct iovec iov;

	(void)fd;
	(void)what;
	while ((q = TAILQ_FIRST(&c->queue)) != NULL) {
		iov = (struct iovec){ q->bytes, q->len };
		if (send_one(c, &iov, 1, q->fd) == 0) {
			wait_writable(c);
			return;
		}
		queue_drop(c, q);
	}
}

/* Receive up to BATCH messages.  Returns their number, or -1 with errno set. */
static int
receive(struct chan *c, struct mmsghdr *mm, struct iovec *iov,
    union control *control)
{
	memset(mm, 0, BATCH * sizeof(*mm));
	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ input[i], sizeof(input[i]) };
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
		mm[i].msg_hdr.msg_control = &control[i];
		mm[i].msg_hdr.msg_controllen = sizeof(control[i].space);
	}
	return recvmmsg(c->fd, mm, BATCH, MSG_DONTWAIT | MSG_CMSG_CLOEXEC,
	    NULL);
}

/*
 * Take the descriptors that came with a message: put the first into *fd, or -1
 * if there is none, and close all others.  Returns how many came.
 */
static size_t
take_fds(struct msghdr *mh, int *fd)
{
	struct cmsghdr *cm;
	size_t n, total = 0;
	int each;

	*fd = -1;
	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET ||
		    cm->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(each);
		for (size_t i = 0; i < n; i++) {
			memcpy(&each, CMSG_DATA(cm) + i * sizeof(each),
			    sizeof(each));
			if (total++ == 0)
				*fd = each;
			else
				(void)close(each);
		}
	}
	return total;
}

/*
 * Find the row that permits this message.  Returns NULL, logged, if none does.
 */
static const struct msg_permit *
permit(struct chan *c, const struct msg *msg)
{
	const struct msg_permit *p;
	const char *why = "not permitted";

	for (p = c->permits; p->type != MSG_NONE; p++)
		if (p->type == msg->type)
			break;
	if (p->type != MSG_NONE && (why = row_fault(msg->type, msg->data.len,
	    msg->fd != -1)) == NULL)
		return p;
	log_warn("channel %s: %s (%u) of %zu bytes: %s", c->name,
	    msg_name(msg->type), (unsigned int)msg->type, msg->data.len, why);
	return NULL;
}

void
chan_trace(const char *self)
{
	trace_self = self;
}

/* Pass one received message to its handler.  False: the peer is broken. */
static bool
dispatch(struct chan *c, const char *bytes, size_t len, int fd)
{
	const struct msg_permit *p;
	struct msg_reader r = msg_reader(slice_make(bytes, len));
	struct msg msg;

	msg.type = (enum msg_type)msg_get_u32(&r);
	msg.id = msg_get_u32(&r);
	msg.data = r.rest;
	msg.fd = fd;
	msg.chan = c;
	if (trace_self != NULL)
		log_info("message %s -> %s %s id=%u octets=%zu%s", c->name,
		    trace_self, msg_name(msg.type), (unsigned int)msg.id,
		    msg.data.len, fd == -1 ? "" : " fd=yes");
	if (r.failed || (p = permit(c, &msg)) == NULL) {
		if (fd != -1)
			(void)close(fd);
		return false;
	}
	c->handling = true;
	p->handle(c->arg, &msg);
	c->handling = false;
	return !c->broken;
}

void
chan_break(struct chan *c, const struct msg *msg)
{
	log_warn("channel %s: %s of %zu bytes: malformed", c->name,
	    msg_name(msg->type), msg->data.len);
	c->broken = true;
}

/*
 * Handle one received message.  False: the channel is closed, c->closed() was
 * called and c may have been freed.
 */
static bool
take(struct chan *c, char *bytes, struct mmsghdr *mm)
{
	const char *fault = NULL;
	size_t nfds;
	bool fine;
	int fd;

	nfds = take_fds(&mm->msg_hdr, &fd);
	if (mm->msg_len == 0 && nfds == 0) {
		c->closed(c->arg, false);
		return false;
	}
	if (mm->msg_len == 0)
		fault = "a descriptor without a message";
	else if (nfds > 1 || (mm->msg_hdr.msg_flags & MSG_CTRUNC))
		fault = "several descriptors";
	else if (mm->msg_hdr.msg_flags & MSG_TRUNC)
		fault = "too long";
	if (fault != NULL) {
		if (fd != -1)
			(void)close(fd);
		log_warn("channel %s: receive: %s", c->name, fault);
		c->closed(c->arg, true);
		return false;
	}
	fine = dispatch(c, bytes, mm->msg_len, fd);
	if (c->freed) {
		chan_destroy(c);
		return false;
	}
	if (!fine)
		c->closed(c->arg, true);
	return fine;
}

static void
chan_readable(int ev_fd, short what, void *arg)
{
	struct mmsghdr mm[BATCH];
	struct iovec iov[BATCH];
	union control control[BATCH];
	struct chan *c = arg;
	bool open = true;
	int n = BATCH, fd;

	(void)ev_fd;
	(void)what;
	for (int done = 0; open && n == BATCH && done < BURST; done += n) {
		if ((n = receive(c, mm, iov, control)) == -1) {
			if (errno == EAGAIN || errno == EINTR)
				return;
			if (errno != ECONNRESET)
				log_warn("channel %s: receive: %s", c->name,
				    strerror(errno));
			c->closed(c->arg, false);
			return;
		}
		for (int i = 0; i < n; i++) {
			if (open)
				open = take(c, input[i], &mm[i]);
			else if (take_fds(&mm[i].msg_hdr, &fd) > 0)
				(void)close(fd);
			explicit_bzero(input[i], mm[i].msg_len);
		}
	}
}

static void
put(struct buf *b, const void *p, size_t len)
{
	if (buf_add(b, p, len) == -1)
		log_fatal("message: %zu and %zu bytes do not fit", buf_len(b),
		    len);
}

static void
put_be(struct buf *b, uint64_t v, size_t len)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(v >> (8 * (len - 1 - i)));
	put(b, bytes, len);
}

void
msg_put_u8(struct buf *b, uint8_t v)
{
	put_be(b, v, 1);
}

void
msg_put_u16(struct buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void
msg_put_u32(struct buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void
msg_put_u64(struct buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

void
msg_put_slice(struct buf *b, struct slice s, size_t max)
{
	if (s.len > max)
		log_fatal("message: %zu bytes where %zu may be", s.len, max);
	put_be(b, s.len, 4);
	put(b, s.p, s.len);
}

struct msg_reader
msg_reader(struct slice data)
{
	return (struct msg_reader){ .rest = data };
}

/* Take len bytes from the start; NULL if there are fewer. */
static const unsigned char *
get(struct msg_reader *r, size_t len)
{
	const char *p = r->rest.p;

	if (r->failed || r->rest.len < len) {
		r->failed = true;
		return NULL;
	}
	r->rest = slice_from(r->rest, len);
	return (const unsigned char *)p;
}

static uint64_t
get_be(struct msg_reader *r, size_t len)
{
	const unsigned char *p;
	uint64_t v = 0;

	if ((p = get(r, len)) == NULL)
		return 0;
	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
msg_get_u8(struct msg_reader *r)
{
	return (uint8_t)get_be(r, 1);
}

bool
msg_get_bool(struct msg_reader *r)
{
	uint8_t v = msg_get_u8(r);

	if (v > 1)
		r->failed = true;
	return v == 1;
}

uint16_t
msg_get_u16(struct msg_reader *r)
{
	return (uint16_t)get_be(r, 2);
}

uint32_t
msg_get_u32(struct msg_reader *r)
{
	return (uint32_t)get_be(r, 4);
}

uint64_t
msg_get_u64(struct msg_reader *r)
{
	return get_be(r, 8);
}

struct slice
msg_get_slice(struct msg_reader *r, size_t max)
{
	size_t len = msg_get_u32(r);
	const unsigned char *p;

	if (len > max)
		r->failed = true;
	if ((p = get(r, len)) == NULL)
		return slice_make("", 0);
	return slice_make((const char *)p, len);
}

bool
msg_get_end(const struct msg_reader *r)
{
	return !r->failed && r->rest.len == 0;
}
