/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * See flag.h.  Some clients fetch the FLAGS of all messages whenever they open
 * a mailbox, so printing is optimised.
 */

#include "config.h"

#include <string.h>

#include "common/base/table.h"
#include "imapd/flag.h"

struct flag_row {
	uint32_t	 flag;
	struct slice	 text;
};

static const struct flag_row flag_rows[] = {
	{ .flag = FLAG_SEEN, .text = SLICE_INIT("\\Seen") },
	{ .flag = FLAG_ANSWERED, .text = SLICE_INIT("\\Answered") },
	{ .flag = FLAG_FLAGGED, .text = SLICE_INIT("\\Flagged") },
	{ .flag = FLAG_DELETED, .text = SLICE_INIT("\\Deleted") },
	{ .flag = FLAG_DRAFT, .text = SLICE_INIT("\\Draft") },
};

/* No list of system flags, \Recent and parentheses has more octets. */
#define SYSTEM_MAX	64

/* Parse a system flag whose backslash was already consumed. */
static int
system_flag(struct arg *a, struct flag_args *out)
{
	struct slice name;

	if (arg_atom(a, &name) == -1)
		return -1;
	for (size_t i = 0; i < NROWS(flag_rows); i++)
		if (slice_caseeq(name, slice_from(flag_rows[i].text, 1))) {
			out->names.system |= flag_rows[i].flag;
			return 0;
		}
	if (slice_caseeq_str(name, "Recent"))
		return arg_fail(a, "\\Recent cannot be set");
	return arg_fail(a, "Unknown system flag");
}

static int
one_flag(struct arg *a, struct flag_args *out)
{
	struct flag_names *names = &out->names;
	struct slice name;

	if (arg_if_char(a, '\\'))
		return system_flag(a, out);
	if (arg_atom(a, &name) == -1)
		return -1;
	if (name.len > KEYWORD_LEN_MAX)
		return arg_fail(a, "Keyword is too long");
	for (size_t i = 0; i < names->nkeywords; i++)
		if (slice_caseeq(names->keywords[i], name))
			return 0;
	if (names->nkeywords == FLAG_KEYWORDS_MAX)
		return arg_fail(a, "Too many keywords");
	if (out->keywords == NULL && (out->keywords = arena_array(a->arena,
	    FLAG_KEYWORDS_MAX, sizeof(*out->keywords))) == NULL)
		return arg_memory(a);
	out->keywords[names->nkeywords++] = name;
	names->keywords = out->keywords;
	return 0;
}

int
flag_args_parse(struct arg *a, struct flag_args *out)
{
	size_t n = 0;
	int rc;

	if (arg_if_empty_list(a))
		return 0;
	while ((rc = arg_list_next(a, &n)) == 1)
		if (one_flag(a, out) == -1)
			return -1;
	return rc;
}

int
flag_args_parse_store(struct arg *a, struct flag_args *out)
{
	if (arg_peek(a) == '(')
		return flag_args_parse(a, out);
	do {
		if (one_flag(a, out) == -1)
			return -1;
	} while (arg_if_char(a, ' '));
	return 0;
}

static void
print_keywords(struct reply *r, const struct view *v, uint64_t keywords)
{
	for (;;) {
		unsigned int n = (unsigned int)__builtin_ctzll(keywords);

		reply_slice(r, view_keyword(v, n));
		keywords &= keywords - 1;
		if (keywords == 0)
			return;
		reply_char(r, ' ');
	}
}

void
flag_print(struct reply *r, const struct view *v, const struct flags *flags,
    bool recent)
{
	char *room, *p;

	if (r->failed || buf_reserve(r->out, SYSTEM_MAX, &room) == -1) {
		r->failed = true;
		return;
	}
	p = room;
	*p++ = '(';
	for (size_t i = 0; flags->system != 0 && i < NROWS(flag_rows); i++)
		if (flags->system & flag_rows[i].flag) {
			memcpy(p, flag_rows[i].text.p, flag_rows[i].text.len);
			p += flag_rows[i].text.len;
			*p++ = ' ';
		}
	if (recent) {
		memcpy(p, "\\Recent ", 8);
		p += 8;
	}
	if (flags->keywords == 0) {
		if (p[-1] == ' ')
			p--;
		*p++ = ')';
	}
	buf_commit(r->out, (size_t)(p - room));
	if (flags->keywords != 0) {
		print_keywords(r, v, flags->keywords);
		reply_char(r, ')');
	}
}

void
flag_print_all(struct reply *r, const struct view *v, bool permanent)
{
	reply_char(r, '(');
	if (!permanent || !view_readonly(v)) {
		for (size_t i = 0; i < NROWS(flag_rows); i++) {
			if (i > 0)
				reply_char(r, ' ');
			reply_slice(r, flag_rows[i].text);
		}
		for (unsigned int i = 0; i < view_keywords(v); i++) {
			if (view_keyword(v, i).len == 0)
				continue;
			reply_char(r, ' ');
			reply_slice(r, view_keyword(v, i));
		}
		if (permanent && view_keyword_room(v))
			reply_str(r, " \\*");
	}
	reply_char(r, ')');
}
