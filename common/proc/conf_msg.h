/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The configuration encoded as one run of octets, which the parent sends to its
 * children.  So a child needs no configuration file.  Certificates and keys are
 * not included.
 */

#ifndef COMMON_CONF_MSG_H
#define COMMON_CONF_MSG_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf.h"

/* The most octets that are encoded or decoded. */
#define CONF_MSG_MAX	(8 * 1024 * 1024)

/*
 * Append the encoded configuration.
 *
 * Returns 0, or -1 if it is too large.
 */
int		 conf_msg_put(struct buf *out, const struct conf *conf);

/*
 * Decode what conf_msg_put() wrote.
 *
 * Every count, length and value is checked against the limits of conf.h and of
 * the option rows, and nothing may be left over.  Returns a configuration that
 * the caller frees, or NULL if anything is not as conf_msg_put() writes it.
 */
struct conf	*conf_msg_parse(struct slice data);

#endif
