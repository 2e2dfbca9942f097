/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Finds a string in text that comes in pieces, at the speed of memmem(3).
 * Both must be folded in the same way (common/base/casefold.h).
 */
#ifndef STORAGE_MIME_MATCH_H
#define STORAGE_MIME_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/slice.h"

struct match {
	struct slice	 needle;	/* belongs to the caller */
	char		*seam;		/* end of the last piece, and room */
	size_t		 nseam;
	bool		 found;
};

/*
 * Start to look for needle, which must outlive m.  An empty needle is found at
 * once.  Returns 0, or -1 if memory is short.
 */
int	 match_init(struct match *m, struct slice needle);
/* Free everything but the needle. */
void	 match_clear(struct match *m);

/* Feed the next piece.  Returns true once the needle was found. */
bool	 match_feed(struct match *m, struct slice text);

#endif
