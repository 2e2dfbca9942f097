/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * LANG (RFC 6856, section 3): the languages that texts come in.  There is
 * one, English, which is also i-default; the command is whole all the same.
 */
#ifndef POP3D_LANG_H
#define POP3D_LANG_H

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Answer LANG; range has p == NULL when no argument was given. */
void	 pop3_lang(struct buf *out, struct slice range);

#endif
