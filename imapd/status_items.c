/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of STATUS items (HIGHESTMODSEQ of RFC 7162, 3.1.7). */

#include "config.h"

#include "common/base/table.h"
#include "imapd/status_items.h"

static const struct arg_bit status_rows[] = {
	{ .name = "MESSAGES", .bit = STATUS_MESSAGES },
	{ .name = "RECENT", .bit = STATUS_RECENT },
	{ .name = "UIDNEXT", .bit = STATUS_UIDNEXT },
	{ .name = "UIDVALIDITY", .bit = STATUS_UIDVALIDITY },
	{ .name = "UNSEEN", .bit = STATUS_UNSEEN },
	{ .name = "HIGHESTMODSEQ", .bit = STATUS_HIGHESTMODSEQ },
};

int
status_items_parse(struct arg *a, uint32_t *items)
{
	size_t n = 0;
	int rc;

	while ((rc = arg_list_next(a, &n)) == 1)
		if (arg_bits(a, status_rows, NROWS(status_rows),
		    "Unknown item of STATUS", items) == -1)
			return -1;
	return rc;
}

static uint64_t
item_value(uint32_t item, const struct mailbox_status *st)
{
	switch (item) {
	case STATUS_MESSAGES:
		return st->messages;
	case STATUS_RECENT:
		return st->recent;
	case STATUS_UIDNEXT:
		return st->uidnext;
	case STATUS_UIDVALIDITY:
		return st->uidvalidity;
	case STATUS_UNSEEN:
		return st->unseen;
	case STATUS_HIGHESTMODSEQ:
		return st->highestmodseq;
	}
	return 0;
}

void
status_items_print(struct session *s, struct slice name, uint32_t items,
    const struct mailbox_status *st)
{
	struct reply *r = &s->reply;
	bool first = true;

	reply_untagged(r, "STATUS");
	reply_char(r, ' ');
	reply_mailbox(r, name, &s->names);
	reply_str(r, " (");
	for (size_t i = 0; i < NROWS(status_rows); i++) {
		if ((items & status_rows[i].bit) == 0)
			continue;
		if (!first)
			reply_char(r, ' ');
		reply_str(r, status_rows[i].name);
		reply_char(r, ' ');
		reply_number(r, item_value(status_rows[i].bit, st));
		first = false;
	}
	reply_char(r, ')');
	reply_end(r);
}
