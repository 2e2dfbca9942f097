/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * What dovecot-uidlist promises covers every UID that clients hear of, and no
 * process takes the list of another for that of a stranger.
 */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

static void
path_of(char path[256], const char *name)
{
	(void)snprintf(path, 256, "%s/%s", su.root, name);
}

/* The next UID that the list on disk promises; 0: there is no list. */
static uint32_t
list_next(void)
{
	char path[256], line[256];
	char *n;
	FILE *f;

	path_of(path, "dovecot-uidlist");
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	(void)fclose(f);
	n = strstr(line, " N");
	ck_assert_ptr_nonnull(n);
	return (uint32_t)strtoul(n + 2, NULL, 10);
}

static void
write_list(const char *text)
{
	char path[256];
	FILE *f;

	path_of(path, "dovecot-uidlist");
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	(void)fclose(f);
}

/* Deliver n messages that nobody has seen; their subjects are numbers. */
static void
deliver(int n)
{
	static int next = 1000000000;
	char name[64], text[64];

	for (int i = 0; i < n; i++, next++) {
		(void)snprintf(name, sizeof(name), "%d.x", next);
		(void)snprintf(text, sizeof(text), "Subject: %d\n\nx\n", next);
		su_deliver(name, text);
	}
}

/* Begin with one message, and a list that is written and known. */
static void
begin(void)
{
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	ck_assert_uint_eq(list_next(), 1002);
}

/* End the process as if it was killed, with its index lost. */
static void
lose_index(void)
{
	static const char *const names[] = { "index.db", "index.db-wal",
	    "index.db-shm" };
	char name[64], path[256], aside[256];

	/* Whatever the process would write at its end must not be seen. */
	path_of(path, "dovecot-uidlist");
	path_of(aside, "list.aside");
	ck_assert_int_eq(link(path, aside), 0);
	store_close(su.store);
	su_process_free(su.proc);
	ck_assert_int_eq(rename(aside, path), 0);
	for (size_t i = 0; i < NROWS(names); i++) {
		(void)snprintf(name, sizeof(name), "penfold/%s", names[i]);
		path_of(path, name);
		(void)unlink(path);
	}
	su.proc = su_process_new();
	su.store = su_open(su.proc);
}

/* A scan that finds more messages than UIDs are promised. */
START_TEST(test_promise_covers_a_scan)
{
	struct buf before, after;
	struct view *v;

	begin();
	deliver(3000);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 3001);
	ck_assert_uint_eq(view_uidnext(v), 3002);
	ck_assert_uint_ge(list_next(), view_uidnext(v));
	buf_init(&before, 1000);
	buf_init(&after, 1000);
	su_body(v, 1500, &before);
	view_close(v);
	lose_index();
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_ge(view_uidnext(v), 3002);
	if (view_seq(v, 1500) != 0) {
		su_body(v, 1500, &after);
		ck_slice_eq(buf_slice(&after), buf_slice(&before));
	}
	view_close(v);
	buf_clear(&before);
	buf_clear(&after);
}
END_TEST

/*
 * After an unclean boot, as many UIDs are skipped as can have been told.  A
 * first scan that finds more has to leave a list.
 */
START_TEST(test_promise_covers_a_large_first_scan)
{
	struct view *v;

	deliver(5100);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_uidnext(v), 5101);
	ck_assert_uint_ge(list_next(), 5101);
	view_close(v);
}
END_TEST

/* The text of a message must be what it was, if there is one with this UID. */
static void
check_same(struct view *v, uint32_t uid, const struct buf *was)
{
	struct buf b;

	if (view_seq(v, uid) == 0)
		return;
	buf_init(&b, 1000);
	su_body(v, uid, &b);
	ck_slice_eq(buf_slice(&b), buf_slice(was));
	buf_clear(&b);
}

/*
 * A power cut takes the commit of a scan, after clients were told of greater
 * UIDs than a boot skips: another server has given out many.
 */
START_TEST(test_promise_outlives_a_power_cut)
{
	char path[256], aside[256], text[64];
	struct view *v;
	struct buf was;

	begin();
	v = su_select(su.proc, su.store, "INBOX");
	(void)snprintf(text, sizeof(text), "3 V%u N20000\n",
	    view_uidvalidity(v));
	view_close(v);
	su_index_sync();
	write_list(text);
	deliver(3);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_uidnext(v), 20003);
	buf_init(&was, 1000);
	su_body(v, 20000, &was);
	view_close(v);
	/* What the process writes at its end must not be seen. */
	path_of(path, "dovecot-uidlist");
	path_of(aside, "list.aside");
	ck_assert_int_eq(link(path, aside), 0);
	su_power_cut("another");
	ck_assert_int_eq(rename(aside, path), 0);
	/* It sorts before the others. */
	su_deliver("1.x", "Subject: 1\n\nx\n");
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 5);
	check_same(v, 20000, &was);
	buf_clear(&was);
	view_close(v);
}
END_TEST

/* The same with the first scan of a mailbox, for which no list was written. */
START_TEST(test_first_scan_is_lost_in_a_power_cut)
{
	char path[256];
	struct view *v;
	struct buf was;

	su_do(op_ready_new(su.store), STORE_OK);
	view_close(su_select(su.proc, su.store, "Sent"));
	su_index_sync();
	deliver(5);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_uidnext(v), 6);
	ck_assert_uint_eq(list_next(), 0);
	buf_init(&was, 1000);
	su_body(v, 1, &was);
	view_close(v);
	su_power_cut("another");
	/* The process has written a list at its end, which a cut prevents. */
	path_of(path, "dovecot-uidlist");
	ck_assert_int_eq(unlink(path), 0);
	su_deliver("1.x", "Subject: 1\n\nx\n");
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 6);
	check_same(v, 1, &was);
	buf_clear(&was);
	view_close(v);
}
END_TEST

/* Copy 30 messages to INBOX 40 times; uids gets the UIDs of the copies. */
static void
copy_often(struct idset *uids)
{
	struct idset set;
	struct view *v;
	struct op *op;

	for (int i = 0; i < 30; i++)
		(void)su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, 0);
	v = su_select(su.proc, su.store, "Sent");
	idset_init(&set, 100);
	(void)idset_add_range(&set, 1, 30);
	for (int i = 0; i < 40; i++) {
		op = copy_new(v, &set, SLICE_LIT("INBOX"), false);
		su_must(su.proc, op);
		ck_assert_uint_lt(idset_max(&copy_result(op)->to),
		    list_next());
		(void)idset_add_range(uids, idset_min(&copy_result(op)->to),
		    idset_max(&copy_result(op)->to));
		op_free(op);
	}
	view_close(v);
	idset_clear(&set);
}

START_TEST(test_promise_covers_copy)
{
	struct idset uids;

	begin();
	idset_init(&uids, IDSET_NOLIMIT);
	copy_often(&uids);
	ck_assert_uint_eq(idset_max(&uids), 1201);
	idset_clear(&uids);
}
END_TEST

/*
 * Another server wrote the list, and gave out all that we had promised and
 * more: COPY learns of that before it needs a new promise.
 */
START_TEST(test_promise_reads_a_strange_list_first)
{
	struct idset uids;
	struct view *v;
	char text[64];

	begin();
	v = su_select(su.proc, su.store, "INBOX");
	(void)snprintf(text, sizeof(text), "3 V%u N7000\n",
	    view_uidvalidity(v));
	view_close(v);
	write_list(text);
	idset_init(&uids, IDSET_NOLIMIT);
	copy_often(&uids);
	ck_assert_uint_eq(idset_count(&uids), 1200);
	for (uint32_t uid = 1002; uid < 7000; uid++)
		ck_assert(!idset_contains(&uids, uid));
	idset_clear(&uids);
}
END_TEST

/* Another program has the lock of the list for longer than anybody waits. */
START_TEST(test_promise_waits_for_the_lock)
{
	char path[256];
	struct view *v;
	struct op *op;
	int fd;

	begin();
	v = su_select(su.proc, su.store, "INBOX");
	path_of(path, "dovecot-uidlist.lock");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	deliver(1100);
	su_refresh(su.proc, v);
	su_sync(v);
	/* What was promised is given out, and no more. */
	ck_assert_uint_eq(view_uidnext(v), 1002);
	su.options.lock_timeout = 1;
	storage_configure(su.proc, &su.options);
	op = save_new(su.store, SLICE_LIT("INBOX"));
	su_must(su.proc, op);
	ck_assert_int_eq(save_begin(op, &(struct flag_names){ .system = 0 },
	    0, 1), 0);
	ck_assert_int_eq(save_write(op, "x", 1), 0);
	ck_assert_int_eq(save_end(op), 0);
	save_commit(op);
	ck_assert_int_eq(su_finish(su.proc, op), RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_INUSE);
	op_free(op);
	ck_assert_int_eq(unlink(path), 0);
	su_refresh(su.proc, v);
	su_sync(v);
	ck_assert_uint_eq(view_uidnext(v), 1102);
	ck_assert_uint_ge(list_next(), 1102);
	view_close(v);
}
END_TEST

/* What others do once the list was renamed: one delivers, one SELECTs. */
struct other {
	struct storage	*proc;
	struct store	*store;
	struct op	*op;
	pthread_t	 loop;		/* helper threads make calls, too */
	bool		 renamed;
};

static int
other_selects(const struct shim_event *ev, void *arg)
{
	struct other *o = arg;
	enum run run;

	if (!pthread_equal(pthread_self(), o->loop))
		return 0;
	if (o->op == NULL && o->renamed) {
		su_deliver("1000000001.x", SU_BODY_LF);
		o->op = select_new(o->store, SLICE_LIT("INBOX"), 0);
		do
			run = op_run(o->op);
		while (run == RUN_MORE);
	}
	if (ev->call == SHIM_RENAME && strstr(ev->to, "/dovecot-uidlist"))
		o->renamed = true;
	return 0;
}

/*
 * Another process that scans as soon as our list is in its place does not take
 * it for that of another server, which would cost 1,000 UIDs.
 */
START_TEST(test_list_and_row_change_at_once)
{
	struct other o = { .proc = su_process_new(), .loop = pthread_self() };
	struct view *v;

	o.store = su_open(o.proc);
	shim_hook(SHIM_ALL, NULL, other_selects, &o);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_turn_until(o.op != NULL);
	(void)shim_clear();
	su_must(o.proc, o.op);
	v = select_result(o.op);
	op_free(o.op);
	ck_assert_uint_eq(view_exists(v), 2);
	ck_assert_uint_eq(view_uid(v, 2), 2);
	view_close(v);
	store_close(o.store);
	su_process_free(o.proc);
}
END_TEST

/* A list whose last line a crash has cut is written anew, not appended to. */
START_TEST(test_list_that_was_cut)
{
	static char text[4096];
	char path[256], line[64];
	FILE *f;
	int lines = 0;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	(void)snprintf(line, sizeof(line), "\n%u :1000000001.x\n",
	    list_next());
	path_of(path, "dovecot-uidlist");
	f = fopen(path, "r+");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, -20, SEEK_END), 0);
	ck_assert_int_eq(ftruncate(fileno(f), ftell(f)), 0);
	(void)fclose(f);
	su_deliver_as("cur", "1000000001.x:2,", SU_BODY_LF);
	view_close(su_select(su.proc, su.store, "INBOX"));
	su_restart();
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	/* The next UID of a list that somebody else wrote is above its UIDs. */
	ck_assert_msg(strstr(text, "\n1 :") != NULL, "%s", text);
	ck_assert_msg(strstr(text, "\n2 :") != NULL, "%s", text);
	ck_assert_msg(strstr(text, line) != NULL, "%s", text);
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	ck_assert_int_eq(lines, 4);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_promise_covers_a_scan);
	if (!slices)
		tcase_add_test(tc, test_promise_covers_a_large_first_scan);
	tcase_add_test(tc, test_promise_outlives_a_power_cut);
	tcase_add_test(tc, test_first_scan_is_lost_in_a_power_cut);
	tcase_add_test(tc, test_promise_covers_copy);
	tcase_add_test(tc, test_promise_waits_for_the_lock);
	tcase_add_test(tc, test_promise_reads_a_strange_list_first);
	tcase_add_test(tc, test_list_and_row_change_at_once);
	tcase_add_test(tc, test_list_that_was_cut);
}

Suite *
suite_uidlist_promise(void)
{
	return su_suite("uidlist_promise", add_tests);
}
