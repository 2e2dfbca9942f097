/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What auth remembers (tallies, cache), and addresses. */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/auth/auth_cache.h"
#include "common/auth/auth_net.h"
#include "common/auth/auth_tally.h"
#include "common/proc/auth_msg.h"
#include "tests/unit/util.h"

static const struct {
	const char	*peer;
	const char	*host;
	const char	*key;
	uint16_t	 port;
} peers[] = {
	{ "192.0.2.1:4711", "192.0.2.1", "192.0.2.1", 4711 },
	{ "[2001:db8::1]:993", "2001:db8::1", "2001:db8::", 993 },
	{ "[2001:db8:0:0:ffff::1]:993", "2001:db8:0:0:ffff::1",
	    "2001:db8::", 993 },
	{ "[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1", "192.0.2.1", 1 },
	{ "nonsense", "nonsense", "?", 0 },
	{ "", "", "?", 0 },
	{ "[", "[", "?", 0 },
	{ ":", "", "?", 0 },
};

START_TEST(test_auth_net_peer)
{
	char	 key[AUTH_NET_KEY_MAX];

	ck_assert(slice_eq_str(auth_net_host(slice_str(peers[_i].peer)),
	    peers[_i].host));
	ck_assert_uint_eq(auth_net_port(slice_str(peers[_i].peer)),
	    peers[_i].port);
	auth_net_key(slice_str(peers[_i].peer), key);
	ck_assert_str_eq(key, peers[_i].key);
}
END_TEST

static const struct {
	const char	*nets;
	const char	*peer;
	bool		 want;
} nets[] = {
	{ "127.0.0.0/8", "127.1.2.3:1", true },
	{ "127.0.0.0/8", "128.0.0.1:1", false },
	{ "10.0.0.0/8,192.0.2.1", "192.0.2.1:1", true },
	{ "192.0.2.1", "192.0.2.2:1", false },
	{ "192.0.2.128/25", "192.0.2.129:1", true },
	{ "192.0.2.128/25", "192.0.2.127:1", false },
	{ "0.0.0.0/0", "203.0.113.9:1", true },
	{ "0.0.0.0/0", "[2001:db8::1]:1", false },
	{ "2001:db8::/33", "[2001:db8::1]:1", true },
	{ "2001:db8::/33", "[2001:db8:8000::1]:1", false },
	{ "::/0", "[2001:db8::1]:1", true },
	{ "127.0.0.0/8", "[::ffff:127.0.0.1]:1", true },
	{ "", "127.0.0.1:1", false },
	{ "x/8", "127.0.0.1:1", false },
	{ "127.0.0.0/33", "127.0.0.1:1", false },
	{ "127.0.0.0/", "127.0.0.1:1", false },
};

START_TEST(test_auth_net_match)
{
	ck_assert_int_eq(auth_net_match(nets[_i].nets,
	    slice_str(nets[_i].peer)), nets[_i].want);
}
END_TEST

START_TEST(test_auth_tally_delay_grows_and_is_forgotten)
{
	struct auth_tally	 user = { 0 }, addr = { 0 };
	uint64_t		 now = 1000000;

	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 2000, now), 2000);
	auth_tally_fail(&addr, now);
	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 2000, now), 2000);
	auth_tally_fail(&addr, now);
	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 2000, now), 2000);
	ck_assert_uint_eq(auth_tally_delay(&addr, &user, 2000, now), 4000);
	for (int i = 0; i < 100; i++)
		auth_tally_fail(&addr, now);
	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 2000, now),
	    2000 * AUTH_TALLY_FACTOR_MAX);
	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 0, now), 0);
	ck_assert_uint_eq(auth_tally_failures(&addr, now), 102);
	now += 100 * AUTH_TALLY_FORGET_MS;
	ck_assert_uint_eq(auth_tally_failures(&addr, now), 2);
	now += 1000 * AUTH_TALLY_FORGET_MS;
	ck_assert_uint_eq(auth_tally_failures(&addr, now), 0);
}
END_TEST

START_TEST(test_auth_tallies_are_bounded)
{
	struct auth_tallies	*t = auth_tallies_new();
	struct auth_tally	*session;
	uint64_t		 now = 1000000;
	char			 key[32];

	session = auth_tally_get(t, SLICE_LIT("here"), now);
	session->sessions = 1;
	for (int i = 0; i < AUTH_TALLY_MAX + 5000; i++) {
		snprintf(key, sizeof(key), "name%d", i);
		auth_tally_fail(auth_tally_get(t, slice_str(key), now), now);
	}
	ck_assert_uint_le(auth_tallies_count(t), AUTH_TALLY_MAX + 2);
	/* Who has a session is not forgotten, and its pointer stays good. */
	ck_assert_ptr_eq(auth_tally_get(t, SLICE_LIT("here"), now), session);
	/* When their failures are forgotten, new names take their places. */
	now += 10 * AUTH_TALLY_FORGET_MS;
	for (int i = 0; i < 200000; i++) {
		snprintf(key, sizeof(key), "other%d", i % 10);
		(void)auth_tally_get(t, slice_str(key), now);
	}
	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "third%d", i);
		(void)auth_tally_get(t, slice_str(key), now);
	}
	ck_assert_uint_le(auth_tallies_count(t), 20);
	auth_tallies_free(t);
}
END_TEST

static void
cache_key(const struct auth_cache *c, uint32_t source, const char *user,
    const char *stored, const char *password, unsigned char *key)
{
	auth_cache_key(c, source, slice_str(user), stored,
	    slice_str(password), key);
}

START_TEST(test_auth_cache)
{
	struct auth_cache	*c = auth_cache_new();
	unsigned char		 key[AUTH_CACHE_KEY_LEN];
	unsigned char		 other[AUTH_CACHE_KEY_LEN];

	cache_key(c, 0, "ann", "$2b$", "pw", key);
	auth_cache_add(c, key, 1000);
	ck_assert(!auth_cache_has(c, key, 1000));	/* size 0 */
	auth_cache_limit(c, 100, 5000);
	ck_assert(!auth_cache_has(c, key, 1000));
	auth_cache_add(c, key, 1000);
	ck_assert(auth_cache_has(c, key, 1000));
	ck_assert(auth_cache_has(c, key, 5999));
	ck_assert(!auth_cache_has(c, key, 6000));
	auth_cache_add(c, key, 7000);
	/* The whole identity is the key. */
	cache_key(c, 1, "ann", "$2b$", "pw", other);
	ck_assert(!auth_cache_has(c, other, 7000));
	cache_key(c, 0, "anna", "$2b$", "pw", other);
	ck_assert(!auth_cache_has(c, other, 7000));
	cache_key(c, 0, "ann", "$2b$x", "pw", other);
	ck_assert(!auth_cache_has(c, other, 7000));
	cache_key(c, 0, "ann", "$2b$", "Pw", other);
	ck_assert(!auth_cache_has(c, other, 7000));
	/* No field reaches into the next. */
	cache_key(c, 0, "ann$", "2b$", "pw", other);
	ck_assert_mem_ne(key, other, sizeof(key));
	cache_key(c, 0, "ann", "$2b", "$pw", other);
	ck_assert_mem_ne(key, other, sizeof(key));
	auth_cache_free(c);
}
END_TEST

START_TEST(test_auth_cache_is_bounded)
{
	struct auth_cache	*c = auth_cache_new();
	unsigned char		 key[AUTH_CACHE_KEY_LEN];
	char			 name[32];
	int			 kept = 0;

	auth_cache_limit(c, 16, 60000);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "user%d", i);
			cache_key(c, 0, name, "x", "pw", key);
			if (round == 0)
				auth_cache_add(c, key, 1000 + (uint64_t)i);
			else if (auth_cache_has(c, key, 3000))
				kept++;
		}
	ck_assert_int_eq(kept, 16);
	auth_cache_free(c);
}
END_TEST

START_TEST(test_authc_messages)
{
	struct auth_msg_start	 s = { 0 }, s2;
	struct auth_msg_accepted	 a = { 0 }, a2;
	enum auth_denied	 why;
	struct buf		 b;

	buf_init(&b, MSG_MAX);
	s.mech = SLICE_LIT("PLAIN");
	s.as = SLICE_LIT("LOGIN");
	s.has_initial = true;
	s.initial = SLICE_LIT("\0ann\0pw");
	s.peer = SLICE_LIT("127.0.0.1:1");
	s.local = SLICE_LIT("127.0.0.1:143");
	s.tls = SLICE_LIT("");
	auth_msg_start_put(&b, &s);
	ck_assert_int_eq(auth_msg_start_parse(buf_slice(&b), &s2), 0);
	ck_assert(slice_eq(s.initial, s2.initial));
	ck_assert(slice_eq(s.local, s2.local));
	for (size_t n = 0; n < buf_len(&b); n++)
		ck_assert_int_eq(auth_msg_start_parse(slice_sub(buf_slice(&b),
		    0, n), &s2), -1);
	ck_assert_int_eq(buf_addc(&b, 'x'), 0);
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
suite_auth(void)
{
	Suite	*s = suite_create("auth");
	TCase	*t = tcase_create("auth");

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, test_auth_net_peer, 0,
	    sizeof(peers) / sizeof(peers[0]));
	tcase_add_loop_test(t, test_auth_net_match, 0,
	    sizeof(nets) / sizeof(nets[0]));
	tcase_add_test(t, test_auth_tally_delay_grows_and_is_forgotten);
	tcase_add_test(t, test_auth_tallies_are_bounded);
	tcase_add_test(t, test_auth_cache);
	tcase_add_test(t, test_auth_cache_is_bounded);
	tcase_add_test(t, test_authc_messages);
	suite_add_tcase(s, t);
	return s;
}
