/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The functions of libc that touch files: each asks shim.c whether it may be
 * made, and tells it what it has changed.  For Linux with 64 bits, where off_t
 * has one size.
 */

#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/shim.h"
#include "tests/unit/shim_state.h"

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
open_at(const char *fname, int fd, const char *name, int flags, va_list ap)
{
	mode_t mode = mode_arg(flags, ap);
	bool changes = false;
	size_t begun;
	int rc;

	if (!shim_pass_at(SHIM_OPEN, fname, fd, name, -1, NULL))
		return -1;
	name = shim_redirected(name);
	begun = shim_begin();
	if (shim_is_logging())
		changes = open_changes(fd, name, flags);
	rc = (int)syscall(SYS_openat, fd, name, flags, mode);
	if (changes)
		shim_done_at(rc, SHIM_OPEN, begun, fd, name, -1, NULL);
	return rc;
}

int
open(const char *name, int flags, ...)
{
	va_list ap;
	int rc;

	va_start(ap, flags);
	rc = open_at("open", AT_FDCWD, name, flags, ap);
	va_end(ap);
	return rc;
}
int	 open64(const char *name, int flags, ...) ALSO("open");

int
openat(int fd, const char *name, int flags, ...)
{
	va_list ap;
	int rc;

	va_start(ap, flags);
	rc = open_at("openat", fd, name, flags, ap);
	va_end(ap);
	return rc;
}
int	 openat64(int fd, const char *name, int flags, ...) ALSO("openat");

ssize_t
read(int fd, void *p, size_t len)
{
	if (!shim_pass_fd(SHIM_READ, "read", fd, &len))
		return -1;
	return syscall(SYS_read, fd, p, len);
}

ssize_t
pread(int fd, void *p, size_t len, off_t off)
{
	if (!shim_pass_fd(SHIM_READ, "pread", fd, &len))
		return -1;
	return syscall(SYS_pread64, fd, p, len, off);
}
ssize_t	 pread64(int fd, void *p, size_t len, off_t off) ALSO("pread");

ssize_t
write(int fd, const void *p, size_t len)
{
	size_t begun;
	ssize_t n;

	if (!shim_pass_fd(SHIM_WRITE, "write", fd, &len))
		return -1;
	begun = shim_begin();
	n = syscall(SYS_write, fd, p, len);
	return shim_done_fd(n, SHIM_WRITE, begun, fd, p, (uint64_t)n, -1);
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t off)
{
	size_t begun;
	ssize_t n;

	if (!shim_pass_fd(SHIM_WRITE, "pwrite", fd, &len))
		return -1;
	begun = shim_begin();
	n = syscall(SYS_pwrite64, fd, p, len, off);
	return shim_done_fd(n, SHIM_WRITE, begun, fd, p, (uint64_t)n, off);
}
ssize_t	 pwrite64(int fd, const void *p, size_t len, off_t off)
	    ALSO("pwrite");

static int
sync_fd(const char *fname, int fd, long number)
{
	size_t begun;

	if (!shim_pass_fd(SHIM_SYNC, fname, fd, NULL))
		return -1;
	begun = shim_begin();
	return (int)shim_done_fd(syscall(number, fd), SHIM_SYNC, begun, fd,
	    NULL, 0, 0);
}

int
fsync(int fd)
{
	return sync_fd("fsync", fd, SYS_fsync);
}

int
fdatasync(int fd)
{
	return sync_fd("fdatasync", fd, SYS_fdatasync);
}

static int
stat_at(int fd, const char *name, struct stat *st, int flags)
{
	int rc = (int)syscall(SYS_newfstatat, fd, name, st, flags);

	if (rc == 0)
		st->st_ino = shim_inode(st->st_ino);
	return rc;
}

int
fstat(int fd, struct stat *st)
{
	if (!shim_pass_fd(SHIM_STAT, "fstat", fd, NULL))
		return -1;
	return stat_at(fd, "", st, AT_EMPTY_PATH);
}
int	 fstat64(int fd, struct stat64 *st) ALSO("fstat");

static int
stat_name(const char *fname, int fd, const char *name, struct stat *st,
    int flags)
{
	if (!shim_pass_at(SHIM_STAT, fname, fd, name, -1, NULL))
		return -1;
	return stat_at(fd, name, st, flags);
}

int
fstatat(int fd, const char *name, struct stat *st, int flags)
{
	return stat_name("fstatat", fd, name, st, flags);
}
int	 fstatat64(int fd, const char *name, struct stat64 *st, int flags)
	    ALSO("fstatat");

int
stat(const char *name, struct stat *st)
{
	return stat_name("stat", AT_FDCWD, name, st, 0);
}
int	 stat64(const char *name, struct stat64 *st) ALSO("stat");

int
lstat(const char *name, struct stat *st)
{
	return stat_name("lstat", AT_FDCWD, name, st, AT_SYMLINK_NOFOLLOW);
}
int	 lstat64(const char *name, struct stat64 *st) ALSO("lstat");

int
access(const char *name, int mode)
{
	if (!shim_pass_at(SHIM_STAT, "access", AT_FDCWD, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_faccessat, AT_FDCWD, name, mode);
}

struct dirent *
readdir(DIR *dir)
{
	static struct dirent *(*real)(DIR *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "readdir");
	if (!shim_pass_fd(SHIM_READDIR, "readdir", dirfd(dir), NULL))
		return NULL;
	return real(dir);
}
struct dirent64	*readdir64(DIR *dir) ALSO("readdir");

static int
rename_at(const char *fname, int fd, const char *name, int to_fd,
    const char *to, unsigned int flags)
{
	size_t begun;

	if (!shim_pass_at(SHIM_RENAME, fname, fd, name, to_fd, to))
		return -1;
	begun = shim_begin();
	return shim_done_at(syscall(SYS_renameat2, fd, name, to_fd, to, flags),
	    SHIM_RENAME, begun, fd, name, to_fd, to);
}

int
renameat2(int fd, const char *name, int to_fd, const char *to,
    unsigned int flags)
{
	return rename_at("renameat2", fd, name, to_fd, to, flags);
}

int
renameat(int fd, const char *name, int to_fd, const char *to)
{
	return rename_at("renameat", fd, name, to_fd, to, 0);
}

int
rename(const char *name, const char *to)
{
	return rename_at("rename", AT_FDCWD, name, AT_FDCWD, to, 0);
}

int
linkat(int fd, const char *name, int to_fd, const char *to, int flags)
{
	size_t begun;

	if (!shim_pass_at(SHIM_LINK, "linkat", fd, name, to_fd, to))
		return -1;
	begun = shim_begin();
	return shim_done_at(syscall(SYS_linkat, fd, name, to_fd, to, flags),
	    SHIM_LINK, begun, fd, name, to_fd, to);
}

static int
unlink_at(const char *fname, int fd, const char *name, int flags)
{
	size_t begun;

	if (!shim_pass_at(SHIM_UNLINK, fname, fd, name, -1, NULL))
		return -1;
	begun = shim_begin();
	return shim_done_at(syscall(SYS_unlinkat, fd, name, flags), SHIM_UNLINK,
	    begun, fd, name, -1, NULL);
}

int
unlinkat(int fd, const char *name, int flags)
{
	return unlink_at("unlinkat", fd, name, flags);
}

int
unlink(const char *name)
{
	return unlink_at("unlink", AT_FDCWD, name, 0);
}

int
rmdir(const char *name)
{
	return unlink_at("rmdir", AT_FDCWD, name, AT_REMOVEDIR);
}

static int
mkdir_at(const char *fname, int fd, const char *name, mode_t mode)
{
	size_t begun;

	if (!shim_pass_at(SHIM_MKDIR, fname, fd, name, -1, NULL))
		return -1;
	begun = shim_begin();
	return shim_done_at(syscall(SYS_mkdirat, fd, name, mode), SHIM_MKDIR,
	    begun, fd, name, -1, NULL);
}

int
mkdirat(int fd, const char *name, mode_t mode)
{
	return mkdir_at("mkdirat", fd, name, mode);
}

int
mkdir(const char *name, mode_t mode)
{
	return mkdir_at("mkdir", AT_FDCWD, name, mode);
}

int
ftruncate(int fd, off_t len)
{
	size_t begun;

	if (!shim_pass_fd(SHIM_TRUNCATE, "ftruncate", fd, NULL))
		return -1;
	begun = shim_begin();
	return (int)shim_done_fd(syscall(SYS_ftruncate, fd, len),
	    SHIM_TRUNCATE, begun, fd, NULL, (uint64_t)len, 0);
}
int	 ftruncate64(int fd, off_t len) ALSO("ftruncate");

int
utimensat(int fd, const char *name, const struct timespec times[2], int flags)
{
	if (!shim_pass_at(SHIM_TIMES, "utimensat", fd, name, -1, NULL))
		return -1;
	return (int)syscall(SYS_utimensat, fd, name, times, flags);
}

int
futimens(int fd, const struct timespec times[2])
{
	if (!shim_pass_fd(SHIM_TIMES, "futimens", fd, NULL))
		return -1;
	return (int)syscall(SYS_utimensat, fd, NULL, times, 0);
}

void *
mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	if (fd != -1 && !shim_pass_fd(SHIM_MMAP, "mmap", fd, NULL))
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
	if ((cmd == F_SETLK || cmd == F_SETLKW || cmd == F_GETLK) &&
	    ((struct flock *)arg)->l_type != F_UNLCK &&
	    !shim_pass_fd(SHIM_LOCK, cmd == F_SETLKW ? "F_SETLKW" : "fcntl",
	    fd, NULL))
		return -1;
	return (int)syscall(SYS_fcntl, fd, cmd, arg);
}
int	 fcntl64(int fd, int cmd, ...) ALSO("fcntl");
