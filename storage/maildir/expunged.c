/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Names in expunged/; see expunged.h. */

#include "config.h"

#include <stdio.h>

#include "storage/maildir/expunged.h"

/*
 * The names are longer than they must be, and all of the same length.  To add
 * a name, ext4 compares it with all names in a directory block, and a block
 * holds fewer long names.
 */
void
expunged_file_name(uint32_t mailbox, uint32_t uid,
    char name[EXPUNGE_NAME_MAX])
{
	(void)snprintf(name, EXPUNGE_NAME_MAX, "message.%010u.%010u",
	    mailbox, uid);
}

void
expunged_folder_name(uint32_t mailbox, char name[GRAVE_NAME_MAX])
{
	(void)snprintf(name, GRAVE_NAME_MAX, "mailbox.%u", mailbox);
}
