/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The maildrop of a POP3 session, with three messages (RFC 1939, 3 and 6). */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/table.h"
#include "pop3d/maildrop.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

static struct maildrop drop;

/* The text of message n. */
static const char *
text_of(unsigned int n)
{
	static char text[64];

	(void)snprintf(text, sizeof(text),
	    "Subject: %u\r\n\r\nBody %.*s\r\n", n, (int)n, "aaaaaaaa");
	return text;
}

static void
wake(void *arg)
{
	(void)arg;
}

static void
open_drop(bool names)
{
	enum run run;

	maildrop_init(&drop, su.store, false, wake, NULL);
	while ((run = maildrop_open(&drop, names)) != RUN_DONE) {
		ck_assert(run == RUN_WAIT || run == RUN_MORE);
		su_turn(su.proc, 1);
	}
}

static void
append_three(void)
{
	for (unsigned int n = 1; n <= 3; n++)
		(void)su_append(su.proc, su.store, "INBOX", text_of(n), 0);
}

static enum run
update(const struct maildrop_policy *policy)
{
	enum run run;

	while ((run = maildrop_update(&drop, policy)) != RUN_DONE &&
	    run != RUN_FAIL)
		su_turn(su.proc, 1);
	return run;
}

static void
check_read(unsigned int n)
{
	struct drop_msg *m = maildrop_get(&drop, n);
	const struct message *msg;
	struct buf out;
	int64_t len;
	enum run run;

	ck_assert_ptr_nonnull(m);
	while ((run = maildrop_step(&drop, m, &msg)) == RUN_WAIT)
		su_turn(su.proc, 1);
	ck_assert_msg(run == RUN_DONE, "%s", drop.err.text);
	m->retrieved = true;
	buf_init(&out, BUF_NOCAP);
	while ((len = maildrop_read(&drop, m, buf_len(&out), &out)) > 0)
		continue;
	ck_assert_int_ge(len, 0);
	ck_slice_eq(buf_slice(&out), slice_str(text_of(n)));
	ck_assert_uint_eq(m->size, buf_len(&out));
	buf_clear(&out);
}

/* Check which messages a new session finds, as their UIDs, ! if \Seen. */
static void
check_left(const char *want, const char *why)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	char got[64] = "";

	for (uint32_t seq = 1; seq <= view_exists(v); seq++) {
		struct flags flags;
		uint64_t modseq;

		view_flags(v, seq, &flags, &modseq);
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%u%s", (unsigned int)view_uid(v, seq),
		    flags.system & FLAG_SEEN ? "!" : "");
	}
	ck_assert_msg(strcmp(got, want) == 0, "want %s, got %s: %s", want, got,
	    why);
	view_close(v);
}

/* Neither deliveries nor other sessions change an open maildrop. */
START_TEST(test_maildrop_is_a_snapshot)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct idset all;
	struct view *v;
	struct op *op;

	append_three();
	open_drop(false);
	v = su_select(other, st, "INBOX");
	idset_init(&all, IDSET_NOLIMIT);
	ck_assert_int_eq(idset_add_range(&all, 1, 3), 0);
	op = expunge_all_new(v, &all);
	su_must(other, op);
	op_free(op);
	idset_clear(&all);
	view_close(v);
	(void)su_append(other, st, "INBOX", text_of(4), 0);
	store_close(st);
	su_process_free(other);
	ck_assert_uint_eq(drop.nmsgs, 3);
	ck_assert_ptr_null(maildrop_get(&drop, 0));
	ck_assert_ptr_null(maildrop_get(&drop, 4));
	for (unsigned int n = 1; n <= 3; n++)
		check_read(n);
	maildrop_clear(&drop);
	check_left("4", "what came meanwhile");
}
END_TEST

START_TEST(test_messages_are_read_in_any_order)
{
	static const unsigned int order[] = { 3, 2, 1, 1, 2, 3, 1, 3 };

	append_three();
	open_drop(false);
	for (size_t i = 0; i < NROWS(order); i++)
		check_read(order[i]);
	maildrop_clear(&drop);
}
END_TEST

START_TEST(test_dele_and_rset)
{
	uint64_t size;

	append_three();
	open_drop(false);
	size = drop.size;
	ck_assert_uint_eq(size, 3 * strlen(text_of(1)) + 3);
	maildrop_delete(&drop, maildrop_get(&drop, 2));
	ck_assert_ptr_null(maildrop_get(&drop, 2));
	ck_assert_uint_eq(drop.nlive, 2);
	ck_assert_uint_eq(drop.live_size, size - strlen(text_of(2)));
	check_read(3);
	maildrop_reset(&drop);
	ck_assert_uint_eq(drop.nlive, 3);
	ck_assert_uint_eq(drop.live_size, size);
	check_read(2);
	maildrop_delete(&drop, maildrop_get(&drop, 1));
	/* A session that ends without QUIT (RFC 1939, 6). */
	maildrop_clear(&drop);
	check_left("123", "no UPDATE state");
}
END_TEST

/* Unique ids are base names of files if they are asked for. */
START_TEST(test_unique_ids)
{
	append_three();
	open_drop(false);
	for (unsigned int n = 1; n <= 3; n++)
		ck_assert_ptr_null(maildrop_get(&drop, n)->uidl);
	maildrop_clear(&drop);
	open_drop(true);
	for (unsigned int n = 1; n <= 3; n++) {
		const char *uidl = maildrop_get(&drop, n)->uidl;

		ck_assert_ptr_nonnull(uidl);
		ck_assert_ptr_null(strchr(uidl, ':'));
		ck_assert_int_eq(su_count_names("cur", uidl), 1);
	}
	maildrop_clear(&drop);
}
END_TEST

#define DAY	86400

static const struct {
	unsigned int	 dele;		/* number of a message, or 0 */
	unsigned int	 retr;
	unsigned int	 age_days;	/* of all messages at QUIT */
	struct maildrop_policy policy;
	const char	*left;
	unsigned int	 ntrash;	/* messages in policy.trash */
	const char	*why;
} updates[] = {
	{ 0, 0, 0, { .seen = true }, "123", 0, "nothing was done" },
	{ 2, 0, 0, { .seen = true }, "13", 0, "DELE" },
	{ 0, 2, 0, { .seen = false }, "123", 0, "RETR leaves no trace" },
	{ 0, 2, 0, { .seen = true }, "12!3", 0, "RETR sets \\Seen" },
	{ 1, 2, 0, { .expire = true }, "3", 0, "EXPIRE 0 takes what was read" },
	{ 0, 2, 0, { .expire = true, .expire_s = DAY }, "123", 0,
	    "too young to expire" },
	{ 3, 2, 1, { .seen = true, .expire = true, .expire_s = DAY }, "1", 0,
	    "old enough; what nobody has read stays" },
	{ 1, 0, 0, { .trash = "Trash" }, "23", 1, "the mailbox is there" },
	{ 1, 0, 0, { .trash = "Bin" }, "23", 1, "the mailbox is made" },
};

START_TEST(test_update)
{
	int row = _i / 2;
	struct maildrop_policy policy = updates[row].policy;

	append_three();
	open_drop(_i % 2 == 0);
	policy.now = drop.msgs[2].savedate +
	    (int64_t)updates[row].age_days * DAY;
	if (updates[row].retr != 0)
		check_read(updates[row].retr);
	if (updates[row].dele != 0)
		maildrop_delete(&drop, maildrop_get(&drop, updates[row].dele));
	ck_assert_msg(update(&policy) == RUN_DONE, "%s: %s", updates[row].why,
	    drop.err.text);
	maildrop_clear(&drop);
	check_left(updates[row].left, updates[row].why);
	if (policy.trash != NULL)
		ck_assert_uint_eq(su_messages(su.proc, su.store, policy.trash),
		    updates[row].ntrash);
}
END_TEST

/* QUIT deletes all marked messages, or fails and deletes none. */
START_TEST(test_update_fails_as_a_whole)
{
	unsigned long failed = 1;

	append_three();
	for (unsigned long k = 0; failed > 0; k++) {
		enum run run;

		open_drop(false);
		maildrop_delete(&drop, maildrop_get(&drop, 1));
		maildrop_delete(&drop, maildrop_get(&drop, 3));
		shim_set(&(struct shim_rule){ .calls = SHIM_RENAME,
		    .path = "/cur/", .skip = k, .count = 1, .errnum = EIO });
		run = update(&(struct maildrop_policy){ .seen = true });
		failed = shim_clear();
		ck_assert(run == (failed > 0 ? RUN_FAIL : RUN_DONE));
		maildrop_clear(&drop);
		check_left(failed > 0 ? "123" : "2", "all or none");
		ck_assert_uint_eq(failed, k < 2 ? 1 : 0);
	}
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	(void)slices;
	tcase_add_test(tc, test_maildrop_is_a_snapshot);
	tcase_add_test(tc, test_messages_are_read_in_any_order);
	tcase_add_test(tc, test_dele_and_rset);
	tcase_add_test(tc, test_unique_ids);
	tcase_add_loop_test(tc, test_update, 0, 2 * (int)NROWS(updates));
	tcase_add_test(tc, test_update_fails_as_a_whole);
}

Suite *
suite_maildrop(void)
{
	return su_suite("maildrop", add_tests);
}
