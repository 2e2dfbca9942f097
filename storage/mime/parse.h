/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Parses a message as its bytes arrive, into what the index stores of it. */

#ifndef STORAGE_MIME_PARSE_H
#define STORAGE_MIME_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/digest.h"
#include "storage/mime/mime.h"
#include "storage/types.h"

struct parse {
	struct arena	 arena;
	struct mime_parser *mime;
	uint64_t	 raw;		/* bytes so far */
	struct digest	 digest;	/* of the bytes so far */
	uint32_t	 traits;	/* MESSAGE_*, of the bytes so far */
	bool		 in_body;	/* past the header */
	bool		 line_empty;	/* so far, not counting CR */
	/* Results, valid after parse_finish(): */
	uint64_t	 wire;		/* octets on the wire */
	struct buf	 blob;
	struct buf	 headers;
	struct buf	 gist;
};

/* Start on a message. */
void	 parse_init(struct parse *p);
/* Feed the next bytes of the message. */
void	 parse_feed(struct parse *p, struct slice data);
/*
 * Finish at the end of the message and make the results.  Returns 0, or -1
 * with errno ENOMEM if a limit of memory was reached.
 */
int	 parse_finish(struct parse *p);
/* Free everything. */
void	 parse_clear(struct parse *p);
/* Free everything but the results. */
void	 parse_trim(struct parse *p);
/*
 * Start on another message in the same memory.  The results of the last
 * message are lost.
 */
void	 parse_reset(struct parse *p);
/*
 * Read a file of that size, from where the parsing left off, and finish at its
 * end.  Stops early once timer_ns() is past until_ns.  Returns 1 when
 * finished, 0 to be called again, or -1 with errno.
 */
int	 parse_file(struct parse *p, int fd, uint64_t size,
	    uint64_t until_ns);

#endif
