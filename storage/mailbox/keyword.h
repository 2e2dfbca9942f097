/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The keywords of a mailbox: names with numbers that never change. */

#ifndef STORAGE_MAILBOX_KEYWORD_H
#define STORAGE_MAILBOX_KEYWORD_H

#include "common/base/slice.h"
#include "storage/index/sql.h"
#include "storage/types.h"

/* Keywords that other processes have added, by number. */
struct keyword_list {
	char		*names[KEYWORD_MAX];
	unsigned int	 n;
};

/*
 * Read the keywords that memory lacks into an empty list.  Returns SQL_DONE,
 * or what failed.
 */
enum sql_rc	 keyword_list_read(const struct mailbox *mb,
		    struct keyword_list *list);
/* Move the keywords of the list to the mailbox. */
void		 keyword_list_take(struct mailbox *mb,
		    struct keyword_list *list);
/* Free what is in the list. */
void		 keyword_list_clear(struct keyword_list *list);

/*
 * Return the number of a keyword, which is made if it does not exist, within
 * the open transaction.  Returns -1 if there is no room for another, or its
 * name is too long.
 */
int		 keyword_number(struct mailbox *mb, struct slice name);
/* Return the number of a keyword, or -1 if it does not exist. */
int		 keyword_find(const struct mailbox *mb,
		    struct slice name);
/*
 * Turn names into flags, making keywords that do not exist.  Returns 0, or -1
 * if there was no room for some keyword, which is then left out.
 */
int		 keyword_flags(struct mailbox *mb,
		    const struct flag_names *names, struct flags *flags);

#endif
