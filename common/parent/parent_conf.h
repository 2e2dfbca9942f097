/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  For the files of the parent alone: what it tells a
 * child at its start and at a reload.
 */

#ifndef COMMON_PARENT_CONF_H
#define COMMON_PARENT_CONF_H

#include <stdint.h>

struct kid;

/* The configuration, and what of its material the role may have. */
void	 parent_conf_send(struct kid *k);

/* Users file i alone, for auth. */
void	 parent_conf_send_users(struct kid *k, uint32_t i);

/* Connect a new child with those that it talks to. */
void	 parent_conf_link(struct kid *k);

#endif
