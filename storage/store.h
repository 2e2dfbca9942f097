/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The store: all that a daemon may know about mail.
 *
 * A process has one struct storage.  A user's mail is a struct store,
 * shared by all sessions of that user in the process.  A selected
 * mailbox is a struct view: what one session has been told of a mailbox
 * whose state all its sessions share.  Everything that changes something,
 * waits or takes long is a struct op, which is run until it is done.
 *
 * The store knows no protocol, no socket and no event loop.  The daemon
 * watches storage_fds(), calls storage_dispatch() when one is readable
 * or storage_timeout() has passed, and is called back by wakes.
 *
 * Mailbox names here are UTF-8 with '/' between levels; "INBOX" is spelt
 * so in any case of the client's.  Sequence numbers and UIDs are those of
 * RFC 3501 2.3.1.
 *
 * All this runs in one thread; helper threads below it only sync.
 */

#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/base/buf.h"
#include "common/base/idset.h"
#include "common/base/run.h"
#include "common/base/slice.h"

/*
 * Errors
 */

/* Kinds a protocol has answers for (RFC 5530 names in comments). */
enum store_err {
	STORE_OK,
	STORE_ERR_NONEXISTENT,	/* NONEXISTENT; TRYCREATE where the RFC says */
	STORE_ERR_EXISTS,	/* ALREADYEXISTS */
	STORE_ERR_NAME,		/* CANNOT: no such name can be */
	STORE_ERR_NOPERM,	/* NOPERM */
	STORE_ERR_READONLY,	/* opened by EXAMINE */
	STORE_ERR_HASCHILDREN,	/* HASCHILDREN */
	STORE_ERR_INUSE,	/* INUSE: the lock was not had in 10 s */
	STORE_ERR_EXPUNGED,	/* EXPUNGEISSUED */
	STORE_ERR_LIMIT,	/* LIMIT: a configured bound */
	STORE_ERR_OVERQUOTA,	/* OVERQUOTA: quota or full disk */
	STORE_ERR_TOOBIG,	/* TOOBIG: message size */
	STORE_ERR_CHARSET,	/* BADCHARSET */
	STORE_ERR_CORRUPT,	/* SERVERBUG: on disk is nonsense */
	STORE_ERR_IO		/* SERVERBUG/UNAVAILABLE: the system failed */
};

/* Set once, where it happened; text is a sentence for the user. */
struct store_error {
	enum store_err	 kind;
	int		 errnum;	/* errno, or 0 */
	char		 text[160];
};

/*
 * Flags
 */

/* System flags; \Recent is not stored (view_recent). */
#define FLAG_SEEN	(1U << 0)
#define FLAG_ANSWERED	(1U << 1)
#define FLAG_FLAGGED	(1U << 2)
#define FLAG_DELETED	(1U << 3)
#define FLAG_DRAFT	(1U << 4)
#define FLAG_ALL	0x1fU

/* A mailbox has at most this many keywords: bit n of a mask is number n. */
#define KEYWORD_MAX	64
#define KEYWORD_LEN_MAX	128

/* The flags of one message: system flags and keyword numbers. */
struct flags {
	uint32_t	 system;
	uint64_t	 keywords;
};

/* Flags as a client names them, before there is a mailbox to number them. */
struct flag_names {
	uint32_t	 system;
	const struct slice *keywords;	/* borrowed; checked atoms */
	size_t		 nkeywords;
};

/*
 * The process
 */

/*
 * Seconds for which what was expunged is kept for sessions that still see it.
 * Who wants no more than that has it given up sooner when the disk is full.
 */
#define STORAGE_KEEP	3600

/* Copied by storage_new(), with what it points to. */
struct storage_options {
	uint64_t	 message_max;	/* octets of one message */
	uint32_t	 mailbox_max;	/* mailboxes of one user */
	uint32_t	 keyword_max;	/* at most KEYWORD_MAX */
	uint32_t	 expunged_keep;	/* seconds, STORAGE_KEEP at least */
	uint32_t	 idle_close; /* seconds until an unused store closes */
	uint32_t	 sync_threads;
	uint32_t	 lock_timeout;	/* seconds until STORE_ERR_INUSE */
	uint32_t	 poll_interval;	/* seconds, where watching fails */
	uint32_t	 open_max; /* open indexes before idle ones close */
	uint32_t	 slice_us;	/* that an operation works at a time */
	/* Made, marked and subscribed for a new index; ends with NULL. */
	const struct storage_folder {
		const char	*name;
		uint32_t	 use;		/* MAILBOX_USE_* */
	}		*folders;
};

struct storage;
struct store;
struct view;
struct op;

struct storage	*storage_new(const struct storage_options *options);
void		 storage_free(struct storage *s);
/* Descriptors to watch for reading, -1 where there is none. */
void		 storage_fds(const struct storage *s, int fds[2]);
/* Do what is due: wakes, flag renames, checkpoints, closing.  Cheap. */
void		 storage_dispatch(struct storage *s);
/* Milliseconds until storage_dispatch() is due, or -1 for never. */
int		 storage_timeout(const struct storage *s);
/* Before exit: write what is owed (flag renames, syncs).  May block. */
void		 storage_flush(struct storage *s);

/*
 * The user
 */

/*
 * Open the mail of a user, or share what is already open.
 *
 * user, root  copied; root is made if it does not exist (0700)
 * err         set on failure
 *
 * Returns the store or NULL.  Each success wants a store_close().
 */
struct store	*store_open(struct storage *s, struct slice user,
		    struct slice root, struct store_error *err);
void		 store_close(struct store *st);

/*
 * Operations
 *
 * A constructor checks nothing that needs the disk and never fails.  The
 * arguments it keeps are copied unless said otherwise.  op_run() is called
 * until it answers RUN_DONE or RUN_FAIL; after RUN_WAIT it is called when
 * wake was called (or earlier, harmlessly).  Results are read from the
 * typed getters after RUN_DONE, and belong to the op.  op_free() at any
 * time: what is not committed is undone, what is committed stays.
 *
 * RUN_DONE of an op that changes mail means durable (DESIGN.md section 5),
 * but for flags, which are synced within a second.
 */
enum run	 op_run(struct op *op);
void		 op_free(struct op *op);
void		 op_on_wake(struct op *op, void (*wake)(void *arg), void *arg);
const struct store_error *op_error(const struct op *op);

/*
 * Mailboxes
 */

#define MAILBOX_USE_ALL		(1U << 0)	/* RFC 6154 */
#define MAILBOX_USE_ARCHIVE	(1U << 1)
#define MAILBOX_USE_DRAFTS	(1U << 2)
#define MAILBOX_USE_FLAGGED	(1U << 3)
#define MAILBOX_USE_JUNK	(1U << 4)
#define MAILBOX_USE_SENT	(1U << 5)
#define MAILBOX_USE_TRASH	(1U << 6)
#define MAILBOX_USE_IMPORTANT	(1U << 7)	/* RFC 8457 */

#define MAILBOX_NONEXISTENT	(1U << 0) /* only subscribed, or a parent */
#define MAILBOX_NOSELECT	(1U << 1) /* \Noselect: a level without mail */
#define MAILBOX_SUBSCRIBED	(1U << 2)
#define MAILBOX_CHILDREN	(1U << 3)	/* has existing children */

struct mailbox_info {
	struct slice	 name;		/* UTF-8, '/' between levels */
	uint32_t	 id;	/* never reused in this store; 0: none */
	uint32_t	 attrs;		/* MAILBOX_* */
	uint32_t	 use;		/* MAILBOX_USE_* */
};

/*
 * All mailboxes of the user, subscribed names and implied parents among
 * them, sorted so that a parent comes before its children, INBOX first.
 * One stat(2) if nothing has changed.
 */
struct op	*list_new(struct store *st);
const struct mailbox_info *list_result(const struct op *op, size_t *n);

/* What STATUS wants to know (RFC 3501 6.3.10, 7162, 8438). */
struct mailbox_status {
	uint32_t	 messages;
	uint32_t	 recent;
	uint32_t	 unseen;
	uint32_t	 deleted;
	uint32_t	 uidnext;
	uint32_t	 uidvalidity;
	uint64_t	 highestmodseq;
	uint64_t	 size;		/* sum of RFC822.SIZE */
};

/* O(1) in the mailbox's messages; looks for deliveries first. */
struct op	*status_new(struct store *st, struct slice name);
const struct mailbox_status *status_result(const struct op *op);

/* use: MAILBOX_USE_* of CREATE-SPECIAL-USE, or 0.  Makes parents. */
struct op	*create_new(struct store *st, struct slice name, uint32_t use);
/* INBOX cannot be; children stay, and leave a \Noselect level. */
struct op	*delete_new(struct store *st, struct slice name);
/* With children; INBOX's messages move and it stays (RFC 3501 6.3.5). */
struct op	*rename_new(struct store *st, struct slice from,
		    struct slice to);
struct op	*subscribe_new(struct store *st, struct slice name,
		    bool subscribe);

/*
 * Views
 */

/*
 * Select a mailbox.
 *
 * readonly   EXAMINE: takes no \Recent, changes nothing
 *
 * view_take() gives the view once after RUN_DONE; the caller closes it
 * with view_close().
 */
struct op	*select_new(struct store *st, struct slice name,
		    bool readonly);
struct view	*view_take(struct op *op);
void		 view_close(struct view *v);

/*
 * The index was damaged and is made anew: what the view says is of the past
 * and does not change any more.  UIDs are mostly the same in the new one, but
 * the session had better end, and its client look again.
 */
bool		 view_lost(const struct view *v);
struct slice	 view_name(const struct view *v);
uint32_t	 view_mailbox_id(const struct view *v);
bool		 view_readonly(const struct view *v);
uint32_t	 view_uidvalidity(const struct view *v);
uint32_t	 view_uidnext(const struct view *v);	/* as told */
uint64_t	 view_highestmodseq(const struct view *v);
uint32_t	 view_exists(const struct view *v);	/* as told */
uint32_t	 view_recent_count(const struct view *v);
uint32_t	 view_first_unseen(const struct view *v); /* seq or 0; O(n) */

/* Keyword names by number, up to view_keywords(); numbers never change. */
unsigned int	 view_keywords(const struct view *v);
struct slice	 view_keyword(const struct view *v, unsigned int number);
/* Number of a name (ASCII case ignored) or -1. */
int		 view_keyword_find(const struct view *v, struct slice name);
/* More can be made: PERMANENTFLAGS has \*. */
bool		 view_keyword_room(const struct view *v);

uint32_t	 view_uid(const struct view *v, uint32_t seq);
/* 0 if there is no such message as told. */
uint32_t	 view_seq(const struct view *v, uint32_t uid);
/* The greatest UID as told, or 0: what "*" means in a UID set. */
uint32_t	 view_last_uid(const struct view *v);
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
/*
 * wake is called from storage_dispatch() whenever view_changed() becomes true.
 * A view that wants to be told so gets \Recent of messages that come.
 */
void		 view_on_change(struct view *v, void (*wake)(void *arg),
		    void *arg);
/* Look for deliveries and other programs' changes (NOOP, CHECK). */
struct op	*view_refresh_new(struct view *v);

/*
 * Changing messages.  uids must be of the view; those that are gone are
 * passed over.  The view's own session is not told again what the result
 * of its own command says: flag changes it made are not VIEW_FLAGS for it
 * (flags_result has them).
 */

enum flags_how { FLAGS_REPLACE, FLAGS_ADD, FLAGS_REMOVE };

/*
 * STORE.  unchangedsince: UINT64_MAX for none (RFC 7162 3.1.3).
 */
struct op	*flags_new(struct view *v, const struct idset *uids,
		    enum flags_how how, const struct flag_names *flags,
		    uint64_t unchangedsince);
struct flags_result {
	struct idset	 changed;	/* UIDs whose flags were set */
	struct idset	 modified;	/* failed UNCHANGEDSINCE */
	bool		 expunged;	/* some were expunged meanwhile */
};
const struct flags_result *flags_result(const struct op *op);

/* EXPUNGE: all that are \Deleted; with uids only those among them. */
struct op	*expunge_new(struct view *v, const struct idset *uids);
/* The same for these messages, \Deleted or not: QUIT of POP3. */
struct op	*remove_new(struct view *v, const struct idset *uids);
/* UIDs that were expunged; told by the next view_sync. */
const struct idset *expunge_result(const struct op *op, uint64_t *modseq);

/* COPY and MOVE: flags, keywords and internal date go along. */
struct op	*copy_new(struct view *v, const struct idset *uids,
		    struct slice to, bool move);
struct copy_result {
	uint32_t	 uidvalidity;	/* of the destination */
	struct idset	 from;		/* source UIDs ascending, and */
	struct idset	 to;	/* theirs in the same order (RFC 4315) */
	bool		 expunged;	/* some were expunged meanwhile */
};
const struct copy_result *copy_result(const struct op *op);

/*
 * APPEND.  save_new() looks whether the mailbox exists (op_run() once
 * before the first byte: RUN_DONE means go on, RUN_FAIL say no and swallow
 * the literal).  Then for each message save_begin, save_write as bytes come,
 * save_end; then save_commit() and op_run() to the end: all or nothing.
 */
struct op	*save_new(struct store *st, struct slice name);
/* internaldate: seconds since the epoch, or -1 for now. */
int		 save_begin(struct op *op, const struct flag_names *flags,
		    int64_t internaldate, uint64_t size);
/* Returns -1 on failure (op_error); go on swallowing then. */
int		 save_write(struct op *op, const char *p, size_t len);
int		 save_end(struct op *op);
void		 save_commit(struct op *op);
struct save_result {
	uint32_t	 uidvalidity;
	struct idset	 uids;
};
const struct save_result *save_result(const struct op *op);

/*
 * Reading messages
 */

/* What a reader needs of each message; anything not named may be missing. */
#define NEED_SIZE	(1U << 0)	/* wire size */
#define NEED_DATE	(1U << 1)	/* internal date */
#define NEED_STRUCT	(1U << 2)	/* mimeblob */
#define NEED_HEADERS	(1U << 3)	/* cached header block */
#define NEED_FILE	(1U << 4)	/* the message file, open */
#define NEED_NAME	(1U << 5)	/* Maildir base name */
#define NEED_UIDL	(1U << 6)	/* UIDL that another server gave */
#define NEED_GIST	(1U << 7)	/* what most searches look at */

/* What a message is besides; told with NEED_SIZE. */
#define MESSAGE_NO_EOL	(1U << 0)	/* its last line has no end */
#define MESSAGE_HEADER_8BIT (1U << 1)	/* not all of its header is ASCII */

/* One message under a reader; slices are good until the next step. */
struct message {
	uint32_t	 seq;
	uint32_t	 uid;
	struct flags	 flags;
	uint64_t	 modseq;
	uint64_t	 size;		/* octets on the wire (CRLF) */
	uint32_t	 traits;	/* MESSAGE_* */
	int64_t		 internaldate;	/* seconds since the epoch */
	int64_t		 savedate;
	uint64_t	 content_id;	/* never reused: EMAILID */
	struct slice	 blob;		/* structure: storage/mimeblob.h */
	struct slice	 headers;	/* cached header block, CRLF */
	struct slice	 gist;		/* storage/gist.h */
	struct slice	 name;		/* Maildir base name, before the ':' */
	struct slice	 uidl;	/* POP3 UIDL if another server gave one */
};

/*
 * Read messages in ascending order: a cursor over uids with as few queries
 * as can be.  Messages that were never parsed are parsed on the way and
 * the result is stored.
 *
 * reader_next: RUN_DONE at the end; RUN_MORE: *m is the next message;
 * RUN_WAIT: nothing yet, call again when woken; RUN_FAIL: this message
 * cannot be read (reader_error; uid in *m is set), the next call goes on.
 */
struct reader;
struct reader	*reader_new(struct view *v, const struct idset *uids,
		    uint32_t need);
void		 reader_free(struct reader *r);
void		 reader_on_wake(struct reader *r, void (*wake)(void *arg),
		    void *arg);
enum run	 reader_next(struct reader *r, const struct message **m);
const struct store_error *reader_error(const struct reader *r);

/* A stretch of a message, in raw file offsets, from mimeblob_section(). */
struct stretch {
	uint64_t	 raw_off;
	uint64_t	 raw_len;
	uint64_t	 wire_len;	/* the same as raw_len in a CRLF file */
};

/*
 * Bytes of the message the reader stands on, as on the wire: bare LF
 * becomes CRLF.
 *
 * s         where; the whole message is {0, file size, size}
 * off, len  range within the stretch in wire octets
 * out       gets up to len bytes, at most max of them now
 *
 * Returns bytes added (less than asked only because of max or the end),
 * or -1 with reader_error set.  One pread(2); a range that goes on where
 * the last ended costs no search for its start, also between commands.
 */
int64_t		 reader_body(struct reader *r, const struct stretch *s,
		    uint64_t off, uint64_t len, size_t max, struct buf *out);
/*
 * Append up to len bytes of that message's file from offset off, as they
 * are.  Returns how many, 0 at the end, or -1 with reader_error set.
 */
int64_t		 reader_raw(struct reader *r, uint64_t off, size_t len,
		    struct buf *out);
/* The whole message as a stretch. */
void		 reader_whole(const struct reader *r, struct stretch *s);

/*
 * Search
 */

enum search_key {
	SEARCH_ALL,
	SEARCH_AND,		/* kids */
	SEARCH_OR,		/* kids */
	SEARCH_NOT,		/* kids, one */
	SEARCH_UIDS,	/* ids: UIDs (sequence numbers are turned first) */
	SEARCH_FLAG,		/* number: FLAG_*: is set */
	SEARCH_KEYWORD,		/* text */
	SEARCH_RECENT,
	SEARCH_LARGER,		/* number: octets */
	SEARCH_SMALLER,
	SEARCH_BEFORE,	/* number: days since 1970-01-01, internal date */
	SEARCH_ON,
	SEARCH_SINCE,
	SEARCH_SENTBEFORE,	/* Date: header, time and zone disregarded */
	SEARCH_SENTON,
	SEARCH_SENTSINCE,
	SEARCH_HEADER,		/* header, text (empty text: it is there) */
	SEARCH_BODY,		/* text */
	SEARCH_TEXT,		/* text */
	SEARCH_MODSEQ		/* number: at least */
};

/* A tree of keys; memory of the caller's, alive as long as the op. */
struct search_node {
	enum search_key	 key;
	uint64_t	 number;
	struct slice	 header;	/* field name */
	struct slice	 text;		/* UTF-8, as the client gave it */
	const struct idset *ids;
	struct search_node *kids;	/* first child */
	struct search_node *next;	/* sibling */
};

/*
 * Messages of the view that match.  The cheapest keys are asked first; a
 * message's file is opened only if all cheaper ones left it undecided.
 */
struct op	*search_new(struct view *v, const struct search_node *root);
struct search_result {
	struct idset	 uids;
	uint64_t	 modseq; /* highest of the found (RFC 7162 3.1.5) */
};
const struct search_result *search_result(const struct op *op);
/* text in charset to UTF-8 for a key.  -1: charset unknown. */
int		 search_charset(struct slice charset, struct slice text,
		    struct buf *out);

#endif
