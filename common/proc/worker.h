/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The mail worker: one event loop for many sessions, run as the owner of the
 * mail.
 *
 * A daemon's worker is a main() that calls worker_main() with a struct
 * worker_proto.  The loop reads from the sessions' sockets, calls run() for a
 * session that has something to do and waits for nothing, and sends what run()
 * has put into the output buffer.  It never blocks.
 *
 * This layer knows no store: a daemon that has one registers the store's
 * descriptors with worker_watch().
 */

#ifndef COMMON_PROC_WORKER_H
#define COMMON_PROC_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "common/conf/conf.h"
#include "common/proc/handoff.h"

/* At this much output, run() adds no more and returns RUN_MORE. */
#define WCONN_HIGH	(128 * 1024)

struct stream_ops;
struct wconn;

struct worker_proto {
	enum conf_service_id service;
	/*
	 * Called once, after the configuration came and privileges were
	 * dropped.
	 */
	int	(*start)(void);
	/*
	 * A session begins: h and u are borrowed, and h->early is already in
	 * wconn_in().  Answer the login, or leave that to run().  Calls
	 * wconn_set_state().  Returns 0, or -1: then wconn_out() is sent and
	 * the session closed.
	 */
	int	(*open)(struct wconn *, const struct user_record *u,
		    const struct handoff *h);
	/*
	 * Set the limits of a session from worker_conf().  Called after open(),
	 * and again after each reload.
	 */
	void	(*configure)(struct wconn *);
	/*
	 * Do all that can be done now.  RUN_MORE: call again when output is
	 * below WCONN_HIGH and other sessions have had their turn.  RUN_WAIT:
	 * call again when input comes or wconn_wake() is called.  RUN_DONE or
	 * RUN_FAIL: send what is in wconn_out() and close.
	 */
	enum run (*run)(struct wconn *);
	/*
	 * No byte was received or sent for the idle timeout: print BYE; then
	 * the session is closed.  Not called while run() has more to print.
	 */
	void	(*timeout)(struct wconn *);
	/* The daemon or this worker is stopping: print BYE. */
	void	(*shutdown)(struct wconn *);
	/* The session ends: free its state.  This is the last call for it. */
	void	(*close)(struct wconn *);
	/*
	 * The configuration was reloaded.  After this call, configure() and
	 * run() are called for every session.  May be NULL.
	 */
	void	(*reload)(void);
	/*
	 * Called after each round of the loop, when every session that could
	 * run has had its turn: the place to set timers that depend on it.  May
	 * be NULL.
	 */
	void	(*tick)(void);
	/*
	 * Called before the process exits, with all sessions closed; may block
	 * briefly.  May be NULL.
	 */
	void	(*exit)(void);
};

/* Run as a mail worker; the channel to the parent is descriptor 3. */
int		 worker_main(const struct worker_proto *proto, int argc,
		    char *argv[]);

/* The configuration in force; it may change between two turns. */
const struct conf *worker_conf(void);
/* Call fn(arg) whenever fd is readable.  For the store's descriptors. */
void		 worker_watch(int fd, void (*fn)(void *arg), void *arg);
/*
 * Call fn(arg) once, after ms.  There is one timer per fn; a second call
 * replaces the first.
 */
void		 worker_timer(unsigned int ms, void (*fn)(void *arg),
		    void *arg);

/* Set and get the protocol's state of a session; NULL at first. */
void		 wconn_set_state(struct wconn *c, void *state);
void		*wconn_state(struct wconn *c);
struct buf	*wconn_in(struct wconn *c); /* unread input, up to the cap */
struct buf	*wconn_out(struct wconn *c);
/*
 * From now on read and send through a filter, whose state is taken over.  What
 * is in the two buffers now has not passed through the filter; if the filter
 * needs those bytes, the caller passes them to it first.
 */
void		 wconn_set_stream(struct wconn *c,
		    const struct stream_ops *ops, void *state);
/*
 * Set the most bytes of input that are buffered (line limit, literal limit).
 * While a command may be incomplete, only a larger cap is safe: with a
 * smaller cap the command might never be complete.
 */
void		 wconn_set_in_cap(struct wconn *c, size_t cap);
bool		 wconn_eof(const struct wconn *c); /* no more input comes */
/* If true, return RUN_MORE: output has reached WCONN_HIGH, or time is up. */
bool		 wconn_must_yield(struct wconn *c);
/* Have the event loop call run() soon; never called within this call. */
void		 wconn_wake(struct wconn *c);
/* Call run() after ms unless something else does so earlier; 0 cancels. */
void		 wconn_timer(struct wconn *c, unsigned int ms);
/* Set the idle timeout of this session. */
void		 wconn_set_timeout(struct wconn *c, unsigned int seconds);
uint32_t	 wconn_id(const struct wconn *c);	/* for the log */
/*
 * Whether `trace user` or `trace address` wants the dialogue of this session
 * in the log.  Costs a little: to be asked between commands.
 */
bool		 wconn_is_traced(const struct wconn *c);
/* Log that the session has begun, with the client's ID if `id log` is set. */
void		 wconn_log_login(const struct wconn *c,
		    const struct handoff *h);
/*
 * Log that the session ends, with what the protocol has counted (as printf(3))
 * and the octets received and sent.
 */
void		 wconn_log_logout(const struct wconn *c, const char *fmt, ...)
		    __attribute__((__format__(printf, 2, 3)));

#endif
