/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Checkpoints, and repair after a failed sync; see checkpoint.h.  The formats
 * of the WAL and of the WAL-index are documented by SQLite
 * (https://www.sqlite.org/walformat.html) and never change.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/base/xmalloc.h"
#include "storage/index/checkpoint.h"
#include "storage/index/sql.h"
#include "storage/index/vfs.h"
#include "storage/index/walmark.h"

#define LOCK_MS		2000
/* Pages have 4,096 octets, unless another program made the index. */
#define LIMIT_FRAMES	(SQL_WAL_LIMIT / 4096)

/* The WAL: a header, then frames, each with a header and a page. */
#define HEADER_SIZE	32
#define HEADER_SUMMED	24	/* bytes before the checksum */
#define FRAME_SIZE	24
#define FRAME_SUMMED	8
#define WAL_MAGIC	0x377f0682U	/* or 1 more: big-endian checksums */
#define PAGE_MIN	512U
#define PAGE_MAX	65536U
/* The WAL-index: the number of frames in use, in its first region. */
#define REGION_SIZE	32768
#define MX_FRAME_OFF	16

static sqlite3 *
open_own(const char *path)
{
	sqlite3 *db = NULL;
	int on = 1;

	if (vfs_setup() == -1 || sqlite3_open_v2(path, &db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_NOFOLLOW, VFS_NAME) != SQLITE_OK) {
		sqlite3_close(db);
		return NULL;
	}
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	(void)sqlite3_exec(db, "PRAGMA synchronous = NORMAL; "
	    "PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL);
	return db;
}

/*
 * Write a small transaction.  SQLite begins the WAL anew with it if all frames
 * are in the database and no reader needs them.
 */
static int
begin_wal(sqlite3 *db, const char *path)
{
	char text[128];
	int rc;

	(void)snprintf(text, sizeof(text), "PRAGMA journal_size_limit = %d",
	    SQL_WAL_LIMIT);
	sqlite3_busy_timeout(db, LOCK_MS);
	rc = sqlite3_exec(db, text, NULL, NULL, NULL);
	return rc == SQLITE_OK ? walmark_write(db, path, false) : rc;
}

enum sql_rc
checkpoint_run(const char *path, bool anew)
{
	sqlite3 *db = open_own(path);
	enum sql_rc result;
	int rc, frames = 0, copied = 0;

	if (db == NULL)
		return SQL_ERROR;
	/* Without a new mark, the checkpoint is as right as with one. */
	(void)walmark_write(db, path, true);
	rc = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_PASSIVE,
	    &frames, &copied);
	anew = anew || frames > LIMIT_FRAMES;
	if (rc == SQLITE_OK && anew) {
		sqlite3_busy_timeout(db, LOCK_MS);
		rc = sqlite3_wal_checkpoint_v2(db, "main",
		    SQLITE_CHECKPOINT_RESTART, &frames, &copied);
	}
	if (rc == SQLITE_OK && frames == copied &&
	    (anew || frames == 0 || frames >= CHECKPOINT_FRAMES))
		rc = begin_wal(db, path);
	result = sql_rc_of(db, rc);
	sqlite3_close(db);
	return result;
}

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* The checksum of the WAL, of words in the byte order that its magic names. */
struct sums {
	bool		 big;
	uint32_t	 s0, s1;
};

static uint32_t
word(const struct sums *c, const unsigned char *p)
{
	uint32_t v = get32(p);

	return c->big ? v : v << 24 | (v & 0xff00) << 8 |
	    (v >> 8 & 0xff00) | v >> 24;
}

static void
sum(struct sums *c, const unsigned char *p, size_t len)
{
	for (size_t i = 0; i + 8 <= len; i += 8) {
		c->s0 += word(c, p + i) + c->s1;
		c->s1 += word(c, p + i + 4) + c->s0;
	}
}

static bool
sums_are(const struct sums *c, const unsigned char *p)
{
	return get32(p) == c->s0 && get32(p + 4) == c->s1;
}

/* Read exactly len bytes.  Returns 0, or -1 with errno. */
static int
read_at(int fd, unsigned char *p, size_t len, off_t off)
{
	ssize_t n;

	for (size_t got = 0; got < len; got += (size_t)n) {
		n = pread(fd, p + got, len - got, off + (off_t)got);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n <= 0) {
			if (n == 0)
				errno = EILSEQ;
			return -1;
		}
	}
	return 0;
}

/* Check that the first nframes frames are as they were written. */
static int
check_frames(int fd, uint32_t nframes)
{
	unsigned char head[HEADER_SIZE], *frame = NULL;
	struct sums c = { false, 0, 0 };
	uint32_t size;
	off_t at = HEADER_SIZE;
	int rc = -1;

	if (nframes == 0)
		return 0;
	if (read_at(fd, head, sizeof(head), 0) == -1)
		return -1;
	size = get32(head + 8);
	c.big = (get32(head) & 1) != 0;
	sum(&c, head, HEADER_SUMMED);
	errno = EILSEQ;
	if ((get32(head) & ~1U) != WAL_MAGIC || size < PAGE_MIN ||
	    size > PAGE_MAX || !sums_are(&c, head + HEADER_SUMMED))
		return -1;
	frame = xmalloc(FRAME_SIZE + size);
	for (uint32_t i = 0; i < nframes; i++, at += FRAME_SIZE + size) {
		if (read_at(fd, frame, FRAME_SIZE + size, at) == -1)
			goto out;
		sum(&c, frame, FRAME_SUMMED);
		sum(&c, frame + FRAME_SIZE, size);
		errno = EILSEQ;
		/* The salts of frame and header, then the checksum. */
		if (memcmp(frame + 8, head + 16, 8) != 0 ||
		    !sums_are(&c, frame + 16))
			goto out;
	}
	rc = 0;
out:
	free(frame);
	return rc;
}

/* Write a file over itself. */
static int
write_again(int fd)
{
	struct stat sb;
	unsigned char *p;
	size_t len;
	ssize_t n;
	int rc = 0;

	if (fstat(fd, &sb) == -1)
		return -1;
	p = xmalloc(PAGE_MAX);
	for (off_t at = 0; at < sb.st_size && rc == 0; at += (off_t)len) {
		len = sb.st_size - at < (off_t)PAGE_MAX ?
		    (size_t)(sb.st_size - at) : PAGE_MAX;
		if ((rc = read_at(fd, p, len, at)) == -1)
			break;
		n = pwrite(fd, p, len, at);
		if (n != (ssize_t)len) {
			if (n >= 0)
				errno = EIO;
			rc = -1;
		}
	}
	free(p);
	return rc == 0 ? fdatasync(fd) : -1;
}

/*
 * How many frames of the WAL are in use.  The write lock is held, so that the
 * number stays.
 */
static int
frames_in_use(sqlite3 *db, uint32_t *n)
{
	sqlite3_file *file = NULL;
	void volatile *region = NULL;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER,
	    &file) != SQLITE_OK || file == NULL || file->pMethods == NULL ||
	    file->pMethods->xShmMap(file, 0, REGION_SIZE, 0, &region) !=
	    SQLITE_OK || region == NULL) {
		errno = EIO;
		return -1;
	}
	*n = *(uint32_t volatile *)((char volatile *)region + MX_FRAME_OFF);
	return 0;
}

int
checkpoint_rewrite(const char *path, int wal_fd)
{
	sqlite3 *db = open_own(path);
	uint32_t n;
	int rc = -1, errnum;

	errno = EIO;
	if (db == NULL)
		return -1;
	sqlite3_busy_timeout(db, LOCK_MS);
	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) !=
	    SQLITE_OK)
		errno = EBUSY;
	else if (frames_in_use(db, &n) == 0 &&
	    check_frames(wal_fd, n) == 0 && write_again(wal_fd) == 0)
		rc = 0;
	errnum = errno;
	/* Closing rolls back. */
	sqlite3_close(db);
	errno = errnum;
	return rc;
}
