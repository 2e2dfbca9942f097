/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The answer to CAPA (RFC 2449, section 5).  Front and worker print it from
 * one table, which knows when each capability applies.
 */
#ifndef POP3D_CAPABILITY_H
#define POP3D_CAPABILITY_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/conf/conf.h"

/* What the answer depends on. */
struct pop3_capability_facts {
	const struct conf	*conf;
	bool			 may_login;	/* credentials are accepted */
	bool			 can_stls;	/* STLS works before login */
};

/* Print the whole answer: status line, capabilities, final dot. */
void	 pop3_capability_print(struct buf *out,
	    const struct pop3_capability_facts *facts);

/*
 * Append " NAME" for each SASL mechanism that the configuration allows.
 * Returns false if there is none.
 */
bool	 pop3_capability_print_mechs(struct buf *out, const struct conf *conf);

#endif
