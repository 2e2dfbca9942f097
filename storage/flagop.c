/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * STORE: one transaction however many messages.  The index is changed here,
 * file names follow (flagname.c).  Answered after COMMIT.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/xmalloc.h"
#include "storage/mailbox.h"
#include "storage/user.h"
#include "storage/view.h"

struct flag_change {
	uint32_t	 uid;
	uint32_t	 system;
	uint64_t	 keywords;
};

struct flag_op {
	struct op	 op;
	struct mailbox	*mb;
	uint32_t	 origin;
	struct idset	 uids;
	enum flags_how	 how;
	uint32_t	 system;
	struct slice	*names;
	size_t		 nnames;
	uint64_t	 unchangedsince;
	struct flags_result result;
};

static void
combine(const struct flag_op *f, const struct entry *e,
    const struct flags *with, struct flag_change *c)
{
	c->uid = e->uid;
	c->system = e->flags & FLAG_ALL;
	c->keywords = e->keywords;
	switch (f->how) {
	case FLAGS_REPLACE:
		c->system = with->system;
		c->keywords = with->keywords;
		break;
	case FLAGS_ADD:
		c->system |= with->system;
		c->keywords |= with->keywords;
		break;
	case FLAGS_REMOVE:
		c->system &= ~with->system;
		c->keywords &= ~with->keywords;
		break;
	}
}

/* Decide on one message; true if it is to be written. */
static bool
decide(struct flag_op *f, uint32_t uid, const struct flags *with,
    struct flag_change *c)
{
	struct entry	*e = mailbox_entry(f->mb, uid);

	if (e == NULL || e->flags & ENTRY_ZOMBIE) {
		f->result.expunged = true;
		return false;
	}
	/* RFC 7162, 3.1.3: the modseq must not be greater. */
	if (e->modseq > f->unchangedsince) {
		(void)idset_add(&f->result.modified, uid);
		return false;
	}
	(void)idset_add(&f->result.changed, uid);
	combine(f, e, with, c);
	return c->system != (e->flags & FLAG_ALL) ||
	    c->keywords != e->keywords;
}

static void
write_one(struct flag_op *f, const struct flag_change *c, uint64_t modseq)
{
	struct mailbox	*mb = f->mb;
	struct entry	*e = mailbox_entry(mb, c->uid);

	sql_put(mb->store->db, SQL_ENTRY_FLAGS, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(c->uid), SQL_I(c->system), SQL_I(c->keywords),
	    SQL_I(modseq)));
	if ((c->system ^ e->flags) & (FLAG_SEEN | FLAG_DELETED)) {
		mailbox_count(mb, e->flags, -1);
		mailbox_count(mb, c->system, 1);
	}
}

static enum run
work(struct flag_op *f)
{
	struct mailbox		*mb = f->mb;
	struct flag_change	*changes;
	struct flag_names	 names;
	struct flags		 with;
	struct idset_iter	 it;
	uint64_t		 modseq = 0;
	uint32_t		 uid;
	size_t			 n = 0;

	idset_reset(&f->result.changed);
	idset_reset(&f->result.modified);
	names.system = f->system;
	names.keywords = f->names;
	names.nkeywords = f->nnames;
	with.system = f->system & FLAG_ALL;
	with.keywords = 0;
	if (f->how == FLAGS_REMOVE) {
		for (size_t i = 0; i < f->nnames; i++) {
			int k = mailbox_keyword_find(mb, f->names[i]);

			if (k != -1)
				with.keywords |= 1ULL << k;
		}
	} else if (mailbox_flags(mb, &names, &with) == -1)
		return op_fail(&f->op, STORE_ERR_LIMIT, 0,
		    "The mailbox has no room for another keyword");
	changes = calloc(idset_count(&f->uids) + 1, sizeof(*changes));
	if (changes == NULL)
		return op_fail(&f->op, STORE_ERR_LIMIT, 0,
		    "Too many messages at once");
	idset_iter_init(&it, &f->uids);
	while (idset_next(&it, &uid))
		if (decide(f, uid, &with, &changes[n]))
			n++;
	if (n > 0)
		modseq = mailbox_next_modseq(mb);
	for (size_t i = 0; i < n; i++)
		write_one(f, &changes[i], modseq);
	if (n > 0) {
		mb->row.flagmodseq = modseq;
		mb->row.renames = true;
	}
	if (n == 0 && !mb->row_dirty)
		op_rollback(&f->op);
	else if (op_commit(&f->op) == -1) {
		free(changes);
		return RUN_FAIL;
	}
	for (size_t i = 0; i < n; i++) {
		mailbox_flagged(mb, mailbox_entry(mb, changes[i].uid),
		    changes[i].system, changes[i].keywords, modseq,
		    f->origin);
		mailbox_rename_later(mb, changes[i].uid);
	}
	free(changes);
	if (n > 0)
		mailbox_changed(mb);
	return RUN_DONE;
}

static enum run
flag_run(struct op *op)
{
	struct flag_op	*f = (struct flag_op *)op;
	enum run	 run;

	if (f->mb->dead)
		return op_fail(op, STORE_ERR_NONEXISTENT, 0,
		    "The mailbox was deleted");
	run = op_begin(op);
	return run == RUN_DONE ? work(f) : run;
}

static void
flag_free(struct op *op)
{
	struct flag_op	*f = (struct flag_op *)op;

	for (size_t i = 0; i < f->nnames; i++)
		free((char *)(uintptr_t)f->names[i].p);
	free(f->names);
	idset_clear(&f->uids);
	idset_clear(&f->result.changed);
	idset_clear(&f->result.modified);
	mailbox_unref(f->mb);
}

static const struct op_class flag_class = { flag_run, flag_free, NULL };

struct op *
flags_new(struct view *v, const struct idset *uids, enum flags_how how,
    const struct flag_names *flags, uint64_t unchangedsince)
{
	struct flag_op	*f;

	f = xcalloc(1, sizeof(*f));
	op_init(&f->op, &flag_class, v->mailbox->store);
	f->mb = v->mailbox;
	mailbox_ref(f->mb);
	f->origin = v->origin;
	idset_init(&f->uids, IDSET_NOLIMIT);
	idset_init(&f->result.changed, IDSET_NOLIMIT);
	idset_init(&f->result.modified, IDSET_NOLIMIT);
	(void)idset_copy(&f->uids, uids);
	view_existing(v, &f->uids);
	f->how = how;
	f->system = flags->system;
	f->nnames = flags->nkeywords;
	f->names = xcalloc(f->nnames + 1, sizeof(*f->names));
	for (size_t i = 0; i < f->nnames; i++) {
		f->names[i].p = xstrndup(flags->keywords[i].p,
		    flags->keywords[i].len);
		f->names[i].len = flags->keywords[i].len;
	}
	f->unchangedsince = unchangedsince;
	if (v->readonly)
		store_error_set(&f->op.err, STORE_ERR_READONLY, 0,
		    "The mailbox is open for reading only");
	return &f->op;
}

const struct flags_result *
flags_result(const struct op *op)
{
	return &((const struct flag_op *)op)->result;
}
