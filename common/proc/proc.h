/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* This runs as root.  Starts processes, and drops their privileges. */

#ifndef COMMON_PROC_PROC_H
#define COMMON_PROC_PROC_H

#include <sys/types.h>

#include "common/conf/conf.h"

/* The descriptor of a child's channel to its parent. */
#define PROC_CHANNEL_FD		3

/*
 * Fork and execute a program with a channel on PROC_CHANNEL_FD, a pipe for its
 * log on 2, /dev/null on 0 and 1, and no other descriptor.  All its signals
 * have their default action and none is blocked.
 *
 * fd        set to our end of the channel, close-on-exec
 * log_fd    set to our end of the pipe, close-on-exec, which does not block
 *
 * Returns the pid, or -1 with errno set if no process could be made.  If the
 * program can't be executed, the process exits with status 127.
 */
pid_t	 proc_spawn(const char *path, char *const argv[], int *fd,
	    int *log_fd);

/*
 * Drop privileges for good: one function per role, each readable as a
 * checklist.  Without root they do what an ordinary user can.  Any failure ends
 * the process.  root: the folder of all mail that the worker serves, or "/"; it
 * must stay.
 */
void	 proc_drop_front(const struct conf *conf);
void	 proc_drop_auth(const struct conf *conf);
void	 proc_drop_check(const struct conf *conf);
void	 proc_drop_mail(uid_t uid, gid_t gid, const char *root);

#endif
