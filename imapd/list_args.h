/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The arguments of LIST and LSUB (RFC 3501, 6.3.8; RFC 5258, section 6). */

#ifndef IMAPD_LIST_ARGS_H
#define IMAPD_LIST_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/slice.h"
#include "imapd/arg.h"

/* Options: which mailboxes to list, and what to return of each. */
#define LIST_SUBSCRIBED		(1U << 0)	/* of both */
#define LIST_REMOTE		(1U << 1)	/* select; there are none */
#define LIST_RECURSIVEMATCH	(1U << 2)	/* select */
#define LIST_SPECIAL_USE	(1U << 3)	/* of both */
#define LIST_CHILDREN		(1U << 4)	/* return; always told */
#define LIST_STATUS		(1U << 5)	/* return */

/* What RECURSIVEMATCH can be combined with and be told in CHILDINFO. */
#define LIST_CRITERIA	(LIST_SUBSCRIBED | LIST_SPECIAL_USE)

struct list_args {
	uint32_t	 select;	/* LIST_* selection options */
	uint32_t	 returns;	/* LIST_* return options */
	uint32_t	 status;	/* STATUS_* items, with LIST_STATUS */
	bool		 extended;	/* of RFC 5258 */
	struct slice	 reference;
	struct slice	*patterns;
	size_t		 npatterns;
};

/* Parse the arguments of LIST, or those of LSUB; l is zeroed. */
int	 list_args_parse(struct arg *a, struct list_args *l);
int	 list_args_parse_lsub(struct arg *a, struct list_args *l);

/* Put the reference before each pattern.  -1: the arena is full. */
int	 list_args_join(struct list_args *l, struct arena *arena);

#endif
