/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * dovecot-uidlist, version 3: how UIDs come along from Dovecot and survive
 * the loss of the index.
 *
 *	3 V1234567890 N42 G...
 *	17 P7 :1690000000.M1P2.host,S=100
 *
 * The first line has UIDVALIDITY and a next UID that is not below any that
 * was given out, the others UID, UIDL of POP3 if it has one of its own, and
 * file name, in order of UIDs.  Lines are appended, and the whole is written
 * anew to take out those of files that are gone.
 */

#ifndef STORAGE_UIDLIST_H
#define STORAGE_UIDLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/run.h"
#include "storage/maildir/filelist.h"

#define UIDLIST_NAME	"dovecot-uidlist"
/* Dovecot's lock, and the file that replaces a list. */
#define UIDLIST_LOCK	"dovecot-uidlist.lock"

/* A list that was read. */
struct uidlist {
	struct filelist	 files;		/* sorted by base; info is the UIDL */
	uint32_t	 uidvalidity;
	uint32_t	 next;		/* 0: there is no list */
	uint32_t	 promised;	/* next as its first line says */
	uint32_t	 last;		/* the greatest UID in it */
	int64_t		 mtime;		/* of the file as it was read */
	int64_t		 size;
	int		 fd;
	struct buf	 in;		/* read, but not parsed */
	int		 dir_fd;	/* of the lock, the mailbox's */
	int		 lock_fd;	/* -1: not held */
	uint64_t	 lock_since_ms;
	off_t		 copied;	/* bytes of it by uidlist_reserve() */
};

/* An empty one; uidlist_clear() gives back all that it holds, its lock too. */
void		 uidlist_init(struct uidlist *list);
void		 uidlist_clear(struct uidlist *list);
/*
 * Read the list of a folder in time slices: RUN_MORE once timer_ns() is past
 * until_ns.  RUN_DONE also when there is none, or dir_fd is -1; what makes no
 * sense in it is passed over.
 */
enum run	 uidlist_read(struct uidlist *list, int dir_fd,
		    uint64_t until_ns);
/* UIDVALIDITY of the list in a folder, or 0. */
uint32_t	 uidlist_validity(int dir_fd);

#endif
