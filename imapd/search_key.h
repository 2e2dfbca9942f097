/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Search keys (RFC 3501, 6.4.4; MODSEQ of RFC 7162, 3.1.5). */

#ifndef IMAPD_SEARCH_KEY_H
#define IMAPD_SEARCH_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "imapd/arg.h"
#include "storage/store.h"

/* The keys of one command: a tree in the command's arena. */
struct search_keys {
	struct slice	 charset; /* charset of strings; empty: not given */
	bool		 bad_charset;	/* charset unknown, or text not in it */
	struct search_node *root;
	bool		 modseq;	/* there is a MODSEQ key */
	bool		 seqnums;	/* a key uses sequence numbers */
	uint32_t	 nkeys;
};

/*
 * Parse search keys up to the end of the command into k->root, without
 * recursion.  k must be zeroed, except for charset and bad_charset.  A string
 * that is not valid in the charset sets bad_charset.
 *
 * v    the view that message sets refer to
 * max  limit of the number of keys
 */
int	 search_keys_parse(struct arg *a, struct view *v, uint32_t max,
	    struct search_keys *k);

#endif
