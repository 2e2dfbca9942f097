/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the auth process alone: the context that they share, as
 * `parent` and `front` are those of theirs.  What one file keeps for itself
 * is its static `self`.
 */

#ifndef COMMON_AUTH_CTX_H
#define COMMON_AUTH_CTX_H

struct auth_cache;
struct auth_pool;
struct auth_sources;
struct auth_tallies;
struct child;
struct conf;

struct auth_ctx {
	struct child		*child;		/* NULL until configured */
	const struct conf	*conf;
	struct auth_sources	*sources;
	struct auth_cache	*cache;
	struct auth_pool	*pool;
	struct auth_tallies	*users;
	struct auth_tallies	*addrs;
};

extern struct auth_ctx	 auth;

#endif
