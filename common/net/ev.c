/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Helpers for events; see ev.h. */

#include "config.h"

#include <sys/time.h>

#include <stddef.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/net/ev.h"

void
ev_listen(struct event *ev, bool yes)
{
	if (yes == (event_pending(ev, EV_READ | EV_WRITE, NULL) != 0))
		return;
	if ((yes ? event_add(ev, NULL) : event_del(ev)) == -1)
		log_fatal("event");
}

void
ev_wait(struct event *ev, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };

	if (event_add(ev, &tv) == -1)
		log_fatal("event");
}
