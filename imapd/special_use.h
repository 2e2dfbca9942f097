/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Special-use attributes (RFC 6154; \Important of RFC 8457). */

#ifndef IMAPD_SPECIAL_USE_H
#define IMAPD_SPECIAL_USE_H

#include <stdint.h>

#include "imapd/arg.h"
#include "imapd/reply.h"

/* Bit for a use that has valid syntax but that we do not know. */
#define SPECIAL_USE_UNKNOWN	(1U << 31)

/* Parse an attribute like "\Sent" and add its bit to *use. */
int	 special_use_parse(struct arg *a, uint32_t *use);

/* Print the attributes in use, separated by spaces; clears *first. */
void	 special_use_print(struct reply *r, uint32_t use, bool *first);

#endif
