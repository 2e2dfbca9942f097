/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The control file; its format is in control.h. */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/num.h"
#include "common/base/timer.h"
#include "storage/index/control.h"
#include "storage/index/due.h"
#include "storage/index/floor.h"
#include "storage/index/mailbox_columns.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/mbname.h"

/* The first line of our version. */
#define VERSION		"penfold 2"
/*
 * How far a UIDVALIDITY of a damaged file may be ahead of the clock.  A greater
 * one is a damaged number.
 */
#define VALIDITY_AHEAD	1000000

/* The numbers of a line "mailbox". */
enum { NUM_ID, NUM_USE, NUM_VALIDITY, NUM_UIDNEXT, NUMS };

struct reading {
	struct store	*st;
	struct slice	 text;
	bool		 whole;		/* of our version, and complete */
};

/* The floors and their lines. */
#define FLOORS(X)							\
	X("uidvalidity", uidvalidity)					\
	X("modseq", modseq)						\
	X("mailbox-id", mailbox)					\
	X("content-id", content)

static void
print_floors(struct buf *out, const struct floor *f)
{
#define PRINT(word, field)						\
	(void)buf_add_fmt(out, word " %llu\n", (unsigned long long)f->field);
	FLOORS(PRINT)
#undef PRINT
}

static void
print_mailbox(struct sql *db, enum sql_stmt id, struct buf *out)
{
	int64_t next = sql_int(db, id, COLUMN_uidnext);

	/* The promise of dovecot-uidlist is above all UIDs. */
	if (next < sql_int(db, id, COLUMN_listnext))
		next = sql_int(db, id, COLUMN_listnext);
	(void)buf_add_fmt(out, "mailbox %lld %lld %lld %lld %.*s\n",
	    (long long)sql_int(db, id, COLUMN_ID),
	    (long long)sql_int(db, id, COLUMN_USE),
	    (long long)sql_int(db, id, COLUMN_uidvalidity), (long long)next,
	    SLICE_ARG(sql_blob(db, id, COLUMN_FOLDER)));
}

static enum sql_rc
print_rows(struct sql *db, struct buf *out, uint64_t *modseq)
{
	enum sql_stmt id = SQL_MAILBOX_ALL;
	enum sql_rc rc;

	*modseq = 0;
	sql_start(db, id, SQL_NOARGS);
	while ((rc = sql_step(db, id)) == SQL_ROW) {
		uint64_t n = (uint64_t)sql_int(db, id, COLUMN_highestmodseq);

		if (n > *modseq)
			*modseq = n;
		print_mailbox(db, id, out);
	}
	sql_reset(db, id);
	if (rc != SQL_DONE)
		return rc;
	id = SQL_SUBSCRIPTIONS;
	sql_start(db, id, SQL_NOARGS);
	while ((rc = sql_step(db, id)) == SQL_ROW)
		(void)buf_add_fmt(out, "subscribed %.*s\n",
		    SLICE_ARG(sql_blob(db, id, 0)));
	sql_reset(db, id);
	return rc;
}

static unsigned long
count_lines(struct slice text)
{
	unsigned long n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '\n';
	return n;
}

enum sql_rc
control_print(struct store *st, struct buf *out, uint64_t *modseq)
{
	struct floor floor;
	struct buf rows;
	enum sql_rc rc;

	buf_init(&rows, CONTROL_MAX);
	if ((rc = print_rows(st->db, &rows, modseq)) == SQL_DONE &&
	    (rc = floor_get(st->db, *modseq, &floor)) == SQL_DONE) {
		*modseq = floor.modseq;
		(void)buf_add_str(out, VERSION "\n");
		print_floors(out, &floor);
		(void)buf_add_slice(out, buf_slice(&rows));
		(void)buf_add_fmt(out, "end %lu\n",
		    count_lines(buf_slice(out)));
	}
	buf_clear(&rows);
	return rc;
}

/* Whether a text is of our version, and has its last line. */
static bool
is_whole(struct slice text)
{
	struct slice line, word, rest = text;
	uint64_t n;
	size_t at;

	if (!slice_cut(&rest, '\n', &line) || !slice_eq_str(line, VERSION) ||
	    !slice_ends(text, SLICE_LIT("\n")))
		return false;
	text.len--;
	for (at = text.len; at > 0 && text.p[at - 1] != '\n'; at--)
		;
	line = slice_from(text, at);
	(void)slice_cut(&line, ' ', &word);
	return slice_eq_str(word, "end") && num_parse_u64(line, &n) == 0 &&
	    n == count_lines(slice_sub(text, 0, at));
}

static void
read_floor(struct floor *f, struct slice word, struct slice number)
{
	uint64_t n;

	if (num_parse_u64(number, &n) == -1 || n > INT64_MAX)
		return;
#define READ(text, field)						\
	if (slice_eq_str(word, text))					\
		f->field = n;
	FLOORS(READ)
#undef READ
}

/* Parse the numbers of a line "mailbox", and leave the folder in *rest. */
static int
read_numbers(const struct reading *r, struct slice *rest, uint64_t n[NUMS])
{
	struct slice field;

	n[NUM_UIDNEXT] = 1;
	for (size_t i = 0; i < NUMS; i++) {
		/* Version 1, which is never whole, has no UIDNEXT. */
		if (i == NUM_UIDNEXT && !r->whole &&
		    (rest->len == 0 || rest->p[0] == '.'))
			break;
		if (!slice_cut(rest, ' ', &field) ||
		    num_parse_u64(field, &n[i]) == -1 || n[i] > UINT32_MAX)
			return -1;
	}
	return n[NUM_ID] == 0 || n[NUM_ID] > INT32_MAX ||
	    n[NUM_VALIDITY] == 0 || n[NUM_UIDNEXT] == 0 ? -1 : 0;
}

static int
read_mailbox(const struct reading *r, struct slice folder)
{
	struct buf name;
	struct sql *db = r->st->db;
	uint64_t n[NUMS], modseq = floor_first_modseq(db);
	int rc = 0;

	if (read_numbers(r, &folder, n) == -1)
		return 0;
	if (!r->whole) {
		n[NUM_VALIDITY] = floor_next_uidvalidity(db);
		n[NUM_UIDNEXT] = 1;
	} else if (n[NUM_UIDNEXT] < CONTROL_UIDNEXT_MIN)
		n[NUM_UIDNEXT] = CONTROL_UIDNEXT_MIN;
	buf_init(&name, MBNAME_MAX);
	if (folder.len == 0)
		(void)buf_add_str(&name, "INBOX");
	else if (mbname_from_folder(folder, &name) == -1)
		goto out;
	if (modseq == 0 || n[NUM_VALIDITY] == 0) {
		errno = EIO;
		rc = -1;
		goto out;
	}
	sql_tx_do(db, SQL_MAILBOX_RESTORE, SQL_ARGS(SQL_I(n[NUM_ID]),
	    SQL_T(buf_slice(&name)), SQL_B(folder), SQL_I(0),
	    SQL_I(n[NUM_USE] & MAILBOX_USE_KNOWN), SQL_I(n[NUM_VALIDITY]),
	    SQL_I(n[NUM_UIDNEXT]), SQL_I(modseq)));
out:
	buf_clear(&name);
	return rc;
}

/* Take the next complete line, and cut it after its first word. */
static bool
next_line(struct slice *text, struct slice *word, struct slice *rest)
{
	if (!slice_cut(text, '\n', rest))
		return false;
	(void)slice_cut(rest, ' ', word);
	return true;
}

static void
read_floors(const struct reading *r)
{
	struct slice text = r->text, word, rest;
	struct floor floor;

	floor_clock(&floor);
	while (next_line(&text, &word, &rest))
		read_floor(&floor, word, rest);
	floor_raise(r->st->db, &floor);
}

/*
 * The floors of a file that is not whole cannot be believed, and those of the
 * clock are used.  But every UIDVALIDITY in the file was given out.
 */
static void
guess_floors(const struct reading *r)
{
	struct slice text = r->text, word, rest;
	struct floor floor;
	uint64_t n[NUMS], max;

	floor_clock(&floor);
	max = floor.uidvalidity + VALIDITY_AHEAD;
	while (next_line(&text, &word, &rest))
		if (slice_eq_str(word, "mailbox") &&
		    read_numbers(r, &rest, n) == 0 &&
		    n[NUM_VALIDITY] < max &&
		    n[NUM_VALIDITY] > floor.uidvalidity)
			floor.uidvalidity = n[NUM_VALIDITY];
	floor_raise(r->st->db, &floor);
}

static int
read_rows(const struct reading *r)
{
	struct slice text = r->text, word, rest;

	while (next_line(&text, &word, &rest))
		if (slice_eq_str(word, "mailbox")) {
			if (read_mailbox(r, rest) == -1)
				return -1;
		} else if (slice_eq_str(word, "subscribed") && rest.len > 0)
			sql_tx_do(r->st->db, SQL_SUBSCRIBE,
			    SQL_ARGS(SQL_T(rest)));
	return 0;
}

int
control_read(struct store *st)
{
	struct reading r = { .st = st };
	struct floor floor;
	struct buf in;
	int rc, saved;

	buf_init(&in, CONTROL_MAX + 1);
	rc = maildir_read_file(st->penfold_fd, CONTROL_NAME, CONTROL_MAX, &in);
	saved = errno;
	if (rc == 0) {
		r.text = buf_slice(&in);
		r.whole = is_whole(r.text);
		if (r.whole)
			read_floors(&r);
		else {
			log_warn("store path=%s/penfold/" CONTROL_NAME " is "
			    "cut, damaged or of another version: names and "
			    "subscriptions are taken over", st->root);
			guess_floors(&r);
		}
		rc = read_rows(&r);
		saved = errno;
	} else if (maildir_gone(saved)) {
		/* The account may have had an index that was removed. */
		floor_clock(&floor);
		floor_raise(st->db, &floor);
	}
	buf_clear(&in);
	errno = saved;
	return rc;
}

/* Read the floor for modseqs from the file; 0 if it is not to be believed. */
static uint64_t
modseq_on_disk(const struct store *st)
{
	struct slice text, word, rest;
	struct floor floor = { .modseq = 0 };
	struct buf in;

	buf_init(&in, CONTROL_MAX + 1);
	if (maildir_read_file(st->penfold_fd, CONTROL_NAME, CONTROL_MAX,
	    &in) == 0 && is_whole(buf_slice(&in))) {
		text = buf_slice(&in);
		while (next_line(&text, &word, &rest) &&
		    !slice_eq_str(word, "mailbox"))
			read_floor(&floor, word, rest);
	}
	buf_clear(&in);
	return floor.modseq;
}

void
control_modseq(struct store *st, uint64_t modseq)
{
	if (modseq <= st->control_modseq || st->control_dirty)
		return;
	if (st->control_modseq == 0)
		st->control_modseq = modseq_on_disk(st);
	if (modseq > st->control_modseq)
		control_changed(st);
}

void
control_changed(struct store *st)
{
	if (!st->control_dirty)
		st->control_due_ms = timer_ms() +
		    st->storage->delays.control_ms;
	st->control_dirty = true;
	st->control_changes++;
	due_touch(st);
}
