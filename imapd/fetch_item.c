/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of FETCH items (RFC 3501, 6.4.5; MODSEQ of RFC 7162). */

#include "config.h"

#include "common/base/table.h"
#include "imapd/fetch_item.h"
#include "imapd/fetch_print.h"
#include "imapd/fetch_section.h"

static enum run
print_uid(struct session *s, struct fetch *f, struct fetch_item *item)
{
	(void)item;
	fetch_print_uid(s, f->m->uid);
	return RUN_DONE;
}

static enum run
print_flags(struct session *s, struct fetch *f, struct fetch_item *item)
{
	(void)item;
	fetch_print_flags(s, f->m->uid, &f->m->flags);
	return RUN_DONE;
}

static enum run
print_modseq(struct session *s, struct fetch *f,
    struct fetch_item *item)
{
	(void)item;
	fetch_print_modseq(s, f->m->modseq);
	return RUN_DONE;
}

static enum run
print_date(struct session *s, struct fetch *f, struct fetch_item *item)
{
	(void)item;
	reply_str(&s->reply, "INTERNALDATE ");
	reply_datetime(&s->reply, f->m->internaldate);
	return RUN_DONE;
}

static enum run
print_size(struct session *s, struct fetch *f, struct fetch_item *item)
{
	(void)item;
	reply_str(&s->reply, "RFC822.SIZE ");
	reply_number(&s->reply, f->m->size);
	return RUN_DONE;
}

static enum run
print_envelope(struct session *s, struct fetch *f,
    struct fetch_item *item)
{
	(void)item;
	if (fetch_section_blob(f) == -1)
		return RUN_FAIL;
	reply_str(&s->reply, "ENVELOPE ");
	reply_slice(&s->reply, f->blob.envelope);
	return RUN_DONE;
}

static enum run
print_body(struct session *s, struct fetch *f, struct fetch_item *item)
{
	(void)item;
	if (fetch_section_blob(f) == -1)
		return RUN_FAIL;
	reply_str(&s->reply, "BODY ");
	if (s->reply.failed || mimeblob_body(s->reply.out, &f->blob) == -1)
		return RUN_FAIL;
	return RUN_DONE;
}

static enum run
print_bodystructure(struct session *s, struct fetch *f,
    struct fetch_item *item)
{
	(void)item;
	if (fetch_section_blob(f) == -1)
		return RUN_FAIL;
	reply_str(&s->reply, "BODYSTRUCTURE ");
	reply_slice(&s->reply, f->blob.bodystructure);
	return RUN_DONE;
}

static const struct fetch_row fetch_rows[] = {
	{ .name = "UID", .flags = FETCH_UID, .print = print_uid },
	{ .name = "FLAGS", .flags = FETCH_FLAGS, .print = print_flags },
	{ .name = "MODSEQ", .flags = FETCH_MODSEQ, .print = print_modseq },
	{ .name = "INTERNALDATE", .need = NEED_DATE, .print = print_date },
	{ .name = "RFC822.SIZE", .need = NEED_SIZE, .print = print_size },
	{ .name = "ENVELOPE", .need = NEED_STRUCT, .print = print_envelope },
	{ .name = "BODYSTRUCTURE", .need = NEED_STRUCT,
	    .print = print_bodystructure },
	{ .name = "BODY", .need = NEED_STRUCT, .print = print_body },
	/* BODY followed by a section is another item. */
	{ .name = "BODY", .flags = FETCH_SECTION | FETCH_SEEN | FETCH_TEXT,
	    .print = fetch_section_print },
	{ .name = "BODY.PEEK", .flags = FETCH_SECTION | FETCH_TEXT,
	    .print = fetch_section_print },
	/* RFC 3501, 6.4.5: same as a section, except for the label. */
	{ .name = "RFC822", .section = "[]", .flags = FETCH_SEEN | FETCH_TEXT,
	    .print = fetch_section_print },
	{ .name = "RFC822.HEADER", .section = "[HEADER]", .flags = FETCH_TEXT,
	    .print = fetch_section_print },
	{ .name = "RFC822.TEXT", .section = "[TEXT]",
	    .flags = FETCH_SEEN | FETCH_TEXT, .print = fetch_section_print },
};

/* Number of items in the longest macro. */
#define MACRO_MAX	5

static const struct fetch_macro {
	const char	*name;
	const char	*items[MACRO_MAX + 1];	/* NULL after the last */
} fetch_macros[] = {
	{ .name = "ALL", .items = { "FLAGS", "INTERNALDATE", "RFC822.SIZE",
	    "ENVELOPE" } },
	{ .name = "FAST", .items = { "FLAGS", "INTERNALDATE",
	    "RFC822.SIZE" } },
	{ .name = "FULL", .items = { "FLAGS", "INTERNALDATE", "RFC822.SIZE",
	    "ENVELOPE", "BODY" } },
};

static const struct fetch_row *
find_row(struct slice name, bool has_section)
{
	for (size_t i = 0; i < NROWS(fetch_rows); i++)
		if (((fetch_rows[i].flags & FETCH_SECTION) != 0) ==
		    has_section && slice_caseeq_str(name, fetch_rows[i].name))
			return &fetch_rows[i];
	return NULL;
}

static int
add_row(struct arg *a, struct fetch *f, const struct fetch_row *row,
    struct fetch_item **item)
{
	if (f->nitems == FETCH_ITEMS_MAX)
		return arg_fail(a, "Too many items");
	*item = &f->items[f->nitems++];
	(*item)->row = row;
	f->need |= row->need;
	f->flags |= row->flags;
	return 0;
}

int
fetch_item_add(struct arg *a, struct fetch *f, const char *name)
{
	const struct fetch_row *row = find_row(slice_str(name), false);
	struct fetch_item *item;

	for (size_t i = 0; i < f->nitems; i++)
		if (f->items[i].row == row)
			return 0;
	return add_row(a, f, row, &item);
}

int
fetch_item_parse(struct arg *a, struct fetch *f)
{
	const struct fetch_row *row;
	struct fetch_item *item = NULL;
	struct slice name, section;
	struct arg fixed;

	if (arg_word(a, &name) == -1)
		return -1;
	if ((row = find_row(name, arg_peek(a) == '[')) == NULL)
		return arg_fail(a, "Unknown item of FETCH");
	if ((row->flags & FETCH_SECTION) == 0 && row->section == NULL)
		return fetch_item_add(a, f, row->name);
	if (add_row(a, f, row, &item) == -1)
		return -1;
	if (row->section != NULL) {
		section = slice_str(row->section);
		arg_init(&fixed, section, a->arena, NULL);
		if (section_parse(&fixed, &item->section) == -1)
			return arg_fail(a, fixed.error);
	} else if (section_parse(a, &item->section) == -1 ||
	    section_partial_parse(a, &item->off, &item->max) == -1)
		return -1;
	f->need |= fetch_section_need(item);
	return 0;
}

int
fetch_item_labels(struct fetch *f, struct arena *arena)
{
	struct reply r;
	struct buf text;
	int rv = 0;

	for (size_t i = 0; i < f->nitems && rv == 0; i++) {
		struct fetch_item *item = &f->items[i];

		if (item->row->print != fetch_section_print)
			continue;
		buf_init(&text, BUF_NOCAP);
		reply_init(&r, &text);
		fetch_section_print_label(&r, item);
		item->label = arena_dup(arena, buf_slice(&text));
		buf_clear(&text);
		if (r.failed || item->label.p == NULL)
			rv = -1;
	}
	return rv;
}

int
fetch_item_parse_macro(struct arg *a, struct fetch *f)
{
	for (size_t i = 0; i < NROWS(fetch_macros); i++) {
		if (!arg_if_word(a, fetch_macros[i].name))
			continue;
		for (const char *const *item = fetch_macros[i].items;
		    *item != NULL; item++)
			if (fetch_item_add(a, f, *item) == -1)
				return -1;
		return 1;
	}
	return 0;
}
