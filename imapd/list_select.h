/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Which of all mailboxes a LIST or LSUB shows (RFC 5258, sections 3 and 4). */

#ifndef IMAPD_LIST_SELECT_H
#define IMAPD_LIST_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/run.h"
#include "imapd/list_args.h"
#include "imapd/session.h"
#include "storage/store.h"

/* Marks of a name above a mailbox that meets the selection options. */
#define LIST_ABOVE		(1U << 0)
/* At least one such mailbox matches no pattern, so it is not listed. */
#define LIST_ABOVE_HIDDEN	(1U << 1)

/* The search for names above others; zeroed to begin with. */
struct list_above {
	uint8_t		*marks;		/* LIST_ABOVE* by mailbox, or NULL */
	struct by_name	*sorted;	/* mailboxes, to find them by name */
	size_t		 next;		/* mailbox to look at */
};

/* Whether a mailbox itself meets the selection options. */
bool	 list_select_meets(const struct list_args *l,
	    const struct mailbox_info *box);

/* Whether one of the patterns matches a name. */
bool	 list_select_matches(const struct list_args *l, struct slice name);

/*
 * Find which names have a mailbox below them that meets the options.  Memory
 * is the command's.  RUN_MORE: call again; RUN_FAIL: memory is short, and
 * that is the answer.
 */
enum run list_select_above(struct session *s, const struct list_args *l,
	    const struct mailbox_info *boxes, size_t nboxes,
	    struct list_above *above);

#endif
