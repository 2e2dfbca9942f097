/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Private to the parent: the tables in which fronts count
 * their connections (census.h).
 */

#ifndef COMMON_PARENT_PARENT_CENSUS_H
#define COMMON_PARENT_PARENT_CENSUS_H

struct kid;

/*
 * A front was forked: give it a table of its own, and let all fronts read each
 * other's.
 */
void	 parent_census_add(struct kid *k);

/* A front has died: the other fronts drop its table. */
void	 parent_census_drop(struct kid *k);

#endif
