/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of special uses. */

#include "config.h"

#include "common/base/table.h"
#include "imapd/special_use.h"
#include "storage/store.h"

static const struct arg_bit use_rows[] = {
	{ .name = "All", .bit = MAILBOX_USE_ALL },
	{ .name = "Archive", .bit = MAILBOX_USE_ARCHIVE },
	{ .name = "Drafts", .bit = MAILBOX_USE_DRAFTS },
	{ .name = "Flagged", .bit = MAILBOX_USE_FLAGGED },
	{ .name = "Important", .bit = MAILBOX_USE_IMPORTANT },
	{ .name = "Junk", .bit = MAILBOX_USE_JUNK },
	{ .name = "Sent", .bit = MAILBOX_USE_SENT },
	{ .name = "Trash", .bit = MAILBOX_USE_TRASH },
};

int
special_use_parse(struct arg *a, uint32_t *use)
{
	struct slice name;
	uint32_t bit;

	if (arg_char(a, '\\') == -1 || arg_atom(a, &name) == -1)
		return -1;
	bit = arg_bit(use_rows, NROWS(use_rows), name);
	*use |= bit == 0 ? SPECIAL_USE_UNKNOWN : bit;
	return 0;
}

void
special_use_print(struct reply *r, uint32_t use, bool *first)
{
	for (size_t i = 0; i < NROWS(use_rows); i++) {
		if ((use & use_rows[i].bit) == 0)
			continue;
		if (!*first)
			reply_char(r, ' ');
		reply_char(r, '\\');
		reply_str(r, use_rows[i].name);
		*first = false;
	}
}
