/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The sources of users of one configuration, in its order, and the settings
 * that hold for all of them; only for the files of the auth process.  The
 * settings are copies, since a login may still ask the sources after a new
 * configuration has taken effect.
 */

#ifndef COMMON_AUTH_AUTH_SOURCES_H
#define COMMON_AUTH_AUTH_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/auth/auth_fakes.h"
#include "common/auth/auth_source.h"
#include "common/conf/conf.h"
#include "common/pass/user.h"

/* A source, and what is needed to open it again. */
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
	char			*domain;	/* rules.domain, or NULL */
	char			*mail;		/* template, or NULL */
	struct conf_id		 owner;		/* of mail; name is NULL */
	bool			 has_ids;	/* workers can change user */
	struct auth_fakes	 fakes;
};

/*
 * Make the sources of a configuration.
 *
 * fds       for each of conf->users, its open file or -1; taken over and set
 *           to -1, up to the first source that cannot be opened
 * old       the sources in use, or NULL at the start, when the process still
 *           has the parent's privileges and can see whether that is root
 *
 * Returns NULL, after logging why, if a source cannot be opened.
 */
struct auth_sources *auth_sources_new(const struct conf *conf, int *fds,
	    const struct auth_sources *old);

/*
 * Add a source after the others.  Returns 0, or -1, after logging why, if the
 * source cannot be opened.
 */
int	 auth_sources_add(struct auth_sources *s,
	    const struct auth_source_ops *ops, const struct conf_users *conf,
	    int fd);

/* Take or drop a reference; dropping the last frees the sources. */
struct auth_sources *auth_sources_ref(struct auth_sources *s);
void	 auth_sources_unref(struct auth_sources *s);

/*
 * Open the i-th source again from fd, which is taken over.  If that fails, the
 * old source stays in use.
 */
void	 auth_sources_reopen(struct auth_sources *s, uint32_t i, int fd);

/* True if the file of the i-th source was replaced or written to. */
bool	 auth_sources_stale(const struct auth_sources *s, uint32_t i);

#endif
