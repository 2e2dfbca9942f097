/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The list of mailboxes.  A folder is a mailbox if its name is ".x" and it has
 * a cur/.  Folders that other programs created get rows, rows whose folder is
 * gone are deleted, and a renamed folder is recognized by its inode and keeps
 * its id.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "storage/index/control.h"
#include "storage/index/error.h"
#include "storage/index/index.h"
#include "storage/index/mailbox_columns.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/absorb.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/mbname.h"
#include "storage/maildir/uidlist.h"
#include "storage/op/grave.h"
#include "storage/op/list.h"
#include "storage/op/newuser.h"
#include "storage/op/op_state.h"

struct row {
	uint32_t	 id;
	char		*name;
	char		*folder;
	uint64_t	 inode;
	uint32_t	 use;
	bool		 found;
	bool		 unknown;	/* a folder that cannot be entered */
};

struct rows {
	struct row	*items;
	size_t		 n;
	size_t		 size;
};

static struct row *
push_row(struct rows *rows)
{
	rows->items = xgrow(rows->items, rows->n, &rows->size,
	    sizeof(*rows->items));
	memset(&rows->items[rows->n], 0, sizeof(*rows->items));
	return &rows->items[rows->n++];
}

static void
free_rows(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		free(rows->items[i].name);
		free(rows->items[i].folder);
	}
	free(rows->items);
	memset(rows, 0, sizeof(*rows));
}

static int
by_folder(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->folder,
	    ((const struct row *)b)->folder);
}

static enum sql_rc
read_rows(struct store *st, struct rows *rows)
{
	enum sql_stmt id = SQL_MAILBOX_ALL;
	enum sql_rc rc;

	sql_start(st->db, id, SQL_NOARGS);
	while ((rc = sql_step(st->db, id)) == SQL_ROW) {
		struct row *r = push_row(rows);

		r->id = (uint32_t)sql_int(st->db, id, COLUMN_ID);
		r->name = xstrdup_slice(sql_blob(st->db, id, COLUMN_NAME));
		r->folder = xstrdup_slice(sql_blob(st->db, id, COLUMN_FOLDER));
		r->inode = (uint64_t)sql_int(st->db, id, COLUMN_INODE);
		r->use = (uint32_t)sql_int(st->db, id, COLUMN_USE);
	}
	sql_reset(st->db, id);
	if (rows->n > 1)
		qsort(rows->items, rows->n, sizeof(*rows->items), by_folder);
	return rc;
}

/*
 * Note a folder that holds a mailbox.  If that cannot be told, a folder that
 * has a row keeps it, and a new one gets none yet.
 */
static void
note_folder(struct store *st, struct rows *rows, const char *folder)
{
	struct stat sb;
	struct row *r;
	char cur[MAILDIR_NAME_MAX + 8];
	int errnum = 0;

	(void)snprintf(cur, sizeof(cur), "%s/cur", folder);
	if (fstatat(st->root_fd, cur, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		errnum = errno;
	if (errnum == 0 ? !S_ISDIR(sb.st_mode) : maildir_gone(errnum))
		return;
	if (errnum != 0)
		log_limited(LOG_LEVEL_WARN, "store error path=%s/%s errno=%d: "
		    "%s", st->root, log_esc(slice_str(cur)), errnum,
		    strerror(errnum));
	r = push_row(rows);
	r->folder = xstrdup(folder);
	r->unknown = errnum != 0;
}

/* The folders in the root, among them INBOX as "". */
static int
read_folders(struct store *st, struct rows *rows)
{
	struct dirent *e;
	DIR *dir;
	int rc;

	push_row(rows)->folder = xstrdup("");
	if ((dir = maildir_open_names(st->root_fd, ".")) == NULL)
		return -1;
	while ((rc = maildir_next(dir, &e)) == 1) {
		if (e->d_name[0] != '.' ||
		    (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN))
			continue;
		note_folder(st, rows, e->d_name);
	}
	(void)closedir(dir);
	if (rows->n > 1)
		qsort(rows->items, rows->n, sizeof(*rows->items), by_folder);
	return rc;
}

static uint64_t
inode_of(struct store *st, const char *folder)
{
	struct stat sb;

	if (fstatat(st->root_fd, folder[0] == '\0' ? "." : folder, &sb,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	return (uint64_t)sb.st_ino;
}

/*
 * Get the UIDVALIDITY of the list in a folder, 0 if it has none.  Returns -1
 * if that is unknown.
 */
static int
folder_validity(struct store *st, const char *folder, uint32_t *validity)
{
	int fd, rc = -1;

	*validity = 0;
	fd = maildir_open_dir(st->root_fd, folder[0] == '\0' ? "." : folder);
	if (fd != -1) {
		rc = uidlist_validity(fd, validity);
		(void)close(fd);
	}
	if (rc == -1)
		log_limited(LOG_LEVEL_WARN, "store error path=%s/%s%s"
		    UIDLIST_NAME " errno=%d: %s", st->root,
		    log_esc(slice_str(folder)), folder[0] == '\0' ? "" : "/",
		    errno, strerror(errno));
	return rc;
}

/* UIDVALIDITY grows over all mailboxes of a user: none is given out twice. */
static uint32_t
next_validity(struct store *st)
{
	uint64_t v = (uint64_t)time(NULL);
	int64_t last = 0;

	sql_start(st->db, SQL_META_GET,
	    SQL_ARGS(SQL_T(SLICE_LIT("uidvalidity"))));
	if (sql_step(st->db, SQL_META_GET) == SQL_ROW)
		last = sql_int(st->db, SQL_META_GET, 0);
	sql_reset(st->db, SQL_META_GET);
	if ((uint64_t)last >= v)
		v = (uint64_t)last + 1;
	sql_tx_do(st->db, SQL_META_SET,
	    SQL_ARGS(SQL_T(SLICE_LIT("uidvalidity")), SQL_I(v)));
	return (uint32_t)v;
}

uint32_t
list_add_row(struct store *st, struct slice name, struct slice folder,
    uint32_t use)
{
	char *dir = xstrdup_slice(folder);
	uint32_t validity;

	/* If the list cannot be read now, the first scan will read it. */
	if (folder_validity(st, dir, &validity) == -1 || validity == 0)
		validity = next_validity(st);
	sql_tx_do(st->db, SQL_MAILBOX_ADD, SQL_ARGS(SQL_N, SQL_T(name),
	    SQL_B(folder), SQL_I(inode_of(st, dir)), SQL_I(use),
	    SQL_I(validity), SQL_I(1), SQL_I((uint64_t)time(NULL) << 16)));
	free(dir);
	return (uint32_t)sql_last_id(st->db);
}

static bool
name_taken(const struct rows *rows, struct slice name)
{
	for (size_t i = 0; i < rows->n; i++)
		if (rows->items[i].name != NULL &&
		    slice_eq_str(name, rows->items[i].name))
			return true;
	return false;
}

/* The row of a missing folder with this inode: that folder was renamed. */
static struct row *
renamed_from(struct rows *rows, uint64_t inode)
{
	for (size_t i = 0; i < rows->n; i++)
		if (!rows->items[i].found && rows->items[i].inode == inode &&
		    rows->items[i].folder[0] != '\0')
			return &rows->items[i];
	return NULL;
}

static void
adopt_folder(struct store *st, struct rows *rows, const char *folder)
{
	struct buf name;
	struct row *r;
	uint32_t validity;

	buf_init(&name, MBNAME_MAX);
	if (folder[0] == '\0')
		(void)buf_add_str(&name, "INBOX");
	else if (mbname_from_folder(slice_str(folder), &name) == -1)
		goto out;
	if (name_taken(rows, buf_slice(&name))) {
		log_limited(LOG_LEVEL_WARN, "store folder=%s user=%s ignored: "
		    "another folder has the same mailbox name",
		    log_esc(slice_str(folder)), st->user);
		goto out;
	}
	r = renamed_from(rows, inode_of(st, folder));
	/* If it cannot be known whether r was renamed, ask again next time. */
	if (r != NULL && folder_validity(st, folder, &validity) == -1)
		goto out;
	if (r != NULL && validity == 0) {
		r->found = true;
		sql_tx_do(st->db, SQL_MAILBOX_RENAME, SQL_ARGS(SQL_I(r->id),
		    SQL_T(buf_slice(&name)), SQL_B(slice_str(folder))));
		goto out;
	}
	(void)list_add_row(st, buf_slice(&name), slice_str(folder), 0);
out:
	buf_clear(&name);
}

/*
 * Within a transaction: give new folders rows, and turn rows whose folder is
 * gone into graves.
 */
static void
reconcile(struct store *st, struct rows *rows, struct rows *folders)
{
	for (size_t i = 0; i < folders->n; i++)
		if (!folders->items[i].found && !folders->items[i].unknown)
			adopt_folder(st, rows, folders->items[i].folder);
	for (size_t i = 0; i < rows->n; i++) {
		if (rows->items[i].found)
			continue;
		grave_dig(st, rows->items[i].id);
		mailbox_deleted(st, rows->items[i].id);
	}
}

static bool
agree(struct rows *rows, struct rows *folders)
{
	bool same = true;

	for (size_t i = 0; i < rows->n; i++)
		rows->items[i].found = false;
	for (size_t i = 0; i < folders->n; i++) {
		struct row *r;

		r = rows->n == 0 ? NULL : bsearch(&folders->items[i],
		    rows->items, rows->n, sizeof(*rows->items), by_folder);
		folders->items[i].found = r != NULL;
		if (r == NULL && !folders->items[i].unknown) {
			struct buf name;

			/* A folder whose name cannot be decoded gets no row. */
			buf_init(&name, MBNAME_MAX);
			if (folders->items[i].folder[0] == '\0' ||
			    (mbname_from_folder(slice_str(
			    folders->items[i].folder), &name) == 0 &&
			    !name_taken(rows, buf_slice(&name))))
				same = false;
			buf_clear(&name);
		} else if (r != NULL)
			r->found = true;
	}
	for (size_t i = 0; i < rows->n; i++)
		if (!rows->items[i].found)
			same = false;
	return same;
}

static void
push_item(struct store *st, size_t *size, struct slice name,
    const char *folder, uint32_t id, uint32_t use, uint32_t attrs)
{
	struct list_item *item;

	st->items = xgrow(st->items, st->nitems, size, sizeof(*st->items));
	item = &st->items[st->nitems++];
	memset(item, 0, sizeof(*item));
	item->name = xstrdup_slice(name);
	item->folder = folder == NULL ? NULL : xstrdup(folder);
	item->info.name = slice_make(item->name, name.len);
	item->info.id = id;
	item->info.use = use;
	item->info.attrs = attrs;
}

static int
by_name(const void *a, const void *b)
{
	return mbname_cmp(((const struct list_item *)a)->info.name,
	    ((const struct list_item *)b)->info.name);
}

static void
sort_items(struct store *st)
{
	if (st->nitems > 1)
		qsort(st->items, st->nitems, sizeof(*st->items), by_name);
}

static struct list_item *
find(const struct store *st, struct slice name, size_t n)
{
	struct list_item key = { .info.name = name };

	return n == 0 ? NULL : bsearch(&key, st->items, n,
	    sizeof(*st->items), by_name);
}

/* Add the levels above mailboxes that are not mailboxes themselves. */
static void
add_parents(struct store *st, size_t *size)
{
	size_t have = st->nitems, i = 0;

	for (; i < have; i++) {
		struct slice name = st->items[i].info.name;

		for (size_t k = name.len; k-- > 1;) {
			struct slice parent = slice_sub(name, 0, k);
			bool known = false;

			if (name.p[k] != '/')
				continue;
			if (find(st, parent, have) != NULL)
				break;
			for (size_t j = have; j < st->nitems; j++)
				if (slice_eq(st->items[j].info.name, parent))
					known = true;
			if (!known)
				push_item(st, size, parent, NULL, 0, 0,
				    MAILBOX_NONEXISTENT | MAILBOX_NOSELECT);
		}
	}
	sort_items(st);
}

static enum sql_rc
add_subscriptions(struct store *st, size_t *size)
{
	struct list_item *item;
	enum sql_stmt id = SQL_SUBSCRIPTIONS;
	enum sql_rc rc;
	size_t have = st->nitems;

	sql_start(st->db, id, SQL_NOARGS);
	while ((rc = sql_step(st->db, id)) == SQL_ROW) {
		item = find(st, sql_blob(st->db, id, 0), have);
		if (item != NULL)
			item->info.attrs |= MAILBOX_SUBSCRIBED;
		else
			push_item(st, size, sql_blob(st->db, id, 0), NULL, 0,
			    0, MAILBOX_NONEXISTENT | MAILBOX_SUBSCRIBED);
	}
	sql_reset(st->db, id);
	sort_items(st);
	return rc;
}

/* The list is sorted: names below a name come right after it. */
static void
mark_children(struct store *st)
{
	for (size_t i = 0; i < st->nitems; i++)
		for (size_t k = i + 1; k < st->nitems &&
		    mbname_below(st->items[k].info.name,
		    st->items[i].info.name); k++)
			if (st->items[k].info.id != 0) {
				st->items[i].info.attrs |= MAILBOX_CHILDREN;
				break;
			}
}

static enum sql_rc
build(struct store *st, const struct rows *rows)
{
	enum sql_rc rc;
	size_t size = 0;

	store_free_items(st);
	for (size_t i = 0; i < rows->n; i++)
		push_item(st, &size, slice_str(rows->items[i].name),
		    rows->items[i].folder, rows->items[i].id,
		    rows->items[i].use, 0);
	sort_items(st);
	add_parents(st, &size);
	rc = add_subscriptions(st, &size);
	mark_children(st);
	return rc;
}

/*
 * The first look with a new index: take over what control has.  Without a
 * control file this is a new account, whose first folders are created before
 * the folders are read.
 */
static int
begin_list(struct op *op, bool *new_user)
{
	struct store *st = op->store;

	*new_user = control_read(st) == -1;
	if (*new_user && newuser_folders(st) == -1) {
		op_fail_path(op, NULL, NULL, NULL, errno);
		return -1;
	}
	return 0;
}

static enum run
read_both(struct op *op, struct rows *rows, struct rows *folders)
{
	enum sql_rc rc;

	free_rows(rows);
	free_rows(folders);
	if ((rc = read_rows(op->store, rows)) != SQL_DONE)
		return op_fail_sql(op, rc);
	if (read_folders(op->store, folders) == -1)
		return op_fail_path(op, NULL, NULL, NULL, errno);
	return RUN_DONE;
}

/* Make index and folders agree in a transaction; rows gets the new rows. */
static enum run
settle(struct op *op, struct rows *rows, struct rows *folders)
{
	struct store *st = op->store;
	bool was_in_tx = op->in_tx, new_user = false;
	enum sql_rc rc;
	enum run run;

	if ((run = op_begin(op)) != RUN_DONE)
		return run;
	/* Another process may have been faster: read again. */
	if ((run = read_both(op, rows, folders)) != RUN_DONE)
		return run;
	if (rows->n == 0 && (begin_list(op, &new_user) == -1 ||
	    read_both(op, rows, folders) != RUN_DONE))
		return RUN_FAIL;
	if (!agree(rows, folders))
		reconcile(st, rows, folders);
	if (new_user)
		newuser_rows(st);
	if (!was_in_tx && op_commit(op) == -1)
		return RUN_FAIL;
	store_control_changed(st);
	grave_start_job(st);
	free_rows(rows);
	if ((rc = read_rows(st, rows)) != SQL_DONE)
		return op_fail_sql(op, rc);
	return RUN_DONE;
}

enum run
list_refresh(struct op *op)
{
	struct store *st = op->store;
	struct rows rows = { NULL, 0, 0 }, folders = { NULL, 0, 0 };
	enum sql_rc rc;
	enum run run = RUN_DONE;
	int64_t mtime, now;

	if (store_db_same(st, &op->err) == -1)
		return RUN_FAIL;
	if (st->writer == NULL && (rc = store_absorb(st)) != SQL_DONE)
		return op_fail_sql(op, rc);
	now = maildir_now();
	mtime = maildir_mtime(st->root_fd, ".");
	if (st->items != NULL && !st->items_stale && mtime == st->root_mtime &&
	    !maildir_racy(mtime, st->root_checked))
		return RUN_DONE;
	if ((run = read_both(op, &rows, &folders)) != RUN_DONE)
		goto out;
	if (!agree(&rows, &folders) &&
	    (run = settle(op, &rows, &folders)) != RUN_DONE)
		goto out;
	if ((rc = build(st, &rows)) != SQL_DONE) {
		run = op_fail_sql(op, rc);
		goto out;
	}
	st->items_stale = false;
	st->root_mtime = mtime;
	st->root_checked = now;
	watcher_look(st);
out:
	free_rows(&rows);
	free_rows(&folders);
	return run;
}

const struct list_item *
list_find(const struct store *st, struct slice name)
{
	const struct list_item *item;
	struct buf normal;

	buf_init(&normal, MBNAME_MAX + 8);
	item = mbname_normal(name, &normal) == -1 ? NULL :
	    find(st, buf_slice(&normal), st->nitems);
	buf_clear(&normal);
	return item;
}

enum run
list_ref(struct op *op, struct slice name, struct mailbox **mb)
{
	const struct list_item *item;
	enum run run;

	if ((run = list_refresh(op)) != RUN_DONE)
		return run;
	item = list_find(op->store, name);
	if (item == NULL || item->info.id == 0)
		return op_fail(op, STORE_ERR_NONEXISTENT, 0,
		    "There is no such mailbox");
	*mb = mailbox_lookup(op->store, item->info.id, &op->err);
	return *mb == NULL ? RUN_FAIL : RUN_DONE;
}
