/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The header of one message for SEARCH HEADER; see search_header.h. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/mime/textstream.h"
#include "storage/read/search_header.h"

/* Fields that nobody asks for between two looks at the clock. */
#define LOOK_EVERY	64
/*
 * Octets of a small header: a thousand keys go through it in ten milliseconds.
 * Each value counts for some octets more.
 */
#define SMALL_MAX	(16 * 1024)
#define VALUE_COST	32
/* Memory that is kept for the next message. */
#define KEEP		65536

void
search_header_init(struct search_header *h)
{
	memset(h, 0, sizeof(*h));
	buf_init(&h->text, BUF_NOCAP);
}

void
search_header_clear(struct search_header *h)
{
	free(h->names);
	free(h->values);
	buf_clear(&h->text);
	search_header_init(h);
}

/* Find a name; *at is its place, or where it belongs. */
static bool
find(const struct search_header *h, struct slice name, size_t *at)
{
	size_t low = 0, high = h->nnames, mid;
	int cmp;

	while (low < high) {
		mid = low + (high - low) / 2;
		cmp = slice_casecmp(name, h->names[mid]);
		if (cmp == 0) {
			*at = mid;
			return true;
		}
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	*at = low;
	return false;
}

void
search_header_want(struct search_header *h, struct slice name)
{
	size_t at;

	if (find(h, name, &at))
		return;
	h->names = xgrow(h->names, h->nnames, &h->names_size,
	    sizeof(*h->names));
	memmove(h->names + at + 1, h->names + at,
	    (h->nnames - at) * sizeof(*h->names));
	h->names[at] = name;
	h->nnames++;
}

void
search_header_reset(struct search_header *h)
{
	buf_reset(&h->text, KEEP);
	h->nvalues = 0;
	if (h->values_size * sizeof(*h->values) > KEEP) {
		free(h->values);
		h->values = NULL;
		h->values_size = 0;
	}
	h->begun = h->loaded = false;
}

static void
add_value(struct search_header *h, size_t name, struct slice value)
{
	struct charset_set set = { .n = 0 };
	struct search_value *v;

	h->values = xgrow(h->values, h->nvalues, &h->values_size,
	    sizeof(*h->values));
	v = &h->values[h->nvalues++];
	v->name = name;
	v->off = buf_len(&h->text);
	(void)textstream_value(&h->text, value, &set);
	v->len = buf_len(&h->text) - v->off;
}

bool
search_header_load(struct search_header *h, struct slice block,
    uint64_t until_ns)
{
	struct header_field f;
	unsigned int n = 0;
	size_t name;

	if (h->loaded)
		return true;
	if (!h->begun)
		header_iter_init(&h->it, block);
	h->begun = true;
	while (header_next(&h->it, &f)) {
		if (f.value.p != NULL && find(h, f.name, &name)) {
			add_value(h, name, f.value);
			n += LOOK_EVERY - 1;
		}
		if (++n >= LOOK_EVERY) {
			n = 0;
			if (timer_ns() > until_ns)
				return false;
		}
	}
	h->loaded = true;
	return true;
}

bool
search_header_is_small(const struct search_header *h)
{
	return h->loaded &&
	    buf_len(&h->text) + VALUE_COST * h->nvalues <= SMALL_MAX;
}

bool
search_header_has(const struct search_header *h, struct slice name,
    struct slice text)
{
	struct slice all = buf_slice(&h->text);
	const struct search_value *v = h->values;
	size_t at;

	if (!find(h, name, &at))
		return false;
	for (size_t i = 0; i < h->nvalues; i++, v++)
		if (v->name == at && slice_find(slice_sub(all, v->off,
		    v->len), text) != SLICE_NONE)
			return true;
	return false;
}
