/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Four sessions in two processes make random changes, and agree at the end. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/store.h"
#include "tests/unit/storeutil.h"

/*
 * What a client knows: UIDs by sequence number, changed only by what it is
 * told, as RFC 3501, 7.4.1 requires.
 */
struct model {
	struct storage	*s;
	struct view	*v;
	uint32_t	 uids[4096];
	uint32_t	 n;
};

static bool
learn(void *arg, const struct view_update *u)
{
	struct model *m = arg;

	switch (u->event) {
	case VIEW_EXPUNGE:
	case VIEW_VANISHED:
		ck_assert_uint_ge(u->seq, 1);
		ck_assert_uint_le(u->seq, m->n);
		ck_assert_uint_eq(m->uids[u->seq - 1], u->uid);
		memmove(m->uids + u->seq - 1, m->uids + u->seq,
		    (m->n - u->seq) * sizeof(m->uids[0]));
		m->n--;
		break;
	case VIEW_EXISTS:
		ck_assert_uint_gt(u->seq, m->n);
		/* The UIDs are asked for after all updates. */
		while (m->n < u->seq)
			m->uids[m->n++] = 0;
		break;
	case VIEW_FLAGS:
		ck_assert_uint_ge(u->seq, 1);
		ck_assert_uint_le(u->seq, m->n);
		break;
	case VIEW_RECENT:
	case VIEW_KEYWORDS:
		break;
	}
	return true;
}

static void
model_sync(struct model *m, bool expunge)
{
	ck_assert(view_sync(m->v, expunge, learn, m) == RUN_DONE);
	ck_assert_uint_eq(view_exists(m->v), m->n);
	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t uid = view_uid(m->v, i + 1);

		if (m->uids[i] == 0)
			m->uids[i] = uid;
		ck_assert_uint_eq(m->uids[i], uid);
		ck_assert_uint_eq(view_seq(m->v, uid), i + 1);
		ck_assert(i == 0 || uid > m->uids[i - 1]);
	}
}

static void
model_step(struct model *m, struct store *st, int what, uint32_t pick)
{
	struct idset set;
	struct op *op;
	uint32_t uid = m->n == 0 ? 0 : m->uids[pick % m->n];
	char name[64];

	idset_init(&set, 100);
	if (uid != 0)
		(void)idset_add(&set, uid);
	switch (what) {
	case 0:
		(void)su_append(m->s, st, "INBOX", SU_BODY_CRLF, 0);
		break;
	case 1:
		(void)snprintf(name, sizeof(name), "%u.random%u", 1000000000 +
		    pick % 1000, pick);
		su_deliver(name, SU_BODY_LF);
		su_refresh(m->s, m->v);
		break;
	case 2:
	case 3:
		if (uid != 0)
			su_set_flags(m->s, m->v, uid, pick % 3, 1U << pick % 5,
			    pick % 7 == 0 ? "word" : NULL);
		break;
	case 4:
		op = expunge_new(m->v, NULL);
		su_must(m->s, op);
		op_free(op);
		break;
	case 5:
		op = copy_new(m->v, &set, SLICE_LIT("INBOX"), pick % 2);
		su_must(m->s, op);
		op_free(op);
		break;
	case 6:
		su_turn(m->s, 0);
		break;
	case 7:
		su_refresh(m->s, m->v);
		break;
	default:
		model_sync(m, pick % 2 != 0);
	}
	idset_clear(&set);
}

START_TEST(test_random_sessions_agree)
{
	static struct model m[4];
	struct storage *other;
	struct store *st;
	const char *env = getenv("PENFOLD_SEED");
	unsigned int seed = 12345;
	int steps = su.options.slice_us == 0 ? 1500 : 700;

	if (env != NULL)
		seed = (unsigned int)strtoul(env, NULL, 10);

	/* Short delays, so that all deferred work gets done during the test. */
	su.delays.sync_ms = su.delays.control_ms = su.delays.rename_ms = 1;
	su.delays.list_ms = su.delays.list_soon_ms = 2;
	su.delays.list_retry_ms = su.delays.rename_retry_ms = 1;
	su.delays.purge_first_ms = su.delays.purge_ms = 5;
	storage_configure(su.proc, &su.options);
	other = su_process_new();
	st = su_open(other);
	for (int i = 0; i < 4; i++) {
		m[i].s = i < 2 ? su.proc : other;
		m[i].v = su_select(m[i].s, i < 2 ? su.store : st, "INBOX");
		m[i].n = 0;
	}
	for (int step = 0; step < steps; step++) {
		int who = rand_r(&seed) % 4;
		int what = rand_r(&seed) % 11;

		model_step(&m[who], who < 2 ? su.store : st, what,
		    (uint32_t)rand_r(&seed));
	}
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 4; i++)
			su_refresh(m[i].s, m[i].v);
	for (int i = 0; i < 4; i++)
		model_sync(&m[i], true);
	for (int i = 1; i < 4; i++) {
		ck_assert_uint_eq(m[i].n, m[0].n);
		for (uint32_t k = 1; k <= m[0].n; k++) {
			struct flags a, b;
			uint64_t ma, mb;

			ck_assert_uint_eq(m[i].uids[k - 1], m[0].uids[k - 1]);
			view_flags(m[0].v, k, &a, &ma);
			view_flags(m[i].v, k, &b, &mb);
			ck_assert_uint_eq(a.system, b.system);
			ck_assert_uint_eq(a.keywords, b.keywords);
			ck_assert_uint_eq(ma, mb);
		}
	}
	ck_assert_int_eq(su_count_names("cur", ""), (int)m[0].n);
	for (int i = 0; i < 4; i++)
		view_close(m[i].v);
	store_close(st);
	su_process_free(other);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_random_sessions_agree);
	(void)slices;
}

Suite *
suite_store(void)
{
	return su_suite("store", add_tests);
}
