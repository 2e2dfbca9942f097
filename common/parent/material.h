/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  What the parent reads and opens for a configuration:
 * the file itself, certificates and keys, and the listening sockets.  It is
 * made as a whole or not at all, so that a reload with a fault in it changes
 * nothing.
 */

#ifndef COMMON_MATERIAL_H
#define COMMON_MATERIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/conf/conf.h"
#include "common/net/tlsmat.h"
#include "common/parent/parent.h"

struct material {
	struct conf	*conf;
	struct tlsmat	 tls;		/* without ticket keys */
	int		*listeners;	/* one for each of conf's, or -1 */
	size_t		 nlisteners;
};

/*
 * Read, check and open all that a configuration needs.
 *
 * old       sockets that it has bound already are used again; or NULL
 * bind_them false: for -n, which binds nothing
 *
 * Returns it, or NULL with each fault logged.
 */
struct material	*material_load(const struct conf_service *service,
		    const char *path, const struct material *old,
		    bool bind_them);

/* Close, wipe and free. */
void		 material_free(struct material *m);

#endif
