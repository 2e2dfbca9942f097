/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The context shared by the files of the auth process, and by no others.  The
 * parent and the fronts have their own, `parent` and `front`.  State that only
 * one file uses is in its static `self`.
 */

#ifndef COMMON_AUTH_AUTH_CTX_H
#define COMMON_AUTH_AUTH_CTX_H

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
