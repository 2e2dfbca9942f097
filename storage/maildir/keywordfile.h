/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * dovecot-keywords: which keywords the letters in file names stand for.
 *
 *	0 $Forwarded
 *	1 Junk
 *
 * A line has the number of a letter, 0 for 'a' to 25 for 'z', and the keyword.
 * Lines are added and never changed.  Whoever writes the file holds the lock of
 * dovecot-uidlist and puts a new file in its place, whose mtime is at least a
 * second later: Dovecot looks at the seconds only.
 */

#ifndef STORAGE_MAILDIR_KEYWORDFILE_H
#define STORAGE_MAILDIR_KEYWORDFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "storage/maildir/maildir.h"

#define KEYWORDFILE_NAME	"dovecot-keywords"

/* By this, a file that was replaced is recognized. */
struct keywordfile_stamp {
	bool		 known;		/* else the file was not looked at */
	uint64_t	 inode;		/* 0: there is no file */
	int64_t		 size;
	int64_t		 mtime;		/* ns */
};

struct keywordfile {
	char		*names[MAILDIR_KEYWORDS];	/* NULL: no line */
	struct buf	 text;		/* the whole file */
	struct keywordfile_stamp stamp;
};

/* Start with no file.  keywordfile_clear() frees what was read. */
void	 keywordfile_init(struct keywordfile *f);
void	 keywordfile_clear(struct keywordfile *f);
/*
 * Read the file of a folder into a struct that was initialized.  A file that
 * does not exist has no lines.  Names are data: they may have any octets but
 * NUL, and a long name is cut.  Returns 0, or -1 with errno if it is not known
 * what the file says.
 */
int	 keywordfile_read(struct keywordfile *f, int dir_fd);
/* Get the stamp of the file that is there now.  Returns as above. */
int	 keywordfile_look(struct keywordfile_stamp *stamp, int dir_fd);
/* Whether two stamps are those of the same file, unchanged. */
bool	 keywordfile_same(const struct keywordfile_stamp *a,
	    const struct keywordfile_stamp *b);

#endif
