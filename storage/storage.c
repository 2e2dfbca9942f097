/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The process: its open stores, the helper threads and watches that they
 * share, and what the loop of a daemon calls.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/run.h"
#include "common/base/table.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/due.h"
#include "storage/index/heal.h"
#include "storage/index/op_head.h"
#include "storage/index/op_wait.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/home.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/view_state.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/maildir/watch.h"
#include "storage/op/list.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"
#include "storage/store.h"
#include "storage/store_life.h"
#include "storage/tick.h"

/* At the end of a process, how long jobs may take that have begun. */
#define JOBS_MAX_MS	2000
#define JOBS_LOOK_MS	10

/*
 * The id of this boot.  If it cannot be read, all boots look the same, and a
 * power failure goes unnoticed.
 */
static void
read_boot_id(char *id, size_t size)
{
	ssize_t n = 0;
	int fd;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		n = read(fd, id, size - 1);
		(void)close(fd);
	} else
		log_warn("store boot id: %s; a power loss will not be noticed",
		    strerror(errno));
	id[n < 0 ? 0 : n] = '\0';
	id[strcspn(id, "\n")] = '\0';
}

static struct storage_folder *
folders_copy(const struct storage_folder *from)
{
	struct storage_folder *to;
	size_t n = 0;

	if (from == NULL)
		return NULL;
	while (from[n].name != NULL)
		n++;
	to = xcalloc(n + 1, sizeof(*to));
	for (size_t i = 0; i < n; i++) {
		to[i].name = xstrdup(from[i].name);
		to[i].use = from[i].use;
	}
	return to;
}

static void
folders_free(const struct storage_folder *folders)
{
	if (folders == NULL)
		return;
	for (size_t i = 0; folders[i].name != NULL; i++)
		free((char *)(uintptr_t)folders[i].name);
	free((void *)(uintptr_t)folders);
}

/* Take the options over; those that are 0 get their default. */
static void
set_options(struct storage *s, const struct storage_options *options)
{
	const struct storage_folder *old = s->options.folders;

	s->options = *options;
	s->options.folders = folders_copy(options->folders);
	folders_free(old);
	s->delays = options->delays == NULL ? delays_default :
	    *options->delays;
	if (s->options.keyword_max == 0 || s->options.keyword_max > KEYWORD_MAX)
		s->options.keyword_max = KEYWORD_MAX;
	if (s->options.expunged_keep < STORAGE_KEEP)
		s->options.expunged_keep = STORAGE_KEEP;
	if (s->options.idle_close == 0)
		s->options.idle_close = 30;
	if (s->options.sync_threads == 0)
		s->options.sync_threads = 4;
	if (s->options.lock_timeout == 0)
		s->options.lock_timeout = 10;
	if (s->options.slice_us == 0)
		s->options.slice_us = RUN_SLICE_MS * 1000;
	if (s->options.poll_interval == 0)
		s->options.poll_interval = 1;
}

struct storage *
storage_new(const struct storage_options *options)
{
	struct storage *s;

	s = xcalloc(1, sizeof(*s));
	set_options(s, options);
	RB_INIT(&s->stores);
	TAILQ_INIT(&s->gone);
	TAILQ_INIT(&s->vanished);
	TAILQ_INIT(&s->touched);
	RB_INIT(&s->sleeping);
	TAILQ_INIT(&s->spares);
	TAILQ_INIT(&s->waiters);
	TAILQ_INIT(&s->jobs);
	TAILQ_INIT(&s->notify);
	TAILQ_INIT(&s->folders);
	TAILQ_INIT(&s->watching);
	s->sync = sync_new(s->options.sync_threads);
	s->watch = watch_new();
	s->index_lost = store_index_lost;
	s->leave = home_leave;
	s->rollback = op_rollback;
	s->doubt = list_doubt;
	read_boot_id(s->boot_id, sizeof(s->boot_id));
	return s;
}

void
storage_free(struct storage *s)
{
	struct store *st;
	struct op *op;

	if (s == NULL)
		return;
	storage_flush(s);
	while ((op = TAILQ_FIRST(&s->jobs)) != NULL)
		op_free(op);
	while ((st = RB_ROOT(&s->stores)) != NULL)
		store_destroy(st);
	while ((st = TAILQ_FIRST(&s->gone)) != NULL)
		store_destroy(st);
	home_forget(s);
	watch_free(s->watch);
	sync_free(s->sync);
	folders_free(s->options.folders);
	free(s);
}

void
storage_configure(struct storage *s, const struct storage_options *options)
{
	struct store *st;

	set_options(s, options);
	sync_resize(s->sync, s->options.sync_threads);
	/* When a store is due depends on the options. */
	RB_FOREACH(st, store_tree, &s->stores)
		due_touch(st);
}

void
storage_fds(const struct storage *s, int fds[2])
{
	fds[0] = sync_fd(s->sync);
	fds[1] = watch_fd(s->watch);
}

/*
 * Wake sessions whose mailbox has changed.  Only the loop does this, so that
 * no session runs within the operation of another.
 */
static void
notify_views(struct storage *s)
{
	struct mailbox *mb;

	while ((mb = TAILQ_FIRST(&s->notify)) != NULL) {
		TAILQ_REMOVE(&s->notify, mb, notify_link);
		mb->notify = false;
		view_wake_all(mb);
	}
}

void
storage_dispatch(struct storage *s)
{
	uint64_t now = timer_ms();

	heal_take_failures(s);
	/* Waking sessions without a reason would keep the loop turning. */
	waiters_wake(&s->waiters, sync_drain(s->sync) ? WAIT_SYNC : 0, now);
	watch_drain(s->watch);
	tick_run(s, now);
	op_run_jobs(s);
	notify_views(s);
	watchers_wake(s);
}

int
storage_timeout(const struct storage *s)
{
	const struct op *op;
	uint64_t due, wait, now = timer_ms();

	if (!TAILQ_EMPTY(&s->notify) || !TAILQ_EMPTY(&s->watching))
		return 0;
	TAILQ_FOREACH(op, &s->jobs, job_link)
		if (op->job_ready)
			return 0;
	due = tick_due(s);
	if ((wait = waiters_due(&s->waiters)) < due)
		due = wait;
	if (due == UINT64_MAX)
		return -1;
	if (due <= now)
		return 0;
	return due - now > 60000 ? 60000 : (int)(due - now);
}

/*
 * Let jobs that have begun end: a flush leaves out what a job is working on.
 */
static void
end_jobs(struct storage *s)
{
	uint64_t until = timer_ms() + JOBS_MAX_MS;
	struct pollfd p[2];
	int fds[2];

	while (!TAILQ_EMPTY(&s->jobs) && timer_ms() < until) {
		storage_fds(s, fds);
		for (size_t i = 0; i < NROWS(p); i++)
			p[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		(void)poll(p, NROWS(p), JOBS_LOOK_MS);
		storage_dispatch(s);
	}
}

void
storage_flush(struct storage *s)
{
	struct store *st;

	end_jobs(s);
	RB_FOREACH(st, store_tree, &s->stores)
		tick_flush(st);
}
