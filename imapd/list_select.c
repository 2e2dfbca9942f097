/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What LIST tells of all there is: see list.h. */

#include "config.h"

#include <stdlib.h>

#include "imapd/list.h"
#include "imapd/list_match.h"

bool
list_selected(const struct cmd_list *c, const struct mailbox_info *box)
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

bool
list_matches(const struct cmd_list *c, struct slice name)
{
	for (size_t i = 0; i < c->npatterns; i++)
		if (list_match(c->patterns[i], name))
			return true;
	return false;
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

/* The names in an order in which they are found. */
static int
sort_names(struct session *s, struct cmd_list *c)
{
	c->above = arena_calloc(&s->cmd.arena, c->nboxes + 1,
	    sizeof(*c->above));
	c->sorted = arena_array(&s->cmd.arena, c->nboxes + 1,
	    sizeof(*c->sorted));
	if (c->above == NULL || c->sorted == NULL)
		return -1;
	for (size_t i = 0; i < c->nboxes; i++)
		c->sorted[i] = (struct by_name){ c->boxes[i].name, i };
	qsort(c->sorted, c->nboxes, sizeof(*c->sorted), compare_names);
	return 0;
}

/* Mark all names above one that is selected. */
static void
mark_above(struct cmd_list *c, struct slice name)
{
	struct by_name key = { .name = name }, *found;
	uint8_t mark = LIST_ABOVE;

	if (!list_matches(c, name))
		mark |= LIST_ABOVE_HIDDEN;
	for (size_t at = name.len; at-- > 0; ) {
		if (name.p[at] != '/')
			continue;
		key.name.len = at;
		found = bsearch(&key, c->sorted, c->nboxes,
		    sizeof(*c->sorted), compare_names);
		if (found != NULL)
			c->above[found->index] |= mark;
	}
}

enum run
list_find_above(struct session *s, struct cmd_list *c)
{
	if (c->sorted == NULL && sort_names(s, c) == -1)
		return answer_no(s, CODE_LIMIT, "Out of memory.");
	while (c->marked < c->nboxes) {
		const struct mailbox_info *box = &c->boxes[c->marked++];

		if (list_selected(c, box))
			mark_above(c, box->name);
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
	}
	return RUN_DONE;
}
