/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Messages of a mailbox, read for FETCH and RETR. */
#include "config.h"

#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/view_state.h"
#include "storage/store.h"
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

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_delivery_with_lf_is_read_with_crlf);
	if (slices)
		tcase_add_test(tc, test_big_message_is_parsed_in_slices);
}

Suite *
suite_reader(void)
{
	return su_suite("reader", add_tests);
}
