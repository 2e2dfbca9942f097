/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * dovecot-keywords and the letters in the index.  Other programs add lines to
 * the file, which a scan takes in before it reads file names.  We add lines for
 * keywords of ours, under the lock of dovecot-uidlist.  A line that is there
 * stays, whatever it says.
 */

#ifndef STORAGE_OP_KEYWORD_WRITE_H
#define STORAGE_OP_KEYWORD_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/index/newfile.h"
#include "storage/maildir/dotlock.h"
#include "storage/maildir/keywordfile.h"
#include "storage/types.h"

/* Whether the file is not as it was last read: 1 or 0, or -1 with errno. */
int		 keyword_file_changed(struct mailbox *mb);
/*
 * Take in what the file says, within the open transaction.  *fresh has the
 * letters that the index did not know: for all names with these letters, the
 * flags of messages change.  Returns 0, or -1 with errno if the file cannot be
 * read; then nothing has changed.
 */
int		 keyword_adopt(struct mailbox *mb, uint32_t *fresh);

/* The writing of a new file. */
struct keyword_write {
	size_t		 step;
	uint32_t	 at;		/* the last UID whose name was seen */
	uint32_t	 seen;		/* letters in names */
	struct dotlock	 lock;
	struct keywordfile old;
	char		*names[MAILDIR_KEYWORDS];	/* lines that it gets */
	bool		 empty;		/* there are no such lines */
	bool		 blocks;	/* makes its syncs itself */
	struct newfile	 file;
};

/* Start with nothing.  keyword_write_clear() gives up what is not complete. */
void		 keyword_write_init(struct keyword_write *w);
void		 keyword_write_clear(struct keyword_write *w);
/*
 * Write what mailbox_letters_behind() finds missing, in a transaction of op,
 * and give letters to keywords.  The file is on disk before the transaction is
 * committed, and so before any file name has such a letter.
 *
 * blocks  make syncs here, instead of waiting for helper threads
 *
 * Call it again after RUN_WAIT.  Returns RUN_FAIL without an error if another
 * program has the lock, or has changed the file so that a scan has to read it.
 */
enum run	 keyword_write_run(struct keyword_write *w, struct mailbox *mb,
		    struct op *op, bool blocks);

#endif
