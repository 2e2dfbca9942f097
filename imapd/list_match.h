/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* LIST patterns (RFC 3501, 6.3.8). */

#ifndef IMAPD_LIST_MATCH_H
#define IMAPD_LIST_MATCH_H

#include <stdbool.h>

#include "common/base/slice.h"

/*
 * Whether a name, with '/' between levels, matches a pattern: * is anything,
 * % anything within a level.  INBOX matches in any case.  Time is bounded by
 * the product of both lengths, whatever the pattern.
 */
bool	 list_match(struct slice pattern, struct slice name);

#endif
