/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * FETCH responses (RFC 3501, 7.4.2), for FETCH, STORE and untagged updates.
 */

#ifndef IMAPD_FETCH_PRINT_H
#define IMAPD_FETCH_PRINT_H

#include <stdint.h>

#include "imapd/session.h"
#include "storage/store.h"

/* Print "* 5 FETCH (" before the items, and ")" CRLF after them. */
void	 fetch_print_begin(struct session *s, uint32_t seq);
void	 fetch_print_end(struct session *s);

/* Print one item: "UID 7", "FLAGS (\Seen)" or "MODSEQ (917)". */
void	 fetch_print_uid(struct session *s, uint32_t uid);
void	 fetch_print_flags(struct session *s, uint32_t uid,
	    const struct flags *flags);
void	 fetch_print_modseq(struct session *s, uint64_t modseq);

#endif
