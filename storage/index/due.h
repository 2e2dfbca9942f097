/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Which stores the loop has to look at: touched stores in its next round, all
 * others when something that they owe is due.  Thousands of sleeping stores
 * cost a round nothing.
 */

#ifndef STORAGE_INDEX_DUE_H
#define STORAGE_INDEX_DUE_H

#include <stdint.h>

struct storage;
struct store;

/*
 * Have the loop look at a store in its next round.  Call this after anything
 * that may change when the store is due.  Costs O(log n) at most.
 */
void		 due_touch(struct store *st);
/*
 * After a look at a store: have the loop look again at this time of
 * timer_ms(), UINT64_MAX for never.  Does nothing if the store was touched
 * meanwhile.
 */
void		 due_at(struct store *st, uint64_t ms);
/* Remove a store from the queue or the tree. */
void		 due_forget(struct store *st);

/* Touch all sleeping stores that are due at now. */
void		 due_wake(struct storage *s, uint64_t now);
/* The earliest time at which a sleeping store is due; UINT64_MAX: none. */
uint64_t	 due_first(const struct storage *s);

#endif
