/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * SASL mechanisms: what the configuration, the fronts and auth know of each.
 * Nothing else lists them.
 *
 * A mechanism is a row here and a file common/sasl/sasl_NAME.c, which defines
 * the struct sasl_mech that the row names.  Only sasl.c looks at that name:
 * fronts link this file and no code of a mechanism.
 */

#ifndef COMMON_CONF_MECH_H
#define COMMON_CONF_MECH_H

#include "common/base/slice.h"

enum conf_mech_class {
	CONF_MECH_PASSWORD,	/* shows the server the password */
	CONF_MECH_HASH,		/* needs a stored secret of its own kind */
	CONF_MECH_OTHER
};

/*
 * X(id, code, name, word, class), in the order in which clients see them.
 *
 * code      the struct sasl_mech
 * name      as registered with IANA
 * word      of the option "auth mechanisms"
 */
#define CONF_MECHS(X)							\
	X(PLAIN, sasl_plain, "PLAIN", "plain",				\
	    CONF_MECH_PASSWORD)						\
	X(LOGIN, sasl_login, "LOGIN", "login",				\
	    CONF_MECH_PASSWORD)						\
	X(SCRAM_SHA_256, sasl_scram_sha_256, "SCRAM-SHA-256",		\
	    "scram-sha-256", CONF_MECH_HASH)

#define CONF_MECHS_ENUM(id, code, name, word, class)	CONF_MECH_##id,
enum conf_mech_id {
	CONF_MECHS(CONF_MECHS_ENUM)
	CONF_MECH_MAX
};
#undef CONF_MECHS_ENUM

/* A set of mechanisms, as in conf.auth_mechanisms. */
#define CONF_MECH_BIT(id)	(1U << (id))

struct conf_mech {
	enum conf_mech_id	 id;
	enum conf_mech_class	 class;
	const char		*name;
};

/* The rows, by id. */
extern const struct conf_mech	 conf_mechs[CONF_MECH_MAX];

/* Find a mechanism by its name, in any case of letters, or NULL. */
const struct conf_mech	*conf_mech_find(struct slice name);

#endif
