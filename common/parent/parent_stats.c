/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  The children's counters; see parent_stats.h.  The parent
 * adds and prints what a child has written; no decision depends on it.
 */

#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/log.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_stats.h"
#include "common/proc/stats.h"

/* The sums of the counters of dead children. */
static uint64_t	 kept[STAT_MAX];

void
parent_stats_add(struct kid *k)
{
	int fd;

	if ((k->stats = stats_open(&fd)) == NULL)
		log_warn("no shared memory: %s: %s is left out of the stats",
		    strerror(errno), k->name);
	else
		(void)kid_send(k, MSG_STATS, 0, fd, SLICE_EMPTY);
}

void
parent_stats_drop(struct kid *k)
{
	if (k->stats == NULL)
		return;
	stats_sum(kept, k->stats, true);
	stats_close(k->stats);
	k->stats = NULL;
}

void
parent_stats_log(void)
{
	uint64_t sum[STAT_MAX];
	struct kid *k;

	memcpy(sum, kept, sizeof(sum));
	TAILQ_FOREACH(k, &kids, entry)
		if (k->stats != NULL)
			stats_sum(sum, k->stats, false);
	for (int i = 0; i < STAT_MAX; i++)
		log_info("stats %s=%" PRIu64, stats_rows[i].name, sum[i]);
}
