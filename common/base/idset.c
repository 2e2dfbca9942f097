/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Sets of ids as sorted ranges.  Invariant: lo is not 0, lo <= hi, and each
 * range ends at least two ids before the next begins.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/compat.h"
#include "common/base/idset.h"
#include "common/base/num.h"
#include "common/base/xmalloc.h"

/* Ranges of the first allocation. */
#define IDSET_MIN	8

void
idset_init(struct idset *set, size_t limit)
{
	set->ranges = NULL;
	set->n = set->size = 0;
	set->limit = limit < IDSET_NOLIMIT ? limit : IDSET_NOLIMIT;
}

void
idset_clear(struct idset *set)
{
	free(set->ranges);
	idset_init(set, set->limit);
}

void
idset_reset(struct idset *set)
{
	set->n = 0;
}

/* Make room for n ranges in all. */
static int
reserve(struct idset *set, size_t n)
{
	struct idrange *ranges;
	size_t size = set->size < IDSET_MIN ? IDSET_MIN : set->size;

	if (n > set->limit)
		return -1;
	if (n <= set->size)
		return 0;
	while (size < n)
		size *= 2;
	if (set->limit == IDSET_NOLIMIT)
		ranges = xreallocarray(set->ranges, size, sizeof(*ranges));
	else if ((ranges = reallocarray(set->ranges, size,
	    sizeof(*ranges))) == NULL)
		return -1;
	set->ranges = ranges;
	set->size = size;
	return 0;
}

/* Return the index of the first range that ends at id or later, or set->n. */
static size_t
lower_bound(const struct idset *set, uint32_t id)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (set->ranges[mid].hi < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Replace the old ranges from index at by count other ranges. */
static int
splice(struct idset *set, size_t at, size_t old,
    const struct idrange *with, size_t count)
{
	if (count > old && reserve(set, set->n + count - old) == -1)
		return -1;
	if (set->n > at + old && count != old)
		memmove(set->ranges + at + count, set->ranges + at + old,
		    (set->n - at - old) * sizeof(*with));
	if (count > 0)
		memcpy(set->ranges + at, with, count * sizeof(*with));
	set->n = set->n + count - old;
	return 0;
}

int
idset_add(struct idset *set, uint32_t id)
{
	return idset_add_range(set, id, id);
}

/*
 * Add a range that touches or overlaps the last one, but begins no earlier.
 * Returns false if it belongs elsewhere.
 */
static bool
extend_last(struct idset *set, uint32_t lo, uint32_t hi)
{
	struct idrange *last;

	if (set->n == 0)
		return false;
	last = &set->ranges[set->n - 1];
	if (lo < last->lo || lo - 1 > last->hi)
		return false;
	if (hi > last->hi)
		last->hi = hi;
	return true;
}

int
idset_add_range(struct idset *set, uint32_t lo, uint32_t hi)
{
	struct idrange r = { lo, hi };
	size_t at, end;

	if (lo == 0 || hi < lo)
		return -1;
	if (extend_last(set, lo, hi))
		return 0;
	/* Merge all ranges that touch lo-1 .. hi+1 into one. */
	at = end = lower_bound(set, lo - 1 > 0 ? lo - 1 : 1);
	while (end < set->n && set->ranges[end].lo - 1 <= hi) {
		if (set->ranges[end].lo < r.lo)
			r.lo = set->ranges[end].lo;
		if (set->ranges[end].hi > r.hi)
			r.hi = set->ranges[end].hi;
		end++;
	}
	return splice(set, at, end - at, &r, 1);
}

int
idset_remove(struct idset *set, uint32_t id)
{
	return idset_remove_range(set, id, id);
}

int
idset_remove_range(struct idset *set, uint32_t lo, uint32_t hi)
{
	struct idrange keep[2];
	size_t at, end, count = 0;

	if (lo == 0 || hi < lo)
		return -1;
	at = end = lower_bound(set, lo);
	while (end < set->n && set->ranges[end].lo <= hi)
		end++;
	if (at == end)
		return 0;
	if (set->ranges[at].lo < lo)
		keep[count++] = (struct idrange){ set->ranges[at].lo, lo - 1 };
	if (set->ranges[end - 1].hi > hi)
		keep[count++] = (struct idrange){ hi + 1,
		    set->ranges[end - 1].hi };
	return splice(set, at, end - at, keep, count);
}

int
idset_copy(struct idset *dst, const struct idset *src)
{
	if (reserve(dst, src->n) == -1)
		return -1;
	if (src->n > 0)
		memcpy(dst->ranges, src->ranges,
		    src->n * sizeof(*src->ranges));
	dst->n = src->n;
	return 0;
}

bool
idset_contains(const struct idset *set, uint32_t id)
{
	size_t at = lower_bound(set, id);

	return id != 0 && at < set->n && set->ranges[at].lo <= id;
}

bool
idset_empty(const struct idset *set)
{
	return set->n == 0;
}

uint64_t
idset_count(const struct idset *set)
{
	uint64_t count = 0;

	for (size_t i = 0; i < set->n; i++)
		count += (uint64_t)set->ranges[i].hi - set->ranges[i].lo + 1;
	return count;
}

uint32_t
idset_min(const struct idset *set)
{
	return set->n == 0 ? 0 : set->ranges[0].lo;
}

uint32_t
idset_max(const struct idset *set)
{
	return set->n == 0 ? 0 : set->ranges[set->n - 1].hi;
}

/* Move the set that was built in tmp to dst, unless building it failed. */
static int
replace(struct idset *dst, struct idset *tmp, int result)
{
	if (result == -1) {
		idset_clear(tmp);
		return -1;
	}
	free(dst->ranges);
	*dst = *tmp;
	return 0;
}

int
idset_union(struct idset *dst, const struct idset *src)
{
	struct idset tmp;
	size_t i = 0, j = 0;
	int r = 0;

	if (src->n == 0)
		return 0;
	if (dst->n == 0)
		return idset_copy(dst, src);
	idset_init(&tmp, dst->limit);
	while (r == 0 && (i < dst->n || j < src->n)) {
		const struct idrange *next;

		/* Ranges are added in the order of lo, so each is O(1). */
		if (j == src->n || (i < dst->n &&
		    dst->ranges[i].lo <= src->ranges[j].lo))
			next = &dst->ranges[i++];
		else
			next = &src->ranges[j++];
		r = idset_add_range(&tmp, next->lo, next->hi);
	}
	return replace(dst, &tmp, r);
}

static int
compare_lo(const void *a, const void *b)
{
	const struct idrange *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

int
idset_add_ranges(struct idset *set, struct idrange *ranges, size_t n)
{
	struct idset sorted;
	int r = 0;

	idset_init(&sorted, set->limit);
	if (n > 1)
		qsort(ranges, n, sizeof(*ranges), compare_lo);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = idset_add_range(&sorted, ranges[i].lo, ranges[i].hi);
	if (r == 0)
		r = idset_union(set, &sorted);
	idset_clear(&sorted);
	return r;
}

int
idset_intersect(struct idset *dst, const struct idset *src)
{
	struct idset tmp;
	size_t i = 0, j = 0;
	int r = 0;

	idset_init(&tmp, dst->limit);
	while (r == 0 && i < dst->n && j < src->n) {
		struct idrange a = dst->ranges[i], b = src->ranges[j];
		uint32_t lo = a.lo > b.lo ? a.lo : b.lo;
		uint32_t hi = a.hi < b.hi ? a.hi : b.hi;

		if (lo <= hi)
			r = idset_add_range(&tmp, lo, hi);
		if (a.hi < b.hi)
			i++;
		else
			j++;
	}
	return replace(dst, &tmp, r);
}

int
idset_subtract(struct idset *dst, const struct idset *src)
{
	struct idset tmp;
	size_t j = 0;
	int r = 0;

	idset_init(&tmp, dst->limit);
	for (size_t i = 0; r == 0 && i < dst->n; i++) {
		struct idrange a = dst->ranges[i];
		bool left = true;	/* part of a is left */

		while (j < src->n && src->ranges[j].hi < a.lo)
			j++;
		for (size_t k = j; r == 0 && left && k < src->n &&
		    src->ranges[k].lo <= a.hi; k++) {
			if (src->ranges[k].lo > a.lo)
				r = idset_add_range(&tmp, a.lo,
				    src->ranges[k].lo - 1);
			left = src->ranges[k].hi < a.hi;
			if (left)
				a.lo = src->ranges[k].hi + 1;
			j = k;
		}
		if (r == 0 && left)
			r = idset_add_range(&tmp, a.lo, a.hi);
	}
	return replace(dst, &tmp, r);
}

void
idset_iter_init(struct idset_iter *it, const struct idset *set)
{
	it->set = set;
	it->range = 0;
	it->next = 0;
}

void
idset_iter_init_after(struct idset_iter *it, const struct idset *set,
    uint32_t id)
{
	idset_iter_init(it, set);
	if (id == UINT32_MAX) {
		it->range = set->n;
		return;
	}
	it->range = lower_bound(set, id + 1);
	if (it->range < set->n && set->ranges[it->range].lo <= id)
		it->next = id + 1;
}

bool
idset_next(struct idset_iter *it, uint32_t *id)
{
	const struct idrange *r;

	if (it->range >= it->set->n)
		return false;
	r = &it->set->ranges[it->range];
	*id = it->next == 0 ? r->lo : it->next;
	if (*id == r->hi) {
		it->range++;
		it->next = 0;
	} else
		it->next = *id + 1;
	return true;
}

void
idset_iter_from(struct idset_iter *it, const struct idset *set, uint32_t id)
{
	it->set = set;
	it->range = lower_bound(set, id);
	it->next = it->range < set->n && set->ranges[it->range].lo < id ? id :
	    0;
}

/* Parse a seq-number; "*" is star. */
static int
parse_number(struct slice s, uint32_t star, uint32_t *n)
{
	if (slice_eq_str(s, "*")) {
		*n = star;
		return 0;
	}
	return num_parse_nz(s, n);
}

/* Parse one item.  In an empty mailbox, an item with "*" has lo 0. */
static int
parse_item(struct slice s, uint32_t star, struct idrange *r)
{
	struct slice first;
	bool is_range = slice_cut(&s, ':', &first);

	if (parse_number(first, star, &r->lo) == -1)
		return -1;
	r->hi = r->lo;
	if (is_range && parse_number(s, star, &r->hi) == -1)
		return -1;
	if (r->lo > r->hi) {
		uint32_t hi = r->lo;

		r->lo = r->hi;
		r->hi = hi;
	}
	return 0;
}

/*
 * Items are collected, sorted once and merged, so that a long set in any order
 * takes O(n log n).  Memory is bounded by the line that the items came in.
 */
int
idset_parse(struct idset *set, struct slice s, uint32_t star)
{
	struct idset items;
	struct slice item;
	struct idrange r;
	bool more;
	int result = -1;

	idset_init(&items, IDSET_NOLIMIT);
	do {
		more = slice_cut(&s, ',', &item);
		if (parse_item(item, star, &r) == -1 ||
		    reserve(&items, items.n + 1) == -1)
			goto out;
		if (r.lo != 0)
			items.ranges[items.n++] = r;
	} while (more);
	result = idset_add_ranges(set, items.ranges, items.n);
out:
	idset_clear(&items);
	return result;
}

int
idset_print(const struct idset *set, struct buf *out)
{
	size_t len = buf_len(out);

	for (size_t i = 0; i < set->n; i++) {
		const struct idrange *r = &set->ranges[i];

		if ((i > 0 && buf_add_char(out, ',') == -1) ||
		    buf_add_u64(out, r->lo) == -1 ||
		    (r->hi > r->lo && (buf_add_char(out, ':') == -1 ||
		    buf_add_u64(out, r->hi) == -1))) {
			buf_truncate(out, len);
			return -1;
		}
	}
	return 0;
}
