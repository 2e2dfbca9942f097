/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Starting processes and dropping privileges; see proc.h.
 *
 * Children are executed, not just forked, so that no child inherits the
 * parent's memory (keys, other users' data) or its address space layout.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/proc/msg.h"
#include "common/proc/proc.h"
#include "common/proc/sandbox.h"

/*
 * Runs in the child and does not return.  Only calls functions that are safe
 * between fork(2) and execve(2).
 */
static void
exec_child(const char *path, char *const argv[], int fd, int log_fd)
{
	sigset_t none;
	int null;

	if ((null = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(log_fd, STDERR_FILENO) == -1)
		_exit(127);
	/* dup2(2) to the same descriptor would leave close-on-exec set. */
	if (fd == PROC_CHANNEL_FD) {
		if (fcntl(fd, F_SETFD, 0) == -1)
			_exit(127);
	} else if (dup2(fd, PROC_CHANNEL_FD) == -1)
		_exit(127);
	closefrom(PROC_CHANNEL_FD + 1);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			(void)signal(sig, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	execv(path, argv);
	_exit(127);
}

/* Close both, and leave errno as it is. */
static void
close_pair(const int fds[2])
{
	int saved = errno;

	(void)close(fds[0]);
	(void)close(fds[1]);
	errno = saved;
}

/*
 * Only the end of the parent does not block: a child waits until its lines are
 * read, and none is lost.
 */
static int
log_pipe(int fds[2])
{
	if (pipe(fds) == -1)
		return -1;
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 &&
	    fcntl(fds[0], F_SETFD, FD_CLOEXEC) == 0 &&
	    fcntl(fds[1], F_SETFD, FD_CLOEXEC) == 0)
		return 0;
	close_pair(fds);
	return -1;
}

pid_t
proc_spawn(const char *path, char *const argv[], int *fd, int *log_fd)
{
	int fds[2], log_fds[2];
	pid_t pid;

	if (chan_pair(fds) == -1)
		return -1;
	if (log_pipe(log_fds) == -1) {
		close_pair(fds);
		return -1;
	}
	if ((pid = fork()) == 0)
		exec_child(path, argv, fds[1], log_fds[1]);
	if (pid == -1) {
		close_pair(fds);
		close_pair(log_fds);
		return -1;
	}
	(void)close(fds[1]);
	(void)close(log_fds[1]);
	*fd = fds[0];
	*log_fd = log_fds[0];
	return pid;
}

/* Hide the file system: chroot to a folder that only root can write to. */
static void
drop_root_dir(const char *path)
{
	struct stat st;

	if (geteuid() != 0)
		return;
	if (stat(path, &st) == -1)
		log_fatal("chroot %s: %s", path, strerror(errno));
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		log_fatal("chroot %s: must be owned by root and writable by "
		    "no one else", path);
	if (chroot(path) == -1 || chdir("/") == -1)
		log_fatal("chroot %s: %s", path, strerror(errno));
}

/* Become a user with one group, for good. */
static void
drop_ids(uid_t uid, gid_t gid)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (geteuid() != 0)
		return;
	if (uid == 0 || gid == 0)
		log_fatal("refusing to run as uid %u gid %u", (unsigned)uid,
		    (unsigned)gid);
	if (setgroups(1, &gid) == -1 ||
	    setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		log_fatal("become uid %u gid %u: %s", (unsigned)uid,
		    (unsigned)gid, strerror(errno));
	if (getresuid(&ruid, &euid, &suid) == -1 ||
	    getresgid(&rgid, &egid, &sgid) == -1 ||
	    ruid != uid || euid != uid || suid != uid ||
	    rgid != gid || egid != gid || sgid != gid || setuid(0) != -1)
		log_fatal("become uid %u gid %u: had no effect", (unsigned)uid,
		    (unsigned)gid);
}

/* Lower a limit for good.  A limit that is lower already stays as it is. */
static void
drop_limit(int resource, rlim_t max)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) == -1)
		log_fatal("getrlimit: %s", strerror(errno));
	if (limit.rlim_max > max)
		limit.rlim_max = max;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(resource, &limit) == -1)
		log_fatal("setrlimit: %s", strerror(errno));
}

static void
drop_dumps(void)
{
	if (sandbox_nodump() == -1)
		log_fatal("core dumps: %s", strerror(errno));
}

static void
drop_calls(enum role role, const char *root)
{
	if (sandbox_enter(role, root) == -1)
		log_fatal("sandbox: %s", strerror(errno));
}

void
proc_drop_front(const struct conf *conf)
{
	drop_root_dir(conf->chroot);
	drop_ids(conf->front_user.uid, conf->front_user.gid);
	drop_dumps();
	drop_limit(RLIMIT_NPROC, 0);
	drop_limit(RLIMIT_FSIZE, 0);
	drop_calls(ROLE_FRONT, NULL);
}

/*
 * The descriptors of sessions on their way to the parent, channels to all
 * fronts and checkers, users files, and some to spare.
 */
#define AUTH_FILES	(CHAN_QUEUE_FDS_MAX + FRONTS_MAX + CHECKERS_MAX + 512)

void
proc_drop_auth(const struct conf *conf)
{
	drop_root_dir(conf->chroot);
	drop_ids(conf->auth_user.uid, conf->auth_user.gid);
	drop_dumps();
	drop_limit(RLIMIT_NPROC, 0);
	drop_limit(RLIMIT_FSIZE, 0);
	drop_limit(RLIMIT_NOFILE, AUTH_FILES);
	drop_calls(ROLE_AUTH, NULL);
}

/* For its channels, its log, an event loop, and some to spare. */
#define CHECK_FILES	64

/*
 * Twice what Argon2id uses at libsodium's costliest preset.  The address
 * sanitizer reserves far more.
 */
#if defined(__SANITIZE_ADDRESS__)
#define CHECK_DATA	RLIM_INFINITY
#else
#define CHECK_DATA	((rlim_t)2 << 30)
#endif

void
proc_drop_check(const struct conf *conf)
{
	drop_root_dir(conf->chroot);
	drop_ids(conf->auth_user.uid, conf->auth_user.gid);
	drop_dumps();
	drop_limit(RLIMIT_NPROC, 0);
	drop_limit(RLIMIT_FSIZE, 0);
	drop_limit(RLIMIT_NOFILE, CHECK_FILES);
	drop_limit(RLIMIT_DATA, CHECK_DATA);
	drop_calls(ROLE_CHECK, NULL);
}

/*
 * No limit of processes: it counts the threads of all processes of the owner,
 * and a worker starts its helper threads later.
 */
void
proc_drop_mail(uid_t uid, gid_t gid, const char *root)
{
	drop_ids(uid, gid);
	(void)umask(077);
	drop_dumps();
	drop_calls(ROLE_MAIL, root);
}
