/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The maildrop: a snapshot of INBOX (RFC 1939, section 3).  Message numbers
 * and sizes are fixed when it is opened.  Other POP3 sessions and IMAP
 * sessions do not change them, and messages that they expunge stay readable
 * here.  Nothing is deleted before maildrop_update().
 */
#ifndef POP3D_MAILDROP_H
#define POP3D_MAILDROP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/idset.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "storage/store.h"

struct drop_msg {
	uint32_t	 uid;
	bool		 deleted;	/* marked by DELE */
	bool		 retrieved;	/* sent by RETR */
	bool		 seen;		/* \Seen when the maildrop was opened */
	int64_t		 savedate;	/* arrival in INBOX, in seconds */
	bool		 surrogate;	/* its header must be downgraded */
	bool		 needs_utf8;	/* but is too long for that */
	uint64_t	 size;		/* octets that RETR sends */
	char		*uidl;		/* unique id; NULL: made from the UID */
};

struct maildrop {
	struct store	*store;
	bool		 utf8;		/* UTF-8 headers may be sent */
	struct view	*view;
	struct drop_msg	*msgs;		/* message number n is msgs[n - 1] */
	uint32_t	 nmsgs;
	uint32_t	 nlive;		/* messages not marked as deleted */
	uint64_t	 size;		/* of all messages */
	uint64_t	 live_size;	/* of those not marked as deleted */

	/* A cursor, which RETR 1, RETR 2, ... move on. */
	struct reader	*reader;
	uint32_t	 reader_at;	/* UID that it reads next; 0: the end */

	/* What goes on between two calls. */
	struct op	*op;
	int		 step;
	void		(*wake)(void *);
	void		*wake_arg;

	struct store_error err;		/* of the last RUN_FAIL */
};

/* What QUIT does with messages. */
struct maildrop_policy {
	bool		 seen;		/* mark retrieved messages \Seen */
	bool		 expire;	/* delete read messages of this age: */
	uint32_t	 expire_s;	/* 0: those retrieved in this session */
	int64_t		 now;	/* seconds, of the same clock as savedate */
	const char	*trash;		/* move deleted mail here, or NULL */
};

/*
 * Initialise a maildrop.
 *
 * store     borrowed; must outlive the maildrop
 * utf8      the session has sent UTF8; if not, headers that are not ASCII are
 *           downgraded (surrogate.h), and sizes are those of what is sent
 * wake      called with arg when a call that returned RUN_WAIT should be
 *           repeated
 */
void	 maildrop_init(struct maildrop *d, struct store *store, bool utf8,
	    void (*wake)(void *), void *arg);
/* Close the maildrop.  Changes that were not updated are forgotten. */
void	 maildrop_clear(struct maildrop *d);

/*
 * Open INBOX and read the sizes.  To be called until it returns RUN_DONE or
 * RUN_FAIL.
 *
 * names     use file names as unique ids, unless another server has given one
 */
enum run maildrop_open(struct maildrop *d, bool names);

/*
 * Whether the mail that was opened is not there any more (store_lost(),
 * view_lost()), so that the session must end.
 */
bool	 maildrop_lost(const struct maildrop *d);

/* Get a message by its number.  NULL: no such message, or it is deleted. */
struct drop_msg *maildrop_get(struct maildrop *d, uint32_t number);
/* DELE of one message, RSET of all. */
void	 maildrop_delete(struct maildrop *d, struct drop_msg *m);
void	 maildrop_reset(struct maildrop *d);

/*
 * Step to a message, which maildrop_read() then reads.  Returns RUN_DONE when
 * it is there, or RUN_WAIT or RUN_FAIL.
 */
enum run maildrop_step(struct maildrop *d, const struct drop_msg *m,
	    const struct message **msg);
/*
 * Append some octets of that message, from offset off on, with CRLF line
 * ends.  At offset 0, a header that must be downgraded is appended whole.
 * Returns how many octets of the message this was, 0 at its end, or -1 with
 * err set.
 */
int64_t	 maildrop_read(struct maildrop *d, const struct drop_msg *m,
	    uint64_t off, struct buf *out);

/*
 * The UPDATE state: delete the marked messages, durably.  To be called until
 * it returns RUN_DONE or RUN_FAIL.  After RUN_FAIL none was deleted, or not
 * all were.
 */
enum run maildrop_update(struct maildrop *d,
	    const struct maildrop_policy *policy);

#endif
