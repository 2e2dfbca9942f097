/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* A user, as found in a source; only for the files of the auth process. */

#ifndef COMMON_AUTH_AUTH_USER_H
#define COMMON_AUTH_AUTH_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"

/* All pointers are borrowed from the source. */
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
	unsigned int	 line;		/* in the users file, or 0 */
};

#endif
