/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Who speaks another protocol: a web browser, made to by a hostile page
 * (ALPACA, https://alpaca-attack.com), or TLS where there is none.  Its
 * connection is ended with the first line, before a header or a form can hold
 * one of our commands.
 */

#ifndef COMMON_FOREIGN_H
#define COMMON_FOREIGN_H

#include <stdbool.h>

#include "common/base/slice.h"

/* Whether the first bytes of a connection are those of a TLS handshake. */
bool	 foreign_tls(struct slice in);

/* Whether its first line is a request of HTTP. */
bool	 foreign_http(struct slice line);

#endif
