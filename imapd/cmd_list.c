/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * LIST and LSUB (RFC 3501, 6.3.8 and 6.3.9), CHILDREN (RFC 3348),
 * LIST-EXTENDED (RFC 5258), SPECIAL-USE (RFC 6154), LIST-STATUS (RFC 5819).
 *
 * The store returns all mailboxes, subscribed names and implied parents.  What
 * the client sees of them is decided here.  Errors are answered before the
 * first line is sent: a client must never take a partial list for a complete
 * one.
 */

#include "config.h"

#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/list_select.h"
#include "imapd/session_op.h"
#include "imapd/special_use.h"
#include "imapd/status_items.h"

enum { LIST, LSUB };

struct cmd_list {
	struct list_args list;
	struct op	*op;
	const struct mailbox_info *boxes;
	size_t		 nboxes;
	size_t		 next;		/* index into boxes */
	bool		 ready;		/* above is complete */
	struct list_above above;
	struct list_matching matching;	/* of boxes[next] */
	struct op	*status_op;	/* STATUS of boxes[next] */
};

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
	/* Older clients know only \Noselect, which it implies (5258, 3). */
	if (box->attrs & MAILBOX_NONEXISTENT)
		print_attr(r, "\\NonExistent", &first);
	if (((c->list.returns | c->list.select) & LIST_SUBSCRIBED) &&
	    (box->attrs & MAILBOX_SUBSCRIBED))
		print_attr(r, "\\Subscribed", &first);
	print_attr(r, box->attrs & MAILBOX_CHILDREN ? "\\HasChildren" :
	    "\\HasNoChildren", &first);
	special_use_print(r, box->use, &first);
}

/* Print "* LIST (" or "* LSUB ("; the attributes follow. */
static void
print_begin(struct session *s)
{
	reply_untagged(&s->reply, s->cmd.row->name);
	reply_str(&s->reply, " (");
}

static void
print_name(struct session *s, struct slice name)
{
	struct reply *r = &s->reply;

	reply_str(r, ") \"");
	reply_char(r, s->names.separator);
	reply_str(r, "\" ");
	reply_mailbox(r, name, &s->names);
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
 * Print a mailbox for LSUB.  The parent of a subscribed mailbox is listed with
 * \Noselect if it is not subscribed itself and the pattern ends in %, which
 * does not match the children (RFC 3501, 6.3.9).
 */
static bool
print_lsub(struct session *s, const struct cmd_list *c, size_t i)
{
	const struct mailbox_info *box = &c->boxes[i];
	const char *attr = "";

	if ((box->attrs & MAILBOX_SUBSCRIBED) == 0) {
		struct slice pattern = c->list.patterns[0];

		if (c->above.marks == NULL || !c->above.marks[i] ||
		    pattern.len == 0 || pattern.p[pattern.len - 1] != '%')
			return false;
		attr = "\\Noselect";
	}
	print_begin(s);
	reply_str(&s->reply, attr);
	print_name(s, box->name);
	reply_end(&s->reply);
	return true;
}

/*
 * Print one mailbox that a pattern matches, if it is to be listed.  Returns
 * false if it was not, or only as the parent of a match: then no STATUS
 * follows.
 */
static bool
print_box(struct session *s, const struct cmd_list *c, size_t i)
{
	bool lsub = s->cmd.row->arg == LSUB;
	const struct mailbox_info *box = &c->boxes[i];
	unsigned int above = c->above.marks != NULL ?
	    c->above.marks[i] : 0;
	bool selected = list_select_meets(&c->list, box);

	if (lsub)
		return print_lsub(s, c, i);
	/* RFC 5258, 3.5: no parent if all children that match are listed. */
	if (!selected && (above & LIST_ABOVE_HIDDEN) == 0)
		return false;
	print_begin(s);
	print_attrs(s, c, box);
	print_name(s, box->name);
	if (above)
		print_childinfo(&s->reply, c->list.select);
	reply_end(&s->reply);
	return selected;
}

/*
 * Print the STATUS of the mailbox that was just listed.  If STATUS fails, the
 * response is left out (RFC 5819, 2).
 */
static enum run
print_status(struct session *s, struct cmd_list *c)
{
	const struct mailbox_info *box = &c->boxes[c->next];
	enum run r;

	op_on_wake(c->status_op, session_wake, s);
	r = op_run(c->status_op);
	if (r == RUN_MORE || r == RUN_WAIT)
		return r;
	if (r == RUN_DONE)
		status_items_print(s, box->name, c->list.status,
		    status_result(c->status_op));
	op_free(c->status_op);
	c->status_op = NULL;
	return RUN_DONE;
}

/* LIST "" "" asks for the separator only (RFC 3501, 6.3.8). */
static bool
print_root(struct session *s, const struct cmd_list *c)
{
	const struct list_args *l = &c->list;

	if (l->npatterns != 1 || l->patterns[0].len > 0 || l->extended)
		return false;
	print_begin(s);
	reply_str(&s->reply, "\\Noselect");
	print_name(s, slice_make("", 0));
	reply_end(&s->reply);
	return true;
}

/* List boxes[next], with its STATUS if that is wanted. */
static enum run
list_box(struct session *s, struct cmd_list *c)
{
	const struct mailbox_info *box = &c->boxes[c->next];
	enum run r;

	if (c->status_op == NULL) {
		r = list_select_match(s, &c->list, box->name, &c->matching);
		if (r != RUN_DONE)
			return r;
		if (c->matching.match && print_box(s, c, c->next) &&
		    (c->list.returns & LIST_STATUS) && (box->attrs &
		    (MAILBOX_NOSELECT | MAILBOX_NONEXISTENT)) == 0)
			c->status_op = status_new(s->store, box->name);
	}
	return c->status_op == NULL ? RUN_DONE : print_status(s, c);
}

static enum run
begin(struct session *s, struct cmd_list *c)
{
	enum run r;

	if (c->op == NULL) {
		if (c->list.status & STATUS_HIGHESTMODSEQ)
			session_condstore(s);
		c->op = list_new(s->store);
	}
	if ((r = session_op(s, c->op)) != RUN_DONE)
		return r;
	c->boxes = list_result(c->op, &c->nboxes);
	if (list_args_join(&c->list, &s->cmd.arena) == -1)
		return answer_memory(s);
	return RUN_DONE;
}

static enum parsed
cmd_list_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_list *c = args;

	(void)s;
	return list_args_parse(a, &c->list) == -1 ? PARSE_BAD : PARSE_OK;
}

static enum parsed
cmd_lsub_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_list *c = args;

	(void)s;
	return list_args_parse_lsub(a, &c->list) == -1 ? PARSE_BAD :
	    PARSE_OK;
}

static enum run
cmd_list_run(struct session *s, void *args)
{
	struct cmd_list *c = args;
	enum run r;

	if (c->op == NULL && print_root(s, c))
		return RUN_DONE;
	if (c->boxes == NULL && ((r = begin(s, c)) != RUN_DONE ||
	    c->boxes == NULL))
		return r;
	if (!c->ready && (c->list.select & LIST_RECURSIVEMATCH) &&
	    (r = list_select_above(s, &c->list, c->boxes, c->nboxes,
	    &c->above)) != RUN_DONE)
		return r;
	c->ready = true;
	while (c->next < c->nboxes) {
		if ((r = list_box(s, c)) != RUN_DONE)
			return r;
		c->next++;
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
	}
	return RUN_DONE;
}

static void
cmd_list_clear(void *args)
{
	struct cmd_list *c = args;

	op_free(c->status_op);
	op_free(c->op);
}

static const struct command cmd_list_rows[] = {
	{ .name = "LIST", .in = STATE_ANY, .arg = LIST,
	    .args_size = sizeof(struct cmd_list),
	    .parse = cmd_list_parse, .run = cmd_list_run,
	    .clear = cmd_list_clear },
	{ .name = "LSUB", .in = STATE_ANY, .arg = LSUB,
	    .args_size = sizeof(struct cmd_list),
	    .parse = cmd_lsub_parse, .run = cmd_list_run,
	    .clear = cmd_list_clear },
};

const struct command_family cmd_list = COMMAND_FAMILY(cmd_list_rows);
