/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The section and the partial of BODY[...]<...> (RFC 3501, section 9). */

#include "config.h"

#include <string.h>

#include "imapd/arg.h"

struct section_row {
	const char	*name;
	enum section_text text;
};

static const struct section_row section_rows[] = {
	{ "HEADER", SECTION_HEADER },
	{ "HEADER.FIELDS", SECTION_FIELDS },
	{ "HEADER.FIELDS.NOT", SECTION_FIELDS_NOT },
	{ "TEXT", SECTION_TEXT },
	{ "MIME", SECTION_MIME },
};

/* The part numbers, and the dot behind them if more follows. */
static int
section_parts(struct arg *a, struct section *out)
{
	uint32_t number;

	if (arg_peek(a) < '0' || arg_peek(a) > '9')
		return 0;
	out->parts = arena_array(a->arena, ARG_PARTS_MAX,
	    sizeof(*out->parts));
	if (out->parts == NULL)
		return arg_fail(a, "Command needs too much memory");
	do {
		if (out->nparts > 0 &&
		    (arg_peek(a) < '0' || arg_peek(a) > '9'))
			return 1;
		if (out->nparts == ARG_PARTS_MAX)
			return arg_fail(a, "Too many parts in section");
		if (arg_nz_number(a, &number) == -1)
			return -1;
		out->parts[out->nparts++] = number;
	} while (arg_if_char(a, '.'));
	return 0;
}

/* The names of HEADER.FIELDS: a parenthesised list, not empty. */
static int
section_fields(struct arg *a, struct section *out)
{
	const struct arg start = *a;
	struct slice name;

	if (arg_sp(a) == -1 || arg_char(a, '(') == -1)
		return -1;
	do {
		if (arg_astring(a, &name) == -1)
			return -1;
		if (++out->nfields > ARG_FIELDS_MAX)
			return arg_fail(a, "Too many fields in section");
	} while (arg_if_char(a, ' '));
	if (arg_char(a, ')') == -1)
		return -1;

	/* Once more, now that their number is known. */
	*a = start;
	out->fields = arena_array(a->arena, out->nfields,
	    sizeof(*out->fields));
	if (out->fields == NULL)
		return arg_fail(a, "Command needs too much memory");
	a->p += 2;
	for (size_t i = 0; i < out->nfields; i++) {
		if (arg_astring(a, &out->fields[i]) == -1)
			return -1;
		a->p++;
	}
	return 0;
}

static int
section_text(struct arg *a, struct section *out)
{
	struct slice word;

	if (arg_word(a, &word) == -1)
		return arg_fail(a, "Bad section");
	for (size_t i = 0; i < sizeof(section_rows) / sizeof(*section_rows);
	    i++) {
		if (!slice_caseeq_str(word, section_rows[i].name))
			continue;
		out->text = section_rows[i].text;
		if (out->text == SECTION_MIME && out->nparts == 0)
			return arg_fail(a, "MIME needs a part number");
		if (out->text == SECTION_FIELDS ||
		    out->text == SECTION_FIELDS_NOT)
			return section_fields(a, out);
		return 0;
	}
	return arg_fail(a, "Bad section");
}

int
arg_section(struct arg *a, struct section *out)
{
	int more;

	memset(out, 0, sizeof(*out));
	if (arg_char(a, '[') == -1 || (more = section_parts(a, out)) == -1)
		return -1;
	if (more == 1 || (out->nparts == 0 && arg_peek(a) != ']'))
		if (section_text(a, out) == -1)
			return -1;
	return arg_char(a, ']');
}

int
arg_partial(struct arg *a, uint32_t *off, uint32_t *max)
{
	*off = 0;
	*max = 0;
	if (!arg_if_char(a, '<'))
		return 0;
	if (arg_number(a, off) == -1 || arg_char(a, '.') == -1 ||
	    arg_nz_number(a, max) == -1)
		return -1;
	return arg_char(a, '>');
}
