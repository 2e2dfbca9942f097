/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * ID (RFC 2971), which works the same before and after login.
 */

#ifndef IMAPD_ID_H
#define IMAPD_ID_H

#include "common/conf/conf.h"
#include "imapd/arg.h"
#include "imapd/reply.h"

/*
 * Parse the argument: NIL or a list of strings and nstrings.
 *
 * out  gets "name=Thunderbird version=153", as far as it fits.  It is used
 *      for the log only.
 */
int	 id_parse(struct arg *a, struct buf *out);

/* Print "* ID (...)" with the fields that the configuration allows. */
void	 id_print(struct reply *r, const struct conf *conf);

#endif
