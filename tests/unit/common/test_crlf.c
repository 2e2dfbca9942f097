/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Conversion of LF to CRLF. */
#include "config.h"

#include <stdlib.h>

#include "common/base/crlf.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 raw, want;
	const char	*why;
} texts[] = {
	{ LIT(""), LIT(""), "nothing" },
	{ LIT("\n"), LIT("\r\n"), "LF alone" },
	{ LIT("\r\n"), LIT("\r\n"), "CRLF stays" },
	{ LIT("\r"), LIT("\r"), "CR alone stays" },
	{ LIT("a\nb\n"), LIT("a\r\nb\r\n"), "lines" },
	{ LIT("a\r\nb\r\n"), LIT("a\r\nb\r\n"), "lines that are right" },
	{ LIT("a\r\nb\n\nc"), LIT("a\r\nb\r\n\r\nc"), "some of each" },
	{ LIT("\n\n\n"), LIT("\r\n\r\n\r\n"), "empty lines" },
	{ LIT("a\rb\r\r\n\n\r"), LIT("a\rb\r\r\n\r\n\r"),
	    "CR before anything but LF" },
	{ LIT("a\0\nb"), LIT("a\0\r\nb"), "a NUL" },
};

struct conv {
	struct crlf	st, count;
	struct buf	out;
	uint64_t	n;
};

static int
feed(void *ctx, struct slice piece)
{
	struct conv *c = ctx;

	c->n += crlf_count(&c->count, piece);
	return crlf_add(&c->st, piece, &c->out);
}

START_TEST(test_crlf_pieces)
{
	struct slice raw = texts[_i].raw;

	for (size_t n = 0; n <= raw.len; n++) {
		struct conv c = { .n = 0 };

		buf_init(&c.out, 100);
		ck_row_eq(raw, texts[_i].why, unit_feed(feed, &c, raw, n), 0);
		ck_row_eq(raw, texts[_i].why, buf_slice(&c.out),
		    texts[_i].want);
		ck_row_eq(raw, texts[_i].why, c.n, texts[_i].want.len);
		buf_clear(&c.out);
		memset(&c, 0, sizeof(c));
		buf_init(&c.out, 100);
		ck_row_eq(raw, texts[_i].why,
		    unit_feed_cut(feed, &c, raw, n), 0);
		ck_row_eq(raw, texts[_i].why, buf_slice(&c.out),
		    texts[_i].want);
		buf_clear(&c.out);
	}
}
END_TEST

START_TEST(test_crlf_copy_into_any_room)
{
	struct slice want = texts[_i].want;

	for (size_t room = 1; room <= want.len + 1; room++) {
		struct slice raw = texts[_i].raw;
		struct crlf st = { false };
		char got[64];
		size_t len = 0, n;

		do {
			n = crlf_copy(&st, &raw, got + len, room);
			len += n;
		} while (n > 0);
		ck_row_eq(texts[_i].raw, texts[_i].why, raw.len, 0);
		ck_row_eq(texts[_i].raw, texts[_i].why,
		    slice_make(got, len), want);
	}
}
END_TEST

START_TEST(test_crlf_skip_to_any_offset)
{
	struct slice want = texts[_i].want;

	for (size_t off = 0; off <= want.len; off++)
		for (size_t chunk = 1; chunk <= 3; chunk++) {
			struct slice raw = texts[_i].raw;
			struct crlf st = { false };
			uint64_t skip = off;
			char got[64];
			size_t n;

			/* Convert in pieces, as when a file is read. */
			while (skip > 0 && raw.len > 0) {
				struct slice piece = slice_sub(raw, 0,
						    chunk);
				size_t len = piece.len;

				crlf_skip(&st, &piece, &skip);
				raw = slice_from(raw, len - piece.len);
			}
			ck_row_eq(texts[_i].raw, texts[_i].why, skip, 0);
			n = crlf_copy(&st, &raw, got, sizeof(got));
			ck_row_eq(texts[_i].raw, texts[_i].why,
			    slice_make(got, n), slice_from(want, off));
		}
}
END_TEST

START_TEST(test_crlf_cap)
{
	struct crlf st = { false };
	struct buf out;

	buf_init(&out, 3);
	ck_assert_int_eq(crlf_add(&st, SLICE_LIT("a\n\n"), &out), -1);
	ck_assert_uint_eq(buf_len(&out), 0);
	ck_assert(!st.cr);
	ck_assert_int_eq(crlf_add(&st, SLICE_LIT("a\n"), &out), 0);
	buf_clear(&out);
}
END_TEST

Suite *
suite_crlf(void)
{
	Suite *s = suite_create("crlf");
	TCase *tc = tcase_create("crlf");

	tcase_add_loop_test(tc, test_crlf_pieces, 0, NROWS(texts));
	tcase_add_loop_test(tc, test_crlf_copy_into_any_room, 0,
	    NROWS(texts));
	tcase_add_loop_test(tc, test_crlf_skip_to_any_offset, 0,
	    NROWS(texts));
	tcase_add_test(tc, test_crlf_cap);
	suite_add_tcase(s, tc);
	return s;
}
