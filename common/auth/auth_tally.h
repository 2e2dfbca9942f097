/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What auth remembers of each user name and each address: sessions that
 * are open, failed logins, the last success.  A tally with nothing to
 * remember is forgotten; a bound keeps a flood of names from filling the
 * memory, at the price of forgetting somebody's failures.
 */

#ifndef COMMON_AUTH_TALLY_H
#define COMMON_AUTH_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

#define AUTH_TALLY_MAX		100000	/* without an open session */
#define AUTH_TALLY_FORGET_MS	30000	/* one failure is forgotten in this */
#define AUTH_TALLY_FACTOR_MAX	8	/* the delay grows so many times */

struct auth_tallies;

struct auth_tally {
	uint32_t	 sessions;	/* and logins about to become one */
	uint32_t	 failures;	/* as of failed_ms */
	uint64_t	 failed_ms;	/* monotonic clock */
	uint64_t	 login_ms;	/* of the last success, 0: never */
	uint64_t	 next_ms;	/* no password is looked at before */
};

struct auth_tallies *auth_tallies_new(void);
/* For tests: those of the auth process live as long as the process. */
void	 auth_tallies_free(struct auth_tallies *t);
/* For tests: how many there are. */
size_t	 auth_tallies_count(const struct auth_tallies *t);

/*
 * Lend the tally of a key, a new one if there is none.  It may be gone after
 * the next call, unless a session refers to it.
 */
struct auth_tally *auth_tally_get(struct auth_tallies *t, struct slice key,
	    uint64_t now_ms);

/* Count a session, which keeps the tally, until it is given back. */
void	 auth_tally_ref(struct auth_tally *tally);
void	 auth_tally_unref(struct auth_tally *tally);

/* Failures that are not forgotten yet. */
uint32_t auth_tally_failures(const struct auth_tally *tally, uint64_t now_ms);

/* Count one more. */
void	 auth_tally_fail(struct auth_tally *tally, uint64_t now_ms);

/*
 * How long a refusal waits: base_ms, growing with the failures of the name
 * or half those of the address, whichever is more.
 */
uint64_t auth_tally_delay(const struct auth_tally *user,
	    const struct auth_tally *addr, uint64_t base_ms, uint64_t now_ms);

#endif
