/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Being told when folders change.
 *
 * Our own changes are told too.  Whoever makes one says so with
 * watch_expect(), in the order in which they are made, and what comes in
 * that order is not reported; so everything reported is another program's.
 *
 * watch_inotify.c is for Linux, watch_poll.c for what has nothing: there
 * watching always fails and the store looks at mtimes.
 */

#ifndef STORAGE_WATCH_H
#define STORAGE_WATCH_H

#include <stdbool.h>

enum watch_dir {
	WATCH_NEW,
	WATCH_CUR,
	WATCH_FILE		/* a single file that is written to */
};

struct watch;
struct watched;

/* One for the process.  Never fails; without inotify nothing can be watched. */
struct watch	*watch_new(void);
/* Free it, after all that it watches. */
void		 watch_free(struct watch *w);
/* Readable when there is something to report, or -1. */
int		 watch_fd(const struct watch *w);
/* Report all there is. */
void		 watch_drain(struct watch *w);

/*
 * Watch new/ and cur/ below a folder, or a file.  report() is called from
 * watch_drain().  Returns NULL when it cannot be watched.
 */
struct watched	*watched_folder(struct watch *w, const char *path,
		    void (*report)(void *arg, enum watch_dir dir), void *arg);
struct watched	*watched_file(struct watch *w, const char *path,
		    void (*report)(void *arg, enum watch_dir dir), void *arg);
/* Watch it no more; NULL is fine. */
void		 watched_free(struct watched *d);

/* This name has just appeared in or gone from the folder by our doing. */
void		 watch_expect(struct watched *d, enum watch_dir dir,
		    const char *name);

#endif
