/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Sections of messages as items of FETCH (RFC 3501, 6.4.5). */

#ifndef IMAPD_FETCH_SECTION_H
#define IMAPD_FETCH_SECTION_H

#include <stdint.h>

#include "imapd/fetch.h"
#include "imapd/reply.h"

/* See what a parsed section needs of the reader: NEED_*. */
uint32_t fetch_section_need(struct fetch_item *item);

/* Print what an answer calls the section, "BODY[TEXT]<0> ". */
void	 fetch_section_print_label(struct reply *r,
	    const struct fetch_item *item);

/* Print a section of the message; as fetch_row.print. */
enum run fetch_section_print(struct session *s, struct fetch *f,
	    struct fetch_item *item);

/*
 * Open the structure of the message in f->blob, if that was not done.  Returns
 * 0, or -1 when it is broken.
 */
int	 fetch_section_blob(struct fetch *f);

#endif
