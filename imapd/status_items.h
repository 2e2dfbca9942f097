/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * STATUS items (RFC 3501, 6.3.10), which LIST can return as well (RFC 5819).
 */

#ifndef IMAPD_STATUS_ITEMS_H
#define IMAPD_STATUS_ITEMS_H

#include <stdint.h>

#include "imapd/arg.h"
#include "imapd/session.h"
#include "storage/store.h"

#define STATUS_MESSAGES		(1U << 0)
#define STATUS_RECENT		(1U << 1)
#define STATUS_UIDNEXT		(1U << 2)
#define STATUS_UIDVALIDITY	(1U << 3)
#define STATUS_UNSEEN		(1U << 4)
#define STATUS_HIGHESTMODSEQ	(1U << 5)	/* enables CONDSTORE */

/* Parse "(MESSAGES UIDNEXT)" and add the bits to *items. */
int	 status_items_parse(struct arg *a, uint32_t *items);

/* Print the STATUS response of a mailbox. */
void	 status_items_print(struct session *s, struct slice name,
	    uint32_t items, const struct mailbox_status *st);

#endif
