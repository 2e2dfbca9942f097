/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Modified UTF-7 of mailbox names (RFC 3501, 5.1.3). */
#include "config.h"

#include <stdlib.h>

#include "common/base/mutf7.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 utf7, utf8;
	const char	*why;
} names[] = {
	{ LIT(""), LIT(""), "nothing" },
	{ LIT("INBOX/a b"), LIT("INBOX/a b"), "ASCII" },
	{ LIT("a&-b"), LIT("a&b"), "& is &-" },
	{ LIT("&-&-"), LIT("&&"), "twice" },
	{ LIT("&AOQ-"), LIT("\xc3\xa4"), "a character of Latin-1" },
	{ LIT("&AOQ-&-"), LIT("\xc3\xa4&"), "& after a shift" },
	{ LIT("&-&AOQ-"), LIT("&\xc3\xa4"), "& before a shift" },
	{ LIT("&AOQA5A-"), LIT("\xc3\xa4\xc3\xa4"),
	    "two characters in a shift" },
	{ LIT("&AOQA5ADk-"), LIT("\xc3\xa4\xc3\xa4\xc3\xa4"),
	    "three characters in a shift" },
	{ LIT("&AOQ--"), LIT("\xc3\xa4-"), "- after a shift" },
	{ LIT("~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
	  LIT("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/"
	    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"),
	    "the example of RFC 3501, 5.1.3" },
	{ LIT("&2D3eAA-"), LIT("\xf0\x9f\x98\x80"), "a surrogate pair" },
	{ LIT("&AAo-"), LIT("\n"), "a control character" },
	{ LIT("&AH8-"), LIT("\x7f"), "DEL" },
};

START_TEST(test_mutf7_both_ways)
{
	struct slice in = unit_tight(names[_i].utf7);
	struct buf out;

	buf_init(&out, 100);
	ck_row_eq(in, names[_i].why, mutf7_decode(&out, in), 0);
	ck_row_eq(in, names[_i].why, buf_slice(&out), names[_i].utf8);
	buf_reset(&out, 100);
	ck_row_eq(names[_i].utf8, names[_i].why,
	    mutf7_encode(&out, names[_i].utf8), 0);
	ck_row_eq(names[_i].utf8, names[_i].why, buf_slice(&out), in);
	free((char *)in.p);
	buf_clear(&out);
}
END_TEST

static const struct {
	struct slice	 in;
	const char	*why;
} refused[] = {
	{ LIT("&"), "no end" },
	{ LIT("a&AOQ"), "no end after text" },
	{ LIT("&AOQA"), "no end" },
	{ LIT("&AAA-"), "a NUL" },
	{ LIT("&AOR-"), "bits left over" },
	{ LIT("&AOQA-"), "six bits too many" },
	{ LIT("&AOQAA-"), "twelve bits too many" },
	{ LIT("&A-"), "six bits are no character" },
	{ LIT("&AA-"), "twelve bits are no character" },
	{ LIT("&AGE-"), "\"a\" must not be encoded" },
	{ LIT("&ACY-"), "\"&\" is written &-" },
	{ LIT("&AOQAYQ-"), "\"a\" after another character" },
	{ LIT("&AOQ-&AOQ-"), "two shifts in a row (RFC 3501, 5.1.3)" },
	{ LIT("&2D0-"), "half a surrogate pair" },
	{ LIT("&3gA-"), "the other half" },
	{ LIT("&3gDYPQ-"), "a pair the wrong way round" },
	{ LIT("&2D3YPQ-"), "half a pair, then a letter" },
	{ LIT("&2D0A5A-"), "half a pair, then another character" },
	{ LIT("&AO/-"), "\"/\" of plain base64" },
	{ LIT("&AO Q-"), "a blank" },
	{ LIT("&AOQ=-"), "padding" },
	{ LIT("\xc3\xa4"), "raw UTF-8" },
	{ LIT("a\nb"), "a control character" },
	{ LIT("a\0b"), "a raw NUL" },
	{ LIT("\x7f"), "DEL" },
};

START_TEST(test_mutf7_refused)
{
	struct slice in = unit_tight(refused[_i].in);
	struct buf out;

	buf_init(&out, 100);
	buf_add_char(&out, 'x');
	ck_row_eq(in, refused[_i].why, mutf7_decode(&out, in), -1);
	ck_row_eq(in, refused[_i].why, buf_slice(&out), "x");
	free((char *)in.p);
	buf_clear(&out);
}
END_TEST

START_TEST(test_mutf7_encode_refuses)
{
	struct buf out;

	buf_init(&out, 100);
	ck_assert_int_eq(mutf7_encode(&out, SLICE_LIT("a\xff")), -1);
	ck_assert_int_eq(mutf7_encode(&out, SLICE_LIT("a\0")), -1);
	ck_assert_int_eq(mutf7_encode(&out, SLICE_LIT("\xed\xa0\x80")), -1);
	ck_assert_uint_eq(buf_len(&out), 0);
	buf_clear(&out);
	buf_init(&out, 4);
	ck_assert_int_eq(mutf7_encode(&out, SLICE_LIT("\xc3\xa4")), -1);
	ck_assert_uint_eq(buf_len(&out), 0);
	buf_clear(&out);
}
END_TEST

Suite *
suite_mutf7(void)
{
	Suite *s = suite_create("mutf7");
	TCase *tc = tcase_create("mutf7");

	tcase_add_loop_test(tc, test_mutf7_both_ways, 0, NROWS(names));
	tcase_add_loop_test(tc, test_mutf7_refused, 0, NROWS(refused));
	tcase_add_test(tc, test_mutf7_encode_refuses);
	suite_add_tcase(s, tc);
	return s;
}
