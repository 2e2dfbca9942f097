/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Comparing a file with its message; see scan_compare.h. */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <unistd.h>

#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/maildir/maildir.h"
#include "storage/op/scan_compare.h"
#include "storage/op/scan_struct.h"

/* What the index says of the file of a message. */
struct known_file {
	int64_t		 content;
	uint64_t	 raw;
	bool		 has_digest;
	uint64_t	 digest;
};

void
scan_compare_init(struct scan_compare *c)
{
	*c = (struct scan_compare){ .fd = -1 };
}

void
scan_compare_clear(struct scan_compare *c)
{
	if (c->fd != -1)
		(void)close(c->fd);
	scan_compare_init(c);
}

/* Returns SQL_ROW, or SQL_DONE if the message was never parsed. */
static enum sql_rc
read_known(struct scan *sc, uint32_t uid, struct known_file *k)
{
	struct sql *db = sc->mb->store->db;
	enum sql_stmt id = SQL_CONTENT_FILE;
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(sc->mb->id), SQL_I(uid)));
	if ((rc = sql_step(db, id)) == SQL_ROW) {
		k->content = sql_int(db, id, 0);
		k->raw = (uint64_t)sql_int(db, id, 1);
		k->has_digest = !sql_null(db, id, 3);
		k->digest = (uint64_t)sql_int(db, id, 3);
	}
	sql_reset(db, id);
	return rc;
}

/* Read the file to its end, in slices. */
static enum run
read_on(struct scan *sc)
{
	static char b[65536];	/* only one thread scans */
	struct scan_compare *c = &sc->compare;
	ssize_t n;

	while ((n = pread(c->fd, b, sizeof(b), (off_t)c->digest.len)) > 0) {
		digest_feed(&c->digest, slice_make(b, (size_t)n));
		if (op_must_yield(sc->op))
			return RUN_MORE;
	}
	return n == 0 ? RUN_DONE : RUN_FAIL;
}

static enum run
fail(struct scan *sc, const char *name)
{
	return op_fail_path(sc->op, sc->mb->folder, "cur", name, errno);
}

enum run
scan_compare(struct scan *sc, const char *name, uint32_t uid, bool *changed)
{
	struct scan_compare *c = &sc->compare;
	struct known_file k = { .content = 0 };
	struct stat sb;
	enum sql_rc rc;
	enum run run;

	*changed = false;
	if ((rc = read_known(sc, uid, &k)) != SQL_ROW)
		return rc == SQL_DONE ? RUN_DONE : op_fail_sql(sc->op, rc);
	if (c->fd == -1 && (c->fd = maildir_open(sc->mb->cur_fd, name,
	    &sb)) == -1) {
		/* The next scan finds it under another name, or not at all. */
		sc->cur_changed = maildir_gone(errno);
		return sc->cur_changed ? RUN_DONE : fail(sc, name);
	}
	if (fstat(c->fd, &sb) == -1)
		return fail(sc, name);
	*changed = (uint64_t)sb.st_size != k.raw;
	if (!*changed && k.has_digest) {
		if ((run = read_on(sc)) == RUN_MORE)
			return run;
		if (run == RUN_FAIL)
			return fail(sc, name);
		*changed = digest_value(&c->digest) != k.digest;
	}
	if (!*changed)
		sql_tx_do(sc->mb->store->db, SQL_CONTENT_TOUCH, SQL_ARGS(
		    SQL_I(k.content), SQL_I(sb.st_mtime)));
	scan_compare_clear(c);
	return RUN_DONE;
}
