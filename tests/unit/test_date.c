/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Dates. */
#include "config.h"

#include <stdlib.h>

#include "common/base/date.h"
#include "tests/unit/util.h"

#define BAD	INT64_MIN

static const struct {
	const char	*in;
	int64_t		 day;
} imap_dates[] = {
	{ "1-Jan-1970", 0 },
	{ "01-jan-1970", 0 },
	{ "31-DEC-1969", -1 },
	{ "29-Feb-2000", 11016 },
	{ "29-Feb-2024", 19782 },
	{ "31-Dec-9999", 2932896 },
	{ "1-Jan-0000", -719528 },
	{ "29-Feb-1900", BAD },
	{ "29-Feb-2023", BAD },
	{ "31-Apr-2023", BAD },
	{ "0-Jan-1970", BAD },
	{ "32-Jan-1970", BAD },
	{ "001-Jan-1970", BAD },
	{ " 1-Jan-1970", BAD },
	{ "1-Jan-70", BAD },
	{ "1-Jan-19700", BAD },
	{ "1-Foo-1970", BAD },
	{ "1-Ja-1970", BAD },
	{ "1-January-1970", BAD },
	{ "-Jan-1970", BAD },
	{ "1 Jan 1970", BAD },
	{ "+1-Jan-1970", BAD },
	{ "1-Jan-", BAD },
	{ "", BAD },
};

START_TEST(test_date_imap)
{
	struct slice	in = unit_tight(slice_str(imap_dates[_i].in));
	int32_t		day;

	if (imap_dates[_i].day == BAD)
		ck_assert_int_eq(date_parse_imap(in, &day), -1);
	else {
		ck_assert_int_eq(date_parse_imap(in, &day), 0);
		ck_assert_int_eq(day, imap_dates[_i].day);
	}
	free((char *)in.p);
}
END_TEST

static const struct {
	const char	*in;
	int64_t		 when;
	int		 zone_min;
	const char	*print;		/* NULL: as in */
} imap_times[] = {
	{ "17-Jul-1996 02:44:25 -0700", 837596665, -420, NULL },
	{ " 1-Jan-1970 00:00:00 +0000", 0, 0, NULL },
	{ "01-Jan-1970 00:00:00 +0000", 0, 0, " 1-Jan-1970 00:00:00 +0000" },
	{ "1-Jan-1970 00:00:00 +0000", 0, 0, " 1-Jan-1970 00:00:00 +0000" },
	{ "31-Dec-1969 23:59:59 +0000", -1, 0, NULL },
	{ "30-Jun-2015 23:59:60 +0000", 1435708800, 0,
	  " 1-Jul-2015 00:00:00 +0000" },
	{ " 1-Jan-2038 12:30:00 +0530", 2145942000, 330, NULL },
	{ " 1-Jan-2100 12:30:00 -0930", 4102524000, -570, NULL },
	{ " 10-Jan-1970 00:00:00 +0000", BAD, 0, NULL },
	{ " 1-Jan-1970 24:00:00 +0000", BAD, 0, NULL },
	{ " 1-Jan-1970 00:60:00 +0000", BAD, 0, NULL },
	{ " 1-Jan-1970 00:00:61 +0000", BAD, 0, NULL },
	{ " 1-Jan-1970 0:00:00 +0000", BAD, 0, NULL },
	{ " 1-Jan-1970 00:00:00 0000", BAD, 0, NULL },
	{ " 1-Jan-1970 00:00:00 +000", BAD, 0, NULL },
	{ " 1-Jan-1970 00:00:00 +2400", BAD, 0, NULL },
	{ " 1-Jan-1970 00:00:00 +0060", BAD, 0, NULL },
	{ " 1-Jan-1970 00:00:00 GMT", BAD, 0, NULL },
	{ " 1-Jan-1970 00:00:00 +0000 ", BAD, 0, NULL },
	{ " 1-Jan-1970 00:00:00", BAD, 0, NULL },
	{ " 1-Jan-1970", BAD, 0, NULL },
	{ "29-Feb-2023 00:00:00 +0000", BAD, 0, NULL },
	{ "", BAD, 0, NULL },
};

START_TEST(test_date_imap_time)
{
	struct slice	in = unit_tight(slice_str(imap_times[_i].in));
	char		dst[DATE_MAX];
	int64_t		when;
	int		zone_min;

	if (imap_times[_i].when == BAD)
		ck_assert_int_eq(date_parse_imap_time(in, &when, &zone_min),
		    -1);
	else {
		ck_assert_int_eq(date_parse_imap_time(in, &when, &zone_min),
		    0);
		ck_assert_int_eq(when, imap_times[_i].when);
		ck_assert_int_eq(zone_min, imap_times[_i].zone_min);
		ck_assert_uint_eq(date_print_imap_time(dst, when, zone_min),
		    26);
		ck_assert_str_eq(dst, imap_times[_i].print != NULL ?
		    imap_times[_i].print : imap_times[_i].in);
	}
	free((char *)in.p);
}
END_TEST

static const struct {
	const char	*in;
	int64_t		 when;
	int		 zone_min;
} mail_dates[] = {
	/* RFC 5322, appendix A */
	{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360 },
	{ "Thu, 13 Feb 1969 23:32:54 -0330", -27723426, -210 },
	{ "Thu,\r\n   13\r\n     Feb\r\n       1969\r\n   23:32\r\n"
	  "            -0330 (Newfoundland Time)", -27723480, -210 },
	{ "21 Nov 97 09:55:06 GMT", 880106106, 0 },
	{ "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600",
	  880127706, -360 },
	{ "1 Jan 1970 00:00 +0000", 0, 0 },
	{ "1 January 1970 00:00:00 +0000", 0, 0 },
	{ "Thu, 1 Jan 1970 00:00:00 EST", 18000, -300 },
	{ "Thu, 1 Jan 1970 00:00:00 Z", 0, 0 },
	{ "Thu, 1 Jan 1970 00:00:00 -0000", 0, 0 },
	{ "Thu, 1 Jan 1970 00:00:00 +0100 (CET)", -3600, 60 },
	{ "Thu, 1 Jan 1970 00:00:00", 0, 0 },
	{ "Thu, 1 Jan 1970", 0, 0 },
	{ "Thu Jan  1 00:00:00 1970", 0, 0 },
	{ "Thu Jan  1 00:00:00 EST 1970", 18000, -300 },
	{ "Thursday, 01-Jan-70 00:00:00 GMT", 0, 0 },
	{ "1 Jan 101 00:00:00 +0000", 978307200, 0 },
	{ "1 Jan 49 00:00:00 +0000", 2493072000, 0 },
	{ "1 Jan 50 00:00:00 +0000", -631152000, 0 },
	{ "Thu, 1 Jan 1970 00:00:00.500 +0000", 0, 0 },
	{ "Thu, 1 Jan 1970 12:30:00 PM +0000", 45000, 0 },
	{ "(a (nested \\) one) 99 Feb) 1 Jan 1970 0:00:00 +0000", 0, 0 },
	{ "Thu, 1 Jan 1970 00:00:00 +9999", 0, 0 },
	{ "30 Feb 2020 00:00:00 +0000", BAD, 0 },
	{ "1 Jan 1970 25:00:00 +0000", BAD, 0 },
	{ "1 Jan 1970 123:00:00 +0000", BAD, 0 },
	{ "yesterday", BAD, 0 },
	{ "1 2 3 4 5 6 7", BAD, 0 },
	{ "Jan 1970", BAD, 0 },
	{ "99999999999999999999 Jan 1", BAD, 0 },
	{ "((((((", BAD, 0 },
	{ "(\\", BAD, 0 },
	{ "+", BAD, 0 },
	{ "1:", BAD, 0 },
	{ "1:1 +", BAD, 0 },
	{ "1:1.", BAD, 0 },
	{ "", BAD, 0 },
};

START_TEST(test_date_mail)
{
	struct slice	in = unit_tight(slice_str(mail_dates[_i].in));
	int64_t		when;
	int		zone_min;

	if (mail_dates[_i].when == BAD)
		ck_assert_int_eq(date_parse_mail(in, &when, &zone_min), -1);
	else {
		ck_assert_int_eq(date_parse_mail(in, &when, &zone_min), 0);
		ck_assert_int_eq(when, mail_dates[_i].when);
		ck_assert_int_eq(zone_min, mail_dates[_i].zone_min);
	}
	/* Cut anywhere it must end, whatever it finds. */
	for (size_t n = 0; n < in.len; n++) {
		struct slice cut = unit_tight(slice_sub(in, 0, n));

		(void)date_parse_mail(cut, &when, &zone_min);
		free((char *)cut.p);
	}
	free((char *)in.p);
}
END_TEST

START_TEST(test_date_print_mail)
{
	char dst[DATE_MAX];

	ck_assert_uint_eq(date_print_mail(dst, 880127706, -360), 31);
	ck_assert_str_eq(dst, "Fri, 21 Nov 1997 09:55:06 -0600");
	date_print_mail(dst, 0, 0);
	ck_assert_str_eq(dst, "Thu, 1 Jan 1970 00:00:00 +0000");
	date_print_mail(dst, -1, 0);
	ck_assert_str_eq(dst, "Wed, 31 Dec 1969 23:59:59 +0000");
	/* Times that a broken clock puts on files. */
	ck_assert_uint_lt(date_print_mail(dst, INT64_MAX, 1439), DATE_MAX);
	ck_assert_uint_lt(date_print_mail(dst, INT64_MIN, -1439), DATE_MAX);
	ck_assert_uint_eq(date_print_imap_time(dst, INT64_MAX, 1439), 26);
	ck_assert_uint_eq(date_print_imap_time(dst, INT64_MIN, -9999), 26);
	(void)date_day(INT64_MAX, 1439);
	(void)date_day(INT64_MIN, -1439);
}
END_TEST

START_TEST(test_date_every_day)
{
	int32_t	day = date_civil_day(1582, 10, 15);
	char	dst[DATE_MAX];

	ck_assert_int_eq(day, -141427);
	for (; day < date_civil_day(2401, 1, 1); day++) {
		int64_t	when;
		int	zone_min;
		size_t	n = date_print_imap_time(dst, (int64_t)day * 86400,
			    0);

		if (date_parse_imap_time(slice_make(dst, n), &when,
		    &zone_min) == -1 || when != (int64_t)day * 86400)
			ck_abort_msg("day %d: %s", day, dst);
	}
}
END_TEST

START_TEST(test_date_day_is_the_one_written)
{
	/* 1-Jan 00:30 in Berlin is 31-Dec in Greenwich. */
	ck_assert_int_eq(date_day(-1800, 60), 0);
	ck_assert_int_eq(date_day(-1800, 0), -1);
	ck_assert_int_eq(date_day(0, -60), -1);
}
END_TEST

Suite *
suite_date(void)
{
	Suite	*s = suite_create("date");
	TCase	*tc = tcase_create("date");

	tcase_add_loop_test(tc, test_date_imap, 0, NROWS(imap_dates));
	tcase_add_loop_test(tc, test_date_imap_time, 0, NROWS(imap_times));
	tcase_add_loop_test(tc, test_date_mail, 0, NROWS(mail_dates));
	tcase_add_test(tc, test_date_print_mail);
	tcase_add_test(tc, test_date_every_day);
	tcase_add_test(tc, test_date_day_is_the_one_written);
	suite_add_tcase(s, tc);
	return s;
}
