/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a mechanism is to sasl.c.  Its functions get the exchange and their
 * own zeroed state; they set user, password, authzid and challenge.
 */

#ifndef COMMON_SASL_MECH_H
#define COMMON_SASL_MECH_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf_mech.h"
#include "common/pass/scram.h"
#include "common/sasl/sasl_step.h"

struct sasl;

struct sasl_mech {
	size_t		 state_size;	/* wiped at the end */
	/* What the server says when the client did not speak first. */
	const char	*greeting;
	/* A response came; calls count from 0. */
	enum sasl_step	(*respond)(struct sasl *, void *, unsigned int,
			    struct slice);
	/* The secret that was asked for came; NULL: never asks. */
	enum sasl_step	(*secret)(struct sasl *, void *,
			    const struct scram_secret *);
	/* Free what the state points to; NULL: nothing. */
	void		(*clear)(void *);
};

struct sasl {
	const struct sasl_mech	*mech;
	const char		*nonce;		/* of a test, or NULL */
	void			*state;		/* of the mechanism */
	unsigned int		 responses;	/* so far */
	struct buf		 user;
	struct buf		 password;
	struct buf		 authzid;
	struct buf		 challenge;
};

/* Set one of the buffers.  Returns 0, or -1 when memory is short. */
int	 sasl_set(struct buf *b, struct slice value);

/* What each row of conf_mech.h names. */
#define ROW(id, code, name, word, class)				\
	extern const struct sasl_mech code;
CONF_MECHS(ROW)
#undef ROW

#endif
