/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What the header fields of a part say: its envelope, its Content fields, and
 * the kind of part that it is.  Only mime.c uses this.
 */

#ifndef STORAGE_MIME_MIME_FIELD_H
#define STORAGE_MIME_MIME_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "storage/mime/mime_part.h"

/* What the headers of one message share. */
struct mime_fields {
	struct arena		*arena;
	struct mime_part	*part;		/* the part to fill in */
	size_t			 address_left;	/* rest of ADDRESS_MAX */
	size_t			 param_left;	/* rest of PARAM_ALL_MAX */
	struct buf		 scratch;
	bool			 failed;	/* the arena is full */
};

/* Start on a message.  What is found in its headers is made in the arena. */
void	 mime_fields_init(struct mime_fields *p, struct arena *a);

/* Start on another message, after the arena was reset. */
void	 mime_fields_reset(struct mime_fields *p);

/* Free everything but what is in the arena. */
void	 mime_fields_clear(struct mime_fields *p);

/*
 * Fill in a part from its header, which is copied to the arena.  The parts
 * around it must be filled in already.  Returns 0, or -1 if the arena is full.
 */
int	 mime_fields_parse(struct mime_fields *p, struct mime_part *part,
	    const struct buf *header);

#endif
