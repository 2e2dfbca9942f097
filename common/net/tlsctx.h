/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Server contexts of TLS, made of options and of what the parent read from
 * files (tlsmat.h).
 */

#ifndef COMMON_TLSCTX_H
#define COMMON_TLSCTX_H

#include <stdbool.h>
#include <stdint.h>

#include "common/net/tlsmat.h"

struct tls;
struct tlsctx;

struct tlsctx_options {
	bool		 tls1_2;	/* versions that are spoken */
	bool		 tls1_3;
	bool		 dhe;		/* parameters by the size of the key */
	const char	*ciphers;	/* of TLS 1.2, OpenSSL's notation */
	const char	*curves;	/* colon-separated, by preference */
	const char	*alpn;		/* "imap" or "pop3" */
	uint32_t	 ticket_lifetime; /* s; 0: no tickets */
};

/*
 * Make a server context.  Returns it, or NULL with the reason logged.
 */
struct tlsctx	*tlsctx_new(const struct tlsctx_options *o,
		    const struct tlsmat *mat);

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
