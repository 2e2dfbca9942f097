/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * penfold/control: the part of the index that is not in the Maildir, as text
 * that people can copy and read.  Written within a second after a change, and
 * read only when the index had to be created anew.
 *
 *	penfold 1
 *	mailbox ID USE UIDVALIDITY FOLDER
 *	subscribed NAME
 */

#ifndef STORAGE_INDEX_CONTROL_H
#define STORAGE_INDEX_CONTROL_H

struct store;

/*
 * Write the file.  Try again a second later if the index is closed or a
 * transaction is open.
 */
void	 control_write(struct store *st);
/*
 * Read the file into a new index, within a transaction.  Returns 0, or -1 if
 * the file cannot be read.
 */
int	 control_read(struct store *st);

#endif
