/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * LIST and LSUB: what the command (cmd_list.c), its arguments (list_args.c)
 * and its selection (list_select.c) share.
 */

#ifndef IMAPD_LIST_H
#define IMAPD_LIST_H

#include <stdbool.h>

#include "imapd/cmd.h"

#define LIST_SUBSCRIBED		(1U << 0)
#define LIST_REMOTE		(1U << 1)
#define LIST_RECURSIVEMATCH	(1U << 2)
#define LIST_SPECIAL_USE	(1U << 3)
#define LIST_CHILDREN		(1U << 4)
#define LIST_STATUS		(1U << 5)

/* What RECURSIVEMATCH can be combined with and be told in CHILDINFO. */
#define LIST_CRITERIA	(LIST_SUBSCRIBED | LIST_SPECIAL_USE)

/* What is below a name: selected ones, and such that no pattern matches. */
#define LIST_ABOVE		(1U << 0)
#define LIST_ABOVE_HIDDEN	(1U << 1)

/* Whether a mailbox itself meets the selection options. */
bool	 list_selected(const struct cmd_list *c,
	    const struct mailbox_info *box);

/*
 * Find which names have a selected one below them: c->above.  RUN_MORE: call
 * again; RUN_FAIL: memory is short, and that is the answer.
 */
enum run list_find_above(struct session *s, struct cmd_list *c);

/* Whether one of the patterns, with the reference, matches a name. */
bool	 list_matches(const struct cmd_list *c, struct slice name);

#endif
