/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Limits of the MIME parser. */
#include "config.h"

#include "storage/mime/mime.h"
#include "tests/unit/util.h"

#define ARENA	((size_t)64 << 20)
#define MULTI	"Content-Type: multipart/mixed; boundary=b\n"

/* Each header has its own limit, and all of them together have another. */
START_TEST(test_mime_huge_headers)
{
	const struct mime_part *part;
	struct mime_message *m;
	struct arena a;
	struct buf b;
	size_t all = 0, n;

	buf_init(&b, BUF_NOCAP);
	(void)buf_add_str(&b, MULTI "\n");
	for (int i = 0; i < 12; i++) {
		(void)buf_add_str(&b, "--b\nContent-Description: first\nX: ");
		for (n = 0; n < MIME_HEADER_MAX / 10; n++)
			(void)buf_add_str(&b, "0123456789");
		(void)buf_add_str(&b, "\nContent-ID: last\n\n");
	}
	(void)buf_add_str(&b, "--b--\n");
	arena_init(&a, ARENA);
	m = unit_mime(&a, buf_slice(&b));
	ck_assert_ptr_nonnull(m);
	all = m->root->header.len;
	for (part = m->root->child, n = 0; part != NULL;
	    part = part->next, n++) {
		all += part->header.len;
		ck_assert_uint_gt(part->body.raw - part->start.raw,
		    MIME_HEADER_MAX);
		ck_assert_ptr_null(part->id.p);
		if (n < 9) {
			ck_assert_uint_eq(part->header.len, MIME_HEADER_MAX);
			ck_slice_eq(part->description, slice_str("first"));
		} else if (n > 9)
			ck_assert_ptr_null(part->description.p);
	}
	ck_assert_uint_eq(n, 12);
	ck_assert_uint_eq(all, MIME_HEADERS_MAX);
	buf_clear(&b);
	arena_clear(&a);
}
END_TEST

/*
 * Without memory there is no result, at whatever place the memory ended.  The
 * message has a NUL, which is noted in the result.
 */
START_TEST(test_mime_no_memory)
{
	struct slice msg = LIT("From: a@b\n" MULTI "\n--b\n\nx\0\n"
	    "--b\nContent-Type: message/rfc822\n\nTo: c\n\n\0\n--b--\n");
	struct mime_parser *p;
	struct mime_message *m;
	struct arena a;
	size_t limit, failed = 0;

	for (limit = 0; limit < 20000; limit += 8) {
		arena_init(&a, limit);
		p = mime_parser_new(&a);
		mime_feed(p, slice_sub(msg, 0, 20));
		mime_feed(p, slice_from(msg, 20));
		m = mime_finish(p);
		failed += m == NULL;
		ck_assert(m == NULL || m->has_nul);
		mime_parser_free(p);
		arena_clear(&a);
	}
	ck_assert_uint_gt(failed, 0);
	ck_assert_ptr_nonnull(m);
}
END_TEST

Suite *
suite_mime_limits(void)
{
	Suite *s = suite_create("mime_limits");
	TCase *tc = tcase_create("mime_limits");

	tcase_add_test(tc, test_mime_huge_headers);
	tcase_add_test(tc, test_mime_no_memory);
	suite_add_tcase(s, tc);
	return s;
}
