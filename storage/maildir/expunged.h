/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Names in expunged/: of messages, and of mailboxes that are graves. */

#ifndef STORAGE_EXPUNGED_H
#define STORAGE_EXPUNGED_H

#include <stdint.h>

#define EXPUNGE_NAME_MAX 64
#define GRAVE_NAME_MAX	32

/* The file of an expunged message. */
void	 expunge_file_name(uint32_t mailbox, uint32_t uid,
	    char name[EXPUNGE_NAME_MAX]);
/* The folder of a deleted mailbox. */
void	 grave_name(uint32_t mailbox, char name[GRAVE_NAME_MAX]);

#endif
