/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of special uses. */

#include "config.h"

#include "imapd/special_use.h"
#include "storage/store.h"

struct use_row {
	uint32_t	 use;
	const char	*name;
};

static const struct use_row use_rows[] = {
	{ MAILBOX_USE_ALL, "All" },
	{ MAILBOX_USE_ARCHIVE, "Archive" },
	{ MAILBOX_USE_DRAFTS, "Drafts" },
	{ MAILBOX_USE_FLAGGED, "Flagged" },
	{ MAILBOX_USE_IMPORTANT, "Important" },
	{ MAILBOX_USE_JUNK, "Junk" },
	{ MAILBOX_USE_SENT, "Sent" },
	{ MAILBOX_USE_TRASH, "Trash" },
};

#define NUSES	(sizeof(use_rows) / sizeof(*use_rows))

int
special_use_parse(struct arg *a, uint32_t *use)
{
	struct slice name;

	if (arg_char(a, '\\') == -1 || arg_atom(a, &name) == -1)
		return -1;
	for (size_t i = 0; i < NUSES; i++)
		if (slice_caseeq_str(name, use_rows[i].name)) {
			*use |= use_rows[i].use;
			return 0;
		}
	*use |= SPECIAL_USE_UNKNOWN;
	return 0;
}

void
special_use_print(struct reply *r, uint32_t use, bool *first)
{
	for (size_t i = 0; i < NUSES; i++) {
		if ((use & use_rows[i].use) == 0)
			continue;
		if (!*first)
			reply_char(r, ' ');
		reply_char(r, '\\');
		reply_str(r, use_rows[i].name);
		*first = false;
	}
}
