/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The configuration as one flat run of octets, for the children.  The parent
 * has read it; they need no file.  Certificates and keys are not in it.
 */

#ifndef COMMON_CONF_MSG_H
#define COMMON_CONF_MSG_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf.h"

/* More octets than these are never encoded, and never decoded. */
#define CONF_MSG_MAX	(8 * 1024 * 1024)

/*
 * Append the encoded configuration.
 *
 * Returns 0, or -1 when the buffer may not grow that far.
 */
int		 conf_msg_put(struct buf *out, const struct conf *conf);

/*
 * Decode what conf_msg_put() wrote.
 *
 * Every count, length and value is checked against the bounds of conf.h and
 * of the option rows, and nothing may be left over.  Returns a configuration
 * that the caller frees, or NULL when the bytes are anything else.
 */
struct conf	*conf_msg_parse(struct slice data);

#endif
