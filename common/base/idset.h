/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A set of 32-bit ids (UIDs or message sequence numbers, never 0), kept as
 * sorted ranges that neither overlap nor touch.  So 1:4294967295 takes eight
 * bytes, and a look-up is a binary search.
 *
 * Functions that change a set return 0, or -1 if it would have more ranges
 * than its limit or memory is short; the set is unchanged then.  On a set
 * without a limit they never fail: there, a lack of memory is fatal.
 */
#ifndef COMMON_BASE_IDSET_H
#define COMMON_BASE_IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

struct idrange {
	uint32_t	lo;	/* first id, not 0 */
	uint32_t	hi;	/* last id, not less than lo */
};

struct idset {
	struct idrange	*ranges;	/* sorted, at least one id apart */
	size_t		 n;		/* ranges used */
	size_t		 size;		/* ranges allocated */
	size_t		 limit;		/* most ranges allowed */
};

/* The limit for sets that we make ourselves: one range per message. */
#define IDSET_NOLIMIT	(SIZE_MAX / sizeof(struct idrange) / 4)

/* Start empty, without memory. */
void	 idset_init(struct idset *set, size_t limit);

/* Free the memory.  The set is empty and can be used again. */
void	 idset_clear(struct idset *set);

/* Empty the set and keep its memory. */
void	 idset_reset(struct idset *set);

/* Add or remove one id, or lo..hi.  Adding in ascending order is O(1). */
int	 idset_add(struct idset *set, uint32_t id);
int	 idset_add_range(struct idset *set, uint32_t lo, uint32_t hi);
int	 idset_remove(struct idset *set, uint32_t id);
int	 idset_remove_range(struct idset *set, uint32_t lo, uint32_t hi);

/*
 * Add n ranges in any order, with lo not above hi in each.  Takes O(n log n)
 * and the time of a union; the array is sorted.
 */
int	 idset_add_ranges(struct idset *set, struct idrange *ranges, size_t n);

/* Make dst a copy of src.  dst keeps its own limit. */
int	 idset_copy(struct idset *dst, const struct idset *src);

/* Whether the id is in the set.  Takes a binary search. */
bool	 idset_contains(const struct idset *set, uint32_t id);

/* Whether the set is empty. */
bool	 idset_empty(const struct idset *set);

/*
 * Return the number of ids, the least, or the greatest; 0 if the set is empty.
 */
uint64_t idset_count(const struct idset *set);
uint32_t idset_min(const struct idset *set);
uint32_t idset_max(const struct idset *set);

/*
 * Make dst the union of dst and src, their intersection, or dst without src,
 * in one pass over both.  src may not be dst.
 */
int	 idset_union(struct idset *dst, const struct idset *src);
int	 idset_intersect(struct idset *dst, const struct idset *src);
int	 idset_subtract(struct idset *dst, const struct idset *src);

/* A walk over the ids in ascending order.  The set may not change meanwhile. */
struct idset_iter {
	const struct idset	*set;
	size_t			 range;	/* index of the current range */
	uint32_t		 next;	/* next id in it, 0: its first */
};

/* Start a walk, at the first id or at the first that is not below id. */
void	 idset_iter_init(struct idset_iter *it, const struct idset *set);
void	 idset_iter_from(struct idset_iter *it, const struct idset *set,
	    uint32_t id);

/* Start a walk over the ids that are greater than id.  O(log n). */
void	 idset_iter_init_after(struct idset_iter *it, const struct idset *set,
	    uint32_t id);

/* Get the next id.  Returns false at the end. */
bool	 idset_next(struct idset_iter *it, uint32_t *id);

/*
 * Parse a sequence-set (RFC 3501, section 9; without "$") and add it.  star is
 * the value of "*", the greatest id of the mailbox.  If star is 0, because the
 * mailbox is empty, items with "*" add nothing.  Ranges may be in either order
 * and may overlap.  Returns 0, or -1 with the set unchanged if s is not a
 * sequence-set (0, numbers over 32 bits, an empty item) or needs more ranges
 * than the limit.
 */
int	 idset_parse(struct idset *set, struct slice s, uint32_t star);

/*
 * Append the shortest sequence-set, such as "1:3,5".  An empty set appends
 * nothing, which no grammar allows: test for it first.  Returns 0, or -1 if
 * out would exceed its cap.
 */
int	 idset_print(const struct idset *set, struct buf *out);

#endif
