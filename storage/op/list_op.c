/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* LIST: what the store knows of all mailboxes. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/names.h"
#include "storage/op/list.h"
#include "storage/op/list_op.h"
#include "storage/op/op_state.h"

struct list_op {
	struct op	 op;
	struct mailbox_info *items;
	size_t		 n;
	char		*names;
};

static enum run
list_run(struct op *op)
{
	struct list_op *l = (struct list_op *)op;
	const struct names *names;
	const struct named *d = NULL;
	size_t len = 0;
	enum run run;
	char *p;

	if ((run = list_refresh(op)) != RUN_DONE)
		return run;
	names = op->store->names;
	while ((d = names_next(names, d)) != NULL)
		len += d->name.len;
	l->items = xcalloc(names_count(names) + 1, sizeof(*l->items));
	l->names = p = xmalloc(len + 1);
	while ((d = names_next(names, d)) != NULL) {
		struct mailbox_info *info = &l->items[l->n++];

		memcpy(p, d->name.p, d->name.len);
		info->name = slice_make(p, d->name.len);
		info->id = d->id;
		info->use = d->use;
		info->attrs = names_attrs(d);
		p += d->name.len;
	}
	return RUN_DONE;
}

static void
list_op_free(struct op *op)
{
	struct list_op *l = (struct list_op *)op;

	free(l->items);
	free(l->names);
}

static const struct op_class list_class = {
	.run = list_run, .free = list_op_free
};

struct op *
list_new(struct store *st)
{
	struct list_op *l;

	l = xcalloc(1, sizeof(*l));
	op_init(&l->op, &list_class, st);
	return &l->op;
}

const struct mailbox_info *
list_result(const struct op *op, size_t *n)
{
	const struct list_op *l = (const struct list_op *)op;

	*n = l->n;
	return l->items;
}
