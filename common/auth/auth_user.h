/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* For the files of the auth process alone: a user as a source has it. */

#ifndef COMMON_AUTH_USER_H
#define COMMON_AUTH_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"

/* All of it is borrowed from the source. */
struct auth_user {
	struct slice	 name;		/* normalised */
	const char	*password;	/* stored hash, never empty; NULL: the
					   source checks passwords itself */
	const char	*home;		/* or NULL */
	const char	*mail;		/* userdb_mail as written, or NULL */
	const char	*allow_nets;	/* comma-separated networks, or NULL */
	uint32_t	 uid;		/* if has_uid */
	uint32_t	 gid;		/* if has_gid */
	bool		 has_uid;
	bool		 has_gid;
	bool		 nologin;
	unsigned int	 line;		/* of a users file; 0 elsewhere */
};

#endif
