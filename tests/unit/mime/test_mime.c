/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* MIME structure: the parser, its texts, blobs and sections. */
#include "config.h"

#include <stdlib.h>

#include "common/base/crlf.h"
#include "storage/mime/mime.h"
#include "storage/mime/mimeblob.h"
#include "tests/unit/util.h"

#define ARENA	((size_t)64 << 20)

/* Extension data of a part without any. */
#define EXT	" NIL NIL NIL NIL)"
#define TEXT	"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL " \
		"\"7bit\" "
#define NOENV	"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
#define MULTI(s) "Content-Type: multipart/" s "; boundary=b\n"

/* A message and its BODYSTRUCTURE. */
static const struct {
	struct slice	 msg;
	const char	*want;
	const char	*why;
} structures[] = {
	{ LIT("\nbody\n"), TEXT "6 1" EXT, "no fields" },
	{ LIT(""), TEXT "0 0" EXT, "no bytes" },
	{ LIT("A: b"), TEXT "0 0" EXT, "header without its end" },
	{ LIT("A: b\n\nx\r\ny\n\rz"), TEXT "8 2" EXT,
	    "both line ends, and a bare CR that is none" },
	{ LIT("Content-Transfer-Encoding: base64\n\nx"), TEXT "1 0" EXT,
	    "Content fields without MIME-Version or type are ignored" },
	{ LIT("MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\nx"),
	    "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL "
	    "\"base64\" 1 0" EXT, "and with it are not" },
	{ LIT("Content-Type: text/plain; charset=utf-8; format=flowed\n\n"),
	    "(\"text\" \"plain\" (\"charset\" \"utf-8\" \"format\" "
	    "\"flowed\") NIL NIL \"7bit\" 0 0" EXT, "parameters" },
	{ LIT("Content-Type: text/html\n\n"),
	    "(\"text\" \"html\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" "
	    "0 0" EXT, "default charset of any text" },
	{ LIT("Content-Type: multipart\n\n"), TEXT "0 0" EXT,
	    "RFC 2045, 5.2: a type without subtype is text/plain" },
	{ LIT("Content-Type: application/x; name*1=b; name*0=a\n\n"),
	    "(\"application\" \"x\" (\"name\" \"ab\") NIL NIL \"7bit\" 0"
	    EXT, "RFC 2231 continuations, any order" },
	{ LIT("Content-Type: a/b; n*0*=utf-8''%41; n*1=%; m=1\n\n"),
	    "(\"a\" \"b\" (\"m\" \"1\" \"n*\" \"utf-8''%41%25\") NIL NIL "
	    "\"7bit\" 0" EXT, "not all of them encoded" },
	{ LIT("Content-Type: a/b; n*0=x; n*2=y\n\n"),
	    "(\"a\" \"b\" (\"n*0\" \"x\" \"n*2\" \"y\") NIL NIL \"7bit\" 0"
	    EXT, "a gap" },
	{ LIT(MULTI("mixed") "\n--b\n\nx\n--b\n\nyy\n--b--\n"),
	    "(" TEXT "1 0" EXT TEXT "2 0" EXT
	    " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)", "two parts" },
	{ LIT(MULTI("mixed") "\n--b\n\nx\n\n--b--"),
	    "(" TEXT "3 1" EXT
	    " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)",
	    "only the last line end is the boundary's" },
	{ LIT(MULTI("mixed") "\n--b--\n"),
	    "(" TEXT "0 0" EXT " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)",
	    "no parts: the grammar wants one" },
	{ LIT(MULTI("mixed") "\n--b\nContent-Type: text/html\n--b--\n"),
	    "((\"text\" \"html\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" "
	    "0 0" EXT " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)",
	    "a header cut by the boundary" },
	{ LIT(MULTI("digest") "\n--b\n\nSubject: s\n\nx\n--b--\n"),
	    "((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 15 (NIL \"s\" NIL "
	    "NIL NIL NIL NIL NIL NIL NIL) " TEXT "1 0" EXT " 2" EXT
	    " \"digest\" (\"boundary\" \"b\") NIL NIL NIL)",
	    "RFC 2046, 5.1.5: default type in a digest" },
	{ LIT("Content-Type: message/rfc822\n\n\nx\n"),
	    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 5 " NOENV " "
	    TEXT "3 1" EXT " 2" EXT, "a message that is one" },
	{ LIT("Content-Type: message/rfc822\n"),
	    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 0 " NOENV " "
	    TEXT "0 0" EXT " 0" EXT, "without anything in it" },
	{ LIT(MULTI("mixed")
	    "\n--b\nContent-Disposition: attachment; filename=\"a\\\"b\"\n"
	    "Content-ID: <i>\nContent-Description: d\n e\nContent-MD5: m\n"
	    "Content-Language: en, de\nContent-Location: l\n"
	    "Content-Type: image/png\n\n\n--b--\n"),
	    "((\"image\" \"png\" NIL \"<i>\" \"d e\" \"7bit\" 0 \"m\" "
	    "(\"attachment\" (\"filename\" \"a\\\"b\")) (\"en\" \"de\") "
	    "\"l\") \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)",
	    "RFC 3501, 7.4.2: the order of extension data" },
	{ LIT("Content-Type: a/b; c=\"\xc3\xa9\"\n\n"),
	    "(\"a\" \"b\" (\"c\" {2}\r\n\xc3\xa9) NIL NIL \"7bit\" 0" EXT,
	    "8-bit makes a literal" },
};

/* A header and its ENVELOPE. */
#define X1	"((NIL NIL \"a\" \"b\"))"
static const struct {
	struct slice	 msg;
	const char	*want;
	const char	*why;
} envelopes[] = {
	{ LIT("\n"), NOENV, "absent is NIL" },
	{ LIT("Subject:\nDate:\nIn-Reply-To: \nMessage-ID:\n\n"),
	    "(\"\" \"\" NIL NIL NIL NIL NIL NIL \"\" \"\")",
	    "RFC 3501, 7.4.2: empty is the empty string" },
	{ LIT("From: a@b\nSender:\n\n"),
	    "(NIL NIL " X1 " " X1 " " X1 " NIL NIL NIL NIL NIL)",
	    "Sender and Reply-To default to From" },
	{ LIT("Subject: a\n\tb  c \nMessage-ID:\n <x>\n\n"),
	    "(NIL \"a b c\" NIL NIL NIL NIL NIL NIL NIL \" <x>\")",
	    "folding" },
	{ LIT("Subject: a\0b\n\n"),
	    "(NIL {5}\r\na\xef\xbf\xbd""b NIL NIL NIL NIL NIL NIL NIL NIL)",
	    "no NUL in any string" },
	{ LIT("Subject: =?utf-8?q?x?= \"y\\\n\n"),
	    "(NIL \"=?utf-8?q?x?= \\\"y\\\\\" NIL NIL NIL NIL NIL NIL NIL "
	    "NIL)", "encoded words stay" },
	{ LIT("To: a@b\nTo: c@d\n\n"),
	    "(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" "
	    "\"d\")) NIL NIL NIL NIL)", "addresses add up" },
};

/* BODY[section] of a message: the path, and the octets it selects. */
#define OUTER	"Subject: o\n" MULTI("mixed") "\npre\n"
#define INNER	"Subject: i\nContent-Type: multipart/x; boundary=c\n\n" \
		"--c\nA: 1\n\none\n--c\n\ntwo\n--c--\n"
#define FULL	OUTER "--b\n\nfirst\n--b\nContent-Type: message/rfc822\n\n" \
		INNER "\n--b\nContent-Type: multipart/y; boundary=d\n\n"    \
		"--d\n\ndeep\n--d--\n--b--\nepi\n"
#define PLAIN	"Subject: p\n\nplain\n"
static const struct {
	const char	*msg;
	const char	*path;		/* numbers, then H, T or M */
	const char	*want;		/* NULL: no such section */
	const char	*why;
} sections[] = {
	{ PLAIN, "", PLAIN, "all of it" },
	{ PLAIN, "H", "Subject: p\n\n", "the header, with its empty line" },
	{ PLAIN, "T", "plain\n", "the text" },
	{ PLAIN, "1", "plain\n",
	    "a message that is no multipart has one part" },
	{ PLAIN, "1M", "Subject: p\n\n",
	    "MIME of part 1 is the header of the message" },
	{ PLAIN, "1H", NULL, "HEADER is only of a message" },
	{ PLAIN, "1T", NULL, "TEXT is only of a message" },
	{ PLAIN, "M", NULL, "MIME needs a number (RFC 3501, 6.4.5)" },
	{ PLAIN, "2", NULL, "no second part" },
	{ PLAIN, "0", NULL, "part numbers begin with 1" },
	{ FULL, "", FULL, "all of it" },
	{ FULL, "1", "first", "the first part" },
	{ FULL, "1M", "\n", "an empty header" },
	{ FULL, "1H", NULL, "HEADER of a part that is no message" },
	{ FULL, "2", INNER, "a message within" },
	{ FULL, "2M", "Content-Type: message/rfc822\n\n", "its MIME header" },
	{ FULL, "2H", "Subject: i\nContent-Type: multipart/x; boundary=c\n\n",
	    "its own header" },
	{ FULL, "2T", "--c\nA: 1\n\none\n--c\n\ntwo\n--c--\n", "its own text" },
	{ FULL, "21", "one", "its first part" },
	{ FULL, "21M", "A: 1\n\n", "the MIME header of that" },
	{ FULL, "22", "two", "its second part" },
	{ FULL, "23", NULL, "it has no third" },
	{ FULL, "3", "--d\n\ndeep\n--d--", "a multipart as a part" },
	{ FULL, "31", "deep", "its first part" },
	{ FULL, "4", NULL, "no fourth part" },
	{ FULL, "11", NULL, "a part of a text" },
	{ FULL, "311", NULL, "a part of a text, deeper" },
	{ PLAIN, "11", NULL, "a part of the only part" },
	{ "Content-Type: message/rfc822\n\n" PLAIN, "1", PLAIN,
	    "a message as the message" },
	{ "Content-Type: message/rfc822\n\n" PLAIN, "1H", "Subject: p\n\n",
	    "the header of the inner one" },
	{ "Content-Type: message/rfc822\n\n" PLAIN, "11", "plain\n",
	    "the part of the inner one" },
};

static int
feed(void *ctx, struct slice piece)
{
	mime_feed(ctx, piece);
	return 0;
}

/*
 * The blob of a message that is fed in pieces, or in two with a cut (chunk
 * NONE).
 */
static void
blob_of(struct buf *out, struct arena *a, struct slice msg, size_t chunk,
    size_t cut)
{
	struct mime_parser *p;
	struct mime_message *m;

	p = mime_parser_new(a);
	if (chunk == SLICE_NONE)
		(void)unit_feed_cut(feed, p, msg, cut);
	else
		(void)unit_feed(feed, p, msg, chunk);
	m = mime_finish(p);
	ck_assert_ptr_nonnull(m);
	mime_parser_free(p);
	ck_assert_int_eq(mimeblob_put(out, m), 0);
}

/* The blob is the same however the message is fed. */
static void
check_pieces(struct slice msg, size_t step)
{
	struct buf whole, b;
	struct arena a;
	size_t i;

	arena_init(&a, ARENA);
	buf_init(&whole, BUF_NOCAP);
	buf_init(&b, BUF_NOCAP);
	blob_of(&whole, &a, msg, 0, 0);
	for (i = 1; i <= msg.len; i += step) {
		blob_of(&b, &a, msg, i, 0);
		ck_slice_eq(buf_slice(&b), buf_slice(&whole));
		buf_truncate(&b, 0);
		blob_of(&b, &a, msg, SLICE_NONE, i);
		ck_slice_eq(buf_slice(&b), buf_slice(&whole));
		buf_truncate(&b, 0);
		arena_reset(&a);
	}
	buf_clear(&b);
	buf_clear(&whole);
	arena_clear(&a);
}

static void
check_text(struct slice msg, const char *why, const char *envelope,
    const char *structure)
{
	struct mimeblob mb;
	struct arena a;
	struct buf b;

	arena_init(&a, ARENA);
	buf_init(&b, BUF_NOCAP);
	blob_of(&b, &a, msg, 0, 0);
	ck_assert_int_eq(mimeblob_parse(&mb, buf_slice(&b)), 0);
	if (envelope != NULL)
		ck_row_eq(msg, why, mb.envelope, envelope);
	if (structure != NULL)
		ck_row_eq(msg, why, mb.bodystructure, structure);
	buf_clear(&b);
	arena_clear(&a);
}

START_TEST(test_mime_structure)
{
	check_text(structures[_i].msg, structures[_i].why, NULL,
	    structures[_i].want);
	check_pieces(structures[_i].msg, 1);
}
END_TEST

START_TEST(test_mime_envelope)
{
	check_text(envelopes[_i].msg, envelopes[_i].why, envelopes[_i].want,
	    NULL);
	check_pieces(envelopes[_i].msg, 1);
}
END_TEST

static size_t
section_path(const char *s, uint32_t path[8], enum mime_section *what)
{
	size_t n = 0;

	*what = MIME_SECTION_WHOLE;
	for (; *s >= '0' && *s <= '9'; s++)
		path[n++] = (uint32_t)(*s - '0');
	if (*s == 'H')
		*what = MIME_SECTION_HEADER;
	else if (*s == 'T')
		*what = MIME_SECTION_TEXT;
	else if (*s == 'M')
		*what = MIME_SECTION_MIME;
	return n;
}

/* Find a section with the blob's tree, in the message's text. */
static void
check_section(struct slice msg, const char *path_text, const char *want,
    const char *why)
{
	uint32_t path[8];
	enum mime_section what;
	struct mime_part *root;
	struct mimeblob mb;
	struct crlf st = { false };
	struct stretch s;
	struct slice got;
	struct arena a;
	struct buf b;
	size_t n;
	int ret;

	arena_init(&a, ARENA);
	buf_init(&b, BUF_NOCAP);
	blob_of(&b, &a, msg, 0, 0);
	ck_assert_int_eq(mimeblob_parse(&mb, buf_slice(&b)), 0);
	root = mimeblob_parts(&mb, &a);
	ck_assert_ptr_nonnull(root);
	n = section_path(path_text, path, &what);
	ret = mimeblob_section(root, path, n, what, &s);
	ck_row_eq(path_text, why, ret, want != NULL);
	if (want != NULL) {
		got = slice_sub(msg, s.raw_off, s.raw_len);
		ck_row_eq(path_text, why, got, want);
		ck_row_eq(path_text, why, s.wire_len, crlf_count(&st, got));
	}
	buf_clear(&b);
	arena_clear(&a);
}

START_TEST(test_mime_section)
{
	struct crlf st = { false }, st2 = { false };
	struct buf msg, want;

	check_section(slice_str(sections[_i].msg), sections[_i].path,
	    sections[_i].want, sections[_i].why);
	buf_init(&msg, BUF_NOCAP);
	buf_init(&want, BUF_NOCAP);
	(void)crlf_add(&st, slice_str(sections[_i].msg), &msg);
	(void)crlf_add(&st2, slice_str(sections[_i].want), &want);
	(void)buf_add_char(&want, '\0');
	check_section(buf_slice(&msg), sections[_i].path,
	    sections[_i].want == NULL ? NULL : buf_slice(&want).p,
	    sections[_i].why);
	buf_clear(&msg);
	buf_clear(&want);
	check_pieces(slice_str(sections[_i].msg), 7);
}
END_TEST

/* BODY is BODYSTRUCTURE without the extension data (RFC 3501, 7.4.2). */
START_TEST(test_mime_body)
{
	struct mimeblob mb;
	struct arena a;
	struct buf b, body;

	arena_init(&a, ARENA);
	buf_init(&b, BUF_NOCAP);
	buf_init(&body, BUF_NOCAP);
	blob_of(&b, &a, slice_str(FULL), 0, 0);
	ck_assert_int_eq(mimeblob_parse(&mb, buf_slice(&b)), 0);
	ck_assert_int_eq(mimeblob_body(&body, &mb), 0);
	ck_slice_eq(buf_slice(&body), slice_str("(" TEXT "5 0)"
	    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 90 (NIL \"i\" NIL "
	    "NIL NIL NIL NIL NIL NIL NIL) (" TEXT "3 0)" TEXT "3 0) \"x\") "
	    "11)(" TEXT "4 0) \"y\") \"mixed\")"));
	buf_clear(&body);
	buf_clear(&b);
	arena_clear(&a);
}
END_TEST

/* Depth and number of parts are bounded, and every octet is in a part. */
START_TEST(test_mime_bounds)
{
	const char *unit[] = {
		MULTI("mixed") "\n--b\n",
		"Content-Type: message/rfc822\n\n",
	};
	struct mime_message *m;
	struct mime_part *part;
	struct arena a;
	struct buf b;
	size_t i, depth;

	for (i = 0; i < 2; i++) {
		buf_init(&b, BUF_NOCAP);
		for (depth = 0; depth < 3 * MIME_DEPTH_MAX; depth++)
			(void)buf_add_str(&b, unit[i]);
		arena_init(&a, ARENA);
		m = unit_mime(&a, buf_slice(&b));
		ck_assert_ptr_nonnull(m);
		for (part = m->root; part != NULL; part = mime_next(part))
			ck_assert_uint_le(part->depth, MIME_DEPTH_MAX);
		ck_assert_uint_eq(m->root->end.raw, buf_len(&b));
		ck_assert_uint_ge(m->nparts, MIME_DEPTH_MAX + 1);
		buf_clear(&b);
		arena_clear(&a);
	}
}
END_TEST

START_TEST(test_mime_many_parts)
{
	struct mime_message *m;
	struct mimeblob mb;
	struct arena a;
	struct buf b, blob;
	size_t i;

	buf_init(&b, BUF_NOCAP);
	buf_init(&blob, BUF_NOCAP);
	(void)buf_add_str(&b, MULTI("mixed") "\n");
	for (i = 0; i < 2 * MIME_PARTS_MAX; i++)
		(void)buf_add_str(&b, "--b\n\nx\n");
	arena_init(&a, ARENA);
	m = unit_mime(&a, buf_slice(&b));
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->nparts, MIME_PARTS_MAX);
	ck_assert_uint_eq(m->root->last->end.raw, buf_len(&b));
	ck_assert_int_eq(mimeblob_put(&blob, m), 0);
	ck_assert_int_eq(mimeblob_parse(&mb, buf_slice(&blob)), 0);
	ck_assert_ptr_nonnull(mimeblob_parts(&mb, &a));
	buf_clear(&blob);
	buf_clear(&b);
	arena_clear(&a);
}
END_TEST

/* A header too long to be parsed is still counted to its end. */
START_TEST(test_mime_huge_header)
{
	struct mime_message *m;
	struct arena a;
	struct buf b, headers;

	buf_init(&b, BUF_NOCAP);
	buf_init(&headers, BUF_NOCAP);
	while (buf_len(&b) < MIME_HEADER_MAX + 1000)
		(void)buf_add_str(&b, "X-Filler: the quick brown fox\n");
	(void)buf_add_str(&b, "\nbody\n");
	arena_init(&a, ARENA);
	m = unit_mime(&a, buf_slice(&b));
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->root->header.len, MIME_HEADER_MAX);
	ck_assert_uint_eq(m->root->end.raw - m->root->body.raw, 5);
	ck_assert_int_eq(mimeblob_headers(&headers, m), 0);
	ck_assert_uint_eq(buf_len(&headers), 0);
	buf_clear(&headers);
	buf_clear(&b);
	arena_clear(&a);
}
END_TEST

/* A message whose texts would be too big can still be read. */
START_TEST(test_mime_huge_texts)
{
	struct mime_message *m;
	struct mime_part *root;
	struct mimeblob mb;
	struct arena a;
	struct buf b, blob;

	buf_init(&b, BUF_NOCAP);
	buf_init(&blob, BUF_NOCAP);
	while (buf_len(&b) <= MIMEBLOB_TEXT_MAX)
		(void)buf_add_str(&b, "longer than those of any header ");
	arena_init(&a, ARENA);
	m = unit_mime(&a, slice_str("Subject: s\n" MULTI("x") "\n--b\n"
	    "Content-Description: d\n\ntext\n--b--\n"));
	m->root->envelope->subject = buf_slice(&b);
	m->root->child->description = buf_slice(&b);
	ck_assert_int_eq(mimeblob_put(&blob, m), 0);
	ck_assert_uint_lt(buf_len(&blob), 1000);
	ck_assert_int_eq(mimeblob_parse(&mb, buf_slice(&blob)), 0);
	ck_slice_eq(mb.envelope, slice_str(NOENV));
	root = mimeblob_parts(&mb, &a);
	ck_assert_ptr_nonnull(root);
	ck_assert_uint_eq(root->end.raw, m->root->end.raw);
	ck_assert_ptr_null(root->child);
	buf_clear(&blob);
	buf_clear(&b);
	arena_clear(&a);
}
END_TEST

/* A full arena is reported, whichever allocation fails. */
START_TEST(test_mime_arena_full)
{
	struct mime_message *m = NULL;
	struct arena a;
	size_t limit;

	for (limit = 0; m == NULL; limit += 512) {
		arena_init(&a, limit);
		m = unit_mime(&a, slice_str(FULL));
		arena_clear(&a);
		ck_assert_uint_lt(limit, ARENA);
	}
	ck_assert_uint_gt(limit, 512);
}
END_TEST

/*
 * Mutations
 */

static uint32_t seed;

static uint32_t
rnd(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static void
mutate(struct buf *b)
{
	static const struct slice tokens[] = {
		SLICE_INIT("\n"), SLICE_INIT("\r\n"), SLICE_INIT("--b\n"),
		SLICE_INIT("--b--\n"), SLICE_INIT("--c"), SLICE_INIT("\n\n"),
		SLICE_INIT("--"), SLICE_INIT("\r"), SLICE_INIT("\0"),
		SLICE_INIT(MULTI("digest")), SLICE_INIT("\""),
		SLICE_INIT("Content-Type: message/rfc822\n\n"),
		SLICE_INIT("("), SLICE_INIT(";n*0="), SLICE_INIT("To: g:"),
	};
	struct slice s = buf_slice(b), t;
	struct buf n;
	size_t at = rnd((uint32_t)s.len + 1);

	buf_init(&n, BUF_NOCAP);
	(void)buf_add_slice(&n, slice_sub(s, 0, at));
	if (rnd(3) == 0) {
		(void)buf_add_slice(&n, slice_from(s, at + rnd(20)));
	} else {
		t = tokens[rnd((uint32_t)NROWS(tokens))];
		(void)buf_add_slice(&n, t);
		(void)buf_add_slice(&n, slice_from(s, at + rnd(2)));
	}
	buf_clear(b);
	*b = n;
}

static void
check_tree(const struct mime_part *root, uint64_t size)
{
	const struct mime_part *p;

	ck_assert_uint_eq(root->end.raw, size);
	for (p = root; p != NULL; p = mime_next(p)) {
		ck_assert_uint_le(p->start.raw, p->body.raw);
		ck_assert_uint_le(p->body.raw, p->end.raw);
		if (p->parent != NULL) {
			ck_assert_uint_ge(p->start.raw, p->parent->body.raw);
			ck_assert_uint_le(p->end.raw, p->parent->end.raw);
		}
		if (p->next != NULL)
			ck_assert_uint_le(p->end.raw, p->next->start.raw);
		if (p->kind == MIME_MESSAGE) {
			ck_assert_ptr_nonnull(p->child);
			ck_assert_ptr_null(p->child->next);
		}
	}
}

START_TEST(test_mime_mutations)
{
	struct mime_part *root;
	struct mimeblob mb;
	struct buf msg, b, b2;
	struct arena a;
	int i, n;

	seed = (uint32_t)_i + 1;
	for (i = 0; i < 400; i++) {
		buf_init(&msg, BUF_NOCAP);
		buf_init(&b, BUF_NOCAP);
		buf_init(&b2, BUF_NOCAP);
		arena_init(&a, ARENA);
		(void)buf_add_str(&msg, FULL);
		for (n = (int)rnd(8); n >= 0; n--)
			mutate(&msg);
		blob_of(&b, &a, buf_slice(&msg), 0, 0);
		blob_of(&b2, &a, buf_slice(&msg), 1 + rnd(90), 0);
		ck_slice_eq(buf_slice(&b2), buf_slice(&b));
		ck_assert_int_eq(mimeblob_parse(&mb, buf_slice(&b)), 0);
		root = mimeblob_parts(&mb, &a);
		ck_assert_ptr_nonnull(root);
		check_tree(root, buf_len(&msg));
		buf_clear(&msg);
		buf_clear(&b);
		buf_clear(&b2);
		arena_clear(&a);
	}
}
END_TEST

/* A damaged blob is refused, or describes some message of the same size. */
START_TEST(test_mime_blob_damage)
{
	struct mime_part *root;
	struct mimeblob mb;
	struct slice bad;
	struct buf b, body;
	struct arena a;
	size_t i;

	arena_init(&a, ARENA);
	buf_init(&b, BUF_NOCAP);
	blob_of(&b, &a, slice_str(FULL), 0, 0);
	for (i = 0; i < buf_len(&b); i++)
		ck_assert_int_eq(mimeblob_parse(&mb,
		    slice_sub(buf_slice(&b), 0, i)), -1);
	seed = 1;
	for (i = 0; i < 20000; i++) {
		bad = unit_tight(buf_slice(&b));
		((char *)(uintptr_t)bad.p)[i % bad.len] ^=
		    (char)(1U << rnd(8));
		if (mimeblob_parse(&mb, bad) == 0) {
			buf_init(&body, BUF_NOCAP);
			(void)mimeblob_body(&body, &mb);
			buf_clear(&body);
			root = mimeblob_parts(&mb, &a);
			if (root != NULL)
				check_tree(root, root->end.raw);
		}
		free((void *)(uintptr_t)bad.p);
		arena_reset(&a);
	}
	buf_clear(&b);
	arena_clear(&a);
}
END_TEST

Suite *
suite_mime(void)
{
	Suite *s = suite_create("mime");
	TCase *tc = tcase_create("mime");

	tcase_add_loop_test(tc, test_mime_structure, 0, NROWS(structures));
	tcase_add_loop_test(tc, test_mime_envelope, 0, NROWS(envelopes));
	tcase_add_loop_test(tc, test_mime_section, 0, NROWS(sections));
	tcase_add_test(tc, test_mime_body);
	tcase_add_test(tc, test_mime_bounds);
	tcase_add_test(tc, test_mime_many_parts);
	tcase_add_test(tc, test_mime_huge_header);
	tcase_add_test(tc, test_mime_huge_texts);
	tcase_add_test(tc, test_mime_arena_full);
	tcase_add_loop_test(tc, test_mime_mutations, 0, 5);
	tcase_add_test(tc, test_mime_blob_damage);
	suite_add_tcase(s, tc);
	return s;
}
