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
static const char	*log_root;
static size_t		(*log_begin)(void);
static void		(*log_done)(const struct shim_change *);
static uint64_t		(*ino_map)(uint64_t);
static const char	*redirect_path;
static const char	*redirect_to;
static _Thread_local bool inside;	/* a hook itself is running */
static _Thread_local bool paused;

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
	paused = on;
}

void
shim_log(const char *root, size_t (*begin)(void),
    void (*done)(const struct shim_change *c))
{
	log_root = root;
	log_begin = begin;
	log_done = done;
}

void
shim_map_inodes(uint64_t (*fn)(uint64_t ino))
{
	ino_map = fn;
}

void
shim_redirect(const char *path, const char *instead)
{
	redirect_path = path;
	redirect_to = instead;
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

	if (!active || inside || paused)
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

	if (!active || inside || paused)
		return true;
	path_at(fd, NULL, path, sizeof(path));
	errno = saved;
	return decide(&(struct shim_event){ call, fname, path, "" }, len);
}

/* Tell the log that a call begins; returns what the log says. */
static size_t
begin(void)
{
	size_t n = 0;

	if (log_begin != NULL && !inside) {
		inside = true;
		n = log_begin();
		inside = false;
	}
	return n;
}

/* Whether the log wants to know of this call, which returned rc. */
static bool
is_logged(int64_t rc)
{
	return log_done != NULL && !inside && rc >= 0;
}

static void
done(struct shim_change *c)
{
	struct stat st;
	int saved = errno;

	inside = true;
	if (c->ino == 0 && lstat(c->to[0] != '\0' ? c->to : c->path, &st) == 0)
		c->ino = st.st_ino;
	if (strncmp(c->path, log_root, strlen(log_root)) == 0)
		log_done(c);
	inside = false;
	errno = saved;
}

/* Log a call on names. */
static int
done_at(int64_t rc, unsigned int call, size_t begun, int fd, const char *name,
    int to_fd, const char *to)
{
	char path[PATH_LEN], new[PATH_LEN] = "";

	if (!is_logged(rc))
		return (int)rc;
	path_at(fd, name, path, sizeof(path));
	if (to != NULL)
		path_at(to_fd, to, new, sizeof(new));
	done(&(struct shim_change){ .call = call, .path = path, .to = new,
	    .begun = begun });
	return (int)rc;
}

/* Log a call on a descriptor. */
static int64_t
done_fd(int64_t rc, unsigned int call, size_t begun, int fd, const void *data,
    uint64_t len, int64_t off)
{
	char path[PATH_LEN];
	struct stat st;

	if (!is_logged(rc))
		return rc;
	path_at(fd, NULL, path, sizeof(path));
	if (syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) != 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return rc;
	if (call == SHIM_WRITE && off == -1)
		off = syscall(SYS_lseek, fd, 0, SEEK_CUR) - rc;
	done(&(struct shim_change){ .call = call, .path = path, .to = "",
	    .ino = st.st_ino, .data = data, .len = len, .off = (uint64_t)off,
	    .begun = begun });
	return rc;
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

/* Whether the call will make a file, or cut one. */
static bool
open_changes(int fd, const char *name, int flags)
{
	return (flags & O_TRUNC) != 0 || ((flags & O_CREAT) != 0 &&
	    syscall(SYS_faccessat, fd, name, F_OK) != 0);
}

static int
open_at(const char *fname, int fd, const char *name, int flags, mode_t mode)
{
	bool changes = false;
	size_t begun;
	int rc;

	if (!pass_at(SHIM_OPEN, fname, fd, name, -1, NULL))
		return -1;
	if (redirect_path != NULL && strcmp(name, redirect_path) == 0)
		name = redirect_to;
	begun = begin();
	if (log_done != NULL)
		changes = open_changes(fd, name, flags);
	rc = (int)syscall(SYS_openat, fd, name, flags, mode);
	if (changes)
		done_at(rc, SHIM_OPEN, begun, fd, name, -1, NULL);
	return rc;
}

int
open(const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_arg(flags, ap);
	va_end(ap);
	return open_at("open", AT_FDCWD, name, flags, mode);
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
	return open_at("openat", fd, name, flags, mode);
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
	size_t begun;
	ssize_t n;

	if (!pass_fd(SHIM_WRITE, "write", fd, &len))
		return -1;
	begun = begin();
	n = syscall(SYS_write, fd, p, len);
	return done_fd(n, SHIM_WRITE, begun, fd, p, (uint64_t)n, -1);
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t off)
{
	size_t begun;
	ssize_t n;

	if (!pass_fd(SHIM_WRITE, "pwrite", fd, &len))
		return -1;
	begun = begin();
	n = syscall(SYS_pwrite64, fd, p, len, off);
	return done_fd(n, SHIM_WRITE, begun, fd, p, (uint64_t)n, off);
}
ssize_t	 pwrite64(int fd, const void *p, size_t len, off_t off)
	    ALSO("pwrite");

int
fsync(int fd)
{
	size_t begun;

	if (!pass_fd(SHIM_SYNC, "fsync", fd, NULL))
		return -1;
	begun = begin();
	return (int)done_fd(syscall(SYS_fsync, fd), SHIM_SYNC, begun, fd,
	    NULL, 0, 0);
}

int
fdatasync(int fd)
{
	size_t begun;

	if (!pass_fd(SHIM_SYNC, "fdatasync", fd, NULL))
		return -1;
	begun = begin();
	return (int)done_fd(syscall(SYS_fdatasync, fd), SHIM_SYNC, begun, fd,
	    NULL, 0, 0);
}

static int
stat_at(int fd, const char *name, struct stat *st, int flags)
{
	int rc = (int)syscall(SYS_newfstatat, fd, name, st, flags);

	if (rc == 0 && ino_map != NULL)
		st->st_ino = ino_map(st->st_ino);
	return rc;
}

int
fstat(int fd, struct stat *st)
{
	if (!pass_fd(SHIM_STAT, "fstat", fd, NULL))
		return -1;
	return stat_at(fd, "", st, AT_EMPTY_PATH);
}
int	 fstat64(int fd, struct stat64 *st) ALSO("fstat");

int
fstatat(int fd, const char *name, struct stat *st, int flags)
{
	if (!pass_at(SHIM_STAT, "fstatat", fd, name, -1, NULL))
		return -1;
	return stat_at(fd, name, st, flags);
}
int	 fstatat64(int fd, const char *name, struct stat64 *st, int flags)
	    ALSO("fstatat");

int
stat(const char *name, struct stat *st)
{
	if (!pass_at(SHIM_STAT, "stat", AT_FDCWD, name, -1, NULL))
		return -1;
	return stat_at(AT_FDCWD, name, st, 0);
}
int	 stat64(const char *name, struct stat64 *st) ALSO("stat");

int
lstat(const char *name, struct stat *st)
{
	if (!pass_at(SHIM_STAT, "lstat", AT_FDCWD, name, -1, NULL))
		return -1;
	return stat_at(AT_FDCWD, name, st, AT_SYMLINK_NOFOLLOW);
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
	size_t begun;

	if (!pass_at(SHIM_RENAME, "renameat2", fd, name, to_fd, to))
		return -1;
	begun = begin();
	return done_at(syscall(SYS_renameat2, fd, name, to_fd, to, flags),
	    SHIM_RENAME, begun, fd, name, to_fd, to);
}

int
renameat(int fd, const char *name, int to_fd, const char *to)
{
	size_t begun;

	if (!pass_at(SHIM_RENAME, "renameat", fd, name, to_fd, to))
		return -1;
	begun = begin();
	return done_at(syscall(SYS_renameat2, fd, name, to_fd, to, 0),
	    SHIM_RENAME, begun, fd, name, to_fd, to);
}

int
rename(const char *name, const char *to)
{
	size_t begun;

	if (!pass_at(SHIM_RENAME, "rename", AT_FDCWD, name, AT_FDCWD, to))
		return -1;
	begun = begin();
	return done_at(syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, to, 0),
	    SHIM_RENAME, begun, AT_FDCWD, name, AT_FDCWD, to);
}

int
linkat(int fd, const char *name, int to_fd, const char *to, int flags)
{
	size_t begun;

	if (!pass_at(SHIM_LINK, "linkat", fd, name, to_fd, to))
		return -1;
	begun = begin();
	return done_at(syscall(SYS_linkat, fd, name, to_fd, to, flags),
	    SHIM_LINK, begun, fd, name, to_fd, to);
}

int
unlinkat(int fd, const char *name, int flags)
{
	size_t begun;

	if (!pass_at(SHIM_UNLINK, "unlinkat", fd, name, -1, NULL))
		return -1;
	begun = begin();
	return done_at(syscall(SYS_unlinkat, fd, name, flags),
	    SHIM_UNLINK, begun, fd, name, -1, NULL);
}

int
unlink(const char *name)
{
	size_t begun;

	if (!pass_at(SHIM_UNLINK, "unlink", AT_FDCWD, name, -1, NULL))
		return -1;
	begun = begin();
	return done_at(syscall(SYS_unlinkat, AT_FDCWD, name, 0),
	    SHIM_UNLINK, begun, AT_FDCWD, name, -1, NULL);
}

int
rmdir(const char *name)
{
	size_t begun;

	if (!pass_at(SHIM_UNLINK, "rmdir", AT_FDCWD, name, -1, NULL))
		return -1;
	begun = begin();
	return done_at(syscall(SYS_unlinkat, AT_FDCWD, name, AT_REMOVEDIR),
	    SHIM_UNLINK, begun, AT_FDCWD, name, -1, NULL);
}

int
mkdirat(int fd, const char *name, mode_t mode)
{
	size_t begun;

	if (!pass_at(SHIM_MKDIR, "mkdirat", fd, name, -1, NULL))
		return -1;
	begun = begin();
	return done_at(syscall(SYS_mkdirat, fd, name, mode),
	    SHIM_MKDIR, begun, fd, name, -1, NULL);
}

int
mkdir(const char *name, mode_t mode)
{
	size_t begun;

	if (!pass_at(SHIM_MKDIR, "mkdir", AT_FDCWD, name, -1, NULL))
		return -1;
	begun = begin();
	return done_at(syscall(SYS_mkdirat, AT_FDCWD, name, mode),
	    SHIM_MKDIR, begun, AT_FDCWD, name, -1, NULL);
}

int
ftruncate(int fd, off_t len)
{
	size_t begun;

	if (!pass_fd(SHIM_TRUNCATE, "ftruncate", fd, NULL))
		return -1;
	begun = begin();
	return (int)done_fd(syscall(SYS_ftruncate, fd, len), SHIM_TRUNCATE,
	    begun, fd, NULL, (uint64_t)len, 0);
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

bool
shim_pass(unsigned int call, const char *fname, const char *path)
{
	return pass_at(call, fname, AT_FDCWD, path, -1, NULL);
}
