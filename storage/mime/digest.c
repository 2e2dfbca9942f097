/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The checksum of a message; see digest.h.  Each word of eight bytes, read as a
 * little-endian number, is multiplied into the sum.
 */

#include "config.h"

#include "storage/mime/digest.h"

/* Odd numbers whose bits look random, from the fractions of square roots. */
#define FACTOR_WORD	0x6a09e667f3bcc909ULL
#define FACTOR_SUM	0xbb67ae8584caa73bULL

static uint64_t
mix(uint64_t sum, uint64_t word)
{
	sum ^= word * FACTOR_WORD;
	return (sum << 31 | sum >> 33) * FACTOR_SUM;
}

static uint64_t
load(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	    (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	    (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static const unsigned char *
feed_bytes(struct digest *d, const unsigned char *p, size_t n)
{
	for (; n > 0; n--) {
		d->word |= (uint64_t)*p++ << (8 * (d->len % 8));
		if (++d->len % 8 != 0)
			continue;
		d->sum = mix(d->sum, d->word);
		d->word = 0;
	}
	return p;
}

void
digest_feed(struct digest *d, struct slice data)
{
	const unsigned char *p = (const unsigned char *)data.p;
	size_t n = (size_t)(-d->len % 8), words;

	if (n > data.len)
		n = data.len;
	p = feed_bytes(d, p, n);
	words = (data.len - n) / 8;
	for (size_t i = 0; i < words; i++, p += 8)
		d->sum = mix(d->sum, load(p));
	d->len += words * 8;
	(void)feed_bytes(d, p, data.len - n - words * 8);
}

uint64_t
digest_value(const struct digest *d)
{
	uint64_t sum = mix(mix(d->sum, d->word), d->len);

	return sum ^ sum >> 32;
}
