/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Searching messages. */

#ifndef STORAGE_SEARCH_H
#define STORAGE_SEARCH_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/idset.h"
#include "common/base/slice.h"
#include "storage/types.h"

enum search_key {
	SEARCH_ALL,
	SEARCH_AND,		/* kids */
	SEARCH_OR,		/* kids */
	SEARCH_NOT,		/* kids, one */
	SEARCH_UIDS,	/* ids: UIDs (sequence numbers are turned first) */
	SEARCH_FLAG,		/* number: FLAG_*: is set */
	SEARCH_KEYWORD,		/* text */
	SEARCH_RECENT,
	SEARCH_LARGER,		/* number: octets */
	SEARCH_SMALLER,
	SEARCH_BEFORE,	/* number: days since 1970-01-01, internal date */
	SEARCH_ON,
	SEARCH_SINCE,
	SEARCH_SENTBEFORE,	/* Date: header, time and zone disregarded */
	SEARCH_SENTON,
	SEARCH_SENTSINCE,
	SEARCH_HEADER,		/* header, text (empty text: it is there) */
	SEARCH_BODY,		/* text */
	SEARCH_TEXT,		/* text */
	SEARCH_MODSEQ		/* number: at least */
};

/* A tree of keys; memory of the caller's, alive as long as the op. */
struct search_node {
	enum search_key	 key;
	uint64_t	 number;
	struct slice	 header;	/* field name */
	struct slice	 text;		/* UTF-8, as the client gave it */
	const struct idset *ids;
	struct search_node *kids;	/* first child */
	struct search_node *next;	/* sibling */
};

/*
 * Messages of the view that match.  The cheapest keys are asked first; a
 * message's file is opened only if all cheaper ones left it undecided.
 */
struct op	*search_new(struct view *v, const struct search_node *root);
struct search_result {
	struct idset	 uids;
	uint64_t	 modseq; /* highest of the found (RFC 7162 3.1.5) */
};
/* What was found, after RUN_DONE. */
const struct search_result *search_result(const struct op *op);
/* text in charset to UTF-8 for a key.  -1: charset unknown. */
int		 search_charset(struct slice charset, struct slice text,
		    struct buf *out);

#endif
