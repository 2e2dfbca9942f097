/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The keywords of a mailbox: names with numbers that never change. */

#ifndef STORAGE_KEYWORD_H
#define STORAGE_KEYWORD_H

#include "common/base/slice.h"
#include "storage/index/sql.h"
#include "storage/types.h"

/* Read those that another process may have added. */
enum sql_rc	 mailbox_load_keywords(struct mailbox *mb);
/*
 * Number of a keyword, made if need be within the transaction.  Returns -1
 * when there is no room for another.
 */
int		 mailbox_keyword(struct mailbox *mb, struct slice name);
/* The same if it is there already, or -1. */
int		 mailbox_keyword_find(const struct mailbox *mb,
		    struct slice name);
/* A copy with names of its own, which flag_names_clear() frees. */
void		 flag_names_copy(struct flag_names *to,
		    const struct flag_names *from);
void		 flag_names_clear(struct flag_names *names);
/* Flags of names, as mailbox_keyword(); -1 when one does not fit. */
int		 mailbox_flags(struct mailbox *mb,
		    const struct flag_names *names, struct flags *flags);

#endif
