/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The only writer of POP3 syntax: status lines and multi-line ends
 * (RFC 1939, section 3) and continuations of AUTH (RFC 5034).
 *
 * The output buffers are capped well above what one call adds beyond the
 * high-water mark, so nothing here can fail in a way that a client sees.
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

/* A status line: "+OK text" or "-ERR text", text with its code in front. */
void	 pop3_ok(struct buf *out, const char *text);
void	 pop3_err(struct buf *out, const char *text);
/* The same as printf(3). */
void	 pop3_okf(struct buf *out, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));
void	 pop3_errf(struct buf *out, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));
/* One or two numbers and a line end, as in a scan listing. */
void	 pop3_numbers(struct buf *out, uint64_t a, uint64_t b);
/* The line that ends a multi-line answer. */
void	 pop3_end(struct buf *out);
/* "+ " and the challenge in base64. */
void	 pop3_challenge(struct buf *out, struct slice data);

struct store_error;

/* "-ERR", the code and the text of what the store says (store_reply.c). */
void	 pop3_store_err(struct buf *out, const struct store_error *err);

#endif
