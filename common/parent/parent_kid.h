/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Private to the parent: its children.
 *
 * Fronts, auth and checkers always run: a child that dies is forked again,
 * after a pause that grows if it lived only briefly.  Mail workers are forked
 * when a session needs one; the sessions of a worker that dies are lost.
 */

#ifndef COMMON_PARENT_PARENT_KID_H
#define COMMON_PARENT_PARENT_KID_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/proc/msg.h"

struct event;
struct parent_log;
struct stats;

struct kid {
	TAILQ_ENTRY(kid)	 entry;
	enum role		 role;
	uint32_t		 number;
	char			 name[32];	/* "front 1", for the log */
	uid_t			 uid;		/* ROLE_MAIL: the owner */
	gid_t			 gid;
	char			*root;	/* ROLE_MAIL: of all its mail */
	pid_t			 pid;		/* 0: not running */
	uint32_t		 life;		/* of this process alone */
	struct chan		*chan;
	struct parent_log	*log;		/* what it writes */
	uint64_t		 started_ms;
	unsigned int		 backoff_ms;
	struct event		*ev_fork;
	int			 census; /* ROLE_FRONT: its table; or -1 */
	const struct stats	*stats;		/* its counters; NULL: none */
	uint64_t		 beat;		/* the last that was seen */
	unsigned int		 silent; /* looks since then (parent_watch.c) */
	unsigned int		 lingers;	/* looks since it was retired */
	uint32_t		 nsessions;
	bool			 retired;	/* gets no more sessions */
	bool			 killed;	/* by kid_kill() */
};

TAILQ_HEAD(kids, kid);

/* All children. */
extern struct kids kids;

/* Calls from parent_kid.c to the rest of the parent. */
struct kid_hooks {
	/* Messages accepted from each role; handlers get the struct kid. */
	const struct msg_permit	*permits[ROLE_MAIL + 1];
	/* The child was forked: send it what it needs. */
	void	(*forked)(struct kid *);
	/* The child's process has ended. */
	void	(*died)(struct kid *);
	/* The struct kid is about to be freed. */
	void	(*freed)(struct kid *);
};

/* Start with no children, and catch SIGCHLD. */
void		 kid_setup(const struct kid_hooks *hooks);

/* The child of that role and number that is not retired, or NULL. */
struct kid	*kid_find(enum role role, uint32_t number);

/* The running child with this number of its life, or NULL. */
struct kid	*kid_find_life(uint32_t life);

/*
 * End a child at once, with a line in the log that says why, as it can't be
 * trusted any more or does nothing.  It is forked again like any that dies.
 */
void		 kid_kill(struct kid *k, const char *why);

/*
 * Add a child; kid_fork() starts it.  uid, gid and root, which is copied, are
 * for ROLE_MAIL.
 */
struct kid	*kid_new(enum role role, uint32_t number, uid_t uid,
		    gid_t gid, const char *root);

/*
 * Bring the number of a role's children to want.  Children above it are
 * retired: a retired front accepts no more connections and ends with its last
 * session.
 */
void		 kid_populate(enum role role, uint32_t want);

/*
 * Start a child, and send it all that it needs.  If that fails, it is tried
 * again later, except for ROLE_MAIL: then k->chan is NULL.
 */
void		 kid_fork(struct kid *k);

/*
 * If the parent is to stop: once all fronts and workers have ended, stop auth
 * and the checkers, and then the parent.
 */
void		 kid_maybe_stop(void);

/* Free a child, and end its sessions. */
void		 kid_free(struct kid *k);

/*
 * Send a message to a child.  fd, if not -1, is taken over.  For a child that
 * is not running the message is dropped.  Returns 0, or -1 with a line in the
 * log if the child does not read its messages.  It is killed then, since what
 * it knows is no longer complete, unless the message was MSG_SESSION: one
 * session is lost, and the others of a busy worker go on.
 */
int		 kid_send(struct kid *k, enum msg_type type, uint32_t id,
		    int fd, struct slice data);

/*
 * Retire a child: it gets nothing new, ends when it is done, and is not forked
 * again.
 */
void		 kid_retire(struct kid *k);

#endif
