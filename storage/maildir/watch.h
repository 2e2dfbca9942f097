/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Notification of changes in folders.
 *
 * The system also notifies us of our own changes.  Whoever makes a change
 * announces it with watch_expect(), in the order of the changes.  Events that
 * come in that order are not reported, so that every report means a change by
 * another program.
 *
 * watch_inotify.c is for Linux.  watch_poll.c is for systems without such
 * notification: watching always fails there, and the store looks at mtimes.
 */

#ifndef STORAGE_MAILDIR_WATCH_H
#define STORAGE_MAILDIR_WATCH_H

#include <stdbool.h>

enum watch_dir {
	WATCH_NEW,
	WATCH_CUR,
	WATCH_FILE,		/* a single file, for writes to it */
	WATCH_NAMES		/* the names in a folder */
};

struct watch;
struct watched;

/*
 * Create the watch of this process.  Never fails; without inotify(7) nothing
 * can be watched.
 */
struct watch	*watch_new(void);
/* Free a watch, after everything that it watches. */
void		 watch_free(struct watch *w);
/* Return a descriptor that is readable if there are events, or -1. */
int		 watch_fd(const struct watch *w);
/* Read all events and report them. */
void		 watch_drain(struct watch *w);

/*
 * Watch new/ and cur/ of a folder, or watch a file.  watch_drain() calls
 * report().  Returns NULL if watching is not possible.
 */
struct watched	*watch_folder(struct watch *w, const char *path,
		    void (*report)(void *arg, enum watch_dir dir), void *arg);
struct watched	*watch_file(struct watch *w, const char *path,
		    void (*report)(void *arg, enum watch_dir dir), void *arg);
/*
 * Watch which names come to be in a folder or vanish from it.  report() gets
 * the name, or NULL if names were missed or the folder itself was moved or
 * deleted.  Returns NULL if watching is not possible.
 */
struct watched	*watch_names(struct watch *w, const char *path,
		    void (*report)(void *arg, const char *name), void *arg);
/* Stop watching; NULL is fine. */
void		 watch_stop(struct watched *d);

/*
 * Announce that we have just made this name appear in the folder or vanish
 * from it.  NULL is fine.
 */
void		 watch_expect(struct watched *d, enum watch_dir dir,
		    const char *name);

#endif
