/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Folders of the root that may not agree with the list of mailboxes: which
 * they are, and what is on disk.
 *
 * Folders are compared with the list by name and inode.  The watch of the root
 * says which names to look at; at first, and without a watch, all names in the
 * root are read, but only those that differ cost a stat.  An error says nothing
 * about a folder: the list keeps what it has, and whoever needs the list next
 * looks at the folder again.
 */

#ifndef STORAGE_OP_LIST_LOOK_H
#define STORAGE_OP_LIST_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/base/run.h"

struct list_look;
struct store;

/* What is at a folder's name. */
enum look_found {
	LOOK_GONE,		/* nothing */
	LOOK_OTHER,		/* no folder, or a folder without cur/ */
	LOOK_MAILBOX,		/* a folder with cur/ */
	LOOK_UNKNOWN		/* an error; inode is 0 or the folder's */
};

TAILQ_HEAD(look_queue, look);

/* A folder of the root, as it was last looked at. */
struct look {
	RB_ENTRY(look)	 node;
	TAILQ_ENTRY(look) link;
	RB_ENTRY(look)	 moved_node;
	RB_ENTRY(look)	 inode_node;	/* while it differs */
	struct look_queue *queue;	/* that has it; NULL: ignored */
	char		*folder;	/* as ".Sent"; "" for INBOX */
	enum look_found	 found;
	int		 errnum;	/* for LOOK_UNKNOWN */
	bool		 is_dir;
	bool		 is_link;	/* to a Maildir; not followed */
	uint64_t	 inode;		/* of the folder; 0: unknown */
	int64_t		 curmtime;	/* ns: of its cur/ */
	uint32_t	 uidvalidity;	/* of its dovecot-uidlist; 0: none */
	uint64_t	 moved;	/* inode that the list expects; or 0 */
	bool		 told;		/* why it is no mailbox was logged */
};

/*
 * See what is at k->folder, the only field that must be set.  Costs two stats,
 * and with uidlist set the head of its dovecot-uidlist.
 */
void		 list_look_at(struct store *st, struct look *k, bool uidlist);

/* No folder was looked at yet.  list_look_free() takes NULL, too. */
struct list_look *list_look_new(void);
void		 list_look_free(struct list_look *l);
/* The folder of this name may have changed. */
void		 list_look_doubt(struct list_look *l, const char *folder);
/* Any folder may have changed. */
void		 list_look_doubt_all(struct list_look *l);

/*
 * Find the folders that do not agree with st->names, in time slices.  Returns
 * RUN_DONE, RUN_MORE once timer_ns() is past until_ns, or RUN_FAIL with errno
 * if the names in the root cannot be read.  Costs nothing if the watch of the
 * root has seen no change, and one stat without a watch.
 */
enum run	 list_look_run(struct list_look *l, struct store *st,
		    uint64_t until_ns);
/* The next folder that does not agree with the list, or NULL. */
struct look	*list_look_first(const struct list_look *l);
/*
 * Find a folder that is gone, or another one than the list expects, and had
 * this inode: the first (after is NULL), or the one after that.
 */
struct look	*list_look_moved(const struct list_look *l, uint64_t inode,
		    const struct look *after);
/* Find a folder that differs and has this inode now, in the same way. */
struct look	*list_look_same(const struct list_look *l, uint64_t inode,
		    const struct look *after);
/*
 * Look at a folder again, with a lock held so that no process of ours changes
 * it.  Returns whether it still does not agree; if it does, k may be freed.
 */
bool		 list_look_again(struct list_look *l, struct store *st,
		    struct look *k);
/* Another folder has the mailbox name of this folder: wait. */
void		 list_look_wait(struct list_look *l, struct store *st,
		    struct look *k);

#endif
