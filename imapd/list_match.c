/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Matching of LIST patterns.  On a mismatch, the last wildcard that can take
 * one more character takes it, and matching resumes after that wildcard.
 * Earlier wildcards never need another try: neither those before the last *,
 * nor, within a level, those before the last %.
 */

#include "config.h"

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

bool
list_match(struct slice pattern, struct slice name)
{
	const size_t none = SLICE_NONE;
	const size_t nocase = caseless(name);
	size_t p = 0, n = 0;
	size_t star = none, star_n = 0;		/* after *, end of its match */
	size_t pct = none, pct_n = 0;		/* the same for a later % */

	for (;;) {
		char c = p < pattern.len ? pattern.p[p] : '\0';

		if (p < pattern.len && c == '*') {
			star = ++p;
			star_n = n;
			pct = none;
			continue;
		}
		if (p < pattern.len && c == '%') {
			pct = ++p;
			pct_n = n;
			continue;
		}
		if (p == pattern.len && n == name.len)
			return true;
		if (p < pattern.len && n < name.len &&
		    fold(c, n < nocase) == name.p[n]) {
			p++;
			n++;
			continue;
		}
		if (pct != none && pct_n < name.len &&
		    name.p[pct_n] != '/') {
			p = pct;
			n = ++pct_n;
			continue;
		}
		if (star != none && star_n < name.len) {
			p = star;
			n = ++star_n;
			pct = none;
			continue;
		}
		return false;
	}
}
