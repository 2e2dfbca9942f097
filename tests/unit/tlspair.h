/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * For tests: a TLS client and our side of the connection, over a pair of
 * non-blocking sockets with small buffers; and the certificates, made for the
 * run.
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
	struct io	 io;		/* ours */
	struct tls	*client;	/* NULL: cleartext */
	int		 fd;		/* the client's */
};

/* Append a pair for names ("DNS:a, DNS:b") to what contexts are made of. */
void	 tlspair_certificate(struct tlsmat *mat, enum tlspair_key kind,
	    const char *names);

/* A context of these, with statements of penfold.conf(5); freed by caller. */
struct tlsctx *tlspair_context(const struct tlsmat *mat, const char *conf);

/* Two connected sockets. */
void	 tlspair_sockets(struct tlspair *p);

/*
 * Both with TLS on them, handshake not begun.
 *
 * name      that the client asks for
 * protocols that it speaks, as of tls_config_parse_protocols(3)
 */
void	 tlspair_tls(struct tlspair *p, struct tlsctx *ctx, const char *name,
	    const char *protocols);

/* Do the handshake; true if both sides came to its end. */
bool	 tlspair_shake(struct tlspair *p);

/* The client sends, all or until it would block; returns how much. */
size_t	 tlspair_send(struct tlspair *p, const void *data, size_t len);

/*
 * The client reads up to max bytes.  Returns their number, 0 when there are
 * none now, -1 at the end.
 */
long	 tlspair_recv(struct tlspair *p, void *data, size_t max);

/* The client goes: with a close_notify, or as if its machine had died. */
void	 tlspair_leave(struct tlspair *p, bool politely);

/* Free what is left of both. */
void	 tlspair_close(struct tlspair *p);

#endif
