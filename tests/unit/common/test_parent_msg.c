/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Messages of the parent to its children: what is put is parsed, cut never. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/hash.h"
#include "common/net/tlsmat.h"
#include "common/proc/parent_msg.h"
#include "tests/unit/util.h"

static struct buf b;

static void
setup(void)
{
	buf_init(&b, MSG_MAX);
}

static void
teardown(void)
{
	buf_clear(&b);
}

static int
parse_done(struct slice data)
{
	struct parent_msg_done d;

	return parent_msg_done_parse(data, &d);
}

static int
parse_channel(struct slice data)
{
	struct parent_msg_channel peer;

	return parent_msg_channel_parse(data, &peer);
}

static int
parse_pair(struct slice data)
{
	struct tlsmat mat;
	int rc;

	tlsmat_init(&mat);
	rc = parent_msg_pair_parse(data, tlsmat_pair(&mat, 0));
	tlsmat_clear(&mat);
	return rc;
}

static int
parse_census(struct slice data)
{
	struct hash_key key;

	return parent_msg_census_parse(data, &key);
}

static int
parse_known(struct slice data)
{
	struct slice name, peer;

	return parent_msg_known_parse(data, &name, &peer);
}

/* Cut anywhere, or with an octet more, it is refused. */
static void
check_bounds(int (*parse)(struct slice))
{
	size_t len = buf_len(&b);

	for (size_t n = 0; n < len; n++) {
		struct slice cut = unit_tight(slice_sub(buf_slice(&b), 0, n));

		ck_assert_int_eq(parse(cut), -1);
		free((char *)cut.p);
	}
	ck_assert_int_eq(parse(buf_slice(&b)), 0);
	ck_assert_int_eq(buf_add_char(&b, '\0'), 0);
	ck_assert_int_eq(parse(buf_slice(&b)), -1);
}

START_TEST(test_parent_msg_done)
{
	struct parent_msg_done in = { 3, 1001, UINT32_MAX, 2,
	    SLICE_LIT("/var/vmail") }, out;

	parent_msg_done_put(&b, &in);
	ck_assert_uint_eq(buf_len(&b),
	    PARENT_MSG_DONE_MIN + sizeof("/var/vmail") - 1);
	ck_assert_int_eq(parent_msg_done_parse(buf_slice(&b), &out), 0);
	ck_assert_uint_eq(out.number, in.number);
	ck_assert_uint_eq(out.uid, in.uid);
	ck_assert_uint_eq(out.gid, in.gid);
	ck_assert_uint_eq(out.services, in.services);
	ck_assert(slice_eq(out.root, in.root));
	check_bounds(parse_done);
}
END_TEST

START_TEST(test_parent_msg_channel)
{
	const struct parent_msg_channel in = { ROLE_MAIL, 7, UINT32_MAX };
	struct parent_msg_channel out;

	parent_msg_channel_put(&b, &in);
	ck_assert_uint_eq(buf_len(&b), PARENT_MSG_CHANNEL_LEN);
	ck_assert_int_eq(parent_msg_channel_parse(buf_slice(&b), &out), 0);
	ck_assert_int_eq(out.role, in.role);
	ck_assert_uint_eq(out.number, in.number);
	ck_assert_uint_eq(out.life, in.life);
	check_bounds(parse_channel);
}
END_TEST

START_TEST(test_parent_msg_channel_to_no_role)
{
	parent_msg_channel_put(&b, &(struct parent_msg_channel){
	    .role = (enum role)(ROLE_MAIL + 1), .number = 7 });
	ck_assert_int_eq(parse_channel(buf_slice(&b)), -1);
}
END_TEST

static int
parse_lost(struct slice data)
{
	bool broken;

	return parent_msg_lost_parse(data, &broken);
}

START_TEST(test_parent_msg_lost)
{
	bool broken = false;

	parent_msg_lost_put(&b, true);
	ck_assert_int_eq(parent_msg_lost_parse(buf_slice(&b), &broken), 0);
	ck_assert(broken);
	check_bounds(parse_lost);
	ck_assert_int_eq(parse_lost(SLICE_LIT("\2")), -1);
}
END_TEST

START_TEST(test_parent_msg_pair)
{
	static const char *const pieces[PARENT_MSG_PARTS][2] = {
		[PARENT_MSG_CERT] = { "ce", "rt" },
		[PARENT_MSG_KEY] = { "ke", "y" },
		[PARENT_MSG_STAPLE] = { "sta", "ple" },
	};
	struct tlsmat_pair *pair;
	struct tlsmat mat;

	tlsmat_init(&mat);
	pair = tlsmat_pair(&mat, 0);
	for (int part = 0; part < PARENT_MSG_PARTS; part++)
		for (int n = 0; n < 2; n++) {
			buf_truncate(&b, 0);
			parent_msg_pair_put(&b, part,
			    slice_str(pieces[part][n]));
			ck_assert_uint_ge(buf_len(&b), PARENT_MSG_PAIR_MIN);
			ck_assert_int_eq(parent_msg_pair_parse(buf_slice(&b),
			    pair), 0);
		}
	ck_slice_eq(buf_slice(&pair->cert), "cert");
	ck_slice_eq(buf_slice(&pair->key), "key");
	ck_slice_eq(buf_slice(&pair->staple), "staple");
	tlsmat_clear(&mat);
	check_bounds(parse_pair);
}
END_TEST

START_TEST(test_parent_msg_pair_of_no_part)
{
	parent_msg_pair_put(&b, PARENT_MSG_PARTS, SLICE_LIT("x"));
	ck_assert_int_eq(parse_pair(buf_slice(&b)), -1);
}
END_TEST

START_TEST(test_parent_msg_ticket)
{
	struct tlsmat_ticket in = { .rev = 4711 }, out;
	struct msg msg = { .type = MSG_CONF_TICKETKEY, .id = in.rev };

	memset(in.key, 'k', sizeof(in.key));
	msg.data = parent_msg_ticket(&in);
	parent_msg_ticket_parse(&msg, &out);
	ck_assert_uint_eq(out.rev, in.rev);
	ck_assert_mem_eq(out.key, in.key, sizeof(in.key));
}
END_TEST

START_TEST(test_parent_msg_census)
{
	struct hash_key in = { UINT64_MAX, 2 }, out;

	parent_msg_census_put(&b, &in);
	ck_assert_uint_eq(buf_len(&b), PARENT_MSG_CENSUS_LEN);
	ck_assert_int_eq(parent_msg_census_parse(buf_slice(&b), &out), 0);
	ck_assert_uint_eq(out.k0, in.k0);
	ck_assert_uint_eq(out.k1, in.k1);
	check_bounds(parse_census);
}
END_TEST

START_TEST(test_parent_msg_known)
{
	struct slice name, peer;

	parent_msg_known_put(&b, SLICE_LIT("ann"), SLICE_LIT("192.0.2.1:9"));
	ck_assert_uint_ge(buf_len(&b), PARENT_MSG_KNOWN_MIN);
	ck_assert_int_eq(parent_msg_known_parse(buf_slice(&b), &name, &peer),
	    0);
	ck_slice_eq(name, "ann");
	ck_slice_eq(peer, "192.0.2.1:9");
	check_bounds(parse_known);
}
END_TEST

Suite *
suite_parent_msg(void)
{
	Suite *s = suite_create("parent_msg");
	TCase *tc = tcase_create("parent_msg");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_parent_msg_done);
	tcase_add_test(tc, test_parent_msg_channel);
	tcase_add_test(tc, test_parent_msg_channel_to_no_role);
	tcase_add_test(tc, test_parent_msg_lost);
	tcase_add_test(tc, test_parent_msg_pair);
	tcase_add_test(tc, test_parent_msg_pair_of_no_part);
	tcase_add_test(tc, test_parent_msg_ticket);
	tcase_add_test(tc, test_parent_msg_census);
	tcase_add_test(tc, test_parent_msg_known);
	suite_add_tcase(s, tc);
	return s;
}
