/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a script did with a user's mail, and what the store answered.  The world
 * is in memory that processes share, so that it outlives a process that is
 * killed, and the judge can hold the store against it.
 *
 * Messages and mailboxes are numbers.  Each function named w_* does one thing
 * to the store of su.proc and notes it: what was attempted is unsure until the
 * store has answered; what was answered OK must be there, and what was refused
 * must not.
 */

#ifndef TESTS_FAULTS_WORLD_H
#define TESTS_FAULTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/store.h"

#define W_MESSAGES	24
#define W_TOLD		512
/* The flag that stands for the one keyword that scripts use. */
#define W_KEYWORD	(1U << 31)
#define W_KEYWORD_NAME	"kw"

enum w_mailbox_id { INBOX, SENT, WORK, W_MAILBOXES };

enum fate { GONE, UNSURE, THERE };

/* A message in a mailbox. */
struct w_copy {
	enum fate	 fate;
	uint32_t	 uid;		/* 0 until a client was told */
	uint32_t	 flags;		/* FLAG_* and W_KEYWORD */
	uint32_t	 unsure;	/* flags that may differ */
	/*
	 * A power cut may take flags that were changed, and UIDs that a scan
	 * gave, until the index is synced: these were changed when so many
	 * changes were recorded (disk.h).
	 */
	uint32_t	 changed;
	size_t		 flags_at;
	size_t		 uid_at;
};

struct w_mailbox {
	enum fate	 fate;
	char		 name[32];
	char		 other[32];	/* has this name or the other, or "" */
};

/* A UID that a client saw, which must not mean another message ever after. */
struct w_told {
	uint32_t	 uidvalidity;
	uint32_t	 uid;
	uint32_t	 message;
};

/*
 * What a client keeps of a mailbox (RFC 7162): what it was told, and the
 * HIGHESTMODSEQ of then.
 */
struct w_client {
	uint32_t	 uidvalidity;	/* 0: it was told nothing */
	uint64_t	 modseq;
	uint32_t	 n;
	uint32_t	 uids[W_MESSAGES];
	uint32_t	 flags[W_MESSAGES];
};

struct world {
	char		 root[64];
	struct w_mailbox mailboxes[W_MAILBOXES];
	struct w_copy	 copies[W_MAILBOXES][W_MESSAGES];
	/*
	 * The message is being moved, so exactly one of its unsure copies is
	 * there.
	 */
	bool		 moving[W_MESSAGES];
	bool		 no_undo;	/* renames fail from now on */
	struct w_client	 clients[W_MAILBOXES];
	struct w_told	 told[W_TOLD];
	size_t		 ntold;
	bool		 calm;		/* no call fails and nobody dies */
	size_t		 changes;	/* recorded until now */
	size_t		 synced;	/* of these, on disk after a cut */
	char		 verdict[2048];	/* the first thing that is wrong */
};

/* The world, in memory that processes share. */
extern struct world	*w;

/* Start with a new user, who has INBOX and Sent. */
void		 w_reset(const char *root);
/* Remove the user's files. */
void		 w_erase(void);
/* Note what is wrong, unless something is noted already. */
void		 w_wrong(const char *fmt, ...)
		    __attribute__((format(printf, 1, 2)));

/* End the process as at its exit: close all views and the store. */
void		 w_end(void);
/*
 * Open the store in a new process, after w_end() if there is one.  Returns
 * whether it can be opened; if not, su.store is NULL, and w_judge() alone may
 * follow.
 */
bool		 w_begin(void);
/* Put a message into new/, as an MTA does, synced.  Faults don't hit it. */
void		 w_deliver(enum w_mailbox_id mb, uint32_t message);
/* Each of these returns whether the store did it. */
bool		 w_append(enum w_mailbox_id mb, uint32_t message,
		    uint32_t flags);
bool		 w_create(enum w_mailbox_id mb, const char *name);
bool		 w_delete(enum w_mailbox_id mb);
bool		 w_rename(enum w_mailbox_id mb, const char *name);
bool		 w_subscribe(enum w_mailbox_id mb);
/* SELECT; NULL if that failed.  w_close() or the judge closes the view. */
struct view	*w_select(enum w_mailbox_id mb);
void		 w_close(struct view *v);
/* STORE for one message.  flags may have W_KEYWORD. */
bool		 w_store(struct view *v, uint32_t message,
		    enum flags_how how, uint32_t flags);
/* COPY or MOVE all messages from first to last that the view has. */
bool		 w_copy(struct view *v, uint32_t first, uint32_t last,
		    enum w_mailbox_id to, bool move);
/* EXPUNGE; only messages of which the world knows \Deleted. */
bool		 w_expunge(struct view *v);
/* POP3: remove a message at QUIT. */
bool		 w_remove(struct view *v, uint32_t message);
/* FETCH: read every message that was told.  Only if no call fails. */
void		 w_fetch(struct view *v);
/* NOOP: look at the disk and tell. */
bool		 w_noop(struct view *v);
/*
 * True while this thread does what helper threads or other programs do, so that
 * it may block, as within storage_flush().
 */
extern bool	 w_flushing;
/* Do all work that the store delays, as an idle process does. */
void		 w_idle(void);

/*
 * Make a checkpoint, as a helper thread does; with anew, begin the WAL anew.
 * Returns whether that succeeded.
 */
bool		 w_checkpoint(bool anew);

/*
 * Hold the store, in su.proc, against the world: every mailbox is read.  Then
 * some operations are done, which must succeed.  Views that are still open are
 * brought up to date, must agree, and are closed.
 */
void		 w_judge(void);

#endif
