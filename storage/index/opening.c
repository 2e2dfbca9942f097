/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Opens an index, and makes a new one if need be; see opening.h. */

#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "storage/index/gap.h"
#include "storage/index/opening.h"
#include "storage/index/reserve.h"
#include "storage/index/sql.h"
#include "storage/index/store_error.h"
#include "storage/index/walmark.h"
#include "storage/maildir/maildir.h"

/* After an unclean boot UIDNEXT rises by this, above all UIDs given out. */
#define BOOT_UIDS	10000
/*
 * And modseqs by this, if they are ahead of the clock: a mailbox has no more
 * commits between two syncs, which are a second apart.
 */
#define BOOT_MODSEQS	(1 << 20)
/* A lock of another process is tried this often. */
#define RETRY_MS	20
/* Other processes may replace the index while it is opened: try so often. */
#define TRIES		5
/*
 * If files of the index are removed while it is in use, the others may follow:
 * wait until no name in penfold/ has changed for this long, or until that took
 * too long.
 */
#define QUIET_MS	200
#define QUIET_MAX_MS	800
/* Wait no longer for a copy that is being made. */
#define SETTLE_MAX_MS	30000

static const char *const ends[] = { "", "-wal", "-shm" };

static int
identify(int dir_fd, const char *name, struct index_identity *out)
{
	struct stat sb;

	memset(out, 0, sizeof(*out));
	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	out->dev = (uint64_t)sb.st_dev;
	out->ino = (uint64_t)sb.st_ino;
	return 0;
}

int
opening_identify(int dir_fd, struct index_identity *out)
{
	return identify(dir_fd, "index.db", out);
}

bool
opening_same_file(const struct index_identity *a,
    const struct index_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/*
 * Read a value of the table meta.  Returns SQL_ROW with out, SQL_DONE if there
 * is none, or what failed.  A value is cut at size - 1 bytes.
 */
static enum sql_rc
read_meta(struct sql *db, struct slice key, char *out, size_t size)
{
	enum sql_rc rc;

	out[0] = '\0';
	sql_start(db, SQL_META_GET, SQL_ARGS(SQL_T(key)));
	rc = sql_step(db, SQL_META_GET);
	if (rc == SQL_ROW)
		(void)snprintf(out, size, "%.*s",
		    SLICE_ARG(sql_blob(db, SQL_META_GET, 0)));
	sql_reset(db, SQL_META_GET);
	return rc;
}

static void
write_meta(struct sql *db, struct slice key, struct slice value)
{
	sql_tx_do(db, SQL_META_SET, SQL_ARGS(SQL_T(key), SQL_B(value)));
}

/* What meta knows. */
struct meta {
	char	 id[40];
	char	 boot[64];
	char	 counted[64];
	char	 boots[24];
};

static enum sql_rc
read_all_meta(struct sql *db, struct meta *m)
{
	const struct {
		const char	*key;
		char		*value;
		size_t		 size;
	} rows[] = {
		{ .key = "id", .value = m->id, .size = sizeof(m->id) },
		{ .key = "boot", .value = m->boot, .size = sizeof(m->boot) },
		{ .key = "counted", .value = m->counted,
		    .size = sizeof(m->counted) },
		{ .key = "boots", .value = m->boots, .size = sizeof(m->boots) },
	};
	enum sql_rc rc;

	for (size_t i = 0; i < NROWS(rows); i++) {
		rc = read_meta(db, slice_str(rows[i].key), rows[i].value,
		    rows[i].size);
		if (rc != SQL_ROW && rc != SQL_DONE)
			return rc;
	}
	return SQL_DONE;
}

/*
 * Within a transaction: count this boot.  If it is not the boot in which the
 * index was made, raise UIDs and modseqs, and record the gap.
 */
static void
count_boot(struct opening *o, const struct meta *m)
{
	struct slice id = slice_str(o->boot_id);
	bool first = m->counted[0] == '\0' && (m->boot[0] == '\0' ||
	    slice_eq_str(id, m->boot));
	uint64_t now = (uint64_t)time(NULL) << 16;
	char text[24];

	if (!first) {
		gap_record(o->db, BOOT_MODSEQS, now);
		sql_tx_do(o->db, SQL_MAILBOX_BOOT, SQL_ARGS(
		    SQL_I(BOOT_MODSEQS), SQL_I(now), SQL_I(BOOT_UIDS)));
		sql_tx_do(o->db, SQL_VANISHED_BOOT, SQL_ARGS(
		    SQL_I(BOOT_MODSEQS), SQL_I(now), SQL_I(BOOT_UIDS)));
	}
	o->raised = true;
	(void)snprintf(text, sizeof(text), "%lld",
	    strtoll(m->boots, NULL, 10) + 1);
	write_meta(o->db, SLICE_LIT("boots"), slice_str(text));
	write_meta(o->db, SLICE_LIT("counted"), id);
	/* A daemon of version 3 compares this id: it must not raise again. */
	write_meta(o->db, SLICE_LIT("boot"), id);
}

/*
 * If the boot id differs from the one in the index, a power failure may have
 * taken commits, and with them UIDs and modseqs that clients were told.  Raise
 * both above all that can have been given out, and have every folder read
 * again.
 */
static enum sql_rc
check_boot(struct opening *o, struct meta *m)
{
	struct slice id = slice_str(o->boot_id);
	enum sql_rc rc;

	if ((rc = read_all_meta(o->db, m)) != SQL_DONE || id.len == 0 ||
	    slice_eq_str(id, m->counted))
		return rc;
	if ((rc = sql_tx_begin(o->db)) != SQL_DONE)
		return rc;
	/* Another process may have been faster. */
	if ((rc = read_all_meta(o->db, m)) != SQL_DONE) {
		(void)sql_do(o->db, SQL_ROLLBACK, SQL_NOARGS);
		return rc;
	}
	if (!slice_eq_str(id, m->counted))
		count_boot(o, m);
	if ((rc = sql_tx_end(o->db)) == SQL_DONE)
		rc = read_all_meta(o->db, m);
	return rc;
}

/* Open what commits of this index are synced with. */
static int
open_wal(struct opening *o)
{
	char path[PATH_MAX];

	o->wal_fd = openat(o->dir_fd, "index.db-wal",
	    O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (o->wal_fd != -1)
		return 0;
	(void)snprintf(path, sizeof(path), "%s-wal", o->path);
	store_error_errno(&o->err, errno, path);
	return -1;
}

/* Everything that follows after the database was opened. */
static int
prepare(struct opening *o)
{
	enum sql_rc rc;
	struct meta m;

	if (open_wal(o) == -1)
		return -1;
	if ((rc = check_boot(o, &m)) != SQL_DONE) {
		sql_error(o->db, rc, &o->err);
		return -1;
	}
	(void)snprintf(o->self.id, sizeof(o->self.id), "%s", m.id);
	o->boots = strtoll(m.boots, NULL, 10);
	/*
	 * Nothing may be committed before the numbers that were raised are on
	 * disk: they would be raised from the same place again if the power
	 * failed.
	 */
	if (o->raised && fdatasync(o->wal_fd) == -1)
		o->sync_errnum = errno;
	return 0;
}

static int
inuse(struct opening *o)
{
	store_error_set(&o->err, STORE_ERR_INUSE, 0,
	    "The mail store is in use; try again later");
	return -1;
}

/* Take the lock of whoever makes a new index.  Returns a descriptor, or -1. */
static int
lock(struct opening *o)
{
	int fd;

	fd = openat(o->dir_fd, "index.lock",
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1) {
		store_error_errno(&o->err, errno, o->path);
		return -1;
	}
	for (unsigned int ms = 0; flock(fd, LOCK_EX | LOCK_NB) == -1;
	    ms += RETRY_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			store_error_errno(&o->err, errno, o->path);
		else if (ms >= o->wait_ms)
			(void)inuse(o);
		else {
			(void)poll(NULL, 0, RETRY_MS);
			continue;
		}
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Make the name of an index that is set aside: one that no file has. */
static void
aside_name(struct opening *o, char *name, size_t size)
{
	long long now = (long long)time(NULL);
	char full[112];
	struct stat sb;
	bool taken = true;

	for (unsigned int n = 0; taken; n++) {
		if (n == 0)
			(void)snprintf(name, size, "index.db.damaged.%lld",
			    now);
		else
			(void)snprintf(name, size, "index.db.damaged.%lld.%u",
			    now, n);
		taken = false;
		for (size_t i = 0; i < NROWS(ends); i++) {
			(void)snprintf(full, sizeof(full), "%s%s", name,
			    ends[i]);
			if (fstatat(o->dir_fd, full, &sb,
			    AT_SYMLINK_NOFOLLOW) == 0)
				taken = true;
		}
	}
}

/* Under the lock: rename the files of an index, from ends[first] on. */
static int
move_aside(struct opening *o, size_t first, char *name, size_t size)
{
	char from[32], to[112];

	aside_name(o, name, size);
	for (size_t i = first; i < NROWS(ends); i++) {
		(void)snprintf(from, sizeof(from), "index.db%s", ends[i]);
		(void)snprintf(to, sizeof(to), "%s%s", name, ends[i]);
		if (maildir_move(o->dir_fd, from, o->dir_fd, to) == -1 &&
		    !maildir_gone(errno)) {
			store_error_errno(&o->err, errno, o->path);
			return -1;
		}
	}
	(void)fsync(o->dir_fd);
	return 0;
}

/*
 * Under the lock: rename an index that was proved to be damaged, so that an
 * administrator can look at it, or a WAL without an index, which would be taken
 * for that of the new one.
 */
static int
set_aside(struct opening *o, const char *why)
{
	char name[96];

	if (move_aside(o, 0, name, sizeof(name)) == -1)
		return -1;
	log_warn("store index user=%s %s: kept as penfold/%s; a new index is "
	    "made from the Maildir, control and dovecot-uidlist; nothing is "
	    "left to do, and %s* may be removed", o->user, why, name, name);
	return 0;
}

/*
 * Whether the index that must be there is not.  Sets err then, also if that
 * cannot be told.
 */
static bool
is_lost(struct opening *o)
{
	struct index_identity now;

	if (o->had.dev == 0 || (opening_identify(o->dir_fd, &now) == 0 &&
	    opening_same_file(&now, &o->had)))
		return false;
	if (now.dev == 0 && !maildir_gone(errno))
		store_error_errno(&o->err, errno, o->path);
	else
		store_error_lost(&o->err);
	return true;
}

/* As walmark_look(), but wait until no others have removed files open. */
static enum wal_state
look_at_wal(struct opening *o)
{
	enum wal_state state;

	for (unsigned int ms = 0; (state = walmark_look(o->path)) ==
	    WAL_IN_USE && ms < o->wait_ms; ms += RETRY_MS)
		(void)poll(NULL, 0, RETRY_MS);
	return state;
}

static void
close_here(struct opening *o)
{
	sql_close(o->db);
	o->db = NULL;
}

/*
 * Open the database, and see that it is the file at the path.  Only somebody
 * who holds the lock creates one.  Returns -1 with err set; STORE_ERR_CORRUPT
 * also if what lies beside it belongs to another database.
 */
static int
open_here(struct opening *o, bool create)
{
	struct index_identity before, after;
	enum wal_state state = WAL_OWN;

	memset(&o->err, 0, sizeof(o->err));
	o->foreign = WAL_OWN;
	if (is_lost(o))
		return -1;
	if (opening_identify(o->dir_fd, &before) == 0)
		state = look_at_wal(o);
	if (state == WAL_IN_USE)
		return inuse(o);
	o->db = sql_open(o->path, create && o->had.dev == 0, o->wait_ms,
	    &o->err);
	if (o->db == NULL)
		return -1;
	if (opening_identify(o->dir_fd, &after) == -1 || (before.dev != 0 &&
	    !opening_same_file(&before, &after)) || sql_moved(o->db)) {
		close_here(o);
		return inuse(o);
	}
	o->foreign = sql_wal_state(o->db, before.dev == 0 ||
	    state != WAL_UNUSED);
	if (o->foreign != WAL_OWN) {
		close_here(o);
		store_error_set(&o->err, STORE_ERR_CORRUPT, 0,
		    "The mail index was replaced");
		return -1;
	}
	o->self = after;
	return 0;
}

/*
 * Open the database and check it.  Returns 1 if it is sound, and open; 0 if it
 * is damaged; or -1 if that cannot be told.
 */
static int
check_once(struct opening *o)
{
	enum sql_rc rc;

	if (open_here(o, false) == -1)
		return o->err.kind == STORE_ERR_CORRUPT ? 0 : -1;
	if ((rc = sql_check(o->db)) == SQL_DONE)
		return 1;
	if (rc != SQL_CORRUPT)
		sql_error(o->db, rc, &o->err);
	close_here(o);
	return rc == SQL_CORRUPT ? 0 : -1;
}

/*
 * Under the lock: look once more at a database that was found damaged.  Returns
 * as check_once() does.
 */
static int
check(struct opening *o)
{
	int64_t changed;
	int sound;

	for (unsigned int ms = 0;; ms += RETRY_MS) {
		if ((sound = check_once(o)) != 0 || ms >= SETTLE_MAX_MS)
			return sound;
		changed = maildir_mtime(o->dir_fd, "index.db");
		if (changed == -1 || maildir_now() - changed >=
		    (int64_t)o->settle_ms * 1000000)
			return sound;
		(void)poll(NULL, 0, RETRY_MS);
	}
}

/* Wait until no name in penfold/ has changed, nor the index, for a moment. */
static void
wait_until_quiet(struct opening *o)
{
	struct stat sb;
	int64_t age, changed;

	for (unsigned int ms = 0; ms < QUIET_MAX_MS; ms += RETRY_MS) {
		if (fstat(o->dir_fd, &sb) == -1)
			return;
		changed = (int64_t)sb.st_ctim.tv_sec * 1000000000 +
		    sb.st_ctim.tv_nsec;
		if (fstatat(o->dir_fd, "index.db", &sb, AT_SYMLINK_NOFOLLOW) ==
		    0 && maildir_file_time(&sb) > changed)
			changed = maildir_file_time(&sb);
		age = maildir_now() - changed;
		if (age < 0 || age >= (int64_t)QUIET_MS * 1000000)
			return;
		(void)poll(NULL, 0, RETRY_MS);
	}
}

/*
 * Under the lock: open the database, and see whether WAL or WAL-index belong to
 * another one.
 */
static enum wal_state
look_for_foreign(struct opening *o)
{
	if (open_here(o, false) == 0)
		close_here(o);
	return o->foreign;
}

/*
 * Under the lock: if index.db was replaced without its WAL, take away the WAL
 * and the WAL-index of the index that was there before.  The WAL-index goes
 * first, since SQLite makes it from the WAL.  Returns 1 if that was done, 0 if
 * there was no reason, or -1.
 */
static int
drop_foreign(struct opening *o)
{
	enum wal_state state;
	char name[96];
	int rc = 0;

	if (look_for_foreign(o) == WAL_OWN)
		return 0;
	wait_until_quiet(o);
	/* The WAL can be looked at only without a foreign WAL-index. */
	for (int i = 0; i < TRIES; i++) {
		if ((state = look_for_foreign(o)) == WAL_OWN)
			break;
		rc = 1;
		if (unlinkat(o->dir_fd, "index.db-shm", 0) == -1 &&
		    !maildir_gone(errno))
			goto fail;
		if (state == WAL_FOREIGN_SHM)
			continue;
		if (move_aside(o, 1, name, sizeof(name)) == -1)
			goto fail;
		log_warn("store index user=%s: index.db was replaced, and "
		    "index.db-wal does not belong to it: the WAL is kept as "
		    "penfold/%s-wal, which may be removed", o->user, name);
	}
	return rc;
fail:
	store_error_errno(&o->err, errno, o->path);
	return -1;
}

/*
 * Look under the lock at an index that is missing or was found damaged, and
 * make a new one if that is so.
 */
static int
make_anew(struct opening *o, const struct index_identity *bad)
{
	struct index_identity now;
	const char *why = "is missing, but has left a WAL";
	struct stat sb;
	int fd, rc = -1, sound = 0, dropped = 0;

	if ((fd = lock(o)) == -1)
		return -1;
	if (opening_identify(o->dir_fd, &now) == -1 && !maildir_gone(errno))
		store_error_errno(&o->err, errno, o->path);
	else if (!opening_same_file(&now, bad))
		/* Another process was faster. */
		rc = open_here(o, false);
	else if (now.dev != 0 && (dropped = drop_foreign(o)) == -1)
		rc = -1;
	else if (now.dev != 0 && (sound = check(o)) != 0) {
		if (sound == 1 && dropped == 0)
			log_warn("store index user=%s was found damaged and "
			    "is sound: it is kept; look for errors of the "
			    "disk", o->user);
		rc = sound == 1 ? 0 : -1;
	} else {
		if (now.dev != 0)
			why = "is damaged";
		else if (fstatat(o->dir_fd, "index.db-wal", &sb,
		    AT_SYMLINK_NOFOLLOW) == -1 || sb.st_size == 0)
			why = NULL;
		/* What is damaged is replaced, even if it is to be opened. */
		o->had.dev = 0;
		if (why == NULL || set_aside(o, why) == 0)
			rc = open_here(o, true);
	}
	(void)close(fd);
	return rc;
}

/* Open the database.  Sets o->db or o->err. */
static void
find(struct opening *o)
{
	struct index_identity now, bad = o->suspect;
	bool look = bad.dev != 0;

	for (int i = 0; i < TRIES && o->db == NULL; i++) {
		if (!look) {
			if (opening_identify(o->dir_fd, &now) == -1 &&
			    !maildir_gone(errno)) {
				store_error_errno(&o->err, errno, o->path);
				return;
			}
			bad = now;
			/* The WAL of a missing index must go first. */
			look = now.dev == 0;
			if (look && is_lost(o))
				return;
			if (!look && open_here(o, false) == -1) {
				if (o->err.kind != STORE_ERR_CORRUPT)
					return;
				look = true;
			}
		}
		if (!look)
			return;
		memset(&o->err, 0, sizeof(o->err));
		if (make_anew(o, &bad) == -1 &&
		    o->err.kind != STORE_ERR_CORRUPT)
			return;
		look = false;
	}
}

/* Whether the WAL of the old handle has lost its name. */
static bool
is_wal_gone(struct opening *o)
{
	struct index_identity now;

	if (identify(o->dir_fd, "index.db-wal", &now) == -1)
		return maildir_gone(errno);
	return !opening_same_file(&now, &o->old_wal);
}

/*
 * Rescue what is in the removed WAL of the old handle, and close it.  Other
 * processes may be doing so: wait until one of them has.  If that fails, return
 * -1 with err set, and keep the handle.
 */
static int
rescue(struct opening *o)
{
	enum sql_rc rc = SQL_CORRUPT;

	wait_until_quiet(o);
	for (unsigned int ms = 0; !is_lost(o); ms += RETRY_MS) {
		rc = is_wal_gone(o) ? sql_rescue(o->old) : SQL_DONE;
		if (rc != SQL_BUSY || ms >= o->wait_ms)
			break;
		(void)poll(NULL, 0, RETRY_MS);
	}
	if (rc != SQL_DONE && rc != SQL_CORRUPT) {
		sql_error(o->old, rc, &o->err);
		return -1;
	}
	if (rc != SQL_DONE && o->err.kind == STORE_OK)
		log_warn("store index user=%s: what was in the removed "
		    "index.db-wal could not be kept", o->user);
	sql_close(o->old);
	o->old = NULL;
	return 0;
}

/* Returns 0 with everything open, or -1 with nothing and o->err. */
static int
open_all(struct opening *o)
{
	find(o);
	if (o->db == NULL)
		return -1;
	if (prepare(o) == 0)
		return 0;
	close_here(o);
	if (o->wal_fd != -1)
		(void)close(o->wal_fd);
	o->wal_fd = -1;
	return -1;
}

void
opening_run(void *arg)
{
	struct opening *o = arg;

	o->wal_fd = -1;
	if (o->old != NULL && rescue(o) == -1)
		return;
	if (open_all(o) == -1 && o->err.kind == STORE_ERR_OVERQUOTA &&
	    reserve_give(o->dir_fd, RESERVE_HALF)) {
		memset(&o->err, 0, sizeof(o->err));
		(void)open_all(o);
	}
	if (o->db != NULL)
		reserve_make(o->dir_fd);
}

void
opening_free(void *arg)
{
	struct opening *o = arg;

	if (o == NULL)
		return;
	sql_close(o->old);
	sql_close(o->db);
	if (o->wal_fd != -1)
		(void)close(o->wal_fd);
	if (o->dir_fd != -1)
		(void)close(o->dir_fd);
	free(o->user);
	free(o->path);
	free(o);
}
