/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Private to the parent: the watchdog, which ends children
 * that do nothing any more.
 */

#ifndef COMMON_PARENT_PARENT_WATCH_H
#define COMMON_PARENT_PARENT_WATCH_H

/* Looks at a child without a sign of life, until it is killed. */
#define WATCH_SILENT	4
/* Looks at a child that is to end and does not, until it is killed. */
#define WATCH_LINGERS	7

/* Look at all children every STATS_BEAT_S from now on. */
void	 parent_watch_setup(void);

/* Look at all children once. */
void	 parent_watch_look(void);

#endif
