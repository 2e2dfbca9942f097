/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A scan that has begun, and what it makes of what it found: rows of the
 * index, within its transaction, and afterwards entries.
 */

#ifndef STORAGE_SCAN_TAKE_H
#define STORAGE_SCAN_TAKE_H

#include <dirent.h>

#include "storage/maildir/filelist.h"
#include "storage/maildir/uidlist.h"
#include "storage/op/op_state.h"
#include "storage/types.h"

/* What to do to the entries after COMMIT. */
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
	bool		 all;		/* cur/ as well as new/ */
	size_t		 step;		/* of the steps in scan.c */
	DIR		*dir;		/* being read */
	int		 new_fd;
	int64_t		 checked;	/* ns: the time it began, and */
	int64_t		 new_mtime;	/* the folders' mtimes then */
	int64_t		 cur_mtime;
	bool		 cur_changed;	/* by others, while it was read */
	struct filelist	 found;
	struct filelist	 rows;		/* of the index; info or NULL */
	struct filelist	 buried;	/* bases that tombstones know */
	struct filelist	 fresh;		/* found, but in no row */
	bool		 has_list;	/* list is new to us */
	bool		 list_locked;	/* and nobody else changed it */
	struct uidlist	 list;
	uint32_t	 adopt_from; /* UIDs of list that can be taken over */
	bool		 list_wrong;	/* it says other UIDs than were told */
	size_t		 at;		/* in found or fresh */
	size_t		 row_at;
	struct effect	*effects;
	size_t		 neffects;
	size_t		 effects_size;
	uint64_t	 modseq;	/* 0: none was needed yet */
	bool		 moved;		/* we changed cur/ */
};

/* Take over what dovecot-uidlist says of the mailbox as a whole. */
void		 scan_adopt_list(struct scan *sc);
/* Note the file of the list as we leave it. */
void		 scan_left_list(struct scan *sc);
/* Rows and found, both sorted by base: what differs is taken in. */
enum run	 scan_merge(struct scan *sc);
/* fresh, sorted by arrival: moved to cur/ and given UIDs. */
enum run	 scan_add(struct scan *sc);
/* After COMMIT: the entries follow. */
void		 scan_apply(struct scan *sc);

#endif
