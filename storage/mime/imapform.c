/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * ENVELOPE and BODYSTRUCTURE; see imapform.h.
 *
 * Each printer returns 0 or -1, so that they can be chained by ||.
 */

#include "config.h"

#include <stdbool.h>
#include <stdint.h>

#include "storage/mime/imapform.h"
#include "storage/mime/varint.h"

/*
 * Strings
 */

/* Replaces a NUL, which no string may contain (RFC 3501, section 9, CHAR8). */
#define REPLACEMENT	"\xef\xbf\xbd"

/* Print a literal, in the form that RFC 3501 gives for responses. */
static int
literal(struct buf *out, struct slice s, size_t nuls)
{
	struct slice run;

	if (buf_add_char(out, '{') == -1 ||
	    buf_add_u64(out, s.len + nuls * (sizeof(REPLACEMENT) - 2)) ||
	    buf_add_str(out, "}\r\n") == -1)
		return -1;
	while (slice_cut(&s, '\0', &run))
		if (buf_add_slice(out, run) ||
		    buf_add_str(out, REPLACEMENT))
			return -1;
	return buf_add_slice(out, run);
}

/*
 * A string, quoted if possible, else as a literal.  NUL, which no string may
 * contain (RFC 3501, section 9, CHAR8), becomes U+FFFD.
 */
static int
print_string(struct buf *out, struct slice s)
{
	size_t escapes = 0, nuls = 0, i;
	bool quotable = true;
	unsigned char c;
	char *room;

	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (c == '\0' || c == '\r' || c == '\n' || c >= 0x80)
			quotable = false;
		nuls += c == '\0';
		escapes += c == '"' || c == '\\';
	}
	if (!quotable)
		return literal(out, s, nuls);
	if (buf_reserve(out, s.len + escapes + 2, &room) == -1)
		return -1;
	*room++ = '"';
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			*room++ = '\\';
		*room++ = s.p[i];
	}
	*room = '"';
	buf_commit(out, s.len + escapes + 2);
	return 0;
}

/* As print_string(), but NIL if s.p is NULL. */
static int
print_nstring(struct buf *out, struct slice s)
{
	if (s.p == NULL)
		return buf_add_str(out, "NIL");
	return print_string(out, s);
}

/* Print what squeeze() leaves of s, as print_string() does. */
static int
squeezed(struct buf *out, struct slice s,
    int (*squeeze)(struct buf *, struct slice))
{
	struct buf b;
	int ret;

	buf_init(&b, BUF_NOCAP);
	ret = squeeze(&b, s);
	if (ret == 0)
		ret = print_string(out, buf_slice(&b));
	buf_clear(&b);
	return ret;
}

static int
without_line_ends(struct buf *out, struct slice s)
{
	char *room;
	size_t i, n = 0;

	if (buf_reserve(out, s.len, &room) == -1)
		return -1;
	for (i = 0; i < s.len; i++)
		if (s.p[i] != '\r' && s.p[i] != '\n')
			room[n++] = s.p[i];
	buf_commit(out, n);
	return 0;
}

static int
single_spaces(struct buf *out, struct slice s)
{
	bool space = true, was = true;
	char *room;
	size_t i, n = 0;

	if (buf_reserve(out, s.len, &room) == -1)
		return -1;
	for (i = 0; i < s.len; i++, was = space) {
		space = s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\r' ||
		    s.p[i] == '\n';
		if (!space)
			room[n++] = s.p[i];
		else if (!was)
			room[n++] = ' ';
	}
	if (n > 0 && space)
		n--;
	buf_commit(out, n);
	return 0;
}

/* A field body, unfolded, as an nstring. */
static int
print_value(struct buf *out, struct slice s)
{
	if (slice_chr(s, '\n') == SLICE_NONE && slice_chr(s, '\r') ==
	    SLICE_NONE)
		return print_nstring(out, s);
	return squeezed(out, s, without_line_ends);
}

/* Whether single_spaces() would leave s as it is. */
static bool
is_single_spaced(struct slice s)
{
	bool space = true;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\t' ||
		    (s.p[i] == ' ' && space))
			return false;
		space = s.p[i] == ' ';
	}
	return s.len == 0 || !space;
}

/*
 * Text for people (a subject, a name) as an nstring.  The text is unfolded,
 * and any white space becomes one space, because senders fold in different
 * ways.  White space at the beginning and the end is dropped.
 */
static int
print_text(struct buf *out, struct slice s)
{
	if (s.p == NULL || is_single_spaced(s))
		return print_nstring(out, s);
	return squeezed(out, s, single_spaces);
}

/*
 * ENVELOPE
 */

static int
address(struct buf *out, const struct address *a)
{
	return buf_add_char(out, '(') ||
	    print_text(out, a->name) || buf_add_char(out, ' ') ||
	    print_value(out, a->route) || buf_add_char(out, ' ') ||
	    print_value(out, a->mailbox) || buf_add_char(out, ' ') ||
	    print_value(out, a->host) || buf_add_char(out, ')');
}

static int
addresses(struct buf *out, const struct address_list *list)
{
	const struct address *a;

	if (list->first == NULL)
		return buf_add_str(out, " NIL");
	if (buf_add_str(out, " ("))
		return -1;
	for (a = list->first; a != NULL; a = a->next)
		if (address(out, a))
			return -1;
	return buf_add_char(out, ')');
}

int
imapform_envelope(struct buf *out, const struct mime_envelope *env)
{
	static const struct mime_envelope none;
	const struct address_list *sender, *reply_to;

	if (env == NULL)
		env = &none;
	/* If absent or empty, both default to From (RFC 3501, 7.4.2). */
	sender = env->sender.first != NULL ? &env->sender : &env->from;
	reply_to = env->reply_to.first != NULL ? &env->reply_to : &env->from;
	if (buf_add_char(out, '(') ||
	    print_value(out, env->date) || buf_add_char(out, ' ') ||
	    print_text(out, env->subject) ||
	    addresses(out, &env->from) ||
	    addresses(out, sender) ||
	    addresses(out, reply_to) ||
	    addresses(out, &env->to) ||
	    addresses(out, &env->cc) ||
	    addresses(out, &env->bcc) || buf_add_char(out, ' ') ||
	    print_value(out, env->in_reply_to) || buf_add_char(out, ' ') ||
	    print_value(out, env->message_id) || buf_add_char(out, ')'))
		return -1;
	return 0;
}

/*
 * BODYSTRUCTURE
 */

struct form {
	struct buf	*out;
	struct buf	*spans;
	size_t		 start;		/* offset of the text in out */
	size_t		 spanned;	/* end of the last span, from start */
};

static int
span(struct form *f, size_t from)
{
	size_t to = buf_len(f->out) - f->start;

	from -= f->start;
	if (f->spans != NULL && (varint_put(f->spans, from - f->spanned) ||
	    varint_put(f->spans, to - from)))
		return -1;
	f->spanned = to;
	return 0;
}

/* charset: the part is text, whose default is US-ASCII (RFC 2045, 5.2). */
static int
params(struct buf *out, const struct param *pa, size_t n, bool charset)
{
	size_t i;

	if (param_find(pa, n, "charset") != NULL)
		charset = false;
	if (n == 0 && !charset)
		return buf_add_str(out, " NIL");
	if (buf_add_str(out, " ("))
		return -1;
	for (i = 0; i < n; i++)
		if ((i > 0 && buf_add_char(out, ' ')) ||
		    print_string(out, pa[i].name) || buf_add_char(out, ' ') ||
		    print_string(out, pa[i].value))
			return -1;
	if (charset && buf_add_str(out, n > 0 ? " \"charset\" \"us-ascii\"" :
	    "\"charset\" \"us-ascii\""))
		return -1;
	return buf_add_char(out, ')');
}

static int
languages(struct buf *out, const struct mime_part *part)
{
	size_t i;

	if (part->nlanguages == 0)
		return buf_add_str(out, " NIL");
	if (buf_add_str(out, " ("))
		return -1;
	for (i = 0; i < part->nlanguages; i++)
		if ((i > 0 && buf_add_char(out, ' ')) ||
		    print_string(out, part->languages[i]))
			return -1;
	return buf_add_char(out, ')');
}

/* The end of all kinds of parts: disposition, language, location. */
static int
extension(struct buf *out, const struct mime_part *part)
{
	if (part->disposition.p == NULL) {
		if (buf_add_str(out, " NIL"))
			return -1;
	} else if (buf_add_str(out, " (") ||
	    print_string(out, part->disposition) ||
	    params(out, part->disposition_params,
	    part->ndisposition_params, false) || buf_add_char(out, ')'))
		return -1;
	return languages(out, part) || buf_add_char(out, ' ') ||
	    print_value(out, part->location);
}

/* Type and subtype of a part that is not a multipart. */
static int
media(struct buf *out, const struct mime_part *part)
{
	if (part->flags & MIME_PART_OVERFLOW)
		return buf_add_str(out, "\"application\" \"octet-stream\"");
	if (part->kind == MIME_MESSAGE)
		return buf_add_str(out, "\"message\" \"rfc822\"");
	if (part->type.p == NULL)
		return buf_add_str(out, "\"text\" \"plain\"");
	return print_string(out, part->type) || buf_add_char(out, ' ') ||
	    print_string(out, part->subtype);
}

/* Everything before the children of a part. */
static int
open_part(struct form *f, const struct mime_part *part)
{
	struct buf *out = f->out;

	if (buf_add_char(out, '('))
		return -1;
	if (part->kind == MIME_MULTIPART)
		return 0;
	if (media(out, part) ||
	    params(out, part->params, part->nparams,
	    part->kind == MIME_TEXT) || buf_add_char(out, ' ') ||
	    print_value(out, part->id) || buf_add_char(out, ' ') ||
	    print_value(out, part->description) || buf_add_char(out, ' ') ||
	    print_string(out, part->cte.p == NULL ? SLICE_LIT("7bit") :
	    part->cte) || buf_add_char(out, ' ') ||
	    buf_add_u64(out, part->end.wire - part->body.wire))
		return -1;
	if (part->kind != MIME_MESSAGE)
		return 0;
	return buf_add_char(out, ' ') ||
	    imapform_envelope(out, part->child->envelope) ||
	    buf_add_char(out, ' ');
}

/* A multipart without parts gets an empty part, which the grammar requires. */
static int
no_parts(struct form *f)
{
	size_t from;

	if (buf_add_str(f->out, "(\"text\" \"plain\" (\"charset\" "
	    "\"us-ascii\") NIL NIL \"7bit\" 0 0"))
		return -1;
	from = buf_len(f->out);
	return buf_add_str(f->out, " NIL NIL NIL NIL") || span(f, from) ||
	    buf_add_char(f->out, ')');
}

/* Everything after the children of a part. */
static int
close_part(struct form *f, const struct mime_part *part)
{
	struct buf *out = f->out;
	size_t from;

	if (part->kind == MIME_MULTIPART) {
		if ((part->child == NULL && no_parts(f)) ||
		    buf_add_char(out, ' ') || print_string(out, part->subtype))
			return -1;
		from = buf_len(out);
		if (params(out, part->params, part->nparams, false))
			return -1;
	} else {
		if (part->kind != MIME_OTHER && (buf_add_char(out, ' ') ||
		    buf_add_u64(out, part->end.lines - part->body.lines)))
			return -1;
		from = buf_len(out);
		if (buf_add_char(out, ' ') || print_value(out, part->md5))
			return -1;
	}
	return extension(out, part) || span(f, from) || buf_add_char(out, ')');
}

int
imapform_structure(struct buf *out, const struct mime_part *root,
    struct buf *spans)
{
	struct form f = { .out = out, .spans = spans,
	    .start = buf_len(out) };
	const struct mime_part *part = root;

	for (;;) {
		if (open_part(&f, part))
			return -1;
		if (part->child != NULL) {
			part = part->child;
			continue;
		}
		if (close_part(&f, part))
			return -1;
		while (part != root && part->next == NULL) {
			part = part->parent;
			if (close_part(&f, part))
				return -1;
		}
		if (part == root)
			return 0;
		part = part->next;
	}
}

int
imapform_body(struct buf *out, struct slice text, struct slice spans)
{
	uint64_t gap, len;

	while (spans.len > 0) {
		if (varint_parse(&spans, &gap) == -1 ||
		    varint_parse(&spans, &len) == -1 ||
		    gap > text.len || len > text.len - gap ||
		    buf_add(out, text.p, (size_t)gap) == -1)
			return -1;
		text = slice_from(text, (size_t)(gap + len));
	}
	return buf_add_slice(out, text);
}
