/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The arguments of LIST and LSUB (RFC 3501, 6.3.8; RFC 5258, section 6). */

#include "config.h"

#include <string.h>

#include "imapd/list_args.h"
#include "imapd/status_items.h"

/* Patterns of one command. */
#define PATTERNS_MAX	64
/* Octets of one: names are shorter by far, and matching costs their product. */
#define PATTERN_MAX	4096

struct list_option {
	const char	*name;
	uint32_t	 bit;
};

static const struct list_option select_options[] = {
	{ "SUBSCRIBED", LIST_SUBSCRIBED },
	{ "REMOTE", LIST_REMOTE },
	{ "RECURSIVEMATCH", LIST_RECURSIVEMATCH },
	{ "SPECIAL-USE", LIST_SPECIAL_USE },
};

static const struct list_option return_options[] = {
	{ "SUBSCRIBED", LIST_SUBSCRIBED },
	{ "CHILDREN", LIST_CHILDREN },
	{ "SPECIAL-USE", LIST_SPECIAL_USE },
	{ "STATUS", LIST_STATUS },
};

static int
parse_option(struct arg *a, const struct list_option *rows, size_t nrows,
    uint32_t *bits, uint32_t *bit)
{
	struct slice word;

	if (arg_word(a, &word) == -1)
		return -1;
	for (size_t i = 0; i < nrows; i++)
		if (slice_caseeq_str(word, rows[i].name)) {
			*bit = rows[i].bit;
			*bits |= *bit;
			return 0;
		}
	return arg_fail(a, "Unknown option of LIST");
}

static int
parse_reference(struct arg *a, struct list_args *l)
{
	if (arg_mailbox(a, &l->reference) == -1 || arg_sp(a) == -1)
		return -1;
	if (l->reference.len > PATTERN_MAX)
		return arg_fail(a, "Reference is too long");
	return 0;
}

/* "(SUBSCRIBED RECURSIVEMATCH) " before the reference. */
static int
parse_select(struct arg *a, struct list_args *l)
{
	uint32_t bit;

	l->extended = true;
	if (arg_char(a, '(') == -1)
		return -1;
	if (!arg_if_char(a, ')')) {
		do {
			if (parse_option(a, select_options,
			    sizeof(select_options) / sizeof(*select_options),
			    &l->select, &bit) == -1)
				return -1;
		} while (arg_if_char(a, ' '));
		if (arg_char(a, ')') == -1)
			return -1;
	}
	/* RFC 5258, 3: it needs another option than REMOTE. */
	if ((l->select & LIST_RECURSIVEMATCH) &&
	    (l->select & LIST_CRITERIA) == 0)
		return arg_fail(a, "RECURSIVEMATCH needs another option");
	return arg_sp(a);
}

static int
add_pattern(struct arg *a, struct list_args *l)
{
	if (l->npatterns == PATTERNS_MAX)
		return arg_fail(a, "Too many patterns");
	if (arg_pattern(a, &l->patterns[l->npatterns]) == -1)
		return -1;
	if (l->patterns[l->npatterns++].len > PATTERN_MAX)
		return arg_fail(a, "Pattern is too long");
	return 0;
}

static int
parse_patterns(struct arg *a, struct list_args *l)
{
	l->patterns = arena_array(a->arena, PATTERNS_MAX,
	    sizeof(*l->patterns));
	if (l->patterns == NULL)
		return arg_fail(a, "Command needs too much memory");
	if (!arg_if_char(a, '('))
		return add_pattern(a, l);
	l->extended = true;
	do {
		if (add_pattern(a, l) == -1)
			return -1;
	} while (arg_if_char(a, ' '));
	return arg_char(a, ')');
}

static int
parse_return(struct arg *a, struct list_args *l)
{
	uint32_t bit;

	l->extended = true;
	if (!arg_if_word(a, "RETURN"))
		return arg_fail(a, "RETURN expected");
	if (arg_sp(a) == -1 || arg_char(a, '(') == -1)
		return -1;
	if (arg_if_char(a, ')'))
		return 0;
	do {
		if (parse_option(a, return_options,
		    sizeof(return_options) / sizeof(*return_options),
		    &l->returns, &bit) == -1)
			return -1;
		if (bit == LIST_STATUS && (arg_sp(a) == -1 ||
		    status_items_parse(a, &l->status) == -1))
			return -1;
	} while (arg_if_char(a, ' '));
	return arg_char(a, ')');
}

int
list_args_parse(struct arg *a, struct list_args *l)
{
	if (arg_sp(a) == -1 ||
	    (arg_peek(a) == '(' && parse_select(a, l) == -1) ||
	    parse_reference(a, l) == -1 || parse_patterns(a, l) == -1)
		return -1;
	if (arg_if_char(a, ' ') && a->p < a->end)
		return parse_return(a, l);
	return 0;
}

/* LSUB is LIST (SUBSCRIBED) that tells of parents with \Noselect. */
int
list_args_parse_lsub(struct arg *a, struct list_args *l)
{
	l->select = LIST_SUBSCRIBED | LIST_RECURSIVEMATCH;
	if (arg_sp(a) == -1 || parse_reference(a, l) == -1)
		return -1;
	l->patterns = arena_array(a->arena, 1, sizeof(*l->patterns));
	if (l->patterns == NULL)
		return arg_fail(a, "Command needs too much memory");
	return add_pattern(a, l);
}

int
list_args_join(struct list_args *l, struct arena *arena)
{
	for (size_t i = 0; i < l->npatterns && l->reference.len > 0; i++) {
		struct slice pattern = l->patterns[i];
		size_t len = l->reference.len + pattern.len;
		char *p = arena_alloc(arena, len);

		if (p == NULL)
			return -1;
		memcpy(p, l->reference.p, l->reference.len);
		if (pattern.len > 0)
			memcpy(p + l->reference.len, pattern.p, pattern.len);
		l->patterns[i] = slice_make(p, len);
	}
	return 0;
}
