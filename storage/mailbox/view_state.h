/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What a session was told of a mailbox, from inside. */

#ifndef STORAGE_VIEW_STATE_H
#define STORAGE_VIEW_STATE_H

#include "storage/index/state.h"
#include "storage/mailbox/view.h"

/* A new view that was told of all there is; takes a reference. */
struct view	*view_new(struct mailbox *mb, bool readonly);
/* Take \Recent of what it was told of and this process has claimed. */
void		 view_take_recent(struct view *v);
/* The entry of a UID that the view has, zombie or not; NULL if not. */
struct entry	*view_entry(const struct view *v, uint32_t uid);
/* First place in the entries that the view was not told of. */
size_t		 view_end(const struct view *v);
/* Whether a zombie was told. */
bool		 view_gone(const struct view *v, uint32_t uid);

#endif
