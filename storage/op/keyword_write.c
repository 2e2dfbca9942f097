/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Reading and writing dovecot-keywords; see keyword_write.h.
 *
 * On disk before COMMIT: the file with the new lines, synced with its folder.
 * If the transaction is lost, the next scan reads them as those of another
 * program, and no name has their letters.  After COMMIT: names get them.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/index.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/letter.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/maildir/uidlist.h"
#include "storage/op/keyword_write.h"
#include "storage/op/op_state.h"

/* Names of one query; the clock is checked after each query. */
#define BATCH		1024

int
keyword_file_changed(struct mailbox *mb)
{
	struct keywordfile_stamp now;

	if (mailbox_dir(mb) == -1 || keywordfile_look(&now, mb->dir_fd) == -1)
		return -1;
	return !keywordfile_same(&now, &mb->list.stamp);
}

static bool
same_name(const char *a, const char *b)
{
	return slice_caseeq_str(slice_str(a), b);
}

/* The log has this once for each line, since the index has the line then. */
static void
complain(const struct mailbox *mb, int letter, const char *name)
{
	log_warn("store mailbox=%s user=%s keyword of letter %c is not shown, "
	    "since IMAP has no such names: %s", log_esc(slice_str(mb->name)),
	    mb->store->user, 'a' + letter, log_esc(slice_str(name)));
}

/*
 * A letter stands for another keyword: the file was replaced.  Names that have
 * the letter for the old keyword get another one.
 */
static void
replace_letter(struct mailbox *mb)
{
	mailbox_touch(mb);
	mb->row.renames = mb->names.unknown = true;
	if (mb->names.due_ms == 0)
		mb->names.due_ms = timer_ms() +
		    mb->store->storage->delays.rename_ms;
}

/* A line says something that the index does not say. */
static void
adopt_line(struct mailbox *mb, unsigned int letter, const char *name,
    uint32_t *fresh)
{
	uint64_t kept = UINT64_MAX;

	if (mb->keywords->letters[letter] == NULL)
		*fresh |= 1U << letter;
	else
		replace_letter(mb);
	letter_set(mb, letter, slice_str(name));
	if (!keywords_usable(slice_str(name)))
		complain(mb, (int)letter, name);
	/* Clients are told all keywords, for as long as there is room. */
	else
		(void)keyword_number(mb, slice_str(name), &kept);
}

int
keyword_adopt(struct mailbox *mb, uint32_t *fresh)
{
	struct keywordfile f;
	const char *have;
	int rc;

	*fresh = 0;
	keywordfile_init(&f);
	rc = mailbox_dir(mb) == -1 ? -1 : keywordfile_read(&f, mb->dir_fd);
	if (rc == 0)
		mb->list.letters_owed = mb->list.letters_gone = false;
	for (unsigned int i = 0; rc == 0 && i < MAILDIR_KEYWORDS; i++) {
		have = mb->keywords->letters[i];
		if (f.names[i] == NULL)
			mb->list.letters_owed |= have != NULL;
		else if (have == NULL || !same_name(have, f.names[i]))
			adopt_line(mb, i, f.names[i], fresh);
	}
	if (rc == 0)
		mb->list.stamp = f.stamp;
	keywordfile_clear(&f);
	return rc;
}

void
keyword_write_init(struct keyword_write *w)
{
	memset(w, 0, sizeof(*w));
	dotlock_init(&w->lock);
	keywordfile_init(&w->old);
	newfile_init(&w->file);
}

void
keyword_write_clear(struct keyword_write *w)
{
	for (int i = 0; i < MAILDIR_KEYWORDS; i++)
		free(w->names[i]);
	newfile_close(&w->file);
	keywordfile_clear(&w->old);
	dotlock_close(&w->lock);
	keyword_write_init(w);
}

static enum run
fail(struct mailbox *mb, struct op *op)
{
	return op_fail_path(op, mb->folder, KEYWORDFILE_NAME, NULL, errno);
}

/*
 * Find the letters that names have without a reason: a new keyword that got one
 * of them would be on these messages, too.
 */
static enum run
look_at_names(struct keyword_write *w, struct mailbox *mb, struct op *op)
{
	struct sql *db;
	enum sql_stmt id = SQL_NAMES;
	enum sql_rc rc;
	uint32_t system, letters;
	size_t n = BATCH;

	while (n == BATCH) {
		if (op->store->writer != NULL)
			return op_wait_lock(op);
		if (index_open(op->store, &op->err) == -1)
			return RUN_FAIL;
		db = op->store->db;
		n = 0;
		sql_start(db, id, SQL_ARGS(SQL_I(mb->id), SQL_I(w->at),
		    SQL_I(BATCH)));
		while ((rc = sql_step(db, id)) == SQL_ROW) {
			w->at = (uint32_t)sql_int(db, id, 0);
			maildir_info_parse(sql_blob(db, id, 2), &system,
			    &letters);
			w->seen |= letters;
			n++;
		}
		sql_reset(db, id);
		if (rc != SQL_DONE)
			return op_fail_sql(op, rc);
		if (n == BATCH && op_must_yield(op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

static enum run
take_lock(struct keyword_write *w, struct mailbox *mb, struct op *op)
{
	enum run run;

	if ((run = op_begin(op)) != RUN_DONE)
		return run;
	if (mb->dead)
		return RUN_FAIL;
	if (mailbox_dir(mb) == -1)
		return fail(mb, op);
	if (dotlock_open(&w->lock, mb->dir_fd, UIDLIST_LOCK,
	    mb->store->storage->delays.list_stale_s) == -1)
		return errno == EEXIST ? RUN_FAIL : fail(mb, op);
	return RUN_DONE;
}

/* Find a letter that neither the file nor a new line nor any name has. */
static int
free_letter(const struct keyword_write *w, const struct keywords *k,
    unsigned int number)
{
	/* Program versions before letters took the number for the letter. */
	for (unsigned int n = 0; n <= MAILDIR_KEYWORDS; n++) {
		unsigned int i = n == 0 ? number : n - 1;

		if (i < MAILDIR_KEYWORDS && w->old.names[i] == NULL &&
		    w->names[i] == NULL && k->letters[i] == NULL &&
		    (w->seen & 1U << i) == 0)
			return (int)i;
	}
	return -1;
}

/* Choose the lines that the file gets. */
static enum run
plan(struct keyword_write *w, struct mailbox *mb, struct op *op)
{
	const struct keywords *k = mb->keywords;
	int letter;

	if (keywordfile_read(&w->old, mb->dir_fd) == -1)
		return fail(mb, op);
	w->empty = true;
	for (int i = 0; i < MAILDIR_KEYWORDS; i++) {
		if (w->old.names[i] != NULL && (k->letters[i] == NULL ||
		    !same_name(w->old.names[i], k->letters[i]))) {
			/* A scan has to take these lines in. */
			mb->list.stamp.known = false;
			mailbox_look_again(mb);
			return RUN_FAIL;
		}
		if (w->old.names[i] == NULL && k->letters[i] != NULL) {
			w->names[i] = xstrdup(k->letters[i]);
			w->empty = false;
		}
	}
	for (unsigned int i = 0; i < k->n; i++) {
		if ((k->waiting & 1ULL << i) == 0)
			continue;
		if ((letter = free_letter(w, k, i)) == -1) {
			mb->list.letters_gone = true;
			break;
		}
		w->names[letter] = xstrdup(k->names[i]);
		w->empty = false;
	}
	return RUN_DONE;
}

/* Dovecot looks at the seconds of the mtime: it must grow by one. */
static int
set_mtime(const struct keyword_write *w)
{
	struct timespec times[2];
	int64_t s = w->old.stamp.mtime / 1000000000 + 1;

	if (clock_gettime(CLOCK_REALTIME, &times[1]) == -1)
		return -1;
	if (times[1].tv_sec < s) {
		times[1].tv_sec = (time_t)s;
		times[1].tv_nsec = 0;
	}
	times[0] = times[1];
	return futimens(w->file.fd, times);
}

/* Print all that the file had, whatever it is, and then the new lines. */
static enum run
print(struct keyword_write *w, struct mailbox *mb, struct op *op)
{
	struct slice old = buf_slice(&w->old.text);
	struct buf b;
	int rc = 0;

	if (w->empty)
		return RUN_DONE;
	buf_init(&b, BUF_NOCAP);
	(void)buf_add_slice(&b, old);
	if (old.len > 0 && old.p[old.len - 1] != '\n')
		(void)buf_add_char(&b, '\n');
	for (int i = 0; i < MAILDIR_KEYWORDS; i++)
		if (w->names[i] != NULL)
			(void)buf_add_fmt(&b, "%d %s\n", i, w->names[i]);
	if (newfile_open(&w->file, mb->dir_fd) == -1 ||
	    newfile_write(&w->file, buf_slice(&b)) == -1 || set_mtime(w) == -1)
		rc = -1;
	buf_clear(&b);
	return rc == -1 ? fail(mb, op) : RUN_DONE;
}

static enum run
wait_sync(struct mailbox *mb, struct op *op, int rc)
{
	return rc == -1 ? fail(mb, op) : rc == 0 ? op_wait_sync(op) : RUN_DONE;
}

static struct sync *
helper(const struct keyword_write *w, const struct op *op)
{
	return w->blocks ? NULL : op->store->storage->sync;
}

static enum run
sync_file(struct keyword_write *w, struct mailbox *mb, struct op *op)
{
	return w->empty ? RUN_DONE :
	    wait_sync(mb, op, newfile_synced(&w->file, helper(w, op)));
}

static enum run
place(struct keyword_write *w, struct mailbox *mb, struct op *op)
{
	struct stat sb;

	if (w->empty)
		return RUN_DONE;
	/* Somebody may have taken our lock for abandoned. */
	if (!dotlock_held(&w->lock))
		return RUN_FAIL;
	return newfile_place(&w->file, mb->dir_fd, KEYWORDFILE_NAME,
	    &sb) == -1 ? fail(mb, op) : RUN_DONE;
}

static enum run
settle(struct keyword_write *w, struct mailbox *mb, struct op *op)
{
	return w->empty ? RUN_DONE :
	    wait_sync(mb, op, newfile_settled(&w->file, helper(w, op)));
}

/* The lines are on disk: let the letters stand for their keywords. */
static enum run
commit(struct keyword_write *w, struct mailbox *mb, struct op *op)
{
	for (unsigned int i = 0; i < MAILDIR_KEYWORDS; i++)
		if (w->names[i] != NULL && mb->keywords->letters[i] == NULL)
			letter_set(mb, i, slice_str(w->names[i]));
	if (op_commit(op) == -1)
		return RUN_FAIL;
	mb->list.letters_owed = false;
	/* The next scan reads the file and finds nothing new in it. */
	if (keywordfile_look(&mb->list.stamp, mb->dir_fd) == -1)
		mb->list.stamp.known = false;
	return RUN_DONE;
}

static enum run	(*const steps[])(struct keyword_write *, struct mailbox *,
    struct op *) = {
	look_at_names, take_lock, plan, print, sync_file, place, settle, commit,
};

enum run
keyword_write_run(struct keyword_write *w, struct mailbox *mb, struct op *op,
    bool blocks)
{
	enum run run;

	w->blocks = blocks;
	while (w->step < NROWS(steps)) {
		if ((run = steps[w->step](w, mb, op)) != RUN_DONE)
			return run;
		w->step++;
	}
	keyword_write_clear(w);
	return RUN_DONE;
}
