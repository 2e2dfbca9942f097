/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * What a client that did not say UTF8 gets of a message with UTF-8 in its
 * header (RFC 6856, section 2.1): a surrogate made as RFC 6858 says.
 */
#ifndef POP3D_SURROGATE_H
#define POP3D_SURROGATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/*
 * Whether a header needs a surrogate: it has characters beyond ASCII and they
 * are UTF-8.  Bytes of older charsets, which no standard allows, are left as
 * they always were.
 */
bool	 pop3_surrogate_needed(struct slice header);

/*
 * Append the surrogate of a header block with CRLF line ends, which ends in
 * its empty line, if it has one.  Returns 0, or -1 over the cap.
 */
int	 pop3_surrogate_header(struct buf *out, struct slice header);

/*
 * Replace the header at the begin of a message, which is all that out holds
 * from mark on, if it is whole there and needs it.
 */
void	 pop3_surrogate_apply(struct buf *out, size_t mark);

#endif
