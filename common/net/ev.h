/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What all loops do with libevent's events. */

#ifndef COMMON_EV_H
#define COMMON_EV_H

#include <stdbool.h>
#include <stdint.h>

struct event;

/*
 * Without memory both end the process: what nothing wakes would stay for
 * ever.
 */

/*
 * Listen for an event of a descriptor, or not.  Costs no system call if that
 * is how it is already.
 */
void	 ev_listen(struct event *ev, bool yes);

/* Have a timer, or an event as well, fire in so many milliseconds. */
void	 ev_wait(struct event *ev, uint64_t ms);

#endif
