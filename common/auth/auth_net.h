/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Addresses in the form that auth gets them: text, followed by a port. */

#ifndef COMMON_AUTH_AUTH_NET_H
#define COMMON_AUTH_AUTH_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"

/* Strip port and brackets: "192.0.2.1:4711" or "[2001:db8::1]:4711". */
struct slice auth_net_host(struct slice peer);

/*
 * Print the key under which a peer's failures and connections are counted: its
 * IPv4 address, or the /64 network of its IPv6 address, since a customer
 * usually has at least a /64.  out has AUTH_NET_KEY_MAX bytes.
 */
#define AUTH_NET_KEY_MAX	64
void	 auth_net_key(struct slice peer, char *out);

/*
 * Print the network of such a key, as those who attack together often have it:
 * its IPv4 /24 or IPv6 /56.  out has AUTH_NET_KEY_MAX bytes.
 */
void	 auth_net_wide(const char *key, char *out);

/*
 * True if the peer is in one of the networks in a comma-separated list of
 * addresses, each with an optional /prefix (Dovecot's allow_nets).  Malformed
 * networks and peers match nothing.
 */
bool	 auth_net_match(const char *list, struct slice peer);

#endif
