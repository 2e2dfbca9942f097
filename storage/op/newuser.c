/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The start of a new account; newuser.h says when.  Clients find folders by
 * their special uses (RFC 6154) and show those that are subscribed, so that
 * both must be set before a client looks for the first time.
 */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/table.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_head.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/mbname.h"
#include "storage/op/list_look.h"
#include "storage/op/list_row.h"
#include "storage/op/newuser.h"

/* Bytes that are read from a file of subscriptions. */
#define FILE_MAX	(4 * 1024 * 1024)

/*
 * Make a folder of the configuration, unless it exists, and give it its row and
 * its special use.  A new folder gets old mtimes: they prove at its first
 * SELECT that it is still empty.
 */
static int
add_folder(struct op *op, const struct storage_folder *f, const char *folder)
{
	struct store *st = op->store;
	struct look k = { .folder = (char *)(uintptr_t)folder };
	int64_t mtime = 0;
	uint32_t id;

	if (maildir_make_aside(st->root_fd, folder, st->penfold_fd,
	    &mtime) == -1 && ((errno != EEXIST && errno != ENOTEMPTY) ||
	    maildir_make_folder(st->root_fd, folder) == -1)) {
		op_fail_path(op, folder, NULL, NULL, errno);
		return -1;
	}
	list_look_at(st, &k, true);
	if (k.found == LOOK_UNKNOWN) {
		op_fail_path(op, folder, NULL, NULL, k.errnum);
		return -1;
	}
	if ((id = list_row_add(op, slice_str(f->name), &k, f->use)) == 0)
		return -1;
	if (mtime != 0 && k.curmtime == mtime)
		sql_tx_do(st->db, SQL_MAILBOX_CLEAN, SQL_ARGS(SQL_I(id),
		    SQL_I(mtime), SQL_I(maildir_now())));
	return 0;
}

static int
add_folders(struct op *op)
{
	const struct storage_folder *f = op->store->storage->options.folders;
	struct buf folder;
	int rc = 0;

	buf_init(&folder, MBNAME_FOLDER_MAX + 1);
	for (; rc == 0 && f != NULL && f->name != NULL; f++) {
		buf_reset(&folder, MBNAME_FOLDER_MAX + 1);
		if (mbname_to_folder(slice_str(f->name), &folder) == 0 &&
		    buf_len(&folder) > 0 && buf_add_char(&folder, '\0') == 0)
			rc = add_folder(op, f, buf_slice(&folder).p);
	}
	buf_clear(&folder);
	return rc;
}

static void
subscribe(struct store *st, struct slice name)
{
	sql_tx_do(st->db, SQL_SUBSCRIBE, SQL_ARGS(SQL_T(name)));
}

/*
 * Subscribe to a folder.  text lacks the first '.', and has '.' or tabs
 * between levels.
 */
static void
subscribe_folder(struct store *st, struct slice text)
{
	struct buf folder, name;

	buf_init(&folder, MBNAME_FOLDER_MAX + 1);
	buf_init(&name, MBNAME_MAX);
	(void)buf_add_char(&folder, '.');
	for (size_t i = 0; i < text.len; i++)
		(void)buf_add_char(&folder,
		    text.p[i] == '\t' ? '.' : text.p[i]);
	if (mbname_from_folder(buf_slice(&folder), &name) == 0)
		subscribe(st, buf_slice(&name));
	buf_clear(&folder);
	buf_clear(&name);
}

/*
 * Version 1 of Dovecot's file has a folder on each line, without its first
 * '.'.  Version 2 says so in its first line and has tabs between levels.
 */
static void
dovecot_line(struct store *st, struct slice line)
{
	if (slice_starts(line, SLICE_LIT("V\t")))
		return;
	if (slice_eq_str(line, "INBOX"))
		subscribe(st, line);
	else
		subscribe_folder(st, line);
}

/* In Courier's file, as in what clients see, all names begin with INBOX. */
static void
courier_line(struct store *st, struct slice line)
{
	if (slice_eq_str(line, "INBOX"))
		subscribe(st, line);
	else if (slice_starts(line, SLICE_LIT("INBOX.")))
		subscribe_folder(st, slice_from(line, 6));
}

/* Subscription files of other servers, in the root. */
static const struct {
	const char	*name;
	void		(*line)(struct store *, struct slice);
} others[] = {
	{ .name = "subscriptions", .line = dovecot_line },
	{ .name = "courierimapsubscribed", .line = courier_line },
};

static int
read_others(struct op *op)
{
	struct store *st = op->store;
	struct buf in;
	struct slice text, line;
	int rc = 0;

	buf_init(&in, FILE_MAX + 1);
	for (size_t i = 0; rc == 0 && i < NROWS(others); i++) {
		buf_reset(&in, FILE_MAX + 1);
		if (maildir_read_file(st->root_fd, others[i].name,
		    FILE_MAX, &in) == -1) {
			if (maildir_gone(errno))
				continue;
			op_fail_path(op, others[i].name, NULL, NULL, errno);
			rc = -1;
		}
		text = buf_slice(&in);
		while (rc == 0 && text.len > 0) {
			(void)slice_cut(&text, '\n', &line);
			if (line.len > 0)
				others[i].line(st, line);
		}
	}
	buf_clear(&in);
	return rc;
}

int
newuser_begin(struct op *op)
{
	struct store *st = op->store;
	const struct storage_folder *f = st->storage->options.folders;

	if (add_folders(op) == -1)
		return -1;
	subscribe(st, SLICE_LIT("INBOX"));
	for (; f != NULL && f->name != NULL; f++)
		subscribe(st, slice_str(f->name));
	return read_others(op);
}
