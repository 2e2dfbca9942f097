/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The descriptors of a mailbox's folder. */

#ifndef STORAGE_MAILBOX_MAILBOX_FOLDER_H
#define STORAGE_MAILBOX_MAILBOX_FOLDER_H

struct mailbox;

/*
 * Return the descriptor of the folder or of its cur/, opened when first needed
 * and owned by mb, or -1 with errno.
 */
int		 mailbox_dir(struct mailbox *mb);
int		 mailbox_cur(struct mailbox *mb);
/*
 * Close the descriptors of a folder and end its watch; both can be had again.
 */
void		 mailbox_close_folder(struct mailbox *mb);

#endif
