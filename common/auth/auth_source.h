/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the auth process alone: a source of users, which is asked
 * who somebody is, and whether a password is right if it does not lend the
 * stored hash.
 *
 * A source is a row of conf_users.h and a file auth_source_NAME.c with the
 * struct auth_source_ops that the row names.  It answers when it can: from
 * within the call that asks, or later from the event loop.  Whoever asks must
 * be ready for both.
 */

#ifndef COMMON_AUTH_SOURCE_H
#define COMMON_AUTH_SOURCE_H

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
	AUTH_UNAVAILABLE	/* the source could not be asked, logged */
};

enum auth_verdict {
	AUTH_RIGHT,
	AUTH_WRONG,
	AUTH_UNDECIDED		/* the source could not be asked, logged */
};

/* The first member of what a source keeps. */
struct auth_source {
	const struct auth_source_ops	*ops;
	unsigned int			 refs;	/* 1: its owner, and queries */
	size_t				 users;	/* for the log; 0: not known */
};

struct auth_source_ops {
	/*
	 * Make a source, with one reference.
	 *
	 * conf      the statement; borrowed for the call
	 * rules     borrowed for the life of the source
	 * fd        its file if the kind is CONF_USERS_OPENED, else -1; taken
	 *           over
	 *
	 * Returns NULL with errno set when it cannot be read.
	 */
	struct auth_source *(*open)(const struct conf_users *conf,
		    const struct user_rules *rules, int fd);
	/* Free the source, to which no query is under way. */
	void	(*close)(struct auth_source *s);
	/*
	 * Tell whether the file was changed, so that it should be opened
	 * again.  NULL: never.
	 */
	bool	(*stale)(const struct auth_source *s);
	/*
	 * Look up a user by normalised name, which is borrowed until the
	 * answer: auth_query_found().
	 */
	void	(*lookup)(struct auth_source *s, struct auth_query *q,
		    struct slice name);
	/*
	 * Check the password of a user that was found without a stored hash;
	 * both are borrowed until the answer: auth_query_verified().  NULL: no
	 * user is found without one.
	 */
	void	(*verify)(struct auth_source *s, struct auth_query *q,
		    struct slice name, struct slice password);
	/*
	 * Forget a query that was not answered: q is about to be freed.  NULL:
	 * all are answered at once.
	 */
	void	(*cancel)(struct auth_source *s, struct auth_query *q);
	/*
	 * Contribute to what unknown users are answered with (auth_fakes.h).
	 * NULL: the source has no stored hashes.
	 */
	void	(*fakes)(const struct auth_source *s, struct auth_fakes *f);
};

/* A question to a source, embedded in whoever asks. */
struct auth_query {
	/* Of the asker.  u is borrowed for the call, NULL if not found. */
	void	(*found)(void *arg, enum auth_found how,
		    const struct auth_user *u);
	void	(*verified)(void *arg, enum auth_verdict verdict);
	void	*arg;
	const struct conf_service *service;	/* that the user logs in to */
	struct auth_source *source;	/* that is asked; NULL: none */
	void	*own;			/* for the source */
};

/* Give a source back; it is closed when no query is under way any more. */
void	 auth_source_unref(struct auth_source *s);

/*
 * Ask a source.  The answer may come within, and free the query.  Only one
 * question at a time.
 */
void	 auth_query_lookup(struct auth_query *q, struct auth_source *s,
	    struct slice name);
void	 auth_query_verify(struct auth_query *q, struct auth_source *s,
	    struct slice name, struct slice password);

/* Nobody waits for the answer any more.  Does nothing if none is due. */
void	 auth_query_cancel(struct auth_query *q);

/* For sources: answer.  The query may be gone afterwards. */
void	 auth_query_found(struct auth_query *q, enum auth_found how,
	    const struct auth_user *u);
void	 auth_query_verified(struct auth_query *q, enum auth_verdict verdict);

/* What each row of conf_users.h names. */
#define ROW(id, code, word, want, flags)				\
	extern const struct auth_source_ops code;
CONF_USERS_KINDS(ROW)
#undef ROW

#endif
