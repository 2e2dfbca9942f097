/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Logs dialogues; see trace.h. */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <string.h>

#include "common/base/log.h"
#include "common/proc/trace.h"

/*
 * Convert an address to binary, IPv4 into the first four octets.  Returns 0 or
 * -1.
 */
static int
address_parse(const char *text, unsigned char addr[16])
{
	memset(addr, 0, 16);
	if (inet_pton(AF_INET, text, addr) == 1 ||
	    inet_pton(AF_INET6, text, addr) == 1)
		return 0;
	return -1;
}

/* Convert the host in "192.0.2.1:4711" or "[2001:db8::1]:4711" to binary. */
static int
peer_parse(struct slice peer, unsigned char addr[16])
{
	char text[INET6_ADDRSTRLEN];
	size_t len = peer.len;

	while (len > 0 && peer.p[len - 1] != ':')
		len--;
	if (len == 0)
		return -1;
	peer = slice_make(peer.p, len - 1);
	if (peer.len >= 2 && peer.p[0] == '[')
		peer = slice_make(peer.p + 1, peer.len - 2);
	if (peer.len >= sizeof(text))
		return -1;
	memcpy(text, peer.p, peer.len);
	text[peer.len] = '\0';
	return address_parse(text, addr);
}

bool
trace_wanted(const struct conf *conf, const char *user, struct slice peer)
{
	unsigned char want[16], have[16];

	if (conf->trace_user != NULL && user != NULL &&
	    strcmp(conf->trace_user, user) == 0)
		return true;
	return conf->trace_address != NULL &&
	    address_parse(conf->trace_address, want) == 0 &&
	    peer_parse(peer, have) == 0 &&
	    memcmp(want, have, sizeof(want)) == 0;
}

/* Quotes are not escaped, unlike in log_esc(): the text ends the log line. */
void
trace_line(const char *who, enum trace_side side, struct slice text)
{
	char line[TRACE_LINE_MAX + LOG_ESC_END];

	log_esc_to(line, TRACE_LINE_MAX, text, "");
	log_info("%s %c: %s", who, (char)side, line);
}

void
trace_hidden(const char *who, enum trace_side side, const char *name,
    size_t octets)
{
	log_info("%s %c: %s (%zu octets)", who, (char)side,
	    name == NULL ? "?" : name, octets);
}
