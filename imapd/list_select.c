/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * See list_select.h.  For each mailbox that meets the options, the name of
 * each level above it is looked up by binary search in the sorted names.
 */

#include "config.h"

#include <stdlib.h>

#include "imapd/answer.h"
#include "imapd/list_match.h"
#include "imapd/list_select.h"

bool
list_select_meets(const struct list_args *l, const struct mailbox_info *box)
{
	if ((l->select & LIST_SUBSCRIBED) &&
	    (box->attrs & MAILBOX_SUBSCRIBED) == 0)
		return false;
	if ((l->select & LIST_SPECIAL_USE) && box->use == 0)
		return false;
	if (l->select & LIST_SUBSCRIBED)
		return true;
	/* Without SUBSCRIBED, names that are only subscribed are left out. */
	return (box->attrs & MAILBOX_NONEXISTENT) == 0 ||
	    (box->attrs & MAILBOX_CHILDREN) != 0;
}

enum run
list_select_match(struct session *s, const struct list_args *l,
    struct slice name, struct list_matching *m)
{
	m->match = false;
	while (!m->match && m->next < l->npatterns) {
		m->match = list_match(l->patterns[m->next++], name);
		if (!m->match && m->next < l->npatterns &&
		    wconn_must_yield(s->conn))
			return RUN_MORE;
	}
	m->next = 0;
	return RUN_DONE;
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

/* Sort the mailboxes by name, for the binary search. */
static int
sort_names(struct arena *arena, const struct mailbox_info *boxes,
    size_t nboxes, struct list_above *above)
{
	above->marks = arena_calloc(arena, nboxes + 1,
	    sizeof(*above->marks));
	above->sorted = arena_array(arena, nboxes + 1,
	    sizeof(*above->sorted));
	if (above->marks == NULL || above->sorted == NULL)
		return -1;
	for (size_t i = 0; i < nboxes; i++)
		above->sorted[i] = (struct by_name){ boxes[i].name, i };
	qsort(above->sorted, nboxes, sizeof(*above->sorted), compare_names);
	return 0;
}

/*
 * Mark all names above this name, whose mailbox meets the options.
 *
 * matches  a pattern matches the name
 */
static void
mark_above(size_t nboxes, struct list_above *above, struct slice name,
    bool matches)
{
	struct by_name key = { .name = name }, *found;
	uint8_t mark = LIST_ABOVE;

	if (!matches)
		mark |= LIST_ABOVE_HIDDEN;
	for (size_t at = name.len; at-- > 0; ) {
		if (name.p[at] != '/')
			continue;
		key.name.len = at;
		found = bsearch(&key, above->sorted, nboxes,
		    sizeof(*above->sorted), compare_names);
		if (found != NULL)
			above->marks[found->index] |= mark;
	}
}

enum run
list_select_above(struct session *s, const struct list_args *l,
    const struct mailbox_info *boxes, size_t nboxes,
    struct list_above *above)
{
	if (above->sorted == NULL &&
	    sort_names(&s->cmd.arena, boxes, nboxes, above) == -1)
		return answer_memory(s);
	while (above->next < nboxes) {
		const struct mailbox_info *box = &boxes[above->next];

		if (list_select_meets(l, box)) {
			if (list_select_match(s, l, box->name,
			    &above->matching) == RUN_MORE)
				return RUN_MORE;
			mark_above(nboxes, above, box->name,
			    above->matching.match);
		}
		above->next++;
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
	}
	return RUN_DONE;
}
