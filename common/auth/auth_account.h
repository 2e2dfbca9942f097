/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The account behind the name in a login; only for the files of the auth
 * process.  The sources of users are asked in the order of the configuration,
 * and the first that knows the name decides.
 */

#ifndef COMMON_AUTH_AUTH_ACCOUNT_H
#define COMMON_AUTH_AUTH_ACCOUNT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/auth/auth_source.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/pass/scram.h"

struct auth_sources;

/* Embedded in struct login; zeroed before the first use. */
struct auth_account {
	/* Set by the caller.  The callbacks may clear the account. */
	void		(*looked_up)(void *arg);
	void		(*verified)(void *arg, enum auth_verdict verdict);
	void		*arg;
	const struct conf_service *service;

	/* The answer.  The account owns all of it, so it survives a reload. */
	bool		 found;		/* some source has the name */
	bool		 unavailable;	/* a source could not be asked */
	bool		 nologin;
	uint32_t	 source;	/* number of that source */
	struct buf	 name;	/* normalised, or as sent if not valid */
	/*
	 * The stored hash; NULL if the source checks the password itself.  If
	 * the user is unknown, a hash of the usual cost.
	 */
	char		*stored;
	char		*allow_nets;	/* or NULL */
	struct buf	 root;	/* path of the mail; empty on a fault */
	const char	*fault;		/* why there is no root, or NULL */
	uid_t		 uid;
	gid_t		 gid;

	/* Used by auth_account.c. */
	struct auth_sources *sources;
	struct auth_query query;
};

/*
 * Ask the sources for a user, whose name is copied.  looked_up() is called when
 * the answer is known: from within the call, or later.
 */
void	 auth_account_find(struct auth_account *a, struct auth_sources *s,
	    struct slice user);

/*
 * Let the source check the password of an account without a stored hash.
 * verified() is called with the result, from within the call or later; password
 * is borrowed until then.
 */
void	 auth_account_verify(struct auth_account *a, struct slice password);

/* Free the answer, and cancel a query that has no answer yet. */
void	 auth_account_clear(struct auth_account *a);

/* Get the account's SCRAM secret, or an invented secret for its name. */
void	 auth_account_secret(const struct auth_account *a,
	    struct scram_secret *out);

/* True if the other name, when normalised, is this account's name. */
bool	 auth_account_is(const struct auth_account *a, struct slice other);

#endif
