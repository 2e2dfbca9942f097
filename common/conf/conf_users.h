/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The kinds of user sources, that is, the words that may follow "users" in
 * penfold.conf.
 *
 * A kind is a row here and a file common/auth/auth_source_NAME.c, which
 * defines the struct auth_source_ops that the row names.  Only common/auth
 * uses that name.
 */

#ifndef COMMON_CONF_CONF_USERS_H
#define COMMON_CONF_CONF_USERS_H

/* Flags of a row. */
#define CONF_USERS_OPENED (1U << 0)	/* the parent opens the file for auth */

/*
 * X(id, code, word, want, flags)
 *
 * code      name of its struct auth_source_ops
 * want      description of the argument, for error messages
 */
#define CONF_USERS_KINDS(X)						\
	X(PASSWD, auth_source_passwd, "passwd", "the path of a file",	\
	    CONF_USERS_OPENED)

#define CONF_USERS_ENUM(id, code, word, want, flags)	CONF_USERS_##id,
enum conf_users_id {
	CONF_USERS_KINDS(CONF_USERS_ENUM)
	CONF_USERS_KIND_MAX
};
#undef CONF_USERS_ENUM

struct conf_users_kind {
	enum conf_users_id	 id;
	const char		*word;
	const char		*want;
	unsigned int		 flags;		/* CONF_USERS_* */
};

/* The rows, indexed by id. */
extern const struct conf_users_kind	 conf_users_kinds[CONF_USERS_KIND_MAX];

/* Find a kind by its word; NULL if there is none. */
const struct conf_users_kind	*conf_users_find(const char *word);

#endif
