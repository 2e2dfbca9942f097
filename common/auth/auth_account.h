/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the auth process alone: who a login says it is.  The
 * sources of users are asked in the order of the configuration, and the first
 * that knows the name decides.
 */

#ifndef COMMON_AUTH_ACCOUNT_H
#define COMMON_AUTH_ACCOUNT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/auth/auth_source.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/pass/scram.h"

struct auth_sources;

/* Embedded in whoever asks; zeroed before the first use. */
struct auth_account {
	/* Of the asker: called at once or later; may clear the account. */
	void		(*looked_up)(void *arg);
	void		(*verified)(void *arg, enum auth_verdict verdict);
	void		*arg;
	const struct conf_service *service;

	/* The answer.  All of it is the account's and outlives a reload. */
	bool		 found;		/* some source has the name */
	bool		 unavailable;	/* a source could not be asked */
	bool		 nologin;
	uint32_t	 source;	/* the number of the source */
	struct buf	 name;	/* normalised, or as sent if it is none */
	/*
	 * The stored hash; NULL if the source checks the password; an invented
	 * one, whose check costs what most cost, if there is no such user.
	 */
	char		*stored;
	char		*allow_nets;	/* or NULL */
	struct buf	 root;	/* of the mail; empty if there is a fault */
	const char	*fault;		/* why there is no root or owner */
	uid_t		 uid;
	gid_t		 gid;

	/* Of auth_account.c. */
	struct auth_sources *sources;
	struct auth_query query;
};

/*
 * Ask who this is; user is copied.  Then looked_up() is called, from within
 * or later.
 */
void	 auth_account_find(struct auth_account *a, struct auth_sources *s,
	    struct slice user);

/*
 * Have the source check the password of an account without a stored hash.
 * password is borrowed until verified() is called, from within or later.
 */
void	 auth_account_verify(struct auth_account *a, struct slice password);

/* Forget the answer, or the question if there is no answer yet. */
void	 auth_account_clear(struct auth_account *a);

/* The account's SCRAM secret, or one invented for its name. */
void	 auth_account_secret(const struct auth_account *a,
	    struct scram_secret *out);

/* True if the other name is this account's as well. */
bool	 auth_account_is(const struct auth_account *a, struct slice other);

#endif
