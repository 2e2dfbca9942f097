/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Views: what one session was told of a mailbox.  select_result() of select.h
 * returns a new view.
 */

#ifndef STORAGE_MAILBOX_VIEW_H
#define STORAGE_MAILBOX_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/idset.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "storage/types.h"

/* Flags for opening a view. */

/* EXAMINE: the view takes no \Recent and changes nothing. */
#define VIEW_READONLY	(1U << 0)
/*
 * The session will be told of new messages, so it gets their \Recent, too.  A
 * view that is never synced, as in POP3, would withhold it from the others.
 */
#define VIEW_TAKES_RECENT (1U << 1)

/* Close a view; NULL is fine. */
void		 view_close(struct view *v);

/*
 * Whether the index was damaged and is made anew, or the store was lost
 * (store_lost()).  The view then shows the past and changes no more.  UIDs are
 * mostly the same in the new index, but the session should end, so that its
 * client looks again.
 */
bool		 view_lost(const struct view *v);
/* Whether this is a name of the mailbox. */
bool		 view_has_name(const struct view *v, struct slice name);
/* Whether the view was opened by EXAMINE. */
bool		 view_readonly(const struct view *v);
/* Return the UIDVALIDITY of the mailbox. */
uint32_t	 view_uidvalidity(const struct view *v);
/* Return UIDNEXT as the session was told. */
uint32_t	 view_uidnext(const struct view *v);
/*
 * Return HIGHESTMODSEQ of the mailbox, which may be that of a change that the
 * session was not told of.
 */
uint64_t	 view_highestmodseq(const struct view *v);
/*
 * Return what to compare modseqs of messages with, to find out which of them
 * have changed for a client that knows the mailbox as of modseq (RFC 7162): it
 * is modseq itself, or 0 if the client may have been told of changes that a
 * power cut has taken.  Then every message counts as changed, and every UID
 * that is not there as expunged.
 */
uint64_t	 view_since(const struct view *v, uint64_t modseq);
/* Return the number of messages that the session was told of. */
uint32_t	 view_exists(const struct view *v);
/* Return the number of messages that are \Recent in this view. */
uint32_t	 view_recent_count(const struct view *v);
/*
 * Return the sequence number of the first message without \Seen, or 0.  Takes
 * O(n).
 */
uint32_t	 view_first_unseen(const struct view *v);

/*
 * Names of keywords by number, below view_keywords().  A name is empty if
 * clients can't be told it.  The number of a keyword that no message has may
 * become that of another keyword.
 */
unsigned int	 view_keywords(const struct view *v);
struct slice	 view_keyword(const struct view *v, unsigned int number);
/* Another number after each change of the names. */
uint32_t	 view_keywords_version(const struct view *v);
/* Return the number of a keyword, ignoring ASCII case, or -1. */
int		 view_keyword_find(const struct view *v, struct slice name);
/* Whether more keywords can be made, so that PERMANENTFLAGS has \*. */
bool		 view_keyword_room(const struct view *v);

/* Return the UID of a sequence number, or 0 if there is no such message. */
uint32_t	 view_uid(const struct view *v, uint32_t seq);
/* Return the sequence number of a UID, or 0 if the view has no such message. */
uint32_t	 view_seq(const struct view *v, uint32_t uid);
/* Return the greatest UID of the view, which "*" means in a set, or 0. */
uint32_t	 view_last_uid(const struct view *v);
/* Whether the message is \Recent in this view. */
bool		 view_recent(const struct view *v, uint32_t uid);
/*
 * Get the current flags and modseq of a message, even if it was expunged
 * elsewhere.
 */
void		 view_flags(const struct view *v, uint32_t seq,
		    struct flags *flags, uint64_t *modseq);
/*
 * Turn sequence numbers into UIDs.  Returns 0, or -1 if a number is greater
 * than view_exists() (RFC 3501 9, seq-number: BAD) or uids is full.
 */
int		 view_seqs_to_uids(const struct view *v,
		    const struct idset *seqs, struct idset *uids);
/* Remove all UIDs from uids that the view does not have. */
void		 view_existing(const struct view *v, struct idset *uids);

/*
 * One update for the session.  A sequence number is the one that is valid
 * after all updates before it.
 */
enum view_event {
	VIEW_EXPUNGE,		/* seq, uid */
	VIEW_VANISHED,		/* the same, for clients that want UIDs */
	VIEW_EXISTS,		/* seq = the new count */
	VIEW_RECENT,		/* seq = the new count */
	VIEW_FLAGS,		/* seq, uid: flags or modseq changed */
	VIEW_KEYWORDS	/* other keywords: send FLAGS again */
};

struct view_update {
	enum view_event	 event;
	uint32_t	 seq;
	uint32_t	 uid;
};

/*
 * Bring the session up to date and tell it what changed.  What the session has
 * been told changes nowhere else.
 *
 * expunge    EXPUNGE may be sent now (RFC 3501 7.4.1); if not, expunged
 *            messages stay in the view and can be read
 * tell       called for each update in order; returns false if the output
 *            is full, and then this update is told by the next call
 *
 * Returns RUN_DONE, or RUN_MORE if tell returned false.  Costs nothing if
 * nothing changed.  Does not look at the disk; select_refresh_new() does.
 */
enum run	 view_sync(struct view *v, bool expunge,
		    bool (*tell)(void *arg, const struct view_update *u),
		    void *arg);
/*
 * Note from now on the messages whose flags change, also by this session, which
 * view_sync() leaves out: a search that is kept up to date (RFC 5267, CONTEXT)
 * depends on them all.  New and expunged messages are told by view_sync().
 */
void		 view_follow(struct view *v);
/*
 * Replace uids, a set without a limit, by the messages that were noted since
 * the last call.
 */
void		 view_followed(struct view *v, struct idset *uids);
/* Whether view_sync() would tell something, or the index was lost. */
bool		 view_changed(const struct view *v, bool expunge);
/* Let storage_dispatch() call wake when view_changed() becomes true. */
void		 view_on_change(struct view *v, void (*wake)(void *arg),
		    void *arg);

#endif
