/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Arithmetic that detects overflow, and decimal numbers from clients.  All
 * values that a client, a file or a message controls are computed here.
 */
#ifndef COMMON_BASE_NUM_H
#define COMMON_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

/*
 * Compute r = a op b.  Each returns 0, or -1 if the result does not fit its
 * type; r is unspecified then.
 */
#define NUM_CHECKED(name, type)						\
static inline int							\
num_add_##name(type a, type b, type *r)					\
{									\
	return __builtin_add_overflow(a, b, r) ? -1 : 0;		\
}									\
static inline int							\
num_sub_##name(type a, type b, type *r)					\
{									\
	return __builtin_sub_overflow(a, b, r) ? -1 : 0;		\
}									\
static inline int							\
num_mul_##name(type a, type b, type *r)					\
{									\
	return __builtin_mul_overflow(a, b, r) ? -1 : 0;		\
}

NUM_CHECKED(size, size_t)
NUM_CHECKED(u32, uint32_t)
NUM_CHECKED(u64, uint64_t)

#undef NUM_CHECKED

/*
 * Parse a decimal number.  The whole slice must be digits, at least one,
 * without sign or space.  Leading zeros are allowed (RFC 3501, section 9,
 * number).  Returns 0, or -1 for anything else, also if the number does not
 * fit.
 */
int	 num_parse_u32(struct slice s, uint32_t *n);
int	 num_parse_u64(struct slice s, uint64_t *n);

/*
 * As num_parse_u32(), for an nz-number (RFC 3501, section 9): its first digit
 * is not zero.
 */
int	 num_parse_nz(struct slice s, uint32_t *n);

/* As num_parse_u64(), for a number from min to max, including both. */
int	 num_parse_range(struct slice s, uint64_t min, uint64_t max,
	    uint64_t *n);

/* Room for any 64-bit number in decimal and a NUL. */
#define NUM_PRINT_MAX	21

/* Print a number in decimal, with a NUL.  Returns its length. */
size_t	 num_print(char dst[NUM_PRINT_MAX], uint64_t n);

#endif
