/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The keywords of a mailbox as some transaction leaves them.  A transaction
 * changes a copy (keyword.h), which replaces them with its COMMIT.
 */

#ifndef STORAGE_MAILBOX_KEYWORDS_H
#define STORAGE_MAILBOX_KEYWORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "storage/index/sql.h"
#include "storage/maildir/maildir.h"
#include "storage/types.h"

struct keywords {
	char		*names[KEYWORD_MAX];	/* by number */
	unsigned int	 n;			/* of names */
	char		*letters[MAILDIR_KEYWORDS]; /* names; NULL: free */

	/* These follow from the above. */
	int8_t		 number[MAILDIR_KEYWORDS]; /* by letter; -1: none */
	int8_t		 letter[KEYWORD_MAX];	/* by number; -1: none */
	uint64_t	 hidden;	/* keywords that are not usable */
	uint64_t	 waiting;	/* keywords that will get a letter */
};

/*
 * Read the keywords of a mailbox; the caller frees *out.  Returns SQL_DONE, or
 * what failed.
 */
enum sql_rc	 keywords_read(const struct mailbox *mb,
		    struct keywords **out);
struct keywords	*keywords_copy(const struct keywords *k);
/* Free keywords; NULL is fine. */
void		 keywords_free(struct keywords *k);
/* Make up what follows from names and letters, after they were changed. */
void		 keywords_index(struct keywords *k);
/* Return the number of a keyword, ignoring ASCII case, or -1. */
int		 keywords_find(const struct keywords *k, struct slice name);
/* Whether clients can be told a name: it is an atom, and not too long. */
bool		 keywords_usable(struct slice name);
/*
 * After COMMIT, ours or that of another process: the keywords of the mailbox
 * have replaced old, which is freed.  Views have to be told, and names of files
 * may change that waited for letters.
 */
void		 keywords_changed(struct mailbox *mb, struct keywords *old);

#endif
