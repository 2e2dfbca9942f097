/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The writer of POP3 syntax.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/base64.h"
#include "pop3d/reply.h"

/* The maximum length of a status line (RFC 2449, section 4). */
#define STATUS_MAX	512

static void
reply_line(struct buf *out, const char *status, const char *text)
{
	(void)buf_add_str(out, status);
	(void)buf_add_str(out, text);
	(void)buf_add_str(out, "\r\n");
}

static void
reply_linef(struct buf *out, const char *status, const char *fmt, va_list ap)
{
	char text[STATUS_MAX - sizeof("-ERR \r\n")];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	reply_line(out, status, text);
}

void
pop3_ok(struct buf *out, const char *text)
{
	reply_line(out, "+OK ", text);
}

void
pop3_err(struct buf *out, const char *text)
{
	reply_line(out, "-ERR ", text);
}

void
pop3_okf(struct buf *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reply_linef(out, "+OK ", fmt, ap);
	va_end(ap);
}

void
pop3_errf(struct buf *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reply_linef(out, "-ERR ", fmt, ap);
	va_end(ap);
}

void
pop3_numbers(struct buf *out, uint64_t a, uint64_t b)
{
	(void)buf_add_u64(out, a);
	(void)buf_add_char(out, ' ');
	(void)buf_add_u64(out, b);
	(void)buf_add_str(out, "\r\n");
}

void
pop3_end(struct buf *out)
{
	(void)buf_add_str(out, ".\r\n");
}

void
pop3_challenge(struct buf *out, struct slice data)
{
	(void)buf_add_str(out, "+ ");
	(void)base64_encode(out, data);
	(void)buf_add_str(out, "\r\n");
}
