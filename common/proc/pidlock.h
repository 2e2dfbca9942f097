/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  A file with the number of the parent in it, for service
 * managers and rotation of logs that want one.
 */

#ifndef COMMON_PIDLOCK_H
#define COMMON_PIDLOCK_H

struct pidlock {
	const char	*path;		/* borrowed; NULL: there is none */
	int		 fd;		/* held, locked */
};

/*
 * Make it, before daemon(3), so that errors are still seen.  Returns 0, or
 * -1 with the reason logged: also when another process has it, which is then
 * the same daemon, running.
 */
int	 pidlock_open(struct pidlock *p, const char *path);

/* Write our number, after daemon(3).  Returns 0, or -1, logged. */
int	 pidlock_write(struct pidlock *p);

/* Remove it. */
void	 pidlock_close(struct pidlock *p);

#endif
