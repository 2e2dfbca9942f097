/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Decimal numbers from clients, without locale, sign or space. */
#include "config.h"

#include <string.h>

#include "common/base/num.h"

int
num_parse_u64(struct slice s, uint64_t *n)
{
	uint64_t v = 0;

	if (s.len == 0)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		unsigned int d = (unsigned char)s.p[i] - '0';

		if (d > 9 || num_mul_u64(v, 10, &v) == -1 ||
		    num_add_u64(v, d, &v) == -1)
			return -1;
	}
	*n = v;
	return 0;
}

int
num_parse_u32(struct slice s, uint32_t *n)
{
	uint64_t v;

	if (num_parse_range(s, 0, UINT32_MAX, &v) == -1)
		return -1;
	*n = (uint32_t)v;
	return 0;
}

int
num_parse_nz(struct slice s, uint32_t *n)
{
	if (s.len == 0 || s.p[0] == '0')
		return -1;
	return num_parse_u32(s, n);
}

int
num_parse_range(struct slice s, uint64_t min, uint64_t max, uint64_t *n)
{
	uint64_t v;

	if (num_parse_u64(s, &v) == -1 || v < min || v > max)
		return -1;
	*n = v;
	return 0;
}

size_t
num_print(char dst[NUM_PRINT_MAX], uint64_t n)
{
	char tmp[NUM_PRINT_MAX], *p = tmp + sizeof(tmp);
	size_t len;

	*--p = '\0';
	do {
		*--p = '0' + n % 10;
		n /= 10;
	} while (n > 0);
	len = (size_t)(tmp + sizeof(tmp) - p);
	memcpy(dst, p, len);
	return len - 1;
}
