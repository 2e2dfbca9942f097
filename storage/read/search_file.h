/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The last round of SEARCH: one BODY or TEXT key against the file of one
 * message, in steps, so that a large file or many keys hold up nobody.
 */

#ifndef STORAGE_SEARCH_FILE_H
#define STORAGE_SEARCH_FILE_H

#include "common/base/arena.h"
#include "common/base/slice.h"
#include "storage/mime/match.h"
#include "storage/mime/mimeblob.h"
#include "storage/mime/textstream.h"
#include "storage/op/op_state.h"
#include "storage/types.h"

enum answer { NO, YES, MAYBE };

struct search_file {
	struct reader	*reader;
	struct arena	 arena;		/* of the structure */
	struct textstream *ts;		/* NULL: not reading */
	struct match	 match;
	int		 fd;
};

/* Nothing is open or parsed yet. */
void		 search_file_init(struct search_file *f);
/* Free all. */
void		 search_file_clear(struct search_file *f);

/*
 * The structure of a message: valid until the next call, or NULL when the
 * index has none.
 */
struct mime_part *search_file_parts(struct search_file *f,
		    const struct mimeblob *blob);

/*
 * Begin to look for a text in the message that the reader stands on.
 *
 * parts   TEXTSTREAM_*: where to look
 * needle  folded; must live until the answer
 *
 * Returns 0, or -1 when the file cannot be read.
 */
int		 search_file_begin(struct search_file *f, struct reader *r,
		    const struct mimeblob *blob, unsigned int parts,
		    struct slice needle);
/* Read on; MAYBE when the operation's slice is used up: call again. */
enum answer	 search_file_go(struct search_file *f, const struct op *op);
/* Between begin and the answer. */
bool		 search_file_reading(const struct search_file *f);

#endif
