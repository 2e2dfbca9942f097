/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The interface to a source of users; only for the files of the auth process.
 * A source looks up users by name.  It lends the stored hash of a user, or
 * else checks the user's password itself.
 *
 * A source is a row of conf_users.h and a file auth_source_NAME.c with the
 * struct auth_source_ops that the row names.  It may answer from within the
 * call that asks, or later from the event loop; callers must handle both.
 */

#ifndef COMMON_AUTH_AUTH_SOURCE_H
#define COMMON_AUTH_AUTH_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/auth/auth_user.h"
#include "common/base/slice.h"
#include "common/conf/conf_users.h"

struct auth_fakes;
struct auth_query;
struct auth_source_ops;
struct conf_service;
struct conf_users;
struct user_rules;

enum auth_found {
	AUTH_FOUND,
	AUTH_UNKNOWN,		/* not in this source */
	AUTH_UNAVAILABLE	/* the source failed, and logged why */
};

enum auth_verdict {
	AUTH_RIGHT,
	AUTH_WRONG,
	AUTH_UNDECIDED		/* the source failed, and logged why */
};

/* The first member of the struct of each kind of source. */
struct auth_source {
	const struct auth_source_ops	*ops;
	unsigned int			 refs;	/* its owner, and queries */
	size_t				 users;	/* for the log; 0: unknown */
};

struct auth_source_ops {
	/*
	 * Make a source, with one reference.
	 *
	 * conf      the statement; borrowed for the call
	 * rules     borrowed for the life of the source
	 * fd        the open file if the kind is CONF_USERS_OPENED, else -1;
	 *           taken over
	 *
	 * Returns NULL with errno set if the source cannot be read.
	 */
	struct auth_source *(*open)(const struct conf_users *conf,
		    const struct user_rules *rules, int fd);
	/* Free the source.  No query to it is open. */
	void	(*close)(struct auth_source *s);
	/*
	 * Tell whether the file has changed and should be opened again.  NULL:
	 * it never changes.
	 */
	bool	(*stale)(const struct auth_source *s);
	/*
	 * Look up a user, and answer with auth_query_found().  name is
	 * normalised, and borrowed until the answer.
	 */
	void	(*lookup)(struct auth_source *s, struct auth_query *q,
		    struct slice name);
	/*
	 * Check the password of a user who was found without a stored hash, and
	 * answer with auth_query_verified().  name and password are borrowed
	 * until the answer.  NULL: all users have a stored hash.
	 */
	void	(*verify)(struct auth_source *s, struct auth_query *q,
		    struct slice name, struct slice password);
	/*
	 * Drop a query without an answer, since q is about to be freed.  NULL:
	 * all queries are answered from within lookup() and verify().
	 */
	void	(*cancel)(struct auth_source *s, struct auth_query *q);
	/*
	 * Contribute stored hashes to the answers for unknown users
	 * (auth_fakes.h).  NULL: the source has no stored hashes.
	 */
	void	(*fakes)(const struct auth_source *s, struct auth_fakes *f);
};

/* A query to a source, embedded in a struct of the caller. */
struct auth_query {
	/* Set by the caller.  u is borrowed for the call; NULL if not found. */
	void	(*found)(void *arg, enum auth_found how,
		    const struct auth_user *u);
	void	(*verified)(void *arg, enum auth_verdict verdict);
	void	*arg;
	const struct conf_service *service;	/* service of the login */
	struct auth_source *source;	/* source being asked, or NULL */
	void	*own;			/* for use by the source */
};

/* Drop the owner's reference; the source is closed after its last query. */
void	 auth_source_unref(struct auth_source *s);

/*
 * Ask a source to look up a user or verify a password.  A query can have only
 * one question open.  The answer may come from within the call, and its
 * callback may free the query.
 */
void	 auth_query_lookup(struct auth_query *q, struct auth_source *s,
	    struct slice name);
void	 auth_query_verify(struct auth_query *q, struct auth_source *s,
	    struct slice name, struct slice password);

/* Give up waiting for an answer.  Does nothing if no question is open. */
void	 auth_query_cancel(struct auth_query *q);

/* For sources: answer a query, which may be freed by the call. */
void	 auth_query_found(struct auth_query *q, enum auth_found how,
	    const struct auth_user *u);
void	 auth_query_verified(struct auth_query *q, enum auth_verdict verdict);

/* Declare the struct auth_source_ops of each row in conf_users.h. */
#define ROW(id, code, word, want, flags)				\
	extern const struct auth_source_ops code;
CONF_USERS_KINDS(ROW)
#undef ROW

#endif
