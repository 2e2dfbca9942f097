/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The maildrop: a snapshot of INBOX (RFC 1939, section 3).  Message numbers
 * and sizes are fixed when it is opened; what IMAP sessions or other POP3
 * sessions do beside it changes nothing that was told, and messages expunged
 * by them stay readable here.  Nothing is deleted before maildrop_update().
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
	bool		 deleted;	/* DELE was given */
	bool		 retrieved;	/* RETR was given */
	bool		 seen;		/* was \Seen when it was opened */
	int64_t		 savedate;	/* came into INBOX, seconds */
	bool		 surrogate;	/* its header is not sent as it is */
	bool		 needs_utf8;	/* and too long to be made over */
	uint64_t	 size;		/* octets that RETR sends */
	char		*uidl;		/* not made of its UID, or NULL */
};

struct maildrop {
	struct store	*store;
	bool		 utf8;		/* headers may be sent as they are */
	struct view	*view;
	struct drop_msg	*msgs;		/* message number n is msgs[n - 1] */
	uint32_t	 nmsgs;
	uint32_t	 nlive;		/* not marked as deleted */
	uint64_t	 size;		/* sum of msgs */
	uint64_t	 live_size;	/* sum of those not marked */

	/* Reading: a cursor that RETR 1, RETR 2, ... moves along. */
	struct reader	*reader;

	/* What is going on between two calls. */
	struct op	*op;
	int		 step;
	void		(*wake)(void *);
	void		*wake_arg;

	struct store_error err;		/* of the last RUN_FAIL */
};

/* What QUIT does with messages. */
struct maildrop_policy {
	bool		 seen;		/* mark what was retrieved \Seen */
	bool		 expire;	/* delete what was read and is as old */
	uint32_t	 expire_s;	/* as this; 0: what was retrieved now */
	int64_t		 now;	/* seconds, of the same clock as savedate */
	const char	*trash;		/* move deleted mail there, or NULL */
};

/*
 * Start: store is borrowed and outlives the maildrop; wake(arg) is called
 * when a call that answered RUN_WAIT should be made again.
 *
 * utf8      the session has said UTF8; if not, headers with more than ASCII
 *           are made over (surrogate.h), and sizes are of what is sent then
 */
void	 maildrop_init(struct maildrop *d, struct store *store, bool utf8,
	    void (*wake)(void *), void *arg);
/* Close all; what is not updated stays as it was. */
void	 maildrop_clear(struct maildrop *d);

/*
 * Open INBOX and read its sizes.  Called until RUN_DONE or RUN_FAIL.
 *
 * names     use file names as unique ids, where no other server gave one
 */
enum run maildrop_open(struct maildrop *d, bool names);

/* The message of a number, or NULL if there is none or it is deleted. */
struct drop_msg *maildrop_get(struct maildrop *d, uint32_t number);
/* DELE, and RSET of all. */
void	 maildrop_delete(struct maildrop *d, struct drop_msg *m);
void	 maildrop_reset(struct maildrop *d);

/*
 * Step to a message, so that maildrop_read() lends its bytes.  RUN_DONE: it
 * is there.  RUN_WAIT and RUN_FAIL as usual.
 */
enum run maildrop_step(struct maildrop *d, const struct drop_msg *m,
	    const struct message **msg);
/*
 * Append some octets of that message from offset off, with CRLF line ends;
 * from 0 the whole header where it has to be made over.  Returns how many of
 * the message they stand for, 0 at the end, or -1 with err set.
 */
int64_t	 maildrop_read(struct maildrop *d, const struct drop_msg *m,
	    uint64_t off, struct buf *out);

/*
 * The UPDATE state: delete what is marked, durably.  Called until RUN_DONE
 * or RUN_FAIL; after a failure nothing, or not all, was deleted.
 */
enum run maildrop_update(struct maildrop *d,
	    const struct maildrop_policy *policy);

#endif
