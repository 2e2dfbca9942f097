/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The items of FETCH (RFC 3501, 6.4.5). */

#ifndef IMAPD_FETCH_ITEM_H
#define IMAPD_FETCH_ITEM_H

#include "imapd/arg.h"
#include "imapd/fetch.h"

/* Parse one item and add it. */
int	 fetch_item_parse(struct arg *a, struct fetch *f);

/* Parse ALL, FAST or FULL, if it stands next: 1, 0, or -1 for an error. */
int	 fetch_item_parse_macro(struct arg *a, struct fetch *f);

/* Add an item without arguments unless it is there. */
int	 fetch_item_add(struct arg *a, struct fetch *f, const char *name);

/*
 * Make the labels of all items, once they are parsed.  Returns 0, or -1 if
 * the arena is full.
 */
int	 fetch_item_labels(struct fetch *f, struct arena *arena);

#endif
