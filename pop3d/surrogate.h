/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A client that has not sent UTF8 gets a surrogate for a message with UTF-8 in
 * its header (RFC 6856, section 2.1), made according to RFC 6858.
 */
#ifndef POP3D_SURROGATE_H
#define POP3D_SURROGATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/*
 * Whether a header needs a surrogate: it is not all ASCII, and it is UTF-8.
 * Bytes of other charsets, which no standard allows, are sent unchanged, as
 * servers have always done.
 */
bool	 pop3_surrogate_needed(struct slice header);

/*
 * out has the beginning of a message from mark on: replace its header by a
 * surrogate, if it needs one.
 */
void	 pop3_surrogate_apply(struct buf *out, size_t mark);

#endif
