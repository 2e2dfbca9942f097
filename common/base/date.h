/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Dates of IMAP (RFC 3501 and 9051, section 9: date, date-time) and of
 * messages (RFC 5322, section 3.3), independent of the locale and of the
 * system's time zone.  A moment is in seconds since 1970 in UTC, and the zone
 * that it was written in is in minutes east of Greenwich.  A day is in days
 * since 1970-01-01.
 */
#ifndef COMMON_BASE_DATE_H
#define COMMON_BASE_DATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

/* Room for any date printed here, and its NUL. */
#define DATE_MAX	48

/*
 * Parse an IMAP date without its quotes, such as "1-Feb-1994" in SEARCH.
 * Strict; the day must exist.  Returns 0 or -1.
 */
int	 date_parse_imap(struct slice s, int32_t *day);

/*
 * Parse an IMAP date-time without its quotes, such as in APPEND:
 * " 1-Feb-1994 21:52:25 -0800".  Strict, but one digit without the space is
 * accepted, too.  Returns 0 or -1.
 */
int	 date_parse_imap_time(struct slice s, int64_t *when, int *zone_min);

/* Print an IMAP date-time without quotes.  Returns its length, always 26. */
size_t	 date_print_imap_time(char dst[DATE_MAX], int64_t when,
	    int zone_min);

/*
 * Parse the value of a Date field.  Accepts what mail contains: comments, a
 * missing or wrong day name, years of two or three digits (RFC 5322, 4.3),
 * missing seconds, zone names, a missing zone (taken as UTC), the order of
 * asctime(3).  Returns 0, or -1 if there is no date in it.
 */
int	 date_parse_mail(struct slice s, int64_t *when, int *zone_min);

/*
 * Return the day of a moment as seen in a zone, which SENTON and ON compare,
 * "disregarding time and timezone" (RFC 3501, 6.4.4).
 */
int32_t	 date_day(int64_t when, int zone_min);

/*
 * Return the day number of a date of the Gregorian calendar; month is 1 to 12.
 * The date must exist.
 */
int32_t	 date_civil_day(int year, int month, int day);

#endif
