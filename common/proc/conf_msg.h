/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The configuration encoded as one run of octets, which the parent sends to its
 * children.  So a child needs no configuration file.  Certificates and keys are
 * not included.
 */

#ifndef COMMON_PROC_CONF_MSG_H
#define COMMON_PROC_CONF_MSG_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf.h"

/* More octets than these are never decoded.  Every configuration has less. */
#define CONF_MSG_MAX	(32 * 1024 * 1024)

/* Append the encoded configuration; out may grow to CONF_MSG_MAX. */
void		 conf_msg_put(struct buf *out, const struct conf *conf);

/*
 * Decode what conf_msg_put() wrote.
 *
 * Every count, length and value is checked against the limits of conf.h and of
 * the option rows, and nothing may be left over.  Returns a configuration that
 * the caller frees, or NULL if anything is not as conf_msg_put() writes it.
 */
struct conf	*conf_msg_parse(struct slice data);

#endif
