/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Names in the folder expunged/: of expunged messages and of deleted
 * mailboxes.
 *
 * penfold/expunged.list says what the expunged messages were, so that a person
 * or a program can bring them back, also if the index is lost.  It has a line
 * for each, in the order in which they were expunged:
 *
 *	FILE TIME FOLDER/BASE:INFO[<tab>KEYWORD]...
 *
 * FILE is the name in expunged/, TIME are seconds since 1970, and FOLDER is the
 * Maildir++ folder, "" for INBOX.  BASE:INFO is the name that the message had
 * in cur/, with its flags of then; keywords are named, too.  When the list is
 * large it becomes expunged.list.old, as soon as no file is kept any more that
 * stands in the old list of before.  A line may be of a file that is gone.
 */

#ifndef STORAGE_MAILDIR_EXPUNGED_H
#define STORAGE_MAILDIR_EXPUNGED_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

#define EXPUNGED_LIST	"expunged.list"
#define EXPUNGED_LIST_OLD EXPUNGED_LIST ".old"
#define EXPUNGED_LIST_MAX (1024 * 1024)	/* bytes; it may be larger */

#define EXPUNGE_NAME_MAX 64
#define GRAVE_NAME_MAX	32

/* Print the file name of an expunged message. */
void	 expunged_file_name(uint32_t mailbox, uint32_t uid,
	    char name[EXPUNGE_NAME_MAX]);
/*
 * Print a line of the list.  name is that in cur/, followed by the keywords.
 * If it has a line end, which no program makes, there is no line.
 */
void	 expunged_list_print(struct buf *out, uint32_t mailbox, uint32_t uid,
	    const char *folder, struct slice name);
/*
 * Append lines to the list in penfold/, under the write lock of the index.
 * They are not synced.  keep_s is for how long files are kept.  Returns 0, or
 * -1 with errno.
 */
int	 expunged_list_append(int penfold_fd, uint32_t keep_s,
	    struct slice lines);
/* Print the folder name of a deleted mailbox. */
void	 expunged_folder_name(uint32_t mailbox, char name[GRAVE_NAME_MAX]);

#endif
