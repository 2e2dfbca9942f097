/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * LANG (RFC 6856, section 3): the languages of our texts.  There is only
 * English, which is also i-default, but the command is complete.
 */
#ifndef POP3D_LANG_H
#define POP3D_LANG_H

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Answer LANG.  range.p is NULL if no argument was given. */
void	 pop3_lang(struct buf *out, struct slice range);

#endif
