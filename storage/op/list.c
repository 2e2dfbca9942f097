/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The list of mailboxes.  A folder is a mailbox if its name is ".x" and it has
 * a cur/.  list_load.c reads what the index has, list_look.c finds folders that
 * do not agree with it, and list_settle.c makes the index agree.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/xmalloc.h"
#include "storage/index/control.h"
#include "storage/index/index.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_lookup.h"
#include "storage/mailbox/names.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/mbname.h"
#include "storage/op/grave.h"
#include "storage/op/list.h"
#include "storage/op/list_load.h"
#include "storage/op/list_look.h"
#include "storage/op/list_row.h"
#include "storage/op/list_settle.h"
#include "storage/op/list_struct.h"
#include "storage/op/newuser.h"
#include "storage/op/op_state.h"

struct list *
list_open(void)
{
	struct list *l;

	l = xcalloc(1, sizeof(*l));
	l->look = list_look_new();
	return l;
}

void
list_close(struct list *l)
{
	if (l == NULL)
		return;
	list_look_free(l->look);
	free(l->last_name);
	free(l);
}

void
list_doubt(struct store *st, const char *folder)
{
	if (folder == NULL)
		list_look_doubt_all(st->list->look);
	else
		list_look_doubt(st->list->look, folder);
}

/* Give INBOX its row. */
static int
add_inbox(struct op *op)
{
	char none[] = "";
	struct look k = { .folder = none };
	uint32_t id;

	if (list_row_named(op, SLICE_LIT("INBOX"), &id) == -1)
		return -1;
	if (id != 0)
		return 0;
	list_look_at(op->store, &k, true);
	if (k.found == LOOK_UNKNOWN) {
		op_fail_path(op, NULL, NULL, NULL, k.errnum);
		return -1;
	}
	return list_row_add(op, SLICE_LIT("INBOX"), &k, 0) == 0 ? -1 : 0;
}

/*
 * Take over what control has.  Without a control file this is a new account.
 */
static int
fill_index(struct op *op)
{
	struct store *st = op->store;

	if (control_read(st) == -1) {
		if (!maildir_gone(errno)) {
			op_fail_path(op, "penfold", "control", NULL, errno);
			return -1;
		}
		if (newuser_begin(op) == -1)
			return -1;
	}
	return add_inbox(op);
}

/*
 * The first look with a new index, in one transaction.  On disk before COMMIT:
 * the first folders of a new account.  After COMMIT: their rows, special uses
 * and subscriptions.
 */
static enum run
begin_account(struct op *op, struct list *l)
{
	struct store *st = op->store;
	enum run run;

	if ((run = op_begin(op)) != RUN_DONE)
		return run;
	/* Another process may have been faster. */
	while ((run = list_load(op, l)) == RUN_MORE)
		continue;
	if (run != RUN_DONE)
		return run;
	if (names_by_folder(st->names, "") == NULL && fill_index(op) == -1)
		return RUN_FAIL;
	if (op_commit(op) == -1)
		return RUN_FAIL;
	st->list_stale = true;
	list_look_doubt_all(l->look);
	control_changed(st);
	return RUN_MORE;
}

/* One step towards an up-to-date list. */
static enum run
step(struct op *op, struct list *l)
{
	struct store *st = op->store;
	enum run run;

	if ((run = list_load(op, l)) != RUN_DONE)
		return run;
	if (names_by_folder(st->names, "") == NULL)
		return begin_account(op, l);
	run = list_look_run(l->look, st, op_until(op));
	if (run == RUN_FAIL)
		return op_fail_path(op, NULL, NULL, NULL, errno);
	if (run != RUN_DONE)
		return run;
	return list_settle(op, l);
}

/*
 * If there is no room to write what was found, the list is as the index has
 * it, so that mail can still be read and deleted.
 */
static enum run
forgive_full(struct op *op, enum run run)
{
	struct store *st = op->store;

	if (run != RUN_FAIL || op->err.kind != STORE_ERR_OVERQUOTA ||
	    st->names == NULL || !st->list->loaded || st->list_stale)
		return run;
	op_rollback(op);
	memset(&op->err, 0, sizeof(op->err));
	return RUN_DONE;
}

enum run
list_refresh(struct op *op)
{
	struct store *st = op->store;
	enum sql_rc rc;
	enum run run;

	if (op->in_tx)
		return RUN_DONE;
	if (index_open(st, &op->err) == -1)
		return RUN_FAIL;
	if (st->writer == NULL && (rc = store_absorb(st)) != SQL_DONE)
		return op_wait_sql(op, rc);
	/* What another operation has not committed must not be read. */
	if (st->writer != NULL && (st->names == NULL || st->list_stale))
		return op_wait_lock(op);
	while ((run = step(op, st->list)) == RUN_MORE && !op_must_yield(op))
		continue;
	return forgive_full(op, run);
}

enum run
list_begin(struct op *op)
{
	enum run run;

	if (op->in_tx)
		return RUN_DONE;
	if ((run = list_refresh(op)) != RUN_DONE ||
	    (run = op_begin(op)) != RUN_DONE)
		return run;
	while ((run = list_load(op, op->store->list)) == RUN_MORE)
		continue;
	return run;
}

const struct named *
list_find(const struct store *st, struct slice name)
{
	const struct named *d;
	struct buf normal;

	buf_init(&normal, MBNAME_MAX + 8);
	d = mbname_normal(name, &normal) == -1 ? NULL :
	    names_find(st->names, buf_slice(&normal));
	buf_clear(&normal);
	return d;
}

enum run
list_ref(struct op *op, struct slice name, struct mailbox **mb)
{
	const struct named *d;
	enum sql_rc rc;
	enum run run;

	if ((run = list_refresh(op)) != RUN_DONE)
		return run;
	d = list_find(op->store, name);
	if (d == NULL || d->id == 0)
		return op_fail(op, STORE_ERR_NONEXISTENT, 0,
		    "There is no such mailbox");
	if (index_open(op->store, &op->err) == -1)
		return RUN_FAIL;
	if ((rc = mailbox_lookup(op->store, d->id, mb)) != SQL_DONE)
		return op_wait_sql(op, rc);
	return *mb != NULL ? RUN_DONE : op_fail(op, STORE_ERR_NONEXISTENT, 0,
	    "No such mailbox");
}
