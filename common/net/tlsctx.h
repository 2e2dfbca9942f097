/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * TLS server contexts, made from options and from the files that the parent has
 * read (tlsmat.h).
 */

#ifndef COMMON_NET_TLSCTX_H
#define COMMON_NET_TLSCTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/net/tlsmat.h"

struct tls;
struct tlsctx;

struct tlsctx_options {
	bool		 tls1_2;	/* versions to offer */
	bool		 tls1_3;
	bool		 dhe;		/* DH parameters sized by the key */
	const char	*ciphers; /* for TLS 1.2, as OpenSSL writes them */
	const char	*curves;	/* colon-separated, preferred first */
	const char	*alpn;		/* "imap" or "pop3" */
	uint32_t	 ticket_lifetime; /* s; 0: no tickets */
};

/*
 * Find an option that no context can have, so that a certificate is not blamed
 * for it.
 *
 * ca        what "client ca" names, in PEM; or empty
 * why, len  set to the reason
 *
 * Returns the name of the option in penfold.conf(5), or NULL if there is none.
 */
const char	*tlsctx_bad_option(const struct tlsctx_options *o,
		    const struct buf *ca, char *why, size_t len);

/* Make a server context.  Returns NULL with the reason logged if that fails. */
struct tlsctx	*tlsctx_new(const struct tlsctx_options *o,
		    const struct tlsmat *mat);

/*
 * Release a reference; NULL is allowed.  The context is freed with the last
 * one.
 */
void		 tlsctx_unref(struct tlsctx *ctx);

/*
 * Take another reference, for a connection in its handshake: libtls needs the
 * context until the handshake is over.
 */
struct tlsctx	*tlsctx_ref(struct tlsctx *ctx);

/* The context for io_starttls. */
struct tls	*tlsctx_server(struct tlsctx *ctx);

/* Make new tickets with this key from now on. */
void		 tlsctx_ticket(struct tlsctx *ctx,
		    const struct tlsmat_ticket *ticket);

#endif
