/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* A message parsed as its bytes come: what the table content keeps of it. */

#ifndef STORAGE_PARSE_H
#define STORAGE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/mime.h"
#include "storage/types.h"

struct parse {
	struct arena	 arena;
	struct mime_parser *mime;
	uint64_t	 raw;		/* bytes so far */
	uint32_t	 traits;	/* MESSAGE_*, of what came so far */
	bool		 in_body;	/* past the header */
	bool		 line_empty;	/* so far; a CR does not count */
	/* After parse_finish(): */
	uint64_t	 wire;		/* octets on the wire */
	struct buf	 blob;
	struct buf	 headers;
	struct buf	 gist;
};

/* Begin a message. */
void	 parse_init(struct parse *p);
/* The next bytes of it. */
void	 parse_feed(struct parse *p, struct slice data);
/* Returns 0, or -1 when memory is short. */
int	 parse_finish(struct parse *p);
/* Free all. */
void	 parse_clear(struct parse *p);
/* Give up all but what was found. */
void	 parse_trim(struct parse *p);
/* Another message with the memory of the last, which is forgotten. */
void	 parse_reset(struct parse *p);
/*
 * Read a file of that size from where this one is, and finish at its end;
 * stop when the time, in ns of timer_ns(), has come.  1: finished, 0: to be
 * called again, -1 with errno.
 */
int	 parse_file(struct parse *p, int fd, uint64_t size,
	    uint64_t until_ns);

#endif
