/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  The watchdog; see parent_watch.h.
 *
 * A child whose loop turns raises a number in the memory of its counters.  A
 * child whose number stands still for more than 30 s holds up all of its
 * sessions, and would for ever: it is killed, and its sessions with it, so that
 * their users can log in again.  Time is counted in looks and not by the clock,
 * so that nobody is killed because the whole machine stood still.
 *
 * A retired front may keep its sessions as long as they last.  Of all others,
 * a retired one has nothing left to do; if it does not end, it is killed.
 */

#include "config.h"

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_watch.h"
#include "common/proc/stats.h"

static void
look_at(struct kid *k)
{
	uint64_t beat;

	if (k->pid == 0)
		return;
	if (k->retired && k->role != ROLE_FRONT &&
	    ++k->lingers >= WATCH_LINGERS) {
		kid_kill(k, "it was told to end a minute ago");
		return;
	}
	if (k->stats == NULL)
		return;
	beat = atomic_load_explicit(&k->stats->beat, memory_order_relaxed);
	if (beat != k->beat)
		k->silent = 0;
	else if (++k->silent >= WATCH_SILENT)
		kid_kill(k, "its loop has not turned for 30 s");
	k->beat = beat;
}

void
parent_watch_look(void)
{
	struct kid *k;

	/* When the daemon stops, all children have five seconds. */
	if (parent.stopping)
		return;
	TAILQ_FOREACH(k, &kids, entry)
		look_at(k);
}

static void
on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	parent_watch_look();
}

void
parent_watch_setup(void)
{
	struct timeval often = { STATS_BEAT_S, 0 };
	struct event *ev;

	ev = event_new(parent.base, -1, EV_PERSIST, on_timer, NULL);
	if (ev == NULL || event_add(ev, &often) == -1)
		log_fatal("event");
}
