/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Search keys of IMAP: what the parser makes of them, as a tree. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "imapd/search_key.h"
#include "storage/store.h"
#include "tests/unit/util.h"

/* Keys in one command. */
#define KEYS_MAX	12

static char root[64];
static struct storage *storage;
static struct store *store;
static struct view *view;
static struct arena arena;

static void
setup(void)
{
	arena_init(&arena, 1024 * 1024);
}

static void
teardown(void)
{
	arena_clear(&arena);
}

static void
setup_view(void)
{
	static const struct storage_options options = {
		.message_max = 1 << 20,
		.mailbox_max = 100,
		.keyword_max = 64,
		.expunged_keep = 3600,
		.idle_close = 30,
		.sync_threads = 1,
	};
	struct store_error err;
	struct op *op;
	enum run r;

	setup();
	(void)snprintf(root, sizeof(root), "/tmp/penfold-search-XXXXXX");
	ck_assert(mkdtemp(root) != NULL);
	storage = storage_new(&options);
	store = store_open(storage, SLICE_LIT("user"), slice_str(root), &err);
	ck_assert_msg(store != NULL, "%s", err.text);
	op = select_new(store, SLICE_LIT("INBOX"), 0);
	while ((r = op_run(op)) != RUN_DONE) {
		ck_assert_msg(r != RUN_FAIL, "%s", op_error(op)->text);
		(void)usleep(1000);
		storage_dispatch(storage);
	}
	view = view_take(op);
	op_free(op);
}

static void
teardown_view(void)
{
	char cmd[128];

	view_close(view);
	store_close(store);
	storage_free(storage);
	teardown();
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", root);
	ck_assert_int_eq(system(cmd), 0);
}

static const char *const names[] = {
	[SEARCH_ALL] = "all",
	[SEARCH_AND] = "and",
	[SEARCH_OR] = "or",
	[SEARCH_NOT] = "not",
	[SEARCH_UIDS] = "uids",
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

/* "(and (flag 1) (header From x))" */
static void
print(struct buf *out, const struct search_node *node)
{
	ck_assert_int_eq(buf_addf(out, "(%s", names[node->key]), 0);
	if (node->number != 0)
		ck_assert_int_eq(buf_addf(out, " %" PRIu64, node->number), 0);
	if (node->header.p != NULL)
		ck_assert_int_eq(buf_addf(out, " %.*s",
		    SLICE_ARG(node->header)), 0);
	if (node->text.p != NULL)
		ck_assert_int_eq(buf_addf(out, " <%.*s>",
		    SLICE_ARG(node->text)), 0);
	for (const struct search_node *kid = node->kids; kid != NULL;
	    kid = kid->next) {
		ck_assert_int_eq(buf_addc(out, ' '), 0);
		print(out, kid);
	}
	ck_assert_int_eq(buf_addc(out, ')'), 0);
}

#define NOT_10	"NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT "

struct row {
	const char	*charset;	/* or NULL */
	struct slice	 in;
	const char	*want;		/* NULL: refused */
};

static const struct row rows[] = {
	{ NULL, LIT("ALL"), "(and (all))" },
	{ NULL, LIT("all"), "(and (all))" },
	{ NULL, LIT("SEEN UNSEEN"), "(and (flag 1) (not (flag 1)))" },
	{ NULL, LIT("DELETED UNDELETED"), "(and (flag 8) (not (flag 8)))" },
	{ NULL, LIT("RECENT"), "(and (recent))" },
	{ NULL, LIT("OLD"), "(and (not (recent)))" },
	{ NULL, LIT("NEW"), "(and (and (recent) (not (flag 1))))" },
	{ NULL, LIT("NOT ALL"), "(and (not (all)))" },
	{ NULL, LIT("NOT NOT ALL"), "(and (not (not (all))))" },
	{ NULL, LIT("OR ALL SEEN"), "(and (or (all) (flag 1)))" },
	{ NULL, LIT("OR OR ALL SEEN NOT ALL RECENT"),
	    "(and (or (or (all) (flag 1)) (not (all))) (recent))" },
	{ NULL, LIT("OR (ALL SEEN) (RECENT)"),
	    "(and (or (and (all) (flag 1)) (and (recent))))" },
	{ NULL, LIT("(ALL (SEEN) ALL)"), "(and (and (all) (and (flag 1)) "
	    "(all)))" },
	{ NULL, LIT("NOT (ALL) SEEN"), "(and (not (and (all))) (flag 1))" },
	{ NULL, LIT("FROM a"), "(and (header FROM <a>))" },
	{ NULL, LIT("subject \"a b\""), "(and (header SUBJECT <a b>))" },
	{ NULL, LIT("BCC {2}\r\nab TO {1+}\r\nc CC \"\""),
	    "(and (header BCC <ab>) (header TO <c>) (header CC <>))" },
	{ NULL, LIT("HEADER X-Y \"z\""), "(and (header X-Y <z>))" },
	{ NULL, LIT("HEADER \"\" \"\""), "(and (header  <>))" },
	{ NULL, LIT("BODY a TEXT b"), "(and (body <a>) (text <b>))" },
	{ NULL, LIT("KEYWORD $a UNKEYWORD b"),
	    "(and (keyword <$a>) (not (keyword <b>)))" },
	{ NULL, LIT("LARGER 1 SMALLER 4294967295"),
	    "(and (larger 1) (smaller 4294967295))" },
	{ NULL, LIT("BEFORE 2-Jan-1970 ON \"3-Jan-1970\" SINCE 04-jan-1970"),
	    "(and (before 1) (on 2) (since 3))" },
	{ NULL, LIT("SENTBEFORE 2-Jan-1970 SENTON 3-Jan-1970 "
	    "SENTSINCE 1-Jan-1900"),
	    "(and (sentbefore 1) (senton 2) (sentsince))" },
	{ NULL, LIT("MODSEQ 12"), "(and (modseq 12))" },
	{ NULL, LIT("MODSEQ \"/flags/\\\\draft\" all 12"),
	    "(and (modseq 12))" },
	{ NULL, LIT("MODSEQ \"/flags/a\" shared 0"), "(and (modseq))" },
	{ "UTF-8", LIT("SUBJECT \"\xc3\xa4\""),
	    "(and (header SUBJECT <\xc3\xa4>))" },
	{ "ISO-8859-1", LIT("BODY {1}\r\n\xe4"), "(and (body <\xc3\xa4>))" },
	{ NULL, LIT(NOT_10 NOT_10 "ALL"), NULL },	/* KEYS_MAX */
	{ NULL, LIT("ALL ALL ALL ALL ALL ALL ALL ALL ALL ALL ALL ALL ALL"),
	    NULL },
	{ NULL, LIT(""), NULL },
	{ NULL, LIT("FOO"), NULL },
	{ NULL, LIT("ALL  SEEN"), NULL },
	{ NULL, LIT("(ALL"), NULL },
	{ NULL, LIT("(ALL) )"), NULL },
	{ NULL, LIT("()"), NULL },
	{ NULL, LIT("(ALL)(SEEN)"), NULL },
	{ NULL, LIT("NOT"), NULL },
	{ NULL, LIT("OR ALL"), NULL },
	{ NULL, LIT("OR (ALL SEEN)"), NULL },
	{ NULL, LIT("FROM"), NULL },
	{ NULL, LIT("FROM (a)"), NULL },
	{ NULL, LIT("HEADER a"), NULL },
	{ NULL, LIT("KEYWORD \\Seen"), NULL },
	{ NULL, LIT("KEYWORD \"a\""), NULL },
	{ NULL, LIT("LARGER -1"), NULL },
	{ NULL, LIT("LARGER 4294967296"), NULL },
	{ NULL, LIT("ON 31-Feb-2000"), NULL },
	{ NULL, LIT("ON yesterday"), NULL },
	{ NULL, LIT("MODSEQ"), NULL },
	{ NULL, LIT("MODSEQ 9223372036854775808"), NULL },
	{ NULL, LIT("MODSEQ \"/flags/a\" 1"), NULL },
	{ NULL, LIT("MODSEQ \"/flags/a\" public 1"), NULL },
	{ NULL, LIT("RETURN (ALL)"), NULL },
};

/* Message sets, in a mailbox without messages. */
static const struct row sets[] = {
	{ NULL, LIT("UID 1:*,7"), "(and (uids))" },
	{ NULL, LIT("1:*"), "(and (uids))" },
	{ NULL, LIT("NOT *"), "(and (not (uids)))" },
	{ NULL, LIT("7"), NULL },			/* no such message */
	{ NULL, LIT("UID"), NULL },
	{ NULL, LIT("UID 0"), NULL },
	{ NULL, LIT("UID 1:2:3"), NULL },
	{ NULL, LIT("1,"), NULL },
};

static int
parse(const struct row *row, struct slice text, struct search_keys *k,
    struct arg *a)
{
	*k = (struct search_keys){ 0 };
	if (row->charset != NULL)
		k->charset = slice_str(row->charset);
	arg_init(a, text, &arena, '/');
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
		ck_assert_int_eq(rv, -1);
		ck_assert_ptr_nonnull(a.error);
	} else {
		ck_assert_msg(rv == 0, "refused: %s", a.error);
		ck_assert(!k.bad_charset);
		buf_init(&out, 4096);
		print(&out, k.root);
		ck_slice_eq(buf_slice(&out), slice_str(row->want));
		buf_clear(&out);
	}
	search_keys_clear(&k);
	free((void *)(uintptr_t)text.p);
}

/* Every beginning is refused or parsed, never overrun. */
static void
check_cut(const struct row *row)
{
	for (size_t len = 0; len < row->in.len; len++) {
		struct slice text = unit_tight(slice_sub(row->in, 0, len));
		struct search_keys k;
		struct arg a;

		if (parse(row, text, &k, &a) == -1)
			ck_assert_ptr_nonnull(a.error);
		ck_assert(a.p <= a.end);
		search_keys_clear(&k);
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

/* 32 levels are taken and 33 are not, whatever they are made of. */
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
			ck_assert_int_eq(buf_addc(&text, ')'), 0);
		arg_init(&a, buf_slice(&text), &arena, '/');
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

	arg_init(&a, SLICE_LIT("BODY \"a\" ALL"), &arena, '/');
	ck_assert_int_eq(search_keys_parse(&a, view, KEYS_MAX, &k), 0);
	ck_assert(k.bad_charset);
	ck_assert_uint_eq(k.nkeys, 2);
}
END_TEST

Suite *
suite_imap_search(void)
{
	Suite *s = suite_create("imap_search");
	TCase *tc = tcase_create("keys");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_search_keys, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_search_keys_depth, 0, 3);
	tcase_add_test(tc, test_search_charset_unknown);
	suite_add_tcase(s, tc);
	tc = tcase_create("sets");
	tcase_add_checked_fixture(tc, setup_view, teardown_view);
	tcase_add_loop_test(tc, test_search_sets, 0, NROWS(sets));
	suite_add_tcase(s, tc);
	return s;
}
