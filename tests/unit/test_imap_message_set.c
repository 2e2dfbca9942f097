/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Which messages a set in a command names (RFC 3501, 9: sequence-set). */
#include "config.h"

#include <stdlib.h>

#include "imapd/message_set.h"
#include "tests/unit/storeutil.h"
#include "tests/unit/util.h"

static struct view *view;

static void
setup(void)
{
	su_setup();
	view = su_select_gaps();
}

static void
teardown(void)
{
	view_close(view);
	su_teardown();
}

static const struct {
	struct slice	 in;
	bool		 uid;
	const char	*want;		/* UIDs; NULL: refused */
	const char	*why;
} rows[] = {
	{ LIT("1"), false, "2", "a sequence number" },
	{ LIT("2:3"), false, "4:5", "a range" },
	{ LIT("3:1"), false, "2,4:5", "either order (seq-range)" },
	{ LIT("*"), false, "5", "* is the last message" },
	{ LIT("*:2"), false, "4:5", "* at the beginning" },
	{ LIT("1,1,3"), false, "2,5", "a number twice" },
	{ LIT("4"), false, NULL, "no such message" },
	{ LIT("1:4"), false, NULL, "a range that is too long" },
	{ LIT("0"), false, NULL, "nz-number" },
	{ LIT("1,"), false, NULL, "nothing after the comma" },
	{ LIT("a"), false, NULL, "no number" },
	{ LIT("2"), true, "2", "a UID" },
	{ LIT("1"), true, "", "a UID that is gone" },
	{ LIT("1:4"), true, "2,4", "a range with gaps" },
	{ LIT("*"), true, "5", "* is the greatest UID" },
	{ LIT("9:*"), true, "5", "9:* has the last message (seq-range)" },
	{ LIT("6:4294967295"), true, "", "UIDs that do not exist yet" },
	{ LIT("0"), true, NULL, "a UID is an nz-number" },
	{ LIT("4294967296"), true, NULL, "a UID has 32 bits" },
};

START_TEST(test_message_set)
{
	struct slice text = unit_tight(rows[_i].in);
	const char *why = rows[_i].why;
	struct idset uids;
	struct buf out;
	struct arg a;

	buf_init(&out, 1024);
	arg_init(&a, text, NULL, NULL);
	ck_row_eq(text, why, message_set_parse(&a, view, rows[_i].uid, &uids),
	    rows[_i].want == NULL ? -1 : 0);
	if (rows[_i].want == NULL)
		ck_row(text, why, a.error != NULL);
	else {
		ck_assert_int_eq(idset_print(&uids, &out), 0);
		ck_row_eq(text, why, buf_slice(&out), rows[_i].want);
	}
	idset_clear(&uids);
	buf_clear(&out);
	free((char *)text.p);
}
END_TEST

/* A turn looks at so many UIDs and no more; the view has 2, 4 and 5. */
START_TEST(test_message_set_turns)
{
	size_t max = (size_t)_i;
	struct idset uids, seqs, changed;
	struct idset_iter it;
	struct flags flags;
	struct buf out;
	uint64_t modseq;
	size_t turns = 0;
	int rc;

	buf_init(&out, 1024);
	idset_init(&uids, IDSET_NOLIMIT);
	idset_init(&seqs, IDSET_NOLIMIT);
	idset_init(&changed, IDSET_NOLIMIT);
	ck_assert_int_eq(idset_parse(&uids, SLICE_LIT("2,4:5"), 5), 0);
	idset_iter_init(&it, &uids);
	while ((rc = message_set_to_numbers(view, &it, max, &seqs)) == 0)
		turns++;
	ck_assert_int_eq(rc, 1);
	ck_assert_uint_eq(turns, 3 / max);
	ck_assert_int_eq(idset_print(&seqs, &out), 0);
	ck_slice_eq(buf_slice(&out), slice_str("1:3"));

	su_set_flags(su.proc, view, 4, FLAGS_ADD, FLAG_DRAFT, NULL);
	view_flags(view, 3, &flags, &modseq);
	idset_iter_init(&it, &uids);
	for (turns = 0; (rc = message_set_changed(view, &it, max, modseq,
	    &changed)) == 0; turns++)
		;
	ck_assert_int_eq(rc, 1);
	ck_assert_uint_eq(turns, 3 / max);
	buf_truncate(&out, 0);
	ck_assert_int_eq(idset_print(&changed, &out), 0);
	ck_slice_eq(buf_slice(&out), slice_str("4"));
	idset_clear(&uids);
	idset_clear(&seqs);
	idset_clear(&changed);
	buf_clear(&out);
}
END_TEST

Suite *
suite_imap_message_set(void)
{
	Suite *s = suite_create("imap_message_set");
	TCase *tc = tcase_create("imap_message_set");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_message_set, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_message_set_turns, 1, 5);
	suite_add_tcase(s, tc);
	return s;
}
