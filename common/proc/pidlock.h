/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  The pid file: a locked file with the parent's process id,
 * for service managers and log rotation.
 */

#ifndef COMMON_PROC_PIDLOCK_H
#define COMMON_PROC_PIDLOCK_H

struct pidlock {
	const char	*path;		/* borrowed; NULL: no pid file */
	int		 fd;		/* open and locked */
};

/*
 * Create and lock the file.  Called before daemon(3), so that errors are still
 * seen.  Returns 0, or -1 with the reason logged.  It fails if another process
 * has the lock, which means that this daemon is already running.
 */
int	 pidlock_open(struct pidlock *p, const char *path);

/* Write our process id, after daemon(3).  Returns 0, or -1, logged. */
int	 pidlock_write(struct pidlock *p);

/* Remove the file, if there is one. */
void	 pidlock_close(struct pidlock *p);

#endif
