/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Writes everything again after a failed sync; see heal.h. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/checkpoint.h"
#include "storage/index/due.h"
#include "storage/index/heal.h"
#include "storage/index/index.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_head.h"
#include "storage/index/op_wait.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"

/* What the helper thread works on. */
struct heal {
	char		*db_path;
	int		 wal_fd;
	struct syncgroup *group;
	uint64_t	 failures;	/* that it heals */
	int		 errnum;	/* 0: healed */
};

static void
run(void *arg)
{
	struct heal *h = arg;

	if (checkpoint_rewrite(h->db_path, h->wal_fd) == -1 ||
	    syncgroup_heal(h->group, h->failures) == -1)
		h->errnum = errno;
}

static void
drop(void *arg)
{
	struct heal *h = arg;

	(void)close(h->wal_fd);
	syncgroup_unref(h->group);
	free(h->db_path);
	free(h);
}

static void
start(struct store *st)
{
	struct store_error err = { .kind = STORE_OK };
	struct heal *h;
	int fd = -1;

	if (index_open(st, &err) == 0)
		fd = fcntl(st->wal_fd, F_DUPFD_CLOEXEC, 0);
	if (fd == -1) {
		st->heal_due_ms = timer_ms() + st->storage->delays.heal_ms;
		return;
	}
	h = xcalloc(1, sizeof(*h));
	h->db_path = xstrdup(st->db_path);
	h->wal_fd = fd;
	h->group = syncgroup_ref(st->group);
	(void)syncgroup_errno(st->group, &h->failures);
	st->heal_arg = h;
	st->heal = syncjob_new(st->storage->sync, run, drop, h);
	due_touch(st);
}

/* Take the result of a job that has ended. */
static void
settle(struct store *st)
{
	const struct heal *h = st->heal_arg;

	if (st->heal == NULL || !syncjob_ended(st->heal))
		return;
	if (h->errnum != 0) {
		log_limited(LOG_LEVEL_WARN, "store sync user=%s: what is not "
		    "on disk could not be written again: %s", st->user,
		    strerror(h->errnum));
		st->heal_due_ms = timer_ms() + st->storage->delays.heal_ms;
		st->heal_tries++;
	} else if (syncgroup_errno(st->group, NULL) == 0) {
		log_warn("store sync user=%s: everything is on disk now",
		    st->user);
		(void)unlinkat(st->penfold_fd, STORE_UNSYNCED, 0);
		st->sick = false;
	}
	syncjob_free(st->heal);
	st->heal = NULL;
	due_touch(st);
}

/* A sync of the file called what has failed. */
static void
failed(struct store *st, int errnum, const char *what)
{
	int fd;

	if (!st->sick)
		log_warn("store sync user=%s file=%s errno=%d: %s: nothing is "
		    "accepted until everything is on disk", st->user, what,
		    errnum, strerror(errnum));
	st->sick = true;
	fd = openat(st->penfold_fd, STORE_UNSYNCED,
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd != -1)
		(void)close(fd);
	st->heal_due_ms = timer_ms();
	due_touch(st);
}

void
heal_take_failures(struct storage *s)
{
	struct sync_failure f;

	while (sync_next_failure(s->sync, &f))
		failed(f.arg, f.errnum, f.what);
}

void
heal_sync_now(struct store *st)
{
	if (st->wal_sync != NULL && syncfile_wait(st->wal_sync,
	    syncfile_want(st->wal_sync)) == -1)
		failed(st, errno, "penfold/index.db-wal");
	st->sync_due_ms = 0;
}

enum run
heal_wait(struct op *op)
{
	struct store *st = op->store;
	int errnum;

	/* The mark for other processes comes before any answer. */
	heal_take_failures(st->storage);
	settle(st);
	if ((errnum = syncgroup_errno(st->group, NULL)) == 0) {
		op->heal_wait = false;
		return RUN_DONE;
	}
	if (!op->heal_wait)
		op->heal_tries = st->heal_tries;
	op->heal_wait = true;
	if (st->heal == NULL && op->heal_tries == st->heal_tries &&
	    timer_ms() >= st->heal_due_ms)
		start(st);
	if (st->heal == NULL || op->heal_tries != st->heal_tries)
		return op_fail(op, STORE_ERR_IO, errnum,
		    "The mail store cannot be written to disk");
	return op_wait_sync(op);
}

void
heal_tick(struct store *st, uint64_t now_ms)
{
	settle(st);
	if (st->sick && st->heal == NULL && now_ms >= st->heal_due_ms)
		start(st);
}

uint64_t
heal_due(const struct store *st)
{
	return st->sick && st->heal == NULL ? st->heal_due_ms : UINT64_MAX;
}
