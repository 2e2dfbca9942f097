/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The last round of SEARCH: one BODY or TEXT key is looked up in the file of
 * one message, in slices, so that neither a large file nor many keys hold up
 * other sessions.
 */

#ifndef STORAGE_READ_SEARCH_FILE_H
#define STORAGE_READ_SEARCH_FILE_H

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
	struct arena	 arena;		/* for the structure */
	struct textstream *ts;		/* NULL: no file is being read */
	struct match	 match;
	int		 fd;
};

/* Set up, with nothing open or parsed. */
void		 search_file_init(struct search_file *f);
/* Free everything that f holds. */
void		 search_file_clear(struct search_file *f);

/*
 * The structure of a message, valid until the next call; NULL if the blob
 * cannot be read.
 */
struct mime_part *search_file_parts(struct search_file *f,
		    const struct mimeblob *blob);

/*
 * Begin to look for a text in the current message of the reader.
 *
 * parts   TEXTSTREAM_*: where to look
 * needle  folded; must live until the answer
 *
 * Returns 0, or -1 if the file cannot be read.
 */
int		 search_file_begin(struct search_file *f, struct reader *r,
		    const struct mimeblob *blob, unsigned int parts,
		    struct slice needle);
/*
 * Read on.  Returns the answer, or MAYBE when the slice is used up: call
 * again.
 */
enum answer	 search_file_go(struct search_file *f, const struct op *op);
/* Whether a search has begun and has no answer yet. */
bool		 search_file_reading(const struct search_file *f);

#endif
