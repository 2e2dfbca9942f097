/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Lists of message files: those of a folder, those in the index, those in a
 * dovecot-uidlist.  A mailbox can have a hundred thousand of them, so work
 * that takes long is done in time slices: such functions return RUN_MORE until
 * they are done.
 */

#ifndef STORAGE_MAILDIR_FILELIST_H
#define STORAGE_MAILDIR_FILELIST_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/run.h"
#include "common/base/slice.h"

struct file {
	const char	*name;		/* in the list's arena, as is info */
	const char	*info;		/* of the name; in a uidlist the UIDL */
	uint32_t	 base_len;
	uint32_t	 uid;		/* 0 if not known */
	uint32_t	 old;		/* UID that it has here and gives up */
	bool		 in_new;
	bool		 known;		/* the index has it */
};

typedef int (*file_cmp)(const struct file *, const struct file *);

/*
 * Some files of a list in an order: their indexes, which take less memory than
 * the files.
 */
struct filelist_order {
	uint32_t	*at;
	size_t		 n;
	size_t		 size;
	/* The state of filelist_order_sort(). */
	uint32_t	*merged;	/* the output of a merge */
	size_t		 run;	/* indexes per sorted run; 0: not sorted */
	size_t		 out;		/* indexes written to merged */
	size_t		 left;		/* next index of the left run */
	size_t		 right;
};

struct filelist {
	struct file	*items;
	size_t		 n;
	size_t		 size;
	struct arena	 names;
	struct filelist_order order;	/* of all items, once sorted */
};

/*
 * Start with an empty list.  filelist_clear() frees it and leaves an empty
 * one.
 */
void		 filelist_init(struct filelist *l);
void		 filelist_clear(struct filelist *l);
/*
 * Append a file with all fields zero.  The pointer is valid until the next
 * call.
 */
struct file	*filelist_add(struct filelist *l);
/* Set a file's name, which is copied, and the length of its base. */
void		 filelist_set(struct filelist *l, struct file *f,
		    struct slice name);
/* Copy a text into the arena of the list. */
const char	*filelist_copy(struct filelist *l, struct slice s);

static inline struct slice
file_base(const struct file *f)
{
	return slice_make(f->name, f->base_len);
}

/*
 * Orders: by base name; by base name, and cur/ before new/; by arrival, that is
 * by UID, then those without a UID by the time in their names.
 */
int		 filelist_by_base(const struct file *a, const struct file *b);
int		 filelist_by_place(const struct file *a, const struct file *b);
int		 filelist_by_arrival(const struct file *a,
		    const struct file *b);

/*
 * Whether a name of cur/ or new/ is that of a message file, that is, of a
 * regular file.  Returns 1 or 0, or -1 with errno if the file system does not
 * say.
 */
int		 filelist_is_message(int dir_fd, const struct dirent *e);
/*
 * Add the message files of an open folder.  They must be regular files; links
 * are not followed.  Returns RUN_DONE, RUN_MORE once timer_ns() is past
 * until_ns, or RUN_FAIL with errno.
 */
enum run	 filelist_read_dir(struct filelist *l, DIR *dir, bool in_new,
		    uint64_t until_ns);
/*
 * Sort the list, which must not grow after that.  Returns RUN_MORE once
 * timer_ns() is past until_ns.
 */
enum run	 filelist_sort(struct filelist *l, file_cmp cmp,
		    uint64_t until_ns);
/* Lend the file at a place of a sorted list. */
static inline struct file *
filelist_at(const struct filelist *l, size_t place)
{
	return &l->items[l->order.at[place]];
}
/*
 * Find the first file with this base in a list sorted by base.  Returns its
 * place, or l->n if there is none.
 */
size_t		 filelist_place(const struct filelist *l, struct slice base);
/* As filelist_place(), but lend the file, or return NULL. */
const struct file *filelist_find(const struct filelist *l, struct slice base);

/* Start with no file; filelist_order_clear() frees all and starts anew. */
void		 filelist_order_init(struct filelist_order *o);
void		 filelist_order_clear(struct filelist_order *o);
/* Append an index. */
void		 filelist_order_add(struct filelist_order *o, size_t i);
/* As filelist_sort(), for some files of l. */
enum run	 filelist_order_sort(struct filelist_order *o,
		    const struct filelist *l, file_cmp cmp, uint64_t until_ns);

#endif
