/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The only writer of POP3 syntax: status lines and the final dot of multi-line
 * answers (RFC 1939, section 3) and challenges of AUTH (RFC 5034).
 *
 * The caps of the output buffers are well above the high-water mark plus what
 * one call adds, so that nothing here fails for lack of room.
 */
#ifndef POP3D_REPLY_H
#define POP3D_REPLY_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/*
 * Response codes, spelt as on the wire (RFC 2449 section 8, RFC 3206,
 * RFC 6856 section 5).
 */
#define POP3_CODE_AUTH		"[AUTH] "
#define POP3_CODE_IN_USE	"[IN-USE] "
#define POP3_CODE_LOGIN_DELAY	"[LOGIN-DELAY] "
#define POP3_CODE_SYS_PERM	"[SYS/PERM] "
#define POP3_CODE_SYS_TEMP	"[SYS/TEMP] "
#define POP3_CODE_UTF8		"[UTF8] "

/* A status line: "+OK text" or "-ERR text"; text may begin with a code. */
void	 pop3_ok(struct buf *out, const char *text);
void	 pop3_err(struct buf *out, const char *text);
/* The same, formatted as by printf(3). */
void	 pop3_okf(struct buf *out, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));
void	 pop3_errf(struct buf *out, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));
/* A line with two numbers, as in a scan listing. */
void	 pop3_numbers(struct buf *out, uint64_t a, uint64_t b);
/* The final dot of a multi-line answer. */
void	 pop3_end(struct buf *out);
/* "+ " and the challenge in base64. */
void	 pop3_challenge(struct buf *out, struct slice data);

struct store_error;

/* "-ERR" with the code and the text of an error of the store. */
void	 pop3_store_err(struct buf *out, const struct store_error *err);

#endif
