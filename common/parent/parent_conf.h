/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Private to the parent: what it sends to a child at the
 * child's start and at a reload.
 */

#ifndef COMMON_PARENT_PARENT_CONF_H
#define COMMON_PARENT_PARENT_CONF_H

#include <stdint.h>

struct kid;

/*
 * Send the configuration, and those certificates, sockets and files that the
 * child's role may have.
 */
void	 parent_conf_send(struct kid *k);

/* Send auth the users file i again, as it is now. */
void	 parent_conf_send_users(struct kid *k, uint32_t i);

/* Connect a new child with the children that it talks to. */
void	 parent_conf_link(struct kid *k);

#endif
