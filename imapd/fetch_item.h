/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The items of FETCH (RFC 3501, 6.4.5). */

#ifndef IMAPD_FETCH_ITEM_H
#define IMAPD_FETCH_ITEM_H

#include "imapd/arg.h"
#include "imapd/fetch.h"

/* Parse one item and add it to f. */
int	 fetch_item_parse(struct arg *a, struct fetch *f);

/*
 * Parse ALL, FAST or FULL, if one of them comes next.  Returns 1 if so, 0 if
 * not, -1 on error.
 */
int	 fetch_item_parse_macro(struct arg *a, struct fetch *f);

/* Add an item without arguments, unless f has it already. */
int	 fetch_item_add(struct arg *a, struct fetch *f, const char *name);

/*
 * Print the labels of all sections into an arena, after the items were parsed.
 * Returns 0, or -1 if the arena is full.
 */
int	 fetch_item_labels(struct fetch *f, struct arena *arena);

#endif
