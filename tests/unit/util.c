/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Helpers of the unit tests. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "tests/unit/util.h"

struct slice
unit_tight(struct slice s)
{
	char *p = xmalloc(s.len);

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return slice_make(p, s.len);
}

static int
feed_piece(unit_feed_fn *feed, void *ctx, struct slice piece)
{
	struct slice	tight = unit_tight(piece);
	int		r = feed(ctx, tight);

	free((char *)tight.p);
	return r;
}

int
unit_feed(unit_feed_fn *feed, void *ctx, struct slice in, size_t chunk)
{
	if (chunk == 0)
		return feed_piece(feed, ctx, in);
	for (; in.len > 0; in = slice_from(in, chunk))
		if (feed_piece(feed, ctx, slice_sub(in, 0, chunk)) == -1)
			return -1;
	return 0;
}

int
unit_feed_cut(unit_feed_fn *feed, void *ctx, struct slice in, size_t at)
{
	if (feed_piece(feed, ctx, slice_sub(in, 0, at)) == -1)
		return -1;
	return feed_piece(feed, ctx, slice_from(in, at));
}
