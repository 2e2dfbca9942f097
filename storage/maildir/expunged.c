/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Names in expunged/; expunged.h. */

#include "config.h"

#include <stdio.h>

#include "storage/maildir/expunged.h"

/*
 * Of one length, and not the shortest: what is added to a folder is compared
 * with a block full of names, so that long ones cost less (ext4).
 */
void
expunge_file_name(uint32_t mailbox, uint32_t uid,
    char name[EXPUNGE_NAME_MAX])
{
	(void)snprintf(name, EXPUNGE_NAME_MAX, "message.%010u.%010u",
	    mailbox, uid);
}

void
grave_name(uint32_t mailbox, char name[GRAVE_NAME_MAX])
{
	(void)snprintf(name, GRAVE_NAME_MAX, "mailbox.%u", mailbox);
}
