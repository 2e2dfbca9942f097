/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* STATUS (RFC 3501, 6.3.10; HIGHESTMODSEQ of RFC 7162, 3.1.7). */

#include "config.h"

#include "imapd/cmd.h"

#define STATUS_MESSAGES		(1U << 0)
#define STATUS_RECENT		(1U << 1)
#define STATUS_UIDNEXT		(1U << 2)
#define STATUS_UIDVALIDITY	(1U << 3)
#define STATUS_UNSEEN		(1U << 4)

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
status_parse_items(struct arg *a, uint32_t *items)
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
status_print(struct session *s, struct slice name, uint32_t items,
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

enum parsed
cmd_status_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_status *c = args;

	(void)s;
	if (arg_sp(a) == -1 || arg_mailbox(a, &c->name) == -1 ||
	    arg_sp(a) == -1 || status_parse_items(a, &c->items) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

enum run
cmd_status_run(struct session *s, void *args)
{
	struct cmd_status *c = args;
	enum run r;

	if (c->op == NULL) {
		if (c->items & STATUS_HIGHESTMODSEQ)
			session_condstore(s);
		c->op = status_new(s->store, c->name);
	}
	if ((r = session_op(s, c->op)) == RUN_DONE)
		status_print(s, c->name, c->items, status_result(c->op));
	return r;
}

void
cmd_status_clear(void *args)
{
	struct cmd_status *c = args;

	op_free(c->op);
}
