/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Syncs that do not block the loop: a few helper threads that do nothing but
 * fdatasync(2) and checkpoints.
 *
 * A syncfile stands for one descriptor.  Whoever asks for a sync gets a
 * ticket, which is done when a sync that began after that has ended.  All
 * tickets taken while a sync is queued share it, so that ten sessions that
 * commit at once pay for one sync of the WAL.
 */

#ifndef STORAGE_INDEX_SYNC_H
#define STORAGE_INDEX_SYNC_H

#include <stdbool.h>
#include <stdint.h>

struct sync;
struct syncfile;

/* Start nthreads helper threads.  Fatal if not even one can be started. */
struct sync	*sync_new(unsigned int nthreads);
/*
 * Change the number of threads, without waiting: surplus threads finish their
 * work and end by themselves.
 */
void		 sync_resize(struct sync *s, unsigned int nthreads);
/* Finish what is queued and end the threads; NULL is fine. */
void		 sync_free(struct sync *s);
/* A descriptor that is readable when a sync or checkpoint has ended. */
int		 sync_fd(const struct sync *s);
/*
 * Empty the descriptor of sync_fd().  Returns whether a sync or checkpoint has
 * ended.
 */
bool		 sync_drain(struct sync *s);

/*
 * A syncfile for fd, which stays the caller's and must stay open until
 * syncfile_free() has returned.
 */
struct syncfile	*syncfile_new(struct sync *s, int fd);
/*
 * Free a syncfile; NULL is fine.  Waits for its sync if that has begun, and
 * drops it if it is only queued.
 */
void		 syncfile_free(struct syncfile *f);

/*
 * Ask for a sync of all that was written so far.  Returns a ticket; f may be
 * NULL.
 */
uint64_t	 syncfile_want(struct syncfile *f);
/*
 * Returns 1 if the sync of a ticket is done, 0 if not yet, or -1 with errno if
 * it failed or f is NULL.
 */
int		 syncfile_done(struct syncfile *f, uint64_t ticket);

/*
 * Have a helper thread checkpoint the database at path.  *running is true
 * until the checkpoint has ended; only the two functions below may read it.
 */
void		 sync_checkpoint(struct sync *s, const char *path,
		    bool *running);
/* Whether the checkpoint of *running is still under way. */
bool		 sync_checkpoint_running(struct sync *s, const bool *running);
/* Wait until the checkpoint of *running has ended. */
void		 sync_checkpoint_wait(struct sync *s, bool *running);

#endif
