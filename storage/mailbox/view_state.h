/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Views, for the modules of storage/ only. */

#ifndef STORAGE_MAILBOX_VIEW_STATE_H
#define STORAGE_MAILBOX_VIEW_STATE_H

#include "storage/mailbox/view.h"
#include "storage/types.h"

/*
 * Open a view that was told of everything so far.  It takes the \Recent that
 * this process has claimed, and a reference to mb.  how is VIEW_*.
 * view_close() closes the view.
 */
struct view	*view_open(struct mailbox *mb, unsigned int how);
/* Wake the views of a mailbox that have something to tell. */
void		 view_wake_all(struct mailbox *mb);
/* Return the mailbox of a view, valid as long as the view. */
struct mailbox	*view_mailbox(const struct view *v);
/* Return the number that marks the changes made by this session. */
uint32_t	 view_origin(const struct view *v);
/* Return the UID above which no message was told yet. */
uint32_t	 view_told_uid(const struct view *v);
/* Return the index of the first entry that the view was not told of. */
size_t		 view_end(const struct view *v);
/* Whether the view was told that this message is gone. */
bool		 view_gone(const struct view *v, uint32_t uid);

#endif
