/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The table of SASL mechanisms, read by the configuration, the fronts and
 * auth.  Nothing else lists the mechanisms.
 *
 * A mechanism is a row here and a file common/sasl/sasl_NAME.c, which defines
 * the struct sasl_mech that the row names.  Only common/sasl uses that name:
 * fronts link this table but not the code of the mechanisms.
 */

#ifndef COMMON_CONF_CONF_MECH_H
#define COMMON_CONF_CONF_MECH_H

#include "common/base/slice.h"

enum conf_mech_class {
	CONF_MECH_PASSWORD,	/* sends the password to the server */
	CONF_MECH_HASH,		/* needs a stored hash of a special scheme */
	CONF_MECH_OTHER
};

/*
 * X(id, code, name, word, class), in the order in which they are announced.
 *
 * code      name of its struct sasl_mech
 * name      as registered with IANA
 * word      in the option "auth mechanisms"
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

/* The bit of a mechanism in a set such as conf.auth_mechanisms. */
#define CONF_MECH_BIT(id)	(1U << (id))

struct conf_mech {
	enum conf_mech_id	 id;
	enum conf_mech_class	 class;
	const char		*name;
};

/* The rows, indexed by id. */
extern const struct conf_mech	 conf_mechs[CONF_MECH_MAX];

/* Find a mechanism by its name, ignoring case; NULL if there is none. */
const struct conf_mech	*conf_mech_find(struct slice name);

#endif
