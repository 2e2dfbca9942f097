/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Addresses as auth sees them: in text, with a port behind. */

#ifndef COMMON_AUTH_NET_H
#define COMMON_AUTH_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"

/* "192.0.2.1:4711" and "[2001:db8::1]:4711" without brackets and port. */
struct slice auth_net_host(struct slice peer);

/*
 * Print whose failures and connections are counted together: an IPv4
 * address, or the /64 of an IPv6 one, which is what one customer has.
 * out has AUTH_NET_KEY_MAX bytes.
 */
#define AUTH_NET_KEY_MAX	64
void	 auth_net_key(struct slice peer, char *out);

/*
 * True if the peer lies in one of the networks of a comma-separated list
 * of addresses, each with an optional /prefix (Dovecot's allow_nets).
 * What can't be read matches nothing.
 */
bool	 auth_net_match(const char *list, struct slice peer);

#endif
