/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* FETCH items: their names in the response, and what they need. */
#include "config.h"

#include <stdlib.h>

#include "imapd/fetch_item.h"
#include "tests/unit/util.h"

#define B	(NEED_FILE | NEED_SIZE)			/* BODY[] */
#define SECTION	(FETCH_SECTION | FETCH_TEXT)
#define S	(NEED_FILE | NEED_STRUCT)		/* a section */
#define H	(NEED_STRUCT | NEED_HEADERS)		/* cached fields */
#define FIELDS	"[HEADER.FIELDS (Subject From)]"

static const struct {
	struct slice	 in;
	const char	*want;		/* names and labels, or NULL: refused */
	uint32_t	 need;
	unsigned int	 flags;
	const char	*why;
} rows[] = {
	{ LIT("FLAGS"), "FLAGS", 0, FETCH_FLAGS, "needs no file" },
	{ LIT("flags"), "FLAGS", 0, FETCH_FLAGS, "an item has no case" },
	{ LIT("UID"), "UID", 0, FETCH_UID, "the UID" },
	{ LIT("MODSEQ"), "MODSEQ", 0, FETCH_MODSEQ, "RFC 7162" },
	{ LIT("INTERNALDATE"), "INTERNALDATE", NEED_DATE, 0,
	    "the date of the file" },
	{ LIT("RFC822.SIZE"), "RFC822.SIZE", NEED_SIZE, 0,
	    "the size on the wire" },
	{ LIT("ENVELOPE"), "ENVELOPE", NEED_STRUCT, 0,
	    "the envelope of the index" },
	{ LIT("BODY"), "BODY", NEED_STRUCT, 0, "the structure" },
	{ LIT("BODYSTRUCTURE"), "BODYSTRUCTURE", NEED_STRUCT, 0,
	    "with extension data" },
	{ LIT("BODY[]"), "BODY[] ", B, SECTION | FETCH_SEEN, "sets \\Seen" },
	{ LIT("body.peek[]"), "BODY[] ", B, SECTION, "PEEK does not" },
	{ LIT("BODY.PEEK[]<0.1>"), "BODY[]<0> ", B, SECTION,
	    "a partial: only where it begins is told (RFC 3501, 7.4.2)" },
	{ LIT("BODY.PEEK[1.2.MIME]<7.4294967295>"), "BODY[1.2.MIME]<7> ", S,
	    SECTION, "the longest partial" },
	{ LIT("BODY.PEEK[header]"), "BODY[HEADER] ", S, SECTION,
	    "a section has no case" },
	{ LIT("BODY.PEEK[3.TEXT]"), "BODY[3.TEXT] ", S, SECTION,
	    "the text of a part" },
	{ LIT("BODY.PEEK" FIELDS), "BODY" FIELDS " ", H, SECTION,
	    "fields that are kept beside the index" },
	{ LIT("BODY.PEEK[HEADER.FIELDS (X-No)]"),
	    "BODY[HEADER.FIELDS (X-No)] ", S, SECTION, "a field that is not" },
	{ LIT("BODY.PEEK[HEADER.FIELDS.NOT (To)]"),
	    "BODY[HEADER.FIELDS.NOT (To)] ", S, SECTION,
	    "all but some fields need the file" },
	{ LIT("BODY.PEEK[1.HEADER.FIELDS (To)]"),
	    "BODY[1.HEADER.FIELDS (To)] ", S, SECTION, "fields of a part" },
	{ LIT("BODY.PEEK[HEADER.FIELDS (\"a b\" {2}\r\nc\" nil)]"),
	    "BODY[HEADER.FIELDS (\"a b\" \"c\\\"\" \"nil\")] ", H,
	    SECTION, "fields as astrings" },
	{ LIT("RFC822"), "RFC822 ", B, FETCH_SEEN | FETCH_TEXT,
	    "RFC822 is BODY[]" },
	{ LIT("RFC822.HEADER"), "RFC822.HEADER ", S, FETCH_TEXT,
	    "RFC822.HEADER sets no \\Seen" },
	{ LIT("RFC822.TEXT"), "RFC822.TEXT ", S, FETCH_SEEN | FETCH_TEXT,
	    "RFC822.TEXT does" },
	{ LIT("ALL"), "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE",
	    NEED_DATE | NEED_SIZE | NEED_STRUCT, FETCH_FLAGS, "a macro" },
	{ LIT("fast"), "FLAGS INTERNALDATE RFC822.SIZE",
	    NEED_DATE | NEED_SIZE, FETCH_FLAGS, "a macro has no case" },
	{ LIT("FULL"), "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY",
	    NEED_DATE | NEED_SIZE | NEED_STRUCT, FETCH_FLAGS,
	    "the longest macro" },
	{ LIT("ALLES"), NULL, 0, 0, "no such item" },
	{ LIT("BODY.PEEK"), NULL, 0, 0, "PEEK needs a section" },
	{ LIT("BODY ["), NULL, 0, 0, "a blank before the section" },
	{ LIT("BODYSTRUCTURE[]"), NULL, 0, 0, "no section here" },
	{ LIT("RFC822[]"), NULL, 0, 0, "RFC822 has no section" },
	{ LIT("RFC822.PEEK"), NULL, 0, 0, "RFC822 has no PEEK" },
	{ LIT("BINARY[1]"), NULL, 0, 0, "BINARY is not offered" },
	{ LIT("BODY[MIME]"), NULL, 0, 0, "MIME needs a part" },
	{ LIT("BODY[TEXT.1]"), NULL, 0, 0, "nothing after TEXT" },
	{ LIT("BODY[1.0]"), NULL, 0, 0, "part numbers begin with 1" },
	{ LIT("BODY[HEADER.FIELDS ()]"), NULL, 0, 0,
	    "an empty list of fields" },
	{ LIT("BODY[HEADER.FIELDS]"), NULL, 0, 0, "no list of fields" },
	{ LIT("BODY[]<0.0>"), NULL, 0, 0, "no octets" },
	{ LIT("BODY[]<0>"), NULL, 0, 0, "no length" },
	{ LIT("BODY[]<4294967296.1>"), NULL, 0, 0, "does not fit 32 bits" },
	{ LIT("FLAGS<0.1>"), NULL, 0, 0, "no partial here" },
	{ LIT(""), NULL, 0, 0, "nothing" },
};

static int
parse(struct slice text, struct fetch *f, struct arg *a)
{
	int macro;

	*f = (struct fetch){ 0 };
	arg_init(a, text, &unit_arena, NULL);
	if ((macro = fetch_item_parse_macro(a, f)) == -1 ||
	    (macro == 0 && fetch_item_parse(a, f) == -1))
		return -1;
	return arg_end(a) == -1 ? -1 : fetch_item_labels(f, &unit_arena);
}

START_TEST(test_fetch_item)
{
	struct slice text = unit_tight(rows[_i].in);
	const char *why = rows[_i].why;
	struct fetch f;
	struct buf out;
	struct arg a;
	int rv;

	rv = parse(text, &f, &a);
	if (rows[_i].want == NULL) {
		ck_row_eq(text, why, rv, -1);
		ck_row(text, why, a.error != NULL);
	} else {
		ck_row_eq(text, why, a.error, (const char *)NULL);
		ck_row_eq(text, why, rv, 0);
		buf_init(&out, 4096);
		for (size_t i = 0; i < f.nitems; i++) {
			ck_assert(i == 0 || buf_add_char(&out, ' ') == 0);
			ck_assert_int_eq(f.items[i].label.p != NULL ?
			    buf_add_slice(&out, f.items[i].label) :
			    buf_add_str(&out, f.items[i].row->name), 0);
		}
		ck_row_eq(text, why, buf_slice(&out), rows[_i].want);
		buf_clear(&out);
		ck_row_eq(text, why, f.need, rows[_i].need);
		ck_row_eq(text, why, f.flags, rows[_i].flags);
	}
	free((void *)(uintptr_t)text.p);
}
END_TEST

/* Every prefix is parsed or refused without reading past its end. */
START_TEST(test_fetch_item_cut)
{
	for (size_t len = 0; len < rows[_i].in.len; len++) {
		struct slice text = unit_tight(slice_sub(rows[_i].in, 0,
		    len));
		struct fetch f;
		struct arg a;

		if (parse(text, &f, &a) == -1)
			ck_row(text, rows[_i].why, a.error != NULL);
		ck_row(text, rows[_i].why, a.p <= a.end);
		free((void *)(uintptr_t)text.p);
	}
}
END_TEST

START_TEST(test_fetch_items_are_bounded)
{
	struct fetch f = { 0 };
	struct arg a;

	for (int i = 0; i < FETCH_ITEMS_MAX; i++) {
		arg_init(&a, SLICE_LIT("BODY[]"), &unit_arena, NULL);
		ck_assert_int_eq(fetch_item_parse(&a, &f), 0);
	}
	arg_init(&a, SLICE_LIT("BODY[]"), &unit_arena, NULL);
	ck_assert_int_eq(fetch_item_parse(&a, &f), -1);
	/*
	 * An item without arguments is stored once, however often it is named.
	 */
	f = (struct fetch){ 0 };
	for (int i = 0; i < 2 * FETCH_ITEMS_MAX; i++)
		ck_assert_int_eq(fetch_item_add(&a, &f, "UID"), 0);
	ck_assert_uint_eq(f.nitems, 1);
}
END_TEST

Suite *
suite_imap_fetch(void)
{
	Suite *s = suite_create("imap_fetch");
	TCase *tc = tcase_create("items");

	tcase_add_checked_fixture(tc, unit_arena_setup,
	    unit_arena_teardown);
	tcase_add_loop_test(tc, test_fetch_item, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_fetch_item_cut, 0, NROWS(rows));
	tcase_add_test(tc, test_fetch_items_are_bounded);
	suite_add_tcase(s, tc);
	return s;
}
