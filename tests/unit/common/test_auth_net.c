/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Client addresses, and the networks that a user may log in from. */
#include "config.h"

#include <stdlib.h>

#include "common/auth/auth_net.h"
#include "tests/unit/util.h"

static const struct {
	const char	*peer;
	const char	*host;
	const char	*key;
	const char	*why;
} peers[] = {
	{ "192.0.2.1:4711", "192.0.2.1", "192.0.2.1", "IPv4" },
	{ "[2001:db8::1]:993", "2001:db8::1", "2001:db8::",
	    "IPv6 counts by its /64" },
	{ "[2001:db8:0:0:ffff::1]:993", "2001:db8:0:0:ffff::1",
	    "2001:db8::", "the same /64" },
	{ "[2001:db8:0:1::1]:993", "2001:db8:0:1::1",
	    "2001:db8:0:1::", "the next /64" },
	{ "[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1", "192.0.2.1",
	    "IPv4 in IPv6 counts as IPv4" },
	{ "nonsense", "nonsense", "?", "no port" },
	{ "", "", "?", "nothing" },
	{ "[", "[", "?", "half a bracket" },
	{ ":", "", "?", "no host" },
};

START_TEST(test_auth_net_peer)
{
	struct slice peer = unit_tight(slice_str(peers[_i].peer));
	char key[AUTH_NET_KEY_MAX];

	ck_row_eq(peer, peers[_i].why, auth_net_host(peer), peers[_i].host);
	auth_net_key(peer, key);
	ck_row_eq(peer, peers[_i].why, slice_str(key), peers[_i].key);
	free((char *)peer.p);
}
END_TEST

static const struct {
	const char	*nets;
	const char	*peer;
	bool		 want;
	const char	*why;
} nets[] = {
	{ "127.0.0.0/8", "127.1.2.3:1", true, "in a network" },
	{ "127.0.0.0/8", "128.0.0.1:1", false, "out of it" },
	{ "10.0.0.0/8,192.0.2.1", "192.0.2.1:1", true, "in the second of two" },
	{ "192.0.2.1", "192.0.2.2:1", false, "an address is a network of one" },
	{ "192.0.2.128/25", "192.0.2.129:1", true, "a mask within an octet" },
	{ "192.0.2.128/25", "192.0.2.127:1", false, "below such a mask" },
	{ "0.0.0.0/0", "203.0.113.9:1", true, "every IPv4 address" },
	{ "0.0.0.0/0", "[2001:db8::1]:1", false, "but no IPv6 address" },
	{ "2001:db8::/33", "[2001:db8::1]:1", true, "a mask within 16 bits" },
	{ "2001:db8::/33", "[2001:db8:8000::1]:1", false,
	    "beyond such a mask" },
	{ "::/0", "[2001:db8::1]:1", true, "every IPv6 address" },
	{ "127.0.0.0/8", "[::ffff:127.0.0.1]:1", true, "IPv4 in IPv6 is IPv4" },
	{ "", "127.0.0.1:1", false, "no network" },
	{ "x/8", "127.0.0.1:1", false, "no address in front of the mask" },
	{ "127.0.0.0/33", "127.0.0.1:1", false, "more bits than there are" },
	{ "127.0.0.0/", "127.0.0.1:1", false, "no bits" },
};

START_TEST(test_auth_net_match)
{
	ck_row_eq(nets[_i].peer, nets[_i].why, auth_net_match(nets[_i].nets,
	    slice_str(nets[_i].peer)), nets[_i].want);
}
END_TEST

Suite *
suite_auth_net(void)
{
	Suite *s = suite_create("auth_net");
	TCase *tc = tcase_create("auth_net");

	tcase_add_loop_test(tc, test_auth_net_peer, 0, NROWS(peers));
	tcase_add_loop_test(tc, test_auth_net_match, 0, NROWS(nets));
	suite_add_tcase(s, tc);
	return s;
}
