/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Making the index agree with the folders; see list_settle.h.
 *
 * A rename is two changes, of the folder that is gone and of the folder that
 * is new, and both must be in one transaction, so that nobody sees the mailbox
 * deleted.  If the new folder had a row of its own, which has moved on to a
 * third folder, this one belongs to the transaction, too, and so on.  Such a
 * chain is nearly always of one folder.  In it, all rows vanish first and then
 * return, so that no two of them have the same name meanwhile.
 *
 * On disk before COMMIT: folders as other programs left them.  After COMMIT:
 * rows that agree with them, or that are still to follow.
 */

#include "config.h"

#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/xmalloc.h"
#include "storage/index/control.h"
#include "storage/index/op_head.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/names.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/maildir/mbname.h"
#include "storage/op/list_load.h"
#include "storage/op/list_look.h"
#include "storage/op/list_row.h"
#include "storage/op/list_settle.h"
#include "storage/op/list_struct.h"
#include "storage/op/op_state.h"

/* The folders of a chain; a longer one is settled in several transactions. */
#define CHAIN_MAX	16
/* Chains of one transaction, which takes a few milliseconds. */
#define CHAINS		32

/* A row that vanished in the transaction, and where it has returned. */
struct moved_row {
	uint32_t	 id;
	char		*folder;	/* NULL: nowhere */
	char		*name;
};

struct settling {
	struct op	*op;
	struct list	*list;
	struct look	*chain[CHAIN_MAX];
	size_t		 nchain;
	struct moved_row moved[CHAINS * CHAIN_MAX * 2];
	size_t		 nmoved;
};

/* The row that is to be found at the name of a folder, or NULL. */
static const struct named *
row_of(const struct settling *s, const struct look *k)
{
	return names_by_folder(s->op->store->names, k->folder);
}

/* Read the mtime that cur/ of a mailbox had when it was last read. */
static int64_t
curmtime_of(struct store *st, uint32_t id)
{
	enum sql_stmt get = SQL_MAILBOX_GET;
	int64_t mtime = 0;

	sql_start(st->db, get, SQL_ARGS(SQL_I(id)));
	if (sql_step(st->db, get) == SQL_ROW)
		mtime = sql_int(st->db, get, COLUMN_curmtime);
	sql_reset(st->db, get);
	return mtime;
}

/*
 * Find the folder that was renamed to this one: it had the same inode and the
 * same UIDVALIDITY.  A folder without dovecot-uidlist must have a cur/ that
 * nobody has touched since; otherwise an inode that was freed and used again
 * would be taken for it.
 */
static struct look *
renamed_from(const struct settling *s, const struct look *k)
{
	struct look *from = NULL;
	const struct named *d;

	if (k->found != LOOK_MAILBOX || k->inode == 0)
		return NULL;
	while ((from = list_look_moved(s->list->look, k->inode,
	    from)) != NULL) {
		if (from == k || (d = row_of(s, from)) == NULL)
			continue;
		if (k->uidvalidity != 0 ? k->uidvalidity == d->uidvalidity :
		    k->curmtime != 0 &&
		    k->curmtime == curmtime_of(s->op->store, d->id))
			return from;
	}
	return NULL;
}

/* Find the folder that this one was renamed to. */
static struct look *
renamed_to(const struct settling *s, const struct look *k)
{
	struct look *to = NULL;

	while ((to = list_look_same(s->list->look, k->moved, to)) != NULL)
		if (to != k && renamed_from(s, to) == k)
			return to;
	return NULL;
}

/*
 * Whether a folder may keep its row: it was put back, from a backup, or the
 * row is from the control file, which knows no inodes, and its first scan will
 * set the UIDVALIDITY.
 */
static bool
is_restored(const struct look *k, const struct named *d)
{
	return k->found == LOOK_MAILBOX && (k->uidvalidity == 0 ||
	    k->uidvalidity == d->uidvalidity || d->inode == 0);
}

static bool
in_chain(const struct settling *s, const struct look *k)
{
	for (size_t i = 0; i < s->nchain; i++)
		if (s->chain[i] == k)
			return true;
	return false;
}

/* Collect the folders whose rows have to change together. */
static void
make_chain(struct settling *s, struct look *k)
{
	struct store *st = s->op->store;

	s->nchain = 0;
	while (k != NULL && s->nchain < CHAIN_MAX && !in_chain(s, k) &&
	    list_look_again(s->list->look, st, k)) {
		s->chain[s->nchain++] = k;
		k = k->moved == 0 ? NULL : renamed_to(s, k);
	}
}

static void
vanish(struct settling *s, const struct named *d)
{
	for (size_t i = 0; i < s->nmoved; i++)
		if (s->moved[i].id == d->id)
			return;
	list_row_vanish(s->op->store, d->id);
	s->moved[s->nmoved++].id = d->id;
}

static void
note_return(struct settling *s, uint32_t id, const char *folder,
    struct slice name)
{
	for (size_t i = 0; i < s->nmoved; i++)
		if (s->moved[i].id == id) {
			s->moved[i].folder = xstrdup(folder);
			s->moved[i].name = xstrdup_slice(name);
		}
}

/* First half of a chain: rows leave the folders that they do not belong to. */
static void
take_away(struct settling *s, const struct look *k)
{
	const struct look *from = renamed_from(s, k);
	const struct named *d = row_of(s, k);

	if (from != NULL)
		vanish(s, row_of(s, from));
	/*
	 * A row also leaves its own folder if the mailbox name of that folder
	 * has changed, and returns under the new name.
	 */
	if (d != NULL && (from != NULL || k->inode == d->inode ||
	    !is_restored(k, d)))
		vanish(s, d);
}

/* Second half: folders get rows. */
static int
give(struct settling *s, struct look *k)
{
	struct store *st = s->op->store;
	const struct named *d = row_of(s, k);
	struct buf name;
	uint32_t id;
	int rc = 0;

	buf_init(&name, MBNAME_MAX);
	if (d != NULL && is_restored(k, d) && renamed_from(s, k) == NULL &&
	    k->inode != d->inode) {
		sql_tx_do(st->db, SQL_MAILBOX_INODE, SQL_ARGS(SQL_I(d->id),
		    SQL_I(k->inode)));
		goto out;
	}
	if (k->found != LOOK_MAILBOX ||
	    mbname_from_folder(slice_str(k->folder), &name) == -1)
		goto out;
	if ((rc = list_row_named(s->op, buf_slice(&name), &id)) == -1)
		goto out;
	if (id != 0) {
		list_look_wait(s->list->look, st, k);
		goto out;
	}
	rc = list_row_return(s->op, buf_slice(&name), k, &id);
	if (rc == 0 && id != 0)
		note_return(s, id, k->folder, buf_slice(&name));
	else if (rc == 0 &&
	    list_row_add(s->op, buf_slice(&name), k, 0) == 0)
		rc = -1;
out:
	buf_clear(&name);
	return rc;
}

/*
 * Settle the first folder and those that belong to it.  Returns 0, or -1 with
 * the error of op set.
 */
static int
settle_chain(struct settling *s)
{
	make_chain(s, list_look_first(s->list->look));
	for (size_t i = 0; i < s->nchain; i++)
		take_away(s, s->chain[i]);
	for (size_t i = 0; i < s->nchain; i++)
		if (give(s, s->chain[i]) == -1)
			return -1;
	for (size_t i = 0; i < s->nchain; i++)
		list_look_doubt(s->list->look, s->chain[i]->folder);
	return 0;
}

/* After COMMIT: what sessions use follows its folder, or is gone. */
static void
apply(struct settling *s)
{
	struct store *st = s->op->store;

	for (size_t i = 0; i < s->nmoved; i++) {
		const struct moved_row *m = &s->moved[i];

		if (m->folder == NULL)
			mailbox_deleted(st, m->id);
		else
			mailboxes_renamed(st, m->id, m->folder,
			    slice_str(m->name));
	}
	st->list_stale = true;
	watcher_look(st);
	control_changed(st);
}

static enum run
settle(struct settling *s)
{
	struct list_look *look = s->list->look;
	struct op *op = s->op;
	enum run run;
	int n = 0;

	if ((run = op_begin(op)) != RUN_DONE)
		return run;
	/* Another process may have been faster. */
	while ((run = list_load(op, s->list)) == RUN_MORE)
		continue;
	if (run != RUN_DONE)
		return run;
	while (list_look_first(look) != NULL && n++ < CHAINS &&
	    (n == 1 || !op_must_yield(op)))
		if (settle_chain(s) == -1)
			return RUN_FAIL;
	if (op_commit(op) == -1)
		return RUN_FAIL;
	apply(s);
	return RUN_MORE;
}

enum run
list_settle(struct op *op, struct list *l)
{
	struct settling *s;
	enum run run;

	if (list_look_first(l->look) == NULL)
		return RUN_DONE;
	s = xcalloc(1, sizeof(*s));
	s->op = op;
	s->list = l;
	run = settle(s);
	for (size_t i = 0; i < s->nmoved; i++) {
		free(s->moved[i].folder);
		free(s->moved[i].name);
	}
	free(s);
	return run;
}
