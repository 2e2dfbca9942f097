/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Server contexts of TLS, made of the configuration and of what the parent
 * read for it (tlsmat.h).
 */

#ifndef COMMON_TLSCTX_H
#define COMMON_TLSCTX_H

#include "common/conf/conf.h"
#include "common/net/tlsmat.h"

struct tls;
struct tlsctx;

/*
 * Make a server context.
 *
 * alpn      "imap" or "pop3"
 *
 * Returns the context, or NULL with the reason logged.
 */
struct tlsctx	*tlsctx_new(const struct conf *conf, const struct tlsmat *mat,
		    const char *alpn);

/*
 * Give it up; NULL is nothing.  It goes when all who hold it have done so.
 */
void		 tlsctx_free(struct tlsctx *ctx);

/*
 * Hold it a second time, for a connection in its handshake: libtls needs the
 * context until that is over.
 */
struct tlsctx	*tlsctx_hold(struct tlsctx *ctx);

/* The context for io_starttls. */
struct tls	*tlsctx_server(struct tlsctx *ctx);

/* New tickets are made with this key from now on. */
void		 tlsctx_ticket(struct tlsctx *ctx,
		    const struct tlsmat_ticket *ticket);

#endif
