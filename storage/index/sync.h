/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Syncs that do not block the loop: a few helper threads that do nothing but
 * fdatasync(2), and jobs that wait for the disk, such as checkpoints.
 *
 * A syncfile owns one descriptor.  Whoever asks for a sync gets a ticket,
 * which is done when a sync that began after that has ended.  All tickets
 * taken while a sync is queued share it, so that ten sessions that commit at
 * once pay for one sync of the WAL.
 *
 * The kernel reports a failed write once, to the next sync, and then forgets
 * what it could not write.  So the syncfiles of a store are a group.  After a
 * failed sync all tickets of the group fail, also those whose own sync
 * succeeds, until everything was written again (heal.h).
 */

#ifndef STORAGE_INDEX_SYNC_H
#define STORAGE_INDEX_SYNC_H

#include <stdbool.h>
#include <stdint.h>

struct sync;
struct syncfile;
struct syncgroup;
struct syncjob;

/* A failed sync. */
struct sync_failure {
	void		*arg;		/* from syncgroup_new() */
	int		 errnum;
	char		 what[80];	/* the file */
};

/* Start nthreads helper threads.  Fatal if not even one can be started. */
struct sync	*sync_new(unsigned int nthreads);
/*
 * Change the number of threads, without waiting: surplus threads finish their
 * work and end by themselves.
 */
void		 sync_resize(struct sync *s, unsigned int nthreads);
/* Finish what is queued and end the threads; NULL is fine. */
void		 sync_free(struct sync *s);
/* A descriptor that is readable when a sync or job has ended. */
int		 sync_fd(const struct sync *s);
/*
 * Empty the descriptor of sync_fd().  Returns whether a sync or job has ended.
 */
bool		 sync_drain(struct sync *s);
/* Take the next failure of a group.  Returns false if there is none. */
bool		 sync_next_failure(struct sync *s, struct sync_failure *out);

/*
 * A syncfile for fd, which it takes over.  what names the file in the log;
 * copied.  g may be NULL, for a file that nobody needs any more after its sync
 * has failed.
 */
struct syncfile	*syncfile_new(struct sync *s, int fd, struct syncgroup *g,
		    const char *what);
/* Take another reference. */
struct syncfile	*syncfile_ref(struct syncfile *f);
/*
 * Drop a reference; NULL is fine.  With the last one fd is closed, after a
 * sync that is queued or running.  Never waits.
 */
void		 syncfile_unref(struct syncfile *f);
/* Ask for a sync of all that was written so far.  Returns a ticket. */
uint64_t	 syncfile_want(struct syncfile *f);
/*
 * Returns 1 if the sync of a ticket is done, 0 if not yet, or -1 with errno if
 * it failed, or if its group has failed and was not healed.
 */
int		 syncfile_done(struct syncfile *f, uint64_t ticket);
/* As syncfile_done(), but wait until the sync is done. */
int		 syncfile_wait(struct syncfile *f, uint64_t ticket);

/* A new group.  arg is for sync_next_failure(). */
struct syncgroup *syncgroup_new(struct sync *s, void *arg);
/* Take another reference, and drop one; NULL is fine for the latter. */
struct syncgroup *syncgroup_ref(struct syncgroup *g);
void		 syncgroup_unref(struct syncgroup *g);
/* As syncgroup_unref(), and do not pass arg on any more. */
void		 syncgroup_free(struct syncgroup *g);
/* Note that what was written lately to this file may not be on disk. */
void		 syncgroup_fail(struct syncgroup *g, int errnum,
		    const char *what);
/*
 * Returns 0, or the errno of the last failure that was not healed.  *failures
 * is how often the group has failed; failures may be NULL.
 */
int		 syncgroup_errno(struct syncgroup *g, uint64_t *failures);
/*
 * For a helper thread: sync again the files of the group whose sync has
 * failed.  If that succeeds, the failures so far are healed; failures is from
 * syncgroup_errno() before everything was written again.  Returns 0, or -1
 * with errno.
 */
int		 syncgroup_heal(struct syncgroup *g, uint64_t failures);

/*
 * Have a helper thread call run(arg), which may block.  Returns a job, which
 * the caller frees by syncjob_free().  arg is freed by drop(arg) when the job
 * was run and freed.
 */
struct syncjob	*syncjob_new(struct sync *s, void (*run)(void *arg),
		    void (*drop)(void *arg), void *arg);
/* Whether the job was run; its arg may be looked at then. */
bool		 syncjob_ended(struct syncjob *j);
/* Give up a job, which is run nevertheless; NULL is fine.  Never waits. */
void		 syncjob_free(struct syncjob *j);

#endif
