/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What is left of deleted mailboxes.  DELETE itself is short: the folder
 * moves to expunged/mailbox.ID, the mailbox's row goes and a grave's row
 * comes.  Messages, rows and files, go afterwards, piece by piece, by a job
 * of the loop that survives a crash since the grave stands in the index.
 */

#ifndef STORAGE_GRAVE_H
#define STORAGE_GRAVE_H

#include <stdint.h>

#include "storage/types.h"

/*
 * Move the folder of a mailbox to its grave, and back again.  Return 0, or -1
 * with errno; a folder that is not there is none to move, and no error.
 */
int		 grave_move(struct store *st, const char *folder,
		    uint32_t mailbox);
void		 grave_move_back(struct store *st, const char *folder,
		    uint32_t mailbox);

/* Take the row of a mailbox away, within a transaction. */
void		 grave_dig(struct store *st, uint32_t mailbox);

/*
 * Empty the graves, then once for each store that is open unlink what lies
 * in expunged/ and no tombstone can mean any more: files that a crash or a
 * lost index left there.  Does nothing if it is under way.
 */
void		 grave_start_job(struct store *st);

#endif
