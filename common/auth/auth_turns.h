/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A queue in which groups take turns, so that a group with many members delays
 * only itself.  Groups may have groups in them: with addresses in networks,
 * networks take turns, and then the addresses of each.
 */

#ifndef COMMON_AUTH_AUTH_TURNS_H
#define COMMON_AUTH_AUTH_TURNS_H

#include <stddef.h>

#include "common/base/compat.h"
#include "common/base/slice.h"

struct auth_group;
struct auth_turns;

/* A place in the queue; embedded in whatever waits.  Zero: it has none. */
struct auth_turn {
	TAILQ_ENTRY(auth_turn)	 entry;
	struct auth_group	*group;		/* NULL: not in a queue */
};

/* Make an empty queue. */
struct auth_turns *auth_turns_new(void);
/* The queue must be empty. */
void	 auth_turns_free(struct auth_turns *t);

/* The number of places. */
size_t	 auth_turns_count(const struct auth_turns *t);

/*
 * Add a place, which must have none, as the last one of its group.
 *
 * path     names of the groups that it is in, the outermost first; copied.
 *          They are of one depth for all places of a queue.
 */
void	 auth_turns_add(struct auth_turns *t, const struct slice *path,
	    size_t depth, struct auth_turn *turn);

/* Take the next place out of the queue, or return NULL if it is empty. */
struct auth_turn *auth_turns_take(struct auth_turns *t);

/* Take a place out of its queue; does nothing if it is in none. */
void	 auth_turns_remove(struct auth_turn *turn);

/*
 * The place that should be given up if there are too many: the youngest of the
 * group with most, in that group the same.  Of groups with equally many it is
 * the one whose turn is last, so that none is given up for a newcomer that has
 * no less than others.  Returns NULL if the queue is empty.
 */
struct auth_turn *auth_turns_longest(struct auth_turns *t);

#endif
