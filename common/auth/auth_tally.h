/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A tally is what auth remembers about a user name or an address: open
 * sessions, failed logins and the last success.  A tally with nothing to
 * remember is dropped.  A limit on their number keeps a flood of names from
 * filling the memory, at the cost of forgetting some failures early.
 */

#ifndef COMMON_AUTH_AUTH_TALLY_H
#define COMMON_AUTH_AUTH_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

#define AUTH_TALLY_MAX		100000	/* then the oldest are dropped */
#define AUTH_TALLY_FORGET_MS	30000	/* time to forget one failure */
#define AUTH_TALLY_FACTOR_MAX	8	/* largest multiple of the delay */

struct auth_tallies;

struct auth_tally {
	uint32_t	 sessions;	/* open ones and accepted logins */
	uint32_t	 failures;	/* as of failed_ms */
	uint64_t	 failed_ms;	/* time of the last failure */
	uint64_t	 login_ms;	/* last login, for "pop3 login delay" */
	uint64_t	 next_ms;	/* pacing: time of the next check */
};

/* Make an empty set of tallies. */
struct auth_tallies *auth_tallies_new(void);
/* For tests: those of the auth process live as long as the process. */
void	 auth_tallies_free(struct auth_tallies *t);
/* For tests: how many there are. */
size_t	 auth_tallies_count(const struct auth_tallies *t);

/*
 * Lend the tally of a key; a new tally is made if there is none.  The next call
 * for the same set may free the tally, unless a session refers to it.
 */
struct auth_tally *auth_tally_get(struct auth_tallies *t, struct slice key,
	    uint64_t now_ms);

/* Count a session, or give it back.  A tally with sessions is kept. */
void	 auth_tally_ref(struct auth_tally *tally);
void	 auth_tally_unref(struct auth_tally *tally);

/* The number of failures that are not forgotten yet. */
uint32_t auth_tally_failures(const struct auth_tally *tally, uint64_t now_ms);

/* Count another failure. */
void	 auth_tally_fail(struct auth_tally *tally, uint64_t now_ms);

/*
 * Compute how long to delay a refusal: base_ms times the failures of the user
 * name, or times half the failures of the address if that is more, but at most
 * AUTH_TALLY_FACTOR_MAX times.
 */
uint64_t auth_tally_delay(const struct auth_tally *user,
	    const struct auth_tally *addr, uint64_t base_ms, uint64_t now_ms);

#endif
