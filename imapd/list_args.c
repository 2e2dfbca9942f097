/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The arguments of LIST and LSUB (RFC 3501, 6.3.8; RFC 5258, section 6). */

#include "config.h"

#include <string.h>

#include "common/base/table.h"
#include "imapd/list_args.h"
#include "imapd/status_items.h"

/* Patterns in one command. */
#define PATTERNS_MAX	64
/*
 * Octets of a pattern.  Names are far shorter, and the cost of a match is the
 * product of both lengths.
 */
#define PATTERN_MAX	4096

static const struct arg_bit select_options[] = {
	{ .name = "SUBSCRIBED", .bit = LIST_SUBSCRIBED },
	{ .name = "REMOTE", .bit = LIST_REMOTE },
	{ .name = "RECURSIVEMATCH", .bit = LIST_RECURSIVEMATCH },
	{ .name = "SPECIAL-USE", .bit = LIST_SPECIAL_USE },
};

static const struct arg_bit return_options[] = {
	{ .name = "SUBSCRIBED", .bit = LIST_SUBSCRIBED },
	{ .name = "CHILDREN", .bit = LIST_CHILDREN },
	{ .name = "SPECIAL-USE", .bit = LIST_SPECIAL_USE },
	{ .name = "STATUS", .bit = LIST_STATUS },
};

#define UNKNOWN_OPTION	"Unknown option of LIST"

static int
parse_reference(struct arg *a, struct list_args *l)
{
	if (arg_mailbox(a, &l->reference) == -1 || arg_sp(a) == -1)
		return -1;
	if (l->reference.len > PATTERN_MAX)
		return arg_fail(a, "Reference is too long");
	return 0;
}

/* Parse "(SUBSCRIBED RECURSIVEMATCH) " before the reference. */
static int
parse_select(struct arg *a, struct list_args *l)
{
	size_t n = 0;
	int rc = 0;

	l->extended = true;
	if (!arg_if_empty_list(a))
		while ((rc = arg_list_next(a, &n)) == 1)
			if (arg_bits(a, select_options,
			    NROWS(select_options), UNKNOWN_OPTION,
			    &l->select) == -1)
				return -1;
	if (rc == -1)
		return -1;
	/* RFC 5258, 3: REMOTE is not enough for RECURSIVEMATCH. */
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
	size_t n = 0;
	int rc;

	l->patterns = arena_array(a->arena, PATTERNS_MAX,
	    sizeof(*l->patterns));
	if (l->patterns == NULL)
		return arg_memory(a);
	if (arg_peek(a) != '(')
		return add_pattern(a, l);
	l->extended = true;
	while ((rc = arg_list_next(a, &n)) == 1)
		if (add_pattern(a, l) == -1)
			return -1;
	return rc;
}

static int
parse_return(struct arg *a, struct list_args *l)
{
	uint32_t option;
	size_t n = 0;
	int rc;

	l->extended = true;
	if (!arg_if_word(a, "RETURN"))
		return arg_fail(a, "RETURN expected");
	if (arg_sp(a) == -1)
		return -1;
	if (arg_if_empty_list(a))
		return 0;
	while ((rc = arg_list_next(a, &n)) == 1) {
		option = 0;
		if (arg_bits(a, return_options, NROWS(return_options),
		    UNKNOWN_OPTION, &option) == -1)
			return -1;
		if (option == LIST_STATUS && (arg_sp(a) == -1 ||
		    status_items_parse(a, &l->status) == -1))
			return -1;
		l->returns |= option;
	}
	return rc;
}

int
list_args_parse(struct arg *a, struct list_args *l)
{
	if (arg_sp(a) == -1 ||
	    (arg_peek(a) == '(' && parse_select(a, l) == -1) ||
	    parse_reference(a, l) == -1 || parse_patterns(a, l) == -1)
		return -1;
	if (arg_if_more(a))
		return parse_return(a, l);
	return 0;
}

/*
 * LSUB is LIST (SUBSCRIBED RECURSIVEMATCH), except that it marks parents with
 * \Noselect.
 */
int
list_args_parse_lsub(struct arg *a, struct list_args *l)
{
	l->select = LIST_SUBSCRIBED | LIST_RECURSIVEMATCH;
	if (arg_sp(a) == -1 || parse_reference(a, l) == -1)
		return -1;
	l->patterns = arena_array(a->arena, 1, sizeof(*l->patterns));
	if (l->patterns == NULL)
		return arg_memory(a);
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
