/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The log of changes in a mailbox; see changes.h.
 *
 * A UID extends the range before it only if that is of the same commit: a view
 * may have read an older range already, and would miss the UID.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "storage/mailbox/changes.h"

void
changes_clear(struct changes *c)
{
	free(c->items);
	memset(c, 0, sizeof(*c));
}

void
changes_add(struct changes *c, uint32_t uid, uint32_t origin)
{
	struct change *last;

	if (c->n > c->open) {
		last = &c->items[c->n - 1];
		if (last->origin == origin && last->hi + 1 == uid) {
			last->hi = uid;
			return;
		}
	}
	c->items = xgrow(c->items, c->n, &c->size, sizeof(*c->items));
	c->items[c->n++] = (struct change){ uid, uid, origin };
}

void
changes_close(struct changes *c)
{
	c->open = c->n;
}

uint64_t
changes_end(const struct changes *c)
{
	return c->base + c->n;
}

const struct change *
changes_at(const struct changes *c, uint64_t pos)
{
	if (pos < c->base || pos - c->base >= c->n)
		return NULL;
	return &c->items[pos - c->base];
}

void
changes_trim(struct changes *c, uint64_t pos)
{
	size_t drop;

	if (pos <= c->base)
		return;
	drop = pos - c->base > c->n ? c->n : (size_t)(pos - c->base);
	c->n -= drop;
	c->open = c->open > drop ? c->open - drop : 0;
	c->base += drop;
	memmove(c->items, c->items + drop, c->n * sizeof(*c->items));
	if (c->n == 0 && c->size > 256) {
		free(c->items);
		c->items = NULL;
		c->size = 0;
	}
}
