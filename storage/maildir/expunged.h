/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Names in the folder expunged/: of expunged messages and of deleted
 * mailboxes.
 */

#ifndef STORAGE_MAILDIR_EXPUNGED_H
#define STORAGE_MAILDIR_EXPUNGED_H

#include <stdint.h>

#define EXPUNGE_NAME_MAX 64
#define GRAVE_NAME_MAX	32

/* Print the file name of an expunged message. */
void	 expunged_file_name(uint32_t mailbox, uint32_t uid,
	    char name[EXPUNGE_NAME_MAX]);
/* Print the folder name of a deleted mailbox. */
void	 expunged_folder_name(uint32_t mailbox, char name[GRAVE_NAME_MAX]);

#endif
