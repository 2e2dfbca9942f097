/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Watching with inotify(7).  One instance serves all stores of a process.
 *
 * Events come in the order of the changes, so expected events are a queue: an
 * event that is not its head was caused by another program.  After an overflow
 * of the kernel's queue, everything counts as changed.
 *
 * An event that never comes must not hold up those after it.  So an event that
 * is not the head, but not far from it, ends the wait for those before it, and
 * the folder counts as changed once.
 */

#include "config.h"

#ifdef HAVE_INOTIFY

#include <sys/inotify.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "storage/maildir/watch.h"

#define FOLDER_MASK	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
			    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define FILE_MASK	(IN_MODIFY)
/* How far from the head of the queue an event is looked for. */
#define PASS_MAX	64

struct wd {
	RB_ENTRY(wd)	 node;
	int		 number;	/* of inotify; -1 if gone */
	enum watch_dir	 dir;
	struct watched	*watched;
};
RB_HEAD(wd_tree, wd);

struct watched {
	struct watch	*watch;
	struct wd	 wds[2];
	unsigned int	 nwds;
	void		(*report)(void *, enum watch_dir);
	void		(*report_name)(void *, const char *);
	void		*arg;
	uint64_t	*expected;	/* queue of hashes */
	size_t		 head;
	size_t		 n;		/* one past the last */
	size_t		 size;
};

struct watch {
	int		 fd;
	struct wd_tree	 tree;
	bool		 limit_told;
};

static int
wd_cmp(struct wd *a, struct wd *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

/* RB_GENERATE_STATIC needs __unused, which glibc does not have. */
RB_PROTOTYPE(wd_tree, wd, node, wd_cmp)
RB_GENERATE(wd_tree, wd, node, wd_cmp)

/* FNV-1a.  Only our own names are looked for, so a collision gains nothing. */
static uint64_t
hash(enum watch_dir dir, const char *name)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ (uint64_t)dir;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3ULL;
	return h;
}

struct watch *
watch_new(void)
{
	struct watch *w;

	w = xcalloc(1, sizeof(*w));
	RB_INIT(&w->tree);
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd == -1)
		log_warn("store watch: inotify_init1: %s; folders are polled "
		    "(sysctl fs.inotify.max_user_instances)",
		    strerror(errno));
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		(void)close(w->fd);
	free(w);
}

int
watch_fd(const struct watch *w)
{
	return w->fd;
}

static int
add(struct watched *d, const char *path, enum watch_dir dir, uint32_t mask)
{
	struct watch *w = d->watch;
	struct wd *wd = &d->wds[d->nwds];

	wd->number = inotify_add_watch(w->fd, path, mask | IN_MASK_CREATE);
	if (wd->number == -1) {
		if (errno == ENOSPC && !w->limit_told) {
			w->limit_told = true;
			log_warn("store watch: no more watches; folders are "
			    "polled (sysctl fs.inotify.max_user_watches)");
		}
		return -1;
	}
	wd->dir = dir;
	wd->watched = d;
	d->nwds++;
	RB_INSERT(wd_tree, &w->tree, wd);
	return 0;
}

static struct watched *
watched_new(struct watch *w, void (*report)(void *, enum watch_dir),
    void *arg)
{
	struct watched *d;

	d = xcalloc(1, sizeof(*d));
	d->watch = w;
	d->report = report;
	d->arg = arg;
	return d;
}

struct watched *
watch_folder(struct watch *w, const char *path,
    void (*report)(void *, enum watch_dir), void *arg)
{
	struct watched *d;
	char name[PATH_MAX];

	if (w->fd == -1)
		return NULL;
	d = watched_new(w, report, arg);
	if (snprintf(name, sizeof(name), "%s/new", path) >= PATH_MAX ||
	    add(d, name, WATCH_NEW, FOLDER_MASK) == -1 ||
	    snprintf(name, sizeof(name), "%s/cur", path) >= PATH_MAX ||
	    add(d, name, WATCH_CUR, FOLDER_MASK) == -1) {
		watch_stop(d);
		return NULL;
	}
	return d;
}

struct watched *
watch_file(struct watch *w, const char *path,
    void (*report)(void *, enum watch_dir), void *arg)
{
	struct watched *d;

	if (w->fd == -1)
		return NULL;
	d = watched_new(w, report, arg);
	if (add(d, path, WATCH_FILE, FILE_MASK) == -1) {
		watch_stop(d);
		return NULL;
	}
	return d;
}

struct watched *
watch_names(struct watch *w, const char *path,
    void (*report)(void *, const char *), void *arg)
{
	struct watched *d;

	if (w->fd == -1)
		return NULL;
	d = watched_new(w, NULL, arg);
	d->report_name = report;
	if (add(d, path, WATCH_NAMES, FOLDER_MASK) == -1) {
		watch_stop(d);
		return NULL;
	}
	return d;
}

void
watch_stop(struct watched *d)
{
	if (d == NULL)
		return;
	for (unsigned int i = 0; i < d->nwds; i++) {
		if (d->wds[i].number == -1)
			continue;
		RB_REMOVE(wd_tree, &d->watch->tree, &d->wds[i]);
		(void)inotify_rm_watch(d->watch->fd, d->wds[i].number);
	}
	free(d->expected);
	free(d);
}

void
watch_expect(struct watched *d, enum watch_dir dir, const char *name)
{
	if (d == NULL)
		return;
	if (d->n == d->size && d->head > d->size / 2) {
		d->n -= d->head;
		memmove(d->expected, d->expected + d->head,
		    d->n * sizeof(*d->expected));
		d->head = 0;
	}
	d->expected = xgrow(d->expected, d->n, &d->size,
	    sizeof(*d->expected));
	d->expected[d->n++] = hash(dir, name);
}

/* name is NULL if it is not known. */
static void
report(struct wd *wd, const char *name)
{
	struct watched *d = wd->watched;

	if (wd->dir == WATCH_NAMES)
		d->report_name(d->arg, name);
	else
		d->report(d->arg, wd->dir);
}

static void
overflow(struct watch *w)
{
	struct wd *wd;

	RB_FOREACH(wd, wd_tree, &w->tree) {
		wd->watched->head = wd->watched->n = 0;
		report(wd, NULL);
	}
}

/*
 * Take an event from the queue of those that are expected.  Returns whether it
 * was its head.
 */
static bool
take_expected(struct watched *d, enum watch_dir dir, const char *name)
{
	uint64_t h = hash(dir, name);
	size_t i, end = d->head + PASS_MAX;

	if (end > d->n)
		end = d->n;
	for (i = d->head; i < end && d->expected[i] != h; i++)
		;
	if (i == end)
		return false;
	end = d->head;
	d->head = i + 1;
	if (d->head == d->n)
		d->head = d->n = 0;
	return i == end;
}

static void
event(struct watch *w, const struct inotify_event *ev)
{
	struct wd *wd, key = { .number = ev->wd };
	struct watched *d;

	if (ev->mask & IN_Q_OVERFLOW) {
		overflow(w);
		return;
	}
	wd = RB_FIND(wd_tree, &w->tree, &key);
	if (wd == NULL)
		return;
	d = wd->watched;
	if (ev->mask & IN_IGNORED) {
		RB_REMOVE(wd_tree, &w->tree, wd);
		wd->number = -1;
	} else if (wd->dir != WATCH_FILE && ev->len > 0 &&
	    take_expected(d, wd->dir, ev->name))
		return;
	report(wd, ev->len > 0 ? ev->name : NULL);
}

void
watch_drain(struct watch *w)
{
	/* Aligned for the struct, as inotify(7) says. */
	char b[32768]
		    __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len;

	if (w->fd == -1)
		return;
	do {
		len = read(w->fd, b, sizeof(b));
		for (ssize_t off = 0; off < len;) {
			const struct inotify_event *ev;

			ev = (const struct inotify_event *)(void *)(b + off);
			event(w, ev);
			off += (ssize_t)(sizeof(*ev) + ev->len);
		}
	} while (len > (ssize_t)(sizeof(b) / 2));
}

#endif
