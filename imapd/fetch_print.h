/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Printing of what FETCH answers, used by everything that sends FETCH. */

#ifndef IMAPD_FETCH_PRINT_H
#define IMAPD_FETCH_PRINT_H

#include "imapd/reply.h"
#include "storage/store.h"

/* "(\Seen $label1)", with the names of the view's keywords. */
void	 fetch_print_flags(struct reply *r, const struct view *v,
	    const struct flags *flags, bool recent);

/* " MODSEQ (n)", with the space before. */
void	 fetch_print_modseq(struct reply *r, uint64_t modseq);

#endif
