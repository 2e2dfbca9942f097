/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Dates.  The calendar is computed here, because the C library's depends on
 * the locale, on TZ and on files that a chroot lacks.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>

#include "common/base/date.h"
#include "common/base/num.h"
#include "common/base/table.h"

#define DAY_S		86400
#define WHEN_MIN	(-62167219200LL)	/* 0000-01-01 */
#define WHEN_MAX	253402300799LL		/* 9999-12-31 23:59:59 */
#define ZONE_MAX_MIN	(24 * 60 - 1)		/* 23:59 */

static const char month_names[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

/* A date and time as written. */
struct civil {
	int	year;
	int	month;		/* 1 to 12; 0: not seen */
	int	day;		/* 1 to 31; 0: not seen */
	int	hour;
	int	min;
	int	sec;
	int	zone_min;	/* east of Greenwich */
};

static bool
day_exists(int year, int month, int day)
{
	static const int lengths[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return year >= 0 && year <= 9999 && month >= 1 && month <= 12 &&
	    day >= 1 && day <= lengths[month - 1] + (month == 2 && leap);
}

/*
 * Years begin in March here, so that the leap day is the last one, and 400
 * years have 146097 days (Howard Hinnant's days_from_civil).
 */
int32_t
date_civil_day(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int of_era = y - era * 400;
	int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 +
	    day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

static void
civil_from_day(int64_t days, struct civil *c)
{
	int64_t z = days + 719468;
	int era = (int)((z >= 0 ? z : z - 146096) / 146097);
	int doe = (int)(z - (int64_t)era * 146097);
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;

	c->day = doy - (153 * mp + 2) / 5 + 1;
	c->month = mp < 10 ? mp + 3 : mp - 9;
	c->year = yoe + era * 400 + (c->month <= 2);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int32_t
date_day(int64_t when, int zone_min)
{
	if (when < WHEN_MIN)
		when = WHEN_MIN;
	if (when > WHEN_MAX)
		when = WHEN_MAX;
	return (int32_t)floor_div(when + (int64_t)zone_min * 60, DAY_S);
}

/* Split a moment into fields.  Returns the day of the week; Thursday is 0. */
static int
civil_from_when(int64_t when, int zone_min, struct civil *c)
{
	int64_t local, day;
	int sec;

	if (zone_min < -ZONE_MAX_MIN || zone_min > ZONE_MAX_MIN)
		zone_min = 0;
	local = when;
	if (local < WHEN_MIN + DAY_S)
		local = WHEN_MIN + DAY_S;
	if (local > WHEN_MAX - DAY_S)
		local = WHEN_MAX - DAY_S;
	local += (int64_t)zone_min * 60;
	day = floor_div(local, DAY_S);
	sec = (int)(local - day * DAY_S);
	civil_from_day(day, c);
	c->hour = sec / 3600;
	c->min = sec / 60 % 60;
	c->sec = sec % 60;
	c->zone_min = zone_min;
	return (int)(((day % 7) + 7) % 7);
}

/*
 * Compute the moment of a date and time.  A leap second counts as the second
 * after it.  Returns 0, or -1 if there is no such date or time.
 */
static int
when_from_civil(const struct civil *c, int64_t *when)
{
	if (!day_exists(c->year, c->month, c->day) || c->hour > 23 ||
	    c->min > 59 || c->sec > 60)
		return -1;
	*when = (int64_t)date_civil_day(c->year, c->month, c->day) * DAY_S +
	    c->hour * 3600 + c->min * 60 + c->sec -
	    (int64_t)c->zone_min * 60;
	return 0;
}

/* Take a number of exactly n digits from the start of s. */
static int
take_digits(struct slice *s, size_t n, int *v)
{
	uint32_t u;

	if (s->len < n || n > 4 ||
	    num_parse_u32(slice_sub(*s, 0, n), &u) == -1)
		return -1;
	*v = (int)u;
	*s = slice_from(*s, n);
	return 0;
}

static int
take_char(struct slice *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return -1;
	*s = slice_from(*s, 1);
	return 0;
}

/* Return the number of a month by its first three letters, or 0. */
static int
month_number(struct slice s)
{
	for (int i = 0; i < 12; i++)
		if (slice_caseeq_str(s, month_names[i]))
			return i + 1;
	return 0;
}

/* Take "1-Feb-1994" from the start of s. */
static int
take_imap_date(struct slice *s, struct civil *c)
{
	size_t digits = slice_chr(*s, '-');

	if ((digits != 1 && digits != 2) ||
	    take_digits(s, digits, &c->day) == -1 ||
	    take_char(s, '-') == -1 ||
	    (c->month = month_number(slice_sub(*s, 0, 3))) == 0)
		return -1;
	*s = slice_from(*s, 3);
	if (take_char(s, '-') == -1 || take_digits(s, 4, &c->year) == -1 ||
	    !day_exists(c->year, c->month, c->day))
		return -1;
	return 0;
}

int
date_parse_imap(struct slice s, int32_t *day)
{
	struct civil c;

	if (take_imap_date(&s, &c) == -1 || s.len != 0)
		return -1;
	*day = date_civil_day(c.year, c.month, c.day);
	return 0;
}

/* Take "-0800" from the start of s. */
static int
take_zone(struct slice *s, int *zone_min)
{
	int hour, min, sign;

	if (s->len == 0 || (s->p[0] != '+' && s->p[0] != '-'))
		return -1;
	sign = s->p[0] == '-' ? -1 : 1;
	*s = slice_from(*s, 1);
	if (take_digits(s, 2, &hour) == -1 || take_digits(s, 2, &min) == -1 ||
	    hour > 23 || min > 59)
		return -1;
	*zone_min = sign * (hour * 60 + min);
	return 0;
}

int
date_parse_imap_time(struct slice s, int64_t *when, int *zone_min)
{
	struct civil c;
	bool padded = take_char(&s, ' ') == 0;

	/* date-day-fixed: the space replaces the first of two digits. */
	if (padded && slice_chr(s, '-') != 1)
		return -1;
	if (take_imap_date(&s, &c) == -1 || take_char(&s, ' ') == -1 ||
	    take_digits(&s, 2, &c.hour) == -1 || take_char(&s, ':') == -1 ||
	    take_digits(&s, 2, &c.min) == -1 || take_char(&s, ':') == -1 ||
	    take_digits(&s, 2, &c.sec) == -1 || take_char(&s, ' ') == -1 ||
	    take_zone(&s, &c.zone_min) == -1 || s.len != 0 ||
	    when_from_civil(&c, when) == -1)
		return -1;
	*zone_min = c.zone_min;
	return 0;
}

/* Return hours and minutes of a zone as its four digits, without a sign. */
static int
zone_digits(int zone_min)
{
	int abs_min = zone_min < 0 ? -zone_min : zone_min;

	return abs_min / 60 * 100 + abs_min % 60;
}

size_t
date_print_imap_time(char dst[DATE_MAX], int64_t when, int zone_min)
{
	struct civil c;
	int n;

	(void)civil_from_when(when, zone_min, &c);
	n = snprintf(dst, DATE_MAX, "%2d-%s-%04d %02d:%02d:%02d %c%04d",
	    c.day, month_names[c.month - 1], c.year, c.hour, c.min, c.sec,
	    c.zone_min < 0 ? '-' : '+', zone_digits(c.zone_min));
	return n > 0 ? (size_t)n : 0;
}

/*
 * The Date field.  Its words are read one by one and recognised by their form,
 * because programs write them in every order and with any punctuation: a word
 * with a colon is the time, a word with a sign is the zone, a month has its
 * name, and of two numbers the first that can be a day is the day.
 */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Skip white space, commas, dots and comments, which nest (RFC 5322, 3.2.2). */
static void
skip_filler(struct slice *s)
{
	size_t depth = 0;

	for (; s->len > 0; *s = slice_from(*s, 1)) {
		char c = s->p[0];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0 && s->len > 1)
			*s = slice_from(*s, 1);
		else if (depth == 0 && c != ' ' && c != '\t' && c != ',' &&
		    c != '\r' && c != '\n' && c != '.')
			break;
	}
}

/* Take the next run of letters or of digits, or one other byte. */
static struct slice
take_word(struct slice *s)
{
	struct slice word;
	size_t n = 1;

	if (is_digit(s->p[0]))
		while (n < s->len && is_digit(s->p[n]))
			n++;
	else if (is_alpha(s->p[0]))
		while (n < s->len && is_alpha(s->p[n]))
			n++;
	word = slice_sub(*s, 0, n);
	*s = slice_from(*s, n);
	return word;
}

/*
 * Skip a colon before digits, with the white space and comments that old mail
 * has around it.  Returns false if there is none.
 */
static bool
take_colon(struct slice *s)
{
	struct slice look = *s;

	skip_filler(&look);
	if (look.len == 0 || look.p[0] != ':')
		return false;
	look = slice_from(look, 1);
	skip_filler(&look);
	if (look.len == 0 || !is_digit(look.p[0]))
		return false;
	*s = look;
	return true;
}

/* Take "25" or "25:10", which follows the hour and its colon. */
static int
take_time(struct slice hour, struct slice *s, struct civil *c)
{
	int *fields[] = { &c->min, &c->sec };
	uint32_t v;

	if (hour.len > 2 || num_parse_u32(hour, &v) == -1)
		return -1;
	c->hour = (int)v;
	for (int i = 0; i < 2 && (i == 0 || take_colon(s)); i++) {
		struct slice word = take_word(s);

		if (word.len > 2 || num_parse_u32(word, &v) == -1)
			return -1;
		*fields[i] = (int)v;
	}
	/* Drop a fraction of a second. */
	if (s->len > 1 && s->p[0] == '.' && is_digit(s->p[1])) {
		*s = slice_from(*s, 1);
		(void)take_word(s);
	}
	return 0;
}

/* The names of RFC 5322, 4.3; single-letter military zones are ignored. */
static int
zone_by_name(struct slice s)
{
	static const struct {
		const char	*name;
		int		 hours;
	} zones[] = {
		{ .name = "EDT", .hours = -4 },
		{ .name = "EST", .hours = -5 },
		{ .name = "CDT", .hours = -5 },
		{ .name = "CST", .hours = -6 },
		{ .name = "MDT", .hours = -6 },
		{ .name = "MST", .hours = -7 },
		{ .name = "PDT", .hours = -7 },
		{ .name = "PST", .hours = -8 },
	};

	for (size_t i = 0; i < NROWS(zones); i++)
		if (slice_caseeq_str(s, zones[i].name))
			return zones[i].hours * 60;
	return 0;
}

static void
take_name(struct slice word, struct civil *c, bool has_zone)
{
	int month = month_number(slice_sub(word, 0, 3));

	if (c->month == 0 && month != 0)
		c->month = month;
	else if (slice_caseeq_str(word, "PM") && c->hour < 12)
		c->hour += 12;
	else if (slice_caseeq_str(word, "AM") && c->hour == 12)
		c->hour = 0;
	else if (!has_zone && zone_by_name(word) != 0)
		c->zone_min = zone_by_name(word);
}

/* A number on its own: the day, or the year (RFC 5322, 4.3). */
static void
take_number(struct slice word, struct civil *c, bool *has_year)
{
	uint32_t v;

	if (num_parse_u32(word, &v) == -1 || v > 9999)
		return;
	if (c->day == 0 && word.len <= 2)
		c->day = (int)v;
	else if (!*has_year && word.len >= 2) {
		c->year = (int)v;
		if (word.len == 2)
			c->year += v < 50 ? 2000 : 1900;
		else if (word.len == 3)
			c->year += 1900;
		*has_year = true;
	}
}

int
date_parse_mail(struct slice s, int64_t *when, int *zone_min)
{
	struct civil c = { .month = 0 };
	bool has_time = false, has_year = false, has_zone = false;

	for (skip_filler(&s); s.len > 0; skip_filler(&s)) {
		struct slice word;

		if (has_time && !has_zone && take_zone(&s, &c.zone_min) == 0) {
			has_zone = true;
			continue;
		}
		if (s.len == 0)
			break;
		word = take_word(&s);
		if (is_alpha(word.p[0]))
			take_name(word, &c, has_zone);
		else if (!is_digit(word.p[0]))
			continue;
		else if (!has_time && take_colon(&s)) {
			if (take_time(word, &s, &c) == -1)
				return -1;
			has_time = true;
		} else
			take_number(word, &c, &has_year);
	}
	if (!has_year || when_from_civil(&c, when) == -1)
		return -1;
	*zone_min = c.zone_min;
	return 0;
}
