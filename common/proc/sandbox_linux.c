/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Confinement on Linux: a list of the system calls of each role (seccomp(2)),
 * the folders in which a mail worker may open, make and remove files
 * (landlock(7); the lists of the other roles have no call to do so), execve(2)
 * gives no new privileges, core dumps are off, and memory that was writable
 * never becomes executable.
 *
 * A call that is not in the list fails with EPERM, so that a C library which
 * tries a newer call first goes on with an older one.  Builds with sanitizers
 * have neither list nor Landlock, since sanitizers make calls and read files of
 * their own.
 */

#include "config.h"

#ifdef __linux__
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "common/proc/sandbox.h"

/* Exists since Linux 6.3; the headers may be older. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE			65
#define PR_MDWE_REFUSE_EXEC_GAIN	1
#endif

#if defined(__SANITIZE_ADDRESS__)
#define CONFINES	false
#else
#define CONFINES	true
#endif

#define FRONT	(1U << ROLE_FRONT)
#define AUTH	(1U << ROLE_AUTH)
#define CHECK	(1U << ROLE_CHECK)
#define MAIL	(1U << ROLE_MAIL)
#define ALL	(FRONT | AUTH | CHECK | MAIL)

/* Memory, time, signals and the end. */
static const int process_calls[] = {
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getrusage), SCMP_SYS(uname), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* Descriptors that are open, and messages that carry others. */
static const int descriptor_calls[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(fstat),
	SCMP_SYS(fstat64), SCMP_SYS(lseek), SCMP_SYS(_llseek),
	SCMP_SYS(pread64), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg),
	SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
	SCMP_SYS(sendto), SCMP_SYS(getsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
};

/* Connections. */
static const int connection_calls[] = {
	SCMP_SYS(shutdown),
};

static const int front_calls[] = {
	SCMP_SYS(accept4), SCMP_SYS(socketpair),
};

/* Files. */
static const int file_calls[] = {
	SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstatfs), SCMP_SYS(statfs),
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(pwrite64),
	SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(copy_file_range),
	SCMP_SYS(fadvise64), SCMP_SYS(fallocate), SCMP_SYS(ftruncate),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(flock), SCMP_SYS(link),
	SCMP_SYS(linkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(chmod),
	SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(fchown),
	SCMP_SYS(utimensat), SCMP_SYS(umask), SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_rm_watch),
};

/* The threads of a worker. */
static const int thread_calls[] = {
	SCMP_SYS(pipe2), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
};

/* Commands of fcntl(2).  F_SETFL would change what other processes share. */
static const int fcntls[] = {
	F_GETFL, F_GETFD, F_SETFD, F_DUPFD, F_DUPFD_CLOEXEC,
};
static const int lock_fcntls[] = { F_GETLK, F_SETLK, F_SETLKW };

#define CALLS(c)	.calls = (c), .n = NROWS(c)

/* Which roles may make which calls. */
static const struct {
	unsigned int	 roles;
	const int	*calls;
	size_t		 n;
	bool		 fcntl;		/* they are commands of fcntl(2) */
} lists[] = {
	{ .roles = ALL, CALLS(process_calls) },
	{ .roles = ALL, CALLS(descriptor_calls) },
	{ .roles = FRONT | MAIL, CALLS(connection_calls) },
	{ .roles = FRONT, CALLS(front_calls) },
	{ .roles = MAIL, CALLS(file_calls) },
	{ .roles = MAIL, CALLS(thread_calls) },
	{ .roles = ALL, CALLS(fcntls), .fcntl = true },
	{ .roles = MAIL, CALLS(lock_fcntls), .fcntl = true },
};

/* The filter that is being made. */
struct filter {
	scmp_filter_ctx	 ctx;
	unsigned int	 role;		/* a bit */
	int		 rc;		/* negative errno of the first error */
};

static void
add(struct filter *f, unsigned int roles, uint32_t action, int number,
    unsigned int n, const struct scmp_arg_cmp *args)
{
	if (f->rc == 0 && (f->role & roles) != 0)
		f->rc = seccomp_rule_add_array(f->ctx, action, number, n,
		    args);
}

static struct scmp_arg_cmp
arg_is(unsigned int arg, uint64_t value)
{
	return (struct scmp_arg_cmp){ .arg = arg, .op = SCMP_CMP_EQ,
	    .datum_a = value };
}

static struct scmp_arg_cmp
arg_has(unsigned int arg, uint64_t bits)
{
	return (struct scmp_arg_cmp){ .arg = arg, .op = SCMP_CMP_MASKED_EQ,
	    .datum_a = bits, .datum_b = bits };
}

/* Allow a call to some roles if an argument is as said. */
static void
allow_if(struct filter *f, unsigned int roles, int number,
    struct scmp_arg_cmp arg)
{
	add(f, roles, SCMP_ACT_ALLOW, number, 1, &arg);
}

static void
add_lists(struct filter *f)
{
	for (size_t i = 0; i < NROWS(lists); i++)
		for (size_t j = 0; j < lists[i].n; j++)
			if (lists[i].fcntl)
				allow_if(f, lists[i].roles, SCMP_SYS(fcntl),
				    arg_is(1, (uint64_t)lists[i].calls[j]));
			else
				add(f, lists[i].roles, SCMP_ACT_ALLOW,
				    lists[i].calls[j], 0, NULL);
}

static void
add_calls_by_argument(struct filter *f)
{
	/* A close does not linger; no filter is attached. */
	const struct scmp_arg_cmp linger[] = {
		arg_is(1, SOL_SOCKET), arg_is(2, SO_LINGER),
	};

	add(f, FRONT | MAIL, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, linger);
	/* abort(3) signals its own thread. */
	allow_if(f, ALL, SCMP_SYS(tgkill), arg_is(0, (uint64_t)getpid()));
	allow_if(f, ALL, SCMP_SYS(prctl), arg_is(0, PR_SET_NAME));
	/* Limits are read, not set. */
	allow_if(f, ALL, SCMP_SYS(prlimit64), arg_is(2, 0));
	/* fstat(3) of newer C libraries. */
	allow_if(f, ALL & ~MAIL, SCMP_SYS(newfstatat),
	    arg_has(3, AT_EMPTY_PATH));
	/* Threads, and no processes; a C library goes on without clone3(2). */
	allow_if(f, MAIL, SCMP_SYS(clone), arg_has(0, CLONE_THREAD));
	add(f, ALL, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, NULL);
	/* Libraries look for files that they can do without. */
	add(f, ALL & ~MAIL, SCMP_ACT_ERRNO(ENOENT), SCMP_SYS(openat), 0,
	    NULL);
}

static int
filter(enum role role)
{
	struct filter f = { .role = 1U << role };

	if ((f.ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	/* Threads that run already are confined, too. */
	f.rc = seccomp_attr_set(f.ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	add_lists(&f);
	add_calls_by_argument(&f);
	if (f.rc == 0)
		f.rc = seccomp_load(f.ctx);
	seccomp_release(f.ctx);
	errno = -f.rc;
	return f.rc == 0 ? 0 : -1;
}

/* Landlock's system calls and structures, as the kernel's headers name them. */
#define LANDLOCK_CREATE_RULESET		444
#define LANDLOCK_ADD_RULE		445
#define LANDLOCK_RESTRICT_SELF		446
#define LANDLOCK_CREATE_RULESET_VERSION	1U
#define LANDLOCK_RULE_PATH_BENEATH	1

struct landlock_ruleset_attr {
	uint64_t	 handled_access_fs;	/* forbidden without a rule */
};

struct landlock_path_beneath_attr {
	uint64_t	 allowed_access;
	int32_t		 parent_fd;
} __attribute__((packed));

#define WRITE_FILE	(1U << 1)
#define READ_FILE	(1U << 2)
#define READ_DIR	(1U << 3)
#define REMOVE_DIR	(1U << 4)
#define REMOVE_FILE	(1U << 5)
#define MAKE_DIR	(1U << 7)
#define MAKE_REG	(1U << 8)
#define REFER		(1U << 13)	/* rename and link between folders */
#define TRUNCATE	(1U << 14)

#define READ		(READ_FILE | READ_DIR)
/* No rights to make symbolic links, devices and sockets, or to execute. */
#define MAILDIR		(READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | \
	    MAKE_DIR | MAKE_REG | REFER | TRUNCATE)

/*
 * What each version of Landlock can forbid.  Version 1 would forbid every
 * rename between folders, and with it mail, so that it is not used.
 */
#define LANDLOCK_MIN	2
static const struct {
	long		 version;
	uint64_t	 rights;	/* all that it knows */
} landlocks[] = {
	{ .version = LANDLOCK_MIN, .rights = (1U << 14) - 1 },
	{ .version = 3, .rights = (1U << 15) - 1 },
	{ .version = 5, .rights = (1U << 16) - 1 },
};

/* The folder of all mail as a mail worker is confined to it. */
static struct {
	const char	*path;		/* NULL: it is not confined */
	struct stat	 st;		/* st_ino 0: it was not there */
} mail_root;

/*
 * Add a rule for a file, or for a folder and all below it.  What isn't there,
 * or can't be reached, gets no rule.
 */
static int
permit(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	int rc, saved;

	if ((rule.parent_fd = open(path, O_PATH | O_CLOEXEC)) == -1)
		return errno == EMFILE || errno == ENFILE ? -1 : 0;
	rc = (int)syscall(LANDLOCK_ADD_RULE, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0U);
	saved = errno;
	(void)close(rule.parent_fd);
	errno = saved;
	return rc;
}

/* The C library reads the tables of charsets from a folder beside itself. */
static int
permit_charsets(int ruleset)
{
	char path[1024];
	const char *slash;
	Dl_info info;

	if (dladdr(dlsym(RTLD_DEFAULT, "iconv_open"), &info) == 0 ||
	    (slash = strrchr(info.dli_fname, '/')) == NULL)
		return 0;
	(void)snprintf(path, sizeof(path), "%.*s/gconv",
	    (int)(slash - info.dli_fname), info.dli_fname);
	return permit(ruleset, path, READ);
}

static int
permit_mail(int ruleset, const char *root, uint64_t known)
{
	/* The owner may make it, as he may make the homes in it. */
	(void)mkdir(root, 0700);
	if (strcmp(root, "/") != 0)
		mail_root.path = root;
	if (stat(root, &mail_root.st) == -1)
		log_warn("mail root %s: %s", root, strerror(errno));
	if (permit(ruleset, root, MAILDIR & known) == -1 ||
	    permit_charsets(ruleset) == -1 ||
	    permit(ruleset, "/dev/urandom", READ_FILE) == -1)
		return -1;
	/* The store asks whether the system has been started again. */
	return permit(ruleset, "/proc/sys/kernel/random/boot_id", READ_FILE);
}

static int
landlock(const char *root)
{
	struct landlock_ruleset_attr attr = { 0 };
	long version = syscall(LANDLOCK_CREATE_RULESET, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset, rc, saved;

	/* An older kernel, or one that was built or started without it. */
	if (version < LANDLOCK_MIN)
		return 0;
	for (size_t i = 0; i < NROWS(landlocks); i++)
		if (landlocks[i].version <= version)
			attr.handled_access_fs = landlocks[i].rights;
	ruleset = (int)syscall(LANDLOCK_CREATE_RULESET, &attr, sizeof(attr),
	    0U);
	if (ruleset == -1)
		return -1;
	rc = permit_mail(ruleset, root, attr.handled_access_fs);
	if (rc == 0)
		rc = (int)syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0U);
	saved = errno;
	(void)close(ruleset);
	errno = saved;
	return rc;
}

bool
sandbox_is_stale(void)
{
	struct stat st;

	return mail_root.path != NULL && stat(mail_root.path, &st) == 0 &&
	    (st.st_dev != mail_root.st.st_dev ||
	    st.st_ino != mail_root.st.st_ino);
}

int
sandbox_enter(enum role role, const char *root)
{
	/* An older kernel refuses this call; then we run without it. */
	(void)prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	if (!CONFINES || role == ROLE_PARENT)
		return 0;
	/* In this order: the list has no calls of Landlock. */
	if (role == ROLE_MAIL && landlock(root) == -1)
		return -1;
	return filter(role);
}

int
sandbox_nodump(void)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#endif
