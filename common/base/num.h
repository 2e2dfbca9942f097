/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Arithmetic that says when it overflows, and decimal numbers of clients.
 * Everything that a client, a file or a message controls is computed here.
 */
#ifndef COMMON_NUM_H
#define COMMON_NUM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

/*
 * r = a op b.  Each returns 0, or -1 when the result does not fit its type;
 * r is then unspecified.
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
 * Parse a decimal number.  The whole slice must be digits: no sign, no space,
 * not empty; leading zeros are allowed (RFC 3501, section 9, number).
 * Returns 0, or -1 for anything else, also when it does not fit.
 */
int	 num_parse_u32(struct slice s, uint32_t *n);
int	 num_parse_u64(struct slice s, uint64_t *n);

/*
 * The same for an nz-number (RFC 3501, section 9): it starts with a digit
 * that is not zero.
 */
int	 num_parse_nz(struct slice s, uint32_t *n);

/* Parse a number that lies between min and max, both included. */
int	 num_parse_range(struct slice s, uint64_t min, uint64_t max,
	    uint64_t *n);

/* Room for any 64-bit number in decimal and a NUL. */
#define NUM_PRINT_MAX	21

/* Print a number in decimal with a NUL; returns its length. */
size_t	 num_print(char dst[NUM_PRINT_MAX], uint64_t n);

#endif
