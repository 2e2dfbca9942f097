/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The functions of libc that touch files, with faults; see shim.h.  For Linux
 * with 64 bits, where off_t has one size.
 */

#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/shim.h"

#define PATH_LEN	4352	/* a folder and a name in it */

/* True if there is a rule or a hook: everything else stays off until then. */
static atomic_bool	 active;
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
static struct shim_rule	 the_rule;	/* no calls if there is none */
static unsigned long	 seen;		/* calls that matched */
static unsigned long	 failed;
static struct shim_rule	 hook_on;	/* which calls the hook sees */
static int		(*hook_fn)(const struct shim_event *, void *);
static void		*hook_arg;
static _Thread_local bool inside;	/* the hook itself is running */

void
shim_set(const struct shim_rule *rule)
{
	pthread_mutex_lock(&lock);
	the_rule = *rule;
	seen = failed = 0;
	active = true;
	pthread_mutex_unlock(&lock);
}

void
shim_hook(unsigned int calls, const char *path,
    int (*fn)(const struct shim_event *ev, void *arg), void *arg)
{
	pthread_mutex_lock(&lock);
	hook_on = (struct shim_rule){ .calls = calls, .path = path };
	hook_fn = fn;
	hook_arg = arg;
	active = true;
	pthread_mutex_unlock(&lock);
}

void
shim_pause(bool on)
{
	inside = on;
}

unsigned long
shim_clear(void)
{
	unsigned long n;

	pthread_mutex_lock(&lock);
	active = false;
	n = failed;
	the_rule = hook_on = (struct shim_rule){ 0 };
	hook_fn = NULL;
	failed = 0;
	pthread_mutex_unlock(&lock);
	return n;
}

unsigned long
shim_seen(void)
{
	unsigned long n;

	pthread_mutex_lock(&lock);
	n = seen;
	pthread_mutex_unlock(&lock);
	return n;
}

/* The path of a descriptor, as the kernel knows it now. */
static void
path_of_fd(int fd, char *out, size_t size)
{
	char link[64];
	long n;

	if (fd == AT_FDCWD)
		(void)snprintf(link, sizeof(link), "/proc/self/cwd");
	else
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, link, out, size - 1);
	out[n < 0 ? 0 : n] = '\0';
}

static void
path_at(int dirfd, const char *name, char *out, size_t size)
{
	size_t len;

	out[0] = '\0';
	if (name == NULL || name[0] != '/')
		path_of_fd(dirfd, out, size);
	len = strlen(out);
	if (name != NULL && name[0] != '\0')
		(void)snprintf(out + len, size - len, "%s%s",
		    name[0] == '/' ? "" : "/", name);
}

static bool
matches(const struct shim_rule *r, const struct shim_event *ev)
{
	return (r->calls & ev->call) != 0 && (r->path == NULL ||
	    strstr(ev->path, r->path) != NULL ||
	    strstr(ev->to, r->path) != NULL);
}

/* Whether this call, which matches the rule, is one of those that fail. */
static bool
is_due(void)
{
	unsigned long n = seen++;

	if (n < the_rule.skip)
		return false;
	if (the_rule.count != 0 && n - the_rule.skip >= the_rule.count)
		return false;
	failed++;
	return true;
}

/*
 * Decide about a call.  Returns false, and sets errno, if it must fail.
 * Otherwise *len, which may be NULL, is cut for a short read or write.
 */
static bool
decide(const struct shim_event *ev, size_t *len)
{
	int (*fn)(const struct shim_event *, void *) = NULL;
	void *arg = NULL;
	int errnum = 0;

	pthread_mutex_lock(&lock);
	if (matches(&the_rule, ev) && is_due()) {
		errnum = the_rule.errnum;
		if (the_rule.short_len != 0 && len != NULL) {
			errnum = 0;
			if (*len > the_rule.short_len)
				*len = the_rule.short_len;
		}
	}
	if (hook_fn != NULL && matches(&hook_on, ev)) {
		fn = hook_fn;
		arg = hook_arg;
	}
	pthread_mutex_unlock(&lock);
	if (fn != NULL && errnum == 0) {
		inside = true;
		errnum = fn(ev, arg);
		inside = false;
	}
	if (errnum == SHIM_SHORT) {
		if (len != NULL && *len > 1)
			*len = 1;
		return true;
	}
	if (errnum != 0)
		errno = errnum;
	return errnum == 0;
}

static bool
pass_at(unsigned int call, const char *fname, int dirfd, const char *name,
    int to_fd, const char *to)
{
	char path[PATH_LEN], new[PATH_LEN] = "";
	int saved = errno;

	if (!active || inside)
		return true;
	path_at(dirfd, name, path, sizeof(path));
	if (to != NULL)
		path_at(to_fd, to, new, sizeof(new));
	errno = saved;
	return decide(&(struct shim_event){ call, fname, path, new }, NULL);
}

static bool
pass_fd(unsigned int call, const char *fname, int fd, size_t *len)
{
	char path[PATH_LEN];
	int saved = errno;

	if (!active || inside)
		return true;
	path_at(fd, NULL, path, sizeof(path));
	errno = saved;
	return decide(&(struct shim_event){ call, fname, path, "" }, len);
}

/*
 * The name of the same function for large files, which programs call that are
 * compiled for a 64-bit off_t.
 */
#define ALSO(name)	__attribute__((alias(name)))

static mode_t
mode_arg(int flags, va_list ap)
{
	if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE)
		return va_arg(ap, mode_t);
	return 0;
}

int
open(const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_arg(flags, ap);
	va_end(ap);
	if (!pass_at(SHIM_OPEN, "open", AT_FDCWD, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, name, flags, mode);
}
int	 open64(const char *name, int flags, ...) ALSO("open");

int
openat(int fd, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_arg(flags, ap);
	va_end(ap);
	if (!pass_at(SHIM_OPEN, "openat", fd, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_openat, fd, name, flags, mode);
}
int	 openat64(int fd, const char *name, int flags, ...) ALSO("openat");

ssize_t
read(int fd, void *p, size_t len)
{
	if (!pass_fd(SHIM_READ, "read", fd, &len))
		return -1;
	return syscall(SYS_read, fd, p, len);
}

ssize_t
pread(int fd, void *p, size_t len, off_t off)
{
	if (!pass_fd(SHIM_READ, "pread", fd, &len))
		return -1;
	return syscall(SYS_pread64, fd, p, len, off);
}
ssize_t	 pread64(int fd, void *p, size_t len, off_t off) ALSO("pread");

ssize_t
write(int fd, const void *p, size_t len)
{
	if (!pass_fd(SHIM_WRITE, "write", fd, &len))
		return -1;
	return syscall(SYS_write, fd, p, len);
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t off)
{
	if (!pass_fd(SHIM_WRITE, "pwrite", fd, &len))
		return -1;
	return syscall(SYS_pwrite64, fd, p, len, off);
}
ssize_t	 pwrite64(int fd, const void *p, size_t len, off_t off)
	    ALSO("pwrite");

int
fsync(int fd)
{
	if (!pass_fd(SHIM_SYNC, "fsync", fd, NULL))
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	if (!pass_fd(SHIM_SYNC, "fdatasync", fd, NULL))
		return -1;
	return (int)syscall(SYS_fdatasync, fd);
}

int
fstat(int fd, struct stat *st)
{
	if (!pass_fd(SHIM_STAT, "fstat", fd, NULL))
		return -1;
	return (int)syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH);
}
int	 fstat64(int fd, struct stat64 *st) ALSO("fstat");

int
fstatat(int fd, const char *name, struct stat *st, int flags)
{
	if (!pass_at(SHIM_STAT, "fstatat", fd, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_newfstatat, fd, name, st, flags);
}
int	 fstatat64(int fd, const char *name, struct stat64 *st, int flags)
	    ALSO("fstatat");

int
stat(const char *name, struct stat *st)
{
	if (!pass_at(SHIM_STAT, "stat", AT_FDCWD, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_newfstatat, AT_FDCWD, name, st, 0);
}
int	 stat64(const char *name, struct stat64 *st) ALSO("stat");

int
lstat(const char *name, struct stat *st)
{
	if (!pass_at(SHIM_STAT, "lstat", AT_FDCWD, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_newfstatat, AT_FDCWD, name, st,
	    AT_SYMLINK_NOFOLLOW);
}
int	 lstat64(const char *name, struct stat64 *st) ALSO("lstat");

int
access(const char *name, int mode)
{
	if (!pass_at(SHIM_STAT, "access", AT_FDCWD, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_faccessat, AT_FDCWD, name, mode);
}

struct dirent *
readdir(DIR *dir)
{
	static struct dirent *(*real)(DIR *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "readdir");
	if (!pass_fd(SHIM_READDIR, "readdir", dirfd(dir), NULL))
		return NULL;
	return real(dir);
}
struct dirent64	*readdir64(DIR *dir) ALSO("readdir");

int
renameat2(int fd, const char *name, int to_fd, const char *to,
    unsigned int flags)
{
	if (!pass_at(SHIM_RENAME, "renameat2", fd, name, to_fd, to))
		return -1;
	return (int)syscall(SYS_renameat2, fd, name, to_fd, to, flags);
}

int
renameat(int fd, const char *name, int to_fd, const char *to)
{
	if (!pass_at(SHIM_RENAME, "renameat", fd, name, to_fd, to))
		return -1;
	return (int)syscall(SYS_renameat2, fd, name, to_fd, to, 0);
}

int
rename(const char *name, const char *to)
{
	if (!pass_at(SHIM_RENAME, "rename", AT_FDCWD, name, AT_FDCWD, to))
		return -1;
	return (int)syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, to, 0);
}

int
linkat(int fd, const char *name, int to_fd, const char *to, int flags)
{
	if (!pass_at(SHIM_LINK, "linkat", fd, name, to_fd, to))
		return -1;
	return (int)syscall(SYS_linkat, fd, name, to_fd, to, flags);
}

int
unlinkat(int fd, const char *name, int flags)
{
	if (!pass_at(SHIM_UNLINK, "unlinkat", fd, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_unlinkat, fd, name, flags);
}

int
unlink(const char *name)
{
	if (!pass_at(SHIM_UNLINK, "unlink", AT_FDCWD, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
}

int
rmdir(const char *name)
{
	if (!pass_at(SHIM_UNLINK, "rmdir", AT_FDCWD, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_unlinkat, AT_FDCWD, name, AT_REMOVEDIR);
}

int
mkdirat(int fd, const char *name, mode_t mode)
{
	if (!pass_at(SHIM_MKDIR, "mkdirat", fd, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_mkdirat, fd, name, mode);
}

int
mkdir(const char *name, mode_t mode)
{
	if (!pass_at(SHIM_MKDIR, "mkdir", AT_FDCWD, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_mkdirat, AT_FDCWD, name, mode);
}

int
ftruncate(int fd, off_t len)
{
	if (!pass_fd(SHIM_TRUNCATE, "ftruncate", fd, NULL))
		return -1;
	return (int)syscall(SYS_ftruncate, fd, len);
}
int	 ftruncate64(int fd, off_t len) ALSO("ftruncate");

int
utimensat(int fd, const char *name, const struct timespec times[2], int flags)
{
	if (!pass_at(SHIM_TIMES, "utimensat", fd, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_utimensat, fd, name, times, flags);
}

int
futimens(int fd, const struct timespec times[2])
{
	if (!pass_fd(SHIM_TIMES, "futimens", fd, NULL))
		return -1;
	return (int)syscall(SYS_utimensat, fd, NULL, times, 0);
}

void *
mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	if (fd != -1 && !pass_fd(SHIM_MMAP, "mmap", fd, NULL))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, off);
}
void	*mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t off)
	    ALSO("mmap");

int
fcntl(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	if ((cmd == F_SETLK || cmd == F_GETLK) &&
	    ((struct flock *)arg)->l_type != F_UNLCK &&
	    !pass_fd(SHIM_LOCK, "fcntl", fd, NULL))
		return -1;
	return (int)syscall(SYS_fcntl, fd, cmd, arg);
}
int	 fcntl64(int fd, int cmd, ...) ALSO("fcntl");
