/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * FETCH: what the command (cmd_fetch.c), its items (fetch_item.c) and the
 * sections of messages (fetch_section.c) share.
 */

#ifndef IMAPD_FETCH_H
#define IMAPD_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/idset.h"
#include "imapd/arg.h"
#include "imapd/section.h"
#include "imapd/session.h"
#include "storage/mime/mimeblob.h"
#include "storage/store.h"

/* Items of one FETCH: more than any client asks for. */
#define FETCH_ITEMS_MAX	64

struct cmd_fetch;
struct fetch_item;

/* A row of the table of items. */
struct fetch_row {
	const char	*name;		/* as in the command */
	const char	*section;	/* what it is short for: "[HEADER]" */
	uint32_t	 need;		/* NEED_* */
	unsigned int	 flags;		/* FETCH_* */
	/*
	 * Print the item for the message the command stands on.  RUN_MORE: a
	 * literal is under way, call again.  RUN_FAIL: it can't be read.
	 */
	enum run	(*print)(struct session *s, struct cmd_fetch *c,
			    struct fetch_item *item);
};
#define FETCH_SECTION	(1U << 0)	/* [section]<partial> follows */
#define FETCH_SEEN	(1U << 1)	/* sets \Seen */
#define FETCH_FLAGS	(1U << 2)	/* prints FLAGS */
#define FETCH_MODSEQ	(1U << 3)	/* prints MODSEQ: enables CONDSTORE */
#define FETCH_UID	(1U << 4)	/* prints UID */

struct fetch_item {
	const struct fetch_row *row;
	struct slice	 label;		/* "BODY[TEXT]<0> ", as in the answer */
	struct section	 section;
	uint32_t	 off;		/* of the partial */
	uint32_t	 max;		/* 0: no partial */
	bool		 cached;	/* fields that the index has */
};

enum fetch_step {
	FETCH_BATCH,		/* take the next messages */
	FETCH_MARK,		/* set \Seen on them */
	FETCH_READ		/* print them */
};

struct cmd_fetch {
	struct fetch_item items[FETCH_ITEMS_MAX];
	size_t		 nitems;
	uint32_t	 need;		/* of all items */
	unsigned int	 flags;		/* of all items */
	bool		 changedsince;
	uint64_t	 modseq;	/* CHANGEDSINCE */
	bool		 started;

	struct idset	 uids;		/* what was asked for */
	struct idset_iter iter;		/* over it, in batches */
	struct idset	 batch;
	struct idset	 marked;	/* of the batch: \Seen was set now */
	struct idset_iter batch_iter;	/* where nothing is read */
	enum fetch_step	 step;
	struct op	*op;
	struct reader	*reader;

	const struct message *m;	/* the message it stands on, or NULL */
	struct message	 light;		/* with the flags of now */
	bool		 busy;		/* it is being printed */
	size_t		 item;		/* next to be printed */
	bool		 failed;	/* a message could not be read */
	struct store_error err;		/* why */

	/* Of the message it stands on. */
	struct mimeblob	 blob;
	bool		 has_blob;
	const struct mime_part *root;
	struct arena	 arena;		/* root's memory */

	/* A literal under way (fetch_section.c). */
	bool		 in_literal;
	struct stretch	 stretch;
	uint64_t	 pos;		/* in the stretch */
	uint64_t	 left;
};

/* Parse one item, or a macro, and add what it means. */
int	 fetch_item_parse(struct arg *a, struct cmd_fetch *c);

/* ALL, FAST or FULL, if it stands there: 1, 0, or -1 for an error. */
int	 fetch_macro_parse(struct arg *a, struct cmd_fetch *c);

/* Add an item without arguments unless it is there. */
int	 fetch_item_add(struct arg *a, struct cmd_fetch *c,
	    const char *name);

/* The structure of the message: 0, or -1 when it is broken. */
int	 fetch_section_blob(struct cmd_fetch *c);

/* The label of a section, and whether the index has all it asks for. */
int	 fetch_section_label(struct arg *a, const char *name,
	    struct fetch_item *item);

/* What a section needs of the reader. */
uint32_t fetch_section_need(const struct fetch_item *item);

/* Print a section; as fetch_row.print. */
enum run fetch_section_print(struct session *s, struct cmd_fetch *c,
	    struct fetch_item *item);

#endif
