/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A 64-bit checksum of a message, by which a file that another program has
 * touched is known to be the same message or another one.  It is fast and not
 * cryptographic: whoever can write to a mail folder may replace its mail.
 */

#ifndef STORAGE_MIME_DIGEST_H
#define STORAGE_MIME_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

/* All zero at the start of a message. */
struct digest {
	uint64_t	 sum;
	uint64_t	 word;		/* bytes that do not fill a word yet */
	uint64_t	 len;		/* bytes so far */
};

/* Add the next bytes.  The result does not depend on how they are cut. */
void		 digest_feed(struct digest *d, struct slice data);
/* Return the checksum of the bytes so far. */
uint64_t	 digest_value(const struct digest *d);

#endif
