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

/* Options for selection (which mailboxes) and for return (what of each). */
#define LIST_SUBSCRIBED		(1U << 0)	/* both */
#define LIST_REMOTE		(1U << 1)	/* selection; has no effect */
#define LIST_RECURSIVEMATCH	(1U << 2)	/* selection */
#define LIST_SPECIAL_USE	(1U << 3)	/* both */
#define LIST_CHILDREN		(1U << 4)	/* return; always on */
#define LIST_STATUS		(1U << 5)	/* return */

/* Selection options that RECURSIVEMATCH needs and that CHILDINFO names. */
#define LIST_CRITERIA	(LIST_SUBSCRIBED | LIST_SPECIAL_USE)

struct list_args {
	uint32_t	 select;	/* LIST_* selection options */
	uint32_t	 returns;	/* LIST_* return options */
	uint32_t	 status;	/* STATUS_* items, with LIST_STATUS */
	bool		 extended;	/* uses the syntax of RFC 5258 */
	struct slice	 reference;
	struct slice	*patterns;
	size_t		 npatterns;
};

/* Parse the arguments of LIST or of LSUB.  l must be zeroed first. */
int	 list_args_parse(struct arg *a, struct list_args *l);
int	 list_args_parse_lsub(struct arg *a, struct list_args *l);

/*
 * Put the reference in front of each pattern.  Returns 0, or -1 if the arena
 * is full.
 */
int	 list_args_join(struct list_args *l, struct arena *arena);

#endif
