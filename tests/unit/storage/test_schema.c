/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Indexes of every version that ever was are upgraded in place; those of newer
 * versions are left alone.
 */
#include "config.h"

#include <sys/stat.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/storeutil.h"

extern const char	index_v1_sql[], index_v2_sql[], index_v3_sql[];

static const char	*const versions[] = {
	index_v1_sql, index_v2_sql, index_v3_sql,
};

static char root[128];	/* of another user, whose index a test makes */
static char path[192];	/* of that index */

/* Run statements on a database, which is created if it is missing. */
static void
execute(const char *file, const char *text)
{
	sqlite3 *db = NULL;
	char *error = NULL;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	(void)sqlite3_exec(db, text, NULL, NULL, &error);
	ck_assert_msg(error == NULL, "%s", error);
	(void)sqlite3_close(db);
}

/* The rows of a query, each followed by ';'. */
static void
ask(const char *file, const char *query, char *out, size_t size)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	size_t len = 0;

	out[0] = '\0';
	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, query, -1, &stmt, NULL),
	    SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW && len < size)
		len += (size_t)snprintf(out + len, size - len, "%s;",
		    (const char *)sqlite3_column_text(stmt, 0));
	ck_assert_uint_lt(len, size);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
}

static void
check_ask(const char *query, const char *want)
{
	char got[256];

	ask(path, query, got, sizeof(got));
	ck_assert_str_eq(got, want);
}

static void
make_user(const char *index)
{
	static const char *const dirs[] = {
		"", "cur", "new", "tmp", ".Old", ".Old/cur", ".Old/new",
		".Old/tmp", "penfold",
	};
	char name[192];

	(void)snprintf(root, sizeof(root), "%s/other", su.root);
	for (size_t i = 0; i < NROWS(dirs); i++) {
		(void)snprintf(name, sizeof(name), "%s/%s", root, dirs[i]);
		ck_assert_int_eq(mkdir(name, 0700), 0);
	}
	su_deliver_as("other/cur", "m2:2,S", SU_BODY_LF);
	su_deliver_as("other/cur", "m5:2,Fa", SU_BODY_CRLF);
	su_deliver_as("other/cur", "m7:2,", SU_BODY_LF);
	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", root);
	execute(path, index);
}

static struct store *
open_user(struct store_error *err)
{
	return su_open_other(su.proc, root, err);
}

/* All that version 3 knew of the messages is still there. */
static void
check_messages(struct store *st)
{
	struct view *v = su_select(su.proc, st, "INBOX");
	struct buf body;
	struct flags f;
	uint64_t modseq;

	ck_assert_uint_eq(view_uidvalidity(v), 1700000000);
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_uid(v, 1), 2);
	ck_assert_uint_eq(view_uid(v, 2), 5);
	ck_assert_uint_eq(view_uid(v, 3), 7);
	ck_assert_uint_ge(view_uidnext(v), 8);
	view_flags(v, 2, &f, &modseq);
	ck_assert_uint_eq(f.system, FLAG_FLAGGED);
	ck_assert_uint_eq(f.keywords, 1);
	ck_assert_uint_eq(modseq, 900);
	ck_slice_eq(view_keyword(v, 0), slice_str("Work"));
	buf_init(&body, 1000);
	su_body(v, 5, &body);
	ck_slice_eq(buf_slice(&body), slice_str(SU_BODY_CRLF));
	buf_clear(&body);
	view_close(v);
}

/* What all mailboxes have together is what each of them has. */
static void
check_usage(void)
{
	check_ask("SELECT u.mailboxes = (SELECT count(*) FROM mailbox) "
	    "AND u.messages = (SELECT count(*) FROM entry) "
	    "AND u.messages = (SELECT sum(messages) FROM mailbox) "
	    "AND u.size = (SELECT sum(size) FROM name) "
	    "AND u.size = (SELECT sum(size) FROM mailbox) "
	    "FROM usage u", "1;");
}

static const char	columns[] =
	"SELECT m.name || '.' || c.name || ' ' || c.type || "
	"c.\"notnull\" || c.pk "
	"FROM sqlite_master m, pragma_table_info(m.name) c "
	"WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' "
	"UNION SELECT type || ' ' || name FROM sqlite_master "
	"WHERE type <> 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1";

START_TEST(test_old_index_is_upgraded)
{
	struct store_error err;
	char fresh[192], want[4096], got[4096];
	struct store *st;

	make_user(versions[_i]);
	st = open_user(&err);
	ck_assert_msg(st != NULL, "%s", err.text);
	check_messages(st);
	check_ask("SELECT use FROM mailbox WHERE id = 4", "2;");
	check_ask("SELECT name FROM subscription", "Old;");
	check_ask("SELECT uid || base || boot FROM expunged", "4m40;");
	check_ask("SELECT uidl FROM name WHERE uid = 5", "uidl5;");
	check_ask("SELECT count(*) FROM content WHERE id < 9", "0;");
	check_ask("SELECT length(value) FROM meta WHERE key = 'id'", "32;");
	check_ask("PRAGMA quick_check", "ok;");
	check_usage();
	check_ask("SELECT size > 0 FROM usage", "1;");
	(void)snprintf(fresh, sizeof(fresh), "%s/penfold/index.db", su.root);
	ask(fresh, columns, want, sizeof(want));
	ask(path, columns, got, sizeof(got));
	ck_assert_str_eq(got, want);
	ck_assert_int_eq(su_count_names("other/penfold", "damaged"), 0);
	store_close(st);
}
END_TEST

/*
 * Version 3 takes every user_version but 3 for damage, and inserts rows with
 * the columns that it knows.
 */
START_TEST(test_version_3_goes_on_beside_us)
{
	struct store_error err;
	struct store *st;
	struct view *v;

	make_user(index_v3_sql);
	st = open_user(&err);
	ck_assert_msg(st != NULL, "%s", err.text);
	v = su_select(su.proc, st, "INBOX");
	check_ask("PRAGMA user_version", "3;");
	check_ask("SELECT value FROM meta WHERE key = 'schema'", "4;");
	execute(path, "INSERT INTO mailbox (id, name, folder, inode, use, "
	    "uidvalidity, uidnext, highestmodseq, flagmodseq, floor, "
	    "recentuid, messages, unseen, deleted, bytes, unsized, renames, "
	    "newmtime, curmtime, curchecked, listuid, listnext, listmtime, "
	    "listsize) VALUES (9, 'Nine', '.Nine', 0, 0, 1, 1, 5, 0, 5, 0, 0, "
	    "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);"
	    "INSERT OR REPLACE INTO expunged (mailbox, modseq, uid, content, "
	    "time, base) VALUES (1, 1000, 7, 0, 1, 'm7');"
	    "INSERT OR IGNORE INTO keyword VALUES (9, 0, 'Play');"
	    "INSERT INTO structure VALUES (99, '');"
	    "INSERT INTO header VALUES (99, '');"
	    "INSERT INTO share VALUES (99, 2) "
	    "ON CONFLICT (content) DO UPDATE SET entries = entries + 1;"
	    "INSERT OR IGNORE INTO grave VALUES (99);"
	    "INSERT OR IGNORE INTO subscription VALUES ('Nine');"
	    "INSERT OR REPLACE INTO meta VALUES ('boot', 'of version 3');"
	    "INSERT INTO entry (mailbox, uid, flags, keywords, modseq, "
	    "content, savedate) VALUES (9, 1, 0, 0, 6, 0, 1);"
	    "INSERT OR REPLACE INTO name (mailbox, uid, base, info, uidl) "
	    "VALUES (9, 1, 'm1', '2,', NULL);"
	    "UPDATE mailbox SET messages = 1, unsized = 1 WHERE id = 9;");
	check_usage();
	check_ask("SELECT boot FROM expunged WHERE uid = 7", "0;");
	check_ask("SELECT count(*) FROM namelog WHERE name = 'Nine'", "2;");
	view_close(v);
	store_close(st);
}
END_TEST

/* A program may use newer tables whose user_version it knows. */
START_TEST(test_newer_tables_may_be_compatible)
{
	struct store_error err;
	struct store *st;

	make_user(index_v3_sql);
	st = open_user(&err);
	ck_assert_msg(st != NULL, "%s", err.text);
	store_close(st);
	su_restart();
	execute(path, "UPDATE meta SET value = 77 WHERE key = 'schema';"
	    "CREATE TABLE later (x)");
	st = open_user(&err);
	ck_assert_msg(st != NULL, "%s", err.text);
	check_messages(st);
	check_ask("SELECT value FROM meta WHERE key = 'schema'", "77;");
	store_close(st);
}
END_TEST

/* Read a whole file into a static buffer; returns its length. */
static size_t
read_index(char *p, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(p, 1, size, f);
	ck_assert_uint_lt(n, size);
	(void)fclose(f);
	return n;
}

START_TEST(test_newer_index_is_refused_and_left_alone)
{
	static char before[1 << 18], after[1 << 18];
	struct store_error err;
	size_t len;

	make_user(index_v3_sql);
	execute(path, "PRAGMA user_version = 77; PRAGMA journal_mode = DELETE");
	len = read_index(before, sizeof(before));
	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_null(open_user(&err));
		ck_assert_int_eq(err.kind, STORE_ERR_IO);
		ck_assert_str_eq(err.text, "The mail index belongs to a newer "
		    "version of the server");
	}
	ck_assert_uint_eq(read_index(after, sizeof(after)), len);
	ck_assert_mem_eq(before, after, len);
	ck_assert_int_eq(su_count_names("other/penfold", "index.db"), 1);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_loop_test(tc, test_old_index_is_upgraded, 0,
	    NROWS(versions));
	tcase_add_test(tc, test_version_3_goes_on_beside_us);
	tcase_add_test(tc, test_newer_tables_may_be_compatible);
	tcase_add_test(tc, test_newer_index_is_refused_and_left_alone);
	(void)slices;
}

Suite *
suite_schema(void)
{
	return su_suite("schema", add_tests);
}
