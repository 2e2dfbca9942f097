/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The material of a TLS context; see tlsmat.h. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/compat.h"
#include "common/base/xmalloc.h"
#include "common/net/tlsmat.h"

void
tlsmat_init(struct tlsmat *mat)
{
	memset(mat, 0, sizeof(*mat));
	buf_init(&mat->ca, TLSMAT_MAX);
}

void
tlsmat_clear(struct tlsmat *mat)
{
	for (size_t i = 0; i < mat->npairs; i++) {
		buf_clear(&mat->pairs[i].cert);
		buf_clear_secret(&mat->pairs[i].key);
		buf_clear(&mat->pairs[i].staple);
	}
	free(mat->pairs);
	buf_clear(&mat->ca);
	explicit_bzero(mat, sizeof(*mat));
	tlsmat_init(mat);
}

struct tlsmat_pair *
tlsmat_pair(struct tlsmat *mat, size_t i)
{
	struct tlsmat_pair *p;

	while (mat->npairs <= i) {
		mat->pairs = xreallocarray(mat->pairs, mat->npairs + 1,
		    sizeof(*mat->pairs));
		p = &mat->pairs[mat->npairs++];
		buf_init(&p->cert, TLSMAT_MAX);
		buf_init(&p->key, TLSMAT_MAX);
		buf_init(&p->staple, TLSMAT_MAX);
	}
	return &mat->pairs[i];
}

void
tlsmat_ticket(struct tlsmat *mat, const struct tlsmat_ticket *ticket)
{
	if (mat->ntickets == TLSMAT_NKEYS)
		memmove(mat->tickets, mat->tickets + 1,
		    --mat->ntickets * sizeof(*mat->tickets));
	mat->tickets[mat->ntickets++] = *ticket;
}
