/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For systems that do not notify of changes: nothing can be watched, and the
 * store looks at the mtimes of folders instead.
 */

#include "config.h"

#ifndef HAVE_INOTIFY

#include <stddef.h>
#include <stdlib.h>

#include "common/base/xmalloc.h"
#include "storage/maildir/watch.h"

struct watch {
	int	 unused;
};

struct watch *
watch_new(void)
{
	return xcalloc(1, sizeof(struct watch));
}

void
watch_free(struct watch *w)
{
	free(w);
}

int
watch_fd(const struct watch *w)
{
	(void)w;
	return -1;
}

void
watch_drain(struct watch *w)
{
	(void)w;
}

struct watched *
watch_folder(struct watch *w, const char *path,
    void (*report)(void *, enum watch_dir), void *arg)
{
	(void)w;
	(void)path;
	(void)report;
	(void)arg;
	return NULL;
}

struct watched *
watch_file(struct watch *w, const char *path,
    void (*report)(void *, enum watch_dir), void *arg)
{
	return watch_folder(w, path, report, arg);
}

struct watched *
watch_names(struct watch *w, const char *path,
    void (*report)(void *, const char *), void *arg)
{
	(void)w;
	(void)path;
	(void)report;
	(void)arg;
	return NULL;
}

void
watch_stop(struct watched *d)
{
	(void)d;
}

void
watch_expect(struct watched *d, enum watch_dir dir, const char *name)
{
	(void)d;
	(void)dir;
	(void)name;
}

#endif
