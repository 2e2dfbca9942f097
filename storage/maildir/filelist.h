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
	bool		 in_new;
};

typedef int (*file_cmp)(const struct file *, const struct file *);

struct filelist {
	struct file	*items;
	size_t		 n;
	size_t		 size;
	struct arena	 names;
	/* The state of filelist_sort(). */
	struct file	*merged;	/* the output of a merge */
	size_t		 run;	/* items per sorted run; 0: not sorted */
	size_t		 out;		/* items written to merged */
	size_t		 left;		/* next item of the left run */
	size_t		 right;
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
/* Sort the list.  Returns RUN_MORE once timer_ns() is past until_ns. */
enum run	 filelist_sort(struct filelist *l, file_cmp cmp,
		    uint64_t until_ns);
/*
 * Find the file with this base in a list sorted by base.  Returns NULL if
 * there is none.
 */
const struct file *filelist_find(const struct filelist *l, struct slice base);

#endif
