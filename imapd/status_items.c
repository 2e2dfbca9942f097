/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The items of STATUS: a table (HIGHESTMODSEQ of RFC 7162, 3.1.7). */

#include "config.h"

#include <string.h>

#include "imapd/status_items.h"

struct status_row {
	const char	*name;
	uint32_t	 bit;
	size_t		 off;		/* of the member */
	size_t		 size;		/* of it: 4 or 8 */
};

#define ROW(name, bit, member)						\
	{ name, bit, offsetof(struct mailbox_status, member),		\
	    sizeof(((struct mailbox_status *)NULL)->member) }

static const struct status_row status_rows[] = {
	ROW("MESSAGES", STATUS_MESSAGES, messages),
	ROW("RECENT", STATUS_RECENT, recent),
	ROW("UIDNEXT", STATUS_UIDNEXT, uidnext),
	ROW("UIDVALIDITY", STATUS_UIDVALIDITY, uidvalidity),
	ROW("UNSEEN", STATUS_UNSEEN, unseen),
	ROW("HIGHESTMODSEQ", STATUS_HIGHESTMODSEQ, highestmodseq),
};

#define NROWS	(sizeof(status_rows) / sizeof(*status_rows))

static int
parse_item(struct arg *a, uint32_t *items)
{
	struct slice word;

	if (arg_word(a, &word) == -1)
		return -1;
	for (size_t i = 0; i < NROWS; i++)
		if (slice_caseeq_str(word, status_rows[i].name)) {
			*items |= status_rows[i].bit;
			return 0;
		}
	return arg_fail(a, "Unknown item of STATUS");
}

int
status_items_parse(struct arg *a, uint32_t *items)
{
	if (arg_char(a, '(') == -1)
		return -1;
	do {
		if (parse_item(a, items) == -1)
			return -1;
	} while (arg_if_char(a, ' '));
	return arg_char(a, ')');
}

static uint64_t
item_value(const struct status_row *row, const struct mailbox_status *st)
{
	const char *p = (const char *)st + row->off;
	uint64_t n64;
	uint32_t n32;

	if (row->size == sizeof(n64)) {
		memcpy(&n64, p, sizeof(n64));
		return n64;
	}
	memcpy(&n32, p, sizeof(n32));
	return n32;
}

void
status_items_print(struct session *s, struct slice name, uint32_t items,
    const struct mailbox_status *st)
{
	struct reply *r = &s->reply;
	bool first = true;

	reply_str(r, "* STATUS ");
	reply_mailbox(r, name, s->separator);
	reply_str(r, " (");
	for (size_t i = 0; i < NROWS; i++) {
		if ((items & status_rows[i].bit) == 0)
			continue;
		if (!first)
			reply_char(r, ' ');
		reply_str(r, status_rows[i].name);
		reply_char(r, ' ');
		reply_number(r, item_value(&status_rows[i], st));
		first = false;
	}
	reply_str(r, ")\r\n");
}
