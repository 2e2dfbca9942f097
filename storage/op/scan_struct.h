/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* A scan under way. */

#ifndef STORAGE_OP_SCAN_STRUCT_H
#define STORAGE_OP_SCAN_STRUCT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/idset.h"
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
	uint32_t	 uid;
	struct digest	 digest;	/* of what was read so far */
};

/* A change to an entry, applied after COMMIT. */
struct effect {
	enum { EFFECT_ADD, EFFECT_FLAGS, EFFECT_EXPUNGE, EFFECT_RENAME } what;
	uint32_t	 uid;
	uint32_t	 flags;
	uint64_t	 keywords;
};

/* A file that was compared and is the same, with the time that it has now. */
struct scan_same {
	int64_t		 content;
	int64_t		 mtime;
};

struct scan {
	struct op_part	 part;
	struct op	*op;
	struct mailbox	*mb;
	bool		 all;		/* reads cur/ as well as new/ */
	bool		 first;	/* after a boot: cur/ was not clean since */
	struct scan_waiting *waiting; /* count messages in new/, or NULL */
	size_t		 step;		/* index in steps[] of scan.c */
	unsigned int	 restarts;
	bool		 restart;	/* begin again with the first step */
	int64_t		 checked;	/* ns: when the scan began */
	int64_t		 new_mtime;	/* ns: of the folders at that time */
	int64_t		 cur_mtime;

	/* What is read without a lock; scan_look.h. */
	DIR		*dir;		/* the folder that is being read */
	bool		 cur_changed;	/* by others, since we began */
	struct filelist	 found;		/* sorted by base */
	struct filelist	 differ; /* of rows whose files are not as they say */
	struct filelist_order fresh;	/* of found: those without a row */
	struct filelist	 buried;	/* expunged before this boot */
	size_t		 hint;		/* the next row's place in found */
	uint32_t	 row_last;	/* rows up to this UID were read */
	size_t		 at;		/* index in found, differ or fresh */
	bool		 has_list;	/* another program wrote list */
	struct uidlist	 list;
	bool		 list_wrong;	/* list has to be written anew */
	struct idset	 suspects;	/* UIDs whose files are compared */
	uint32_t	 compared;	/* up to this one */
	struct scan_compare compare;
	struct idset	 replaced;	/* of these, those that have changed */
	struct scan_same *same;		/* the others */
	size_t		 nsame;
	size_t		 same_size;

	/* What is done in transactions; scan_take.h. */
	int		 new_fd;
	struct uidlist_promise promise;
	bool		 left;		/* files are not taken in; scan again */
	uint32_t	 fresh_letters;	/* dovecot-keywords named them now */
	bool		 odd_letters;	/* names have letters without keyword */
	uint64_t	 kept;		/* see keyword_number() */
	struct effect	*effects;
	size_t		 neffects;
	size_t		 effects_size;
	uint64_t	 modseq;	/* of the transaction; 0: none yet */
	int64_t		 object;	/* of the next message; 0: none yet */
};

#endif
