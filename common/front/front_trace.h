/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the front alone: the dialogue before login in the log, for
 * the address that trace.h wants.  Of what a client says there is the name of
 * the command and the length of the line (fconn_trace() in front.h), since any
 * of it may be a password.  What we say is shown, but for challenges and the
 * client's own tags.
 */

#ifndef COMMON_FRONT_FRONT_TRACE_H
#define COMMON_FRONT_FRONT_TRACE_H

#include <stddef.h>

struct fconn;

/* Decide, once its peer is known, whether a connection is traced. */
void	 front_trace_decide(struct fconn *c);

/* Show the output that was not shown yet; before it is sent. */
void	 front_trace_output(struct fconn *c);

/* Output was sent and taken out of the buffer. */
void	 front_trace_sent(struct fconn *c, size_t len);

#endif
