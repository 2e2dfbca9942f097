/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Making room on a full disk.  An operation that makes room in the end, or that
 * must come before one, is tried again when it has found the disk full: first
 * after what is kept in expunged/ was removed, the oldest first, and the WAL
 * begun anew; then with the room of the reserve (reserve.h).
 */

#ifndef STORAGE_INDEX_ROOM_H
#define STORAGE_INDEX_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/run.h"

struct op;
struct store;

/*
 * An operation has failed, and nothing of it is left.  Returns whether it is to
 * be tried again, from its beginning: then its error is cleared.  reserve is
 * how many bytes of the reserve it leaves to others.
 */
bool	 room_make(struct op *op, uint32_t reserve);
/*
 * For an operation that has expunged messages: if the disk is full or nearly
 * so, have what is kept removed.
 */
void	 room_make_more(struct op *op);
/*
 * Wait until room was made for the operation.  Returns RUN_DONE, also if no
 * room could be made, or RUN_WAIT.
 */
enum run room_wait(struct op *op);
/*
 * Move a file back to where a transaction that is undone has found it.  If that
 * needs room, the whole reserve is given up.  Returns 0, or -1 with errno.
 */
int	 room_move_back(const struct store *st, int from_fd, const char *from,
	    int to_fd, const char *to);
/* Whether there is room enough: nothing has to be removed to make more. */
bool	 room_is_ample(const struct store *st);

#endif
