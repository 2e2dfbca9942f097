/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Parsing of the section and the partial of BODY[...]<...> (RFC 3501, section
 * 9).
 */

#ifndef IMAPD_SECTION_H
#define IMAPD_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "imapd/arg.h"
#include "imapd/reply.h"

/* Part numbers in a section: the depth limit of the MIME parser. */
#define SECTION_PARTS_MAX	100
/* Names in HEADER.FIELDS: each is compared to each field of a header. */
#define SECTION_FIELDS_MAX	256

/* Which text of a part is wanted (section-text). */
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
 * Parse "[1.2.HEADER.FIELDS (From To)]", brackets included.  The arrays are in
 * the arena of a; the names of fields are there or in the text of a.
 */
int	 section_parse(struct arg *a, struct section *out);

/* Print a section for a response, with keywords in upper case. */
void	 section_print(struct reply *r, const struct section *sec);

/* Return whether a section is HEADER.FIELDS or HEADER.FIELDS.NOT. */
bool	 section_has_fields(const struct section *sec);

/* Parse "<off.max>", if it comes next; otherwise set both to 0. */
int	 section_partial_parse(struct arg *a, uint32_t *off, uint32_t *max);

#endif
