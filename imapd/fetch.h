/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * FETCH: what the command (cmd_fetch.c), the items (fetch_item.c) and the
 * sections of messages (fetch_section.c) share.
 */

#ifndef IMAPD_FETCH_H
#define IMAPD_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "imapd/section.h"
#include "imapd/session.h"
#include "storage/mime/mimeblob.h"
#include "storage/store.h"

/* Items of one FETCH: more than any client asks for. */
#define FETCH_ITEMS_MAX	64

struct fetch;
struct fetch_item;

/* A row of the table of items. */
struct fetch_row {
	const char	*name;		/* as in the command */
	const char	*section;	/* what it is short for: "[HEADER]" */
	uint32_t	 need;		/* NEED_* */
	unsigned int	 flags;		/* FETCH_* */
	/*
	 * Print the item for the message f->m.  RUN_MORE: a literal is under
	 * way, call again.  RUN_FAIL: it can't be read.
	 */
	enum run	(*print)(struct session *s, struct fetch *f,
			    struct fetch_item *item);
};
#define FETCH_SECTION	(1U << 0)	/* [section]<partial> follows */
#define FETCH_SEEN	(1U << 1)	/* sets \Seen */
#define FETCH_FLAGS	(1U << 2)	/* prints FLAGS */
#define FETCH_MODSEQ	(1U << 3)	/* prints MODSEQ: enables CONDSTORE */
#define FETCH_UID	(1U << 4)	/* prints UID */
#define FETCH_TEXT	(1U << 5)	/* prints octets of the message */

struct fetch_item {
	const struct fetch_row *row;
	struct slice	 label;		/* "BODY[TEXT]<0> ", as in the answer */
	struct section	 section;
	uint32_t	 off;		/* of the partial */
	uint32_t	 max;		/* 0: no partial */
	bool		 cached;	/* fields that the index has */
};

struct fetch {
	struct fetch_item items[FETCH_ITEMS_MAX];
	size_t		 nitems;
	uint32_t	 need;		/* of all items */
	unsigned int	 flags;		/* of all items */

	struct reader	*reader;	/* NULL if need is 0 */
	const struct message *m;	/* the message to print */

	/* Of that message, made when an item asks for it. */
	struct mimeblob	 blob;
	bool		 has_blob;
	const struct mime_part *root;
	struct arena	 arena;		/* root's memory */

	/* A literal under way (fetch_section.c). */
	bool		 in_literal;
	struct stretch	 stretch;
	uint64_t	 pos;		/* in the stretch */
	uint64_t	 left;		/* octets */
};

#endif
