/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  The pid file; see pidlock.h.
 *
 * The lock tells whether the process id in the file is that of a running
 * daemon.  It is a lock of flock(2), which survives daemon(3).  A file left
 * over by a crash is used again; a symbolic link is not followed.  libbsd has
 * functions for pid files, but OpenBSD has not.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/proc/pidlock.h"

int
pidlock_open(struct pidlock *p, const char *path)
{
	p->path = path;
	p->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (p->fd == -1) {
		log_warn("%s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(p->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	log_warn("%s: %s", path, errno == EWOULDBLOCK ?
	    "locked by a running daemon" : strerror(errno));
	(void)close(p->fd);
	p->fd = -1;
	return -1;
}

int
pidlock_write(struct pidlock *p)
{
	if (p->path == NULL)
		return 0;
	if (ftruncate(p->fd, 0) == -1 ||
	    dprintf(p->fd, "%ld\n", (long)getpid()) < 0) {
		log_warn("%s: %s", p->path, strerror(errno));
		return -1;
	}
	return 0;
}

void
pidlock_close(struct pidlock *p)
{
	if (p->path == NULL)
		return;
	(void)unlink(p->path);
	(void)close(p->fd);
}
