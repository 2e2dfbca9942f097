/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Lock files in the manner of Dovecot: whoever creates "file.lock" with O_EXCL
 * holds the lock of "file" until it is unlinked.
 *
 * A lock file that its owner left behind is removed by the next who wants the
 * lock.  Our own lock files are known by their mode, and their owner holds a
 * flock(2) on them.  So the kernel tells whether the owner lives: a lock of a
 * process that was killed, or of the time before a power cut, is removed at
 * once, and that of a living process never.
 *
 * The lock file of another program is judged as Dovecot does it.  If its text
 * is "pid:host" with the name of this host, it is removed as soon as that
 * process is gone, and not while the process lives.  Otherwise it is removed
 * after a certain age.  In addition, a lock of this host from before the last
 * boot is removed at once, also if its text was lost in a power cut.
 */

#ifndef STORAGE_MAILDIR_DOTLOCK_H
#define STORAGE_MAILDIR_DOTLOCK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct dotlock {
	int		 fd;		/* of the lock file; -1 if not held */
	int		 dir_fd;	/* of its folder */
	const char	*name;		/* of the lock file, borrowed */
};

/* Start without a lock. */
void	 dotlock_init(struct dotlock *lock);
/*
 * Take a lock without waiting.
 *
 * dir_fd, name  the lock file; name must stay valid until dotlock_close()
 * stale_s       age in seconds at which the lock of another program counts as
 *               abandoned, unless its text says more
 *
 * Returns 0, or -1 with errno, which is EEXIST if somebody has the lock.
 */
int	 dotlock_open(struct dotlock *lock, int dir_fd, const char *name,
	    uint32_t stale_s);
/* Release the lock, if it is held. */
void	 dotlock_close(struct dotlock *lock);
/*
 * Whether the lock is held, and nobody has taken it for abandoned meanwhile.
 */
bool	 dotlock_held(const struct dotlock *lock);
/* Whether somebody has this lock.  One stat(2) if nobody has. */
bool	 dotlock_taken(int dir_fd, const char *name, uint32_t stale_s);

/* The lock file that another program had before its folder was renamed. */
struct dotlock_stranded {
	bool		 there;
	dev_t		 dev;
	ino_t		 ino;
};

/*
 * Another program that has a lock knows it by its path.  If the folder is
 * renamed meanwhile, that program can neither write what the lock is for nor
 * release it.  Before the rename, note the lock file, if there is one.
 */
void	 dotlock_note(struct dotlock_stranded *s, int dir_fd,
	    const char *name);
/*
 * After the rename, remove the lock file that was noted, unless it is another
 * one by now.  dir_fd is that of the renamed folder.
 */
void	 dotlock_break(const struct dotlock_stranded *s, int dir_fd,
	    const char *name);

#endif
