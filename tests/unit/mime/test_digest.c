/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Checksums of messages. */
#include "config.h"

#include "storage/mime/digest.h"
#include "tests/unit/util.h"

static int
feed(void *ctx, struct slice piece)
{
	digest_feed(ctx, piece);
	return 0;
}

static uint64_t
digest_of(struct slice text)
{
	struct digest d = { .len = 0 };

	digest_feed(&d, text);
	return digest_value(&d);
}

START_TEST(test_digest_does_not_depend_on_the_cuts)
{
	struct slice text = SLICE_LIT("From: a@example.org\r\n\r\nwords\r\n");
	uint64_t want = digest_of(text);

	for (size_t n = 0; n <= text.len; n++) {
		struct digest d = { .len = 0 };

		(void)unit_feed(feed, &d, text, n);
		ck_assert_uint_eq(digest_value(&d), want);
		d = (struct digest){ .len = 0 };
		(void)unit_feed_cut(feed, &d, text, n);
		ck_assert_uint_eq(digest_value(&d), want);
	}
}
END_TEST

/* Texts of which each is the text before with a small change. */
static const char *const texts[] = {
	"", "a", "b", "ab", "ba", "abcdefgh", "abcdefgi", "bacdefgh",
	"abcdefgh\n", "12345678abcdefgh", "abcdefgh12345678",
	"12345678abcdefgh1234567", "12345678abcdefgh123456",
	"12345678abcdefgh123457",
};

START_TEST(test_digest_shows_small_changes)
{
	for (size_t i = 0; i < NROWS(texts); i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(digest_of(slice_str(texts[i])),
			    digest_of(slice_str(texts[j])));
	/* Zeros count, too. */
	ck_assert_uint_ne(digest_of(SLICE_LIT("\0\0\0\0\0\0\0\0")),
	    digest_of(SLICE_LIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")));
}
END_TEST

Suite *
suite_digest(void)
{
	Suite *s = suite_create("digest");
	TCase *tc = tcase_create("digest");

	tcase_add_test(tc, test_digest_does_not_depend_on_the_cuts);
	tcase_add_test(tc, test_digest_shows_small_changes);
	suite_add_tcase(s, tc);
	return s;
}
