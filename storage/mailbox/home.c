/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The folders of a user that are open, and the looks at them; see home.h. */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/due.h"
#include "storage/index/index.h"
#include "storage/index/op_head.h"
#include "storage/index/op_wait.h"
#include "storage/index/store_error.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/home.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"

/* The path of a home that has vanished. */
struct vanished {
	TAILQ_ENTRY(vanished) link;
	uint64_t	 at_ms;
	char		*root;
};

/* The names in penfold/ of what is open all the time. */
static const char *const opened[] = {
	"expunged", "index.db", "index.db-shm", "index.db-wal", "wake",
};

/* What is at a path, compared with what was opened there. */
enum found {
	FOUND_SAME,
	FOUND_OTHER,
	FOUND_NOTHING,
	FOUND_ERROR		/* unknown */
};

/* Create all parts of a path that are missing. */
static int
make_path(const char *path)
{
	char part[PATH_MAX];

	if (strlen(path) >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (const char *p = path;; p++) {
		if ((*p != '/' && *p != '\0') || p == path) {
			if (*p == '\0')
				return 0;
			continue;
		}
		memcpy(part, path, (size_t)(p - path));
		part[p - path] = '\0';
		if (mkdir(part, 0700) == -1 && errno != EEXIST &&
		    errno != EACCES && errno != EROFS)
			return -1;
		if (*p == '\0')
			return 0;
	}
}

static void
forget(struct storage *s, struct vanished *v)
{
	TAILQ_REMOVE(&s->vanished, v, link);
	free(v->root);
	free(v);
}

void
home_forget(struct storage *s)
{
	struct vanished *v;

	while ((v = TAILQ_FIRST(&s->vanished)) != NULL)
		forget(s, v);
}

/* Whether the home at this path has vanished a moment ago. */
static bool
has_vanished(struct storage *s, const char *root)
{
	struct vanished *v;

	while ((v = TAILQ_FIRST(&s->vanished)) != NULL &&
	    timer_ms() - v->at_ms >= s->delays.vanished_ms)
		forget(s, v);
	TAILQ_FOREACH(v, &s->vanished, link)
		if (strcmp(v->root, root) == 0)
			return true;
	return false;
}

static void
note_vanished(struct store *st)
{
	struct vanished *v;

	v = xcalloc(1, sizeof(*v));
	v->root = xstrdup(st->root);
	v->at_ms = timer_ms();
	TAILQ_INSERT_TAIL(&st->storage->vanished, v, link);
}

static int
open_expunged(struct store *st)
{
	if (mkdirat(st->penfold_fd, "expunged", 0700) == -1 && errno != EEXIST)
		return -1;
	return maildir_open_dir(st->penfold_fd, "expunged");
}

static int
open_wake(struct store *st)
{
	return openat(st->penfold_fd, "wake",
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/*
 * SQLite refuses a path that has a symbolic link anywhere in it, if it is to
 * follow none at the end of the path.  Administrators make links to the disk
 * that the mail is on, and these are right.
 */
static int
set_db_path(struct store *st)
{
	char *real = realpath(st->root, NULL);
	size_t size;

	if (real == NULL)
		return -1;
	size = strlen(real) + sizeof("/penfold/index.db");
	st->db_path = xmalloc(size);
	(void)snprintf(st->db_path, size, "%s/penfold/index.db", real);
	free(real);
	return 0;
}

/* Returns NULL, or what could not be opened, from the root on, with errno. */
static const char *
open_all(struct store *st)
{
	struct stat sb;

	st->root_fd = open(st->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->root_fd == -1 || fstat(st->root_fd, &sb) == -1 ||
	    set_db_path(st) == -1)
		return "";
	st->root_dev = (uint64_t)sb.st_dev;
	st->root_ino = (uint64_t)sb.st_ino;
	if (maildir_make(st->root_fd, ".") == -1)
		return "";
	if ((mkdirat(st->root_fd, "penfold", 0700) == -1 &&
	    errno != EEXIST) || (st->penfold_fd =
	    maildir_open_dir(st->root_fd, "penfold")) == -1)
		return "/penfold";
	if ((st->expunged_fd = open_expunged(st)) == -1)
		return "/penfold/expunged";
	return (st->wake_fd = open_wake(st)) == -1 ? "/penfold/wake" : NULL;
}

/* Whether the home vanished a moment ago, and is not there again. */
static bool
is_missing(struct store *st)
{
	struct stat sb;

	return stat(st->root, &sb) == -1 && maildir_gone(errno) &&
	    has_vanished(st->storage, st->root);
}

static void
wake_report(void *arg, enum watch_dir dir)
{
	struct store *st = arg;

	(void)dir;
	st->wake_seen = true;
	due_touch(st);
}

static void
watch_wake(struct store *st)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/penfold/wake", st->root) <
	    (int)sizeof(path))
		st->watched = watch_file(st->storage->watch, path,
		    wake_report, st);
}

static void
doubt(struct store *st)
{
	st->doubted = true;
	due_touch(st);
}

static void
root_report(void *arg, const char *name)
{
	struct store *st = arg;

	if (name == NULL || strcmp(name, "penfold") == 0)
		doubt(st);
	if (name != NULL && name[0] != '.')
		return;
	st->storage->doubt(st, name);
	/* A mailbox that a session looks at may have another name now. */
	if (mailboxes_any(st) || st->watchers != NULL)
		due_touch(st);
}

static void
penfold_report(void *arg, const char *name)
{
	for (size_t i = 0; i < NROWS(opened); i++)
		if (name == NULL || strcmp(name, opened[i]) == 0) {
			doubt(arg);
			break;
		}
}

static void
watch_home(struct store *st)
{
	struct watch *w = st->storage->watch;
	char path[PATH_MAX];

	watch_wake(st);
	st->root_watched = watch_names(w, st->root, root_report, st);
	if (snprintf(path, sizeof(path), "%s/penfold", st->root) <
	    (int)sizeof(path))
		st->penfold_watched = watch_names(w, path, penfold_report,
		    st);
}

static int
open_now(struct store *st, struct store_error *err)
{
	struct sync *s = st->storage->sync;
	const char *what = "";
	char path[PATH_MAX];
	int errnum;

	if (make_path(st->root) == -1 || (what = open_all(st)) != NULL) {
		errnum = errno;
		(void)snprintf(path, sizeof(path), "%s%s", st->root, what);
		store_error_errno(err, errnum, path);
		return -1;
	}
	st->root_sync = syncfile_new(s, st->root_fd, st->group, ".");
	st->expunged_sync = syncfile_new(s, st->expunged_fd, st->group,
	    "penfold/expunged");
	watch_home(st);
	index_start(st);
	return 0;
}

int
home_open(struct store *st, struct store_error *err)
{
	if (!is_missing(st))
		return open_now(st, err);
	st->missing_ms = timer_ms() + st->storage->delays.return_ms;
	return 0;
}

void
home_wait_again(struct store *st)
{
	if (st->missing_ms != 0)
		st->missing_ms = timer_ms() + st->storage->delays.return_ms;
}

/*
 * A store whose home could not be opened is given up: some of its folders may
 * be open.
 */
enum run
home_wait(struct op *op)
{
	struct store *st = op->store;
	bool late = timer_ms() >= st->missing_ms;

	if (st->missing_ms == 0)
		return RUN_DONE;
	if (is_missing(st)) {
		if (!late)
			return op_wait_ms(op,
			    st->storage->delays.return_look_ms);
		store_error_set(&op->err, STORE_ERR_LOST, ENOENT,
		    "Your mail folder is missing; try again later");
		return RUN_FAIL;
	}
	st->missing_ms = 0;
	if (open_now(st, &op->err) == 0)
		return RUN_DONE;
	home_leave(st, "it could not be opened");
	return RUN_FAIL;
}

static void
unwatch(struct store *st)
{
	watch_stop(st->watched);
	watch_stop(st->root_watched);
	watch_stop(st->penfold_watched);
	st->watched = st->root_watched = st->penfold_watched = NULL;
}

void
home_leave(struct store *st, const char *why)
{
	struct storage *s = st->storage;

	if (st->gone)
		return;
	log_warn("store home user=%s path=%s: %s: its sessions end, and what "
	    "is there is opened anew", st->user, log_esc(slice_str(st->root)),
	    why);
	st->gone = true;
	RB_REMOVE(store_tree, &s->stores, st);
	TAILQ_INSERT_TAIL(&s->gone, st, gone_link);
	note_vanished(st);
	if (st->writer != NULL) {
		store_error_lost(&st->writer->err);
		st->storage->rollback(st->writer);
	}
	store_index_lost(st);
	index_give_up(st);
	syncjob_free(st->heal);
	st->heal = NULL;
	/* The same folders may be watched for another store. */
	unwatch(st);
	waiters_wake(&s->waiters, WAIT_SYNC | WAIT_LOCK, timer_ms());
	due_touch(st);
}

/* Look at a name in an open folder.  It may not be a symbolic link. */
static enum found
look_at(int dir_fd, const char *name, int fd)
{
	struct stat now, was;

	if (fstatat(dir_fd, name, &now, AT_SYMLINK_NOFOLLOW) == -1)
		return maildir_gone(errno) ? FOUND_NOTHING : FOUND_ERROR;
	if (fstat(fd, &was) == -1)
		return FOUND_ERROR;
	return now.st_dev == was.st_dev && now.st_ino == was.st_ino ?
	    FOUND_SAME : FOUND_OTHER;
}

static enum found
look_at_root(const struct store *st)
{
	struct stat sb;

	if (stat(st->root, &sb) == -1)
		return maildir_gone(errno) ? FOUND_NOTHING : FOUND_ERROR;
	return (uint64_t)sb.st_dev == st->root_dev &&
	    (uint64_t)sb.st_ino == st->root_ino ? FOUND_SAME : FOUND_OTHER;
}

/*
 * Whether to open something in penfold/ again.  If it is missing, all of
 * penfold/ may be about to go: whoever removes a folder must not find new files
 * in it.
 */
static bool
is_to_mend(struct store *st, const char *name, int fd)
{
	enum found found = look_at(st->penfold_fd, name, fd);
	uint64_t now = timer_ms();

	if (found == FOUND_NOTHING && st->mend_due_ms == 0)
		st->mend_due_ms = now + st->storage->delays.mend_ms;
	return found == FOUND_OTHER ||
	    (found == FOUND_NOTHING && st->mend_due_ms <= now);
}

static void
look_at_expunged(struct store *st)
{
	int fd;

	if (!is_to_mend(st, "expunged", st->expunged_fd) ||
	    (fd = open_expunged(st)) == -1)
		return;
	syncfile_unref(st->expunged_sync);
	st->expunged_fd = fd;
	st->expunged_sync = syncfile_new(st->storage->sync, fd, st->group,
	    "penfold/expunged");
}

static void
look_at_wake(struct store *st)
{
	int fd;

	if (!is_to_mend(st, "wake", st->wake_fd) ||
	    (fd = open_wake(st)) == -1)
		return;
	(void)close(st->wake_fd);
	st->wake_fd = fd;
	watch_stop(st->watched);
	watch_wake(st);
	/* Others may have written to a file that we did not watch. */
	st->wake_seen = true;
	due_touch(st);
}

/* Give up the store if a folder is not what was opened. */
static void
judge(struct store *st, enum found found, const char *other,
    const char *nothing)
{
	if (found == FOUND_OTHER)
		home_leave(st, other);
	else if (found == FOUND_NOTHING)
		home_leave(st, nothing);
}

static void
judge_root(struct store *st)
{
	judge(st, look_at_root(st), "another folder is at this path",
	    "the folder was moved or removed");
}

void
home_look_whole(struct store *st)
{
	if (st->missing_ms != 0)
		return;
	if (!st->gone)
		judge_root(st);
	if (st->gone)
		return;
	judge(st, look_at(st->root_fd, "penfold", st->penfold_fd),
	    "penfold/ was replaced", "penfold/ was moved or removed");
	/* The open transaction may use the rest. */
	st->doubted = st->writer != NULL;
	if (st->gone || st->doubted)
		return;
	look_at_expunged(st);
	look_at_wake(st);
	if (st->mend_due_ms <= timer_ms())
		st->mend_due_ms = 0;
	index_look(st);
}

void
home_look(struct store *st)
{
	if (st->gone || st->missing_ms != 0)
		return;
	watch_drain(st->storage->watch);
	if (st->doubted || st->root_watched == NULL ||
	    st->penfold_watched == NULL) {
		home_look_whole(st);
		return;
	}
	judge_root(st);
	if (!st->gone)
		index_look_damage(st);
}
