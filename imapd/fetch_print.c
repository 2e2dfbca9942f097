/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* See fetch_print.h. */

#include "config.h"

#include "imapd/fetch_print.h"

void
fetch_print_modseq(struct reply *r, uint64_t modseq)
{
	reply_str(r, " MODSEQ (");
	reply_number(r, modseq);
	reply_char(r, ')');
}
