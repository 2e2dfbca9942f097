/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * STORE, in one transaction, or in several if there are many messages: none
 * keeps others from writing for long.  RFC 7162, 3.1.3, wants each message to
 * be changed as a whole, not the set.  If a later transaction fails, the result
 * says what the earlier ones have done.
 *
 * Only the index is changed here; file names follow (flagname.c).  STORE is
 * answered after the last COMMIT.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/reserve.h"
#include "storage/index/sql.h"
#include "storage/index/store_error.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/flag_names.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/view_state.h"
#include "storage/op/flags.h"
#include "storage/op/op_state.h"

/* Check the clock after this many messages. */
#define LOOK_EVERY	64

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
	struct flag_names names;
	uint64_t	 unchangedsince;
	struct flags	 with;		/* names, keywords by number */
	uint64_t	 kept;		/* see keyword_number() */
	struct idset_iter it;		/* of uids */
	uint32_t	 at;		/* decided up to this UID */
	uint32_t	 from;		/* committed up to this one */
	size_t		 decided;
	bool		 begun;		/* the transaction has its keywords */
	struct flag_change *changes;	/* of the transaction */
	size_t		 n;
	size_t		 size;
	uint64_t	 modseq;
	struct flags_result result;
};

static void
combine(const struct flag_op *f, const struct entry *e,
    struct flag_change *c)
{
	const struct flags *with = &f->with;

	c->uid = e->uid;
	c->system = e->flags & FLAG_ALL;
	c->keywords = e->keywords;
	switch (f->how) {
	case FLAGS_REPLACE:
		c->system = with->system;
		/* A client cannot mean a keyword that it is not told. */
		c->keywords = with->keywords |
		    (e->keywords & f->mb->keywords->hidden);
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

/* Decide what to do with a message.  Returns whether it has to be written. */
static bool
decide(struct flag_op *f, uint32_t uid, const struct entry *e,
    struct flag_change *c)
{

	if (e == NULL || e->flags & ENTRY_ZOMBIE) {
		f->result.expunged = true;
		return false;
	}
	/*
	 * RFC 7162, 3.1.3: a greater modseq fails the condition.  In a gap,
	 * only a client that has read the message since knows its modseq.
	 */
	if (e->modseq != f->unchangedsince &&
	    e->modseq > mailbox_since(f->mb, f->unchangedsince)) {
		(void)idset_add(&f->result.modified, uid);
		return false;
	}
	combine(f, e, c);
	if (c->system != (e->flags & FLAG_ALL) || c->keywords != e->keywords)
		return true;
	(void)idset_add(&f->result.changed, uid);
	return false;
}

static void
write_one(struct flag_op *f, const struct entry *e,
    const struct flag_change *c)
{
	struct mailbox *mb = f->mb;

	if (f->n == 0) {
		f->modseq = mailbox_next_modseq(mb);
		mb->row.flagmodseq = f->modseq;
		mb->row.renames = true;
	}
	f->changes = xgrow(f->changes, f->n, &f->size, sizeof(*f->changes));
	f->changes[f->n++] = *c;
	sql_tx_do(mb->store->db, SQL_ENTRY_FLAGS, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(c->uid), SQL_I(c->system), SQL_I(c->keywords),
	    SQL_I(f->modseq)));
	if ((c->system ^ e->flags) & (FLAG_SEEN | FLAG_DELETED)) {
		mailbox_count(mb, e->flags, -1);
		mailbox_count(mb, c->system, 1);
	}
}

/* Turn keywords into their numbers in this mailbox, within the transaction. */
static int
number(struct flag_op *f)
{
	int k;

	if (f->how != FLAGS_REMOVE)
		return keyword_flags(f->mb, &f->names, &f->with, &f->kept);
	f->with.system = f->names.system & FLAG_ALL;
	f->with.keywords = 0;
	for (size_t i = 0; i < f->names.nkeywords; i++)
		if ((k = keyword_find(f->mb,
		    f->names.keywords[i])) != -1)
			f->with.keywords |= 1ULL << k;
	return 0;
}

/* After COMMIT: change the entries in memory. */
static void
apply(struct flag_op *f)
{
	struct mailbox *mb = f->mb;
	struct idset uids;

	if (f->n == 0)
		return;
	idset_init(&uids, IDSET_NOLIMIT);
	for (size_t i = 0; i < f->n; i++) {
		struct flag_change *c = &f->changes[i];

		mailbox_flagged(mb, mailbox_entry(mb, c->uid), c->system,
		    c->keywords, f->modseq, f->origin);
		(void)idset_add(&uids, c->uid);
		(void)idset_add(&f->result.changed, c->uid);
	}
	mailbox_rename_later(mb, &uids);
	idset_clear(&uids);
	mailbox_changed(mb);
}

/* Commit what the transaction has changed, if it has. */
static int
commit(struct flag_op *f)
{
	if (f->n == 0 && !f->mb->tx.dirty)
		op_rollback(&f->op);
	else if (op_commit(&f->op) == -1)
		return -1;
	apply(f);
	f->n = 0;
	f->kept = 0;
	f->begun = false;
	f->from = f->at;
	return 0;
}

static enum run
flag_run(struct op *op)
{
	struct flag_op *f = (struct flag_op *)op;
	struct flag_change c;
	const struct entry *e;
	uint32_t uid;
	enum run run;

	if ((run = op_begin_in(op, f->mb)) != RUN_DONE)
		return run;
	if (!f->begun && number(f) == -1)
		return op_fail(op, STORE_ERR_LIMIT, 0,
		    "The mailbox has no room for another keyword");
	f->begun = true;
	while (idset_next(&f->it, &uid)) {
		e = mailbox_entry(f->mb, uid);
		f->at = uid;
		if (decide(f, uid, e, &c))
			write_one(f, e, &c);
		if (++f->decided % LOOK_EVERY != 0)
			continue;
		if (op_must_commit(op))
			return commit(f) == -1 ? RUN_FAIL : op_give_way(op);
		if (op_must_yield(op))
			return RUN_MORE;
	}
	return commit(f) == -1 ? RUN_FAIL : RUN_DONE;
}

static void
flag_free(struct op *op)
{
	struct flag_op *f = (struct flag_op *)op;

	flag_names_clear(&f->names);
	free(f->changes);
	idset_clear(&f->uids);
	idset_clear(&f->result.changed);
	idset_clear(&f->result.modified);
	mailbox_unref(f->mb);
}

static void
flag_again(struct op *op)
{
	struct flag_op *f = (struct flag_op *)op;

	f->n = 0;
	f->kept = 0;
	f->begun = false;
	f->at = f->from;
	idset_iter_init_after(&f->it, &f->uids, f->from);
}

/* Without \\Deleted there is no EXPUNGE. */
static const struct op_class flag_class = {
	.run = flag_run, .free = flag_free,
	.again = flag_again, .reserve = RESERVE_HALF
};

struct op *
flags_new(struct view *v, const struct idset *uids, enum flags_how how,
    const struct flag_names *flags, uint64_t unchangedsince)
{
	struct flag_op *f;

	f = xcalloc(1, sizeof(*f));
	f->mb = view_mailbox(v);
	op_init(&f->op, &flag_class, f->mb->store);
	mailbox_ref(f->mb);
	f->origin = view_origin(v);
	idset_init(&f->uids, IDSET_NOLIMIT);
	idset_init(&f->result.changed, IDSET_NOLIMIT);
	idset_init(&f->result.modified, IDSET_NOLIMIT);
	(void)idset_copy(&f->uids, uids);
	view_existing(v, &f->uids);
	idset_iter_init(&f->it, &f->uids);
	f->how = how;
	flag_names_copy(&f->names, flags);
	f->unchangedsince = unchangedsince;
	if (view_readonly(v))
		store_error_set(&f->op.err, STORE_ERR_READONLY, 0,
		    "The mailbox is read-only");
	return &f->op;
}

const struct flags_result *
flags_result(const struct op *op)
{
	return &((const struct flag_op *)op)->result;
}
