/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Faults of system calls.  The test program defines the file system functions
 * of libc itself, so that the store's calls and those of SQLite come through
 * here.  Unless a test sets a rule, every call goes straight to the kernel.
 *
 * All names start with shim_.  Calls of helper threads count, too.
 */

#ifndef TESTS_UNIT_SHIM_H
#define TESTS_UNIT_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kinds of calls; a rule names one or several. */
#define SHIM_OPEN	(1U << 0)	/* open, openat */
#define SHIM_READ	(1U << 1)	/* read, pread */
#define SHIM_WRITE	(1U << 2)	/* write, pwrite */
#define SHIM_SYNC	(1U << 3)	/* fsync, fdatasync */
#define SHIM_STAT	(1U << 4)	/* stat and its kin, access */
#define SHIM_READDIR	(1U << 5)	/* readdir, for each entry */
#define SHIM_RENAME	(1U << 6)	/* rename, renameat, renameat2 */
#define SHIM_LINK	(1U << 7)	/* linkat */
#define SHIM_UNLINK	(1U << 8)	/* unlink, unlinkat, rmdir */
#define SHIM_MKDIR	(1U << 9)	/* mkdir, mkdirat */
#define SHIM_TRUNCATE	(1U << 10)	/* ftruncate */
#define SHIM_TIMES	(1U << 11)	/* utimensat, futimens */
#define SHIM_MMAP	(1U << 12)	/* mmap of a file */
#define SHIM_LOCK	(1U << 13)	/* fcntl: locking, not unlocking */
#define SHIM_ALL	((1U << 14) - 1)
/*
 * Not a call of the system: sqlite3_step(), whose path is that of the database.
 * It fails with SQLITE_IOERR.
 */
#define SHIM_STEP	(1U << 14)

/* In place of an errno: the read or write does one octet. */
#define SHIM_SHORT	(-1)

/* Which calls a rule is about, and what becomes of them. */
struct shim_rule {
	unsigned int	 calls;		/* SHIM_* */
	const char	*path;		/* text in the path; NULL for any */
	unsigned long	 skip;		/* matching calls that pass first */
	unsigned long	 count;		/* how many fail; 0 for all */
	int		 errnum;	/* errno of a failed call */
	/*
	 * If not 0, a read or write does at most this many octets instead of
	 * failing.
	 */
	size_t		 short_len;
};

/*
 * A call that is about to be made.  The path is absolute and names the object
 * that the call is about: for descriptors, as the kernel knows it now; for
 * renames and links the old name.
 */
struct shim_event {
	unsigned int	 call;		/* one of SHIM_* */
	const char	*name;		/* of the libc function */
	const char	*path;
	const char	*to;		/* the new name, or "" */
};

/*
 * Set the only rule.  *rule is copied, but its path is lent until shim_clear().
 * The number of matching calls starts at 0.
 */
void	 shim_set(const struct shim_rule *rule);

/*
 * Call fn with arg before each call that matches calls and path, as in struct
 * shim_rule.  fn may use the file system: its own calls are not seen.  The call
 * fails with the errno that fn returns, which may be SHIM_SHORT, or passes if
 * that is 0.
 */
void	 shim_hook(unsigned int calls, const char *path,
	    int (*fn)(const struct shim_event *ev, void *arg), void *arg);

/* While on, neither rule nor hook sees the calls of this thread. */
void	 shim_pause(bool on);

/*
 * A call that has changed a file, a folder, or what is known to be on disk.
 * ino is the inode of the object, after the call if it was made by it.
 */
struct shim_change {
	unsigned int	 call;		/* one of SHIM_* */
	const char	*path;
	const char	*to;
	uint64_t	 ino;
	const void	*data;		/* of a write */
	uint64_t	 len;		/* of the data, or the new length */
	uint64_t	 off;
	size_t		 begun;		/* what begin() returned */
};

/*
 * Call begin() before each call that may change something below root, and
 * done() after it, if it did.  Both may use the file system.  Calls of several
 * threads may overlap.  NULLs switch this off.
 */
void	 shim_log(const char *root, size_t (*begin)(void),
	    void (*done)(const struct shim_change *c));

/* Let stat and its kin show fn(ino) for each inode; NULL ends this. */
void	 shim_map_inodes(uint64_t (*fn)(uint64_t ino));

/* Let opens of a path open another file instead; NULL ends this. */
void	 shim_redirect(const char *path, const char *instead);

/*
 * For other functions that are replaced: whether a call may be made.  If not,
 * errno is set.
 */
bool	 shim_pass(unsigned int call, const char *fname, const char *path);

/*
 * Whether this thread is in a hook, and so in the middle of a call that some
 * process makes.
 */
bool	 shim_in_hook(void);

/*
 * Remove rule and hook, after the hook has ended in other threads: what its
 * argument points to may go then.  Returns how many calls failed by the rule.
 */
unsigned long	 shim_clear(void);

/*
 * Return how many calls have matched the rule since shim_set(), including those
 * that passed.
 */
unsigned long	 shim_seen(void);

#endif
