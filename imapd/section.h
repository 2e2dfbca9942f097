/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The section and the partial of BODY[...]<...> (RFC 3501, section 9).
 */

#ifndef IMAPD_SECTION_H
#define IMAPD_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "imapd/arg.h"
#include "imapd/reply.h"

/* Parts in a section, the depth that the MIME parser goes to. */
#define SECTION_PARTS_MAX	100
/* Names in HEADER.FIELDS: each is looked for in each field of a header. */
#define SECTION_FIELDS_MAX	256

/* What is asked of a part (section-text). */
enum section_text {
	SECTION_ALL,		/* BODY[], BODY[1] */
	SECTION_HEADER,
	SECTION_FIELDS,
	SECTION_FIELDS_NOT,
	SECTION_TEXT,
	SECTION_MIME
};

struct section {
	enum section_text text;
	uint32_t	*parts;
	size_t		 nparts;
	struct slice	*fields;	/* names of HEADER.FIELDS[.NOT] */
	size_t		 nfields;
};

/*
 * Parse "[1.2.HEADER.FIELDS (From To)]", brackets included.  Parts and fields
 * are in the argument's arena, names of fields partly in its text.
 */
int	 section_parse(struct arg *a, struct section *out);

/* Print it, with upper case words, as an answer has it. */
void	 section_print(struct reply *r, const struct section *sec);

/* It is HEADER.FIELDS or HEADER.FIELDS.NOT. */
bool	 section_has_fields(const struct section *sec);

/* Parse "<off.max>", if it stands next; otherwise both are 0. */
int	 section_partial_parse(struct arg *a, uint32_t *off, uint32_t *max);

#endif
