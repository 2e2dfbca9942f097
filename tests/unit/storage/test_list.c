/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The list of mailboxes, which follows whatever other processes and programs do
 * to the folders of a user.
 */
#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "storage/index/store_state.h"
#include "storage/maildir/watch.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

/* Run a command of the shell in the user's mail folder. */
static void	shell(const char *fmt, ...)
		    __attribute__((__format__(printf, 1, 2)));

static void
shell(const char *fmt, ...)
{
	char line[512], text[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)snprintf(line, sizeof(line), "cd %s && %s", su.root, text);
	ck_assert_int_eq(system(line), 0);
}

static bool
exists(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", su.root, name);
	return access(path, F_OK) == 0;
}

/* Run statements on the index. */
static void
execute(const char *text)
{
	sqlite3 *db = NULL;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", su.root);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

/*
 * Append each name to out: + if it is subscribed, ! if it does not exist, * if
 * it has a special use, and > if it has children.
 */
static void
print_list(struct storage *s, struct store *st, struct buf *out)
{
	const struct mailbox_info *info;
	struct op *op = list_new(st);
	size_t n;

	su_must(s, op);
	info = list_result(op, &n);
	for (size_t i = 0; i < n; i++)
		(void)buf_add_fmt(out, "%.*s%s%s%s%s ",
		    SLICE_ARG(info[i].name),
		    info[i].attrs & MAILBOX_SUBSCRIBED ? "+" : "",
		    info[i].attrs & MAILBOX_NONEXISTENT ? "!" : "",
		    info[i].use != 0 ? "*" : "",
		    info[i].attrs & MAILBOX_CHILDREN ? ">" : "");
	op_free(op);
}

static void
check_list_of(struct storage *s, struct store *st, const char *want)
{
	struct buf out;

	buf_init(&out, 65536);
	print_list(s, st, &out);
	ck_slice_eq(buf_slice(&out), slice_str(want));
	buf_clear(&out);
}

static void
check_list(const char *want)
{
	check_list_of(su.proc, su.store, want);
}

/* A mailbox of which everything must be kept. */
struct kept {
	uint32_t	 id;
	uint32_t	 uidvalidity;
};

/*
 * A mailbox with a special use, and in it UIDs 1, 2 and 4, of which 2 has a
 * keyword.
 */
static struct kept
make_mailbox(const char *name)
{
	struct kept k;
	struct view *v;
	struct op *op;
	char list[64];

	su_do(folder_create_new(su.store, slice_str(name), MAILBOX_USE_ARCHIVE),
	    STORE_OK);
	for (int i = 0; i < 4; i++)
		(void)su_append(su.proc, su.store, name, SU_BODY_CRLF,
		    i == 2 ? FLAG_DELETED : 0);
	v = su_select(su.proc, su.store, name);
	su_set_flags(su.proc, v, 2, FLAGS_ADD, 0, "Kept");
	op = expunge_new(v, NULL);
	su_must(su.proc, op);
	op_free(op);
	k.id = su_mailbox_id(name);
	k.uidvalidity = view_uidvalidity(v);
	view_close(v);
	(void)snprintf(list, sizeof(list), ".%s", name);
	for (char *p = list; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	(void)strncat(list, "/dovecot-uidlist",
	    sizeof(list) - strlen(list) - 1);
	su_turn_until(exists(list));
	return k;
}

static void
check_messages(struct view *v)
{
	struct flags f;
	uint64_t modseq;

	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_uid(v, 1), 1);
	ck_assert_uint_eq(view_uid(v, 2), 2);
	ck_assert_uint_eq(view_uid(v, 3), 4);
	view_flags(v, 2, &f, &modseq);
	ck_assert_uint_eq(f.keywords, 1);
	ck_slice_eq(view_keyword(v, 0), slice_str("Kept"));
}

/* All that make_mailbox() made is still there, under this name. */
static void
check_kept(const char *name, const struct kept *k)
{
	struct view *v = su_select(su.proc, su.store, name);

	ck_assert_uint_eq(view_uidvalidity(v), k->uidvalidity);
	ck_assert_uint_eq(su_mailbox_id(name), k->id);
	check_messages(v);
	view_close(v);
}

START_TEST(test_new_user_has_folders)
{
	const struct mailbox_info *info;
	struct op *op = list_new(su.store);
	size_t n;

	su_must(su.proc, op);
	info = list_result(op, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert(slice_eq_str(info[0].name, "INBOX"));
	ck_assert(slice_eq_str(info[1].name, "Sent"));
	ck_assert_uint_eq(info[1].use, MAILBOX_USE_SENT);
	ck_assert_uint_eq(info[1].attrs, MAILBOX_SUBSCRIBED);
	op_free(op);
}
END_TEST

START_TEST(test_folders_of_other_programs)
{
	check_list("INBOX+ Sent+* Trash+* ");
	shell("mkdir .New .New/cur; mkdir -p .a.b/cur .bare");
	check_list("INBOX+ New Sent+* Trash+* a!> a/b ");
	/* What another program makes may be complete only later. */
	shell("mkdir .bare/cur; mkdir -p no/cur; touch .file");
	check_list("INBOX+ New Sent+* Trash+* a!> a/b bare ");
	shell("rm -r .bare .a.b; mkdir -p .x/cur");
	check_list("INBOX+ New Sent+* Trash+* x ");
}
END_TEST

/* Names that a client can't have asked for are reachable, or not listed. */
START_TEST(test_folders_with_odd_names)
{
	struct view *v;

	shell("mkdir -p .Inbox.Low/cur .Inbox.Low/new '.a\nb/cur' "
	    "'.caf\351/cur' .x.'&AAo-'/cur .x.'&AAo-'/new");
	shell("mkdir -p .INBOX/cur "
	    ".1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0."
	    "1.2.3/cur; ln -s .Sent .link");
	check_list("INBOX+> INBOX/Low Sent+* Trash+* x!> x/&AAo- ");
	su_deliver_as(".Inbox.Low/new", "1000000000.x", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX/Low");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
	v = su_select(su.proc, su.store, "x/&AAo-");
	view_close(v);
	/* One of two folders with the same name is a mailbox. */
	shell("mkdir -p .INBOX.Low/cur");
	check_list("INBOX+> INBOX/Low Sent+* Trash+* x!> x/&AAo- ");
	shell("rm -r .Inbox.Low");
	check_list("INBOX+> INBOX/Low Sent+* Trash+* x!> x/&AAo- ");
	v = su_select(su.proc, su.store, "INBOX/Low");
	ck_assert_uint_eq(view_exists(v), 0);
	view_close(v);
}
END_TEST

/* Version 3 of the index had names that no client could select. */
START_TEST(test_names_of_old_indexes_are_made_right)
{
	struct kept k = make_mailbox("Low");

	store_close(su.store);
	su_process_free(su.proc);
	shell("mv .Low .Inbox.Low");
	execute("UPDATE mailbox SET name = 'Inbox/Low', folder = "
	    "CAST('.Inbox.Low' AS BLOB) WHERE name = 'Low'");
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	check_list("INBOX+> INBOX/Low* Sent+* Trash+* ");
	check_kept("INBOX/Low", &k);
}
END_TEST

/* A folder that another program renames is the same mailbox. */
START_TEST(test_renamed_folder_is_known)
{
	struct kept k = make_mailbox("Work");
	struct view *v = su_select(su.proc, su.store, "Work");

	shell("mv .Work .Play");
	check_list("INBOX+ Play* Sent+* Trash+* ");
	check_kept("Play", &k);
	/* A session that has it selected sees no change. */
	su_refresh(su.proc, v);
	su_check_told(v, true, "");
	(void)su_append(su.proc, su.store, "Play", SU_BODY_CRLF, 0);
	su_check_told(v, true, "EXISTS 4;RECENT 1;");
	view_close(v);
}
END_TEST

START_TEST(test_renamed_folder_without_list_is_known)
{
	struct kept k = make_mailbox("Work");

	shell("rm .Work/dovecot-uidlist; mv .Work .Play");
	check_list("INBOX+ Play* Sent+* Trash+* ");
	check_kept("Play", &k);
	/* So is one that never had any mail. */
	shell("mv .Sent .Gesendet");
	check_list("INBOX+ Gesendet* Play* Sent+! Trash+* ");
}
END_TEST

/* RENAME that was cut between rename(2) and COMMIT goes the same way. */
START_TEST(test_cut_rename_is_known)
{
	struct kept k = make_mailbox("Work"), j = make_mailbox("Work/x");

	store_close(su.store);
	su_process_free(su.proc);
	shell("mv .Work .Play; mv .Work.x .Play.x");
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	check_list("INBOX+ Play*> Play/x* Sent+* Trash+* ");
	check_kept("Play", &k);
	check_kept("Play/x", &j);
}
END_TEST

START_TEST(test_folders_that_swap_their_names)
{
	struct kept a = make_mailbox("A"), b = make_mailbox("B");
	struct kept c = make_mailbox("C");

	shell("mv .A .t; mv .B .A; mv .C .B; mv .t .C");
	check_kept("C", &a);
	check_kept("A", &b);
	check_kept("B", &c);
	check_list("INBOX+ A* B* C* Sent+* Trash+* ");
}
END_TEST

/* An inode is used again, and a folder is copied with its UIDVALIDITY. */
START_TEST(test_neither_inode_nor_uidvalidity_is_enough)
{
	struct kept k = make_mailbox("Work");
	struct view *v;

	shell("mv .Work .Play; sed -i '1s/ V[0-9]*/ V77/' "
	    ".Play/dovecot-uidlist");
	check_list("INBOX+ Play Sent+* Trash+* ");
	ck_assert_uint_ne(su_mailbox_id("Play"), k.id);
	v = su_select(su.proc, su.store, "Play");
	ck_assert_uint_eq(view_uidvalidity(v), 77);
	view_close(v);
	k = make_mailbox("Work");
	shell("cp -a .Work .Copy");
	check_list("INBOX+ Copy Play Sent+* Trash+* Work* ");
	ck_assert_uint_ne(su_mailbox_id("Copy"), k.id);
	check_kept("Work", &k);
	/* Even if the copy takes its place. */
	shell("mv .Work .Orig; mv .Copy .Work");
	check_kept("Orig", &k);
	check_list("INBOX+ Orig* Play Sent+* Trash+* Work ");
}
END_TEST

/* Whether the list was read meanwhile or not. */
START_TEST(test_folder_that_was_away_is_the_same_mailbox)
{
	struct kept k = make_mailbox("Work");

	for (int look = 0; look < 2; look++) {
		shell("mv .Work away");
		if (look)
			check_list("INBOX+ Sent+* Trash+* ");
		shell("mv away .Work");
		check_list("INBOX+ Sent+* Trash+* Work* ");
		check_kept("Work", &k);

		/* From a backup, so that it has another inode. */
		shell("cp -a .Work away; rm -r .Work");
		if (look)
			check_list("INBOX+ Sent+* Trash+* ");
		shell("mv away .Work");
		check_kept("Work", &k);
		shell("cp -a .Sent away; rm -r .Sent");
		if (look)
			check_list("INBOX+ Sent+! Trash+* Work* ");
		shell("mv away .Sent");
		check_list("INBOX+ Sent+* Trash+* Work* ");
	}
}
END_TEST

/* Sessions work with the folder that was put back. */
START_TEST(test_session_follows_a_folder_that_was_put_back)
{
	struct kept k = make_mailbox("Work");
	struct view *v = su_select(su.proc, su.store, "Work");

	shell("cp -a .Work away; rm -r .Work; mv away .Work");
	check_kept("Work", &k);
	su_refresh(su.proc, v);
	check_messages(v);
	(void)su_append(su.proc, su.store, "Work", SU_BODY_CRLF, 0);
	su_check_told(v, true, "EXISTS 4;RECENT 1;");
	ck_assert_int_eq(su_count_names(".Work/cur", ""), 4);
	view_close(v);
}
END_TEST

START_TEST(test_folder_made_anew_is_another_mailbox)
{
	struct kept k = make_mailbox("Work");
	struct view *v;

	shell("rm -r .Work");
	check_list("INBOX+ Sent+* Trash+* ");
	su_do(folder_create_new(su.store, SLICE_LIT("Work"), 0), STORE_OK);
	ck_assert_uint_ne(su_mailbox_id("Work"), k.id);
	v = su_select(su.proc, su.store, "Work");
	ck_assert_uint_ne(view_uidvalidity(v), k.uidvalidity);
	ck_assert_uint_eq(view_exists(v), 0);
	view_close(v);
}
END_TEST

/* What vanished is forgotten when expunged messages are. */
START_TEST(test_vanished_mailbox_is_kept_for_a_time)
{
	struct kept k = make_mailbox("Work");
	struct view *v;

	shell("mv .Work away");
	check_list("INBOX+ Sent+* Trash+* ");
	store_close(su.store);
	su_process_free(su.proc);
	execute("UPDATE vanished SET time = time - 4000");
	su.delays.purge_first_ms = 0;
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	check_list("INBOX+ Sent+* Trash+* ");
	su_turn_until(su.store->purge_due_ms != 0 && !su.store->grave_job &&
	    su.store->swept_ms != 0);
	shell("mv away .Work");
	check_list("INBOX+ Sent+* Trash+* Work ");
	ck_assert_uint_ne(su_mailbox_id("Work"), k.id);
	/* UIDs are those of the list, all the same. */
	v = su_select(su.proc, su.store, "Work");
	ck_assert_uint_eq(view_uidvalidity(v), k.uidvalidity);
	ck_assert_uint_eq(view_uid(v, 1), 1);
	view_close(v);
}
END_TEST

/* An error says nothing about a folder. */
static const struct {
	unsigned int	 calls;
	const char	*path;
	int		 errnum;
} errors[] = {
	{ SHIM_STAT, "/.Work", EIO },
	{ SHIM_STAT, "/.Work", EACCES },
	{ SHIM_STAT, "/.Work/cur", EACCES },
	{ SHIM_STAT, "/.Work/cur", ESTALE },
	{ SHIM_OPEN, "/.Work", EMFILE },
	{ SHIM_OPEN, "/.Work/dovecot-uidlist", EIO },
	{ SHIM_READ, "/.Work/dovecot-uidlist", EIO },
};

START_TEST(test_error_is_not_absence)
{
	struct kept k = make_mailbox("Work");

	/* The folder is there all the time, but other things change. */
	shim_set(&(struct shim_rule){ .calls = errors[_i].calls,
	    .path = errors[_i].path, .errnum = errors[_i].errnum });
	shell("touch .Work; mv .Work t; mv t .Work; mkdir -p .New/cur");
	check_list("INBOX+ New Sent+* Trash+* Work* ");
	(void)shim_clear();
	check_kept("Work", &k);
	/* It is another folder, but what it has cannot be read. */
	shell("cp -a .Work t; rm -r .Work; mv t .Work");
	shim_set(&(struct shim_rule){ .calls = errors[_i].calls,
	    .path = errors[_i].path, .errnum = errors[_i].errnum });
	check_list("INBOX+ New Sent+* Trash+* Work* ");
	(void)shim_clear();
	check_kept("Work", &k);
	/* It is new, and is taken in as soon as it can be read. */
	shell("mv .Work away");
	check_list("INBOX+ New Sent+* Trash+* ");
	shim_set(&(struct shim_rule){ .calls = errors[_i].calls,
	    .path = errors[_i].path, .errnum = errors[_i].errnum });
	shell("mv away .Work");
	check_list("INBOX+ New Sent+* Trash+* ");
	ck_assert_uint_gt(shim_clear(), 0);
	check_list("INBOX+ New Sent+* Trash+* Work* ");
	check_kept("Work", &k);
}
END_TEST

/* An error of one mailbox is no error of the others. */
START_TEST(test_mailbox_that_cannot_be_entered)
{
	struct kept k = make_mailbox("Work");
	struct op *op;

	su_restart();
	shim_set(&(struct shim_rule){ .calls = SHIM_OPEN | SHIM_STAT,
	    .path = "/.Work/", .errnum = EACCES });
	check_list("INBOX+ Sent+* Trash+* Work* ");
	op = select_new(su.store, SLICE_LIT("Work"), 0);
	ck_assert_int_eq(su_finish(su.proc, op), RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_NOPERM);
	op_free(op);
	(void)su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, 0);
	ck_assert_uint_gt(shim_clear(), 0);
	check_kept("Work", &k);
}
END_TEST

/* Names that readdir(3) did not return are not gone. */
START_TEST(test_root_that_cannot_be_read)
{
	struct kept k = make_mailbox("Work");
	struct op *op;

	for (unsigned long n = 0; n < 9; n += 2) {
		su_restart();
		shim_set(&(struct shim_rule){ .calls = SHIM_READDIR,
		    .path = su.root, .skip = n, .count = 1, .errnum = EIO });
		op = list_new(su.store);
		if (su_finish(su.proc, op) == RUN_FAIL)
			ck_assert_int_eq(op_error(op)->kind, STORE_ERR_IO);
		op_free(op);
		(void)shim_clear();
		check_list("INBOX+ Sent+* Trash+* Work* ");
		check_kept("Work", &k);
	}
}
END_TEST

/* Two processes, and what they tell each other. */
START_TEST(test_other_process_sees_changes)
{
	struct storage *s = su_process_new();
	struct store *st = su_open(s);

	check_list_of(s, st, "INBOX+ Sent+* Trash+* ");
	su_do(folder_create_new(su.store, SLICE_LIT("a/b"), MAILBOX_USE_JUNK),
	    STORE_OK);
	check_list_of(s, st, "INBOX+ Sent+* Trash+* a> a/b* ");
	su_do(folder_subscribe_new(su.store, SLICE_LIT("a/b"), true), STORE_OK);
	su_do(folder_rename_new(su.store, SLICE_LIT("a"), SLICE_LIT("c")),
	    STORE_OK);
	check_list_of(s, st, "INBOX+ Sent+* Trash+* a/b+! c> c/b* ");
	su_do(folder_delete_new(su.store, SLICE_LIT("c")), STORE_OK);
	su_do(folder_subscribe_new(su.store, SLICE_LIT("a/b"), false),
	    STORE_OK);
	check_list_of(s, st, "INBOX+ Sent+* Trash+* c!> c/b* ");
	store_close(st);
	su_process_free(s);
}
END_TEST

/* More changes than the log of names has. */
START_TEST(test_other_process_misses_changes)
{
	struct storage *s = su_process_new();
	struct store *st = su_open(s);

	check_list_of(s, st, "INBOX+ Sent+* Trash+* ");
	su_do(folder_create_new(su.store, SLICE_LIT("a"), 0), STORE_OK);
	for (int i = 0; i < 501; i++) {
		su_do(folder_subscribe_new(su.store, SLICE_LIT("a"), true),
		    STORE_OK);
		su_do(folder_subscribe_new(su.store, SLICE_LIT("a"), false),
		    STORE_OK);
	}
	su_do(folder_rename_new(su.store, SLICE_LIT("Trash"), SLICE_LIT("b")),
	    STORE_OK);
	check_list_of(s, st, "INBOX+ Sent+* Trash+! a b* ");
	store_close(st);
	su_process_free(s);
}
END_TEST

/* Run an operation, and return how often it looks at the disk. */
static unsigned long
looks(struct storage *s, struct op *op)
{
	unsigned long n;

	shim_set(&(struct shim_rule){ .calls = SHIM_STAT | SHIM_READDIR |
	    SHIM_OPEN, .path = su.root, .skip = ULONG_MAX });
	su_must(s, op);
	n = shim_seen();
	(void)shim_clear();
	op_free(op);
	return n;
}

/* What a change costs does not grow with the number of mailboxes. */
START_TEST(test_costs_follow_changes)
{
	enum { CREATE, SUBSCRIBE, STATUS, FOREIGN, ACTS };
	unsigned long few[ACTS] = { 0 }, n[ACTS];
	struct storage *s = su_process_new();
	struct store *st = su_open(s);
	struct slice name, sent = SLICE_LIT("Sent");
	char text[16];

	if (su.store->root_watched == NULL)
		return;
	for (int i = 0; i < 60; i++) {
		(void)snprintf(text, sizeof(text), "m%02d", i);
		name = slice_str(text);
		n[CREATE] = looks(su.proc,
		    folder_create_new(su.store, name, 0));
		n[SUBSCRIBE] = looks(su.proc,
		    folder_subscribe_new(su.store, name, true));
		n[STATUS] = looks(su.proc, status_new(su.store, sent));
		n[FOREIGN] = looks(s, status_new(st, sent));
		for (int act = 0; act < ACTS; act++)
			if (i == 5)
				few[act] = n[act];
			else if (i > 5)
				ck_assert_uint_le(n[act], few[act] + 2);
	}
	store_close(st);
	su_process_free(s);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_new_user_has_folders);
	tcase_add_test(tc, test_folders_of_other_programs);
	tcase_add_test(tc, test_folders_with_odd_names);
	tcase_add_test(tc, test_names_of_old_indexes_are_made_right);
	tcase_add_test(tc, test_renamed_folder_is_known);
	tcase_add_test(tc, test_renamed_folder_without_list_is_known);
	tcase_add_test(tc, test_cut_rename_is_known);
	tcase_add_test(tc, test_folders_that_swap_their_names);
	tcase_add_test(tc, test_neither_inode_nor_uidvalidity_is_enough);
	tcase_add_test(tc, test_folder_that_was_away_is_the_same_mailbox);
	tcase_add_test(tc, test_session_follows_a_folder_that_was_put_back);
	tcase_add_test(tc, test_folder_made_anew_is_another_mailbox);
	tcase_add_test(tc, test_vanished_mailbox_is_kept_for_a_time);
	tcase_add_loop_test(tc, test_error_is_not_absence, 0, NROWS(errors));
	tcase_add_test(tc, test_mailbox_that_cannot_be_entered);
	tcase_add_test(tc, test_root_that_cannot_be_read);
	tcase_add_test(tc, test_other_process_sees_changes);
	tcase_add_test(tc, test_other_process_misses_changes);
	tcase_add_test(tc, test_costs_follow_changes);
	(void)slices;
}

Suite *
suite_list(void)
{
	return su_suite("list", add_tests);
}
