/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a TLS context is made of beside its options: certificates, keys, OCSP
 * answers, CA, ticket keys.
 *
 * The parent collects a struct tlsmat from files, tries whether a context
 * can be made of it, and sends it to the fronts, which collect the same
 * struct from messages.
 */

#ifndef COMMON_TLSMAT_H
#define COMMON_TLSMAT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

/* A chain, a key, a staple, or a bundle of CAs: none is larger. */
#define TLSMAT_MAX	(1024 * 1024)
#define TLSMAT_KEY_LEN	48	/* of a ticket key, as libtls wants it */
#define TLSMAT_NKEYS	4	/* as many as libtls keeps */

struct tlsmat_pair {
	struct buf	 cert;		/* chain, PEM */
	struct buf	 key;		/* PEM */
	struct buf	 staple;	/* DER, or empty */
};

struct tlsmat_ticket {
	uint32_t	 rev;		/* names the key in tickets; not 0 */
	unsigned char	 key[TLSMAT_KEY_LEN];
};

struct tlsmat {
	struct tlsmat_pair	*pairs;
	size_t			 npairs;
	struct buf		 ca;		/* PEM, or empty */
	struct tlsmat_ticket	 tickets[TLSMAT_NKEYS];	/* newest last */
	size_t			 ntickets;
};

/* Start with nothing. */
void		 tlsmat_init(struct tlsmat *mat);

/* Wipe and free all. */
void		 tlsmat_clear(struct tlsmat *mat);

/* Lend pair i, making it and those before it. */
struct tlsmat_pair *tlsmat_pair(struct tlsmat *mat, size_t i);

/* Add a ticket key, which becomes the one for new tickets. */
void		 tlsmat_ticket(struct tlsmat *mat,
		    const struct tlsmat_ticket *ticket);

#endif
