/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The descriptors of a mailbox's folder. */

#ifndef STORAGE_MAILBOX_MAILBOX_FOLDER_H
#define STORAGE_MAILBOX_MAILBOX_FOLDER_H

struct mailbox;
struct store;

/*
 * Return the descriptor of the folder or of its cur/, or -1 with errno.  It
 * belongs to mb, is opened when needed, and may be closed at any time while
 * only views have references to mb: whoever has none asks each time.
 */
int		 mailbox_dir(struct mailbox *mb);
int		 mailbox_cur(struct mailbox *mb);
/*
 * Close the descriptors of a folder and end its watch; both can be had again.
 */
void		 mailbox_close_folder(struct mailbox *mb);
/*
 * Close folders that nobody uses, longest unused first, until the bounds of
 * the store and of the process hold.  To be called after a folder may have
 * become unused.
 */
void		 mailbox_folders_bound(struct store *st);

#endif
