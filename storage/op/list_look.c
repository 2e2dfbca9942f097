/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Folders that may not agree with the list; see list_look.h.
 *
 * A look is in one of three queues: due, until it is compared with the list;
 * wait, while nobody can say what it is, another folder has its name, or it
 * may yet get its cur/; differ, until the list is changed.  A look without a
 * queue is of a folder that no mailbox can have.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/names.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/mbname.h"
#include "storage/maildir/uidlist.h"
#include "storage/maildir/watch.h"
#include "storage/op/list_look.h"

/* Names read between two looks at the clock. */
#define LOOK_EVERY	64
/*
 * How many folders without cur/ are looked at again.  A few may be Maildirs
 * that are just being made; more of them are other folders in a home directory.
 */
#define BARE_MAX	32

RB_HEAD(look_tree, look);
RB_HEAD(moved_tree, look);
RB_HEAD(inode_tree, look);

struct list_look {
	struct look_tree tree;
	struct moved_tree moved;	/* by the inode that is expected */
	struct inode_tree inodes;	/* those in differ */
	struct look_queue due;
	struct look_queue wait;
	struct look_queue differ;
	size_t		 bare;		/* folders without cur/ in wait */
	bool		 all;		/* read all names in the root */
	bool		 busy;		/* list_look_run() returned RUN_MORE */
	DIR		*dir;		/* the root, being read */
	unsigned int	 walk;		/* counts readings; see named.seen */
	int64_t		 mtime;		/* ns: of the root, when last read */
	int64_t		 checked;
	int64_t		 walk_mtime;	/* of the reading under way */
	int64_t		 walk_checked;
};

static int
look_cmp(struct look *a, struct look *b)
{
	return strcmp(a->folder, b->folder);
}

static int
moved_cmp(struct look *a, struct look *b)
{
	if (a->moved != b->moved)
		return a->moved < b->moved ? -1 : 1;
	return strcmp(a->folder, b->folder);
}

static int
inode_cmp(struct look *a, struct look *b)
{
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return strcmp(a->folder, b->folder);
}

/* RB_GENERATE_STATIC needs __unused, which glibc does not have. */
RB_PROTOTYPE(look_tree, look, node, look_cmp)
RB_GENERATE(look_tree, look, node, look_cmp)
RB_PROTOTYPE(moved_tree, look, moved_node, moved_cmp)
RB_GENERATE(moved_tree, look, moved_node, moved_cmp)
RB_PROTOTYPE(inode_tree, look, inode_node, inode_cmp)
RB_GENERATE(inode_tree, look, inode_node, inode_cmp)

static void
unknown(struct look *k)
{
	k->found = LOOK_UNKNOWN;
	k->errnum = errno;
}

/* INBOX is the root itself. */
static const char *
path_of(const struct look *k)
{
	return k->folder[0] == '\0' ? "." : k->folder;
}

static void
read_validity(struct store *st, struct look *k)
{
	int fd, rc = -1;

	k->uidvalidity = 0;
	if ((fd = maildir_open_dir(st->root_fd, path_of(k))) != -1)
		rc = uidlist_validity(fd, &k->uidvalidity);
	if (rc == -1)
		unknown(k);
	if (fd != -1)
		(void)close(fd);
}

void
list_look_at(struct store *st, struct look *k, bool uidlist)
{
	struct stat sb;
	char cur[MAILDIR_NAME_MAX + 8];

	k->inode = 0;
	k->is_dir = k->is_link = false;
	k->found = LOOK_OTHER;
	if (fstatat(st->root_fd, path_of(k), &sb, AT_SYMLINK_NOFOLLOW) == -1) {
		if (maildir_gone(errno))
			k->found = LOOK_GONE;
		else
			unknown(k);
		return;
	}
	k->inode = (uint64_t)sb.st_ino;
	k->is_dir = S_ISDIR(sb.st_mode);
	k->is_link = S_ISLNK(sb.st_mode);
	if (!k->is_dir && !k->is_link)
		return;
	(void)snprintf(cur, sizeof(cur), "%s/cur", path_of(k));
	if (fstatat(st->root_fd, cur, &sb, AT_SYMLINK_NOFOLLOW) == -1) {
		k->is_link = false;
		if (k->is_dir && !maildir_gone(errno))
			unknown(k);
		return;
	}
	if (k->is_link || !S_ISDIR(sb.st_mode))
		return;
	k->found = LOOK_MAILBOX;
	k->curmtime = maildir_file_time(&sb);
	if (uidlist)
		read_validity(st, k);
}

struct list_look *
list_look_new(void)
{
	struct list_look *l;

	l = xcalloc(1, sizeof(*l));
	RB_INIT(&l->tree);
	RB_INIT(&l->moved);
	RB_INIT(&l->inodes);
	TAILQ_INIT(&l->due);
	TAILQ_INIT(&l->wait);
	TAILQ_INIT(&l->differ);
	l->all = true;
	return l;
}

/* Put a look into another queue, or into none. */
static void
enqueue(struct list_look *l, struct look *k, struct look_queue *to)
{
	if (k->queue != NULL)
		TAILQ_REMOVE(k->queue, k, link);
	if (k->queue == &l->wait && k->is_dir && k->found == LOOK_OTHER)
		l->bare--;
	if (k->queue == &l->differ)
		RB_REMOVE(inode_tree, &l->inodes, k);
	if (k->moved != 0)
		RB_REMOVE(moved_tree, &l->moved, k);
	k->moved = 0;
	k->queue = to;
	if (to != NULL)
		TAILQ_INSERT_TAIL(to, k, link);
	if (to == &l->differ)
		RB_INSERT(inode_tree, &l->inodes, k);
}

static void
drop(struct list_look *l, struct look *k)
{
	enqueue(l, k, NULL);
	RB_REMOVE(look_tree, &l->tree, k);
	free(k->folder);
	free(k);
}

static void
end_walk(struct list_look *l)
{
	if (l->dir != NULL)
		(void)closedir(l->dir);
	l->dir = NULL;
}

void
list_look_free(struct list_look *l)
{
	struct look *k;

	if (l == NULL)
		return;
	while ((k = RB_ROOT(&l->tree)) != NULL)
		drop(l, k);
	end_walk(l);
	free(l);
}

static struct look *
find(const struct list_look *l, const char *folder)
{
	struct look_tree tree = l->tree;
	struct look key = { .folder = (char *)(uintptr_t)folder };

	return RB_FIND(look_tree, &tree, &key);
}

void
list_look_doubt(struct list_look *l, const char *folder)
{
	struct look *k = find(l, folder);

	if (k == NULL) {
		k = xcalloc(1, sizeof(*k));
		k->folder = xstrdup(folder);
		RB_INSERT(look_tree, &l->tree, k);
	}
	enqueue(l, k, &l->due);
}

void
list_look_doubt_all(struct list_look *l)
{
	end_walk(l);
	l->all = true;
}

static void
tell(struct store *st, struct look *k, const char *why)
{
	if (k->told)
		return;
	k->told = true;
	if (k->found == LOOK_UNKNOWN)
		log_warn("store error user=%s path=%s/%s errno=%d: %s",
		    st->user, st->root, log_esc(slice_str(k->folder)),
		    k->errnum, strerror(k->errnum));
	else
		log_warn("store folder user=%s path=%s/%s ignored: %s",
		    st->user, st->root, log_esc(slice_str(k->folder)), why);
}

void
list_look_wait(struct list_look *l, struct store *st, struct look *k)
{
	tell(st, k, "another folder has the same mailbox name");
	enqueue(l, k, &l->wait);
}

/*
 * Have a folder looked at again: one that cannot be looked at, or one without
 * cur/, which may be a Maildir that another program is making.
 */
static void
hold(struct list_look *l, struct store *st, struct look *k)
{
	bool bare = k->found == LOOK_OTHER;

	if (k->is_link) {
		tell(st, k, "it is a symbolic link");
		enqueue(l, k, NULL);
		return;
	}
	if (bare && (!k->is_dir || l->bare >= BARE_MAX)) {
		drop(l, k);
		return;
	}
	if (!bare)
		tell(st, k, NULL);
	enqueue(l, k, &l->wait);
	l->bare += bare;
}

static bool
differs(struct list_look *l, struct look *k, const struct named *d)
{
	enqueue(l, k, &l->differ);
	if (d != NULL && k->inode != d->inode && d->inode != 0) {
		k->moved = d->inode;
		RB_INSERT(moved_tree, &l->moved, k);
	}
	return true;
}

/* Whether a folder has the mailbox that its name says. */
static bool
has_its_name(const char *folder, const struct named *d)
{
	struct buf name;
	bool same;

	buf_init(&name, MBNAME_MAX);
	same = mbname_from_folder(slice_str(folder), &name) == 0 &&
	    slice_eq(buf_slice(&name), d->name);
	buf_clear(&name);
	return same;
}

/* Whether a folder has this mailbox name and does not give it up just now. */
static bool
is_taken(const struct list_look *l, const struct store *st, struct slice name)
{
	const struct named *d = names_find(st->names, name);
	const struct look *k;

	if (d == NULL || d->id == 0)
		return false;
	k = find(l, d->folder);
	return k == NULL || k->queue == NULL;
}

/* A folder that the list does not have. */
static bool
compare_new(struct list_look *l, struct store *st, struct look *k)
{
	struct buf name;
	bool differ = false;

	buf_init(&name, MBNAME_MAX);
	if (k->found == LOOK_GONE)
		drop(l, k);
	else if (k->found != LOOK_MAILBOX)
		hold(l, st, k);
	else if (mbname_from_folder(slice_str(k->folder), &name) == -1) {
		tell(st, k, "no mailbox can have its name");
		enqueue(l, k, NULL);
	} else if (is_taken(l, st, buf_slice(&name)))
		list_look_wait(l, st, k);
	else
		differ = differs(l, k, NULL);
	buf_clear(&name);
	return differ;
}

/*
 * Look at a folder, and compare it with the list.  Returns whether they differ;
 * if not, k may have been freed.
 */
static bool
compare(struct list_look *l, struct store *st, struct look *k)
{
	const struct named *d = names_by_folder(st->names, k->folder);
	bool same;

	enqueue(l, k, &l->due);
	list_look_at(st, k, false);
	same = d != NULL && k->inode != 0 && k->inode == d->inode;
	if (k->found == LOOK_MAILBOX && !same)
		read_validity(st, k);
	if (d == NULL)
		return compare_new(l, st, k);
	if (same && has_its_name(k->folder, d))
		drop(l, k);
	else if (k->found == LOOK_UNKNOWN)
		hold(l, st, k);
	else
		return differs(l, k, d);
	return false;
}

bool
list_look_again(struct list_look *l, struct store *st, struct look *k)
{
	return compare(l, st, k);
}

/* A name in the root: nothing is to be done if the list has it. */
static void
note_name(struct list_look *l, struct store *st, const struct dirent *e)
{
	struct named *d;
	const struct look *k;

	if (e->d_name[0] != '.')
		return;
	if (e->d_type == DT_REG)
		return;
	d = names_by_folder(st->names, e->d_name);
	if (d != NULL && d->inode == (uint64_t)e->d_ino) {
		d->seen = l->walk;
		return;
	}
	k = find(l, e->d_name);
	if (k == NULL || k->queue != NULL || k->inode != (uint64_t)e->d_ino)
		list_look_doubt(l, e->d_name);
}

static enum run
read_root(struct list_look *l, struct store *st, uint64_t until_ns)
{
	struct dirent *e;
	struct named *d = NULL;
	unsigned int n = 0;
	int rc, saved;

	if (l->dir == NULL) {
		l->walk_checked = maildir_now();
		l->walk_mtime = maildir_mtime(st->root_fd, ".");
		l->walk++;
		if ((l->dir = maildir_open_names(st->root_fd, ".")) == NULL)
			return RUN_FAIL;
	}
	while ((rc = maildir_next(l->dir, &e)) == 1) {
		note_name(l, st, e);
		if (++n % LOOK_EVERY == 0 && timer_ns() > until_ns)
			return RUN_MORE;
	}
	saved = errno;
	end_walk(l);
	errno = saved;
	if (rc == -1)
		return RUN_FAIL;
	/* readdir(3) may miss what is renamed meanwhile: look by name. */
	while ((d = names_next(st->names, d)) != NULL)
		if (d->id != 0 && d->folder[0] != '\0' && d->seen != l->walk)
			list_look_doubt(l, d->folder);
	l->all = false;
	l->mtime = l->walk_mtime;
	l->checked = l->walk_checked;
	return RUN_DONE;
}

/* Find out, once for each run, what has to be looked at. */
static void
begin(struct list_look *l, struct store *st)
{
	struct look *k, *next;
	int64_t mtime;

	l->busy = true;
	if (st->root_watched != NULL)
		watch_drain(st->storage->watch);
	else if (!l->all) {
		mtime = maildir_mtime(st->root_fd, ".");
		l->all = mtime != l->mtime || maildir_racy(mtime, l->checked);
	}
	for (k = TAILQ_FIRST(&l->wait); k != NULL; k = next) {
		next = TAILQ_NEXT(k, link);
		enqueue(l, k, &l->due);
	}
}

enum run
list_look_run(struct list_look *l, struct store *st, uint64_t until_ns)
{
	struct look *k;
	enum run run;

	if (!l->busy)
		begin(l, st);
	if (l->all && (run = read_root(l, st, until_ns)) != RUN_DONE) {
		l->busy = run == RUN_MORE;
		return run;
	}
	while ((k = TAILQ_FIRST(&l->due)) != NULL) {
		(void)compare(l, st, k);
		if (timer_ns() > until_ns && !TAILQ_EMPTY(&l->due))
			return RUN_MORE;
	}
	l->busy = false;
	return RUN_DONE;
}

struct look *
list_look_first(const struct list_look *l)
{
	return TAILQ_FIRST(&l->differ);
}

struct look *
list_look_same(const struct list_look *l, uint64_t inode,
    const struct look *after)
{
	struct inode_tree tree = l->inodes;
	struct look key = { .inode = inode, .folder = (char *)(uintptr_t)"" };
	struct look *k;

	k = after != NULL ? RB_NEXT(inode_tree, &tree,
	    (struct look *)(uintptr_t)after) :
	    RB_NFIND(inode_tree, &tree, &key);
	return k != NULL && k->inode == inode ? k : NULL;
}

struct look *
list_look_moved(const struct list_look *l, uint64_t inode,
    const struct look *after)
{
	struct moved_tree tree = l->moved;
	struct look key = { .moved = inode, .folder = (char *)(uintptr_t)"" };
	struct look *k;

	k = after != NULL ? RB_NEXT(moved_tree, &tree,
	    (struct look *)(uintptr_t)after) :
	    RB_NFIND(moved_tree, &tree, &key);
	return k != NULL && k->moved == inode ? k : NULL;
}
