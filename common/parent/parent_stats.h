/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  For the files of the parent alone: what the children
 * count (stats.h).
 */

#ifndef COMMON_PARENT_PARENT_STATS_H
#define COMMON_PARENT_PARENT_STATS_H

struct kid;

/* A child was forked: share a table of counters with it. */
void	 parent_stats_add(struct kid *k);

/* A child has died: keep what it counted. */
void	 parent_stats_drop(struct kid *k);

/* Log the counters of all children, a line each, those that died included. */
void	 parent_stats_log(void);

#endif
