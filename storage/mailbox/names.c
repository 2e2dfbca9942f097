/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The list of mailboxes in memory; see names.h.  A name is in the list for as
 * long as it has a mailbox, is subscribed or has mailboxes below it.  Each
 * name counts the mailboxes below it, so that a change of one mailbox touches
 * the levels above it and nothing else.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "storage/mailbox/names.h"
#include "storage/maildir/mbname.h"
#include "storage/types.h"

RB_HEAD(name_tree, named);
RB_HEAD(folder_tree, named);

struct names {
	struct name_tree by_name;
	struct folder_tree by_folder;
	size_t		 count;
	size_t		 nmailboxes;
	size_t		 nsubscriptions;
};

static int
name_cmp(struct named *a, struct named *b)
{
	return mbname_cmp(a->name, b->name);
}

static int
folder_cmp(struct named *a, struct named *b)
{
	return strcmp(a->folder, b->folder);
}

/* RB_GENERATE_STATIC needs __unused, which glibc does not have. */
RB_PROTOTYPE(name_tree, named, name_node, name_cmp)
RB_GENERATE(name_tree, named, name_node, name_cmp)
RB_PROTOTYPE(folder_tree, named, folder_node, folder_cmp)
RB_GENERATE(folder_tree, named, folder_node, folder_cmp)

struct names *
names_new(void)
{
	struct names *n;

	n = xcalloc(1, sizeof(*n));
	RB_INIT(&n->by_name);
	RB_INIT(&n->by_folder);
	return n;
}

static void
free_named(struct named *d)
{
	free((char *)(uintptr_t)d->name.p);
	free(d->folder);
	free(d);
}

void
names_free(struct names *n)
{
	struct named *d;

	if (n == NULL)
		return;
	while ((d = RB_ROOT(&n->by_name)) != NULL) {
		RB_REMOVE(name_tree, &n->by_name, d);
		free_named(d);
	}
	free(n);
}

/* Find a name, or add it. */
static struct named *
have(struct names *n, struct slice name)
{
	struct named *d = names_find(n, name);

	if (d != NULL)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->name = slice_make(xstrdup_slice(name), name.len);
	RB_INSERT(name_tree, &n->by_name, d);
	n->count++;
	return d;
}

static void
drop_unused(struct names *n, struct named *d)
{
	if (d->id != 0 || d->subscribed || d->below > 0)
		return;
	RB_REMOVE(name_tree, &n->by_name, d);
	n->count--;
	free_named(d);
}

/* Count a mailbox at the levels above its name (sign 1), or no longer (-1). */
static void
count_above(struct names *n, struct slice name, int sign)
{
	struct named *d;

	for (size_t i = 1; i < name.len; i++) {
		if (name.p[i] != '/')
			continue;
		d = have(n, slice_sub(name, 0, i));
		d->below += (uint32_t)sign;
		drop_unused(n, d);
	}
}

static void
forget_mailbox(struct names *n, struct named *d)
{
	if (d->id == 0)
		return;
	RB_REMOVE(folder_tree, &n->by_folder, d);
	free(d->folder);
	d->folder = NULL;
	d->id = d->use = d->uidvalidity = 0;
	d->inode = 0;
	n->nmailboxes--;
	count_above(n, d->name, -1);
}

void
names_set(struct names *n, struct slice name, const struct named *mailbox)
{
	struct named *other = names_by_folder(n, mailbox->folder);
	struct named *d = have(n, name);

	forget_mailbox(n, d);
	if (other != NULL && other != d) {
		forget_mailbox(n, other);
		drop_unused(n, other);
	}
	d->id = mailbox->id;
	d->folder = xstrdup(mailbox->folder);
	d->inode = mailbox->inode;
	d->use = mailbox->use;
	d->uidvalidity = mailbox->uidvalidity;
	RB_INSERT(folder_tree, &n->by_folder, d);
	n->nmailboxes++;
	count_above(n, d->name, 1);
}

void
names_unset(struct names *n, struct slice name)
{
	struct named *d = names_find(n, name);

	if (d == NULL)
		return;
	forget_mailbox(n, d);
	drop_unused(n, d);
}

void
names_subscribe(struct names *n, struct slice name, bool on)
{
	struct named *d = on ? have(n, name) : names_find(n, name);

	if (d == NULL || d->subscribed == on)
		return;
	d->subscribed = on;
	n->nsubscriptions += on ? 1 : (size_t)-1;
	drop_unused(n, d);
}

struct named *
names_find(const struct names *n, struct slice name)
{
	struct name_tree tree = n->by_name;
	struct named key = { .name = name };

	return RB_FIND(name_tree, &tree, &key);
}

struct named *
names_by_folder(const struct names *n, const char *folder)
{
	struct folder_tree tree = n->by_folder;
	struct named key = { .folder = (char *)(uintptr_t)folder };

	return RB_FIND(folder_tree, &tree, &key);
}

struct named *
names_next(const struct names *n, const struct named *of)
{
	struct name_tree tree = n->by_name;

	return of == NULL ? RB_MIN(name_tree, &tree) :
	    RB_NEXT(name_tree, &tree, (struct named *)(uintptr_t)of);
}

struct named *
names_first_below(const struct names *n, struct slice name)
{
	struct name_tree tree = n->by_name;
	struct named key, *d;
	char child[MBNAME_MAX + 2];

	if (name.len > MBNAME_MAX)
		return NULL;
	memcpy(child, name.p, name.len);
	child[name.len] = '/';
	key.name = slice_make(child, name.len + 1);
	d = RB_NFIND(name_tree, &tree, &key);
	return d != NULL && mbname_below(d->name, name) ? d : NULL;
}

size_t
names_count(const struct names *n)
{
	return n->count;
}

size_t
names_mailboxes(const struct names *n)
{
	return n->nmailboxes;
}

size_t
names_subscriptions(const struct names *n)
{
	return n->nsubscriptions;
}

uint32_t
names_attrs(const struct named *d)
{
	uint32_t attrs = 0;

	if (d->id == 0)
		attrs |= MAILBOX_NONEXISTENT;
	if (d->id == 0 && d->below > 0)
		attrs |= MAILBOX_NOSELECT;
	if (d->below > 0)
		attrs |= MAILBOX_CHILDREN;
	if (d->subscribed)
		attrs |= MAILBOX_SUBSCRIBED;
	return attrs;
}
