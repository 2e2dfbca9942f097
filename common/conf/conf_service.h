/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The services that clients connect to, each served by its own daemon.  The
 * grammar, the programs and mailctl read this table; nothing else lists the
 * services.
 */

#ifndef COMMON_CONF_CONF_SERVICE_H
#define COMMON_CONF_CONF_SERVICE_H

#include <stdint.h>

/* Flags of a row. */
#define CONF_SERVICE_LOGIN_DELAY (1U << 0)	/* has "pop3 login delay" */

/*
 * X(id, word, daemon, port, tls_port, sasl, flags)
 *
 * word      in penfold.conf; also the ALPN protocol name (RFC 7301 registry)
 * daemon    its program; its front and mail programs' names begin with it
 * port      default port number in cleartext, named by word
 * tls_port  for TLS from the first octet, named by word with an "s"
 * sasl      service name in SASL (IANA's GSSAPI service names)
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

/* The bit of a service in a set of services. */
#define CONF_SERVICE_BIT(id)	(1U << (id))

struct conf_service {
	enum conf_service_id	 id;
	const char		*word;
	const char		*daemon; /* programs: the parent, "imapd" */
	const char		*front;	/* "imapd-front" */
	const char		*mail;	/* "imapd-mail" */
	uint16_t		 port;
	uint16_t		 tls_port;
	const char		*sasl;
	unsigned int		 flags;		/* CONF_SERVICE_* */
};

/* The rows, indexed by id. */
extern const struct conf_service	 conf_services[CONF_SERVICE_MAX];

/* Find a service by its word; NULL if there is none. */
const struct conf_service	*conf_service_find(const char *word);

#endif
