/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What is left of deleted mailboxes.  DELETE itself is short: the folder moves
 * to expunged/mailbox.ID, and a row in the table grave replaces the row of the
 * mailbox.  A job of the loop then removes the messages, files and rows, piece
 * by piece.  The grave is in the index, so that the job survives a crash.
 */

#ifndef STORAGE_OP_GRAVE_H
#define STORAGE_OP_GRAVE_H

#include <stdint.h>

#include "storage/types.h"

/*
 * Move the folder of a mailbox to its grave, and back again.  grave_move()
 * returns 0, or -1 with errno; a folder that does not exist is no error.
 */
int		 grave_move(struct store *st, const char *folder,
		    uint32_t mailbox);
void		 grave_move_back(struct store *st, const char *folder,
		    uint32_t mailbox);

/* Within a transaction: a grave replaces the row of a mailbox. */
void		 grave_dig(struct store *st, uint32_t mailbox);

/*
 * Empty the graves.  Then, when a store was opened and once an hour, unlink the
 * files in expunged/ that have no tombstone any more: a crash or a lost index
 * left them there.  Does nothing if the job is running already.
 */
void		 grave_start_job(struct store *st);

#endif
