/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What the judge needs of the world, besides world.h. */

#ifndef TESTS_FAULTS_WORLD_STATE_H
#define TESTS_FAULTS_WORLD_STATE_H

#include "tests/faults/world.h"

#define W_VIEWS		8

/* Views that are open in this process. */
struct w_open {
	struct view	*view;		/* NULL if free */
	enum w_mailbox_id mailbox;
};
extern struct w_open	 w_views[W_VIEWS];

/* The mailbox of an open view. */
enum w_mailbox_id w_mailbox_of(const struct view *v);
/* Note that a client saw a message under this UID. */
void	 w_tell(uint32_t uidvalidity, uint32_t uid, uint32_t message);
/*
 * Read all messages of an open view and hold them against the world.  The world
 * learns UIDs that it does not know yet.  Without seen, only that is done, and
 * calls may fail meanwhile; else seen[m] becomes how often message m is there.
 */
void	 w_look(struct view *v, uint32_t *seen);
/* Note what a client keeps of a mailbox whose view was just synced. */
void	 w_keep(const struct view *v);

#endif
