/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Carries bytes between a client's TLS stream, which can't leave the front, and
 * the mail worker's socketpair.
 *
 * At most RELAY_CHUNK bytes wait in each direction; then the source is not read
 * until the sink has taken them.  When the client ends its side, the worker
 * sees an end of file and may still answer; when the worker ends its side and
 * everything is sent, the connection is over.  An idle relay holds no buffer.
 */

#ifndef COMMON_FRONT_RELAY_H
#define COMMON_FRONT_RELAY_H

#include "common/net/io.h"

/* Four TLS records (RFC 8446, 5.1); a larger chunk saves few system calls. */
#define RELAY_CHUNK	(64 * 1024)

struct event_base;
struct relay;

/*
 * Start to relay.
 *
 * io        taken over, with its descriptor; any bytes that libtls holds
 *           are read at once
 * fd        our end of the socketpair, taken over
 * closed    called once, from the event loop, when the relay is over; must
 *           call relay_free()
 */
struct relay	*relay_new(struct event_base *base, const struct io *io, int fd,
		    void (*closed)(struct relay *, void *arg), void *arg);

/* Close both sides and free the relay. */
void		 relay_free(struct relay *r);

#endif
