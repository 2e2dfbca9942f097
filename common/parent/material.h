/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  What the parent reads and opens for a configuration: the
 * file itself, certificates and keys, and the listening sockets.  Either all of
 * it is loaded or nothing, so that a reload with an error in it changes
 * nothing.
 */

#ifndef COMMON_PARENT_MATERIAL_H
#define COMMON_PARENT_MATERIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/conf/conf.h"
#include "common/net/tlsmat.h"
#include "common/parent/parent.h"

struct material {
	struct conf	*conf;
	struct tlsmat	 tls;		/* without ticket keys */
	int		*listeners; /* per listener of conf; -1: not bound */
	size_t		 nlisteners;
};

/*
 * Read, check and open all that a configuration needs.
 *
 * old        where sockets that are bound already are taken from; or NULL
 * bind_them  false: for -n, which binds nothing
 *
 * Returns the material, or NULL with each error logged.
 */
struct material	*material_load(const struct conf_service *service,
		    const char *path, const struct material *old,
		    bool bind_them);

/*
 * Have all listening sockets listen, whatever a process that shares them has
 * done to them.
 */
void		 material_listen(const struct material *m);

/*
 * Open a users file.  Only a regular file is opened: the parent, on which all
 * logins depend, must not wait for somebody to write to a FIFO.
 *
 * Returns the descriptor, or -1 with the reason logged.
 */
int		 material_users_open(const char *path);

/* Close, wipe and free all of it. */
void		 material_free(struct material *m);

#endif
