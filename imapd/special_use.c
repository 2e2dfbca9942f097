/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of special uses. */

#include "config.h"

#include "common/base/table.h"
#include "imapd/special_use.h"
#include "storage/store.h"

static const struct arg_bit use_rows[] = {
	{ "All", MAILBOX_USE_ALL },
	{ "Archive", MAILBOX_USE_ARCHIVE },
	{ "Drafts", MAILBOX_USE_DRAFTS },
	{ "Flagged", MAILBOX_USE_FLAGGED },
	{ "Important", MAILBOX_USE_IMPORTANT },
	{ "Junk", MAILBOX_USE_JUNK },
	{ "Sent", MAILBOX_USE_SENT },
	{ "Trash", MAILBOX_USE_TRASH },
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
