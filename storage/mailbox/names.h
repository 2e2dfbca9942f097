/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The list of a user's mailboxes in memory: their names, the levels above them
 * and the names that are only subscribed.  It knows neither disk nor index; see
 * op/list.h for how it is kept up to date.
 *
 * A change costs O(log n), and O(log n) for each level of the name.
 */

#ifndef STORAGE_MAILBOX_NAMES_H
#define STORAGE_MAILBOX_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/base/slice.h"

/* A name in the list. */
struct named {
	RB_ENTRY(named)	 name_node;
	RB_ENTRY(named)	 folder_node;	/* if id is not 0 */
	struct slice	 name;		/* owned, UTF-8 */
	uint32_t	 id;		/* 0: no mailbox has this name */
	char		*folder;	/* as ".Sent", "" for INBOX, or NULL */
	uint64_t	 inode;		/* of the folder; 0: unknown */
	uint32_t	 use;		/* MAILBOX_USE_* */
	uint32_t	 uidvalidity;
	uint32_t	 below;		/* mailboxes below it, at any depth */
	bool		 subscribed;
	unsigned int	 seen;		/* free for users of the list */
};

struct names;

/* An empty list.  names_free() takes NULL, too. */
struct names	*names_new(void);
void		 names_free(struct names *n);

/*
 * Give a name a mailbox, or change what is known of it.  A folder belongs to
 * one name: any other that had it loses its mailbox.
 */
void		 names_set(struct names *n, struct slice name,
		    const struct named *mailbox);
/* Take the mailbox from a name. */
void		 names_unset(struct names *n, struct slice name);
/* Subscribe to a name, or unsubscribe from it. */
void		 names_subscribe(struct names *n, struct slice name, bool on);

/* Find a name in the form of mbname_normal(); NULL if it is not in the list. */
struct named	*names_find(const struct names *n, struct slice name);
/* Find the name whose mailbox has this folder, or NULL. */
struct named	*names_by_folder(const struct names *n, const char *folder);
/*
 * Return the first name in the order of mbname_cmp() (of is NULL), or the one
 * after of; NULL at the end.
 */
struct named	*names_next(const struct names *n, const struct named *of);
/*
 * The first name of a mailbox or level below a name, or NULL.  The others
 * follow by names_next() for as long as mbname_below() is true.
 */
struct named	*names_first_below(const struct names *n, struct slice name);

/* The number of names, of mailboxes and of subscriptions in the list. */
size_t		 names_count(const struct names *n);
size_t		 names_mailboxes(const struct names *n);
size_t		 names_subscriptions(const struct names *n);
/* The attributes of a name, MAILBOX_*. */
uint32_t	 names_attrs(const struct named *d);

#endif
