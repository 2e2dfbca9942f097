/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The keywords of a mailbox.  A keyword has a number, which is its bit in the
 * masks of messages.  When all numbers are taken, the number of a keyword that
 * no message has is given to another keyword.
 *
 * Some keywords also have letters in file names; see letter.h.
 */

#ifndef STORAGE_MAILBOX_KEYWORD_H
#define STORAGE_MAILBOX_KEYWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "storage/mailbox/keywords.h"
#include "storage/types.h"

/*
 * Have the open transaction change the keywords of a mailbox: returns a copy,
 * which is mb->keywords from now on.  keywords_index() must follow the change.
 */
struct keywords	*keywords_change(struct mailbox *mb);
/*
 * Return the number of a keyword, which is made if it does not exist, within
 * the open transaction.  Returns -1 if there is no room for another, or the
 * name is not usable.
 *
 * kept  the numbers that the transaction has used so far: they are not given
 *       to another keyword.  The result is added.
 */
int		 keyword_number(struct mailbox *mb, struct slice name,
		    uint64_t *kept);
/* Return the number of a keyword, or -1 if it does not exist. */
int		 keyword_find(const struct mailbox *mb,
		    struct slice name);
/* Whether a mailbox that is loaded has room for another keyword. */
bool		 keyword_room(const struct mailbox *mb);
/*
 * Turn names into flags, making keywords that do not exist; kept is as for
 * keyword_number().  Returns 0, or -1 if there was no room for some keyword,
 * which is then left out.
 */
int		 keyword_flags(struct mailbox *mb,
		    const struct flag_names *names, struct flags *flags,
		    uint64_t *kept);

#endif
