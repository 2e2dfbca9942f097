/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * APPEND: bytes go to a file in tmp/ and through the parser as they arrive.
 *
 * Helper threads sync the files first.  On disk before COMMIT: the files in
 * cur/, where after a crash the next scan finds them as messages, once.  After
 * COMMIT: the index has them, parsed.  APPEND is answered when the folder and
 * the WAL are synced, both at the same time.  In all it takes two rounds of
 * syncs, which it shares with other sessions.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/xmalloc.h"
#include "storage/index/content.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/flag_names.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/letter.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"
#include "storage/mime/parse.h"
#include "storage/op/list.h"
#include "storage/op/op_state.h"
#include "storage/op/save.h"
#include "storage/op/scan.h"
#include "storage/op/uidlist_promise.h"

#define WRITE_SIZE	65536

struct saved {
	struct saved	*next;
	char		*tmp;
	char		*name;		/* of the file in cur/ */
	int		 fd;		/* -1: closed */
	struct syncfile	*sync;		/* owns fd; NULL: not wanted yet */
	uint64_t	 ticket;
	struct parse	 parse;
	struct flag_names names;
	int64_t		 date;
	int64_t		 mtime;		/* of the file, seconds */
	struct flags	 flags;
	uint32_t	 uid;
	bool		 placed;	/* the file is in cur/ */
	bool		 complete;
};

struct save_op {
	struct op	 op;
	char		*name;
	struct mailbox	*mb;
	int		 tmp_fd;
	enum { SAVE_LOOK, SAVE_DATA, SAVE_FILES, SAVE_COMMITTED } state;
	struct saved	*first;
	struct saved	*last;
	uint32_t	 n;		/* messages */
	uint64_t	 kept;		/* see keyword_number() */
	char		*out;		/* bytes not yet written */
	size_t		 nout;
	struct uidlist_promise promise;
	struct save_result result;
};

/*
 * What is refused must not be there afterwards.  Removing a file needs no room
 * and no inode, which a rename back to tmp/ may need.
 */
static void
undo(struct op *op)
{
	struct save_op *s = (struct save_op *)op;

	for (struct saved *m = s->first; m != NULL; m = m->next)
		if (m->placed) {
			if (unlinkat(s->mb->cur_fd, m->name, 0) == -1)
				(void)maildir_move(s->mb->cur_fd, m->name,
				    s->tmp_fd, m->tmp);
			m->placed = false;
			/* If it could not be undone, a scan finds it. */
			mailbox_look_again(s->mb);
		}
}

static int
insert(struct save_op *s, struct saved *m, uint64_t modseq)
{
	struct mailbox *mb = s->mb;
	struct sql *db = mb->store->db;
	const struct content content = {
		.raw = m->parse.raw,
		.wire = m->parse.wire,
		.date = m->date,
		.mtime = m->mtime,
		.digest = digest_value(&m->parse.digest),
		.traits = m->parse.traits,
		.gist = buf_slice(&m->parse.gist),
		.blob = buf_slice(&m->parse.blob),
		.headers = buf_slice(&m->parse.headers),
	};
	struct buf name;
	struct slice info;
	size_t base_len;
	int64_t id;

	if (keyword_flags(mb, &m->names, &m->flags, &s->kept) == -1) {
		op_fail(&s->op, STORE_ERR_LIMIT, 0,
		    "The mailbox has no room for another keyword");
		return -1;
	}
	if (mailbox_uids_left(mb) == 0) {
		op_fail(&s->op, STORE_ERR_LIMIT, 0, "The mailbox is full");
		return -1;
	}
	buf_init(&name, MAILDIR_NAME_MAX - 1);
	(void)buf_add_str(&name, m->tmp);
	(void)maildir_add_sizes(&name, m->parse.raw, m->parse.wire);
	base_len = buf_len(&name);
	(void)buf_add_char(&name, ':');
	(void)letters_print(mb, SLICE_EMPTY, m->flags.system,
	    m->flags.keywords, &name);
	free(m->name);
	m->name = xstrdup_slice(buf_slice(&name));
	buf_clear(&name);
	if (maildir_move(s->tmp_fd, m->tmp, mb->cur_fd, m->name) == -1) {
		op_fail_path(&s->op, mb->folder, "cur", m->name, errno);
		return -1;
	}
	m->placed = true;
	watch_expect(mb->watch.watched, WATCH_CUR, m->name);
	m->uid = mb->row.uidnext++;
	info = slice_str(m->name + base_len + 1);
	id = content_add(db, &content);
	sql_tx_do(db, SQL_ENTRY_ADD, SQL_ARGS(SQL_I(mb->id), SQL_I(m->uid),
	    SQL_I(m->flags.system), SQL_I(m->flags.keywords), SQL_I(modseq),
	    SQL_I(id), SQL_I(time(NULL))));
	sql_tx_do(db, SQL_NAME_ADD, SQL_ARGS(SQL_I(mb->id), SQL_I(m->uid),
	    SQL_B(slice_make(m->name, base_len)), SQL_B(info), SQL_N,
	    SQL_I(m->parse.raw), SQL_I(id)));
	letters_wait(mb, m->uid, m->flags.keywords);
	mailbox_count(mb, m->flags.system, 1);
	mb->row.size += m->parse.raw;
	mb->row.bytes += m->parse.wire;
	return 0;
}

static enum run
commit(struct save_op *s)
{
	struct mailbox *mb = s->mb;
	uint64_t modseq;
	bool clean;

	clean = mailbox_change_begin(mb);
	modseq = mailbox_next_modseq(mb);
	for (struct saved *m = s->first; m != NULL; m = m->next)
		if (insert(s, m, modseq) == -1)
			return RUN_FAIL;
	mailbox_change_end(mb, clean);
	op_need_sync(&s->op, mb->cur_sync);
	if (op_commit(&s->op) == -1)
		return RUN_FAIL;
	for (struct saved *m = s->first; m != NULL; m = m->next) {
		mailbox_added(mb, m->uid, m->flags.system, m->flags.keywords,
		    modseq);
		(void)idset_add(&s->result.uids, m->uid);
	}
	mailbox_changed(mb);
	s->result.uidvalidity = mb->row.uidvalidity;
	s->state = SAVE_COMMITTED;
	return RUN_DONE;
}

/* Returns 1 if all files are on disk, 0 if not yet, -1 if a sync failed. */
static int
files_synced(struct save_op *s)
{
	int all = 1, rc;

	for (struct saved *m = s->first; m != NULL; m = m->next) {
		if (m->sync == NULL)
			continue;
		rc = syncfile_done(m->sync, m->ticket);
		if (rc == -1)
			return -1;
		if (rc == 0) {
			all = 0;
			continue;
		}
		syncfile_unref(m->sync);
		m->sync = NULL;
		m->fd = -1;
	}
	return all;
}

static enum run
look(struct save_op *s)
{
	enum run run;

	if (s->mb == NULL && (run = list_ref(&s->op, slice_str(s->name),
	    &s->mb)) != RUN_DONE)
		return run;
	if ((run = scan_first(&s->op, s->mb)) != RUN_DONE)
		return run;
	if (mailbox_cur(s->mb) == -1 || (s->tmp_fd =
	    maildir_open_dir(s->mb->dir_fd, "tmp")) == -1)
		return op_fail_path(&s->op, s->mb->folder, "tmp", NULL, errno);
	s->state = SAVE_DATA;
	return RUN_DONE;
}

static enum run
save_run(struct op *op)
{
	struct save_op *s = (struct save_op *)op;
	enum run run;
	int synced;

	switch (s->state) {
	case SAVE_LOOK:
		return look(s);
	case SAVE_DATA:
		return RUN_DONE;
	case SAVE_FILES:
		synced = files_synced(s);
		if (synced == -1)
			return op_fail_path(op, s->mb->folder, "tmp", NULL,
			    errno);
		if (synced == 0)
			return op_wait_sync(op);
		if (s->mb->dead)
			return op_fail(op, STORE_ERR_NONEXISTENT, 0,
			    "The mailbox was deleted");
		run = scan_begin(op, s->mb, s->n, &s->promise);
		if (run != RUN_DONE || (run = commit(s)) != RUN_DONE)
			return run;
		break;
	case SAVE_COMMITTED:
		break;
	}
	return op_synced(op);
}

static void
free_saved(struct save_op *s, struct saved *m)
{
	if (m->sync == NULL && m->fd != -1)
		(void)close(m->fd);
	syncfile_unref(m->sync);
	if (!m->placed && m->tmp != NULL)
		(void)unlinkat(s->tmp_fd, m->tmp, 0);
	parse_clear(&m->parse);
	flag_names_clear(&m->names);
	free(m->tmp);
	free(m->name);
	free(m);
}

static void
save_free(struct op *op)
{
	struct save_op *s = (struct save_op *)op;
	struct saved *m;

	while ((m = s->first) != NULL) {
		s->first = m->next;
		free_saved(s, m);
	}
	if (s->tmp_fd != -1)
		(void)close(s->tmp_fd);
	uidlist_promise_clear(&s->promise);
	mailbox_unref(s->mb);
	idset_clear(&s->result.uids);
	free(s->out);
	free(s->name);
}

static const struct op_class save_class = {
	.run = save_run, .free = save_free, .undo = undo
};

struct op *
save_new(struct store *st, struct slice name)
{
	struct save_op *s;

	s = xcalloc(1, sizeof(*s));
	op_init(&s->op, &save_class, st);
	s->name = xstrdup_slice(name);
	s->tmp_fd = -1;
	uidlist_promise_init(&s->promise);
	idset_init(&s->result.uids, IDSET_NOLIMIT);
	return &s->op;
}

int
save_begin(struct op *op, const struct flag_names *flags,
    const int64_t *internaldate, uint64_t size)
{
	struct save_op *s = (struct save_op *)op;
	struct saved *m;
	struct buf base;

	if (op->err.kind != STORE_OK)
		return -1;
	if (op->store->storage->options.message_max != 0 &&
	    size > op->store->storage->options.message_max) {
		op_fail(op, STORE_ERR_TOOBIG, 0, "The message is too big");
		return -1;
	}
	m = xcalloc(1, sizeof(*m));
	flag_names_copy(&m->names, flags);
	m->date = internaldate == NULL ? (int64_t)time(NULL) : *internaldate;
	parse_init(&m->parse);
	buf_init(&base, MAILDIR_NAME_MAX / 2);
	maildir_new_base(&base);
	m->tmp = xstrdup_slice(buf_slice(&base));
	buf_clear(&base);
	if (s->last == NULL)
		s->first = m;
	else
		s->last->next = m;
	s->last = m;
	s->n++;
	m->fd = openat(s->tmp_fd, m->tmp,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (m->fd == -1) {
		op_fail_path(op, s->mb->folder, "tmp", m->tmp, errno);
		return -1;
	}
	if (s->out == NULL)
		s->out = xmalloc(WRITE_SIZE);
	s->nout = 0;
	return 0;
}

static int
write_all(struct save_op *s, const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(s->last->fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			op_fail_path(&s->op, s->mb->folder, "tmp", s->last->tmp,
			    n == 0 ? EIO : errno);
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
save_write(struct op *op, const char *p, size_t len)
{
	struct save_op *s = (struct save_op *)op;

	if (op->err.kind != STORE_OK)
		return -1;
	parse_feed(&s->last->parse, slice_make(p, len));
	if (s->nout + len > WRITE_SIZE) {
		if (write_all(s, s->out, s->nout) == -1)
			return -1;
		s->nout = 0;
	}
	if (len >= WRITE_SIZE)
		return write_all(s, p, len);
	memcpy(s->out + s->nout, p, len);
	s->nout += len;
	return 0;
}

int
save_end(struct op *op)
{
	struct save_op *s = (struct save_op *)op;
	struct saved *m = s->last;
	struct timespec times[2];
	struct stat sb;

	if (op->err.kind != STORE_OK)
		return -1;
	if (write_all(s, s->out, s->nout) == -1)
		return -1;
	s->nout = 0;
	if (parse_finish(&m->parse) == -1) {
		op_fail_path(op, s->mb->folder, "tmp", m->tmp, errno);
		return -1;
	}
	parse_trim(&m->parse);
	/* The internal date, for other programs that read the Maildir. */
	times[0].tv_sec = times[1].tv_sec = (time_t)m->date;
	times[0].tv_nsec = times[1].tv_nsec = 0;
	(void)futimens(m->fd, times);
	if (fstat(m->fd, &sb) == -1) {
		op_fail_path(op, s->mb->folder, "tmp", m->tmp, errno);
		return -1;
	}
	m->mtime = (int64_t)sb.st_mtime;
	m->sync = syncfile_new(op->store->storage->sync, m->fd, NULL, "tmp");
	m->ticket = syncfile_want(m->sync);
	m->complete = true;
	return 0;
}

void
save_commit(struct op *op)
{
	struct save_op *s = (struct save_op *)op;

	op->ended = false;
	s->state = SAVE_FILES;
	if (s->last == NULL || !s->last->complete)
		op_fail(op, STORE_ERR_IO, 0, "The message is not complete");
}

const struct save_result *
save_result(const struct op *op)
{
	return &((const struct save_op *)op)->result;
}
