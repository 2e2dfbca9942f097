/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Reading messages. */

#ifndef STORAGE_READER_H
#define STORAGE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/idset.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "storage/types.h"

/* What a reader needs of each message; anything not named may be missing. */
#define NEED_SIZE	(1U << 0)	/* wire size */
#define NEED_DATE	(1U << 1)	/* internal date */
#define NEED_STRUCT	(1U << 2)	/* mimeblob */
#define NEED_HEADERS	(1U << 3)	/* cached header block */
#define NEED_FILE	(1U << 4)	/* the message file, open */
#define NEED_NAME	(1U << 5)	/* Maildir base name */
#define NEED_UIDL	(1U << 6)	/* UIDL that another server gave */
#define NEED_GIST	(1U << 7)	/* what most searches look at */

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
	struct slice	 blob;		/* structure: storage/mime/mimeblob.h */
	struct slice	 headers;	/* cached header block, CRLF */
	struct slice	 gist;		/* storage/mime/gist.h */
	struct slice	 name;		/* Maildir base name, before the ':' */
	struct slice	 uidl;	/* POP3 UIDL if another server gave one */
};

/*
 * Read messages in ascending order: a cursor over uids with as few queries
 * as can be.  Messages that were never parsed are parsed on the way and
 * the result is stored.
 *
 * reader_next: RUN_DONE: *m is the next message, NULL after the last;
 * RUN_WAIT: nothing yet, call again when woken; RUN_FAIL: this message
 * cannot be read (reader_error; uid in *m is set), the next call goes on.
 */
struct reader;
struct reader	*reader_new(struct view *v, const struct idset *uids,
		    uint32_t need);
/* End it; NULL is fine. */
void		 reader_free(struct reader *r);
/* Whom to call when reader_next() can go on after RUN_WAIT. */
void		 reader_on_wake(struct reader *r, void (*wake)(void *arg),
		    void *arg);
/* The next message, see above. */
enum run	 reader_next(struct reader *r, const struct message **m);
/* What went wrong, after RUN_FAIL. */
const struct store_error *reader_error(const struct reader *r);

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
/* The whole message as a stretch. */
void		 reader_whole(const struct reader *r, struct stretch *s);

#endif
