/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Reading the list from the index; see list_load.h.
 *
 * The version of the log of names is read first, then all rows, page by page
 * in different transactions, and then the log from that version on.  A name
 * that changes meanwhile is in the log, so that the list is right in the end.
 * Every later look reads the log alone.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/xmalloc.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_head.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/names.h"
#include "storage/maildir/mbname.h"
#include "storage/op/list_load.h"
#include "storage/op/list_look.h"
#include "storage/op/list_struct.h"

/* Rows of one query, between two looks at the clock. */
#define PAGE	256

/* The first columns of SQL_MAILBOX_PAGE and SQL_NAMELOG_SINCE. */
enum { COL_NAME, COL_ID, COL_FOLDER, COL_INODE, COL_USE, COL_VALIDITY,
    COL_VERSION, COL_SUBSCRIBED };

/*
 * The folder of a mailbox is another one than before, such as one from a
 * backup: open it again.
 */
static void
reopen(struct store *st, uint32_t id)
{
	struct mailbox *mb = mailboxes_find(st, id);

	if (mb == NULL)
		return;
	mailbox_close_folder(mb);
	mailbox_look_again(mb);
}

/* Take the mailbox of the current row into the list. */
static void
take_mailbox(struct store *st, struct list *l, enum sql_stmt id)
{
	struct slice name = sql_blob(st->db, id, COL_NAME);
	const struct named *old = names_find(st->names, name);
	struct named d = {
		.id = (uint32_t)sql_int(st->db, id, COL_ID),
		.inode = (uint64_t)sql_int(st->db, id, COL_INODE),
		.use = (uint32_t)sql_int(st->db, id, COL_USE),
		.uidvalidity = (uint32_t)sql_int(st->db, id, COL_VALIDITY),
	};
	struct buf normal;

	d.folder = xstrdup_slice(sql_blob(st->db, id, COL_FOLDER));
	if (old != NULL && old->id == d.id && old->inode != 0 &&
	    old->inode != d.inode && d.folder[0] != '\0')
		reopen(st, d.id);
	names_set(st->names, name, &d);
	/* An index of version 3 may have names that nobody can select. */
	buf_init(&normal, MBNAME_MAX + 8);
	if (mbname_normal(name, &normal) == -1 ||
	    !slice_eq(buf_slice(&normal), name))
		list_look_doubt(l->look, d.folder);
	buf_clear(&normal);
	free(d.folder);
}

static void
start(struct store *st, struct list *l)
{
	names_free(st->names);
	st->names = names_new();
	st->list_stale = true;
	l->loaded = l->rows_read = false;
	l->last_id = 0;
	free(l->last_name);
	l->last_name = NULL;
	list_look_doubt_all(l->look);
}

static enum sql_rc
read_version(struct store *st, int64_t *version)
{
	enum sql_stmt id = SQL_NAMELOG_LAST;
	enum sql_rc rc;

	sql_start(st->db, id, SQL_NOARGS);
	if ((rc = sql_step(st->db, id)) == SQL_ROW)
		*version = sql_int(st->db, id, 0);
	sql_reset(st->db, id);
	return rc == SQL_ROW ? SQL_DONE : rc;
}

/* Ranges of the primary key. */
static enum sql_rc
read_mailboxes(struct store *st, struct list *l)
{
	enum sql_stmt id = SQL_MAILBOX_PAGE;
	enum sql_rc rc;
	size_t n = 0;

	sql_start(st->db, id, SQL_ARGS(SQL_I(l->last_id), SQL_I(PAGE)));
	while ((rc = sql_step(st->db, id)) == SQL_ROW) {
		take_mailbox(st, l, id);
		l->last_id = (uint32_t)sql_int(st->db, id, COL_ID);
		n++;
	}
	sql_reset(st->db, id);
	l->rows_read = rc == SQL_DONE && n < PAGE;
	return rc;
}

static enum sql_rc
read_subscriptions(struct store *st, struct list *l)
{
	enum sql_stmt id = SQL_SUBSCRIPTION_PAGE;
	enum sql_rc rc;
	size_t n = 0;
	char *last = NULL;

	sql_start(st->db, id, SQL_ARGS(SQL_T(slice_str(l->last_name)),
	    SQL_I(PAGE)));
	while ((rc = sql_step(st->db, id)) == SQL_ROW) {
		names_subscribe(st->names, sql_blob(st->db, id, 0), true);
		free(last);
		last = xstrdup_slice(sql_blob(st->db, id, 0));
		n++;
	}
	sql_reset(st->db, id);
	if (last != NULL) {
		free(l->last_name);
		l->last_name = last;
	}
	l->loaded = rc == SQL_DONE && n < PAGE;
	return rc;
}

static enum run
read_pages(struct op *op, struct list *l)
{
	enum sql_rc rc;

	while (!l->loaded) {
		rc = l->rows_read ? read_subscriptions(op->store, l) :
		    read_mailboxes(op->store, l);
		if (rc != SQL_DONE)
			return op_wait_sql(op, rc);
		if (op_must_yield(op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

/*
 * Read the log: a name is in it once for each change, with what it has now.
 * *gap is set if the log begins after the version of the list.
 */
static enum sql_rc
read_log(struct op *op, struct list *l, bool *more, bool *gap)
{
	struct store *st = op->store;
	enum sql_stmt id = SQL_NAMELOG_SINCE;
	enum sql_rc rc;
	struct slice name;

	*more = *gap = false;
	sql_start(st->db, id, SQL_ARGS(SQL_I(l->version)));
	while ((rc = sql_step(st->db, id)) == SQL_ROW) {
		if (sql_int(st->db, id, COL_VERSION) != l->version + 1) {
			*gap = true;
			break;
		}
		name = sql_blob(st->db, id, COL_NAME);
		if (sql_null(st->db, id, COL_ID))
			names_unset(st->names, name);
		else
			take_mailbox(st, l, id);
		names_subscribe(st->names, name,
		    sql_int(st->db, id, COL_SUBSCRIBED) != 0);
		l->version++;
		if (op_must_yield(op)) {
			*more = true;
			break;
		}
	}
	sql_reset(st->db, id);
	return rc == SQL_ROW ? SQL_DONE : rc;
}

enum run
list_load(struct op *op, struct list *l)
{
	struct store *st = op->store;
	enum sql_rc rc;
	enum run run;
	bool more, gap;

	if (st->names == NULL) {
		start(st, l);
		if ((rc = read_version(st, &l->version)) != SQL_DONE) {
			names_free(st->names);
			st->names = NULL;
			return op_wait_sql(op, rc);
		}
	}
	if ((run = read_pages(op, l)) != RUN_DONE)
		return run;
	if (!st->list_stale)
		return RUN_DONE;
	if ((rc = read_log(op, l, &more, &gap)) != SQL_DONE)
		return op_wait_sql(op, rc);
	if (gap) {
		names_free(st->names);
		st->names = NULL;
	}
	if (more || gap)
		return RUN_MORE;
	st->list_stale = false;
	return RUN_DONE;
}
