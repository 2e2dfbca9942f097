/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Queries on a loaded struct conf; see conf.h.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <string.h>

#include "common/conf/conf.h"
#include "common/conf/conf_mech.h"

/* True if two addresses agree in their first bits bits. */
static bool
prefix_eq(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	uint8_t mask;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	if (bits % 8 == 0)
		return true;
	mask = (uint8_t)(0xff << (8 - bits % 8));
	return ((a[bits / 8] ^ b[bits / 8]) & mask) == 0;
}

static bool
nets_match(const struct conf_nets *nets, const struct sockaddr *peer)
{
	const struct sockaddr_in6 *sin6;
	const struct sockaddr_in *sin;
	const uint8_t *addr;
	int family = peer->sa_family;

	if (family == AF_INET) {
		sin = (const struct sockaddr_in *)(const void *)peer;
		addr = (const uint8_t *)&sin->sin_addr;
	} else if (family == AF_INET6) {
		sin6 = (const struct sockaddr_in6 *)(const void *)peer;
		addr = (const uint8_t *)&sin6->sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
			family = AF_INET;
			addr += 12;
		}
	} else {
		return false;
	}
	for (size_t i = 0; i < nets->n; i++)
		if (nets->v[i].family == family &&
		    prefix_eq(addr, nets->v[i].addr, nets->v[i].prefix))
			return true;
	return false;
}

bool
conf_plaintext_allowed(const struct conf *conf,
    const struct conf_listener *listener, const struct sockaddr *peer)
{
	if (listener->mode == CONF_MODE_TLS)
		return true;
	if (listener->plaintext && (listener->plaintext_from.n == 0 ||
	    nets_match(&listener->plaintext_from, peer)))
		return true;
	return nets_match(&conf->plaintext_from, peer);
}

bool
conf_has_mech(const struct conf *conf, const struct conf_mech *mech)
{
	return mech != NULL &&
	    (conf->auth_mechanisms & CONF_MECH_BIT(mech->id)) != 0;
}

bool
conf_takes_passwords(const struct conf *conf)
{
	for (int i = 0; i < CONF_MECH_MAX; i++)
		if (conf_mechs[i].class == CONF_MECH_PASSWORD &&
		    conf_has_mech(conf, &conf_mechs[i]))
			return true;
	return false;
}

bool
conf_needs_tls(const struct conf *conf, enum conf_service_id service)
{
	for (size_t i = 0; i < conf->nlisteners; i++)
		if (conf->listeners[i].service == service &&
		    conf->listeners[i].mode != CONF_MODE_PLAINTEXT)
			return true;
	return false;
}

const char *
conf_users_file(const struct conf_users *u)
{
	return conf_users_kinds[u->kind].flags & CONF_USERS_OPENED ?
	    u->path : NULL;
}
