/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Private to the front: logs the dialogue before login, for the addresses that
 * trace.h selects.  Of what the client sends only the name of the command and
 * the length of the line are logged (fconn_trace() in front.h), since any of it
 * may be a password.  What we send is logged, except for challenges and the
 * client's own tags.
 */

#ifndef COMMON_FRONT_FRONT_TRACE_H
#define COMMON_FRONT_FRONT_TRACE_H

#include <stddef.h>

struct fconn;

/* Decide whether a connection is traced.  Its peer must be known. */
void	 front_trace_decide(struct fconn *c);

/* Log the output that was not logged yet.  Called before it is sent. */
void	 front_trace_output(struct fconn *c);

/* Note that output was sent and removed from the buffer. */
void	 front_trace_sent(struct fconn *c, size_t len);

#endif
