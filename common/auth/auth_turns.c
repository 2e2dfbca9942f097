/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* A queue in which groups take turns; see auth_turns.h. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/auth/auth_turns.h"
#include "common/base/xmalloc.h"

TAILQ_HEAD(auth_group_list, auth_group);
RB_HEAD(auth_group_tree, auth_group);
TAILQ_HEAD(auth_turn_list, auth_turn);

/* A group has either groups or places.  All but the outermost are not empty. */
struct auth_group {
	TAILQ_ENTRY(auth_group)	 entry;		/* in parent->turns */
	RB_ENTRY(auth_group)	 node;		/* in parent->groups, by name */
	struct auth_group	*parent;	/* NULL: the outermost */
	struct auth_group_tree	 groups;
	struct auth_group_list	 turns;		/* the same; next turn first */
	struct auth_turn_list	 places;	/* oldest first */
	size_t			 count;		/* places in it */
	struct slice		 name;
	char			 octets[];	/* of the name */
};

struct auth_turns {
	struct auth_group	 all;
};

static int
group_cmp(const struct auth_group *a, const struct auth_group *b)
{
	return slice_cmp(a->name, b->name);
}

RB_PROTOTYPE(auth_group_tree, auth_group, node, group_cmp)
RB_GENERATE(auth_group_tree, auth_group, node, group_cmp)

static void
group_init(struct auth_group *g)
{
	RB_INIT(&g->groups);
	TAILQ_INIT(&g->turns);
	TAILQ_INIT(&g->places);
}

struct auth_turns *
auth_turns_new(void)
{
	struct auth_turns *t = xcalloc(1, sizeof(*t));

	group_init(&t->all);
	return t;
}

void
auth_turns_free(struct auth_turns *t)
{
	free(t);
}

size_t
auth_turns_count(const struct auth_turns *t)
{
	return t->all.count;
}

static struct auth_group *
group_get(struct auth_group *parent, struct slice name)
{
	struct auth_group find = { .name = name }, *g;

	if ((g = RB_FIND(auth_group_tree, &parent->groups, &find)) != NULL)
		return g;
	g = xcalloc(1, sizeof(*g) + name.len);
	group_init(g);
	if (name.len > 0)
		memcpy(g->octets, name.p, name.len);
	g->name = slice_make(g->octets, name.len);
	g->parent = parent;
	RB_INSERT(auth_group_tree, &parent->groups, g);
	TAILQ_INSERT_TAIL(&parent->turns, g, entry);
	return g;
}

void
auth_turns_add(struct auth_turns *t, const struct slice *path, size_t depth,
    struct auth_turn *turn)
{
	struct auth_group *g = &t->all;

	g->count++;
	for (size_t i = 0; i < depth; i++) {
		g = group_get(g, path[i]);
		g->count++;
	}
	TAILQ_INSERT_TAIL(&g->places, turn, entry);
	turn->group = g;
}

void
auth_turns_remove(struct auth_turn *turn)
{
	struct auth_group *g = turn->group, *parent;

	if (g == NULL)
		return;
	TAILQ_REMOVE(&g->places, turn, entry);
	turn->group = NULL;
	for (; g != NULL; g = parent) {
		parent = g->parent;
		if (--g->count > 0 || parent == NULL)
			continue;
		RB_REMOVE(auth_group_tree, &parent->groups, g);
		TAILQ_REMOVE(&parent->turns, g, entry);
		free(g);
	}
}

struct auth_turn *
auth_turns_take(struct auth_turns *t)
{
	struct auth_group *g = &t->all, *next;
	struct auth_turn *turn;

	/* Each group on the way moves to the end of the turns. */
	while ((next = TAILQ_FIRST(&g->turns)) != NULL) {
		TAILQ_REMOVE(&g->turns, next, entry);
		TAILQ_INSERT_TAIL(&g->turns, next, entry);
		g = next;
	}
	if ((turn = TAILQ_FIRST(&g->places)) != NULL)
		auth_turns_remove(turn);
	return turn;
}

struct auth_turn *
auth_turns_longest(struct auth_turns *t)
{
	struct auth_group *g = &t->all, *longest, *one;

	while ((longest = TAILQ_FIRST(&g->turns)) != NULL) {
		TAILQ_FOREACH(one, &g->turns, entry)
			if (one->count >= longest->count)
				longest = one;
		g = longest;
	}
	return TAILQ_LAST(&g->places, auth_turn_list);
}
