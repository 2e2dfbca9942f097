/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Waiters and their list; see waiter.h. */

#include "config.h"

#include <stddef.h>

#include "storage/index/waiter.h"

void
waiter_sleep(struct waiters *ws, struct waiter *w, unsigned int what,
    uint64_t at_ms)
{
	if (!w->queued)
		TAILQ_INSERT_TAIL(ws, w, link);
	w->queued = true;
	w->what = what;
	w->at_ms = what & WAIT_TIME ? at_ms : UINT64_MAX;
}

void
waiter_cancel(struct waiters *ws, struct waiter *w)
{
	if (w->queued)
		TAILQ_REMOVE(ws, w, link);
	w->queued = false;
}

void
waiters_wake(struct waiters *ws, unsigned int what, uint64_t now_ms)
{
	struct waiter *w, *next, *last;

	/*
	 * A waiter that waits again during this loop is queued after last, so
	 * that it is not woken twice.
	 */
	last = TAILQ_LAST(ws, waiters);
	for (w = TAILQ_FIRST(ws); w != NULL; w = next) {
		next = w == last ? NULL : TAILQ_NEXT(w, link);
		if ((w->what & what) == 0 && w->at_ms > now_ms)
			continue;
		waiter_cancel(ws, w);
		if (w->wake != NULL)
			w->wake(w->arg);
	}
}

uint64_t
waiters_due(const struct waiters *ws)
{
	const struct waiter *w;
	uint64_t due = UINT64_MAX;

	TAILQ_FOREACH(w, ws, link)
		if (w->at_ms < due)
			due = w->at_ms;
	return due;
}
