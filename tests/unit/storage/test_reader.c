/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Messages of a mailbox, read for FETCH and RETR. */
#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/view_state.h"
#include "storage/maildir/watch.h"
#include "storage/read/reader_state.h"
#include "storage/store.h"
#include "storage/tick.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

START_TEST(test_delivery_with_lf_is_read_with_crlf)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	struct buf b;

	su_deliver("1000000000.one", SU_BODY_LF);
	su_turn_until(view_changed(v, true));
	su_check_told(v, true, "EXISTS 1;RECENT 1;");
	buf_init(&b, 10000);
	su_body(v, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), "From: b@example.org\r\n"
	    "Subject: two words\r\n\r\nline\r\nline\r\n"));
	buf_clear(&b);
	su_body(v, 1, &b);
	buf_clear(&b);
	view_close(v);
}
END_TEST

/* Two sessions read a big message at once that was never parsed. */
START_TEST(test_big_message_is_parsed_in_slices)
{
	const struct message *m;
	struct reader *r, *q;
	struct idset set;
	struct view *v;
	struct buf text;
	int waits = 0;

	buf_init(&text, BUF_NOCAP);
	(void)buf_add_str(&text, "From: a@example.org\n\n");
	while (buf_len(&text) < 3000000)
		(void)buf_add_str(&text, "a line of a message\n");
	(void)buf_add_char(&text, '\0');
	su_deliver("1000000000.big", text.p);
	v = su_select(su.proc, su.store, "INBOX");
	idset_init(&set, 10);
	(void)idset_add(&set, 1);
	r = reader_new(v, &set, NEED_SIZE);
	q = reader_new(v, &set, NEED_SIZE);
	while (reader_next(r, &m) == RUN_WAIT) {
		if (waits++ == 0)
			ck_assert(reader_next(q, &m) == RUN_WAIT);
		su_turn_all();
	}
	ck_assert_int_gt(waits, 5);
	ck_assert_uint_eq(m->uid, 1);
	ck_assert_uint_gt(m->size, buf_len(&text));
	while (reader_next(q, &m) == RUN_WAIT)
		su_turn_all();
	ck_assert_uint_eq(m->uid, 1);
	/* The message's size is counted once. */
	ck_assert_uint_eq(view_mailbox(v)->row.unsized, 0);
	ck_assert_uint_eq(view_mailbox(v)->row.bytes, m->size);
	reader_free(r);
	reader_free(q);
	idset_clear(&set);
	buf_clear(&text);
	view_close(v);
}
END_TEST

static struct reader *
open_reader(struct view *v, uint32_t first, uint32_t last, uint32_t need)
{
	struct reader *r;
	struct idset set;

	idset_init(&set, 10);
	(void)idset_add_range(&set, first, last);
	r = reader_new(v, &set, need);
	idset_clear(&set);
	return r;
}

/* The next message, of any size, must be read in the end. */
static void
must_read(struct reader *r, uint32_t uid)
{
	const struct message *m;
	enum run run;

	while ((run = reader_next(r, &m)) == RUN_WAIT)
		su_turn_all();
	ck_assert_msg(run == RUN_DONE, "UID %u: %s", uid,
	    reader_error(r)->text);
	ck_assert_uint_eq(m->uid, uid);
}

/*
 * What the reader needs, while another process has renamed files and not
 * committed yet.
 */
static const unsigned int needs[] = { NEED_SIZE, NEED_SIZE | NEED_FILE };

static int
read_amid(const struct shim_event *ev, void *arg)
{
	struct reader **r = arg;
	const struct message *m;

	(void)ev;
	if (*r != NULL)
		ck_assert(reader_next(*r, &m) == RUN_WAIT);
	*r = NULL;
	return 0;
}

START_TEST(test_file_that_is_just_being_renamed_is_found)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct view *v, *w;
	struct reader *r, *amid;

	su_deliver("1000000000.one", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	w = su_select(other, st, "INBOX");
	if (needs[_i] & NEED_FILE) {
		r = open_reader(v, 1, 1, NEED_SIZE);
		must_read(r, 1);
		reader_free(r);
	}
	su_set_flags(other, w, 1, FLAGS_ADD, FLAG_SEEN, NULL);
	amid = r = open_reader(v, 1, 1, needs[_i]);
	/* The files are renamed when the transaction is written. */
	shim_hook(SHIM_WRITE, "penfold/index.db-wal", read_amid, &amid);
	tick_flush(st);
	(void)shim_clear();
	ck_assert_ptr_null(amid);
	ck_assert_int_eq(su_count_names("cur", ":2,S"), 1);
	must_read(r, 1);
	reader_free(r);
	view_close(v);
	view_close(w);
	store_close(st);
	su_process_free(other);
}
END_TEST

#define RENAMED		200

static void
rename_all(const char *flags)
{
	char from[512], to[512];
	struct dirent *e;
	DIR *d;

	(void)snprintf(from, sizeof(from), "%s/cur", su.root);
	d = opendir(from);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(from, sizeof(from), "%s/cur/%s", su.root,
		    e->d_name);
		(void)snprintf(to, sizeof(to), "%s/cur/%.15s:2,%s", su.root,
		    e->d_name, flags);
		ck_assert_int_eq(rename(from, to), 0);
	}
	(void)closedir(d);
}

/* Another program has renamed all files just before a FETCH. */
START_TEST(test_files_that_others_renamed_are_found)
{
	char name[64];
	struct reader *r;
	struct view *v;

	for (int i = 0; i < RENAMED; i++) {
		(void)snprintf(name, sizeof(name), "%d.one:2,", 100000000 + i);
		su_deliver_as("cur", name, SU_BODY_LF);
	}
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), RENAMED);
	for (size_t i = 0; i < NROWS(needs); i++) {
		rename_all(i == 0 ? "S" : "FS");
		r = open_reader(v, 1, RENAMED, needs[i]);
		for (uint32_t uid = 1; uid <= RENAMED; uid++)
			must_read(r, uid);
		reader_free(r);
	}
	view_close(v);
}
END_TEST

/*
 * The name in the index is wrong, but the mtime of cur/ shows no change, and
 * commits of another process come before every look at the folder.
 */
START_TEST(test_file_is_looked_for_while_another_process_commits)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct timespec old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	struct view *v, *w;
	struct mailbox *mb;
	struct reader *r;
	const struct message *m;
	char path[256];
	enum run run;

	(void)snprintf(path, sizeof(path), "%s/cur", su.root);
	su_deliver_as("cur", "100000000.one:2,", SU_BODY_LF);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, old, 0), 0);
	v = su_select(su.proc, su.store, "INBOX");
	w = su_select(other, st, "INBOX");
	mb = view_mailbox(v);
	watch_stop(mb->watch.watched);
	mb->watch.watched = NULL;
	rename_all("S");
	ck_assert_int_eq(utimensat(AT_FDCWD, path, old, 0), 0);
	r = open_reader(v, 1, 1, NEED_SIZE);
	for (int i = 0; (run = reader_next(r, &m)) == RUN_WAIT; i++) {
		su_set_flags(other, w, 1, i % 2 == 0 ? FLAGS_ADD :
		    FLAGS_REMOVE, FLAG_FLAGGED, NULL);
		su_turn(su.proc, 0);
	}
	ck_assert_msg(run == RUN_DONE, "%s", reader_error(r)->text);
	reader_free(r);
	view_close(v);
	view_close(w);
	store_close(st);
	su_process_free(other);
}
END_TEST

/* A file that is gone is an error, and the messages after it are read. */
START_TEST(test_file_that_is_gone_fails_alone)
{
	const struct message *m;
	struct reader *r;
	struct view *v;
	char path[256];
	enum run run;

	su_deliver_as("cur", "100000000.a:2,", SU_BODY_LF);
	su_deliver_as("cur", "100000001.b:2,", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	(void)snprintf(path, sizeof(path), "%s/cur/100000000.a:2,", su.root);
	ck_assert_int_eq(unlink(path), 0);
	r = open_reader(v, 1, 2, needs[_i]);
	while ((run = reader_next(r, &m)) == RUN_WAIT)
		su_turn_all();
	ck_assert(run == RUN_FAIL);
	ck_assert_int_eq(reader_error(r)->kind, STORE_ERR_EXPUNGED);
	must_read(r, 2);
	reader_free(r);
	view_close(v);
}
END_TEST

/* Read the next message; what cannot be read must not look like nothing. */
static void
read_or_fail(struct reader *r, unsigned long k)
{
	const struct message *m;
	enum run run;

	while ((run = reader_next(r, &m)) == RUN_WAIT)
		su_turn_all();
	ck_assert(m != NULL);
	if (run == RUN_FAIL) {
		ck_assert_int_eq(reader_error(r)->kind, STORE_ERR_IO);
		return;
	}
	ck_assert_msg(m->savedate > 0 && m->content_id > 0 && m->size > 0,
	    "statement %lu", k);
	/* The name of a file that is in expunged/ is not kept. */
	ck_assert_msg(m->uid == 2 || m->name.len > 0, "statement %lu", k);
}

/*
 * If a row of a message cannot be read, the message cannot be: its UIDL is not
 * that of a message without one, and it is not expunged.
 */
START_TEST(test_failed_statement_of_a_reader)
{
	struct view *v = NULL, *w;
	struct reader *r;
	unsigned long failed = 1;
	struct idset two;

	for (int i = 0; i < 3; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	w = su_select(su.proc, su.store, "INBOX");
	idset_init(&two, 10);
	(void)idset_add(&two, 2);
	su_do(expunge_all_new(w, &two), STORE_OK);
	idset_clear(&two);
	for (unsigned long k = 0; failed > 0; k++) {
		r = open_reader(v, 1, 3, NEED_SIZE | NEED_UIDL | NEED_NAME);
		shim_set(&(struct shim_rule){ .calls = SHIM_STEP,
		    .path = "penfold/index.db", .skip = k, .count = 1,
		    .errnum = EIO });
		for (int i = 0; i < 3; i++)
			read_or_fail(r, k);
		failed = shim_clear();
		reader_free(r);
	}
	view_close(v);
	view_close(w);
}
END_TEST

/*
 * After an error of the disk, SQLite rolls back the transaction that is open,
 * and other processes may commit.  Until its operation has noticed that, memory
 * has what was not committed, and the two must not be mixed.
 */
START_TEST(test_transaction_that_sqlite_has_ended)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct view *v, *w;
	struct reader *r;
	const struct message *m;
	struct op *op;
	enum run run;

	for (int i = 0; i < 3; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
		    FLAG_DELETED);
	v = su_select(su.proc, su.store, "INBOX");
	w = su_select(other, st, "INBOX");
	su_set_flags(su.proc, v, 1, FLAGS_ADD, FLAG_FLAGGED, NULL);
	op = select_refresh_new(v);
	mailbox_look_again(view_mailbox(v));
	view_mailbox(v)->watch.cur_clean = false;
	while (su.store->writer != op)
		ck_assert(op_run(op) == RUN_MORE);
	(void)mailbox_next_modseq(view_mailbox(v));
	ck_assert(sql_do(su.store->db, SQL_ROLLBACK, SQL_NOARGS) == SQL_DONE);
	shim_set(&(struct shim_rule){ .calls = SHIM_STEP,
	    .path = "penfold/index.db", .count = 1, .errnum = EIO });
	ck_assert(sql_do(su.store->db, SQL_DATA_VERSION, SQL_NOARGS) ==
	    SQL_ERROR);
	(void)shim_clear();
	su_set_flags(other, w, 2, FLAGS_ADD, FLAG_SEEN, NULL);
	r = open_reader(v, 1, 1, NEED_SIZE);
	while ((run = reader_next(r, &m)) == RUN_WAIT)
		su_turn(other, 0);
	ck_assert(run == RUN_FAIL);
	reader_free(r);
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT)
		su_turn(su.proc, 0);
	ck_assert(run == RUN_FAIL);
	op_free(op);
	su_refresh(su.proc, v);
	su_check_told(v, true, "FLAGS 2;");
	view_close(v);
	view_close(w);
	store_close(st);
	su_process_free(other);
}
END_TEST

/*
 * POP3 clients may ask for the last message first.  Each message costs the rows
 * of few, whatever the order.
 */
START_TEST(test_reader_goes_to_any_message)
{
	static const uint32_t order[] = { 9, 8, 7, 1, 2, 3, 4, 9, 9, 1 };
	struct view *v;
	struct reader *r;
	const struct message *m;
	char name[64];
	size_t rows = 0;

	for (int i = 1; i <= 9; i++) {
		(void)snprintf(name, sizeof(name), "100000000%d.x:2,", i);
		su_deliver_as("cur", name, SU_BODY_LF);
	}
	v = su_select(su.proc, su.store, "INBOX");
	r = open_reader(v, 1, 9, NEED_SIZE | NEED_FILE);
	for (size_t i = 0; i < NROWS(order); i++) {
		reader_from(r, order[i]);
		must_read(r, order[i]);
		rows += r->nrows;
	}
	ck_assert_uint_eq(rows, NROWS(order));
	/* It goes on from there, and reads more at once again. */
	for (uint32_t uid = 2; uid <= 9; uid++)
		must_read(r, uid);
	ck_assert(reader_next(r, &m) == RUN_DONE);
	ck_assert_ptr_null(m);
	reader_from(r, 10);
	ck_assert(reader_next(r, &m) == RUN_DONE);
	ck_assert_ptr_null(m);
	reader_free(r);
	view_close(v);
}
END_TEST

/* What a reader needs, so that it reads this or that of the index. */
static const uint32_t reads[] = {
	NEED_SIZE, NEED_NAME, NEED_UIDL | NEED_STRUCT, NEED_FILE | NEED_GIST,
};

/* No process gets a lock of the index, after the first n. */
static void
lock_index(unsigned long n)
{
	shim_set(&(struct shim_rule){ .calls = SHIM_LOCK, .skip = n,
	    .path = "/index.db-shm", .errnum = EAGAIN });
}

/*
 * Where no lock for reading can be had, as while another process recovers the
 * WAL, a reader waits for it, and nothing is left out.
 */
START_TEST(test_reader_waits_for_the_lock)
{
	unsigned long failed = 1, waits = 0;

	for (unsigned long n = 0; failed > 0; n++) {
		struct view *v;
		struct reader *r;
		const struct message *m;
		char name[64];

		/* One message is not parsed yet. */
		(void)snprintf(name, sizeof(name), "1000000000.%lu", n);
		su_deliver(name, SU_BODY_LF);
		v = su_select(su.proc, su.store, "INBOX");
		r = open_reader(v, 1, view_last_uid(v), reads[_i]);
		for (uint32_t uid = 1; uid <= view_last_uid(v); uid++) {
			enum run run;

			if (uid == 1)
				lock_index(n);
			while ((run = reader_next(r, &m)) == RUN_WAIT) {
				ck_assert_ptr_null(m);
				if ((failed = shim_clear()) > 0)
					waits++;
				su_turn(su.proc, 1);
			}
			ck_assert_msg(run == RUN_DONE, "lock %lu: %s", n,
			    reader_error(r)->text);
			ck_assert_uint_eq(m->uid, uid);
		}
		failed = shim_clear();
		ck_assert(reader_next(r, &m) == RUN_DONE);
		ck_assert_ptr_null(m);
		reader_free(r);
		view_close(v);
	}
	ck_assert_uint_gt(waits, 0);
}
END_TEST

/* The wait ends after options.lock_timeout. */
START_TEST(test_reader_does_not_wait_for_ever)
{
	struct view *v;
	struct reader *r;
	const struct message *m;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	r = open_reader(v, 1, 1, reads[_i]);
	lock_index(0);
	ck_assert(reader_next(r, &m) == RUN_WAIT);
	ck_assert_uint_ne(r->busy_since_ms, 0);
	r->busy_since_ms -= su.options.lock_timeout * 1000;
	ck_assert(reader_next(r, &m) == RUN_FAIL);
	ck_assert_uint_eq(m->uid, 1);
	ck_assert_int_eq(reader_error(r)->kind, STORE_ERR_INUSE);
	(void)shim_clear();
	reader_free(r);
	view_close(v);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_loop_test(tc, test_reader_waits_for_the_lock, 0,
	    NROWS(reads));
	tcase_add_loop_test(tc, test_reader_does_not_wait_for_ever, 0,
	    NROWS(reads));
	tcase_add_test(tc, test_delivery_with_lf_is_read_with_crlf);
	tcase_add_loop_test(tc, test_file_that_is_just_being_renamed_is_found,
	    0, NROWS(needs));
	tcase_add_test(tc, test_files_that_others_renamed_are_found);
	tcase_add_test(tc, test_reader_goes_to_any_message);
	tcase_add_test(tc,
	    test_file_is_looked_for_while_another_process_commits);
	tcase_add_loop_test(tc, test_file_that_is_gone_fails_alone, 0,
	    NROWS(needs));
	tcase_add_test(tc, test_failed_statement_of_a_reader);
	if (slices) {
		tcase_add_test(tc, test_big_message_is_parsed_in_slices);
		tcase_add_test(tc, test_transaction_that_sqlite_has_ended);
	}
}

Suite *
suite_reader(void)
{
	return su_suite("reader", add_tests);
}
