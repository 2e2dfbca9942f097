/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Views: what one session was told of a mailbox.  view_take() of select.h gives
 * them.
 */

#ifndef STORAGE_VIEW_H
#define STORAGE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/idset.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "storage/types.h"

/* How a view is opened: */

/* EXAMINE: it takes no \Recent and changes nothing. */
#define VIEW_READONLY	(1U << 0)
/*
 * It stays, and is told of what comes: it gets \Recent of that, too.  A view
 * that is never synced, as POP3's, would keep that from those that are.
 */
#define VIEW_TAKES_RECENT (1U << 1)

/* Give it up; NULL is fine. */
void		 view_close(struct view *v);

/*
 * The index was damaged and is made anew: what the view says is of the past
 * and does not change any more.  UIDs are mostly the same in the new one, but
 * the session had better end, and its client look again.
 */
bool		 view_lost(const struct view *v);
/* Whether it was opened by EXAMINE. */
bool		 view_readonly(const struct view *v);
/* UIDVALIDITY of its mailbox. */
uint32_t	 view_uidvalidity(const struct view *v);
/* UIDNEXT, as told. */
uint32_t	 view_uidnext(const struct view *v);
uint64_t	 view_highestmodseq(const struct view *v);
/* How many messages there are, as told. */
uint32_t	 view_exists(const struct view *v);
uint32_t	 view_recent_count(const struct view *v);
/* The sequence number of the first message without \Seen, or 0; O(n). */
uint32_t	 view_first_unseen(const struct view *v);

/* Keyword names by number, up to view_keywords(); numbers never change. */
unsigned int	 view_keywords(const struct view *v);
struct slice	 view_keyword(const struct view *v, unsigned int number);
/* Number of a name (ASCII case ignored) or -1. */
int		 view_keyword_find(const struct view *v, struct slice name);
/* More can be made: PERMANENTFLAGS has \*. */
bool		 view_keyword_room(const struct view *v);

/* The UID of a sequence number, 0 if there is no such message. */
uint32_t	 view_uid(const struct view *v, uint32_t seq);
/* 0 if there is no such message as told. */
uint32_t	 view_seq(const struct view *v, uint32_t uid);
/* The greatest UID as told, or 0: what "*" means in a UID set. */
uint32_t	 view_last_uid(const struct view *v);
/* Whether the message is \Recent in this view. */
bool		 view_recent(const struct view *v, uint32_t uid);
/* Current flags and modseq of the message, expunged elsewhere or not. */
void		 view_flags(const struct view *v, uint32_t seq,
		    struct flags *flags, uint64_t *modseq);
/*
 * Turn sequence numbers into UIDs.  Returns 0, or -1 when a number is
 * greater than view_exists() (RFC 3501 9, seq-number: BAD).
 */
int		 view_seqs_to_uids(const struct view *v,
		    const struct idset *seqs, struct idset *uids);
/* Keep of uids only those that the view has. */
void		 view_existing(const struct view *v, struct idset *uids);

/*
 * One thing the session has to be told.  Numbers are those in force when
 * it is told, in this order.
 */
enum view_event {
	VIEW_EXPUNGE,		/* seq, uid */
	VIEW_VANISHED,		/* the same for those who asked for UIDs */
	VIEW_EXISTS,		/* seq = the new count */
	VIEW_RECENT,		/* seq = the new count */
	VIEW_FLAGS,		/* seq, uid: flags or modseq changed */
	VIEW_KEYWORDS	/* new keywords: say FLAGS, PERMANENTFLAGS anew */
};

struct view_update {
	enum view_event	 event;
	uint32_t	 seq;
	uint32_t	 uid;
};

/*
 * Bring the session up to date and say what changed: the one place where
 * what it has been told moves.
 *
 * expunge    EXPUNGE may be sent now (RFC 3501 7.4.1); if not, expunged
 *            messages stay in the view and readable
 * tell       called for each update in order; may return false to be
 *            called again later from where it stopped (output is full)
 *
 * Returns RUN_DONE, or RUN_MORE if tell stopped it.  Costs nothing when
 * nothing changed.  Does not look at the disk: view_refresh_new() does.
 */
enum run	 view_sync(struct view *v, bool expunge,
		    bool (*tell)(void *arg, const struct view_update *u),
		    void *arg);
/* view_sync() would tell something. */
bool		 view_changed(const struct view *v, bool expunge);
/* Have wake called from storage_dispatch() when view_changed() becomes true. */
void		 view_on_change(struct view *v, void (*wake)(void *arg),
		    void *arg);

#endif
