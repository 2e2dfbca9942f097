/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The material of a TLS context besides its options: certificates, keys, OCSP
 * responses, client CAs, ticket keys.
 *
 * The parent collects a struct tlsmat from files, checks that a context can be
 * made from it, and sends it to the fronts, which collect the same struct from
 * messages.
 */

#ifndef COMMON_NET_TLSMAT_H
#define COMMON_NET_TLSMAT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

/* The most octets of a chain, a key, an OCSP response, or a bundle of CAs. */
#define TLSMAT_MAX	(1024 * 1024)
#define TLSMAT_KEY_LEN	48	/* of a ticket key, fixed by libtls */
#define TLSMAT_NKEYS	4	/* ticket keys that libtls keeps */

struct tlsmat_pair {
	struct buf	 cert;		/* chain, PEM */
	struct buf	 key;		/* PEM */
	struct buf	 staple;	/* DER, or empty */
};

struct tlsmat_ticket {
	uint32_t	 rev; /* identifies the key in tickets; not 0 */
	unsigned char	 key[TLSMAT_KEY_LEN];
};

struct tlsmat {
	struct tlsmat_pair	*pairs;
	size_t			 npairs;
	struct buf		 ca;		/* PEM, or empty */
	struct tlsmat_ticket	 tickets[TLSMAT_NKEYS];	/* newest last */
	size_t			 ntickets;
};

/* Start empty. */
void		 tlsmat_init(struct tlsmat *mat);

/* Wipe and free everything. */
void		 tlsmat_clear(struct tlsmat *mat);

/* Return pair i, borrowed; missing pairs up to it are added, empty. */
struct tlsmat_pair *tlsmat_pair(struct tlsmat *mat, size_t i);

/* Add a ticket key, which new tickets then use; drops the oldest if full. */
void		 tlsmat_ticket(struct tlsmat *mat,
		    const struct tlsmat_ticket *ticket);

#endif
