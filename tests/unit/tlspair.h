/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * TLS connections for tests: a libtls client and our side, over a pair of
 * non-blocking sockets with small buffers; and certificates, made at run time.
 */
#ifndef TESTS_UNIT_TLSPAIR_H
#define TESTS_UNIT_TLSPAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/net/io.h"
#include "common/net/tlsctx.h"

struct tls;

enum tlspair_key {
	TLSPAIR_RSA,
	TLSPAIR_ECDSA
};

struct tlspair {
	struct io	 io;		/* our end */
	struct tls	*client;	/* NULL: cleartext */
	int		 fd;		/* the client's */
};

/* Append a certificate and key for names ("DNS:a, DNS:b") to mat. */
void	 tlspair_certificate(struct tlsmat *mat, enum tlspair_key kind,
	    const char *names);

/* A context of mat and statements of penfold.conf(5); freed by the caller. */
struct tlsctx *tlspair_context(const struct tlsmat *mat, const char *conf);

/* Connect two sockets. */
void	 tlspair_sockets(struct tlspair *p);

/*
 * Set up TLS on both ends, without starting the handshake.
 *
 * name      the server name that the client asks for
 * protocols the client's, in the syntax of tls_config_parse_protocols(3)
 */
void	 tlspair_tls(struct tlspair *p, struct tlsctx *ctx, const char *name,
	    const char *protocols);

/* Do the handshake; true if both sides completed it. */
bool	 tlspair_shake(struct tlspair *p);

/* Send as the client until all is sent or it would block; returns how much. */
size_t	 tlspair_send(struct tlspair *p, const void *data, size_t len);

/*
 * Read up to max bytes as the client.  Returns their number, 0 if there are
 * none yet, -1 at the end.
 */
long	 tlspair_recv(struct tlspair *p, void *data, size_t max);

/* Close as the client: with a close_notify, or as if its machine had died. */
void	 tlspair_leave(struct tlspair *p, bool politely);

/* Free both ends. */
void	 tlspair_close(struct tlspair *p);

#endif
