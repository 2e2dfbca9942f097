/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* A scan under way. */

#ifndef STORAGE_OP_SCAN_STRUCT_H
#define STORAGE_OP_SCAN_STRUCT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/maildir/filelist.h"
#include "storage/maildir/uidlist.h"
#include "storage/mime/digest.h"
#include "storage/op/op_state.h"
#include "storage/op/scan_waiting.h"
#include "storage/op/uidlist_promise.h"
#include "storage/types.h"

/* A file that is being compared with what the index says of it. */
struct scan_compare {
	int		 fd;		/* -1: none */
	struct digest	 digest;	/* of what was read so far */
};

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
	bool		 first;	/* after a boot: cur/ was not clean since */
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
	struct filelist	 buried;	/* expunged before this boot */
	struct filelist	 fresh;		/* found, but without a row */
	bool		 has_list;	/* another program wrote list */
	struct uidlist_promise promise;
	bool		 list_locked;	/* list is read under its lock */
	struct uidlist	 list;
	uint32_t	 adopt_from; /* UIDs in list from here are adopted */
	bool		 list_wrong;	/* list has to be written anew */
	bool		 left;		/* files are not taken in; scan again */
	uint32_t	 fresh_letters;	/* dovecot-keywords named them now */
	bool		 odd_letters;	/* names have letters without keyword */
	uint64_t	 kept;		/* see keyword_number() */
	size_t		 at;		/* index in found, then in fresh */
	size_t		 row_at;
	struct scan_compare compare;
	struct effect	*effects;
	size_t		 neffects;
	size_t		 effects_size;
	uint64_t	 modseq;	/* of the scan; 0: not needed yet */
	int64_t		 object;	/* of the next message; 0: none yet */
};

#endif
