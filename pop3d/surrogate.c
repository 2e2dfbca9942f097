/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Surrogate headers (RFC 6858, section 2).  Addresses are replaced, Subject is
 * encoded; MIME parameters and other fields that are not ASCII are removed.
 */
#include "config.h"

#include "common/base/arena.h"
#include "common/base/base64.h"
#include "common/base/table.h"
#include "common/base/utf8.h"
#include "pop3d/surrogate.h"
#include "storage/mime/address.h"
#include "storage/mime/header.h"

/* Bytes in one encoded word, which has 75 characters at most (RFC 2047). */
#define WORD_MAX	45
/* Memory for the addresses of one field. */
#define ADDRESSES_MEMORY	(1024 * 1024)

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

bool
pop3_surrogate_needed(struct slice header)
{
	return !is_ascii(header) && utf8_valid(header);
}

/* Append text as encoded words, never splitting a character. */
static void
add_words(struct buf *out, struct slice text)
{
	size_t n;

	while (text.len > 0) {
		n = text.len < WORD_MAX ? text.len : WORD_MAX;
		while (n < text.len && n > 1 &&
		    ((unsigned char)text.p[n] & 0xc0) == 0x80)
			n--;
		(void)buf_add_str(out, "=?utf-8?B?");
		(void)base64_encode(out, slice_sub(text, 0, n));
		(void)buf_add_str(out, "?=");
		text = slice_from(text, n);
		if (text.len > 0)
			(void)buf_add_str(out, "\r\n ");
	}
}

/* Append a display name, as encoded words or as a quoted string. */
static void
add_name(struct buf *out, struct slice name)
{
	if (!is_ascii(name)) {
		add_words(out, name);
		return;
	}
	(void)buf_add_char(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '"' || name.p[i] == '\\')
			(void)buf_add_char(out, '\\');
		(void)buf_add_char(out, name.p[i]);
	}
	(void)buf_add_char(out, '"');
}

/* Section 2.1: an address that is not ASCII becomes an invalid address. */
static void
add_address(struct buf *out, const struct address *a)
{
	if (a->name.len > 0) {
		add_name(out, a->name);
		(void)buf_add_char(out, ' ');
	} else if (!is_ascii(a->mailbox) || !is_ascii(a->host)) {
		add_words(out, a->mailbox);
		(void)buf_add_char(out, ' ');
	}
	if (!is_ascii(a->mailbox) || !is_ascii(a->host)) {
		(void)buf_add_str(out,
		    "<invalid@internationalized-address.invalid>");
		return;
	}
	(void)buf_add_char(out, '<');
	(void)buf_add_slice(out, a->mailbox);
	(void)buf_add_char(out, '@');
	(void)buf_add_slice(out, a->host);
	(void)buf_add_char(out, '>');
}

/* Groups lose their names and keep their members. */
static void
put_addresses(struct buf *out, const struct header_field *f)
{
	struct address_list list = { NULL, NULL };
	size_t left = ADDRESS_MAX;
	struct buf scratch;
	struct arena arena;
	bool first = true;

	arena_init(&arena, ADDRESSES_MEMORY);
	buf_init(&scratch, BUF_NOCAP);
	(void)address_parse(&arena, f->value, &left, &scratch, &list);
	(void)buf_add_slice(out, f->name);
	(void)buf_add_str(out, ": ");
	for (const struct address *a = list.first; a != NULL; a = a->next) {
		if (a->host.p == NULL)
			continue;
		if (!first)
			(void)buf_add_str(out, ",\r\n ");
		first = false;
		add_address(out, a);
	}
	(void)buf_add_str(out, "\r\n");
	buf_clear(&scratch);
	arena_clear(&arena);
}

/* Section 2.3. */
static void
put_subject(struct buf *out, const struct header_field *f)
{
	struct buf text;

	buf_init(&text, BUF_NOCAP);
	(void)header_unfold(&text, header_value(f));
	(void)buf_add_slice(out, f->name);
	(void)buf_add_str(out, ": ");
	add_words(out, buf_slice(&text));
	(void)buf_add_str(out, "\r\n");
	buf_clear(&text);
}

/* The length up to the next ';' outside of quoted strings. */
static size_t
parameter_len(struct slice s)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.len && (quoted || s.p[i] != ';'); i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
	}
	return i;
}

/* Section 2.2. */
static void
put_parameters(struct buf *out, const struct header_field *f)
{
	struct slice rest = f->value, one;
	bool first = true;

	(void)buf_add_slice(out, f->name);
	(void)buf_add_char(out, ':');
	while (rest.len > 0) {
		one = slice_sub(rest, 0, parameter_len(rest));
		rest = slice_from(rest, one.len + 1);
		if (!is_ascii(one))
			continue;
		if (!first)
			(void)buf_add_char(out, ';');
		first = false;
		(void)buf_add_slice(out, one);
	}
	(void)buf_add_str(out, "\r\n");
}

static const struct {
	const char	*name;
	void		(*put)(struct buf *, const struct header_field *);
} fields[] = {
	{ .name = "Bcc", .put = put_addresses },
	{ .name = "Cc", .put = put_addresses },
	{ .name = "From", .put = put_addresses },
	{ .name = "Reply-To", .put = put_addresses },
	{ .name = "Resent-Bcc", .put = put_addresses },
	{ .name = "Resent-Cc", .put = put_addresses },
	{ .name = "Resent-From", .put = put_addresses },
	{ .name = "Resent-Sender", .put = put_addresses },
	{ .name = "Resent-To", .put = put_addresses },
	{ .name = "Return-Path", .put = put_addresses },
	{ .name = "Sender", .put = put_addresses },
	{ .name = "To", .put = put_addresses },
	{ .name = "Subject", .put = put_subject },
	{ .name = "Content-Type", .put = put_parameters },
	{ .name = "Content-Disposition", .put = put_parameters },
};

/* A field that is not all ASCII.  Without a row above it is left out (2.4). */
static void
put_field(struct buf *out, const struct header_field *f)
{
	for (size_t i = 0; i < NROWS(fields); i++)
		if (f->value.p != NULL &&
		    slice_caseeq_str(f->name, fields[i].name)) {
			fields[i].put(out, f);
			return;
		}
}

/*
 * Append the surrogate of a header with CRLF line ends.  The header includes
 * the empty line after it, if there is one.  Returns 0, or -1 over the cap.
 */
static int
header_change(struct buf *out, struct slice header)
{
	struct header_iter it;
	struct header_field f;

	header_iter_init(&it, header);
	while (header_next(&it, &f))
		if (!is_ascii(f.raw))
			put_field(out, &f);
		else if (buf_add_slice(out, f.raw) == -1)
			return -1;
	return slice_ends(header, SLICE_LIT("\r\n\r\n")) ?
	    buf_add_str(out, "\r\n") : 0;
}

void
pop3_surrogate_apply(struct buf *out, size_t mark)
{
	struct slice s, header;
	struct buf made;
	size_t end;

	s = slice_from(buf_slice(out), mark);
	end = slice_find(s, SLICE_LIT("\r\n\r\n"));
	header = end == SLICE_NONE ? s : slice_sub(s, 0, end + 4);
	if (!pop3_surrogate_needed(header))
		return;
	buf_init(&made, BUF_NOCAP);
	if (header_change(&made, header) == 0 &&
	    buf_add_slice(&made, slice_from(s, header.len)) == 0) {
		buf_truncate(out, mark);
		(void)buf_add_slice(out, buf_slice(&made));
	}
	buf_clear(&made);
}
