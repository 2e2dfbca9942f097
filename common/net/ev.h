/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Helpers for libevent's events, for all event loops. */

#ifndef COMMON_NET_EV_H
#define COMMON_NET_EV_H

#include <stdbool.h>
#include <stdint.h>

struct event;

/*
 * Out of memory, both functions end the process: an event that never fires
 * would hang its connection.
 */

/*
 * Enable or disable an event of a descriptor.  Costs no system call if nothing
 * changes.
 */
void	 ev_listen(struct event *ev, bool yes);

/* Start a timer, or give an event a timeout, of so many milliseconds. */
void	 ev_wait(struct event *ev, uint64_t ms);

#endif
