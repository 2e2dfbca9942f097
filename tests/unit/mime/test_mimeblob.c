/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Structures in the index: what is kept of a message, and which damage is
 * found.  The suite mime has the texts and the sections of a blob.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "storage/mime/mimeblob.h"
#include "storage/mime/varint.h"
#include "tests/unit/util.h"

/* What a blob keeps of each part, as the parser found it. */
#define CT	"Content-Type: "
static const struct {
	const char	*msg;
	const char	*why;
} messages[] = {
	{ "", "nothing" },
	{ "\nx\n", "no header" },
	{ "A: b\r\n\r\nx\r\n", "CRLF" },
	{ "A: b\n\nx\r\ny\n", "some line ends without CR" },
	{ CT "text/html; charset=utf-8\n\nx", "a type and a charset" },
	{ CT "text/plain; charset=\"\"\n\nx", "an empty charset" },
	{ CT "image/png\nContent-Transfer-Encoding: base64\n\neA==\n",
	    "an encoding" },
	{ "MIME-Version: 1.0\nContent-Transfer-Encoding: x-new\n\n",
	    "an unknown encoding" },
	{ CT "multipart/x; boundary=b\n\npre\n--b\n" CT "a/b; charset=c\n\n"
	    "one\n--b\n\ntwo\n--b--\nepi\n", "two parts" },
	{ CT "multipart/x; boundary=b\n\n--b--\n", "no parts" },
	{ CT "message/rfc822\n\n" CT "multipart/x; boundary=b\n\n--b\n"
	    CT "message/rfc822\n\nA: b\n\nx\n--b\n\ny\n--b--\n",
	    "messages in messages" },
};

static void
check_part(const char *msg, const char *why, const struct mime_part *got,
    const struct mime_part *want)
{
	const struct param *a, *b;

	ck_row_eq(msg, why, got->kind, want->kind);
	ck_row_eq(msg, why, got->encoding, want->encoding);
	ck_row_eq(msg, why, got->flags, want->flags);
	ck_row_eq(msg, why, got->depth, want->depth);
	ck_row_eq(msg, why, got->start.raw, want->start.raw);
	ck_row_eq(msg, why, got->start.wire, want->start.wire);
	ck_row_eq(msg, why, got->body.raw, want->body.raw);
	ck_row_eq(msg, why, got->body.wire, want->body.wire);
	ck_row_eq(msg, why, got->end.raw, want->end.raw);
	ck_row_eq(msg, why, got->end.wire, want->end.wire);
	ck_row_eq(msg, why, got->end.lines - got->body.lines,
	    want->end.lines - want->body.lines);
	ck_row_eq(msg, why, got->type.p == NULL, want->type.p == NULL);
	ck_row_eq(msg, why, got->type, want->type);
	ck_row_eq(msg, why, got->subtype, want->subtype);
	a = param_find(got->params, got->nparams, "charset");
	b = param_find(want->params, want->nparams, "charset");
	ck_row_eq(msg, why, a == NULL ? SLICE_EMPTY : a->value,
	    b == NULL ? SLICE_EMPTY : b->value);
}

static void
check_tree(const char *msg, const char *why, const struct mime_part *got,
    const struct mime_part *want)
{
	for (; got != NULL && want != NULL;
	    got = got->next, want = want->next) {
		check_part(msg, why, got, want);
		check_tree(msg, why, got->child, want->child);
	}
	ck_row(msg, why, got == NULL && want == NULL);
}

START_TEST(test_mimeblob_tree)
{
	const char *msg = messages[_i].msg, *why = messages[_i].why;
	const struct mime_part *root;
	struct mime_message *m;
	struct mimeblob mb;
	struct buf b;

	m = unit_mime(&unit_arena, slice_str(msg));
	ck_assert_ptr_nonnull(m);
	buf_init(&b, BUF_NOCAP);
	ck_assert_int_eq(mimeblob_put(&b, m), 0);
	ck_row_eq(msg, why, mimeblob_parse(&mb, buf_slice(&b)), 0);
	ck_row_eq(msg, why, mb.nparts, m->nparts);
	ck_row_eq(msg, why, mb.size, m->root->end.raw);
	ck_row_eq(msg, why, mb.wire, m->root->end.wire);
	root = mimeblob_parts(&mb, &unit_arena);
	ck_row(msg, why, root != NULL);
	check_tree(msg, why, root, m->root);
	buf_clear(&b);
}
END_TEST

static void
put(struct buf *b, const uint64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(varint_put(b, numbers[i]), 0);
}

/* The head of a blob: version to parts, the lengths, then the octets. */
static const struct {
	uint64_t	 numbers[9];
	const char	*rest;
	bool		 good;
	const char	*why;
} heads[] = {
	{ { 2, 0, 10, 20, 1, 1, 2, 3, 4 }, "abbcccdddd", true, "a blob" },
	{ { 2, 3, 10, 10, 1, 0, 0, 0, 0 }, "", true, "both flags" },
	{ { 2, 0, 0, 0, MIME_PARTS_MAX, 0, 0, 0, 0 }, "", true,
	    "as many parts as there may be" },
	{ { 1, 0, 10, 20, 1, 0, 0, 0, 0 }, "", false, "an old version" },
	{ { 3, 0, 10, 20, 1, 0, 0, 0, 0 }, "", false, "a new version" },
	{ { 2, 4, 10, 20, 1, 0, 0, 0, 0 }, "", false, "an unknown flag" },
	{ { 2, 0, 10, 9, 1, 0, 0, 0, 0 }, "", false,
	    "fewer octets than bytes" },
	{ { 2, 0, 10, 21, 1, 0, 0, 0, 0 }, "", false,
	    "more CRs than bytes" },
	{ { 2, 0, 10, 20, 0, 0, 0, 0, 0 }, "", false, "no parts" },
	{ { 2, 0, 10, 20, MIME_PARTS_MAX + 1, 0, 0, 0, 0 }, "", false,
	    "too many parts" },
	{ { 2, 0, 10, 20, 1, 1, 1, 1, 2 }, "abcd", false, "an octet less" },
	{ { 2, 0, 10, 20, 1, 1, 1, 1, 0 }, "abcd", false, "an octet more" },
	{ { 2, 0, 10, 20, 1, 5, 0, 0, 0 }, "abcd", false,
	    "an envelope that is too long" },
	{ { 2, 0, 10, 20, 1, 0, UINT64_MAX, 0, 0 }, "abcd", false,
	    "a length that would wrap" },
};

START_TEST(test_mimeblob_head)
{
	struct slice text;
	struct mimeblob mb;
	struct buf b;

	buf_init(&b, 1024);
	put(&b, heads[_i].numbers, NROWS(heads[_i].numbers));
	ck_assert_int_eq(buf_add_str(&b, heads[_i].rest), 0);
	text = unit_tight(buf_slice(&b));
	ck_row_eq(heads[_i].rest, heads[_i].why, mimeblob_parse(&mb, text),
	    heads[_i].good ? 0 : -1);
	if (heads[_i].good) {
		ck_row_eq(heads[_i].why, "flag", mb.has_nul,
		    heads[_i].numbers[1] != 0);
		ck_row_eq(heads[_i].why, "flag", mb.has_bare_lf,
		    heads[_i].numbers[1] != 0);
		ck_row_eq(heads[_i].why, "length", mb.envelope.len,
		    heads[_i].numbers[5]);
		ck_row_eq(heads[_i].why, "length", mb.bodystructure.len,
		    heads[_i].numbers[6]);
		ck_row_eq(heads[_i].why, "length", mb.spans.len,
		    heads[_i].numbers[7]);
		ck_row_eq(heads[_i].why, "length", mb.table.len,
		    heads[_i].numbers[8]);
	}
	free((char *)text.p);
	buf_clear(&b);
}
END_TEST

/*
 * Tables for a message of 100 bytes.  A row has kind and encoding, children,
 * the places of start, body and end, each from the one before, lines, and the
 * lengths of type, subtype and charset, which are all empty here.
 */
#define NUMBERS_MAX	36
#define OTHER		3
#define MESSAGE		2
#define MULTI		1

static const struct {
	size_t		 nparts;
	bool		 bare_lf;	/* three numbers more before lines */
	size_t		 n;
	uint64_t	 numbers[NUMBERS_MAX];
	bool		 good;
	const char	*why;
} tables[] = {
	{ 1, false, 9, { 0, 0, 0, 10, 90, 5, 0, 0, 0 }, true, "a text" },
	{ 1, false, 9, { OTHER + 4 * MIME_UNKNOWN, 0, 0, 0, 100, 0, 0, 0, 0 },
	    true, "the last encoding" },
	{ 1, false, 9, { OTHER + 4 * (MIME_UNKNOWN + 1), 0, 0, 0, 100, 0, 0,
	    0, 0 }, false, "no such encoding" },
	{ 1, false, 9, { OTHER + 32, 0, 0, 0, 100, 0, 0, 0, 0 }, true,
	    "an opaque part" },
	{ 1, false, 9, { 64, 0, 0, 0, 100, 0, 0, 0, 0 }, false,
	    "no such flag" },
	{ 1, false, 9, { 0, 0, 0, 10, 91, 5, 0, 0, 0 }, false,
	    "an end behind the message's" },
	{ 1, false, 9, { 0, 0, 0, 101, 0, 5, 0, 0, 0 }, false,
	    "a body behind the end" },
	{ 1, false, 9, { 0, 0, 101, 0, 0, 5, 0, 0, 0 }, false,
	    "a start behind the end" },
	{ 1, false, 9, { 0, 0, 0, UINT64_MAX, 1, 5, 0, 0, 0 }, false,
	    "a sum that would wrap" },
	{ 1, false, 9, { 0, 1, 0, 10, 90, 5, 0, 0, 0 }, false,
	    "a text with a child" },
	{ 1, false, 9, { MESSAGE, 0, 0, 10, 90, 5, 0, 0, 0 }, false,
	    "a message without its content" },
	{ 1, false, 9, { MULTI, 0, 0, 10, 90, 5, 0, 0, 0 }, true,
	    "a multipart without parts" },
	{ 1, false, 9, { MULTI, 1, 0, 10, 90, 5, 0, 0, 0 }, false,
	    "a part that is missing" },
	{ 1, false, 9, { MULTI, 2, 0, 10, 90, 5, 0, 0, 0 }, false,
	    "more children than parts" },
	{ 1, false, 10, { 0, 0, 0, 10, 90, 5, 0, 0, 0, 0 }, false,
	    "something after the last row" },
	{ 1, false, 8, { 0, 0, 0, 10, 90, 5, 0, 0 }, false,
	    "half of a row" },
	{ 1, true, 12, { 0, 0, 0, 10, 90, 0, 10, 90, 5, 0, 0, 0 }, true,
	    "all line ends without CR" },
	{ 1, true, 12, { 0, 0, 0, 10, 90, 0, 11, 0, 5, 0, 0, 0 }, false,
	    "more line ends than bytes" },
	{ 1, true, 9, { 0, 0, 0, 10, 90, 5, 0, 0, 0 }, false,
	    "no numbers of line ends" },
	{ 2, false, 18, { MESSAGE, 1, 0, 10, 90, 5, 0, 0, 0,
	    0, 0, 10, 5, 85, 0, 0, 0, 0 }, true, "a message in a message" },
	{ 2, false, 18, { MESSAGE, 1, 0, 10, 90, 5, 0, 0, 0,
	    0, 0, 9, 5, 85, 0, 0, 0, 0 }, false,
	    "a child that begins before its parent's body" },
	{ 2, false, 18, { MULTI, 1, 0, 10, 80, 5, 0, 0, 0,
	    0, 0, 10, 5, 76, 0, 0, 0, 0 }, false,
	    "a child that ends after its parent" },
	{ 2, false, 18, { 0, 0, 0, 10, 80, 5, 0, 0, 0,
	    0, 0, 90, 5, 5, 0, 0, 0, 0 }, false, "two messages" },
	{ 3, false, 27, { MULTI, 2, 0, 10, 90, 5, 0, 0, 0,
	    0, 0, 20, 5, 5, 0, 0, 0, 0, 0, 0, 10, 5, 5, 0, 0, 0, 0 }, true,
	    "a part behind another" },
	{ 3, false, 27, { MULTI, 2, 0, 10, 90, 5, 0, 0, 0,
	    0, 0, 20, 5, 5, 0, 0, 0, 0, 0, 0, 9, 5, 5, 0, 0, 0, 0 }, false,
	    "a part that overlaps the one before" },
};

START_TEST(test_mimeblob_table)
{
	struct mimeblob mb = {
		.size = 100, .wire = 200, .nparts = tables[_i].nparts,
		.has_bare_lf = tables[_i].bare_lf,
	};
	struct buf b;

	buf_init(&b, 1024);
	put(&b, tables[_i].numbers, tables[_i].n);
	mb.table = unit_tight(buf_slice(&b));
	ck_row_eq(_i, tables[_i].why, mimeblob_parts(&mb, &unit_arena) != NULL,
	    tables[_i].good);
	free((char *)mb.table.p);
	buf_clear(&b);
}
END_TEST

/* Messages nest as deep as the parser lets them, and no deeper. */
START_TEST(test_mimeblob_depth)
{
	struct mimeblob mb = { .size = 100, .wire = 100 };
	struct buf b;

	for (size_t depth = MIME_DEPTH_MAX; depth <= MIME_DEPTH_MAX + 1;
	    depth++) {
		buf_init(&b, 8192);
		for (size_t i = 0; i < depth; i++)
			put(&b, (const uint64_t[]){ MESSAGE, 1, 0, 0, 100, 0,
			    0, 0, 0 }, 9);
		put(&b, (const uint64_t[]){ 0, 0, 0, 0, 100, 0, 0, 0, 0 }, 9);
		mb.nparts = depth + 1;
		mb.table = buf_slice(&b);
		ck_row_eq(depth, "levels", mimeblob_parts(&mb, &unit_arena) !=
		    NULL, depth == MIME_DEPTH_MAX);
		buf_clear(&b);
	}
}
END_TEST

Suite *
suite_mimeblob(void)
{
	Suite *s = suite_create("mimeblob");
	TCase *tc = tcase_create("mimeblob");

	tcase_add_checked_fixture(tc, unit_arena_setup,
	    unit_arena_teardown);
	tcase_add_loop_test(tc, test_mimeblob_tree, 0, NROWS(messages));
	tcase_add_loop_test(tc, test_mimeblob_head, 0, NROWS(heads));
	tcase_add_loop_test(tc, test_mimeblob_table, 0, NROWS(tables));
	tcase_add_test(tc, test_mimeblob_depth);
	suite_add_tcase(s, tc);
	return s;
}
