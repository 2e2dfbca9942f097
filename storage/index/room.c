/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Making room on a full disk; see room.h. */

#include "config.h"

#include <errno.h>
#include <string.h>

#include "common/base/timer.h"
#include "storage/index/due.h"
#include "storage/index/op_head.h"
#include "storage/index/reserve.h"
#include "storage/index/room.h"
#include "storage/index/store_state.h"
#include "storage/index/waiter.h"
#include "storage/maildir/maildir.h"

/* With less, a disk is nearly full: the next message may not fit. */
#define SHORT		(1024 * 1024)
/* With more, nothing that is kept for undelete has to go. */
#define AMPLE		(16 * 1024 * 1024)
/* The end of the job wakes who waits; look even so, after this. */
#define LOOK_MS		1000

static void
want(struct op *op)
{
	op->room_wait = true;
	op->store->room_wanted = true;
	due_touch(op->store);
}

static bool
is_short(const struct store *st, uint64_t bytes)
{
	return reserve_short(st->penfold_fd, bytes);
}

bool
room_make(struct op *op, uint32_t reserve)
{
	struct store *st = op->store;

	if (op->err.kind != STORE_ERR_OVERQUOTA)
		return false;
	st->over_quota = op->err.errnum == EDQUOT || !is_short(st, AMPLE);
	if (op->room == ROOM_UNTRIED) {
		op->room = ROOM_PURGED;
		want(op);
	} else if (op->room == ROOM_PURGED &&
	    reserve_give(st->penfold_fd, reserve))
		op->room = ROOM_RESERVE;
	else
		return false;
	memset(&op->err, 0, sizeof(op->err));
	op->wal_full = false;
	return true;
}

void
room_make_more(struct op *op)
{
	const struct store *st = op->store;

	if (op->room != ROOM_UNTRIED || (st->no_room > 0 && st->over_quota) ||
	    is_short(st, SHORT))
		want(op);
}

enum run
room_wait(struct op *op)
{
	const struct store *st = op->store;

	op->room_wait = op->room_wait && (st->room_wanted || st->purge_job);
	if (!op->room_wait)
		return RUN_DONE;
	waiter_sleep(&st->storage->waiters, &op->waiter, WAIT_LOCK | WAIT_TIME,
	    timer_ms() + LOOK_MS);
	return RUN_WAIT;
}

int
room_move_back(const struct store *st, int from_fd, const char *from,
    int to_fd, const char *to)
{
	if (maildir_move(from_fd, from, to_fd, to) == 0)
		return 0;
	if (maildir_gone(errno) || !reserve_give(st->penfold_fd, 0))
		return -1;
	return maildir_move(from_fd, from, to_fd, to);
}

bool
room_is_ample(const struct store *st)
{
	return !st->over_quota && !is_short(st, AMPLE);
}
