/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The services that clients connect to, each by a daemon of its own.  Nothing
 * else lists them: the grammar, the programs and mailctl read this table.
 */

#ifndef COMMON_CONF_SERVICE_H
#define COMMON_CONF_SERVICE_H

#include <stdint.h>

/* Flags of a row. */
#define CONF_SERVICE_LOGIN_DELAY (1U << 0)	/* "pop3 login delay" holds */

/*
 * X(id, word, daemon, port, tls_port, sasl, flags)
 *
 * word      in penfold.conf; the name for ALPN too (RFC 7301 registry)
 * daemon    its program; those of its front and mail processes begin with it
 * port      and the one for TLS from the first octet, whose name has an "s"
 * sasl      the name of the service for SASL (the registry of GSSAPI's)
 */
#define CONF_SERVICES(X)						\
	X(IMAP, "imap", "imapd", 143, 993, "imap", 0)			\
	X(POP3, "pop3", "pop3d", 110, 995, "pop", CONF_SERVICE_LOGIN_DELAY)

#define CONF_SERVICES_ENUM(id, word, daemon, port, tls_port, sasl, flags) \
	CONF_##id,
enum conf_service_id {
	CONF_SERVICES(CONF_SERVICES_ENUM)
	CONF_SERVICE_MAX
};
#undef CONF_SERVICES_ENUM

/* A set of services. */
#define CONF_SERVICE_BIT(id)	(1U << (id))

struct conf_service {
	enum conf_service_id	 id;
	const char		*word;
	const char		*daemon;
	uint16_t		 port;
	uint16_t		 tls_port;
	const char		*sasl;
	unsigned int		 flags;		/* CONF_SERVICE_* */
};

/* The rows, by id. */
extern const struct conf_service	 conf_services[CONF_SERVICE_MAX];

/* Find a service by its word, or NULL. */
const struct conf_service	*conf_service_find(const char *word);

#endif
