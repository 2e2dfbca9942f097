/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Tells whether a WAL belongs to its database; see walmark.h.
 *
 * What the database alone has is read without a lock, while a checkpoint may
 * write it.  That is right if db is in a transaction meanwhile: the checkpoint
 * writes only frames that the transaction sees, whose marks are in the list.
 */

#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/base/buf.h"
#include "common/base/xmalloc.h"
#include "storage/index/vfs.h"
#include "storage/index/walmark.h"
#include "storage/maildir/maildir.h"

/*
 * How many marks are in a list.  Three is usual.  If a reader keeps the
 * checkpoints from ending, and the list is full, the old mark is written again.
 */
#define MARKS_MAX	8
/* Hexadecimal digits, each with a space or the NUL. */
#define LIST_SIZE	(MARKS_MAX * 17)
/* The type of a page, and the length of its header. */
#define INDEX_LEAF	0x0a
#define LEAF_HEAD	8

/* What meta says.  The first mark is the newest; 0 stands for none. */
struct seen {
	char		 id[40];
	uint64_t	 marks[MARKS_MAX];
	size_t		 n;
};

static void
parse_list(const char *text, struct seen *s)
{
	char *end;

	s->n = 0;
	while (s->n < MARKS_MAX) {
		s->marks[s->n] = strtoull(text, &end, 16);
		if (end == text)
			break;
		s->n++;
		text = end;
	}
}

/* Returns a result of SQLite. */
static int
read_meta(sqlite3 *db, struct seen *s)
{
	const char *value;
	sqlite3_stmt *stmt = NULL;
	int rc;

	memset(s, 0, sizeof(*s));
	rc = sqlite3_prepare_v2(db, "SELECT key, CAST(value AS TEXT) "
	    "FROM meta WHERE key IN ('id', 'walmark')", -1, &stmt, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		if ((rc = sqlite3_step(stmt)) != SQLITE_ROW)
			break;
		value = (const char *)sqlite3_column_text(stmt, 1);
		if (value == NULL)
			value = "";
		if (sqlite3_column_bytes(stmt, 0) == 2)
			(void)snprintf(s->id, sizeof(s->id), "%s", value);
		else
			parse_list(value, s);
	}
	sqlite3_finalize(stmt);
	if (s->n == 0)
		s->n = 1;
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static uint32_t
get16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* Read a small number of variable length at *at.  Returns 0 or -1. */
static int
get_number(const unsigned char *p, size_t len, size_t *at, size_t *out)
{
	*out = 0;
	for (int i = 0; i < 3 && *at < len; i++) {
		*out = *out << 7 | (p[*at] & 0x7f);
		if ((p[(*at)++] & 0x80) == 0)
			return 0;
	}
	return -1;
}

/* The length of a text or blob of a record, by its type. */
static size_t
value_len(size_t type)
{
	return type >= 12 ? (type - 12) / 2 : 0;
}

/*
 * Take a cell: the length of its record, then the record: the length of its
 * header, the types of key and value, and both values.
 */
static void
take_cell(const unsigned char *p, size_t len, size_t at, struct seen *s)
{
	char value[LIST_SIZE];
	size_t total, head, start, type[2], key, n;

	if (get_number(p, len, &at, &total) == -1)
		return;
	start = at;
	if (get_number(p, len, &at, &head) == -1 ||
	    get_number(p, len, &at, &type[0]) == -1 ||
	    get_number(p, len, &at, &type[1]) == -1)
		return;
	key = value_len(type[0]);
	n = value_len(type[1]);
	if (total > len - start || head + key + n > total ||
	    n >= sizeof(value))
		return;
	memcpy(value, p + start + head + key, n);
	value[n] = '\0';
	if (key == 2 && n < sizeof(s->id) &&
	    memcmp(p + start + head, "id", 2) == 0)
		memcpy(s->id, value, n + 1);
	else if (key == 7 && memcmp(p + start + head, "walmark", 7) == 0)
		parse_list(value, s);
}

/*
 * Read the only page of meta from the database itself, in the format of SQLite
 * (https://www.sqlite.org/fileformat2.html), which saves the reading of the
 * schema.  Returns -1 if the page, whose number is that of the database with
 * its WAL, is another one.
 */
static int
read_page(sqlite3 *db, uint32_t number, struct seen *s)
{
	unsigned char head[100], *p = NULL;
	sqlite3_file *f = NULL;
	size_t size, n;
	int rc = -1;

	memset(s, 0, sizeof(*s));
	s->n = 1;
	if (number < 2 || sqlite3_file_control(db, "main",
	    SQLITE_FCNTL_FILE_POINTER, &f) != SQLITE_OK || f == NULL ||
	    f->pMethods == NULL ||
	    f->pMethods->xRead(f, head, sizeof(head), 0) != SQLITE_OK)
		return -1;
	size = get16(head + 16) == 1 ? 65536 : get16(head + 16);
	if (size < 512)
		return -1;
	p = xmalloc(size);
	if (f->pMethods->xRead(f, p, (int)size, (sqlite3_int64)(number - 1) *
	    (sqlite3_int64)size) == SQLITE_OK && p[0] == INDEX_LEAF &&
	    (n = get16(p + 3)) <= (size - LEAF_HEAD) / 2) {
		for (size_t i = 0; i < n; i++)
			take_cell(p, size, get16(p + LEAF_HEAD + 2 * i), s);
		rc = s->id[0] != '\0' ? 0 : -1;
	}
	free(p);
	return rc;
}

/* The number of the page that meta begins with, or 0. */
static uint32_t
meta_page(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	uint32_t number = 0;

	if (sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_master "
	    "WHERE type = 'table' AND name = 'meta'", -1, &stmt, NULL) ==
	    SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		number = (uint32_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

/* Make the URI by which SQLite opens the database without its WAL. */
static int
make_uri(const char *path, struct buf *uri)
{
	int rc = buf_add_str(uri, "file:");

	for (const char *p = path; rc == 0 && *p != '\0'; p++)
		rc = *p == '?' || *p == '#' || *p == '%' ?
		    buf_add_fmt(uri, "%%%02x", (unsigned int)*p) :
		    buf_add_char(uri, *p);
	if (rc == 0)
		rc = buf_add_str(uri, "?immutable=1");
	return rc == 0 ? buf_add_char(uri, '\0') : -1;
}

/* Read what the database has without its WAL.  Returns a result of SQLite. */
static int
read_alone(sqlite3 *whole, const char *path, struct seen *s)
{
	sqlite3 *db = NULL;
	struct buf uri;
	int rc = SQLITE_NOMEM;

	if (read_page(whole, meta_page(whole), s) == 0)
		return SQLITE_OK;
	buf_init(&uri, BUF_NOCAP);
	if (make_uri(path, &uri) == 0)
		rc = sqlite3_open_v2(buf_slice(&uri).p, &db,
		    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (rc == SQLITE_OK)
		rc = read_meta(db, s);
	/* No table: all of the database is in the WAL. */
	if (rc == SQLITE_ERROR)
		rc = SQLITE_OK;
	sqlite3_close(db);
	buf_clear(&uri);
	return rc;
}

static bool
same_index(const struct seen *a, const struct seen *b)
{
	return a->id[0] == '\0' || b->id[0] == '\0' ||
	    strcmp(a->id, b->id) == 0;
}

/*
 * Make the list that begins with a new mark.  Marks before the newest are kept
 * while the database alone may have one of them, also after a power cut.
 */
static void
make_list(const struct seen *whole, const struct seen *alone, char *text)
{
	size_t n = whole->n, len = 0;
	uint64_t mark;

	if (alone != NULL && alone->marks[0] == whole->marks[0])
		n = 1;
	if (n < MARKS_MAX) {
		sqlite3_randomness(sizeof(mark), &mark);
		len += (size_t)snprintf(text, LIST_SIZE, "%" PRIx64,
		    mark | 1);
	}
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, LIST_SIZE - len,
		    len == 0 ? "%" PRIx64 : " %" PRIx64, whole->marks[i]);
}

static int
write_list(sqlite3 *db, const char *text)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	rc = sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO meta "
	    "VALUES ('walmark', ?)", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/*
 * Read what the database has without its WAL, and see that it keeps that if the
 * power fails: SQLite syncs it only when all of the WAL was copied.
 */
static bool
read_synced(sqlite3 *db, const char *path, struct seen *s)
{
	sqlite3_file *f = NULL;

	return read_alone(db, path, s) == SQLITE_OK &&
	    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &f) ==
	    SQLITE_OK && f != NULL && f->pMethods != NULL &&
	    f->pMethods->xSync(f, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

static int
write_mark(sqlite3 *db, const struct seen *alone)
{
	struct seen whole;
	char text[LIST_SIZE];
	int rc;

	if ((rc = read_meta(db, &whole)) != SQLITE_OK)
		return rc;
	/* The path may lead to another home by now, which says nothing. */
	if (alone != NULL && !same_index(&whole, alone))
		alone = NULL;
	make_list(&whole, alone, text);
	return write_list(db, text);
}

int
walmark_write(sqlite3 *db, const char *path, bool owed)
{
	struct seen alone;
	bool known = read_synced(db, path, &alone);
	int rc;

	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	if (!owed || vfs_wal_owed(db))
		rc = write_mark(db, known ? &alone : NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* Within a transaction. */
static bool
is_foreign(sqlite3 *db, const char *path)
{
	struct seen whole, alone;

	if (read_meta(db, &whole) != SQLITE_OK || vfs_wal_empty(db) ||
	    read_alone(db, path, &alone) != SQLITE_OK)
		return false;
	if (!same_index(&whole, &alone))
		return true;
	for (size_t i = 0; i < whole.n; i++)
		if (whole.marks[i] == alone.marks[0])
			return false;
	return true;
}

/*
 * Whether another connection, here or in another process, has the database
 * open.  In WAL mode each has a shared lock for as long as it is open.
 */
static bool
is_used(const char *path)
{
	sqlite3_vfs *v = sqlite3_vfs_find(NULL);
	sqlite3_filename name = sqlite3_create_filename(path, "", "", 0, NULL);
	sqlite3_file *f = xcalloc(1, (size_t)v->szOsFile);
	bool used = false;

	if (name != NULL)
		(void)v->xOpen(v, name, f, SQLITE_OPEN_READWRITE |
		    SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_NOFOLLOW, NULL);
	if (f->pMethods != NULL) {
		if (f->pMethods->xLock(f, SQLITE_LOCK_SHARED) == SQLITE_OK)
			used = f->pMethods->xLock(f, SQLITE_LOCK_EXCLUSIVE) ==
			    SQLITE_BUSY;
		(void)f->pMethods->xUnlock(f, SQLITE_LOCK_NONE);
		(void)f->pMethods->xClose(f);
	}
	free(f);
	sqlite3_free_filename(name);
	return used;
}

static bool
is_there(const char *path, const char *end)
{
	char name[PATH_MAX];

	(void)snprintf(name, sizeof(name), "%s%s", path, end);
	return access(name, F_OK) == 0 || !maildir_gone(errno);
}

enum wal_state
walmark_look(const char *path)
{
	bool used = is_used(path);

	if (used && (!is_there(path, "-wal") || !is_there(path, "-shm")))
		return WAL_IN_USE;
	return used ? WAL_OWN : WAL_UNUSED;
}

enum wal_state
walmark_check(sqlite3 *db, const char *path, bool used)
{
	enum wal_state state = WAL_OWN;

	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK) {
		if (is_foreign(db, path))
			state = WAL_FOREIGN;
		/* SQLite would have made it anew if nobody used it. */
		else if (!used && !vfs_wal_empty(db) && !vfs_wal_owed(db))
			state = WAL_FOREIGN_SHM;
	}
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return state;
}
