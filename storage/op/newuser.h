/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What an account begins with that has neither index nor control file: the
 * folders of the configuration, whether there were others before or not, and
 * the subscriptions that another server left.  An account that lost only its
 * index has a control file, and gets back no folder that was deleted.
 */

#ifndef STORAGE_NEWUSER_H
#define STORAGE_NEWUSER_H

struct store;

/* Make those folders that are missing.  0, or -1 with errno. */
int	 newuser_folders(struct store *st);
/*
 * Within the transaction that gave the folders their rows: say what each is
 * for, and subscribe to them, to INBOX and to what another server's file
 * says.  Failure is told by sql_failed().
 */
void	 newuser_rows(struct store *st);

#endif
