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

/* The content of an ESEARCH response. */
struct esearch {
	struct slice	 tag;		/* the command's tag */
	bool		 uid;		/* found has UIDs */
	uint32_t	 returns;	/* RETURN_* */
	const struct idset *found;
	uint64_t	 modseq;	/* highest; 0: not asked for */
};

/*
 * Parse "RETURN (MIN COUNT) ", including the space after it, if it comes next.
 * *returns is set to RETURN_*; to RETURN_ALL for an empty list; to 0 without
 * RETURN, and then the command answers with a SEARCH response.
 */
int	 esearch_parse(struct arg *a, uint32_t *returns);

/* Print * ESEARCH (TAG "a") UID COUNT 2 ALL 1:2 */
void	 esearch_print(struct reply *r, const struct esearch *e);

#endif
