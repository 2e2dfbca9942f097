/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Private to the parent: the children's counters (stats.h).
 */

#ifndef COMMON_PARENT_PARENT_STATS_H
#define COMMON_PARENT_PARENT_STATS_H

struct kid;

/* A child was forked: share a table of counters with it. */
void	 parent_stats_add(struct kid *k);

/* A child has died: keep the sum of its counters. */
void	 parent_stats_drop(struct kid *k);

/*
 * Log the sum of each counter over all children, dead ones included, a line
 * each.
 */
void	 parent_stats_log(void);

#endif
