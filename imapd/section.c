/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* See section.h. */

#include "config.h"

#include <string.h>

#include "common/base/table.h"
#include "imapd/section.h"

static const char *const section_names[] = {
	[SECTION_ALL] = "",
	[SECTION_HEADER] = "HEADER",
	[SECTION_FIELDS] = "HEADER.FIELDS",
	[SECTION_FIELDS_NOT] = "HEADER.FIELDS.NOT",
	[SECTION_TEXT] = "TEXT",
	[SECTION_MIME] = "MIME",
};

bool
section_has_fields(const struct section *sec)
{
	return sec->text == SECTION_FIELDS ||
	    sec->text == SECTION_FIELDS_NOT;
}

/*
 * Parse the part numbers, if any.  Returns 1 if they end in a dot, so that a
 * word must follow, 0 otherwise, or -1 on error.
 */
static int
parse_parts(struct arg *a, struct section *out)
{
	uint32_t number;

	if (arg_peek(a) < '0' || arg_peek(a) > '9')
		return 0;
	out->parts = arena_array(a->arena, SECTION_PARTS_MAX,
	    sizeof(*out->parts));
	if (out->parts == NULL)
		return arg_memory(a);
	do {
		if (out->nparts > 0 &&
		    (arg_peek(a) < '0' || arg_peek(a) > '9'))
			return 1;
		if (out->nparts == SECTION_PARTS_MAX)
			return arg_fail(a, "Too many parts in section");
		if (arg_nz_number(a, &number) == -1)
			return -1;
		out->parts[out->nparts++] = number;
	} while (arg_if_char(a, '.'));
	return 0;
}

/* Parse the names of HEADER.FIELDS, a list with at least one name. */
static int
parse_fields(struct arg *a, struct section *out)
{
	int rc;

	out->fields = arena_array(a->arena, SECTION_FIELDS_MAX,
	    sizeof(*out->fields));
	if (out->fields == NULL)
		return arg_memory(a);
	if (arg_sp(a) == -1)
		return -1;
	while ((rc = arg_list_next(a, &out->nfields)) == 1) {
		if (out->nfields > SECTION_FIELDS_MAX)
			return arg_fail(a, "Too many fields in section");
		if (arg_astring(a, &out->fields[out->nfields - 1]) == -1)
			return -1;
	}
	return rc;
}

static int
parse_text(struct arg *a, struct section *out)
{
	struct slice word;
	size_t i;

	if (arg_word(a, &word) == -1)
		return arg_fail(a, "Bad section");
	for (i = SECTION_HEADER; i < NROWS(section_names); i++)
		if (slice_caseeq_str(word, section_names[i]))
			break;
	if (i == NROWS(section_names))
		return arg_fail(a, "Bad section");
	out->text = (enum section_text)i;
	if (out->text == SECTION_MIME && out->nparts == 0)
		return arg_fail(a, "MIME needs a part number");
	return section_has_fields(out) ? parse_fields(a, out) : 0;
}

int
section_parse(struct arg *a, struct section *out)
{
	int more;

	memset(out, 0, sizeof(*out));
	if (arg_char(a, '[') == -1 || (more = parse_parts(a, out)) == -1)
		return -1;
	if (more == 1 || (out->nparts == 0 && arg_peek(a) != ']'))
		if (parse_text(a, out) == -1)
			return -1;
	return arg_char(a, ']');
}

void
section_print(struct reply *r, const struct section *sec)
{
	reply_char(r, '[');
	for (size_t i = 0; i < sec->nparts; i++) {
		if (i > 0)
			reply_char(r, '.');
		reply_number(r, sec->parts[i]);
	}
	if (sec->nparts > 0 && sec->text != SECTION_ALL)
		reply_char(r, '.');
	reply_str(r, section_names[sec->text]);
	for (size_t i = 0; i < sec->nfields; i++) {
		reply_str(r, i == 0 ? " (" : " ");
		reply_astring(r, sec->fields[i]);
	}
	reply_str(r, sec->nfields > 0 ? ")]" : "]");
}

int
section_partial_parse(struct arg *a, uint32_t *off, uint32_t *max)
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
