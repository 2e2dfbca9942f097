/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  For the files of the parent alone: its children.
 *
 * Fronts, auth and checkers are always there: one that dies is forked again,
 * sooner or later by how long it lived.  Mail workers are forked when a
 * session needs one, and one that dies takes its sessions along.
 */

#ifndef COMMON_PARENT_KID_H
#define COMMON_PARENT_KID_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/proc/msg.h"

struct event;
struct stats;

struct kid {
	TAILQ_ENTRY(kid)	 entry;
	enum role		 role;
	uint32_t		 number;
	char			 name[32];	/* "front 1", for the log */
	uid_t			 uid;		/* ROLE_MAIL: the owner */
	gid_t			 gid;
	pid_t			 pid;		/* 0: waits to be forked */
	struct chan		*chan;
	uint64_t		 started_ms;
	unsigned int		 backoff_ms;
	struct event		*ev_fork;
	int			 census;	/* ROLE_FRONT: its counts; -1 */
	const struct stats	*stats;		/* its counters; NULL: none */
	uint32_t		 nsessions;
	bool			 retired;	/* gets no more sessions */
};

TAILQ_HEAD(kids, kid);

/* All of them. */
extern struct kids kids;

/* What others have to do with them. */
struct kid_hooks {
	/* What each role may say; the handlers get the struct kid. */
	const struct msg_permit	*permits[ROLE_MAIL + 1];
	/* It was forked: tell it what it needs. */
	void	(*forked)(struct kid *);
	/* Its process has gone. */
	void	(*died)(struct kid *);
	/* It is about to be forgotten. */
	void	(*freed)(struct kid *);
};

/* Have none, and hear of those that die. */
void		 kid_setup(const struct kid_hooks *hooks);

/* The one of that role and number that is not retired, or NULL. */
struct kid	*kid_find(enum role role, uint32_t number);

/* Add one; it is forked by kid_fork.  uid and gid are for ROLE_MAIL. */
struct kid	*kid_new(enum role role, uint32_t number, uid_t uid,
		    gid_t gid);

/*
 * Have that many of a role.  Those that are too many are retired: a front
 * then takes no connection any more and ends with its last session.
 */
void		 kid_populate(enum role role, uint32_t want);

/*
 * Start it, and tell it all that it needs.  If that fails, it is tried again
 * later, except for ROLE_MAIL, whose chan is NULL then.
 */
void		 kid_fork(struct kid *k);

/*
 * When the parent is to stop: end auth and the checkers when all others have
 * gone, and then the parent.
 */
void		 kid_maybe_stop(void);

/* Forget it, and end its sessions. */
void		 kid_free(struct kid *k);

/*
 * Send it a message; fd, if not -1, is taken.  A child that is not there is
 * sent nothing.  Returns 0, or -1 when it does not read, logged.
 */
int		 kid_send(struct kid *k, enum msg_type type, uint32_t id,
		    int fd, struct slice data);

/* It takes nothing new, ends when it is done, and is not forked again. */
void		 kid_retire(struct kid *k);

#endif
