/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The control file; its format is in control.h.  A new file is written beside
 * the old one and renamed over it, so that a killed process leaves one
 * complete file.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/num.h"
#include "storage/index/control.h"
#include "storage/index/mailbox_columns.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/mbname.h"

#define CONTROL_MAX	(16 * 1024 * 1024)

static enum sql_rc
print(struct store *st, struct buf *out)
{
	struct sql *db = st->db;
	enum sql_rc rc;

	(void)buf_add_str(out, "penfold 1\n");
	sql_start(db, SQL_MAILBOX_ALL, SQL_NOARGS);
	while ((rc = sql_step(db, SQL_MAILBOX_ALL)) == SQL_ROW)
		(void)buf_add_fmt(out, "mailbox %lld %lld %lld %.*s\n",
		    (long long)sql_int(db, SQL_MAILBOX_ALL, COLUMN_ID),
		    (long long)sql_int(db, SQL_MAILBOX_ALL, COLUMN_USE),
		    (long long)sql_int(db, SQL_MAILBOX_ALL, COLUMN_uidvalidity),
		    SLICE_ARG(sql_blob(db, SQL_MAILBOX_ALL, COLUMN_FOLDER)));
	sql_reset(db, SQL_MAILBOX_ALL);
	if (rc != SQL_DONE)
		return rc;
	sql_start(db, SQL_SUBSCRIPTIONS, SQL_NOARGS);
	while ((rc = sql_step(db, SQL_SUBSCRIPTIONS)) == SQL_ROW)
		(void)buf_add_fmt(out, "subscribed %.*s\n",
		    SLICE_ARG(sql_blob(db, SQL_SUBSCRIPTIONS, 0)));
	sql_reset(db, SQL_SUBSCRIPTIONS);
	return rc;
}

static int
write_file(struct store *st, struct slice text)
{
	int fd, rc = -1;

	fd = openat(st->penfold_fd, "control.new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (write(fd, text.p, text.len) == (ssize_t)text.len)
		rc = 0;
	if (close(fd) == -1)
		rc = -1;
	if (rc == 0)
		rc = renameat(st->penfold_fd, "control.new", st->penfold_fd,
		    "control");
	return rc;
}

void
control_write(struct store *st)
{
	struct buf out;

	if (st->db == NULL || st->writer != NULL) {
		st->control_due_ms += 1000;
		return;
	}
	st->control_dirty = false;
	buf_init(&out, CONTROL_MAX);
	if (print(st, &out) != SQL_DONE ||
	    write_file(st, buf_slice(&out)) == -1)
		log_warn("store error path=%s/penfold/control errno=%d: %s",
		    st->root, errno,
		    strerror(errno));
	buf_clear(&out);
}

static void
read_mailbox(struct store *st, struct slice rest)
{
	struct slice field, folder;
	struct buf name;
	uint64_t n[3];

	for (size_t i = 0; i < 3; i++) {
		(void)slice_cut(&rest, ' ', &field);
		if (num_parse_u64(field, &n[i]) == -1)
			return;
	}
	folder = rest;
	buf_init(&name, MBNAME_MAX);
	if (folder.len == 0)
		(void)buf_add_str(&name, "INBOX");
	else if (mbname_from_folder(folder, &name) == -1)
		goto out;
	sql_tx_do(st->db, SQL_MAILBOX_ADD, SQL_ARGS(SQL_I(n[0]),
	    SQL_T(buf_slice(&name)), SQL_B(folder), SQL_I(0), SQL_I(n[1]),
	    SQL_I(n[2]), SQL_I(1), SQL_I((uint64_t)time(NULL) << 16)));
out:
	buf_clear(&name);
}

int
control_read(struct store *st)
{
	struct buf in;
	struct slice text, line, word;

	buf_init(&in, CONTROL_MAX);
	if (maildir_read_file(st->penfold_fd, "control", CONTROL_MAX,
	    &in) == -1) {
		buf_clear(&in);
		return -1;
	}
	text = buf_slice(&in);
	while (text.len > 0) {
		(void)slice_cut(&text, '\n', &line);
		(void)slice_cut(&line, ' ', &word);
		if (slice_eq_str(word, "mailbox"))
			read_mailbox(st, line);
		else if (slice_eq_str(word, "subscribed") && line.len > 0)
			sql_tx_do(st->db, SQL_SUBSCRIBE,
			    SQL_ARGS(SQL_T(line)));
	}
	buf_clear(&in);
	return 0;
}
