/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Search keys of IMAP, and the trees that the parser makes of them. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imapd/command.h"
#include "imapd/search_key.h"
#include "tests/unit/storeutil.h"

/* Maximum number of keys in a command. */
#define KEYS_MAX	12

static struct view *view;
static void
setup_view(void)
{
	unit_arena_setup();
	su_setup();
	view = su_select(su.proc, su.store, "INBOX");
}

static void
setup_gaps(void)
{
	unit_arena_setup();
	su_setup();
	view = su_select_gaps();
}

static void
teardown_view(void)
{
	view_close(view);
	su_teardown();
	unit_arena_teardown();
}

static const char *const names[] = {
	[SEARCH_ALL] = "all",
	[SEARCH_AND] = "and",
	[SEARCH_OR] = "or",
	[SEARCH_NOT] = "not",
	[SEARCH_UIDS] = "uids",
	[SEARCH_SEQS] = "seqs",
	[SEARCH_FLAG] = "flag",
	[SEARCH_KEYWORD] = "keyword",
	[SEARCH_RECENT] = "recent",
	[SEARCH_LARGER] = "larger",
	[SEARCH_SMALLER] = "smaller",
	[SEARCH_BEFORE] = "before",
	[SEARCH_ON] = "on",
	[SEARCH_SINCE] = "since",
	[SEARCH_SENTBEFORE] = "sentbefore",
	[SEARCH_SENTON] = "senton",
	[SEARCH_SENTSINCE] = "sentsince",
	[SEARCH_HEADER] = "header",
	[SEARCH_BODY] = "body",
	[SEARCH_TEXT] = "text",
	[SEARCH_MODSEQ] = "modseq",
};

/* Print a tree as "(and (flag 1) (header From x))". */
static void
print(struct buf *out, const struct search_node *node)
{
	ck_assert_int_eq(buf_add_fmt(out, "(%s", names[node->key]), 0);
	if (node->number != 0)
		ck_assert_int_eq(buf_add_fmt(out, " %" PRIu64,
		    node->number), 0);
	if (node->day != 0)
		ck_assert_int_eq(buf_add_fmt(out, " %" PRId32, node->day), 0);
	if (node->ids != NULL && !idset_empty(node->ids)) {
		ck_assert_int_eq(buf_add_char(out, ' '), 0);
		ck_assert_int_eq(idset_print(node->ids, out), 0);
	}
	if (node->header.p != NULL)
		ck_assert_int_eq(buf_add_fmt(out, " %.*s",
		    SLICE_ARG(node->header)), 0);
	if (node->text.p != NULL)
		ck_assert_int_eq(buf_add_fmt(out, " <%.*s>",
		    SLICE_ARG(node->text)), 0);
	for (const struct search_node *kid = node->kids; kid != NULL;
	    kid = kid->next) {
		ck_assert_int_eq(buf_add_char(out, ' '), 0);
		print(out, kid);
	}
	ck_assert_int_eq(buf_add_char(out, ')'), 0);
}

#define NOT_10	"NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT "

struct row {
	const char	*charset;	/* or NULL */
	struct slice	 in;
	const char	*want;		/* NULL: refused */
	const char	*why;
};

static const struct row rows[] = {
	{ NULL, LIT("ALL"), "(and (all))", "ALL" },
	{ NULL, LIT("all"), "(and (all))", "a key has no case" },
	{ NULL, LIT("SEEN UNSEEN"), "(and (flag 1) (not (flag 1)))",
	    "keys of system flags" },
	{ NULL, LIT("DELETED UNDELETED"), "(and (flag 8) (not (flag 8)))",
	    "another flag" },
	{ NULL, LIT("RECENT"), "(and (recent))",
	    "\\Recent is no flag of the store" },
	{ NULL, LIT("OLD"), "(and (not (recent)))", "OLD is NOT RECENT" },
	{ NULL, LIT("NEW"), "(and (and (recent) (not (flag 1))))",
	    "NEW is RECENT UNSEEN" },
	{ NULL, LIT("NOT ALL"), "(and (not (all)))", "NOT" },
	{ NULL, LIT("NOT NOT ALL"), "(and (not (not (all))))", "NOT twice" },
	{ NULL, LIT("OR ALL SEEN"), "(and (or (all) (flag 1)))", "OR" },
	{ NULL, LIT("OR OR ALL SEEN NOT ALL RECENT"),
	    "(and (or (or (all) (flag 1)) (not (all))) (recent))", "OR in OR" },
	{ NULL, LIT("OR (ALL SEEN) (RECENT)"),
	    "(and (or (and (all) (flag 1)) (and (recent))))", "OR of lists" },
	{ NULL, LIT("(ALL (SEEN) ALL)"), "(and (and (all) (and (flag 1)) "
	    "(all)))", "lists in lists" },
	{ NULL, LIT("NOT (ALL) SEEN"), "(and (not (and (all))) (flag 1))",
	    "NOT takes one key" },
	{ NULL, LIT("FROM a"), "(and (header FROM <a>))",
	    "a header field by its own name" },
	{ NULL, LIT("subject \"a b\""), "(and (header SUBJECT <a b>))",
	    "in quotes" },
	{ NULL, LIT("BCC {2}\r\nab TO {1+}\r\nc CC \"\""),
	    "(and (header BCC <ab>) (header TO <c>) (header CC <>))",
	    "in literals, and empty" },
	{ NULL, LIT("HEADER X-Y \"z\""), "(and (header X-Y <z>))", "HEADER" },
	{ NULL, LIT("HEADER \"\" \"\""), "(and (header  <>))",
	    "HEADER of an empty name" },
	{ NULL, LIT("BODY a TEXT b"), "(and (body <a>) (text <b>))",
	    "BODY and TEXT" },
	{ NULL, LIT("KEYWORD $a UNKEYWORD b"),
	    "(and (keyword <$a>) (not (keyword <b>)))", "keywords" },
	{ NULL, LIT("LARGER 1 SMALLER 4294967295"),
	    "(and (larger 1) (smaller 4294967295))", "sizes" },
	{ NULL, LIT("BEFORE 2-Jan-1970 ON \"3-Jan-1970\" SINCE 04-jan-1970"),
	    "(and (before 1) (on 2) (since 3))",
	    "dates, with and without quotes" },
	{ NULL, LIT("SENTBEFORE 2-Jan-1970 SENTON 3-Jan-1970 "
	    "SENTSINCE 1-Jan-1900"),
	    "(and (sentbefore 1) (senton 2) (sentsince -25567))",
	    "dates of the Date field" },
	{ NULL, LIT("ON 31-Dec-1969 BEFORE 30-Dec-1969 SINCE 1-Jan-0000"),
	    "(and (on -1) (before -2) (since -719528))", "days before 1970" },
	{ NULL, LIT("MODSEQ 12"), "(and (modseq 12))",
	    "MODSEQ (RFC 7162, 3.1.5)" },
	{ NULL, LIT("MODSEQ \"/flags/\\\\draft\" all 12"),
	    "(and (modseq 12))", "MODSEQ with an entry" },
	{ NULL, LIT("MODSEQ \"/flags/a\" shared 0"), "(and (modseq))",
	    "an entry of a keyword" },
	{ "UTF-8", LIT("SUBJECT \"\xc3\xa4\""),
	    "(and (header SUBJECT <\xc3\xa4>))", "UTF-8" },
	{ "ISO-8859-1", LIT("BODY {1}\r\n\xe4"), "(and (body <\xc3\xa4>))",
	    "another charset" },
	{ NULL, LIT(NOT_10 NOT_10 "ALL"), NULL, "KEYS_MAX: NOT counts" },
	{ NULL, LIT("ALL ALL ALL ALL ALL ALL ALL ALL ALL ALL ALL ALL ALL"),
	    NULL, "KEYS_MAX: keys count" },
	{ NULL, LIT(""), NULL, "no key" },
	{ NULL, LIT("FOO"), NULL, "no such key" },
	{ NULL, LIT("ALL  SEEN"), NULL, "two blanks" },
	{ NULL, LIT("(ALL"), NULL, "a list without its end" },
	{ NULL, LIT("(ALL) )"), NULL, "a parenthesis too many" },
	{ NULL, LIT("()"), NULL, "an empty list" },
	{ NULL, LIT("(ALL)(SEEN)"), NULL, "no blank between lists" },
	{ NULL, LIT("NOT"), NULL, "NOT of nothing" },
	{ NULL, LIT("OR ALL"), NULL, "OR of one" },
	{ NULL, LIT("OR (ALL SEEN)"), NULL, "OR of one list" },
	{ NULL, LIT("FROM"), NULL, "no string" },
	{ NULL, LIT("FROM (a)"), NULL, "a list in place of a string" },
	{ NULL, LIT("HEADER a"), NULL, "HEADER without a string" },
	{ NULL, LIT("KEYWORD \\Seen"), NULL, "a system flag is no keyword" },
	{ NULL, LIT("KEYWORD \"a\""), NULL, "a quoted keyword" },
	{ NULL, LIT("LARGER -1"), NULL, "a sign" },
	{ NULL, LIT("LARGER 4294967296"), NULL, "does not fit 32 bits" },
	{ NULL, LIT("ON 31-Feb-2000"), NULL, "no such day" },
	{ NULL, LIT("ON yesterday"), NULL, "no date" },
	{ NULL, LIT("MODSEQ"), NULL, "MODSEQ without a number" },
	{ NULL, LIT("MODSEQ 9223372036854775808"), NULL, "more than 63 bits" },
	{ NULL, LIT("MODSEQ \"/flags/a\" 1"), NULL,
	    "an entry without its type" },
	{ NULL, LIT("MODSEQ \"/flags/a\" public 1"), NULL, "no such type" },
	{ NULL, LIT("RETURN (ALL)"), NULL, "RETURN is no key" },
};

/* Message sets in an empty mailbox. */
static const struct row sets[] = {
	{ NULL, LIT("UID 1:*,7"), "(and (uids 7))",
	    "UIDs that are not there are fine" },
	{ NULL, LIT("1:*"), "(and (seqs))", "an empty mailbox" },
	{ NULL, LIT("NOT *"), "(and (not (seqs)))", "* in an empty mailbox" },
	{ NULL, LIT("7"), NULL, "no such message" },
	{ NULL, LIT("UID"), NULL, "no set" },
	{ NULL, LIT("UID 0"), NULL, "nz-number" },
	{ NULL, LIT("UID 1:2:3"), NULL, "three ends" },
	{ NULL, LIT("1,"), NULL, "nothing after a comma" },
};

/*
 * Message sets in a mailbox with the UIDs 2, 4 and 5: they stay as they are
 * written, so that no set is larger than its text.
 */
static const struct row sets_in_gaps[] = {
	{ NULL, LIT("UID 1:*"), "(and (uids 1:5))", "all UIDs" },
	{ NULL, LIT("UID 9:3,1"), "(and (uids 1,3:9))",
	    "UIDs that are not there" },
	{ NULL, LIT("1:*"), "(and (seqs 1:3))", "all messages" },
	{ NULL, LIT("NOT 3,1"), "(and (not (seqs 1,3)))", "numbers" },
	{ NULL, LIT("4"), NULL, "no such message" },
	{ NULL, LIT("1:4"), NULL, "a range that is too long" },
};

static int
parse(const struct row *row, struct slice text, struct search_keys *k,
    struct arg *a)
{
	*k = (struct search_keys){ 0 };
	if (row->charset != NULL)
		k->charset = slice_str(row->charset);
	arg_init(a, text, &unit_arena, NULL);
	if (search_keys_parse(a, view, KEYS_MAX, k) == -1)
		return -1;
	return arg_end(a);
}

static void
check_row(const struct row *row)
{
	struct slice text = unit_tight(row->in);
	struct search_keys k;
	struct buf out;
	struct arg a;
	int rv;

	rv = parse(row, text, &k, &a);
	if (row->want == NULL) {
		ck_row_eq(text, row->why, rv, -1);
		ck_row(text, row->why, a.error != NULL);
	} else {
		ck_row_eq(text, row->why, a.error, (const char *)NULL);
		ck_row_eq(text, row->why, rv, 0);
		ck_row(text, row->why, !k.bad_charset);
		buf_init(&out, 4096);
		print(&out, k.root);
		ck_row_eq(text, row->why, buf_slice(&out), row->want);
		buf_clear(&out);
	}
	free((void *)(uintptr_t)text.p);
}

/* Every prefix is parsed or refused without reading past its end. */
static void
check_cut(const struct row *row)
{
	for (size_t len = 0; len < row->in.len; len++) {
		struct slice text = unit_tight(slice_sub(row->in, 0, len));
		struct search_keys k;
		struct arg a;

		if (parse(row, text, &k, &a) == -1)
			ck_row(text, row->why, a.error != NULL);
		ck_row(text, row->why, a.p <= a.end);
			free((void *)(uintptr_t)text.p);
	}
}

START_TEST(test_search_keys)
{
	check_row(&rows[_i]);
	check_cut(&rows[_i]);
}
END_TEST

START_TEST(test_search_sets)
{
	check_row(&sets[_i]);
	check_cut(&sets[_i]);
}
END_TEST

START_TEST(test_search_sets_in_gaps)
{
	check_row(&sets_in_gaps[_i]);
	check_cut(&sets_in_gaps[_i]);
}
END_TEST

/* 32 levels of nesting are accepted and 33 are not, whatever the keys. */
START_TEST(test_search_keys_depth)
{
	static const char *const words[] = { "NOT ", "(", "OR ALL " };
	struct search_keys k = { 0 };
	struct buf text;
	struct arg a;
	int depth;

	buf_init(&text, 4096);
	for (depth = 1; depth <= ARG_DEPTH_MAX; depth++) {
		buf_truncate(&text, 0);
		for (int i = 0; i < depth; i++)
			ck_assert_int_eq(buf_add_str(&text, words[_i]), 0);
		ck_assert_int_eq(buf_add_str(&text, "ALL"), 0);
		for (int i = 0; words[_i][0] == '(' && i < depth; i++)
			ck_assert_int_eq(buf_add_char(&text, ')'), 0);
		arg_init(&a, buf_slice(&text), &unit_arena, NULL);
		k = (struct search_keys){ 0 };
		ck_assert_int_eq(search_keys_parse(&a, view, 1000, &k),
		    depth < ARG_DEPTH_MAX ? 0 : -1);
	}
	buf_clear(&text);
}
END_TEST

START_TEST(test_search_charset_unknown)
{
	struct search_keys k = { .charset = SLICE_LIT("X-FOO") };
	struct arg a;

	arg_init(&a, SLICE_LIT("BODY \"a\" ALL"), &unit_arena, NULL);
	ck_assert_int_eq(search_keys_parse(&a, view, KEYS_MAX, &k), 0);
	ck_assert(k.bad_charset);
	ck_assert_uint_eq(k.nkeys, 2);
}
END_TEST

/*
 * The command itself, in a mailbox with the UIDs 2, 4 and 5.  Message 2 changed
 * last and message 1 first: their mod-sequences are c, a, and b of message 3.
 */
static struct session s;
static struct buf out;

static void
setup_command(void)
{
	unit_arena_setup();
	su_setup();
	view = su_select_gaps();
	su_set_flags(su.proc, view, 5, FLAGS_ADD, FLAG_DRAFT, NULL);
	su_set_flags(su.proc, view, 4, FLAGS_ADD, FLAG_DRAFT, NULL);
	su_sync(view);
	buf_init(&out, BUF_NOCAP);
	s = (struct session){
		.view = view, .condstore_told = true,
		.search_terms = KEYS_MAX, .cmd.tag = SLICE_LIT("t"),
	};
	arena_init(&s.cmd.arena, 1 << 20);
	reply_init(&s.reply, &out);
}

static void
teardown_command(void)
{
	arena_clear(&s.cmd.arena);
	buf_clear(&out);
	teardown_view();
}

extern const struct command_family cmd_search;

/* Parse the arguments of SEARCH; the caller clears what is returned. */
static void *
command(const char *text, bool uid)
{
	void *args = arena_calloc(&s.cmd.arena, 1, cmd_search.rows->args_size);
	struct arg a;

	s.cmd.uid = uid;
	arg_init(&a, slice_str(text), &s.cmd.arena, NULL);
	ck_assert_msg(cmd_search.rows->parse(&s, &a, args) == PARSE_OK, "%s",
	    a.error);
	return args;
}

/* The output, with letters in place of mod-sequences. */
static const char *
said(void)
{
	static char text[512];
	char number[32];
	uint64_t modseq;
	struct flags flags;
	char *at;

	(void)snprintf(text, sizeof(text), "%.*s",
	    SLICE_ARG(buf_slice(&out)));
	for (uint32_t seq = 1; seq <= 3; seq++) {
		view_flags(view, seq, &flags, &modseq);
		(void)snprintf(number, sizeof(number), "%" PRIu64, modseq);
		if ((at = strstr(text, number)) == NULL)
			continue;
		*at = "acb"[seq - 1];
		memmove(at + 1, at + strlen(number),
		    strlen(at + strlen(number)) + 1);
	}
	return text;
}

static const struct {
	const char	*in;
	bool		 uid;
	const char	*want;
	const char	*why;
} commands[] = {
	{ " ALL", false, "* SEARCH 1 2 3", "sequence numbers" },
	{ " ALL", true, "* SEARCH 2 4 5", "UIDs (RFC 3501, 6.4.8)" },
	{ " DRAFT", false, "* SEARCH 2 3", "numbers that follow a gap" },
	{ " NOT 2", false, "* SEARCH 1 3", "numbers with a gap" },
	{ " NOT ALL", false, "* SEARCH", "none" },
	{ " MODSEQ 1", false, "* SEARCH 1 2 3 (MODSEQ c)",
	    "the highest of all found (RFC 7162, 3.1.5)" },
	{ " MODSEQ 1 NOT 2", true, "* SEARCH 2 5 (MODSEQ b)",
	    "not of the mailbox" },
	{ " MODSEQ 1 NOT ALL", false, "* SEARCH", "none has no MODSEQ" },
	{ " RETURN () ALL", false, "* ESEARCH (TAG \"t\") ALL 1:3",
	    "the extended response" },
	{ " RETURN (MIN MAX) ALL", true,
	    "* ESEARCH (TAG \"t\") UID MIN 2 MAX 5", "of UIDs" },
	{ " RETURN (COUNT) MODSEQ 1", false,
	    "* ESEARCH (TAG \"t\") COUNT 3 MODSEQ c",
	    "COUNT stands for all messages" },
	{ " RETURN (MIN ALL) MODSEQ 1", false,
	    "* ESEARCH (TAG \"t\") MIN 1 ALL 1:3 MODSEQ c", "so does ALL" },
	{ " RETURN (MIN) MODSEQ 1", false,
	    "* ESEARCH (TAG \"t\") MIN 1 MODSEQ a",
	    "of the message that is named (RFC 7162, 3.1.10)" },
	{ " RETURN (MAX) MODSEQ 1", false,
	    "* ESEARCH (TAG \"t\") MAX 3 MODSEQ b", "the same" },
	{ " RETURN (MIN MAX) MODSEQ 1", false,
	    "* ESEARCH (TAG \"t\") MIN 1 MAX 3 MODSEQ b",
	    "the higher of both" },
	{ " RETURN (MIN MAX) MODSEQ 1 1:2", true,
	    "* ESEARCH (TAG \"t\") UID MIN 2 MAX 4 MODSEQ c",
	    "the same with UIDs" },
	{ " RETURN (MIN COUNT) MODSEQ 1 NOT ALL", false,
	    "* ESEARCH (TAG \"t\") COUNT 0", "none has no MODSEQ" },
};

START_TEST(test_search_command)
{
	const char *in = commands[_i].in, *why = commands[_i].why;
	void *args = command(in, commands[_i].uid);
	char want[128];

	ck_row(in, why, cmd_search.rows->run(&s, args) == RUN_DONE);
	(void)snprintf(want, sizeof(want), "%s\r\n", commands[_i].want);
	ck_row_eq(in, why, said(), want);
	cmd_search.rows->clear(args);
}
END_TEST

/* RFC 9051, 7.5.1: UID SEARCH with sequence numbers holds EXPUNGE back. */
START_TEST(test_search_command_seqnums)
{
	static const struct {
		const char	*in;
		bool		 want;
	} keys[] = { { " UID 2", false }, { " 1", true }, { " NOT 1", true } };
	void *args;

	for (size_t i = 0; i < NROWS(keys); i++) {
		s.cmd.seqnums = false;
		args = command(keys[i].in, true);
		ck_row_eq(keys[i].in, "uses sequence numbers", s.cmd.seqnums,
		    keys[i].want);
		cmd_search.rows->clear(args);
	}
}
END_TEST

START_TEST(test_search_command_bad_charset)
{
	void *args = command(" CHARSET X-NONE BODY a", false);

	ck_assert(cmd_search.rows->run(&s, args) == RUN_FAIL);
	ck_assert(s.cmd.answer.status == STATUS_NO);
	ck_assert(s.cmd.answer.code == CODE_BADCHARSET);
	ck_assert_uint_eq(buf_len(&out), 0);
	cmd_search.rows->clear(args);
}
END_TEST

/* A long response is printed in pieces, as the output has room. */
START_TEST(test_search_command_in_pieces)
{
	void *args = command(" ALL", false);
	size_t fill = WCONN_HIGH - 10;

	ck_assert_int_eq(buf_add_fmt(&out, "%*s", (int)fill, ""), 0);
	ck_assert(cmd_search.rows->run(&s, args) == RUN_MORE);
	ck_slice_eq(slice_from(buf_slice(&out), fill), "* SEARCH 1");
	/* There is room for one number, which fills it. */
	buf_consume(&out, 1);
	ck_assert(cmd_search.rows->run(&s, args) == RUN_MORE);
	ck_slice_eq(slice_from(buf_slice(&out), fill - 1), "* SEARCH 1 2");
	buf_consume(&out, fill - 1);
	ck_assert(cmd_search.rows->run(&s, args) == RUN_DONE);
	ck_slice_eq(buf_slice(&out), "* SEARCH 1 2 3\r\n");
	cmd_search.rows->clear(args);
}
END_TEST

Suite *
suite_imap_search(void)
{
	Suite *suite = suite_create("imap_search");
	TCase *tc = tcase_create("keys");

	tcase_add_checked_fixture(tc, unit_arena_setup,
	    unit_arena_teardown);
	tcase_add_loop_test(tc, test_search_keys, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_search_keys_depth, 0, 3);
	tcase_add_test(tc, test_search_charset_unknown);
	suite_add_tcase(suite, tc);
	tc = tcase_create("sets");
	tcase_add_checked_fixture(tc, setup_view, teardown_view);
	tcase_add_loop_test(tc, test_search_sets, 0, NROWS(sets));
	suite_add_tcase(suite, tc);
	tc = tcase_create("gaps");
	tcase_add_checked_fixture(tc, setup_gaps, teardown_view);
	tcase_add_loop_test(tc, test_search_sets_in_gaps, 0,
	    NROWS(sets_in_gaps));
	suite_add_tcase(suite, tc);
	tc = tcase_create("command");
	tcase_add_checked_fixture(tc, setup_command, teardown_command);
	tcase_add_loop_test(tc, test_search_command, 0, NROWS(commands));
	tcase_add_test(tc, test_search_command_seqnums);
	tcase_add_test(tc, test_search_command_bad_charset);
	tcase_add_test(tc, test_search_command_in_pieces);
	suite_add_tcase(suite, tc);
	return suite;
}
