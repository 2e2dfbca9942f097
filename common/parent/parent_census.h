/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  For the files of the parent alone: the tables in which
 * fronts count their connections (census.h).
 */

#ifndef COMMON_PARENT_CENSUS_H
#define COMMON_PARENT_CENSUS_H

struct kid;

/* A front was forked: give it a table, and all fronts those of the others. */
void	 parent_census_add(struct kid *k);

/* It has died: the others forget what it counted. */
void	 parent_census_drop(struct kid *k);

#endif
