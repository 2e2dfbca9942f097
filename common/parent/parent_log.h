/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Private to the parent: the log of the daemon.
 *
 * Only the parent has the log file.  Each child writes to a pipe of its own, so
 * that it can neither cut the file nor write lines in the name of another.  To
 * syslogd children write themselves, and only what libc writes to stderr comes
 * through the pipe.
 */

#ifndef COMMON_PARENT_PARENT_LOG_H
#define COMMON_PARENT_PARENT_LOG_H

#include <sys/types.h>

#include "common/conf/conf.h"

/*
 * Log to where the configuration says, from now on.  A file is opened again,
 * since it may have been moved away.
 */
void	 parent_log_start(const struct conf *conf);

/*
 * Log what a child writes to a pipe.
 *
 * program   the child's, a static string
 * fd        our end of the pipe, which does not block; taken over
 */
struct parent_log	*parent_log_new(const char *program, pid_t pid, int fd);

/* The child has ended: log what it still wrote, and free.  May be NULL. */
void	 parent_log_free(struct parent_log *l);

#endif
