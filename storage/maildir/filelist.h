/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Lists of message files: those of a folder, those that the index knows,
 * those of a dovecot-uidlist.  A mailbox has a hundred thousand of them, so
 * what takes long goes on in time slices: each such function returns
 * RUN_MORE until it is done.
 */

#ifndef STORAGE_FILELIST_H
#define STORAGE_FILELIST_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/run.h"
#include "common/base/slice.h"

struct file {
	const char	*name;		/* of the arena of its list, as info */
	const char	*info;		/* what the index or list has beside */
	uint32_t	 base_len;
	uint32_t	 uid;		/* 0: not known */
	bool		 in_new;
};

typedef int (*file_cmp)(const struct file *, const struct file *);

struct filelist {
	struct file	*items;
	size_t		 n;
	size_t		 size;
	struct arena	 names;
	/* Where filelist_sort() stands. */
	struct file	*merged;	/* the other half of a merge */
	size_t		 run;	/* items of a sorted run; 0: not begun */
	size_t		 out;		/* written to merged */
	size_t		 left;		/* next of the run on the left */
	size_t		 right;
};

/* An empty list; filelist_clear() frees it and leaves an empty one. */
void		 filelist_init(struct filelist *l);
void		 filelist_clear(struct filelist *l);
/* A new one at the end, all zero. */
struct file	*filelist_add(struct filelist *l);
/* The name and where its base ends; name and info are copied. */
void		 filelist_set(struct filelist *l, struct file *f,
		    struct slice name);
/* Copy a text to where it lives as long as the list. */
const char	*filelist_copy(struct filelist *l, struct slice s);

static inline struct slice
file_base(const struct file *f)
{
	return slice_make(f->name, f->base_len);
}

/* Orders: by base name; known UIDs first, then as they were delivered. */
int		 file_by_base(const struct file *a, const struct file *b);
int		 file_by_arrival(const struct file *a, const struct file *b);

/*
 * Add the message files of an open folder: regular ones only, no link is
 * followed.  Returns RUN_MORE once timer_ns() is past until_ns, or RUN_FAIL
 * with errno.
 */
enum run	 filelist_read_dir(struct filelist *l, DIR *dir, bool in_new,
		    uint64_t until_ns);
/* Sort the list; RUN_MORE once timer_ns() is past until_ns. */
enum run	 filelist_sort(struct filelist *l, file_cmp cmp,
		    uint64_t until_ns);
/* The one with this base in a list sorted by base, or NULL. */
const struct file *filelist_find(const struct filelist *l, struct slice base);

#endif
