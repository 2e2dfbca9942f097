/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Connected sockets, used without ever waiting.
 *
 * O_NONBLOCK belongs to the description of a socket and not to a descriptor of
 * it.  A process that passed a descriptor on may have kept a copy, and can
 * clear the flag at any moment.  So nothing relies on the flag, and each call
 * says that it does not wait.
 */

#ifndef COMMON_NET_SOCK_H
#define COMMON_NET_SOCK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * recv(2) and send(2).  If they would have to wait, they return -1 with errno
 * set to EAGAIN.  No signal is raised when the peer is gone.
 */
ssize_t	 sock_recv(int fd, void *p, size_t max);
ssize_t	 sock_send(int fd, const void *p, size_t len);

/* Whether a descriptor, which may be of any kind, is a stream socket. */
bool	 sock_is_stream(int fd);

/* Close a socket, without waiting for what was not sent yet. */
void	 sock_close(int fd);

#endif
