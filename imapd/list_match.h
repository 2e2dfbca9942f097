/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Matching of LIST patterns (RFC 3501, 6.3.8). */

#ifndef IMAPD_LIST_MATCH_H
#define IMAPD_LIST_MATCH_H

#include <stdbool.h>

#include "common/base/slice.h"

/* Octets of the longest name; the store's limit is 1,000. */
#define LIST_NAME_MAX	1024

/*
 * Return whether a name with '/' between levels matches a pattern, in which *
 * stands for anything, and % for anything within a level.  INBOX is
 * case-insensitive.  The cost is at most the product of both lengths, whatever
 * the pattern.  No pattern matches a name over LIST_NAME_MAX.
 */
bool	 list_match(struct slice pattern, struct slice name);

#endif
