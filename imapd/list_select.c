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

int
list_find_above(struct session *s, struct cmd_list *c)
{
	struct by_name *sorted, key, *found;
	uint8_t mark;

	c->above = arena_calloc(&s->cmd.arena, c->nboxes + 1,
	    sizeof(*c->above));
	sorted = arena_array(&s->cmd.arena, c->nboxes + 1, sizeof(*sorted));
	if (c->above == NULL || sorted == NULL)
		return -1;
	for (size_t i = 0; i < c->nboxes; i++)
		sorted[i] = (struct by_name){ c->boxes[i].name, i };
	qsort(sorted, c->nboxes, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < c->nboxes; i++) {
		if (!list_selected(c, &c->boxes[i]))
			continue;
		key.name = c->boxes[i].name;
		mark = LIST_ABOVE;
		if (!list_matches(c, key.name))
			mark |= LIST_ABOVE_HIDDEN;
		for (size_t at = key.name.len; at-- > 0; ) {
			if (key.name.p[at] != '/')
				continue;
			key.name.len = at;
			found = bsearch(&key, sorted, c->nboxes,
			    sizeof(*sorted), compare_names);
			if (found != NULL)
				c->above[found->index] |= mark;
		}
	}
	return 0;
}
