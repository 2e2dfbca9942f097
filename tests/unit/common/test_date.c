/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Dates: parsed and printed. */
#include "config.h"

#include <stdlib.h>

#include "common/base/date.h"
#include "tests/unit/util.h"

#define BAD	INT64_MIN

static const struct {
	const char	*in;
	int64_t		 day;
	const char	*why;
} imap_dates[] = {
	{ "1-Jan-1970", 0, "the first day" },
	{ "01-jan-1970", 0, "two digits; months have no case" },
	{ "31-DEC-1969", -1, "the day before" },
	{ "29-Feb-2000", 11016, "2000 was a leap year" },
	{ "29-Feb-2024", 19782, "a leap year" },
	{ "31-Dec-9999", 2932896, "the last four digits" },
	{ "1-Jan-0000", -719528, "the first four digits" },
	{ "29-Feb-1900", BAD, "1900 was not a leap year" },
	{ "29-Feb-2023", BAD, "2023 was not a leap year" },
	{ "31-Apr-2023", BAD, "a month of 30 days" },
	{ "0-Jan-1970", BAD, "no day" },
	{ "32-Jan-1970", BAD, "no month has 32 days" },
	{ "001-Jan-1970", BAD, "three digits" },
	{ " 1-Jan-1970", BAD, "a blank" },
	{ "1-Jan-70", BAD, "two digits of the year" },
	{ "1-Jan-19700", BAD, "five digits of the year" },
	{ "1-Foo-1970", BAD, "no month" },
	{ "1-Ja-1970", BAD, "a month too short" },
	{ "1-January-1970", BAD, "a month too long" },
	{ "-Jan-1970", BAD, "no day at all" },
	{ "1 Jan 1970", BAD, "blanks for hyphens" },
	{ "+1-Jan-1970", BAD, "a sign" },
	{ "1-Jan-", BAD, "no year" },
	{ "", BAD, "nothing" },
};

START_TEST(test_date_imap)
{
	struct slice in = unit_tight(slice_str(imap_dates[_i].in));
	int32_t day;

	ck_row_eq(in, imap_dates[_i].why, date_parse_imap(in, &day) == 0 ?
	    day : BAD, imap_dates[_i].day);
	free((char *)in.p);
}
END_TEST

static const struct {
	const char	*in;
	int64_t		 when;
	int		 zone_min;
	const char	*print;		/* NULL: same as in */
	const char	*why;
} imap_times[] = {
	{ "17-Jul-1996 02:44:25 -0700", 837596665, -420, NULL,
	    "RFC 3501, 6.3.11's form, west of Greenwich" },
	{ " 1-Jan-1970 00:00:00 +0000", 0, 0, NULL,
	    "the first second; a blank for a digit" },
	{ "01-Jan-1970 00:00:00 +0000", 0, 0, " 1-Jan-1970 00:00:00 +0000",
	    "two digits" },
	{ "1-Jan-1970 00:00:00 +0000", 0, 0, " 1-Jan-1970 00:00:00 +0000",
	    "one digit without the blank" },
	{ "31-Dec-1969 23:59:59 +0000", -1, 0, NULL, "the second before" },
	{ "30-Jun-2015 23:59:60 +0000", 1435708800, 0,
	  " 1-Jul-2015 00:00:00 +0000", "a leap second is the next one" },
	{ " 1-Jan-2038 12:30:00 +0530", 2145942000, 330, NULL,
	    "half hours of a zone" },
	{ " 1-Jan-2100 12:30:00 -0930", 4102524000, -570, NULL,
	    "after 2038, and west" },
	{ " 10-Jan-1970 00:00:00 +0000", BAD, 0, NULL,
	    "a blank and two digits" },
	{ " 1-Jan-1970 24:00:00 +0000", BAD, 0, NULL, "no such hour" },
	{ " 1-Jan-1970 00:60:00 +0000", BAD, 0, NULL, "no such minute" },
	{ " 1-Jan-1970 00:00:61 +0000", BAD, 0, NULL, "no such second" },
	{ " 1-Jan-1970 0:00:00 +0000", BAD, 0, NULL, "one digit of the hour" },
	{ " 1-Jan-1970 00:00:00 0000", BAD, 0, NULL, "no sign of the zone" },
	{ " 1-Jan-1970 00:00:00 +000", BAD, 0, NULL,
	    "three digits of the zone" },
	{ " 1-Jan-1970 00:00:00 +2400", BAD, 0, NULL, "a zone of a day" },
	{ " 1-Jan-1970 00:00:00 +0060", BAD, 0, NULL, "a zone of 60 minutes" },
	{ " 1-Jan-1970 00:00:00 GMT", BAD, 0, NULL, "a name of a zone" },
	{ " 1-Jan-1970 00:00:00 +0000 ", BAD, 0, NULL, "a blank at the end" },
	{ " 1-Jan-1970 00:00:00", BAD, 0, NULL, "no zone" },
	{ " 1-Jan-1970", BAD, 0, NULL, "no time" },
	{ "29-Feb-2023 00:00:00 +0000", BAD, 0, NULL, "no such day" },
	{ "", BAD, 0, NULL, "nothing" },
};

START_TEST(test_date_imap_time)
{
	struct slice in = unit_tight(slice_str(imap_times[_i].in));
	const char *why = imap_times[_i].why;
	char dst[DATE_MAX];
	int64_t when;
	int zone_min;

	ck_row_eq(in, why, date_parse_imap_time(in, &when, &zone_min) == 0 ?
	    when : BAD, imap_times[_i].when);
	if (imap_times[_i].when != BAD) {
		ck_row_eq(in, why, zone_min, imap_times[_i].zone_min);
		ck_row_eq(in, why, date_print_imap_time(dst, when, zone_min),
		    26);
		ck_row_eq(in, why, slice_str(dst),
		    imap_times[_i].print != NULL ? imap_times[_i].print :
		    imap_times[_i].in);
	}
	free((char *)in.p);
}
END_TEST

static const struct {
	const char	*in;
	int64_t		 when;
	int		 zone_min;
	const char	*why;
} mail_dates[] = {
	{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360,
	    "RFC 5322, A.1.1" },
	{ "Thu, 13 Feb 1969 23:32:54 -0330", -27723426, -210, "RFC 5322, A.5" },
	{ "Thu,\r\n   13\r\n     Feb\r\n       1969\r\n   23:32\r\n"
	  "            -0330 (Newfoundland Time)", -27723480, -210,
	    "RFC 5322, A.5: folding, a comment, no seconds" },
	{ "21 Nov 97 09:55:06 GMT", 880106106, 0,
	    "RFC 5322, A.6.2: two digits of the year, a name of the zone" },
	{ "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600",
	  880127706, -360, "RFC 5322, A.6.3: comments and blanks within" },
	{ "1 Jan 1970 00:00 +0000", 0, 0, "no day name, no seconds" },
	{ "1 January 1970 00:00:00 +0000", 0, 0, "the month spelt out" },
	{ "Thu, 1 Jan 1970 00:00:00 EST", 18000, -300, "RFC 5322, 4.3: EST" },
	{ "Thu, 1 Jan 1970 00:00:00 Z", 0, 0, "RFC 5322, 4.3: a letter" },
	{ "Thu, 1 Jan 1970 00:00:00 -0000", 0, 0,
	    "RFC 5322, 3.3: no zone is known" },
	{ "Thu, 1 Jan 1970 00:00:00 +0100 (CET)", -3600, 60,
	    "a comment after the zone" },
	{ "Thu, 1 Jan 1970 00:00:00", 0, 0, "no zone" },
	{ "Thu, 1 Jan 1970", 0, 0, "no time" },
	{ "Thu Jan  1 00:00:00 1970", 0, 0, "asctime(3)" },
	{ "Thu Jan  1 00:00:00 EST 1970", 18000, -300,
	    "asctime(3) with a zone" },
	{ "Thursday, 01-Jan-70 00:00:00 GMT", 0, 0, "RFC 850" },
	{ "1 Jan 101 00:00:00 +0000", 978307200, 0,
	    "RFC 5322, 4.3: three digits of the year" },
	{ "1 Jan 49 00:00:00 +0000", 2493072000, 0,
	    "RFC 5322, 4.3: 49 is 2049" },
	{ "1 Jan 50 00:00:00 +0000", -631152000, 0,
	    "RFC 5322, 4.3: 50 is 1950" },
	{ "Thu, 1 Jan 1970 00:00:00.500 +0000", 0, 0,
	    "a fraction of a second" },
	{ "Thu, 1 Jan 1970 12:30:00 PM +0000", 45000, 0, "PM means nothing" },
	{ "(a (nested \\) one) 99 Feb) 1 Jan 1970 0:00:00 +0000", 0, 0,
	    "a nested comment with a date" },
	{ "Thu, 1 Jan 1970 00:00:00 +9999", 0, 0,
	    "a zone out of range is UTC" },
	{ "30 Feb 2020 00:00:00 +0000", BAD, 0, "no such day" },
	{ "1 Jan 1970 25:00:00 +0000", BAD, 0, "no such hour" },
	{ "1 Jan 1970 123:00:00 +0000", BAD, 0, "three digits of the hour" },
	{ "yesterday", BAD, 0, "a word" },
	{ "1 2 3 4 5 6 7", BAD, 0, "numbers" },
	{ "Jan 1970", BAD, 0, "no day" },
	{ "99999999999999999999 Jan 1", BAD, 0, "a number that does not fit" },
	{ "((((((", BAD, 0, "comments without an end" },
	{ "(\\", BAD, 0, "half of an escape" },
	{ "+", BAD, 0, "a sign" },
	{ "1:", BAD, 0, "an hour alone" },
	{ "1:1 +", BAD, 0, "a sign at the end" },
	{ "1:1.", BAD, 0, "half of a fraction" },
	{ "", BAD, 0, "nothing" },
};

START_TEST(test_date_mail)
{
	struct slice in = unit_tight(slice_str(mail_dates[_i].in));
	int64_t when;
	int zone_min;

	ck_row_eq(in, mail_dates[_i].why,
	    date_parse_mail(in, &when, &zone_min) == 0 ? when : BAD,
	    mail_dates[_i].when);
	if (mail_dates[_i].when != BAD)
		ck_row_eq(in, mail_dates[_i].why, zone_min,
		    mail_dates[_i].zone_min);
	/*
	 * Wherever the date is cut, the parser must end, whatever the result.
	 */
	for (size_t n = 0; n < in.len; n++) {
		struct slice cut = unit_tight(slice_sub(in, 0, n));

		(void)date_parse_mail(cut, &when, &zone_min);
		free((char *)cut.p);
	}
	free((char *)in.p);
}
END_TEST

/* Times that a broken clock may give to files. */
START_TEST(test_date_print_extremes)
{
	char dst[DATE_MAX];

	ck_assert_uint_eq(date_print_imap_time(dst, INT64_MAX, 1439), 26);
	ck_assert_uint_eq(date_print_imap_time(dst, INT64_MIN, -9999), 26);
	(void)date_day(INT64_MAX, 1439);
	(void)date_day(INT64_MIN, -1439);
}
END_TEST

START_TEST(test_date_every_day)
{
	int32_t day = date_civil_day(1582, 10, 15);
	char dst[DATE_MAX];

	ck_assert_int_eq(day, -141427);
	for (; day < date_civil_day(2401, 1, 1); day++) {
		int64_t when;
		int zone_min;
		size_t n = date_print_imap_time(dst, (int64_t)day * 86400,
			    0);

		if (date_parse_imap_time(slice_make(dst, n), &when,
		    &zone_min) == -1 || when != (int64_t)day * 86400)
			ck_abort_msg("day %d: %s", day, dst);
	}
}
END_TEST

START_TEST(test_date_day_is_the_one_written)
{
	/* 1-Jan 00:30 in Berlin is still 31-Dec in Greenwich. */
	ck_assert_int_eq(date_day(-1800, 60), 0);
	ck_assert_int_eq(date_day(-1800, 0), -1);
	ck_assert_int_eq(date_day(0, -60), -1);
}
END_TEST

Suite *
suite_date(void)
{
	Suite *s = suite_create("date");
	TCase *tc = tcase_create("date");

	tcase_add_loop_test(tc, test_date_imap, 0, NROWS(imap_dates));
	tcase_add_loop_test(tc, test_date_imap_time, 0, NROWS(imap_times));
	tcase_add_loop_test(tc, test_date_mail, 0, NROWS(mail_dates));
	tcase_add_test(tc, test_date_print_extremes);
	tcase_add_test(tc, test_date_every_day);
	tcase_add_test(tc, test_date_day_is_the_one_written);
	suite_add_tcase(s, tc);
	return s;
}
