/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Dates of IMAP (RFC 3501 and 9051, section 9: date, date-time) and of
 * messages (RFC 5322, section 3.3), without locale and without the system's
 * time zone.  A moment is seconds since 1970 in UTC, and the zone that it was
 * written in is minutes east of Greenwich.  A day is days since 1970-01-01.
 */
#ifndef COMMON_DATE_H
#define COMMON_DATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

/* Room for any date printed here, with a NUL. */
#define DATE_MAX	48

/*
 * Parse an IMAP date without its quotes, "1-Feb-1994", as SEARCH has it.
 * Strict; the day must exist.  Returns 0 or -1.
 */
int	 date_parse_imap(struct slice s, int32_t *day);

/*
 * Parse an IMAP date-time without its quotes, " 1-Feb-1994 21:52:25 -0800",
 * as APPEND has it.  Strict, but one digit without the space is taken too.
 * Returns 0 or -1.
 */
int	 date_parse_imap_time(struct slice s, int64_t *when, int *zone_min);

/* Print an IMAP date-time without quotes; returns its length, always 26. */
size_t	 date_print_imap_time(char dst[DATE_MAX], int64_t when,
	    int zone_min);

/*
 * Parse the value of a Date: field, tolerant of what mail contains: comments,
 * a missing or wrong day name, two- and three-digit years (RFC 5322, 4.3),
 * missing seconds, zone names, a missing zone (taken as UTC), asctime's
 * order.  Returns 0, or -1 when there is no date in it.
 */
int	 date_parse_mail(struct slice s, int64_t *when, int *zone_min);

/*
 * The day of a moment as seen in a zone: what SENTON and ON compare,
 * "disregarding time and timezone" (RFC 3501, 6.4.4).
 */
int32_t	 date_day(int64_t when, int zone_min);

/*
 * Day number of a date of the Gregorian calendar; month 1 to 12.  The date
 * must exist.
 */
int32_t	 date_civil_day(int year, int month, int day);

#endif
