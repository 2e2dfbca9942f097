/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Parameters of Content-Type and Content-Disposition (RFC 2045, section 5.1)
 * and their continuations and charsets (RFC 2231).
 *
 * BODYSTRUCTURE shows parameters undecoded; only continuations are joined, so
 * that "name*0*" and "name*1*" become one "name*".  param_get() decodes.
 */
#ifndef STORAGE_PARAM_H
#define STORAGE_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/token.h"

/* Of one field; a thousand of them are an attack, not mail. */
#define PARAM_MAX	256
/* Of all fields of a message: no memory that 10,000 such parts could take. */
#define PARAM_ALL_MAX	50000

struct param {
	struct slice	name;
	struct slice	value;
};

/*
 * Parse what follows the type of a field, from ";" on.  What is not a
 * parameter is passed over.
 *
 * left     how many more the message may have; counts down
 * scratch  working memory, emptied
 * params   in the arena, NULL when there are none
 *
 * Returns 0, or -1 when the arena is full.
 */
int	 param_parse(struct token *t, struct arena *a, size_t *left,
	    struct buf *scratch, struct param **params, size_t *n);

/* The first parameter of exactly that name, case ignored; or NULL. */
const struct param *param_find(const struct param *params, size_t n,
	    const char *name);

/*
 * Append a parameter's value in UTF-8: name, or name* with its charset, or
 * with the encoded words that some senders use against RFC 2047, section 5.
 * Returns 1, 0 if there is none, or -1 over the cap.
 */
int	 param_get(struct buf *out, const struct param *params, size_t n,
	    const char *name);

#endif
