/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * RETURN options and the ESEARCH response (RFC 4731), for commands that
 * search.
 */

#ifndef IMAPD_ESEARCH_H
#define IMAPD_ESEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/idset.h"
#include "imapd/arg.h"
#include "imapd/reply.h"

#define RETURN_MIN	(1U << 0)
#define RETURN_MAX	(1U << 1)
#define RETURN_ALL	(1U << 2)
#define RETURN_COUNT	(1U << 3)

/* What an ESEARCH response says. */
struct esearch {
	struct slice	 tag;		/* of the command */
	bool		 uid;		/* found has UIDs */
	uint32_t	 returns;	/* RETURN_* */
	const struct idset *found;
	uint64_t	 modseq;	/* of what is told; 0: not asked for */
};

/*
 * Parse "RETURN (MIN COUNT) ", with the space after it, if it stands next:
 * *returns gets RETURN_*, ALL for an empty list.  It stays 0 if it is not
 * there: the answer is a SEARCH response then.
 */
int	 esearch_parse(struct arg *a, uint32_t *returns);

/* Print * ESEARCH (TAG "a") UID COUNT 2 ALL 1:2 */
void	 esearch_print(struct reply *r, const struct esearch *e);

#endif
