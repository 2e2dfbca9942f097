/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Syncing without waiting: a few helper threads that do nothing but
 * fdatasync(2), fsync(2) and checkpoints.
 *
 * A syncfile stands for one descriptor.  To want a sync gives a ticket,
 * which is done when a sync that began later has ended; tickets wanted
 * while none has begun are one sync.  So ten sessions that commit at once
 * pay for one sync of the WAL.
 */

#ifndef STORAGE_SYNC_H
#define STORAGE_SYNC_H

#include <stdbool.h>
#include <stdint.h>

struct sync;
struct syncfile;

/* Start that many helper threads. */
struct sync	*sync_new(unsigned int nthreads);
/*
 * Have another number of threads, without waiting: threads that are too many
 * finish what they do and end by themselves.
 */
void		 sync_resize(struct sync *s, unsigned int nthreads);
/* Finish what is queued and end the threads. */
void		 sync_free(struct sync *s);
/* Readable when something was finished. */
int		 sync_fd(const struct sync *s);
/* Read the descriptor empty; true if something was finished. */
bool		 sync_drain(struct sync *s);

/* fd stays the caller's, open until syncfile_free() has returned. */
struct syncfile	*syncfile_new(struct sync *s, int fd);
/* Waits for a sync that has begun; what is only queued is forgotten. */
void		 syncfile_free(struct syncfile *f);

/* Want all that was written so far to be on disk; f may be NULL. */
uint64_t	 syncfile_want(struct syncfile *f);
/* 1 when done, 0 not yet, -1 failed with errno set; so it is for NULL. */
int		 syncfile_done(struct syncfile *f, uint64_t ticket);

/*
 * Checkpoint the database at path some time.  *running is true until then
 * and is asked for by the functions below only.
 */
void		 sync_checkpoint(struct sync *s, const char *path,
		    bool *running);
/* Whether it is still under way. */
bool		 sync_checkpoint_running(struct sync *s, const bool *running);
/* Wait until it is not. */
void		 sync_checkpoint_wait(struct sync *s, bool *running);

#endif
