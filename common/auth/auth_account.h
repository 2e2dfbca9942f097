/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The sources of users, asked in the order of the configuration, and what
 * they say about one name.
 */

#ifndef COMMON_AUTH_ACCOUNT_H
#define COMMON_AUTH_ACCOUNT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf.h"
#include "common/pass/scram.h"

struct auth_sources;

/* An answer; all of it is the caller's and outlives a reload. */
struct auth_account {
	bool		 found;		/* some source has the name */
	bool		 nologin;
	uint32_t	 source;	/* its number */
	struct buf	 name;	/* normalised, or as sent if it is none */
	char		*stored; /* hash; of a stranger's kin if !found */
	char		*allow_nets;	/* or NULL */
	struct buf	 root;	/* of the mail; empty if there is a fault */
	const char	*fault;		/* why there is no root or owner */
	uid_t		 uid;
	gid_t		 gid;
};

/*
 * Make the sources of a configuration, which must outlive them.
 *
 * fds   one open file for each of conf->users, -1 where it could not be
 *       opened; taken over
 * old   what was in force before, or NULL: then this runs with the parent's
 *       privileges, and sees whether it has any
 *
 * Returns NULL when a file is not there or can't be read; that was logged.
 */
struct auth_sources *auth_sources_new(const struct conf *conf, int *fds,
	    struct auth_sources *old);
void	 auth_sources_free(struct auth_sources *s);

uint32_t auth_sources_count(const struct auth_sources *s);

/* Load one of them again from fd, which is taken over. */
void	 auth_sources_load(struct auth_sources *s, uint32_t i, int fd);

/* True if the i-th source's file was replaced or written to. */
bool	 auth_sources_stale(const struct auth_sources *s, uint32_t i);

/*
 * Who is this?  For a name that is none or is not there the account says
 * found false and has a hash whose check takes as long as the usual one.
 */
void	 auth_account_find(struct auth_sources *s, struct slice user,
	    struct auth_account *out);
void	 auth_account_clear(struct auth_account *a);

/* The account's SCRAM secret, or one invented for its name. */
void	 auth_account_secret(const struct auth_sources *s,
	    const struct auth_account *a, struct scram_secret *out);

/* True if the other name is this account's as well. */
bool	 auth_account_is(const struct auth_sources *s,
	    const struct auth_account *a, struct slice other);

#endif
