/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Searching messages. */

#ifndef STORAGE_READ_SEARCH_H
#define STORAGE_READ_SEARCH_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/idset.h"
#include "common/base/slice.h"
#include "storage/types.h"

enum search_key {
	SEARCH_ALL,
	SEARCH_AND,		/* all kids match */
	SEARCH_OR,		/* any kid matches */
	SEARCH_NOT,		/* its only kid does not match */
	SEARCH_UIDS,		/* ids: UIDs; those of no message do no harm */
	SEARCH_SEQS,		/* ids: sequence numbers, as when it began */
	SEARCH_FLAG,		/* number: a FLAG_* that is set */
	SEARCH_KEYWORD,		/* text: the keyword */
	SEARCH_RECENT,
	SEARCH_LARGER,		/* number: octets */
	SEARCH_SMALLER,
	SEARCH_BEFORE,		/* day, of the internal date */
	SEARCH_ON,
	SEARCH_SINCE,
	SEARCH_SENTBEFORE,	/* Date: field, without time and zone */
	SEARCH_SENTON,
	SEARCH_SENTSINCE,
	SEARCH_HEADER,		/* header, text; no text: it exists */
	SEARCH_BODY,		/* text: in the body */
	SEARCH_TEXT,		/* text: in header or body */
	SEARCH_MODSEQ		/* number: the least modseq */
};

/* A tree of keys, in memory of the caller that must outlive the op. */
struct search_node {
	enum search_key	 key;
	uint64_t	 number;
	int32_t		 day;		/* since 1970-01-01; may be negative */
	size_t		 place;		/* for search_new() to use */
	struct slice	 header;	/* name of the field */
	struct slice	 text;		/* UTF-8, as the client gave it */
	const struct idset *ids;
	struct search_node *kids;	/* the first child */
	struct search_node *next;	/* the next sibling */
};

/*
 * Find the messages of a view that match.  Cheap keys are tried first: the
 * file of a message is opened only if they leave the answer open.
 */
struct op	*search_new(struct view *v, struct search_node *root);
struct search_result {
	struct idset	 uids;
	uint64_t	 modseq; /* highest of uids (RFC 7162, 3.1.5) */
};
/* What was found, after RUN_DONE. */
const struct search_result *search_result(const struct op *op);
/*
 * Convert text from charset to UTF-8, for a key.  Returns -1 if the charset is
 * unknown.
 */
int		 search_charset(struct slice charset, struct slice text,
		    struct buf *out);

#endif
