/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The index as a database: its schema is created, upgraded, or refused. */
#include "config.h"

#include <stdio.h>

#include <sqlite3.h>

#include "storage/index/checkpoint.h"
#include "storage/index/schema.h"
#include "storage/index/sql.h"
#include "tests/unit/shim.h"
#include "tests/unit/util.h"

static char path[96];

/* The result of a query, row by row, or "error". */
static const char *
ask(const char *query)
{
	static char out[256];
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	size_t len = 0;

	out[0] = '\0';
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, query, -1, &stmt, NULL) != SQLITE_OK)
		(void)snprintf(out, sizeof(out), "error");
	else
		while (sqlite3_step(stmt) == SQLITE_ROW)
			len += (size_t)snprintf(out + len, sizeof(out) - len,
			    "%s;", sqlite3_column_text(stmt, 0));
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return out;
}

static void
make_file(const char *text)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

#define META	"CREATE TABLE meta (key PRIMARY KEY, value);"
#define OLD	META "CREATE TABLE t (a); INSERT INTO t VALUES (7);"

static const struct schema_step	steps[] = {
	{ 0, 3, 3, { META "CREATE TABLE t (a, b);", "ALTER TABLE t ADD c" } },
	{ 1, 2, 2, { "ALTER TABLE t ADD b", "UPDATE t SET b = a + 1" } },
	{ 2, 3, 3, { "ALTER TABLE t ADD c; UPDATE t SET c = b + 1", NULL } },
};
/* The second step fails after it has changed something. */
static const struct schema_step	bad_steps[] = {
	{ 1, 2, 2, { "ALTER TABLE t ADD b", NULL } },
	{ 2, 3, 3, { "ALTER TABLE t ADD c", "UPDATE nothing SET x = 1" } },
};
/* A program that knows only the table before this step may go on. */
static const struct schema_step	mild_steps[] = {
	{ 1, 2, 1, { "ALTER TABLE t ADD b" } },
};
static const struct schema	mild = { 2, mild_steps, 1 };
static const struct schema	good = { 3, steps, 3 }, bad = { 3, bad_steps,
				    2 };

#define COLUMNS	"SELECT group_concat(name) FROM pragma_table_info('t')"

static const struct {
	const char	*why;
	const char	*file;	/* statements that create it */
	const struct schema *schema;
	enum store_err	 want;
	const char	*version;
	const char	*columns;
	const char	*data;
} rows[] = {
	{ "new file", "", &good, STORE_OK, "3;", "a,b,c;", "" },
	{ "two steps", OLD "PRAGMA user_version = 1", &good, STORE_OK,
	    "3;", "a,b,c;", "7 8 9;" },
	{ "one step", META "CREATE TABLE t (a, b); INSERT INTO t VALUES (7, 1);"
	    "PRAGMA user_version = 2", &good, STORE_OK, "3;", "a,b,c;",
	    "7 1 2;" },
	{ "ours", META "CREATE TABLE t (a, b, c); PRAGMA user_version = 3",
	    &good, STORE_OK, "3;", "a,b,c;", "" },
	{ "failed step leaves all as it was", OLD "PRAGMA user_version = 1",
	    &bad, STORE_ERR_IO, "1;", "a;", NULL },
	{ "no step from there", OLD "PRAGMA user_version = 2", &(const struct
	    schema){ 3, steps, 2 }, STORE_ERR_CORRUPT, "2;", "a;", NULL },
	{ "newer tables that we may use", OLD "PRAGMA user_version = 2;"
	    "INSERT INTO meta VALUES ('schema', 5)", &good, STORE_OK,
	    "2;", "a;", NULL },
	{ "a step that older programs need not know", OLD "PRAGMA user_version "
	    "= 1", &mild, STORE_OK, "1;", "a,b;", NULL },
	{ "newer", OLD "PRAGMA user_version = 4", &good, STORE_ERR_IO,
	    "4;", "a;", NULL },
};

START_TEST(test_schema_is_upgraded_or_left)
{
	struct store_error err = { .kind = STORE_OK };
	const char *file = rows[_i].file, *why = rows[_i].why;
	struct sql *db;

	(void)snprintf(path, sizeof(path), "%s/index.db", unit_dir());
	make_file(rows[_i].file);
	db = sql_open_schema(path, true, 0, rows[_i].schema, &err);
	ck_row_eq(file, why, err.kind, rows[_i].want);
	ck_row_eq(file, why, db != NULL, rows[_i].want == STORE_OK);
	sql_close(db);
	ck_row_eq(file, why, ask("PRAGMA user_version"), rows[_i].version);
	ck_row_eq(file, why, ask(COLUMNS), rows[_i].columns);
	if (rows[_i].data != NULL)
		ck_row_eq(file, why, ask("SELECT a || ' ' || b || ' ' || c "
		    "FROM t"), rows[_i].data);
}
END_TEST

static unsigned int	 nsyncs;

static int
on_sync(const struct shim_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
	nsyncs++;
	return 0;
}

static void
write_row(struct sql *db)
{
	ck_assert(sql_tx_begin(db) == SQL_DONE);
	sql_tx_do(db, SQL_META_SET, SQL_ARGS(SQL_T(SLICE_LIT("x")), SQL_I(1)));
	ck_assert(sql_tx_end(db) == SQL_DONE);
}

/*
 * Another program has copied the whole WAL into the database.  The loop's
 * connection does not begin the WAL anew, for which it would have to sync.
 */
START_TEST(test_loop_does_not_begin_the_wal)
{
	struct store_error err = { .kind = STORE_OK };
	struct sql *db;
	int pages;

	(void)snprintf(path, sizeof(path), "%s/index.db", unit_dir());
	db = sql_open_schema(path, true, 0, &schema_ours, &err);
	ck_assert_ptr_nonnull(db);
	sql_nowait(db);
	shim_hook(SHIM_SYNC, NULL, on_sync, NULL);
	write_row(db);
	pages = sql_wal_pages(db);
	ck_assert_str_eq(ask("PRAGMA wal_checkpoint(PASSIVE)"), "0;");
	nsyncs = 0;
	write_row(db);
	ck_assert_uint_eq(nsyncs, 0);
	ck_assert_int_gt(sql_wal_pages(db), pages);
	/* It writes nothing while the WAL is empty. */
	ck_assert_str_eq(ask("PRAGMA wal_checkpoint(TRUNCATE)"), "0;");
	nsyncs = 0;
	ck_assert(sql_tx_begin(db) == SQL_BUSY);
	ck_assert(sql_wal_empty(db));
	ck_assert_uint_eq(nsyncs, 0);
	ck_assert(checkpoint_run(path, false) == SQL_DONE);
	ck_assert_uint_gt(nsyncs, 0);
	nsyncs = 0;
	write_row(db);
	ck_assert_uint_eq(nsyncs, 0);
	(void)shim_clear();
	sql_close(db);
}
END_TEST

/* A short WAL is begun anew if somebody wants that: it grows no more. */
START_TEST(test_wal_is_begun_anew)
{
	struct store_error err = { .kind = STORE_OK };
	struct sql *db;
	int pages;

	(void)snprintf(path, sizeof(path), "%s/index.db", unit_dir());
	db = sql_open_schema(path, true, 0, &schema_ours, &err);
	ck_assert_ptr_nonnull(db);
	sql_nowait(db);
	for (int i = 0; i < 10; i++)
		write_row(db);
	pages = sql_wal_pages(db);
	ck_assert_int_ge(pages, 10);
	ck_assert(checkpoint_run(path, false) == SQL_DONE);
	write_row(db);
	ck_assert_int_gt(sql_wal_pages(db), pages);
	ck_assert(checkpoint_run(path, true) == SQL_DONE);
	write_row(db);
	ck_assert_int_lt(sql_wal_pages(db), pages);
	sql_close(db);
}
END_TEST

Suite *
suite_sql(void)
{
	Suite *s = suite_create("sql");
	TCase *tc = tcase_create("schema");

	tcase_add_loop_test(tc, test_schema_is_upgraded_or_left, 0,
	    NROWS(rows));
	tcase_add_test(tc, test_loop_does_not_begin_the_wal);
	tcase_add_test(tc, test_wal_is_begun_anew);
	suite_add_tcase(s, tc);
	return s;
}
