/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What a session was told of a mailbox, from inside. */

#ifndef STORAGE_VIEW_STATE_H
#define STORAGE_VIEW_STATE_H

#include "storage/mailbox/view.h"
#include "storage/types.h"

/*
 * A new view that was told of all there is, with the \Recent that this process
 * has claimed; takes a reference.  how is VIEW_*; view_close() ends it.
 */
struct view	*view_open(struct mailbox *mb, unsigned int how);
/* Wake those views of a mailbox that something can be told. */
void		 view_wake_all(struct mailbox *mb);
/* Lent; it lives as long as the view. */
struct mailbox	*view_mailbox(const struct view *v);
/* What marks the changes that its session makes. */
uint32_t	 view_origin(const struct view *v);
/* Messages with greater UIDs are not told yet. */
uint32_t	 view_told_uid(const struct view *v);
/* First place in the entries that the view was not told of. */
size_t		 view_end(const struct view *v);
/* Whether a zombie was told. */
bool		 view_gone(const struct view *v, uint32_t uid);

#endif
