/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The table of commands: each is found by its name, and its arguments parse. */
#include "config.h"

#include <stdlib.h>

#include "imapd/command_table.h"
#include "tests/unit/storeutil.h"
#include "tests/unit/util.h"

#define UNKNOWN	"Unknown command"
#define NO_UID	"This command has no UID form"

static const struct {
	struct slice	 in;
	const char	*name;		/* of the row found; NULL: refused */
	bool		 uid;
	const char	*error;
	const char	*why;
} names[] = {
	{ LIT("NOOP"), "NOOP", false, NULL, "a command" },
	{ LIT("nOOp"), "NOOP", false, NULL, "a command has no case" },
	{ LIT("uid fetch 1 X"), "FETCH", true, NULL, "UID has no case" },
	{ LIT("UID COPY"), "COPY", true, NULL, "one row for both" },
	{ LIT("EXPUNGE"), "EXPUNGE", false, NULL, "a row for each" },
	{ LIT("UID EXPUNGE 1"), "EXPUNGE", true, NULL,
	    "RFC 4315 brings it, not RFC 3501" },
	{ LIT("UID NOOP"), NULL, false, NO_UID, "it takes no messages" },
	{ LIT("UID CLOSE"), NULL, false, NO_UID, "nor does this" },
	{ LIT("NOOPE"), NULL, false, UNKNOWN, "a longer name" },
	{ LIT("NOO"), NULL, false, UNKNOWN, "a shorter name" },
	{ LIT("UID FOO"), NULL, false, UNKNOWN, "after UID, too" },
	{ LIT("UID UID FETCH"), NULL, false, UNKNOWN, "UID twice" },
	{ LIT("UIDFETCH"), NULL, false, UNKNOWN, "no blank" },
	{ LIT("LOGIN a b"), NULL, false, UNKNOWN, "not after login" },
	{ LIT("UID"), NULL, false, "Space expected", "UID alone" },
	{ LIT("UID  FETCH"), NULL, false, "Word expected", "two blanks" },
	{ LIT("\"NOOP\""), NULL, false, "Word expected", "in quotes" },
	{ LIT(""), NULL, false, "Word expected", "nothing" },
};

START_TEST(test_command_table_name)
{
	struct slice text = unit_tight(names[_i].in);
	const char *why = names[_i].why;
	const struct command *row;
	struct arg a;
	bool uid;

	arg_init(&a, text, NULL, NULL);
	row = command_table_parse(&a, &uid);
	ck_row_eq(text, why, row == NULL ? NULL : row->name, names[_i].name);
	ck_row_eq(text, why, a.error, names[_i].error);
	if (row != NULL)
		ck_row_eq(text, why, uid, names[_i].uid);
	free((char *)text.p);
}
END_TEST

/* All families.  The rows below test at least one command of each. */
extern const struct command_family cmd_append, cmd_copy, cmd_enable,
    cmd_expunge, cmd_fetch, cmd_id, cmd_idle, cmd_list, cmd_mailbox,
    cmd_search, cmd_select, cmd_session, cmd_status, cmd_store;

static const struct command_family *const families[] = {
	&cmd_append, &cmd_copy, &cmd_enable, &cmd_expunge, &cmd_fetch,
	&cmd_id, &cmd_idle, &cmd_list, &cmd_mailbox, &cmd_search,
	&cmd_select, &cmd_session, &cmd_status, &cmd_store,
};

#define BAD	PARSE_BAD

/*
 * Commands with their arguments, in a mailbox of two messages.  A line that
 * ends in the announcement of a literal is parsed before the literal arrives,
 * to decide what happens to it.
 */
static const struct {
	struct slice	 in;
	enum parsed	 want;
	const char	*why;
} lines[] = {
	{ LIT("APPEND INBOX {5}"), PARSE_STREAM, "RFC 3501, 6.3.11" },
	{ LIT("APPEND INBOX (\\Seen a) \" 1-Jan-2026 00:00:00 +0000\" {5+}"),
	    PARSE_STREAM, "with flags and a date" },
	{ LIT("APPEND {5}"), PARSE_MORE, "the name comes as a literal" },
	{ LIT("APPEND INBOX"), BAD, "no message" },
	{ LIT("APPEND INBOX \"text\""), BAD, "a message is a literal" },
	{ LIT("APPEND INBOX (\\Recent) {5}"), BAD, "no flag of clients" },
	{ LIT("COPY 1:2 Sent"), PARSE_OK, "RFC 3501, 6.4.7" },
	{ LIT("UID COPY 1:* Sent"), PARSE_OK, "RFC 3501, 6.4.8" },
	{ LIT("COPY 3 Sent"), BAD, "no such message" },
	{ LIT("COPY 1"), BAD, "no mailbox" },
	{ LIT("MOVE 1 Sent"), PARSE_OK, "RFC 6851" },
	{ LIT("UID MOVE 7 Sent"), PARSE_OK, "no such UID is no error" },
	{ LIT("ENABLE CONDSTORE X-Y"), PARSE_OK, "RFC 5161" },
	{ LIT("ENABLE"), BAD, "nothing to enable" },
	{ LIT("EXPUNGE"), PARSE_OK, "RFC 3501, 6.4.3" },
	{ LIT("EXPUNGE 1"), BAD, "only UID EXPUNGE has a set" },
	{ LIT("UID EXPUNGE 1:2"), PARSE_OK, "RFC 4315, 2.1" },
	{ LIT("UID EXPUNGE"), BAD, "no set" },
	{ LIT("CLOSE"), PARSE_OK, "RFC 3501, 6.4.2" },
	{ LIT("FETCH 1:2 (FLAGS UID)"), PARSE_OK, "RFC 3501, 6.4.5" },
	{ LIT("UID FETCH 1:* FLAGS"), PARSE_OK, "RFC 3501, 6.4.8" },
	{ LIT("ID NIL"), PARSE_OK, "RFC 2971" },
	{ LIT("ID (\"name\" \"x\" \"os\" NIL)"), PARSE_OK, "fields" },
	{ LIT("ID"), BAD, "neither NIL nor fields" },
	{ LIT("IDLE"), PARSE_OK, "RFC 2177" },
	{ LIT("LIST \"\" *"), PARSE_OK, "RFC 3501, 6.3.8" },
	{ LIT("LIST (SUBSCRIBED) \"\" (a b) RETURN (CHILDREN)"), PARSE_OK,
	    "RFC 5258" },
	{ LIT("LIST \"\""), BAD, "no pattern" },
	{ LIT("LSUB \"\" %"), PARSE_OK, "RFC 3501, 6.3.9" },
	{ LIT("LSUB \"\" (a b)"), BAD, "one pattern" },
	{ LIT("CREATE a"), PARSE_OK, "RFC 3501, 6.3.3" },
	{ LIT("CREATE a (USE (\\Sent))"), PARSE_OK, "RFC 6154, 3" },
	{ LIT("CREATE a (USE)"), BAD, "no use" },
	{ LIT("DELETE a"), PARSE_OK, "RFC 3501, 6.3.4" },
	{ LIT("RENAME a b"), PARSE_OK, "RFC 3501, 6.3.5" },
	{ LIT("RENAME a"), BAD, "no new name" },
	{ LIT("SUBSCRIBE a"), PARSE_OK, "RFC 3501, 6.3.6" },
	{ LIT("UNSUBSCRIBE a"), PARSE_OK, "RFC 3501, 6.3.7" },
	{ LIT("SEARCH ALL"), PARSE_OK, "RFC 3501, 6.4.4" },
	{ LIT("SELECT INBOX"), PARSE_OK, "RFC 3501, 6.3.1" },
	{ LIT("SELECT INBOX (CONDSTORE)"), PARSE_OK, "RFC 7162, 3.1.8" },
	{ LIT("SELECT INBOX (X)"), BAD, "no such parameter" },
	{ LIT("EXAMINE INBOX"), PARSE_OK, "RFC 3501, 6.3.2" },
	{ LIT("UNSELECT"), PARSE_OK, "RFC 3691" },
	{ LIT("CAPABILITY"), PARSE_OK, "RFC 3501, 6.1.1" },
	{ LIT("CAPABILITY x"), BAD, "no arguments" },
	{ LIT("LOGOUT"), PARSE_OK, "RFC 3501, 6.1.3" },
	{ LIT("NAMESPACE"), PARSE_OK, "RFC 2342" },
	{ LIT("NOOP"), PARSE_OK, "RFC 3501, 6.1.2" },
	{ LIT("NOOP "), PARSE_OK, "a blank at the end is forgiven" },
	{ LIT("CHECK"), PARSE_OK, "RFC 3501, 6.4.1" },
	{ LIT("STATUS INBOX (MESSAGES UIDNEXT)"), PARSE_OK,
	    "RFC 3501, 6.3.10" },
	{ LIT("STATUS INBOX ()"), BAD, "no items" },
	{ LIT("STORE 1 +FLAGS.SILENT (\\Seen)"), PARSE_OK,
	    "RFC 3501, 6.4.6" },
	{ LIT("UID STORE 1 (UNCHANGEDSINCE 7) -FLAGS a b"), PARSE_OK,
	    "RFC 7162, 3.1.3" },
	{ LIT("STORE 1 FLAG (\\Seen)"), BAD, "no such item" },
	{ LIT("STORE 1 FLAGS (\\Recent)"), BAD, "no flag of clients" },
};

/*
 * Parsing these arguments needs a worker's configuration.  Here only their rows
 * are looked up; the suites imap_fetch and imap_search test the arguments.
 */
static bool
needs_conf(const struct command *row)
{
	return (row >= cmd_fetch.rows &&
	    row < cmd_fetch.rows + cmd_fetch.nrows) ||
	    (row >= cmd_search.rows &&
	    row < cmd_search.rows + cmd_search.nrows);
}

static struct session s;

static void
setup(void)
{
	su_setup();
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	memset(&s, 0, sizeof(s));
	s.names = name_style_default;
	s.store = su.store;
	s.view = su_select(su.proc, su.store, "INBOX");
	arena_init(&s.cmd.arena, 1 << 20);
}

static void
teardown(void)
{
	arena_clear(&s.cmd.arena);
	view_close(s.view);
	su_teardown();
}

/* Parse as the dispatcher does, and free the result. */
static enum parsed
parse(struct slice in, const struct command **row)
{
	struct slice text = unit_tight(in);
	enum parsed got = PARSE_OK;
	void *args = NULL;
	struct arg a;

	arg_init(&a, text, &s.cmd.arena, &s.names);
	*row = command_table_parse(&a, &s.cmd.uid);
	if (*row != NULL && needs_conf(*row)) {
		free((char *)text.p);
		return PARSE_OK;
	}
	if (*row != NULL && (*row)->args_size > 0)
		args = arena_calloc(&s.cmd.arena, 1, (*row)->args_size);
	if (*row == NULL)
		got = PARSE_BAD;
	else if ((*row)->parse != NULL)
		got = (*row)->parse(&s, &a, args);
	if (got == PARSE_OK && arg_end(&a) == -1)
		got = PARSE_BAD;
	if (got == PARSE_BAD)
		ck_row(in, "BAD says why", a.error != NULL);
	if (*row != NULL && (*row)->clear != NULL)
		(*row)->clear(args);
	free((char *)text.p);
	return got;
}

START_TEST(test_command_table_arguments)
{
	const struct command *row;

	ck_row_eq(lines[_i].in, lines[_i].why, parse(lines[_i].in, &row),
	    lines[_i].want);
	/* Every prefix is parsed or refused without reading past its end. */
	for (size_t n = 0; n < lines[_i].in.len; n++)
		(void)parse(slice_sub(lines[_i].in, 0, n), &row);
}
END_TEST

/* Each row of each family has a line here that is accepted. */
START_TEST(test_command_table_has_no_row_without_a_test)
{
	const struct command *found[NROWS(lines)] = { NULL };

	for (size_t i = 0; i < NROWS(lines); i++)
		if (lines[i].want != PARSE_BAD)
			(void)parse(lines[i].in, &found[i]);
	for (size_t f = 0; f < NROWS(families); f++)
		for (size_t r = 0; r < families[f]->nrows; r++) {
			const struct command *row = &families[f]->rows[r];
			bool tested = false;

			for (size_t i = 0; i < NROWS(lines); i++)
				tested = tested || found[i] == row;
			ck_row(row->name, "a row of lines[]", tested);
			ck_row(row->name, "allowed somewhere", row->in != 0);
			ck_row(row->name, "runs", row->run != NULL);
		}
}
END_TEST

Suite *
suite_command_table(void)
{
	Suite *suite = suite_create("command_table");
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc, test_command_table_name, 0, NROWS(names));
	suite_add_tcase(suite, tc);
	tc = tcase_create("arguments");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_command_table_arguments, 0, NROWS(lines));
	tcase_add_test(tc, test_command_table_has_no_row_without_a_test);
	suite_add_tcase(suite, tc);
	return suite;
}
