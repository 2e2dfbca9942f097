/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A scan under way, and what it makes of the files that it found: rows of the
 * index, within its transaction, and entries after COMMIT.
 */

#ifndef STORAGE_OP_SCAN_TAKE_H
#define STORAGE_OP_SCAN_TAKE_H

#include <dirent.h>

#include "storage/maildir/filelist.h"
#include "storage/maildir/uidlist.h"
#include "storage/op/op_state.h"
#include "storage/op/scan.h"
#include "storage/op/scan_compare.h"
#include "storage/op/uidlist_promise.h"
#include "storage/types.h"

/* A change to an entry, applied after COMMIT. */
struct effect {
	enum { EFFECT_ADD, EFFECT_FLAGS, EFFECT_EXPUNGE } what;
	uint32_t	 uid;
	uint32_t	 flags;
	uint64_t	 keywords;
};

struct scan {
	struct op_part	 part;
	struct op	*op;
	struct mailbox	*mb;
	bool		 all;		/* reads cur/ as well as new/ */
	struct scan_waiting *waiting; /* count messages in new/, or NULL */
	size_t		 step;		/* index in steps[] of scan.c */
	DIR		*dir;		/* the folder that is being read */
	int		 new_fd;
	int64_t		 checked;	/* ns: when the scan began */
	int64_t		 new_mtime;	/* ns: of the folders at that time */
	int64_t		 cur_mtime;
	bool		 cur_changed;	/* by others, while we read it */
	struct filelist	 found;
	struct filelist	 rows;		/* rows of name; info may be NULL */
	struct filelist	 buried;	/* bases that tombstones know */
	struct filelist	 fresh;		/* found, but without a row */
	bool		 has_list;	/* another program wrote list */
	struct uidlist_promise promise;
	bool		 list_locked;	/* list is read under its lock */
	struct uidlist	 list;
	uint32_t	 adopt_from; /* UIDs in list from here are adopted */
	bool		 list_wrong;	/* list has to be written anew */
	bool		 left;		/* files are not taken in; scan again */
	size_t		 at;		/* index in found, then in fresh */
	size_t		 row_at;
	struct scan_compare compare;
	struct effect	*effects;
	size_t		 neffects;
	size_t		 effects_size;
	uint64_t	 modseq;	/* of the scan; 0: not needed yet */
};

/* Take over UIDVALIDITY, UIDNEXT and keywords that another server left. */
void		 scan_adopt_list(struct scan *sc);
/* Whether a file without a row is to stay in new/, and only counted. */
bool		 scan_leaves(const struct scan *sc, const struct file *f);
/* Merge rows and found, both sorted by base, and take in the differences. */
enum run	 scan_merge(struct scan *sc);
/* Move the files in fresh, sorted by arrival, to cur/, and give them UIDs. */
enum run	 scan_add(struct scan *sc);
/* After COMMIT: change the entries in memory. */
void		 scan_apply(struct scan *sc);

#endif
