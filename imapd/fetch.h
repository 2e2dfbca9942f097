/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The state of a FETCH, shared by the command (cmd_fetch.c), the table of
 * items (fetch_item.c) and the sections of messages (fetch_section.c).
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

/* Items in one FETCH: more than any client asks for. */
#define FETCH_ITEMS_MAX	64

struct fetch;
struct fetch_item;

/* A row of the table of items. */
struct fetch_row {
	const char	*name;		/* name in the command */
	const char	*section;	/* section it stands for: "[HEADER]" */
	uint32_t	 need;		/* NEED_*, for the reader */
	unsigned int	 flags;		/* FETCH_* */
	/*
	 * Print the item for the message f->m.  RUN_MORE: a literal is under
	 * way, call again.  RUN_FAIL: the message can't be read.
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
	struct slice	 label;		/* "BODY[TEXT]<0> ", for the response */
	struct section	 section;
	uint32_t	 off;		/* start of the partial */
	uint32_t	 max;		/* octets of the partial; 0: none */
	bool		 cached;	/* header fields kept in the index */
};

struct fetch {
	struct fetch_item items[FETCH_ITEMS_MAX];
	size_t		 nitems;
	uint32_t	 need;		/* NEED_* of all items */
	unsigned int	 flags;		/* FETCH_* of all items */

	struct reader	*reader;	/* NULL if need is 0 */
	const struct message *m;	/* the message to print */

	/* The structure of m, decoded when an item needs it. */
	struct mimeblob	 blob;
	bool		 has_blob;
	const struct mime_part *root;
	struct arena	 arena;		/* root's memory */

	/* The literal under way (fetch_section.c). */
	bool		 in_literal;
	struct stretch	 stretch;	/* the section's place in the file */
	uint64_t	 pos;		/* octets into the stretch */
	uint64_t	 left;		/* octets still to send */
};

#endif
