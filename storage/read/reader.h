/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Reading messages. */

#ifndef STORAGE_READ_READER_H
#define STORAGE_READ_READER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/idset.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "storage/types.h"

/* What a reader needs of each message; all else may be missing. */
#define NEED_SIZE	(1U << 0)	/* wire size */
#define NEED_DATE	(1U << 1)	/* internal date */
#define NEED_STRUCT	(1U << 2)	/* structure, as a mimeblob */
#define NEED_HEADERS	(1U << 3)	/* cached header block */
#define NEED_FILE	(1U << 4)	/* the file of the message, open */
#define NEED_NAME	(1U << 5)	/* Maildir base name */
#define NEED_UIDL	(1U << 6)	/* UIDL from another server */
#define NEED_GIST	(1U << 7)	/* fields that most searches need */

/* The message that a reader stands on; slices are valid until the next step. */
struct message {
	uint32_t	 seq;
	uint32_t	 uid;
	struct flags	 flags;
	uint64_t	 modseq;
	uint64_t	 size;		/* octets on the wire (CRLF) */
	uint32_t	 traits;	/* MESSAGE_* */
	int64_t		 internaldate;	/* seconds since the epoch */
	int64_t		 savedate;
	uint64_t	 content_id;	/* id of the content, never reused */
	struct slice	 blob;		/* structure: see mimeblob.h */
	struct slice	 headers;	/* cached header block, CRLF */
	struct slice	 gist;		/* see gist.h */
	struct slice	 name;		/* Maildir base name, before the ':' */
	struct slice	 uidl;	/* POP3 UIDL from another server */
};

/*
 * Read messages in ascending order of UIDs, with as few queries as possible.
 * Messages that were never parsed are parsed on the way, and the results are
 * stored.
 *
 * reader_next() returns RUN_DONE when *m is the next message, or NULL at the
 * end; RUN_WAIT when the caller should call again once woken; RUN_FAIL when a
 * message cannot be read: *m has its UID, reader_error() says why, and the next
 * call goes on with the message after it.
 */
struct reader;
struct reader	*reader_new(struct view *v, const struct idset *uids,
		    uint32_t need);
/* Free the reader; NULL is fine. */
void		 reader_free(struct reader *r);
/* Have wake called when reader_next() can go on after RUN_WAIT. */
void		 reader_on_wake(struct reader *r, void (*wake)(void *arg),
		    void *arg);
/* Go to the next message; see reader_new(). */
enum run	 reader_next(struct reader *r, const struct message **m);
/*
 * Have reader_next() go on with the message of this UID, or the first after it.
 * Whoever asks for messages in another order pays for each of them, and not
 * for those after it.
 */
void		 reader_from(struct reader *r, uint32_t uid);
/* What went wrong, after RUN_FAIL. */
const struct store_error *reader_error(const struct reader *r);

/*
 * Open the file of the current message, for readers without NEED_FILE.  Returns
 * RUN_DONE, RUN_FAIL with reader_error() set, or RUN_WAIT as reader_next().
 */
enum run	 reader_open(struct reader *r);

/*
 * Append bytes of the current message to out, as on the wire: a bare LF
 * becomes CRLF.
 *
 * s         a stretch of the message, from reader_whole() or mimeblob.h
 * off, len  range within the stretch, in octets on the wire
 * out       gets up to len octets, but at most max in this call
 *
 * Returns how many octets were added, or -1 with reader_error() set.  Less
 * than len is added only because of max or at the end of the stretch.  Costs
 * one pread(2) if the stretch has no bare LF.  A range that begins where the
 * last one ended, even in an earlier command, costs no search for its start.
 */
int64_t		 reader_body(struct reader *r, const struct stretch *s,
		    uint64_t off, uint64_t len, size_t max, struct buf *out);
/* The whole message as a stretch. */
void		 reader_whole(const struct reader *r, struct stretch *s);

#endif
