/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The state of a mailbox that all its sessions in the process share: the
 * row, the entries, the keywords, the change logs.
 *
 * What a transaction does to the row is undone with it; entries change only
 * after COMMIT, so that no view ever sees what was not committed.
 */

#ifndef STORAGE_MAILBOX_H
#define STORAGE_MAILBOX_H

#include "storage/state.h"

/*
 * Get the mailbox with this id, with a reference.  Returns NULL with err set
 * (STORE_ERR_NONEXISTENT, or what the index said).
 */
struct mailbox	*mailbox_get(struct store *st, uint32_t id,
		    struct store_error *err);
void		 mailbox_ref(struct mailbox *mb);
void		 mailbox_unref(struct mailbox *mb);
void		 mailbox_destroy(struct mailbox *mb);

/*
 * Load the entries, in slices: RUN_MORE until RUN_DONE.
 */
enum run	 mailbox_load(struct mailbox *mb, struct op *op);

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

/*
 * \Recent is for one session (RFC 3501, 2.3.2): whoever raises recentuid in
 * a transaction has it.  A process does that for all messages of which it
 * commits anything while a session of it may take them (mailbox_claim(),
 * asked by every commit); the first of its sessions that is told gets them.
 */
void		 mailbox_claim(struct mailbox *mb);
/* A session that may take \Recent looks at it. */
bool		 mailbox_has_taker(const struct mailbox *mb);

/* The row is about to change, within a transaction. */
void		 mailbox_touch(struct mailbox *mb);
/* Write it; failure is told by sql_failed(). */
void		 mailbox_put_row(struct mailbox *mb);
/* Write what is owed of it in a transaction of its own, if that can be had. */
void		 mailbox_save_row(struct mailbox *mb);
/* There are UIDs or keywords that are not in dovecot-uidlist and its like. */
bool		 mailbox_list_behind(const struct mailbox *mb);

/* The transaction that changed it was committed. */
void		 mailbox_committed(struct mailbox *mb);
/* The transaction failed. */
void		 mailbox_revert(struct mailbox *mb);
/*
 * Between two slices of the transaction that changed it, if one did: row and
 * keywords are those of the last commit.
 */
void		 mailbox_suspend(struct mailbox *mb);
void		 mailbox_resume(struct mailbox *mb);
/* Take in what another process committed. */
enum sql_rc	 mailbox_absorb(struct mailbox *mb);

/* UIDs that it can still give out. */
uint32_t	 mailbox_uids_left(const struct mailbox *mb);
/* The modseq of the transaction that changes it; raises the row's. */
uint64_t	 mailbox_next_modseq(struct mailbox *mb);
/* Count a message with these flags in (1) or out (-1) of the row. */
void		 mailbox_count(struct mailbox *mb, uint32_t flags, int sign);

/* Index of the first entry with a UID not below uid. */
size_t		 mailbox_place(const struct mailbox *mb, uint32_t uid);
/* The entry, zombie or not, or NULL. */
struct entry	*mailbox_entry(const struct mailbox *mb, uint32_t uid);

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
/* Drop zombies and log entries that every view was told of. */
void		 mailbox_trim(struct mailbox *mb);
/* It was deleted: nothing works on it any more, views see it empty. */
void		 mailbox_die(struct mailbox *mb);
/* Its index was: views stay as they are, and are told by view_lost(). */
void		 mailbox_lose(struct mailbox *mb);

/*
 * Number of a keyword, made if need be within the transaction.  Returns -1
 * when there is no room for another.
 */
int		 mailbox_keyword(struct mailbox *mb, struct slice name);
int		 mailbox_keyword_find(const struct mailbox *mb,
		    struct slice name);
/* Flags of names, as mailbox_keyword(); -1 when one does not fit. */
int		 mailbox_flags(struct mailbox *mb,
		    const struct flag_names *names, struct flags *flags);

/* A file name of this message is behind its flags. */
void		 mailbox_rename_later(struct mailbox *mb, uint32_t uid);

#endif
