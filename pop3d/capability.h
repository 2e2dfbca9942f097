/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The answer to CAPA (RFC 2449, section 5): one table, from which front and
 * worker print what is true for a connection.
 */
#ifndef POP3D_CAPABILITY_H
#define POP3D_CAPABILITY_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/conf/conf.h"

/* What the answer depends on. */
struct pop3_capa_facts {
	const struct conf	*conf;
	bool			 may_login;	/* credentials are taken now */
	bool			 can_stls;	/* before login: STLS works */
};

/* Print the whole answer: status line, capabilities, end. */
void	 pop3_capa_print(struct buf *out, const struct pop3_capa_facts *facts);

/*
 * Append " NAME" for each SASL mechanism of the configuration; false if there
 * is none.
 */
bool	 pop3_mech_print(struct buf *out, const struct conf *conf);

#endif
