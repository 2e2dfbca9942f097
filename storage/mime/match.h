/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Finds a string in text that comes in pieces, at the speed of memmem(3).
 * Both must have been folded alike (common/base/casefold.h).
 */
#ifndef STORAGE_MATCH_H
#define STORAGE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/slice.h"

struct match {
	struct slice	 needle;	/* the caller's */
	char		*seam;		/* end of the last piece, and room */
	size_t		 nseam;
	bool		 found;
};

/*
 * Start looking for needle, which must live as long; an empty one is found
 * at once.  Returns 0, or -1 when memory is short.
 */
int	 match_init(struct match *m, struct slice needle);
/* Free all but the needle. */
void	 match_clear(struct match *m);

/* Forget the text so far, and whether the needle was in it. */
void	 match_reset(struct match *m);

/* The next piece; true once the needle has been seen. */
bool	 match_feed(struct match *m, struct slice text);

#endif
