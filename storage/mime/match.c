/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Substring search in pieces; see match.h.  The last needle.len - 1 bytes of
 * the text are kept: a match that begins in them ends within as many bytes of
 * the next piece, and any other match is within one piece.
 */

#include "config.h"

#include <stdlib.h>

#include "storage/mime/match.h"

int
match_init(struct match *m, struct slice needle)
{
	m->needle = needle;
	m->nseam = 0;
	m->found = needle.len == 0;
	m->seam = NULL;
	if (needle.len > 1 &&
	    (m->seam = reallocarray(NULL, needle.len - 1, 2)) == NULL)
		return -1;
	return 0;
}

void
match_clear(struct match *m)
{
	free(m->seam);
	m->seam = NULL;
}

bool
match_feed(struct match *m, struct slice text)
{
	size_t keep, n;

	if (m->found || text.len == 0)
		return m->found;
	if (slice_find(text, m->needle) != SLICE_NONE)
		return m->found = true;
	if ((keep = m->needle.len - 1) == 0)
		return false;
	n = text.len < keep ? text.len : keep;
	memcpy(m->seam + m->nseam, text.p, n);
	if (slice_find(slice_make(m->seam, m->nseam + n), m->needle) !=
	    SLICE_NONE)
		return m->found = true;
	if (text.len >= keep) {
		memcpy(m->seam, text.p + text.len - keep, keep);
		m->nseam = keep;
		return false;
	}
	m->nseam += n;
	if (m->nseam > keep) {
		memmove(m->seam, m->seam + m->nseam - keep, keep);
		m->nseam = keep;
	}
	return false;
}
