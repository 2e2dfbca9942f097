/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * penfold/control: what of the index is in no Maildir, as text that can be
 * copied and read.  Written within a second after a change, read only when
 * the index had to be made anew.
 *
 *	penfold 1
 *	mailbox ID USE UIDVALIDITY FOLDER
 *	subscribed NAME
 */

#ifndef STORAGE_CONTROL_H
#define STORAGE_CONTROL_H

struct store;

/* Write it; put off while the index is closed or being written. */
void	 control_write(struct store *st);
/* Within a transaction on a new index.  0, or -1 if there is no file. */
int	 control_read(struct store *st);

#endif
