/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Flags as arguments (RFC 3501, section 9, flag): apart from the rest of the
 * parser, since the front knows no messages and links none of the store.
 */

#include "config.h"

#include "imapd/arg.h"
#include "storage/store.h"

struct flag_row {
	const char	*name;
	uint32_t	 flag;
};

static const struct flag_row flag_rows[] = {
	{ "Seen", FLAG_SEEN },
	{ "Answered", FLAG_ANSWERED },
	{ "Flagged", FLAG_FLAGGED },
	{ "Deleted", FLAG_DELETED },
	{ "Draft", FLAG_DRAFT },
};

static int
system_flag(struct arg *a, struct arg_flags *out)
{
	struct slice name;

	if (arg_atom(a, &name) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(flag_rows) / sizeof(*flag_rows); i++)
		if (slice_caseeq_str(name, flag_rows[i].name)) {
			out->system |= flag_rows[i].flag;
			return 0;
		}
	if (slice_caseeq_str(name, "Recent"))
		return arg_fail(a, "\\Recent cannot be set");
	return arg_fail(a, "Unknown system flag");
}

int
arg_flag(struct arg *a, struct arg_flags *out)
{
	struct slice name;

	if (arg_if_char(a, '\\'))
		return system_flag(a, out);
	if (arg_atom(a, &name) == -1)
		return -1;
	if (name.len > KEYWORD_LEN_MAX)
		return arg_fail(a, "Keyword is too long");
	for (size_t i = 0; i < out->nkeywords; i++)
		if (slice_caseeq(out->keywords[i], name))
			return 0;
	if (out->nkeywords == ARG_KEYWORDS_MAX)
		return arg_fail(a, "Too many keywords");
	if (out->keywords == NULL && (out->keywords = arena_array(a->arena,
	    ARG_KEYWORDS_MAX, sizeof(*out->keywords))) == NULL)
		return arg_memory(a);
	out->keywords[out->nkeywords++] = name;
	return 0;
}

int
arg_flag_list(struct arg *a, struct arg_flags *out)
{
	size_t n = 0;
	int rc;

	if (arg_if_empty_list(a))
		return 0;
	while ((rc = arg_list_next(a, &n)) == 1)
		if (arg_flag(a, out) == -1)
			return -1;
	return rc;
}

int
arg_store_flags(struct arg *a, struct arg_flags *out)
{
	if (arg_peek(a) == '(')
		return arg_flag_list(a, out);
	do {
		if (arg_flag(a, out) == -1)
			return -1;
	} while (arg_if_char(a, ' '));
	return 0;
}
