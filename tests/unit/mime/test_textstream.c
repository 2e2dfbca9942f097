/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* A message as the text that SEARCH looks at. */
#include "config.h"

#include "storage/mime/match.h"
#include "storage/mime/textstream.h"
#include "tests/unit/util.h"

#define ARENA	((size_t)16 << 20)

#define CTE	"Content-Type: text/plain\nContent-Transfer-Encoding: "
#define FOLDED	"CONTENT-TYPE: TEXT/PLAIN\nCONTENT-TRANSFER-ENCODING: "

static const struct {
	const char	*msg;
	unsigned int	 what;
	const char	*want;
	const char	*why;
} texts[] = {
	{ "Subject: caf=\xc3\xa9\n\nBody\n", TEXTSTREAM_TEXT,
	    "SUBJECT: CAF=E\xcc\x81\nBODY\n\n", "folded" },
	{ "Subject: =?utf-8?q?a?=\n =?utf-8?q?b?=\n\nx", TEXTSTREAM_HEADER,
	    "SUBJECT: AB\n", "header only" },
	{ "Subject: s\n\nx", TEXTSTREAM_BODY, "X\n", "body only" },
	{ "Content-Type: text/plain; charset=iso-8859-1\n"
	    "Content-Transfer-Encoding: quoted-printable\n\na=E9=\nb\n",
	    TEXTSTREAM_BODY, "AE\xcc\x81" "B\n\n", "quoted-printable" },
	{ "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: base64\n\nYcOp\nYg\n",
	    TEXTSTREAM_BODY, "AE\xcc\x81" "B\n", "base64, lines and no end" },
	{ "Content-Type: image/png\n\nnot text\n", TEXTSTREAM_BODY, "",
	    "no text" },
	{ "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n"
	    "--b\nContent-Disposition: a; filename=f\n"
	    "Content-Type: a/b\n\ntwo\n--b\nContent-Type: message/rfc822\n\n"
	    "To: q\n\nthree\n--b--\n", TEXTSTREAM_BODY,
	    "ONE\nCONTENT-DISPOSITION: A; FILENAME=F\nCONTENT-TYPE: A/B\n"
	    "CONTENT-TYPE: MESSAGE/RFC822\nTO: Q\nTHREE\n",
	    "headers of parts, text of texts" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n"
	    "--b\n" CTE "quoted-printable\n\na=4\n"
	    "--b\n" CTE "quoted-printable\n\n1 \n"
	    "--b\n" CTE "base64\n\nYg\n--b\n" CTE "base64\n\nYw==\n"
	    "--b\n\n\xc3\n--b\n\n\xa9\n--b--\n", TEXTSTREAM_BODY,
	    FOLDED "QUOTED-PRINTABLE\nA=4\n" FOLDED "QUOTED-PRINTABLE\n1\n"
	    FOLDED "BASE64\nB\n" FOLDED "BASE64\nC\n"
	    "\xef\xbf\xbd\n\xef\xbf\xbd\n",
	    "half of something at a part's end is not continued in the next" },
	{ "\na\xff\xe2\x82", TEXTSTREAM_BODY,
	    "A\xef\xbf\xbd\xef\xbf\xbd\n", "invalid bytes" },
	{ "", TEXTSTREAM_TEXT, "", "nothing" },
};

static bool
collect(void *arg, struct slice s)
{
	(void)buf_add_slice(arg, s);
	return false;
}

struct feeding {
	struct textstream	*ts;
	uint64_t		 off;
};

static int
feed(void *ctx, struct slice piece)
{
	struct feeding *f = ctx;
	int ret;

	ret = textstream_feed(f->ts, f->off, piece);
	f->off += piece.len;
	return ret;
}

START_TEST(test_textstream_pieces)
{
	struct slice msg = slice_str(texts[_i].msg);
	struct mime_message *m;
	struct feeding f;
	struct arena a;
	struct buf out;

	arena_init(&a, ARENA);
	m = unit_mime(&a, msg);
	ck_assert_ptr_nonnull(m);
	for (size_t n = 0; n <= 2 * msg.len; n++) {
		buf_init(&out, BUF_NOCAP);
		f.ts = textstream_new(m->root, texts[_i].what, collect, &out);
		f.off = 0;
		ck_row_eq(msg, texts[_i].why, n <= msg.len ?
		    unit_feed(feed, &f, msg, n) :
		    unit_feed_cut(feed, &f, msg, n - msg.len), 0);
		ck_row_eq(msg, texts[_i].why, textstream_finish(f.ts), 0);
		ck_row_eq(msg, texts[_i].why, buf_slice(&out), texts[_i].want);
		textstream_free(f.ts);
		buf_clear(&out);
	}
	arena_clear(&a);
}
END_TEST

/* Parts that nobody wants may be skipped. */
START_TEST(test_textstream_skip)
{
	struct slice msg = slice_str("Content-Type: multipart/x; boundary=b\n\n"
	    "--b\nContent-Type: a/b\n\nbinary\n--b\n\ntext\n--b--\n");
	struct mime_message *m;
	struct textstream *ts;
	struct arena a;
	struct buf out;
	uint64_t want;

	arena_init(&a, ARENA);
	buf_init(&out, BUF_NOCAP);
	m = unit_mime(&a, msg);
	ts = textstream_new(m->root, TEXTSTREAM_BODY, collect, &out);
	while ((want = textstream_want(ts)) != UINT64_MAX)
		ck_assert_int_eq(textstream_feed(ts, want,
		    slice_sub(msg, want, 3)), 0);
	ck_assert_int_eq(textstream_finish(ts), 0);
	ck_slice_eq(buf_slice(&out), slice_str("CONTENT-TYPE: A/B\nTEXT\n"));
	textstream_free(ts);
	buf_clear(&out);
	arena_clear(&a);
}
END_TEST

/*
 * A stream without any time stops between two fields or parts, and the text is
 * the same.
 */
START_TEST(test_textstream_late)
{
	struct slice msg = slice_str("Subject: a\n\tb\nTo: c\nX\n"
	    "Content-Type: multipart/x; boundary=b\n\n"
	    "--b\nContent-Type: text/x\nX-1: d\n\ntext\n--b\n\nmore\n"
	    "--b\nX-2: e\nX-3: f\n");
	struct mime_message *m;
	struct textstream *ts;
	struct arena a;
	struct buf out;
	uint64_t want;
	int ret, feeds = 0, ends = 0;

	arena_init(&a, ARENA);
	buf_init(&out, BUF_NOCAP);
	m = unit_mime(&a, msg);
	ts = textstream_new(m->root, TEXTSTREAM_TEXT, collect, &out);
	textstream_until(ts, 0);
	for (; (want = textstream_want(ts)) < msg.len; feeds++)
		ck_assert_int_eq(textstream_feed(ts, want,
		    slice_from(msg, want)), 0);
	for (; (ret = textstream_finish(ts)) == TEXTSTREAM_MORE; ends++)
		;
	ck_assert_int_eq(ret, 0);
	/* Four fields, a header of two, two bodies; then two fields. */
	ck_assert_int_ge(feeds, 4 + 2 + 2);
	ck_assert_int_ge(feeds + ends, 4 + 2 + 2 + 2);
	ck_slice_eq(buf_slice(&out), slice_str("SUBJECT: A B\nTO: C\nX\n"
	    "CONTENT-TYPE: MULTIPART/X; BOUNDARY=B\n"
	    "CONTENT-TYPE: TEXT/X\nX-1: D\nTEXT\nMORE\nX-2: E\nX-3: F\n"));
	textstream_free(ts);
	buf_clear(&out);
	arena_clear(&a);
}
END_TEST

/* A header of several pieces is the same with time and without. */
START_TEST(test_textstream_late_and_large)
{
	struct buf msg, out[2];
	struct mime_message *m;
	struct textstream *ts;
	struct arena a;
	uint64_t want;

	arena_init(&a, ARENA);
	buf_init(&msg, BUF_NOCAP);
	while (buf_len(&msg) < ((size_t)5 << 19))
		(void)buf_add_fmt(&msg, "X-%zu: %01000d\n", buf_len(&msg), 1);
	m = unit_mime(&a, buf_slice(&msg));
	for (size_t i = 0; i < NROWS(out); i++) {
		buf_init(&out[i], BUF_NOCAP);
		ts = textstream_new(m->root, TEXTSTREAM_TEXT, collect,
		    &out[i]);
		if (i > 0)
			textstream_until(ts, 0);
		while ((want = textstream_want(ts)) < buf_len(&msg))
			ck_assert_int_eq(textstream_feed(ts, want, slice_sub(
			    buf_slice(&msg), want, 100000)), 0);
		while (textstream_finish(ts) == TEXTSTREAM_MORE)
			;
		textstream_free(ts);
	}
	ck_assert(slice_eq(buf_slice(&out[0]), buf_slice(&out[1])));
	ck_assert_uint_ge(buf_len(&out[0]), buf_len(&msg));
	buf_clear(&out[0]);
	buf_clear(&out[1]);
	buf_clear(&msg);
	arena_clear(&a);
}
END_TEST

static bool
matches(void *arg, struct slice s)
{
	return match_feed(arg, s);
}

START_TEST(test_textstream_enough)
{
	struct slice msg = slice_str("Subject: x\n\nneedle\n");
	struct mime_message *m;
	struct textstream *ts;
	struct match ma;
	struct arena a;

	arena_init(&a, ARENA);
	m = unit_mime(&a, msg);
	ck_assert_int_eq(match_init(&ma, SLICE_LIT("NEEDLE")), 0);
	ts = textstream_new(m->root, TEXTSTREAM_TEXT, matches, &ma);
	ck_assert_int_eq(textstream_feed(ts, 0, msg), 1);
	ck_assert_uint_eq(textstream_want(ts), UINT64_MAX);
	textstream_free(ts);
	match_clear(&ma);
	arena_clear(&a);
}
END_TEST

Suite *
suite_textstream(void)
{
	Suite *s = suite_create("textstream");
	TCase *tc = tcase_create("textstream");

	tcase_add_loop_test(tc, test_textstream_pieces, 0, NROWS(texts));
	tcase_add_test(tc, test_textstream_skip);
	tcase_add_test(tc, test_textstream_enough);
	tcase_add_test(tc, test_textstream_late);
	tcase_add_test(tc, test_textstream_late_and_large);
	suite_add_tcase(s, tc);
	return s;
}
