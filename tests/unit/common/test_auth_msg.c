/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Messages between fronts and auth. */
#include "config.h"

#include "common/proc/auth_msg.h"
#include "tests/unit/util.h"

START_TEST(test_auth_msg_both_ways)
{
	struct auth_msg_start s = { 0 }, s2;
	struct auth_msg_accepted a = { 0 }, a2;
	enum auth_denied why;
	struct buf b;

	buf_init(&b, MSG_MAX);
	s.service = CONF_POP3;
	s.mech = SLICE_LIT("PLAIN");
	s.as = SLICE_LIT("LOGIN");
	s.has_initial = true;
	s.initial = SLICE_LIT("\0ann\0pw");
	s.peer = SLICE_LIT("127.0.0.1:1");
	s.tls = SLICE_LIT("");
	auth_msg_start_put(&b, &s);
	ck_assert_int_eq(auth_msg_start_parse(buf_slice(&b), &s2), 0);
	ck_assert(slice_eq(s.initial, s2.initial));
	ck_assert(slice_eq(s.peer, s2.peer));
	ck_assert_int_eq(s2.service, CONF_POP3);
	for (size_t n = 0; n < buf_len(&b); n++)
		ck_assert_int_eq(auth_msg_start_parse(slice_sub(buf_slice(&b),
		    0, n), &s2), -1);
	ck_assert_int_eq(buf_add_char(&b, 'x'), 0);
	ck_assert_int_eq(auth_msg_start_parse(buf_slice(&b), &s2), -1);
	buf_truncate(&b, 0);
	s.service = CONF_SERVICE_MAX;
	auth_msg_start_put(&b, &s);
	ck_assert_int_eq(auth_msg_start_parse(buf_slice(&b), &s2), -1);
	buf_truncate(&b, 0);

	a.name = SLICE_LIT("ann");
	a.token[3] = 7;
	auth_msg_accepted_put(&b, &a);
	ck_assert_int_eq(auth_msg_accepted_parse(buf_slice(&b), &a2), 0);
	ck_assert_mem_eq(a.token, a2.token, sizeof(a.token));
	ck_assert(slice_eq(a.name, a2.name));
	for (size_t n = 0; n < buf_len(&b); n++)
		ck_assert_int_eq(auth_msg_accepted_parse(
		    slice_sub(buf_slice(&b), 0, n), &a2), -1);
	buf_clear(&b);

	ck_assert_int_eq(auth_msg_denied_parse(SLICE_LIT("\0"), &why), 0);
	ck_assert_int_eq(auth_msg_denied_parse(SLICE_LIT("\x7f"), &why), -1);
	ck_assert_int_eq(auth_msg_denied_parse(SLICE_LIT(""), &why), -1);
}
END_TEST

Suite *
suite_auth_msg(void)
{
	Suite *s = suite_create("auth_msg");
	TCase *tc = tcase_create("auth_msg");

	tcase_add_test(tc, test_auth_msg_both_ways);
	suite_add_tcase(s, tc);
	return s;
}
