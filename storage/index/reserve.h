/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A file in penfold/ that only takes room.  What frees room must be written to
 * the index first; on a full disk, this file is given up for that, and made
 * again when there is room.
 *
 * Unlinking mail before the index says so was decided against: if the index
 * could not be written all the same, mail would be lost of which nobody was
 * told that it was expunged.
 */

#ifndef STORAGE_INDEX_RESERVE_H
#define STORAGE_INDEX_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * An EXPUNGE of 16 messages adds 24 to 150 KiB to the WAL, a STORE up to 72, a
 * MOVE of two up to 52.  MOVE to the trash and STORE, which come first and make
 * no room themselves, may use one half.
 */
#define RESERVE_SIZE	(256 * 1024)
#define RESERVE_HALF	(RESERVE_SIZE / 2)

/*
 * Give up the reserve, in the folder dir_fd, but for keep bytes.  Returns
 * whether there was anything to give.
 */
bool	 reserve_give(int dir_fd, uint32_t keep);
/* Make the reserve again, if it is gone and the disk is far from full. */
void	 reserve_make(int dir_fd);
/*
 * Whether the file system of dir_fd has fewer than this many bytes left for
 * users, or hardly an inode.  False if that cannot be told.
 */
bool	 reserve_short(int dir_fd, uint64_t bytes);

#endif
