/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* FETCH data (RFC 3501, 7.4.2), for everything that sends FETCH. */

#ifndef IMAPD_FETCH_PRINT_H
#define IMAPD_FETCH_PRINT_H

#include <stdint.h>

#include "imapd/reply.h"

/* " MODSEQ (n)", with the space before. */
void	 fetch_print_modseq(struct reply *r, uint64_t modseq);

#endif
