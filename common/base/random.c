/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Random numbers from arc4random(3), which seeds itself and survives fork. */
#include "config.h"

#include "common/base/compat.h"
#include "common/base/random.h"

void
random_bytes(void *p, size_t len)
{
	arc4random_buf(p, len);
}

int
random_hex(struct buf *out, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = buf_len(out);

	for (size_t i = 0; i < n; i++) {
		unsigned char c;

		random_bytes(&c, 1);
		if (buf_add_char(out, hex[c >> 4]) == -1 ||
		    buf_add_char(out, hex[c & 15]) == -1) {
			buf_truncate(out, len);
			return -1;
		}
	}
	return 0;
}
