/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The interface between sasl.c and the mechanisms.  A mechanism's functions
 * get the exchange and the mechanism's own state, which starts as zeros.  They
 * set user, password, authzid and challenge in struct sasl.
 */

#ifndef COMMON_SASL_SASL_MECH_H
#define COMMON_SASL_SASL_MECH_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf_mech.h"
#include "common/pass/scram.h"
#include "common/sasl/sasl_step.h"

struct sasl;

struct sasl_mech {
	size_t		 state_size;	/* octets; 0: no state */
	/* First challenge, if the client sent no initial response. */
	const char	*greeting;
	/* Handle the client's response number n, counted from 0. */
	enum sasl_step	(*respond)(struct sasl *, void *, unsigned int,
			    struct slice);
	/* Go on after SASL_SECRET; NULL: never asks for a secret. */
	enum sasl_step	(*secret)(struct sasl *, void *,
			    const struct scram_secret *);
	/* Free memory that the state points to; may be NULL. */
	void		(*clear)(void *);
};

struct sasl {
	const struct sasl_mech	*mech;
	const char		*nonce;		/* fixed, in tests; or NULL */
	void			*state;		/* of the mechanism */
	unsigned int		 responses;	/* received so far */
	struct buf		 user;
	struct buf		 password;
	struct buf		 authzid;
	struct buf		 challenge;
};

/* Set one of the buffers in struct sasl.  Returns 0, or -1 over its limit. */
int	 sasl_set(struct buf *b, struct slice value);

/* Declare the struct sasl_mech of each row in conf_mech.h. */
#define ROW(id, code, name, word, class)				\
	extern const struct sasl_mech code;
CONF_MECHS(ROW)
#undef ROW

#endif
