/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Printing of IMAP responses (RFC 3501, section 9).  Nothing here uses
 * printf(3), since a FETCH may print a hundred thousand messages.
 */

#include "config.h"

#include <string.h>

#include "common/base/date.h"
#include "common/base/num.h"
#include "imapd/reply.h"

/* Where a byte may appear. */
#define CHAR_ATOM	(1U << 0)	/* in an astring without quotes */
#define CHAR_QUOTED	(1U << 1)	/* in a quoted string, as it is */
#define CHAR_ESCAPED	(1U << 2)	/* in a quoted string, after a "\" */

/* Longer strings are sent as literals: some clients limit their lines. */
#define QUOTED_MAX	1000

static unsigned int
char_class(unsigned char c)
{
	if (c < 0x20 || c >= 0x7f)
		return 0;
	if (c == '"' || c == '\\')
		return CHAR_ESCAPED;
	if (strchr(" (){%*]", c) != NULL)
		return CHAR_QUOTED;
	return CHAR_QUOTED | CHAR_ATOM;
}

void
reply_init(struct reply *r, struct buf *out)
{
	r->out = out;
	r->failed = false;
}

void
reply_slice(struct reply *r, struct slice s)
{
	reply_bytes(r, s.p, s.len);
}

void
reply_number(struct reply *r, uint64_t n)
{
	char *room;

	if (r->failed || buf_reserve(r->out, NUM_PRINT_MAX, &room) == -1) {
		r->failed = true;
		return;
	}
	buf_commit(r->out, num_print(room, n));
}

void
reply_untagged(struct reply *r, const char *name)
{
	reply_str(r, "* ");
	reply_str(r, name);
}

void
reply_untagged_number(struct reply *r, uint64_t n, const char *name)
{
	reply_str(r, "* ");
	reply_number(r, n);
	reply_char(r, ' ');
	reply_str(r, name);
}

void
reply_end(struct reply *r)
{
	reply_str(r, "\r\n");
}

void
reply_literal_size(struct reply *r, uint64_t n)
{
	reply_char(r, '{');
	reply_number(r, n);
	reply_str(r, "}\r\n");
}

static void
literal(struct reply *r, struct slice s)
{
	reply_literal_size(r, s.len);
	reply_slice(r, s);
}

static void
quoted(struct reply *r, struct slice s)
{
	reply_char(r, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			reply_char(r, '\\');
		reply_char(r, s.p[i]);
	}
	reply_char(r, '"');
}

/* Return the classes that all bytes of s have in common. */
static unsigned int
common_class(struct slice s)
{
	unsigned int all = CHAR_ATOM | CHAR_QUOTED;

	for (size_t i = 0; i < s.len; i++) {
		unsigned int class = char_class((unsigned char)s.p[i]);

		if (class & CHAR_ESCAPED)
			class = CHAR_QUOTED;
		all &= class;
	}
	return all;
}

void
reply_string(struct reply *r, struct slice s)
{
	if (s.len <= QUOTED_MAX && (common_class(s) & CHAR_QUOTED))
		quoted(r, s);
	else
		literal(r, s);
}

void
reply_astring(struct reply *r, struct slice s)
{
	/* Careless clients would read the atom NIL as "no string". */
	if (s.len > 0 && s.len <= QUOTED_MAX &&
	    (common_class(s) & CHAR_ATOM) && !slice_caseeq_str(s, "NIL"))
		reply_slice(r, s);
	else
		reply_string(r, s);
}

void
reply_mailbox(struct reply *r, struct slice name,
    const struct name_style *names)
{
	struct buf wire;

	buf_init(&wire, BUF_NOCAP);
	if (name_style_encode(names, &wire, name) == -1)
		r->failed = true;
	reply_astring(r, buf_slice(&wire));
	buf_clear(&wire);
}

void
reply_idset(struct reply *r, const struct idset *set)
{
	if (r->failed || idset_print(set, r->out) == -1)
		r->failed = true;
}

void
reply_datetime(struct reply *r, int64_t when)
{
	char text[DATE_MAX];
	size_t len;

	len = date_print_imap_time(text, when, 0);
	reply_char(r, '"');
	reply_bytes(r, text, len);
	reply_char(r, '"');
}

static const char *
status_name(enum status status)
{
	switch (status) {
	case STATUS_OK:
		return "OK";
	case STATUS_NO:
		return "NO";
	case STATUS_BAD:
		return "BAD";
	case STATUS_BYE:
		return "BYE";
	}
	return "BAD";
}

/* Print "TAG OK ". */
static void
status_start(struct reply *r, struct slice tag, enum status status)
{
	if (tag.len == 0)
		reply_char(r, '*');
	else
		reply_slice(r, tag);
	reply_char(r, ' ');
	reply_str(r, status_name(status));
	reply_char(r, ' ');
}

void
reply_status_begin(struct reply *r, struct slice tag, enum status status,
    enum respcode code, struct slice args)
{
	status_start(r, tag, status);
	if (code == CODE_NONE)
		return;
	reply_char(r, '[');
	reply_str(r, respcode_name(code));
	if (args.len > 0) {
		reply_char(r, ' ');
		reply_slice(r, args);
	}
	reply_str(r, "] ");
}

void
reply_status(struct reply *r, struct slice tag, enum status status,
    enum respcode code, struct slice args, struct slice text)
{
	reply_status_begin(r, tag, status, code, args);
	reply_slice(r, text);
	reply_end(r);
}

void
reply_ok(struct reply *r, enum respcode code, struct slice args,
    const char *text)
{
	reply_status(r, SLICE_EMPTY, STATUS_OK, code, args,
	    slice_str(text));
}

void
reply_ok_number(struct reply *r, enum respcode code, uint64_t n,
    const char *text)
{
	char number[NUM_PRINT_MAX];
	size_t len;

	len = num_print(number, n);
	reply_ok(r, code, slice_make(number, len), text);
}

void
reply_ok_begin(struct reply *r, struct slice tag, enum respcode code)
{
	status_start(r, tag, STATUS_OK);
	reply_char(r, '[');
	reply_str(r, respcode_name(code));
	reply_char(r, ' ');
}

void
reply_ok_end(struct reply *r, const char *text)
{
	reply_str(r, "] ");
	reply_str(r, text);
	reply_end(r);
}

void
reply_bye(struct reply *r, enum respcode code, const char *text)
{
	const struct slice none = { NULL, 0 };

	reply_status(r, none, STATUS_BYE, code, none, slice_str(text));
}

void
reply_continue(struct reply *r, struct slice text)
{
	reply_str(r, "+ ");
	reply_slice(r, text);
	reply_end(r);
}
