/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the auth process alone: the sources of users of one
 * configuration, in its order, and what it says about all of them.  It owns
 * all of that: a login may still ask when a later configuration is in force.
 */

#ifndef COMMON_AUTH_SOURCES_H
#define COMMON_AUTH_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/auth/auth_fakes.h"
#include "common/auth/auth_source.h"
#include "common/conf/conf.h"
#include "common/pass/user.h"

/* One source, which may be opened again. */
struct auth_slot {
	struct conf_users	 conf;
	const struct auth_source_ops *ops;
	struct auth_source	*source;
};

struct auth_sources {
	unsigned int		 refs;
	struct auth_slot	*v;
	uint32_t		 n;
	struct user_rules	 rules;
	char			*domain;	/* of rules, or NULL */
	char			*mail;		/* template, or NULL */
	struct conf_id		 owner;		/* of mail; without a name */
	bool			 has_ids;	/* workers can be other users */
	struct auth_fakes	 fakes;
};

/*
 * Make the sources of a configuration.
 *
 * fds       an open file for each of conf->users that has one, else -1;
 *           taken over
 * old       what was in force before, or NULL: then this runs with the
 *           parent's privileges, and sees whether it has any
 *
 * Returns NULL when a source cannot be opened; that was logged.
 */
struct auth_sources *auth_sources_new(const struct conf *conf, int *fds,
	    const struct auth_sources *old);

/*
 * Add a source after the others.  Returns 0, or -1 if it cannot be opened;
 * that was logged.
 */
int	 auth_sources_add(struct auth_sources *s,
	    const struct auth_source_ops *ops, const struct conf_users *conf,
	    int fd);

struct auth_sources *auth_sources_ref(struct auth_sources *s);
void	 auth_sources_unref(struct auth_sources *s);

/*
 * Open the i-th source again from fd, which is taken over; if that fails, the
 * old one stays.
 */
void	 auth_sources_reopen(struct auth_sources *s, uint32_t i, int fd);

/* True if the file of the i-th source was replaced or written to. */
bool	 auth_sources_stale(const struct auth_sources *s, uint32_t i);

#endif
