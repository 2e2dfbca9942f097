/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The state of a mailbox that all its sessions in this process share: the row,
 * the entries, the keywords, the logs of changes.
 *
 * What a transaction does to the row is undone if it fails (mailbox_row.h).
 * Entries change only after COMMIT, so that no view ever sees what was not
 * committed.
 *
 * Entries are sorted by UID and take 24 bytes each.  The entry of an expunged
 * message stays as a zombie until every view was told.  Each view lists the
 * few zombies that it was told of; only by these do its sequence numbers
 * differ from places in the array.  Nothing in a view grows with the mailbox.
 */

#ifndef STORAGE_MAILBOX_MAILBOX_H
#define STORAGE_MAILBOX_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/mailbox/mailbox_folder.h"
#include "storage/mailbox/mailbox_struct.h"
#include "storage/types.h"

/* Watch the folder, if possible. */
void		 mailbox_watch(struct mailbox *mb);
/*
 * Note that the folder is not as the index says: the next scan reads all of
 * it.
 */
void		 mailbox_distrust(struct mailbox *mb);
/* As mailbox_distrust(), and have the next scan made soon. */
void		 mailbox_look_again(struct mailbox *mb);

/*
 * Called before and after our own changes in cur/, under the write lock: if
 * nobody else has changed cur/ meanwhile, its new mtime counts as clean.  What
 * begin returns is passed to end.
 */
bool		 mailbox_change_begin(struct mailbox *mb);
void		 mailbox_change_end(struct mailbox *mb, bool clean);

/* Return the index of the first entry whose UID is not below uid. */
size_t		 mailbox_place(const struct mailbox *mb, uint32_t uid);
/* Return the entry of a UID, even if it is a zombie, or NULL. */
struct entry	*mailbox_entry(const struct mailbox *mb, uint32_t uid);

/* As view_since() of view.h. */
uint64_t	 mailbox_since(const struct mailbox *mb, uint64_t modseq);

/* Append an entry, which the caller must fill. */
struct entry	*mailbox_push_entry(struct mailbox *mb);

/*
 * Apply a change to the entries, after COMMIT, if they are loaded.  A message
 * whose UID is not above all others is refused and logged: sequence numbers
 * rest on the order of UIDs (RFC 3501, 2.3.1.1).
 */
void		 mailbox_added(struct mailbox *mb, uint32_t uid,
		    uint32_t flags, uint64_t keywords, uint64_t modseq);
void		 mailbox_flagged(struct mailbox *mb, struct entry *e,
		    uint32_t flags, uint64_t keywords, uint64_t modseq,
		    uint32_t origin);
void		 mailbox_expunged(struct mailbox *mb, struct entry *e,
		    uint64_t modseq);
/* End the changes of one commit, and wake the views. */
void		 mailbox_changed(struct mailbox *mb);
/*
 * Drop what every view was told of: items of the logs before these positions,
 * and zombies, unless some view is just being told of an expunge.  Returns
 * whether zombies were dropped; the views must forget theirs then.
 */
bool		 mailbox_trim(struct mailbox *mb, uint64_t flags,
		    uint64_t expunges, bool all_told);
/* The mailbox was deleted: operations on it fail, and views see it empty. */
void		 mailbox_die(struct mailbox *mb);
/* mailbox_die() for the mailbox with this id, if it is in memory. */
void		 mailbox_deleted(struct store *st, uint32_t id);
/* The index was lost: views no longer change, and view_lost() says so. */
void		 mailbox_lose(struct mailbox *mb);

/* Note that the names of these messages' files do not show their flags. */
void		 mailbox_rename_later(struct mailbox *mb,
		    const struct idset *uids);

#endif
