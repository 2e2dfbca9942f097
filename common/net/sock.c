/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Connected sockets, used without ever waiting; see sock.h. */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <unistd.h>

#include "common/net/sock.h"

ssize_t
sock_recv(int fd, void *p, size_t max)
{
	return recv(fd, p, max, MSG_DONTWAIT);
}

ssize_t
sock_send(int fd, const void *p, size_t len)
{
	return send(fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool
sock_is_stream(int fd)
{
	socklen_t len = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_STREAM;
}

void
sock_close(int fd)
{
	struct linger off = { 0, 0 };

	/*
	 * Whoever had the socket before may have set SO_LINGER, and then
	 * close(2) waits, even on a non-blocking socket.  If it still has a
	 * copy and sets it again, this is not the last close, which alone
	 * waits.
	 */
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof(off));
	(void)close(fd);
}
