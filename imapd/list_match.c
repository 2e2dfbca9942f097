/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Matching of LIST patterns.  The pattern is read once, with the set of all
 * ends that its matches so far can have in the name.  So no part of the name
 * is tried twice, however many wildcards the pattern has.
 */

#include "config.h"

#include <string.h>

#include "imapd/list_match.h"

/*
 * Return how many octets of a name are case-insensitive: those of INBOX
 * (RFC 3501, 5.1).
 */
static size_t
caseless(struct slice name)
{
	const struct slice inbox = SLICE_LIT("INBOX");

	if (!slice_starts(name, inbox) || (name.len > inbox.len &&
	    name.p[inbox.len] != '/'))
		return 0;
	return inbox.len;
}

static char
fold(char c, bool nocase)
{
	return nocase && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* What % takes: from each end, all octets up to the next separator. */
static void
match_level(bool *ends, size_t first, struct slice name)
{
	for (size_t n = first; n < name.len; n++)
		if (ends[n] && name.p[n] != '/')
			ends[n + 1] = true;
}

/* What a character takes: itself, so that each end moves on or is dropped. */
static void
match_char(bool *ends, size_t first, struct slice name, char c, size_t nocase)
{
	for (size_t n = name.len; n > first; n--)
		ends[n] = ends[n - 1] &&
		    fold(c, n - 1 < nocase) == name.p[n - 1];
	ends[first] = false;
}

bool
list_match(struct slice pattern, struct slice name)
{
	const size_t nocase = caseless(name);
	bool ends[LIST_NAME_MAX + 1];	/* by octets of the name before it */
	size_t first = 0;		/* the first that is set */

	if (name.len > LIST_NAME_MAX)
		return false;
	memset(ends, false, name.len + 1);
	ends[0] = true;
	for (size_t p = 0; p < pattern.len; p++) {
		char c = pattern.p[p], last = p > 0 ? pattern.p[p - 1] : 'x';

		/* A wildcard adds nothing to * or to one of its kind. */
		if ((c == '*' || c == '%') && (last == '*' || last == c))
			continue;
		if (c == '*')
			memset(ends + first, true, name.len + 1 - first);
		else if (c == '%')
			match_level(ends, first, name);
		else
			match_char(ends, first, name, c, nocase);
		while (!ends[first])
			if (++first > name.len)
				return false;
	}
	return ends[name.len];
}
