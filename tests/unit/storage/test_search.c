/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* SEARCH over messages on disk. */
#include "config.h"

#include "storage/store.h"
#include "tests/unit/storeutil.h"

static uint64_t
search(struct view *v, struct search_node *node)
{
	struct op *op = search_new(v, node);
	uint64_t n;

	su_must(su.proc, op);
	n = idset_count(&search_result(op)->uids);
	op_free(op);
	return n;
}

START_TEST(test_search)
{
	struct search_node node = { .key = SEARCH_HEADER };
	struct search_node not = { .key = SEARCH_NOT };
	struct view *v;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, FLAG_SEEN);
	su_deliver("1000000000.two", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	node.header = SLICE_LIT("subject");
	node.text = SLICE_LIT("TWO");
	ck_assert_uint_eq(search(v, &node), 1);
	node.text = SLICE_LIT("");
	ck_assert_uint_eq(search(v, &node), 2);
	node.key = SEARCH_BODY;
	node.text = SLICE_LIT("Line");
	ck_assert_uint_eq(search(v, &node), 1);
	node.text = SLICE_LIT("example");
	ck_assert_uint_eq(search(v, &node), 0);
	node.key = SEARCH_TEXT;
	ck_assert_uint_eq(search(v, &node), 2);
	node.key = SEARCH_FLAG;
	node.number = FLAG_SEEN;
	not.kids = &node;
	ck_assert_uint_eq(search(v, &not), 1);
	node.key = SEARCH_SMALLER;
	node.number = 10;
	ck_assert_uint_eq(search(v, &node), 0);
	view_close(v);
}
END_TEST

/*
 * Fields and dates that the gist has, fields that it lacks, and a message whose
 * fields are too long for its gist: searches give the same, alone and combined.
 */
START_TEST(test_search_with_and_without_gist)
{
	struct search_node list = { .key = SEARCH_HEADER,
				    .header = SLICE_LIT("List-Id"),
				    .text = SLICE_LIT("news") };
	struct search_node node = { .key = SEARCH_HEADER,
				    .header = SLICE_LIT("To") };
	struct search_node sent = { .key = SEARCH_SENTON,
				    .day = 8803 };
	struct search_node or = { .key = SEARCH_OR, .kids = &node };
	struct buf b;
	struct view *v;

	buf_init(&b, BUF_NOCAP);
	for (int i = 0; i < 2000; i++)
		(void)buf_add_fmt(&b, "To: user%d@example.org\n", i);
	(void)buf_add_str(&b, "Date: 7 Feb 1994 21:52:25 -0800\n"
	    "List-Id: News\n\nx\n");
	(void)buf_add_char(&b, '\0');
	su_deliver("1000000000.long", buf_slice(&b).p);
	su_deliver("1000000001.short", "To: user1@example.org\n\nbody\n");
	v = su_select(su.proc, su.store, "INBOX");
	for (int again = 0; again < 2; again++) {
		node.text = SLICE_LIT("USER1@");
		ck_assert_uint_eq(search(v, &node), 2);
		node.text = SLICE_LIT("user1999@");
		ck_assert_uint_eq(search(v, &node), 1);
		node.text = SLICE_LIT("nobody");
		ck_assert_uint_eq(search(v, &node), 0);
		ck_assert_uint_eq(search(v, &list), 1);
		ck_assert_uint_eq(search(v, &sent), 1);
		node.next = &list;
		ck_assert_uint_eq(search(v, &or), 1);
		node.text = SLICE_LIT("user1@");
		ck_assert_uint_eq(search(v, &or), 2);
		node.next = NULL;
	}
	view_close(v);
	buf_clear(&b);
}
END_TEST

/* What the rounds find, each in the order of UIDs, is one result. */
START_TEST(test_search_in_rounds)
{
	struct search_node root = { .key = SEARCH_OR };
	struct search_node flag = { .key = SEARCH_FLAG,
				    .number = FLAG_FLAGGED };
	struct search_node subject = { .key = SEARCH_HEADER,
				       .header = SLICE_LIT("Subject"),
				       .text = SLICE_LIT("two words") };
	struct search_node body = { .key = SEARCH_BODY,
				    .text = SLICE_LIT("body") };
	const uint32_t flags[] = { FLAG_FLAGGED, 0, FLAG_FLAGGED, 0, 0,
				   FLAG_FLAGGED };
	struct view *v;

	for (size_t i = 0; i < NROWS(flags); i++)
		(void)su_append(su.proc, su.store, "INBOX",
		    i % 2 == 0 ? SU_BODY_CRLF : SU_BODY_LF, flags[i]);
	v = su_select(su.proc, su.store, "INBOX");
	root.kids = &flag;
	flag.next = &subject;
	ck_assert_uint_eq(search(v, &root), 5);
	subject.next = &body;
	ck_assert_uint_eq(search(v, &root), 6);
	root.kids = &subject;
	ck_assert_uint_eq(search(v, &root), 6);
	root.key = SEARCH_AND;
	ck_assert_uint_eq(search(v, &root), 0);
	view_close(v);
}
END_TEST

/* Sets of UIDs and of sequence numbers, in a mailbox of the UIDs 2, 4, 5. */
START_TEST(test_search_sets)
{
	static const struct {
		enum search_key	 key;
		const char	*set;
		const char	*want;
		const char	*why;
	} rows[] = {
		{ SEARCH_UIDS, "1:9", "2,4:5", "all UIDs" },
		{ SEARCH_UIDS, "1,3,6:9", "", "UIDs that are not there" },
		{ SEARCH_SEQS, "1", "2", "the first message" },
		{ SEARCH_SEQS, "2:3", "4:5", "the others" },
	};
	struct search_node body = { .key = SEARCH_BODY };
	struct search_node node = { .next = &body };
	struct search_node all = { .key = SEARCH_AND, .kids = &node };
	struct view *v = su_select_gaps();
	struct idset set;
	struct buf out;
	struct op *op;

	buf_init(&out, BUF_NOCAP);
	body.text = SLICE_LIT("Body");
	for (size_t i = 0; i < 2 * NROWS(rows); i++) {
		size_t row = i / 2;

		/* The key is asked alone, and with one that needs the file. */
		body.key = i % 2 == 0 ? SEARCH_ALL : SEARCH_BODY;
		idset_init(&set, IDSET_NOLIMIT);
		ck_assert_int_eq(idset_parse(&set, slice_str(rows[row].set),
		    9), 0);
		node.key = rows[row].key;
		node.ids = &set;
		op = search_new(v, &all);
		su_must(su.proc, op);
		buf_truncate(&out, 0);
		(void)idset_print(&search_result(op)->uids, &out);
		ck_row_eq(rows[row].set, rows[row].why, buf_slice(&out),
		    rows[row].want);
		op_free(op);
		idset_clear(&set);
	}
	buf_clear(&out);
	view_close(v);
}
END_TEST

#define KEYS	200

/*
 * Search for messages without any of n texts in their Comments.  Returns the
 * processor time; *turns is how often the search stopped.
 */
static uint64_t
search_comments(struct view *v, int n, uint64_t want, size_t *turns)
{
	struct search_node all = { .key = SEARCH_AND }, not[KEYS] = { 0 };
	struct search_node key[KEYS] = { 0 };
	uint64_t start = unit_cpu_ns();
	struct op *op;
	enum run run;

	for (int i = 0; i < n; i++) {
		key[i].key = SEARCH_HEADER;
		key[i].header = SLICE_LIT("Comments");
		key[i].text = SLICE_LIT("absent");
		not[i].key = SEARCH_NOT;
		not[i].kids = &key[i];
		not[i].next = all.kids;
		all.kids = &not[i];
	}
	*turns = 0;
	op = search_new(v, &all);
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT) {
		*turns += run == RUN_MORE;
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	}
	ck_assert_int_eq(run, RUN_DONE);
	ck_assert_uint_eq(idset_count(&search_result(op)->uids), want);
	op_free(op);
	return unit_cpu_ns() - start;
}

/*
 * The fields of a message are decoded once and not for each key, and the search
 * stops between two fields, and between two keys if the header is large.
 */
START_TEST(test_search_decodes_once)
{
	uint64_t one, many;
	size_t turns;
	struct buf b;
	struct view *v;

	buf_init(&b, BUF_NOCAP);
	for (int i = 0; i < 1000; i++)
		(void)buf_add_str(&b, "Comments: =?koi8-r?q?=C1=C2=C3=C4?= "
		    "=?koi8-r?q?=C1=C2=C3=C4?= =?big5?q?a?=\n");
	(void)buf_add_str(&b, "\nx\n");
	(void)buf_add_char(&b, '\0');
	su_deliver("1000000000.long", buf_slice(&b).p);
	v = su_select(su.proc, su.store, "INBOX");
	(void)search_comments(v, 1, 1, &turns);
	one = search_comments(v, 1, 1, &turns);
	many = search_comments(v, KEYS, 1, &turns);
	ck_assert_msg(many < KEYS / 4 * one, "%llu ns for one key, %llu ns",
	    (unsigned long long)one, (unsigned long long)many);
	if (su.options.slice_us == 1)
		ck_assert_uint_ge(turns, 1000 + KEYS - 1);
	view_close(v);
	buf_clear(&b);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_search);
	tcase_add_test(tc, test_search_in_rounds);
	tcase_add_test(tc, test_search_with_and_without_gist);
	tcase_add_test(tc, test_search_decodes_once);
	tcase_add_test(tc, test_search_sets);
	(void)slices;
}

Suite *
suite_search(void)
{
	return su_suite("search", add_tests);
}
