/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The MIME parser (RFC 2045, 2046).  It is fed a message file in pieces of any
 * size and builds a tree of parts: where each part is in the file and on the
 * wire, and what its header says.
 *
 * No input is an error.  A malformed message gets the structure that Dovecot
 * gives it, unless the RFCs say otherwise.  The result does not depend on how
 * the file was cut into pieces.
 *
 * Its limits are in mime_part.h.  The parser never goes back in the file, does
 * not recurse into nested parts, and takes its memory from the arena (about
 * the size of all headers, plus that of the parts).
 */
#ifndef STORAGE_MIME_MIME_H
#define STORAGE_MIME_MIME_H

#include "common/base/arena.h"
#include "common/base/slice.h"
#include "storage/mime/mime_part.h"

struct mime_parser;

/*
 * Create a parser for one message.  The result is made in the arena, which
 * must outlive the parser; mime_parser_free() frees only the parser.
 */
struct mime_parser *mime_parser_new(struct arena *a);
/* Free the parser, but not the result in the arena.  NULL is fine. */
void		 mime_parser_free(struct mime_parser *p);

/* Start on another message, after the arena was reset. */
void		 mime_parser_reset(struct mime_parser *p);

/* Feed the next bytes of the file. */
void		 mime_feed(struct mime_parser *p, struct slice data);

/*
 * Finish at the end of the file.  Returns the result, which lives in the
 * arena, or NULL if the arena was too small.  No message is too malformed to
 * get a result.
 */
struct mime_message *mime_finish(struct mime_parser *p);

/* Return the part after p in the order of the file (preorder), or NULL. */
struct mime_part *mime_next(const struct mime_part *p);

#endif
