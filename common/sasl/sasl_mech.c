/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Functions shared by the mechanisms; see sasl_mech.h. */

#include "config.h"

#include "common/sasl/sasl_mech.h"

int
sasl_set(struct buf *b, struct slice value)
{
	buf_truncate(b, 0);
	return buf_add_slice(b, value);
}
