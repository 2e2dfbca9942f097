/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The layer over SQLite's files; see vfs.h.
 *
 * The file index.db-shm stays what SQLite makes it, since sqlite3(1) and older
 * versions of Penfold may use the index at the same time: memory from elsewhere
 * would be another WAL-index than theirs, and two of them destroy a database.
 * Looking at the length of the file before each use does not help, as it may
 * become shorter right afterwards.
 *
 * SQLite maps the file once for each process, however many connections there
 * are, in regions of 32 KiB.  Each region has a slot here, by which the signal
 * handler finds out whose memory an address is.  The handler replaces all
 * regions of that index, so that nothing that is computed from the empty memory
 * gets to other processes.
 *
 * The memory remembers the inode of its file.  If another file, or none, is at
 * the path, whoever opens the index gets other memory with other locks.  Then
 * nobody here may write the WAL or make a checkpoint.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "storage/index/vfs.h"
#include "storage/maildir/maildir.h"

#define SLOTS		256		/* of a block */
/* Operations of sqlite3_file_control(); those of SQLite are below 100. */
#define OP_IS_LOST	7001
#define OP_NOWAIT	7002
#define OP_WAL_COUNT	7003
#define OP_IS_MOVED	7004
#define OP_RESCUE	7005
/*
 * The format of the WAL-index (https://www.sqlite.org/walformat.html, section
 * 2.3): the number of frames in the WAL, and how many of them are in the
 * database, in the first region; the locks of those who change anything; and
 * the locks of readers who use the WAL.
 */
#define REGION_SIZE	32768
#define MX_FRAME_OFF	16
#define BACKFILL_OFF	96
#define WRITE_LOCK	0
#define RECOVER_LOCK	2
#define READ_LOCK_1	4
#define READ_LOCKS	4

/* The shared memory of one index in this process. */
struct memory {
	unsigned int	 refs;		/* connections */
	atomic_bool	 lost;
	dev_t		 dev;		/* of the file */
	ino_t		 ino;
};

/* A region.  The handler reads slots without a lock. */
struct slot {
	_Atomic uintptr_t addr;		/* 0: free */
	size_t		 len;
	struct memory	*_Atomic memory;
};

/* Blocks of slots are never freed. */
struct block {
	struct slot	 slots[SLOTS];
	struct block	*_Atomic next;
};

struct vfs_file {
	sqlite3_file	 base;		/* must come first */
	sqlite3_file	*real;		/* of SQLite's own access to files */
	struct vfs_file	*db;		/* of the database, in that of a WAL */
	struct memory	*memory;	/* NULL: none is mapped */
	const char	*name;		/* the path; lent by SQLite */
	bool		 nowait;	/* see vfs_nowait() */
	bool		 rescue;	/* see vfs_rescue() */
};

/* What a WAL has. */
struct wal_count {
	bool		 known;
	uint32_t	 frames;
	uint32_t	 copied;	/* into the database */
};

static pthread_mutex_t	 mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t	 once = PTHREAD_ONCE_INIT;
static int		 setup_errno;
static sqlite3_vfs	 vfs;
static struct block	 first;
static atomic_uint	 losses;
static _Thread_local bool may_sleep;

static sqlite3_vfs *
real_vfs(void)
{
	return vfs.pAppData;
}

/*
 * The slot of a region, or NULL.  Safe in a signal handler.
 */
static struct slot *
find_slot(uintptr_t at)
{
	struct slot *s;
	uintptr_t addr;

	for (struct block *b = &first; b != NULL; b = atomic_load(&b->next))
		for (size_t i = 0; i < SLOTS; i++) {
			s = &b->slots[i];
			addr = atomic_load(&s->addr);
			if (addr != 0 && at >= addr && at - addr < s->len)
				return s;
		}
	return NULL;
}

/* Called with the mutex held, as are the next two. */
static struct slot *
free_slot(void)
{
	struct block *b, *next;

	for (b = &first;; b = next) {
		for (size_t i = 0; i < SLOTS; i++)
			if (atomic_load(&b->slots[i].addr) == 0)
				return &b->slots[i];
		if ((next = atomic_load(&b->next)) == NULL) {
			next = xcalloc(1, sizeof(*next));
			atomic_store(&b->next, next);
		}
	}
}

static void
note_region(struct vfs_file *f, uintptr_t addr, size_t len,
    const struct stat *sb)
{
	struct slot *s = find_slot(addr);

	if (f->memory == NULL) {
		if (s != NULL)
			f->memory = atomic_load(&s->memory);
		else {
			f->memory = xcalloc(1, sizeof(*f->memory));
			f->memory->dev = sb->st_dev;
			f->memory->ino = sb->st_ino;
		}
		f->memory->refs++;
	}
	if (s != NULL)
		return;
	s = free_slot();
	s->len = len;
	atomic_store(&s->memory, f->memory);
	/* Last: from here on the handler knows the region. */
	atomic_store(&s->addr, addr);
}

static void
leave_memory(struct vfs_file *f)
{
	struct memory *m = f->memory;

	f->memory = NULL;
	if (m == NULL || --m->refs > 0)
		return;
	for (struct block *b = &first; b != NULL; b = atomic_load(&b->next))
		for (size_t i = 0; i < SLOTS; i++)
			if (atomic_load(&b->slots[i].addr) != 0 &&
			    atomic_load(&b->slots[i].memory) == m)
				atomic_store(&b->slots[i].addr, 0);
	free(m);
}

/*
 * Put empty memory in the place of all regions of an index, in a signal
 * handler.  mmap(2) is a system call and nothing else.
 */
static int
lose(struct memory *m)
{
	struct slot *s;

	if (!atomic_exchange(&m->lost, true))
		atomic_fetch_add(&losses, 1);
	for (struct block *b = &first; b != NULL; b = atomic_load(&b->next))
		for (size_t i = 0; i < SLOTS; i++) {
			s = &b->slots[i];
			if (atomic_load(&s->addr) == 0 ||
			    atomic_load(&s->memory) != m)
				continue;
			if (mmap((void *)atomic_load(&s->addr), s->len,
			    PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE |
			    MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
				return -1;
		}
	return 0;
}

/*
 * The thread is within a call of SQLite on a connection to the index, so that
 * its memory stays.  Any other SIGBUS ends the process as ever, when the
 * instruction is repeated.
 */
static void
on_sigbus(int signo, siginfo_t *info, void *context)
{
	struct slot *s = find_slot((uintptr_t)info->si_addr);
	int saved = errno;

	(void)context;
	if (s == NULL || lose(atomic_load(&s->memory)) == -1)
		(void)signal(signo, SIG_DFL);
	errno = saved;
}

static bool
is_lost(const struct vfs_file *f)
{
	if (f->db != NULL)
		f = f->db;
	return f->memory != NULL && atomic_load(&f->memory->lost);
}

/* Look at the file of the WAL-index.  Returns 0, or -1 with errno. */
static int
look_at_shm(const struct vfs_file *f, struct stat *sb)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s-shm", f->name) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return lstat(path, sb);
}

/*
 * Whether others who open the index get another WAL-index.  That none is there
 * does no harm while nobody opens the index, as during a rescue.
 */
static bool
is_moved(const struct vfs_file *f, bool missing)
{
	struct stat sb;

	if (f->memory == NULL)
		return false;
	if (look_at_shm(f, &sb) == -1)
		return missing && maildir_gone(errno);
	return sb.st_dev != f->memory->dev || sb.st_ino != f->memory->ino;
}

#define REAL(file)	(((struct vfs_file *)(file))->real)
#define CALL(file, method, ...)						\
	REAL(file)->pMethods->method(REAL(file), __VA_ARGS__)

static int
f_close(sqlite3_file *file)
{
	struct vfs_file *f = (struct vfs_file *)file;

	/* A database that was never in WAL mode has none. */
	(void)pthread_mutex_lock(&mutex);
	leave_memory(f);
	(void)pthread_mutex_unlock(&mutex);
	return f->real->pMethods->xClose(f->real);
}

static int
f_read(sqlite3_file *file, void *p, int len, sqlite3_int64 off)
{
	return CALL(file, xRead, p, len, off);
}

static int
f_write(sqlite3_file *file, const void *p, int len, sqlite3_int64 off)
{
	if (is_lost((struct vfs_file *)file))
		return SQLITE_IOERR_WRITE;
	return CALL(file, xWrite, p, len, off);
}

static int
f_truncate(sqlite3_file *file, sqlite3_int64 len)
{
	if (is_lost((struct vfs_file *)file))
		return SQLITE_IOERR_TRUNCATE;
	return CALL(file, xTruncate, len);
}

static int
f_sync(sqlite3_file *file, int flags)
{
	if (is_lost((struct vfs_file *)file))
		return SQLITE_IOERR_FSYNC;
	return CALL(file, xSync, flags);
}

static int
f_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return CALL(file, xFileSize, size);
}

static int
f_lock(sqlite3_file *file, int lock)
{
	return CALL(file, xLock, lock);
}

static int
f_unlock(sqlite3_file *file, int lock)
{
	return CALL(file, xUnlock, lock);
}

static int
f_check_lock(sqlite3_file *file, int *out)
{
	return CALL(file, xCheckReservedLock, out);
}

static int
f_sector(sqlite3_file *file)
{
	return REAL(file)->pMethods->xSectorSize(REAL(file));
}

static int
f_traits(sqlite3_file *file)
{
	return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file));
}

static int
f_shm_map(sqlite3_file *file, int region, int len, int extend,
    void volatile **out)
{
	struct vfs_file *f = (struct vfs_file *)file;
	struct stat sb;
	int rc;

	if (is_lost(f))
		return SQLITE_IOERR_SHMMAP;
	rc = CALL(file, xShmMap, region, len, extend, out);
	/* As in v_open(). */
	if ((rc & 0xff) == SQLITE_READONLY)
		return SQLITE_IOERR_SHMOPEN;
	if (rc != SQLITE_OK || *out == NULL)
		return rc;
	memset(&sb, 0, sizeof(sb));
	if (f->memory == NULL && look_at_shm(f, &sb) == -1 &&
	    !maildir_gone(errno))
		return SQLITE_IOERR_SHMMAP;
	(void)pthread_mutex_lock(&mutex);
	note_region(f, (uintptr_t)*out, (size_t)len, &sb);
	(void)pthread_mutex_unlock(&mutex);
	return is_lost(f) ? SQLITE_IOERR_SHMMAP : rc;
}

static int
f_shm_lock(sqlite3_file *file, int first_lock, int n, int flags)
{
	const struct vfs_file *f = (const struct vfs_file *)file;

	if ((flags & SQLITE_SHM_LOCK) != 0 && is_lost(f))
		return SQLITE_IOERR_SHMLOCK;
	if (first_lock >= WRITE_LOCK && first_lock <= RECOVER_LOCK &&
	    flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE) &&
	    is_moved(f, !f->rescue))
		return SQLITE_BUSY;
	/*
	 * Only to begin the WAL anew does SQLite take all these at once.  If
	 * there are readers, it appends.
	 */
	if (f->nowait && first_lock == READ_LOCK_1 && n == READ_LOCKS &&
	    flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE))
		return SQLITE_BUSY;
	return CALL(file, xShmLock, first_lock, n, flags);
}

static void
f_shm_barrier(sqlite3_file *file)
{
	REAL(file)->pMethods->xShmBarrier(REAL(file));
}

static int
f_shm_unmap(sqlite3_file *file, int remove)
{
	/* Before the regions are unmapped, and others get their addresses. */
	(void)pthread_mutex_lock(&mutex);
	leave_memory((struct vfs_file *)file);
	(void)pthread_mutex_unlock(&mutex);
	return CALL(file, xShmUnmap, remove);
}

/* Within a transaction for writing, the numbers stay. */
static void
count_wal(sqlite3_file *file, struct wal_count *out)
{
	void volatile *p = NULL;
	char volatile *region;

	memset(out, 0, sizeof(*out));
	if (f_shm_map(file, 0, REGION_SIZE, 0, &p) != SQLITE_OK || p == NULL)
		return;
	region = p;
	out->known = true;
	out->frames = *(uint32_t volatile *)(region + MX_FRAME_OFF);
	out->copied = *(uint32_t volatile *)(region + BACKFILL_OFF);
}

static int
f_control(sqlite3_file *file, int op, void *arg)
{
	struct vfs_file *f = (struct vfs_file *)file;

	switch (op) {
	case OP_IS_LOST:
		*(bool *)arg = is_lost(f);
		return SQLITE_OK;
	case OP_NOWAIT:
		f->nowait = *(const bool *)arg;
		return SQLITE_OK;
	case OP_RESCUE:
		f->rescue = *(const bool *)arg;
		return SQLITE_OK;
	case OP_WAL_COUNT:
		count_wal(file, arg);
		return SQLITE_OK;
	case OP_IS_MOVED:
		*(bool *)arg = is_moved(f, !f->rescue);
		return SQLITE_OK;
	default:
		return CALL(file, xFileControl, op, arg);
	}
}

/* Version 2: pages of the database are read, not mapped. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = f_close,
	.xRead = f_read,
	.xWrite = f_write,
	.xTruncate = f_truncate,
	.xSync = f_sync,
	.xFileSize = f_size,
	.xLock = f_lock,
	.xUnlock = f_unlock,
	.xCheckReservedLock = f_check_lock,
	.xFileControl = f_control,
	.xSectorSize = f_sector,
	.xDeviceCharacteristics = f_traits,
	.xShmMap = f_shm_map,
	.xShmLock = f_shm_lock,
	.xShmBarrier = f_shm_barrier,
	.xShmUnmap = f_shm_unmap,
};

/*
 * If a file cannot be opened for writing, SQLite opens it for reading, and goes
 * on with that for as long as the connection is open.  When descriptors were
 * short for a moment, everything would be refused long after that.  So the
 * opening fails, and is tried again.
 */
static int
v_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags,
    int *out)
{
	struct vfs_file *f = (struct vfs_file *)file;
	int rc, got = flags;

	(void)v;
	memset(f, 0, sizeof(*f));
	f->real = (sqlite3_file *)(f + 1);
	rc = real_vfs()->xOpen(real_vfs(), name, f->real, flags, &got);
	if (out != NULL)
		*out = got;
	/* As SQLite wants it: xClose is called if there are methods. */
	if (f->real->pMethods == NULL)
		return rc;
	if (rc == SQLITE_OK && (flags & SQLITE_OPEN_READWRITE) != 0 &&
	    (got & SQLITE_OPEN_READONLY) != 0) {
		(void)f->real->pMethods->xClose(f->real);
		return SQLITE_CANTOPEN;
	}
	f->base.pMethods = &methods;
	f->name = name;
	if ((flags & SQLITE_OPEN_WAL) != 0)
		f->db = (struct vfs_file *)sqlite3_database_file_object(name);
	return rc;
}

static int
v_delete(sqlite3_vfs *v, const char *name, int sync_dir)
{
	(void)v;
	return real_vfs()->xDelete(real_vfs(), name, sync_dir);
}

static int
v_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	return real_vfs()->xAccess(real_vfs(), name, flags, out);
}

static int
v_full_name(sqlite3_vfs *v, const char *name, int len, char *out)
{
	(void)v;
	return real_vfs()->xFullPathname(real_vfs(), name, len, out);
}

static int
v_random(sqlite3_vfs *v, int len, char *out)
{
	(void)v;
	return real_vfs()->xRandomness(real_vfs(), len, out);
}

/*
 * SQLite sleeps when it waits for a lock, and up to ten seconds in all when it
 * cannot begin to read, as while another process recovers the WAL.  On the
 * loop's thread it tries as often as that, without a pause, which takes less
 * than a millisecond, and returns SQLITE_PROTOCOL.
 */
static int
v_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	if (!may_sleep)
		return 0;
	return real_vfs()->xSleep(real_vfs(), us);
}

static int
v_last_error(sqlite3_vfs *v, int len, char *out)
{
	(void)v;
	return real_vfs()->xGetLastError(real_vfs(), len, out);
}

static int
v_time(sqlite3_vfs *v, sqlite3_int64 *out)
{
	(void)v;
	return real_vfs()->xCurrentTimeInt64(real_vfs(), out);
}

/* Extensions are not loaded. */
static sqlite3_vfs	 vfs = {
	.iVersion = 2,
	.zName = VFS_NAME,
	.xOpen = v_open,
	.xDelete = v_delete,
	.xAccess = v_access,
	.xFullPathname = v_full_name,
	.xRandomness = v_random,
	.xSleep = v_sleep,
	.xGetLastError = v_last_error,
	.xCurrentTimeInt64 = v_time,
};

static void
set_up(void)
{
	struct sigaction sa = { .sa_sigaction = on_sigbus,
	    .sa_flags = SA_SIGINFO };
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);

	if (real == NULL) {
		setup_errno = ENOSYS;
		return;
	}
	vfs.pAppData = real;
	vfs.mxPathname = real->mxPathname;
	vfs.szOsFile = (int)sizeof(struct vfs_file) + real->szOsFile;
	(void)sigemptyset(&sa.sa_mask);
	if (sigaction(SIGBUS, &sa, NULL) == -1)
		setup_errno = errno;
	else if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		setup_errno = ENOMEM;
}

int
vfs_setup(void)
{
	(void)pthread_once(&once, set_up);
	errno = setup_errno;
	return setup_errno == 0 ? 0 : -1;
}

unsigned int
vfs_losses(void)
{
	return atomic_load_explicit(&losses, memory_order_relaxed);
}

void
vfs_may_sleep(bool may)
{
	may_sleep = may;
}

void
vfs_nowait(sqlite3 *db, bool on)
{
	(void)sqlite3_file_control(db, "main", OP_NOWAIT, &on);
}

static struct wal_count
ask_count(sqlite3 *db)
{
	struct wal_count c = { .known = false };

	(void)sqlite3_file_control(db, "main", OP_WAL_COUNT, &c);
	return c;
}

bool
vfs_wal_empty(sqlite3 *db)
{
	struct wal_count c = ask_count(db);

	return !c.known || c.frames == 0;
}

bool
vfs_wal_owed(sqlite3 *db)
{
	struct wal_count c = ask_count(db);

	return c.known && c.frames > c.copied;
}

void
vfs_rescue(sqlite3 *db)
{
	bool on = true;

	(void)sqlite3_file_control(db, "main", OP_RESCUE, &on);
}

bool
vfs_is_moved(sqlite3 *db)
{
	bool moved = false;

	(void)sqlite3_file_control(db, "main", OP_IS_MOVED, &moved);
	return moved;
}

bool
vfs_is_lost(sqlite3 *db)
{
	bool lost = false;

	(void)sqlite3_file_control(db, "main", OP_IS_LOST, &lost);
	return lost;
}
