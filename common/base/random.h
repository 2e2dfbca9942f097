/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Random numbers that nobody can guess, from arc4random(3). */
#ifndef COMMON_BASE_RANDOM_H
#define COMMON_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

/* Fill p with len random bytes. */
void		 random_bytes(void *p, size_t len);

/*
 * Append n random bytes in lower-case hexadecimal.  Returns 0, or -1 if out
 * would exceed its cap.
 */
int		 random_hex(struct buf *out, size_t n);

#endif
