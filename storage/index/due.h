/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Which stores the loop has to look at: those that something was done to,
 * in its next round, and others when what they owe is due.  So a round costs
 * nothing for the thousands that sleep.
 */

#ifndef STORAGE_DUE_H
#define STORAGE_DUE_H

#include <stdint.h>

struct storage;
struct store;

/* Whatever may have changed what it owes says so; it costs next to nothing. */
void		 due_touch(struct store *st);
/*
 * It was looked at: if it is not touched, again at that time of timer_ms(),
 * UINT64_MAX for never.
 */
void		 due_at(struct store *st, uint64_t ms);
/* It is in no queue any more. */
void		 due_forget(struct store *st);

/* Touch all that are due at now. */
void		 due_wake(struct storage *s, uint64_t now);
/* The earliest time of those that are not touched; UINT64_MAX: none. */
uint64_t	 due_first(const struct storage *s);

#endif
