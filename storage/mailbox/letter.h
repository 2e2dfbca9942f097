/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The letters that keywords have in file names.  dovecot-keywords says which
 * letter stands for which keyword (keywordfile.h).  Dovecot relies on it that a
 * letter never stands for another keyword later.  So a letter is never given
 * again, and a keyword has none before the file says so on disk
 * (keyword_write.h); until then the names of its messages wait.
 *
 * A name in that file that cannot be told to clients occupies its letter, which
 * stays as it is in file names.  So does a letter that the file does not name.
 *
 * Sets of letters are masks, in which bit 0 is 'a'.
 */

#ifndef STORAGE_MAILBOX_LETTER_H
#define STORAGE_MAILBOX_LETTER_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/types.h"

/*
 * Let a letter stand for a keyword, within the open transaction.  If the name
 * is empty, the letter stands for nothing that we know.
 */
void		 letter_set(struct mailbox *mb, unsigned int letter,
		    struct slice name);
/* Return the letters that the index knows, usable or not. */
uint32_t	 letters_known(const struct mailbox *mb);
/* Return those keywords of letters that have numbers. */
uint64_t	 letters_keywords(const struct mailbox *mb, uint32_t letters);
/*
 * Return the keywords of letters, within the open transaction; those without a
 * number get one, and kept is as for keyword_number().  If there is no room
 * for a keyword, its letter is forgotten, so that it stays in file names, and
 * is looked at again when dovecot-keywords is read again.
 */
uint64_t	 letters_take(struct mailbox *mb, uint32_t letters,
		    uint64_t *kept);
/*
 * Append the part of a file name behind the ':' that shows these flags.  old
 * is that of the present name, or empty.  Returns 0, or -1 if out is full.
 */
int		 letters_print(const struct mailbox *mb, struct slice old,
		    uint32_t system, uint64_t keywords, struct buf *out);
/*
 * Within the open transaction: note that the name of a message has to change
 * once its keywords have letters, if some of them have none yet.
 */
void		 letters_wait(struct mailbox *mb, uint32_t uid,
		    uint64_t keywords);

#endif
