/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Detects clients that speak another protocol: a web browser that a hostile
 * page sends here (ALPACA, https://alpaca-attack.com), or TLS on a port without
 * it.  Such a connection is closed at its first line, before a header or a form
 * could contain one of our commands.
 */

#ifndef COMMON_FRONT_FOREIGN_H
#define COMMON_FRONT_FOREIGN_H

#include <stdbool.h>

#include "common/base/slice.h"

/* Whether a connection that begins like this begins with a TLS handshake. */
bool	 foreign_tls(struct slice in);

/* Whether the first line of a connection is an HTTP request. */
bool	 foreign_http(struct slice line);

#endif
