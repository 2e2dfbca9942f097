/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Search keys (RFC 3501, 6.4.4; MODSEQ of RFC 7162, 3.1.5). */

#ifndef IMAPD_SEARCH_KEY_H
#define IMAPD_SEARCH_KEY_H

#include "common/base/idset.h"
#include "imapd/cmd.h"

/* A message set of a key, which owns memory. */
struct search_set {
	struct idset	 uids;
	struct search_set *next;
};

/*
 * Parse search keys up to the end of the command into c->root, without
 * recursion.  A charset that is not known sets c->bad_charset.
 *
 * v    says what the message sets of keys mean
 * max  keys, in all
 */
int	 search_keys_parse(struct arg *a, struct view *v, uint32_t max,
	    struct cmd_search *c);

/* Free what the keys own. */
void	 search_keys_clear(struct cmd_search *c);

#endif
