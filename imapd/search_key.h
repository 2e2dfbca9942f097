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

struct search_set;

/* The keys of one command: a tree in the command's arena. */
struct search_keys {
	struct slice	 charset; /* of their strings; empty: none given */
	bool		 bad_charset;	/* it is not one that we know */
	struct search_node *root;
	struct search_set *sets;	/* of message sets, to be freed */
	bool		 modseq;	/* MODSEQ is among the keys */
	bool		 seqnums;	/* message numbers are */
	uint32_t	 nkeys;
};

/*
 * Parse search keys up to the end of the command into k->root, without
 * recursion.  k is zeroed, but charset and bad_charset may be set: strings
 * that are no text in that charset set bad_charset, too.
 *
 * v    says what the message sets of keys mean
 * max  keys, in all
 */
int	 search_keys_parse(struct arg *a, struct view *v, uint32_t max,
	    struct search_keys *k);

/* Free what the keys own. */
void	 search_keys_clear(struct search_keys *k);

#endif
