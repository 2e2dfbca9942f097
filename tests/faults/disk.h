/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a disk may hold after a power cut.  Changes to the files of a script are
 * recorded in order; from the record, disks are built as if the power had been
 * cut before a change.  What was synced is there; every other page that was
 * written, and every other change of a folder, is there or is not.  A rename is
 * one change, which is on disk if either folder was synced.
 */

#ifndef TESTS_FAULTS_DISK_H
#define TESTS_FAULTS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/faults/world.h"

/* Keep the record in memory of this size, which processes share. */
size_t		 disk_size(void);
void		 disk_new(void *memory);
/*
 * Take what is below root now as synced, and record all changes until
 * disk_end().
 */
void		 disk_begin(const char *root);
void		 disk_end(void);
/* The number of recorded changes; the power may be cut before each. */
size_t		 disk_changes(void);
/*
 * What the client had been told when a change ended, or at the end of the
 * script.
 */
const struct world *disk_world(size_t change);
/* The path of a change, for people. */
const char	*disk_path(size_t change);
/*
 * Find out what is not synced if the power is cut before a change, and set
 * w->synced.  Returns how many pieces may be there or not.
 */
size_t		 disk_cut(size_t change);
/*
 * Build a disk at root, with those pieces for which has() is true.  Files seem
 * to have the inodes that they had.
 */
void		 disk_build(const char *root, bool (*has)(size_t piece));

#endif
