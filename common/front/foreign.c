/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Detects other protocols by their first bytes; see foreign.h. */

#include "config.h"

#include "common/base/table.h"
#include "common/front/foreign.h"

/* The type of a TLS record that holds a handshake (RFC 8446, 5.1). */
#define TLS_HANDSHAKE	0x16

bool
foreign_tls(struct slice in)
{
	return in.len > 0 && in.p[0] == TLS_HANDSHAKE;
}

bool
foreign_http(struct slice text)
{
	static const char *const methods[] = { "GET ", "POST ", "PUT ",
	    "HEAD ", "OPTIONS ", "CONNECT ", "DELETE ", "PATCH ", "TRACE ",
	    "PRI " };

	for (size_t i = 0; i < NROWS(methods); i++) {
		struct slice method = slice_str(methods[i]);

		if (!slice_starts(text, method))
			continue;
		text = slice_from(text, method.len);
		return slice_starts(text, SLICE_LIT("/")) ||
		    slice_find(text, SLICE_LIT("HTTP/")) != SLICE_NONE ||
		    slice_find(text, SLICE_LIT("://")) != SLICE_NONE;
	}
	return false;
}
