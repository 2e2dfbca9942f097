/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Addresses in text form; see auth_net.h. */

#include "config.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string.h>

#include "common/auth/auth_net.h"
#include "common/base/compat.h"
#include "common/base/num.h"

/* An address as 128 bits; IPv4 is mapped into IPv6. */
struct addr {
	unsigned char	 b[16];
	bool		 is_v4;
};

struct slice
auth_net_host(struct slice peer)
{
	size_t at = peer.len;

	if (peer.len > 0 && peer.p[0] == '[') {
		at = slice_chr(peer, ']');
		return at == SLICE_NONE ? peer : slice_sub(peer, 1, at - 1);
	}
	while (at > 0 && peer.p[at - 1] != ':')
		at--;
	return at == 0 ? peer : slice_sub(peer, 0, at - 1);
}

static int
addr_parse(struct slice s, struct addr *a)
{
	static const unsigned char mapped[12] = { [10] = 0xff,
					    [11] = 0xff };
	char text[INET6_ADDRSTRLEN];

	if (s.len >= sizeof(text))
		return -1;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	memcpy(a->b, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, text, a->b + 12) == 1) {
		a->is_v4 = true;
		return 0;
	}
	if (inet_pton(AF_INET6, text, a->b) != 1)
		return -1;
	a->is_v4 = memcmp(a->b, mapped, sizeof(mapped)) == 0;
	return 0;
}

/* Print the first octets of an address; how many depends on the family. */
static void
print_net(struct slice host, size_t len4, size_t len6, char *out)
{
	struct addr a;

	if (addr_parse(host, &a) == -1)
		(void)strlcpy(out, "?", AUTH_NET_KEY_MAX);
	else if (a.is_v4) {
		memset(a.b + 12 + len4, 0, 4 - len4);
		(void)inet_ntop(AF_INET, a.b + 12, out, AUTH_NET_KEY_MAX);
	} else {
		memset(a.b + len6, 0, 16 - len6);
		(void)inet_ntop(AF_INET6, a.b, out, AUTH_NET_KEY_MAX);
	}
}

void
auth_net_key(struct slice peer, char *out)
{
	print_net(auth_net_host(peer), 4, 8, out);
}

void
auth_net_wide(const char *key, char *out)
{
	print_net(slice_str(key), 3, 7, out);
}

static bool
net_has(struct slice net, const struct addr *peer)
{
	struct slice host;
	struct addr a;
	uint64_t bits = 128;
	bool has_bits = slice_cut(&net, '/', &host);

	if (addr_parse(host, &a) == -1)
		return false;
	if (has_bits) {
		if (num_parse_range(net, 0, a.is_v4 ? 32 : 128, &bits) == -1)
			return false;
		if (a.is_v4)
			bits += 96;
	}
	if (a.is_v4 != peer->is_v4 ||
	    memcmp(a.b, peer->b, (size_t)(bits / 8)) != 0)
		return false;
	return bits % 8 == 0 ||
	    ((a.b[bits / 8] ^ peer->b[bits / 8]) >> (8 - bits % 8)) == 0;
}

bool
auth_net_match(const char *list, struct slice peer)
{
	struct slice rest = slice_str(list), net;
	struct addr a;

	if (addr_parse(auth_net_host(peer), &a) == -1)
		return false;
	while (rest.len > 0) {
		(void)slice_cut(&rest, ',', &net);
		if (net_has(net, &a))
			return true;
	}
	return false;
}
