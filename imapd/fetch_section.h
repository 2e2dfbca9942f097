/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Sections of messages as FETCH items (RFC 3501, 6.4.5). */

#ifndef IMAPD_FETCH_SECTION_H
#define IMAPD_FETCH_SECTION_H

#include <stdint.h>

#include "imapd/fetch.h"
#include "imapd/reply.h"

/*
 * Return what the item's section needs from the reader, as NEED_* bits.  Also
 * sets item->cached.
 */
uint32_t fetch_section_need(struct fetch_item *item);

/* Print the section's name for the response, "BODY[TEXT]<0> ". */
void	 fetch_section_print_label(struct reply *r,
	    const struct fetch_item *item);

/* Print a section of the message f->m; a print function for fetch_row. */
enum run fetch_section_print(struct session *s, struct fetch *f,
	    struct fetch_item *item);

/*
 * Decode the structure of the message f->m into f->blob, unless that was done
 * already.  Returns 0, or -1 if the structure is damaged.
 */
int	 fetch_section_blob(struct fetch *f);

#endif
