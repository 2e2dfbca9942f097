/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * CREATE, DELETE, RENAME and SUBSCRIBE.
 *
 * A folder is created, moved or removed by a single system call under the
 * write lock, and its row changes in the same transaction.  If the transaction
 * fails, the folders are put back.  After a crash in between, folders and rows
 * disagree until the next look at the list (list.c): a new folder becomes a
 * mailbox, the row of a missing folder is dropped, and a renamed folder is
 * recognized by its inode.  The commands are answered when the root folder and
 * the WAL are synced.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/xmalloc.h"
#include "storage/index/control.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/names.h"
#include "storage/mailbox/view.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/maildir/dotlock.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/mbname.h"
#include "storage/maildir/uidlist.h"
#include "storage/op/copy.h"
#include "storage/op/folder.h"
#include "storage/op/grave.h"
#include "storage/op/list.h"
#include "storage/op/list_look.h"
#include "storage/op/list_row.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"
#include "storage/op/select.h"

/* A folder that the transaction creates or moves. */
struct step {
	struct step	*before;	/* the step before this one */
	char		*from;		/* NULL: the folder was created */
	char		*to;
	char		*name;		/* of the mailbox that was renamed */
	uint32_t	 id;
	struct dotlock_stranded	 lock;	/* of its list of UIDs */
};

struct folder_op {
	struct op	 op;
	enum run	(*work)(struct folder_op *);
	struct buf	 name;		/* see mbname_normal() */
	struct buf	 to;
	uint32_t	 use;
	bool		 subscribe;
	bool		 bad_name;
	bool		 committed;
	struct step	*last_step;
	struct op	*sub;		/* SELECT, then MOVE, of RENAME INBOX */
	struct view	*view;
	size_t		 made;		/* mailboxes created so far */
	bool		 renaming;	/* mailboxes are being renamed */
	struct buf	 renamed;	/* old name of the last of them */
};

static enum run
folder_run(struct op *op)
{
	struct folder_op *f = (struct folder_op *)op;
	struct store *st = op->store;
	enum run run;

	if (f->bad_name)
		return op_fail(op, STORE_ERR_NAME, 0,
		    "No mailbox can have this name");
	if (!f->committed) {
		op_need_sync(op, st->root_sync);
		if ((f->sub == NULL && (run = list_begin(op)) != RUN_DONE) ||
		    (run = f->work(f)) != RUN_DONE)
			return run;
		f->committed = true;
		st->list_stale = true;
		watcher_look(st);
		control_changed(st);
	}
	return op_synced(op);
}

static struct step *
push_step(struct folder_op *f, const char *from, const char *to)
{
	struct step *s;

	s = xcalloc(1, sizeof(*s));
	s->before = f->last_step;
	s->from = from == NULL ? NULL : xstrdup(from);
	s->to = xstrdup(to);
	f->last_step = s;
	return s;
}

static void
pop_step(struct folder_op *f)
{
	struct step *s = f->last_step;

	f->last_step = s->before;
	free(s->from);
	free(s->to);
	free(s->name);
	free(s);
}

/* Undo the steps, the last one first. */
static void
undo(struct op *op)
{
	struct folder_op *f = (struct folder_op *)op;
	int root_fd = op->store->root_fd;
	const struct step *s;

	while ((s = f->last_step) != NULL) {
		if (s->from == NULL)
			maildir_unmake(root_fd, s->to);
		else
			(void)maildir_move(root_fd, s->to, root_fd, s->from);
		pop_step(f);
	}
}

static void
folder_free(struct op *op)
{
	struct folder_op *f = (struct folder_op *)op;

	while (f->last_step != NULL)
		pop_step(f);
	op_free(f->sub);
	view_close(f->view);
	buf_clear(&f->name);
	buf_clear(&f->to);
	buf_clear(&f->renamed);
}

static const struct op_class folder_class = {
	.run = folder_run, .free = folder_free, .undo = undo
};

/* The steps are undone, and no DELETE has others. */
static void
delete_again(struct op *op)
{
	(void)op;
}

static const struct op_class delete_class = {
	.run = folder_run, .free = folder_free, .undo = undo,
	.again = delete_again
};

static struct folder_op *
make(struct store *st, enum run (*work)(struct folder_op *),
    struct slice name)
{
	struct folder_op *f;

	f = xcalloc(1, sizeof(*f));
	op_init(&f->op, &folder_class, st);
	f->work = work;
	buf_init(&f->name, MBNAME_MAX + 8);
	buf_init(&f->to, MBNAME_MAX + 8);
	buf_init(&f->renamed, MBNAME_MAX + 8);
	f->bad_name = mbname_normal(name, &f->name) == -1;
	return f;
}

/* The folder of a name, as a string in b; NULL if no folder can have it. */
static const char *
folder_of(struct slice name, struct buf *b)
{
	buf_init(b, MBNAME_FOLDER_MAX + 64);
	if (mbname_to_folder(name, b) == -1 || buf_add_char(b, '\0') == -1)
		return NULL;
	return b->p + b->off;
}

static bool
exists(const struct named *d)
{
	return d != NULL && d->id != 0;
}

/* The entries of a new folder have to be on disk before the answer. */
static int
need_folder_sync(struct folder_op *f, const char *folder)
{
	struct store *st = f->op.store;
	struct syncfile *sync;
	int fd;

	if ((fd = maildir_open_dir(st->root_fd, folder)) == -1)
		return -1;
	sync = syncfile_new(st->storage->sync, fd, st->group, folder);
	op_need_sync(&f->op, sync);
	syncfile_unref(sync);
	return 0;
}

/*
 * Create a folder.  A new folder gets old mtimes, and *mtime returns them:
 * they prove at its first SELECT that it is still empty.  If something that is
 * not a mailbox has the name already, add what it lacks; then *mtime is 0.
 */
static int
make_folder(struct folder_op *f, const char *folder, int64_t *mtime)
{
	struct store *st = f->op.store;

	if (maildir_make_aside(st->root_fd, folder, st->penfold_fd,
	    mtime) == -1) {
		*mtime = 0;
		if ((errno != EEXIST && errno != ENOTEMPTY) ||
		    maildir_make_folder(st->root_fd, folder) == -1)
			return -1;
	}
	(void)push_step(f, NULL, folder);
	return need_folder_sync(f, folder);
}

/* Whether the user may have another mailbox; f->made counts, too. */
static bool
has_room(const struct folder_op *f)
{
	const struct store *st = f->op.store;
	size_t max = st->storage->options.mailbox_max;

	return max == 0 || names_mailboxes(st->names) + f->made < max;
}

/* Give the folder of the last step its row. */
static enum run
add_row(struct folder_op *f, struct slice name, int64_t mtime, uint32_t use)
{
	struct look k = { .folder = f->last_step->to };
	uint32_t id;

	list_look_at(f->op.store, &k, true);
	if (k.found != LOOK_MAILBOX)
		return op_fail_path(&f->op, k.folder, NULL, NULL,
		    k.found == LOOK_UNKNOWN ? k.errnum : EIO);
	if ((id = list_row_add(&f->op, name, &k, use)) == 0)
		return RUN_FAIL;
	if (mtime != 0)
		sql_tx_do(f->op.store->db, SQL_MAILBOX_CLEAN, SQL_ARGS(
		    SQL_I(id), SQL_I(mtime), SQL_I(maildir_now())));
	return RUN_DONE;
}

/* Create one level, in the transaction.  The levels above it come first. */
static enum run
create_one(struct folder_op *f, struct slice name, uint32_t use)
{
	struct store *st = f->op.store;
	struct buf b;
	const char *folder;
	int64_t mtime;
	enum run run = RUN_DONE;

	if (exists(list_find(st, name)))
		return RUN_DONE;
	if (!has_room(f))
		return op_fail(&f->op, STORE_ERR_LIMIT, 0,
		    "There are too many mailboxes");
	folder = folder_of(name, &b);
	if (folder == NULL)
		run = op_fail(&f->op, STORE_ERR_NAME, 0,
		    "The name of the mailbox is too long");
	else if (make_folder(f, folder, &mtime) == -1)
		run = op_fail_path(&f->op, NULL, folder, NULL, errno);
	else {
		f->made++;
		run = add_row(f, name, mtime, use);
	}
	buf_clear(&b);
	return run;
}

/* RFC 3501, 6.3.3 and 6.3.5: create superior names, too. */
static enum run
create_above(struct folder_op *f, struct slice name)
{
	enum run run;

	for (size_t i = 1; i < name.len; i++)
		if (name.p[i] == '/' && (run = create_one(f,
		    slice_sub(name, 0, i), 0)) != RUN_DONE)
			return run;
	return RUN_DONE;
}

static enum run
create_work(struct folder_op *f)
{
	struct slice name = buf_slice(&f->name);
	enum run run;

	if (exists(list_find(f->op.store, name)))
		return op_fail(&f->op, STORE_ERR_EXISTS, 0,
		    "The mailbox already exists");
	if ((run = create_above(f, name)) != RUN_DONE ||
	    (run = create_one(f, name, f->use)) != RUN_DONE)
		return run;
	return op_commit(&f->op) == -1 ? RUN_FAIL : RUN_DONE;
}

struct op *
folder_create_new(struct store *st, struct slice name, uint32_t use)
{
	struct folder_op *f;

	/* RFC 3501, 6.3.3: a trailing separator declares a hierarchy. */
	while (name.len > 1 && name.p[name.len - 1] == '/')
		name.len--;
	f = make(st, create_work, name);
	f->use = use;
	return &f->op;
}

static enum run
delete_work(struct folder_op *f)
{
	struct store *st = f->op.store;
	const struct named *d = list_find(st, buf_slice(&f->name));
	char *folder;
	uint32_t id;
	enum run run = RUN_DONE;

	if (slice_eq_str(buf_slice(&f->name), "INBOX"))
		return op_fail(&f->op, STORE_ERR_NOPERM, 0,
		    "INBOX cannot be deleted");
	if (d != NULL && d->id == 0 && d->below > 0)
		return op_fail(&f->op, STORE_ERR_HASCHILDREN, 0,
		    "The name has mailboxes below it");
	if (!exists(d))
		return op_fail(&f->op, STORE_ERR_NONEXISTENT, 0,
		    "There is no such mailbox");
	id = d->id;
	folder = xstrdup(d->folder);
	if (grave_move(st, folder, id) == -1) {
		run = op_fail_path(&f->op, NULL, folder, NULL, errno);
		goto out;
	}
	grave_dig(st, id);
	op_need_sync(&f->op, st->expunged_sync);
	if (op_commit(&f->op) == -1) {
		if (f->op.err.kind != STORE_ERR_UNSURE)
			grave_move_back(st, folder, id);
		run = RUN_FAIL;
		goto out;
	}
	mailbox_deleted(st, id);
	grave_start_job(st);
out:
	free(folder);
	return run;
}

struct op *
folder_delete_new(struct store *st, struct slice name)
{
	struct folder_op *f = make(st, delete_work, name);

	f->op.class = &delete_class;
	return &f->op;
}

/* Note the lock that another program has of the list in a folder. */
static void
note_lock(struct store *st, const char *folder, struct dotlock_stranded *lock)
{
	char path[MBNAME_FOLDER_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, UIDLIST_LOCK);
	dotlock_note(lock, st->root_fd, path);
}

/* Remove the lock that was noted in a folder before it was renamed. */
static void
break_lock(struct store *st, const struct step *s)
{
	int fd;

	if (!s->lock.there ||
	    (fd = maildir_open_dir(st->root_fd, s->to)) == -1)
		return;
	dotlock_break(&s->lock, fd, UIDLIST_LOCK);
	(void)close(fd);
}

/* Rename the folder and the row of one of the mailboxes of a RENAME. */
static enum run
rename_one(struct folder_op *f, const struct named *d)
{
	struct store *st = f->op.store;
	struct slice from = buf_slice(&f->name);
	struct buf name, b;
	struct dotlock_stranded lock;
	struct step *s;
	const char *folder;
	enum run run = RUN_DONE;

	note_lock(st, d->folder, &lock);
	buf_init(&name, MBNAME_MAX + 8);
	(void)buf_add_slice(&name, buf_slice(&f->to));
	(void)buf_add_slice(&name, slice_from(d->name, from.len));
	folder = folder_of(buf_slice(&name), &b);
	if (folder == NULL)
		run = op_fail(&f->op, STORE_ERR_NAME, 0,
		    "The name of a mailbox would be too long");
	else if (exists(list_find(st, buf_slice(&name))))
		run = op_fail(&f->op, STORE_ERR_EXISTS, 0,
		    "A mailbox with the new name already exists");
	else if (maildir_move(st->root_fd, d->folder, st->root_fd,
	    folder) == -1)
		run = op_fail_path(&f->op, NULL, folder, NULL, errno);
	else {
		s = push_step(f, d->folder, folder);
		s->id = d->id;
		s->lock = lock;
		s->name = xstrdup_slice(buf_slice(&name));
		sql_tx_do(st->db, SQL_MAILBOX_RENAME, SQL_ARGS(SQL_I(d->id),
		    SQL_T(buf_slice(&name)), SQL_B(slice_str(folder))));
	}
	buf_clear(&b);
	buf_clear(&name);
	return run;
}

/* The messages of INBOX move to a new mailbox (RFC 3501, 6.3.5). */
static enum run
rename_inbox(struct folder_op *f)
{
	struct idset all;
	enum run run;

	if (f->view == NULL && f->sub == NULL) {
		if ((run = create_above(f, buf_slice(&f->to))) != RUN_DONE ||
		    (run = create_one(f, buf_slice(&f->to), 0)) != RUN_DONE)
			return run;
		if (op_commit(&f->op) == -1)
			return RUN_FAIL;
		f->op.store->list_stale = true;
		f->sub = select_new(f->op.store, SLICE_LIT("INBOX"), 0);
		op_on_wake(f->sub, f->op.waiter.wake, f->op.waiter.arg);
	}
	if (f->view == NULL) {
		if ((run = op_run(f->sub)) != RUN_DONE)
			goto out;
		f->view = select_result(f->sub);
		op_free(f->sub);
		idset_init(&all, IDSET_NOLIMIT);
		if (view_last_uid(f->view) > 0)
			(void)idset_add_range(&all, 1,
			    view_last_uid(f->view));
		f->sub = copy_new(f->view, &all, buf_slice(&f->to), true);
		op_on_wake(f->sub, f->op.waiter.wake, f->op.waiter.arg);
		idset_clear(&all);
	}
	run = op_run(f->sub);
out:
	if (run == RUN_FAIL)
		f->op.err = *op_error(f->sub);
	return run;
}

/* Check a RENAME, create the levels above the new name, and rename to it. */
static enum run
rename_begin(struct folder_op *f)
{
	struct store *st = f->op.store;
	struct slice from = buf_slice(&f->name);
	struct slice to = buf_slice(&f->to);
	const struct named *d = list_find(st, from);
	enum run run;

	if (d == NULL || (d->id == 0 && d->below == 0))
		return op_fail(&f->op, STORE_ERR_NONEXISTENT, 0,
		    "There is no such mailbox");
	if (exists(list_find(st, to)))
		return op_fail(&f->op, STORE_ERR_EXISTS, 0,
		    "A mailbox with the new name already exists");
	if (mbname_below(to, from) || slice_eq_str(to, "INBOX"))
		return op_fail(&f->op, STORE_ERR_NAME, 0,
		    "A mailbox cannot be moved below itself");
	if (slice_eq_str(from, "INBOX"))
		return RUN_DONE;
	if ((run = create_above(f, to)) != RUN_DONE)
		return run;
	f->renaming = true;
	return d->id == 0 ? RUN_DONE : rename_one(f, d);
}

/*
 * Rename the mailboxes below, in slices of one transaction.  The list keeps the
 * old names until COMMIT.
 */
static enum run
rename_tree(struct folder_op *f)
{
	struct names *names = f->op.store->names;
	struct slice from = buf_slice(&f->name);
	const struct named *d = names_first_below(names, from);
	enum run run;

	if (buf_len(&f->renamed) > 0) {
		d = names_find(names, buf_slice(&f->renamed));
		if (d == NULL)
			return op_fail(&f->op, STORE_ERR_INUSE, 0,
			    "The mailboxes have changed meanwhile");
		d = names_next(names, d);
	}
	for (; d != NULL && mbname_below(d->name, from);
	    d = names_next(names, d)) {
		if (d->id != 0 && (run = rename_one(f, d)) != RUN_DONE)
			return run;
		buf_truncate(&f->renamed, 0);
		(void)buf_add_slice(&f->renamed, d->name);
		if (op_must_yield(&f->op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

static enum run
rename_work(struct folder_op *f)
{
	struct store *st = f->op.store;
	enum run run;

	if (f->sub != NULL)
		return rename_inbox(f);
	if (!f->renaming && (run = rename_begin(f)) != RUN_DONE)
		return run;
	if (slice_eq_str(buf_slice(&f->name), "INBOX"))
		return rename_inbox(f);
	if ((run = rename_tree(f)) != RUN_DONE)
		return run;
	if (op_commit(&f->op) == -1)
		return RUN_FAIL;
	for (const struct step *s = f->last_step; s != NULL; s = s->before)
		if (s->from != NULL) {
			break_lock(st, s);
			mailboxes_renamed(st, s->id, s->to,
			    slice_str(s->name));
		}
	return RUN_DONE;
}

struct op *
folder_rename_new(struct store *st, struct slice from, struct slice to)
{
	struct folder_op *f;

	while (to.len > 1 && to.p[to.len - 1] == '/')
		to.len--;
	f = make(st, rename_work, from);
	if (mbname_normal(to, &f->to) == -1)
		f->bad_name = true;
	return &f->op;
}

/*
 * A name stays subscribed when its mailbox is deleted, so that subscriptions
 * need a limit of their own.
 */
static bool
may_subscribe(const struct store *st)
{
	size_t max = st->storage->options.mailbox_max;

	return max == 0 || names_subscriptions(st->names) < 2 * max;
}

/*
 * RFC 3501, 6.3.6 allows us to refuse a name that does not exist.  A name that
 * ceases to exist stays subscribed, as the same section demands.
 */
static enum run
subscribe_work(struct folder_op *f)
{
	struct store *st = f->op.store;
	struct slice name = buf_slice(&f->name);

	if (f->subscribe && list_find(st, name) == NULL)
		return op_fail(&f->op, STORE_ERR_NONEXISTENT, 0,
		    "There is no such mailbox");
	if (f->subscribe && !may_subscribe(st))
		return op_fail(&f->op, STORE_ERR_LIMIT, 0,
		    "There are too many subscriptions");
	sql_tx_do(st->db, f->subscribe ? SQL_SUBSCRIBE : SQL_UNSUBSCRIBE,
	    SQL_ARGS(SQL_T(name)));
	return op_commit(&f->op) == -1 ? RUN_FAIL : RUN_DONE;
}

struct op *
folder_subscribe_new(struct store *st, struct slice name, bool subscribe)
{
	struct folder_op *f;

	while (name.len > 1 && name.p[name.len - 1] == '/')
		name.len--;
	f = make(st, subscribe_work, name);
	f->subscribe = subscribe;
	return &f->op;
}
