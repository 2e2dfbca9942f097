/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Which mailboxes a LIST or LSUB shows (RFC 5258, sections 3 and 4). */

#ifndef IMAPD_LIST_SELECT_H
#define IMAPD_LIST_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/run.h"
#include "imapd/list_args.h"
#include "imapd/session.h"
#include "storage/store.h"

/* The name has a mailbox below it that meets the selection options. */
#define LIST_ABOVE		(1U << 0)
/* At least one such mailbox is not listed, since it matches no pattern. */
#define LIST_ABOVE_HIDDEN	(1U << 1)

/* The state of list_select_match(); must be zeroed before the first name. */
struct list_matching {
	size_t		 next;		/* pattern to try next */
	bool		 match;		/* the result */
};

/* The state of list_select_above(); must be zeroed first. */
struct list_above {
	uint8_t		*marks;		/* LIST_ABOVE* by mailbox, or NULL */
	struct by_name	*sorted;	/* mailboxes sorted by name */
	size_t		 next;		/* mailbox to look at next */
	struct list_matching matching;	/* of that mailbox */
};

/* Return whether a mailbox itself meets the selection options. */
bool	 list_select_meets(const struct list_args *l,
	    const struct mailbox_info *box);

/*
 * Tell in m->match whether a name matches one of the patterns.  Returns
 * RUN_DONE, or RUN_MORE to be called again with the same name.
 */
enum run list_select_match(struct session *s, const struct list_args *l,
	    struct slice name, struct list_matching *m);

/*
 * Mark all names that have a mailbox below them that meets the options.  The
 * memory comes from the command's arena.  Returns RUN_DONE, RUN_MORE to be
 * called again, or RUN_FAIL with the answer set if memory is short.
 */
enum run list_select_above(struct session *s, const struct list_args *l,
	    const struct mailbox_info *boxes, size_t nboxes,
	    struct list_above *above);

#endif
