/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * dovecot-uidlist, version 3.  With this file, UIDs can be taken over from
 * Dovecot, and survive the loss of the index.
 *
 *	3 V1234567890 N42 G...
 *	17 P7 :1690000000.M1P2.host,S=100
 *
 * The first line has UIDVALIDITY and a next UID, which is above every UID that
 * was given out.  Each further line has a UID, the UIDL for POP3 if the
 * message has one of its own, and a file name, in the order of UIDs.  New
 * lines are appended; the file is written anew to remove the lines of files
 * that are gone.
 */

#ifndef STORAGE_MAILDIR_UIDLIST_H
#define STORAGE_MAILDIR_UIDLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/run.h"
#include "storage/maildir/filelist.h"

#define UIDLIST_NAME	"dovecot-uidlist"
/* Whoever writes the list, or dovecot-keywords, holds this lock. */
#define UIDLIST_LOCK	"dovecot-uidlist.lock"
/* The first line has a few numbers; a longer line makes no sense. */
#define UIDLIST_HEADER_MAX 4096

/* A list as it was read. */
struct uidlist {
	struct filelist	 files;		/* sorted by base; info is the UIDL */
	uint32_t	 uidvalidity;
	uint32_t	 next;		/* next UID; 0: there is no list */
	uint32_t	 promised;	/* next UID in the first line */
	uint32_t	 last;		/* greatest UID in the list */
	int64_t		 mtime;		/* of the file, when it was opened */
	int64_t		 size;
	int64_t		 got;		/* bytes read so far */
	int		 fd;
	struct buf	 in;		/* read but not yet parsed */
};

/* Start with an empty list.  uidlist_clear() frees all that it holds. */
void		 uidlist_init(struct uidlist *list);
void		 uidlist_clear(struct uidlist *list);
/*
 * Open the list of a folder.  If there is none, reading it finds nothing.
 * Returns 0, or -1 with errno if there may be a list: it then is unknown which
 * UIDs were given out.
 */
int		 uidlist_open(struct uidlist *list, int dir_fd);
/*
 * Read an open list in time slices.  Lines that make no sense are skipped.
 * Returns RUN_MORE once timer_ns() is past until_ns, RUN_DONE at the end, or
 * RUN_FAIL with errno: EIO if the file became shorter meanwhile, EFBIG if a
 * line is too long.
 */
enum run	 uidlist_read(struct uidlist *list, uint64_t until_ns);
/*
 * Whether a list that was read ends within a line, which its writer did not
 * finish.
 */
bool		 uidlist_is_cut(const struct uidlist *list);
/*
 * Parse the first line of a list.  next is 0 if it promises nothing.  Returns
 * 0, or -1 if the line makes no sense.
 */
int		 uidlist_parse_header(struct slice line, uint32_t *validity,
		    uint32_t *next);
/*
 * Append the first line of a list with these numbers.  old is the first line
 * of the list that it replaces, or empty: the other words are taken over.
 */
void		 uidlist_print_header(struct buf *out, struct slice old,
		    uint32_t validity, uint32_t next);
/*
 * Get the UIDVALIDITY of the list in a folder.  It is 0 if there is no list,
 * or if its first line makes no sense.  Returns 0, or -1 with errno.
 */
int		 uidlist_validity(int dir_fd, uint32_t *validity);

#endif
