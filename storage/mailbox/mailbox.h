/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The state of a mailbox that all its sessions in the process share: the
 * row, the entries, the keywords, the change logs.
 *
 * What a transaction does to the row is undone with it (mailbox_row.h);
 * entries change only after COMMIT, so that no view ever sees what was not
 * committed.
 */

#ifndef STORAGE_MAILBOX_H
#define STORAGE_MAILBOX_H

#include "storage/index/state.h"

/* File names follow flags after this. */
#define MAILBOX_RENAME_MS 700

/*
 * Get the mailbox with this id, with a reference.  Returns NULL with err set
 * (STORE_ERR_NONEXISTENT, or what the index said).
 */
struct mailbox	*mailbox_get(struct store *st, uint32_t id,
		    struct store_error *err);
void		 mailbox_ref(struct mailbox *mb);
void		 mailbox_unref(struct mailbox *mb);
void		 mailbox_destroy(struct mailbox *mb);

/* The folder and its cur/, opened on first use; -1 with errno. */
int		 mailbox_dir(struct mailbox *mb);
int		 mailbox_cur(struct mailbox *mb);
/* Watch the folder if that can be. */
void		 mailbox_watch(struct mailbox *mb);
/* The folder is not as the index says: the next scan looks at all of it. */
void		 mailbox_distrust(struct mailbox *mb);
/* The same, and that scan is to be soon. */
void		 mailbox_look_again(struct mailbox *mb);
/* Give up descriptors and watch; asked for again when needed. */
void		 mailbox_idle(struct mailbox *mb);

/*
 * Before and after our own changes in cur/ under the write lock: if nobody
 * else changed it meanwhile, the new mtime counts as clean.  begin gives what
 * end wants to know.
 */
bool		 mailbox_change_begin(struct mailbox *mb);
void		 mailbox_change_end(struct mailbox *mb, bool clean);

/* Index of the first entry with a UID not below uid. */
size_t		 mailbox_place(const struct mailbox *mb, uint32_t uid);
/* The entry, zombie or not, or NULL. */
struct entry	*mailbox_entry(const struct mailbox *mb, uint32_t uid);

/* Room for one more entry at the end; it is for the caller to fill. */
struct entry	*mailbox_push_entry(struct mailbox *mb);

/* After COMMIT, if it is loaded: */
void		 mailbox_added(struct mailbox *mb, uint32_t uid,
		    uint32_t flags, uint64_t keywords, uint64_t modseq);
void		 mailbox_flagged(struct mailbox *mb, struct entry *e,
		    uint32_t flags, uint64_t keywords, uint64_t modseq,
		    uint32_t origin);
void		 mailbox_expunged(struct mailbox *mb, struct entry *e,
		    uint64_t modseq);
/* All changes of this commit were said; tells views. */
void		 mailbox_changed(struct mailbox *mb);
/*
 * Drop what every view was told of: log entries below these positions, and
 * zombies, if no view is being told of any.  Returns whether zombies went:
 * then no view may keep places of them.
 */
bool		 mailbox_trim(struct mailbox *mb, uint64_t flags,
		    uint64_t expunges, bool all_told);
/* It was deleted: nothing works on it any more, views see it empty. */
void		 mailbox_die(struct mailbox *mb);
/* Its index was: views stay as they are, and are told by view_lost(). */
void		 mailbox_lose(struct mailbox *mb);

/* A file name of this message is behind its flags. */
void		 mailbox_rename_later(struct mailbox *mb, uint32_t uid);

#endif
