/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Parameters of Content-Type and Content-Disposition (RFC 2045, section 5.1)
 * and their continuations and charsets (RFC 2231).
 *
 * Parameters stay undecoded, as BODYSTRUCTURE shows them.  Only continuations
 * are joined, so that "name*0*" and "name*1*" become one "name*".
 */
#ifndef STORAGE_MIME_PARAM_H
#define STORAGE_MIME_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/token.h"

/* Parameters of one field; a thousand of them are an attack, not mail. */
#define PARAM_MAX	256
/* Parameters of one message: 10,000 parts may not have PARAM_MAX each. */
#define PARAM_ALL_MAX	50000

struct param {
	struct slice	name;
	struct slice	value;
};

/*
 * Parse the rest of a field, from the ";" after its type on.  Text that is not
 * a parameter is skipped.
 *
 * left     how many more parameters the message may have; counted down
 * scratch  working memory; its contents are lost
 * params   set to an array in the arena, or to NULL if there are none
 *
 * Returns 0, or -1 if the arena is full.
 */
int	 param_parse(struct token *t, struct arena *a, size_t *left,
	    struct buf *scratch, struct param **params, size_t *n);

/* Return the first parameter of exactly this name, ignoring case, or NULL. */
const struct param *param_find(const struct param *params, size_t n,
	    const char *name);

#endif
