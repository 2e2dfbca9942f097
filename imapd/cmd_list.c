/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * LIST and LSUB (RFC 3501, 6.3.8 and 6.3.9), LIST-EXTENDED (RFC 5258),
 * SPECIAL-USE (RFC 6154), LIST-STATUS (RFC 5819).
 *
 * The store gives all mailboxes, subscribed names and implied parents; what a
 * client sees of them is decided here.  An error comes before the first line:
 * a client must never take half a list for all of it.
 */

#include "config.h"

#include <stdlib.h>

#include "imapd/cmd.h"
#include "imapd/list_match.h"
#include "imapd/special_use.h"

#define LIST_SUBSCRIBED		(1U << 0)
#define LIST_REMOTE		(1U << 1)
#define LIST_RECURSIVEMATCH	(1U << 2)
#define LIST_SPECIAL_USE	(1U << 3)
#define LIST_CHILDREN		(1U << 4)
#define LIST_STATUS		(1U << 5)

/* What RECURSIVEMATCH can be combined with and be told in CHILDINFO. */
#define LIST_CRITERIA	(LIST_SUBSCRIBED | LIST_SPECIAL_USE)

/* Patterns of one command. */
#define PATTERNS_MAX	64

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

/* "(SUBSCRIBED RECURSIVEMATCH) " before the reference. */
static int
parse_select(struct arg *a, struct cmd_list *c)
{
	uint32_t bit;

	c->extended = true;
	if (arg_char(a, '(') == -1)
		return -1;
	if (!arg_if_char(a, ')')) {
		do {
			if (parse_option(a, select_options,
			    sizeof(select_options) / sizeof(*select_options),
			    &c->select, &bit) == -1)
				return -1;
		} while (arg_if_char(a, ' '));
		if (arg_char(a, ')') == -1)
			return -1;
	}
	/* RFC 5258, 3: it needs another option than REMOTE. */
	if ((c->select & LIST_RECURSIVEMATCH) &&
	    (c->select & LIST_CRITERIA) == 0)
		return arg_fail(a, "RECURSIVEMATCH needs another option");
	return arg_sp(a);
}

static int
add_pattern(struct arg *a, struct cmd_list *c)
{
	if (c->npatterns == PATTERNS_MAX)
		return arg_fail(a, "Too many patterns");
	return arg_pattern(a, &c->patterns[c->npatterns]) == -1 ? -1 :
	    (int)(++c->npatterns);
}

static int
parse_patterns(struct arg *a, struct cmd_list *c)
{
	c->patterns = arena_array(a->arena, PATTERNS_MAX,
	    sizeof(*c->patterns));
	if (c->patterns == NULL)
		return arg_fail(a, "Command needs too much memory");
	if (!arg_if_char(a, '('))
		return add_pattern(a, c);
	c->extended = true;
	do {
		if (add_pattern(a, c) == -1)
			return -1;
	} while (arg_if_char(a, ' '));
	return arg_char(a, ')');
}

static int
parse_return(struct arg *a, struct cmd_list *c)
{
	uint32_t bit;

	c->extended = true;
	if (!arg_if_word(a, "RETURN"))
		return arg_fail(a, "RETURN expected");
	if (arg_sp(a) == -1 || arg_char(a, '(') == -1)
		return -1;
	if (arg_if_char(a, ')'))
		return 0;
	do {
		if (parse_option(a, return_options,
		    sizeof(return_options) / sizeof(*return_options),
		    &c->returns, &bit) == -1)
			return -1;
		if (bit == LIST_STATUS && (arg_sp(a) == -1 ||
		    status_parse_items(a, &c->status) == -1))
			return -1;
	} while (arg_if_char(a, ' '));
	return arg_char(a, ')');
}

enum parsed
cmd_list_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_list *c = args;

	(void)s;
	if (arg_sp(a) == -1)
		return PARSE_BAD;
	if (arg_peek(a) == '(' && parse_select(a, c) == -1)
		return PARSE_BAD;
	if (arg_mailbox(a, &c->reference) == -1 || arg_sp(a) == -1 ||
	    parse_patterns(a, c) == -1)
		return PARSE_BAD;
	if (arg_if_char(a, ' ') && a->p < a->end &&
	    parse_return(a, c) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

/* LSUB is LIST (SUBSCRIBED) that tells of parents with \Noselect. */
enum parsed
cmd_lsub_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_list *c = args;

	(void)s;
	c->select = LIST_SUBSCRIBED | LIST_RECURSIVEMATCH;
	if (arg_sp(a) == -1 || arg_mailbox(a, &c->reference) == -1 ||
	    arg_sp(a) == -1)
		return PARSE_BAD;
	c->patterns = arena_array(a->arena, 1, sizeof(*c->patterns));
	if (c->patterns == NULL || add_pattern(a, c) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

/* Put the reference before each pattern. */
static int
join_reference(struct session *s, struct cmd_list *c)
{
	for (size_t i = 0; i < c->npatterns && c->reference.len > 0; i++) {
		struct slice pattern = c->patterns[i];
		size_t len = c->reference.len + pattern.len;
		char *p = arena_alloc(&s->cmd.arena, len);

		if (p == NULL)
			return -1;
		memcpy(p, c->reference.p, c->reference.len);
		if (pattern.len > 0)
			memcpy(p + c->reference.len, pattern.p, pattern.len);
		c->patterns[i] = slice_make(p, len);
	}
	return 0;
}

/* The criteria that a mailbox itself meets. */
static bool
selected(const struct cmd_list *c, const struct mailbox_info *box)
{
	if ((c->select & LIST_SUBSCRIBED) &&
	    (box->attrs & MAILBOX_SUBSCRIBED) == 0)
		return false;
	if ((c->select & LIST_SPECIAL_USE) && box->use == 0)
		return false;
	if (c->select & LIST_SUBSCRIBED)
		return true;
	/* Without that, names that are only subscribed are not there. */
	return (box->attrs & MAILBOX_NONEXISTENT) == 0 ||
	    (box->attrs & MAILBOX_CHILDREN) != 0;
}

struct by_name {
	struct slice	 name;
	size_t		 index;
};

static int
compare_names(const void *a, const void *b)
{
	return slice_cmp(((const struct by_name *)a)->name,
	    ((const struct by_name *)b)->name);
}

/* Find which names have a selected one below them. */
static int
find_above(struct session *s, struct cmd_list *c)
{
	struct by_name *sorted, key, *found;

	c->above = arena_calloc(&s->cmd.arena, c->nboxes + 1, sizeof(bool));
	sorted = arena_array(&s->cmd.arena, c->nboxes + 1, sizeof(*sorted));
	if (c->above == NULL || sorted == NULL)
		return -1;
	for (size_t i = 0; i < c->nboxes; i++)
		sorted[i] = (struct by_name){ c->boxes[i].name, i };
	qsort(sorted, c->nboxes, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < c->nboxes; i++) {
		if (!selected(c, &c->boxes[i]))
			continue;
		key.name = c->boxes[i].name;
		for (size_t at = key.name.len; at-- > 0; ) {
			if (key.name.p[at] != '/')
				continue;
			key.name.len = at;
			found = bsearch(&key, sorted, c->nboxes,
			    sizeof(*sorted), compare_names);
			if (found != NULL)
				c->above[found->index] = true;
		}
	}
	return 0;
}

static bool
matches(const struct cmd_list *c, struct slice name)
{
	for (size_t i = 0; i < c->npatterns; i++)
		if (list_match(c->patterns[i], name))
			return true;
	return false;
}

static void
print_attr(struct reply *r, const char *attr, bool *first)
{
	if (!*first)
		reply_char(r, ' ');
	reply_str(r, attr);
	*first = false;
}

static void
print_attrs(struct session *s, const struct cmd_list *c,
    const struct mailbox_info *box)
{
	struct reply *r = &s->reply;
	bool first = true;

	if (box->attrs & (MAILBOX_NOSELECT | MAILBOX_NONEXISTENT))
		print_attr(r, "\\Noselect", &first);
	/* It implies \Noselect, which older clients want to see (5258, 3). */
	if (box->attrs & MAILBOX_NONEXISTENT)
		print_attr(r, "\\NonExistent", &first);
	if (((c->returns | c->select) & LIST_SUBSCRIBED) &&
	    (box->attrs & MAILBOX_SUBSCRIBED))
		print_attr(r, "\\Subscribed", &first);
	print_attr(r, box->attrs & MAILBOX_CHILDREN ? "\\HasChildren" :
	    "\\HasNoChildren", &first);
	special_use_print(r, box->use, &first);
}

static void
print_name(struct session *s, struct slice name)
{
	struct reply *r = &s->reply;

	reply_str(r, ") \"");
	reply_char(r, s->separator);
	reply_str(r, "\" ");
	reply_mailbox(r, name, s->separator);
}

static void
print_childinfo(struct reply *r, uint32_t select)
{
	reply_str(r, " (\"CHILDINFO\" (");
	if (select & LIST_SUBSCRIBED)
		reply_str(r, "\"SUBSCRIBED\"");
	if ((select & LIST_CRITERIA) == LIST_CRITERIA)
		reply_char(r, ' ');
	if (select & LIST_SPECIAL_USE)
		reply_str(r, "\"SPECIAL-USE\"");
	reply_str(r, "))");
}

/*
 * LSUB: a parent of subscribed names that is not itself subscribed is told
 * with \Noselect, where % hides them (RFC 3501, 6.3.9).
 */
static bool
print_lsub(struct session *s, const struct cmd_list *c, size_t i)
{
	const struct mailbox_info *box = &c->boxes[i];

	if ((box->attrs & MAILBOX_SUBSCRIBED) == 0) {
		struct slice pattern = c->patterns[0];

		if (!c->above[i] || pattern.len == 0 ||
		    pattern.p[pattern.len - 1] != '%')
			return false;
		reply_str(&s->reply, "* LSUB (\\Noselect");
	} else
		reply_str(&s->reply, "* LSUB (");
	print_name(s, box->name);
	reply_str(&s->reply, "\r\n");
	return true;
}

/* Print one mailbox; false if it is not among those asked for. */
static bool
print_box(struct session *s, const struct cmd_list *c, size_t i)
{
	bool lsub = (s->cmd.row->flags & CMD_VARIANT) != 0;
	const struct mailbox_info *box = &c->boxes[i];
	bool above = c->above != NULL && c->above[i];

	if (!matches(c, box->name))
		return false;
	if (lsub)
		return print_lsub(s, c, i);
	if (!selected(c, box) && !above)
		return false;
	reply_str(&s->reply, "* LIST (");
	print_attrs(s, c, box);
	print_name(s, box->name);
	if (above)
		print_childinfo(&s->reply, c->select);
	reply_str(&s->reply, "\r\n");
	return true;
}

/* STATUS of the mailbox just listed; what can't be had is left out (5819). */
static enum run
list_status(struct session *s, struct cmd_list *c)
{
	const struct mailbox_info *box = &c->boxes[c->next];
	enum run r;

	op_on_wake(c->status_op, session_wake, s);
	r = op_run(c->status_op);
	if (r == RUN_MORE || r == RUN_WAIT)
		return r;
	if (r == RUN_DONE)
		status_print(s, box->name, c->status,
		    status_result(c->status_op));
	op_free(c->status_op);
	c->status_op = NULL;
	return RUN_DONE;
}

/* LIST "" "" asks for the separator only (RFC 3501, 6.3.8). */
static bool
list_root(struct session *s, const struct cmd_list *c)
{
	if (c->npatterns != 1 || c->patterns[0].len > 0 || c->extended)
		return false;
	reply_str(&s->reply, s->cmd.row->flags & CMD_VARIANT ?
	    "* LSUB (\\Noselect" : "* LIST (\\Noselect");
	print_name(s, slice_make("", 0));
	reply_str(&s->reply, "\r\n");
	return true;
}

static enum run
list_begin(struct session *s, struct cmd_list *c)
{
	enum run r;

	if (c->op == NULL) {
		if (c->status & STATUS_HIGHESTMODSEQ)
			session_condstore(s);
		c->op = list_new(s->store);
	}
	if ((r = session_op(s, c->op)) != RUN_DONE)
		return r;
	c->boxes = list_result(c->op, &c->nboxes);
	if (join_reference(s, c) == -1 ||
	    ((c->select & LIST_RECURSIVEMATCH) && find_above(s, c) == -1))
		return answer_no(s, CODE_LIMIT, "Out of memory.");
	return RUN_DONE;
}

enum run
cmd_list_run(struct session *s, void *args)
{
	struct cmd_list *c = args;
	enum run r;

	if (c->op == NULL && list_root(s, c))
		return RUN_DONE;
	if (c->boxes == NULL && ((r = list_begin(s, c)) != RUN_DONE ||
	    c->boxes == NULL))
		return r;
	while (c->next < c->nboxes) {
		const struct mailbox_info *box = &c->boxes[c->next];

		if (c->status_op == NULL && print_box(s, c, c->next) &&
		    (c->returns & LIST_STATUS) && (box->attrs &
		    (MAILBOX_NOSELECT | MAILBOX_NONEXISTENT)) == 0)
			c->status_op = status_new(s->store, box->name);
		if (c->status_op != NULL &&
		    (r = list_status(s, c)) != RUN_DONE)
			return r;
		c->next++;
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
	}
	return RUN_DONE;
}

void
cmd_list_clear(void *args)
{
	struct cmd_list *c = args;

	op_free(c->status_op);
	op_free(c->op);
}
