/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The mail worker: one event loop, many sessions, as the owner of the mail.
 *
 * A daemon's worker is a main() that calls worker_main() with a struct
 * worker_proto.  The loop reads from the sessions' sockets, calls run()
 * when there is something to do and nothing holds it up, and writes what
 * it has put into the output buffer.  It never blocks.
 *
 * This layer knows no store: a daemon that has one registers its
 * descriptors with worker_watch().
 */

#ifndef COMMON_WORKER_H
#define COMMON_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "common/conf/conf.h"
#include "common/proc/handoff.h"

/* Output above this is not added to: a runner returns RUN_MORE. */
#define WCONN_HIGH	(128 * 1024)
/* A runner that has worked this long returns RUN_MORE. */
#define WCONN_SLICE_MS	4

struct stream_ops;
struct wconn;

struct worker_proto {
	enum conf_service_id service;
	/* Once, after the configuration came and privileges were dropped. */
	int	(*init)(void);
	/*
	 * A session begins: h and u are borrowed, h->early is already in
	 * wconn_in().  Answer the login (or leave that to run).  Sets
	 * wconn_set_state().  Returns 0, or -1: send what is in wconn_out()
	 * and close.
	 */
	int	(*open)(struct wconn *, const struct user_record *u,
		    const struct handoff *h);
	/*
	 * Take the limits of a session from worker_conf(): after open(), and
	 * again when the configuration was read anew.
	 */
	void	(*configure)(struct wconn *);
	/*
	 * Do what can be done.  RUN_MORE: call again when the output is below
	 * its mark and others had their turn.  RUN_WAIT: call again when input
	 * comes or wconn_wake() is called.  RUN_DONE or RUN_FAIL: send what is
	 * in wconn_out() and close.
	 */
	enum run (*run)(struct wconn *);
	/*
	 * Nothing came and nothing went for the idle timeout: print BYE; then
	 * it is closed.  Not called in the middle of what run() prints.
	 */
	void	(*timeout)(struct wconn *);
	/* The daemon ends or is told to: print BYE. */
	void	(*shutdown)(struct wconn *);
	/* The last call: free the state. */
	void	(*close)(struct wconn *);
	/*
	 * The configuration was read anew.  After this, configure() and run()
	 * are called for every session.
	 */
	void	(*reload)(void);
	/*
	 * After each round of the loop, when all sessions that could had their
	 * turn: the place to set timers by what they did.
	 */
	void	(*tick)(void);
	/* Before the process exits, its sessions closed: may block shortly. */
	void	(*exit)(void);
};

int		 worker_main(const struct worker_proto *proto, int argc,
		    char *argv[]);

const struct conf *worker_conf(void);
/*
 * Call fn(arg) when fd is readable.  For the store's descriptors.
 */
void		 worker_watch(int fd, void (*fn)(void *arg), void *arg);
/* Call fn(arg) after ms, once; calling again moves it.  One timer per fn. */
void		 worker_timer(unsigned int ms, void (*fn)(void *arg),
		    void *arg);

void		 wconn_set_state(struct wconn *c, void *state);
void		*wconn_state(struct wconn *c);
struct buf	*wconn_in(struct wconn *c); /* unread input; grows to the cap */
struct buf	*wconn_out(struct wconn *c);
/*
 * Send and read through a filter from here on; its state is taken over.  What
 * is in the two buffers has not been through it: a filter that wants it back
 * is given it before.
 */
void		 wconn_set_stream(struct wconn *c,
		    const struct stream_ops *ops, void *state);
/*
 * Let the input grow to this many bytes (line limit, literal limit).  While a
 * command may be under way this only makes it larger, or the command would
 * never be complete.
 */
void		 wconn_set_in_cap(struct wconn *c, size_t cap);
bool		 wconn_eof(const struct wconn *c); /* no more input will come */
/* Output is over WCONN_HIGH, or the slice is used up: return RUN_MORE. */
bool		 wconn_must_yield(struct wconn *c);
/* Have run() called soon, from the loop, never from within this call. */
void		 wconn_wake(struct wconn *c);
/* Have run() called after ms unless something else does before; 0 cancels. */
void		 wconn_timer(struct wconn *c, unsigned int ms);
/* Idle timeout of this session in seconds. */
void		 wconn_set_timeout(struct wconn *c, unsigned int seconds);
uint32_t	 wconn_id(const struct wconn *c);	/* for the log */
/* Bytes read and written so far, for the line at logout. */
void		 wconn_bytes(const struct wconn *c, uint64_t *in,
		    uint64_t *out);

#endif
