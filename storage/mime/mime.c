/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The streaming MIME parser; see mime.h.
 *
 * The parser works line by line.  The beginning of a line shows what the line
 * is: the empty line that ends a header, a boundary, or any other line.  Only
 * while that is undecided are bytes held over from one piece to the next, at
 * most HELD_MAX of them; the rest of a line is read in the caller's memory.
 *
 * The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1).
 * So the parser always knows where the last line ended (eol), and parts end
 * there.  Dovecot gives that line end to a multipart that was closed by its
 * own boundary just before; we follow the RFC, because signatures over such
 * parts (RFC 1847) fail otherwise.
 */

#include "config.h"

#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/xmalloc.h"
#include "storage/mime/mime.h"
#include "storage/mime/mime_field.h"

/* "--", a boundary, "--" and CRLF, and two bytes to tell a longer line. */
#define HELD_MAX	(MIME_BOUNDARY_MAX + 8)

enum state {
	IN_HEADER,
	IN_BODY,
	IN_BOUNDARY		/* on the line of a boundary */
};

/* The kinds of lines; the beginning of a line decides. */
enum line {
	LINE_PLAIN,
	LINE_EMPTY,		/* ends a header */
	LINE_BOUNDARY
};

struct boundary {
	struct mime_part	*part;
	struct slice		 text;
};

struct mime_parser {
	struct arena		*arena;
	struct mime_message	*msg;
	struct mime_part	*part;		/* the current part */
	struct boundary		 bounds[MIME_DEPTH_MAX + 1];
	size_t			 nbounds;	/* the last is the innermost */

	enum state		 state;
	enum line		 line;		/* kind of the current line */
	bool			 in_line;	/* line is known already */
	bool			 closing; /* the boundary ends in "--" */
	char			 before;	/* last byte counted */
	struct mime_pos		 pos;
	struct mime_pos		 eol;		/* start of the last line end */
	char			 held[HELD_MAX];
	size_t			 nheld;

	struct buf		 header;	/* of this part, so far */
	size_t			 header_left;	/* rest of MIME_HEADERS_MAX */
	struct mime_fields	 fields;
	bool			 failed;	/* the arena is full */
};

/*
 * Parts
 */

/* Begin a part at the current position; parent is NULL for the message. */
static void
part_begin(struct mime_parser *p, struct mime_part *parent)
{
	struct mime_part *part;

	p->state = IN_HEADER;
	buf_truncate(&p->header, 0);
	part = arena_calloc(p->arena, 1, sizeof(*part));
	if (part == NULL) {
		p->failed = true;
		return;
	}
	part->start = part->body = part->end = p->pos;
	part->parent = parent;
	p->msg->nparts++;
	p->part = part;
	if (parent == NULL) {
		p->msg->root = part;
		return;
	}
	part->depth = parent->depth + 1;
	if (parent->child == NULL)
		parent->child = part;
	else
		parent->last->next = part;
	parent->last = part;
}

/* End the current part and those around it, up to upto, which stays open. */
static void
part_finish(struct mime_parser *p, const struct mime_part *upto,
    struct mime_pos end)
{
	/*
	 * A boundary right after the header: the empty line stays part of the
	 * header, which always includes it (RFC 3501, 6.4.5), although RFC
	 * 2046 lets it be the line end of the boundary.
	 */
	if (end.raw < p->part->body.raw)
		end = p->part->body;
	for (; p->part != upto; p->part = p->part->parent)
		p->part->end = end;
}

struct mime_part *
mime_next(const struct mime_part *p)
{
	if (p->child != NULL)
		return p->child;
	while (p != NULL && p->next == NULL)
		p = p->parent;
	return p == NULL ? NULL : p->next;
}

/*
 * Look for the part's own boundary from now on, if it is a multipart with one.
 */
static void
boundary_push(struct mime_parser *p)
{
	const struct param *pa;
	struct boundary *b;

	pa = param_find(p->part->params, p->part->nparams, "boundary");
	if (p->part->kind != MIME_MULTIPART || pa == NULL ||
	    p->nbounds == MIME_DEPTH_MAX + 1)
		return;
	b = &p->bounds[p->nbounds++];
	b->part = p->part;
	b->text = slice_sub(pa->value, 0, MIME_BOUNDARY_MAX);
}

/*
 * The header of the current part is complete, and its body begins at body.  If
 * cut is set, the file or a boundary ended the header, not an empty line.
 */
static void
header_end(struct mime_parser *p, struct mime_pos body, bool cut)
{
	struct mime_part *part = p->part;

	part->body = part->end = body;
	if (mime_fields_parse(&p->fields, part, &p->header) == -1) {
		p->failed = true;
		return;
	}
	if ((part->kind == MIME_MULTIPART || part->kind == MIME_MESSAGE) &&
	    (part->depth >= MIME_DEPTH_MAX ||
	    p->msg->nparts >= MIME_PARTS_MAX)) {
		part->kind = MIME_OTHER;
		part->flags |= MIME_PART_OVERFLOW;
	}
	p->state = IN_BODY;
	if (part->kind == MIME_MESSAGE) {
		part_begin(p, part);
		p->part->start = body;
		if (cut && !p->failed)
			header_end(p, body, true);
	} else if (!cut)
		boundary_push(p);
}

/*
 * Lines
 */

/*
 * Find the boundary that a line begins with, innermost first.  Text after the
 * boundary does not matter (RFC 2046, 5.1.1).  If several boundaries match,
 * the longest counts, so that one may be the beginning of another.
 *
 * s  the line, or at least its first HELD_MAX bytes
 */
static const struct boundary *
boundary_find(const struct mime_parser *p, struct slice s)
{
	const struct boundary *b, *best = NULL;
	size_t i, lf, len;

	s = slice_from(slice_sub(s, 0, HELD_MAX), 2);
	lf = slice_chr(s, '\n');
	len = lf == SLICE_NONE ? s.len : lf;
	if (lf != SLICE_NONE) {
		if (len > 0 && s.p[len - 1] == '\r')
			len--;
		if (len > 2 && s.p[len - 1] == '-' && s.p[len - 2] == '-')
			len -= 2;
	}
	for (i = p->nbounds; i-- > 0; ) {
		b = &p->bounds[i];
		if (b->text.len > len ||
		    memcmp(b->text.p, s.p, b->text.len) != 0)
			continue;
		if (best == NULL || best->text.len < b->text.len)
			best = b;
		if (b->text.len == len)
			break;
	}
	return best;
}

/* Whether the next line could be a boundary. */
static bool
bounded(const struct mime_parser *p)
{
	return p->nbounds > 0 && p->msg->nparts < MIME_PARTS_MAX;
}

/* Whether s, the beginning of a line, is enough to tell what the line is. */
static bool
enough(const struct mime_parser *p, struct slice s)
{
	if (s.len == 0)
		return false;
	if (p->state == IN_HEADER && s.p[0] == '\r')
		return s.len > 1;
	if (s.p[0] != '-' || !bounded(p))
		return true;
	if (s.len < 2)
		return false;
	return s.p[1] != '-' || s.len >= HELD_MAX ||
	    slice_chr(s, '\n') != SLICE_NONE;
}

/*
 * Handle the line of a boundary: end the parts before it.  A part that it
 * begins starts at the end of the line.
 */
static void
boundary_line(struct mime_parser *p, const struct boundary *b, struct slice s)
{
	struct mime_pos end = p->eol;

	s = slice_sub(slice_from(s, 2 + b->text.len), 0, 2);
	p->closing = slice_eq_str(s, "--");
	if (p->state == IN_HEADER) {
		if (end.raw < p->part->start.raw)
			end = p->part->start;
		header_end(p, end, true);
		if (p->failed)
			return;
	}
	part_finish(p, b->part, end);
	p->nbounds = (size_t)(b - p->bounds) + (p->closing ? 0 : 1);
	p->state = IN_BOUNDARY;
}

/*
 * Decide what the line is that begins with s.  Either enough() holds for s, or
 * the file ends after it.
 */
static void
line_begin(struct mime_parser *p, struct slice s)
{
	const struct boundary *b;

	p->in_line = true;
	p->line = LINE_PLAIN;
	if (p->state == IN_HEADER && (s.p[0] == '\n' ||
	    (s.p[0] == '\r' && s.len > 1 && s.p[1] == '\n'))) {
		p->line = LINE_EMPTY;
	} else if (bounded(p) && s.len > 1 && s.p[0] == '-' &&
	    s.p[1] == '-' && (b = boundary_find(p, s)) != NULL) {
		p->line = LINE_BOUNDARY;
		boundary_line(p, b, s);
	}
}

/* Handle the end of a line, which is counted already. */
static void
line_end(struct mime_parser *p)
{
	p->in_line = false;
	if (p->line == LINE_EMPTY)
		header_end(p, p->pos, false);
	else if (p->line == LINE_BOUNDARY && p->closing)
		p->state = IN_BODY;
	else if (p->line == LINE_BOUNDARY)
		part_begin(p, p->part);
}

/* Count a piece of one line; lf: the last byte is its line end. */
static void
count(struct mime_parser *p, const char *s, size_t len, bool lf)
{
	bool cr;

	p->pos.raw += len;
	p->pos.wire += len;
	if (lf) {
		cr = (len > 1 ? s[len - 2] : p->before) == '\r';
		p->eol.raw = p->pos.raw - (cr ? 2 : 1);
		if (!cr)
			p->pos.wire++;
		p->eol.wire = p->pos.wire - 2;
		p->eol.lines = p->pos.lines++;
	}
	p->before = s[len - 1];
}

static void
header_add(struct mime_parser *p, const char *s, size_t len)
{
	if (len > MIME_HEADER_MAX - buf_len(&p->header))
		len = MIME_HEADER_MAX - buf_len(&p->header);
	if (len > p->header_left)
		len = p->header_left;
	p->header_left -= len;
	if (buf_add(&p->header, s, len) == -1)
		p->failed = true;
}

/*
 * Read the rest of a body line, and all lines after it up to one that could be
 * a boundary.  Most bytes of most mail are read here and nowhere else.
 * Returns the number of bytes read.
 */
static size_t
body_rest(struct mime_parser *p, struct slice s)
{
	const char *q = s.p, *end = s.p + s.len, *lf, *last = NULL;
	bool bounds = bounded(p), cr = false;
	uint64_t lines = 0, bare = 0;

	do {
		if ((lf = memchr(q, '\n', (size_t)(end - q))) == NULL)
			break;
		cr = (lf > s.p ? lf[-1] : p->before) == '\r';
		bare += !cr;
		lines++;
		last = lf;
		q = lf + 1;
	} while (q < end && !(bounds && *q == '-'));
	if (lf == NULL)
		q = end;
	else
		p->in_line = false;
	if (last != NULL) {
		size_t len = (size_t)(last + 1 - s.p);

		p->eol.raw = p->pos.raw + len - (cr ? 2 : 1);
		p->eol.wire = p->pos.wire + len + bare - 2;
		p->eol.lines = p->pos.lines + lines - 1;
	}
	p->pos.raw += (size_t)(q - s.p);
	p->pos.wire += (size_t)(q - s.p) + bare;
	p->pos.lines += lines;
	p->before = q[-1];
	return (size_t)(q - s.p);
}

/*
 * Read the rest of a line, and in a body perhaps more lines.  Returns the
 * number of bytes read.
 */
static size_t
line_rest(struct mime_parser *p, struct slice s)
{
	const char *lf;
	size_t len;

	if (p->state == IN_BODY && p->line == LINE_PLAIN)
		return body_rest(p, s);
	lf = memchr(s.p, '\n', s.len);
	len = lf == NULL ? s.len : (size_t)(lf + 1 - s.p);
	if (p->state == IN_HEADER)
		header_add(p, s.p, len);
	count(p, s.p, len, lf != NULL);
	if (lf != NULL)
		line_end(p);
	return len;
}

void
mime_feed(struct mime_parser *p, struct slice s)
{
	if (!p->failed && s.len > 0 && memchr(s.p, '\0', s.len) != NULL)
		p->msg->has_nul = true;
	while (s.len > 0 && !p->failed) {
		if (p->in_line) {
			s = slice_from(s, line_rest(p, s));
			continue;
		}
		if (p->nheld == 0 && enough(p, s)) {
			line_begin(p, s);
			continue;
		}
		while (s.len > 0 && !enough(p, slice_make(p->held, p->nheld))) {
			p->held[p->nheld++] = *s.p;
			s = slice_from(s, 1);
		}
		if (enough(p, slice_make(p->held, p->nheld))) {
			line_begin(p, slice_make(p->held, p->nheld));
			if (!p->failed)
				(void)line_rest(p, slice_make(p->held,
				    p->nheld));
			p->nheld = 0;
		}
	}
}

/*
 * The parser
 */

struct mime_parser *
mime_parser_new(struct arena *a)
{
	struct mime_parser *p;

	p = xcalloc(1, sizeof(*p));
	p->arena = a;
	buf_init(&p->header, MIME_HEADER_MAX);
	mime_fields_init(&p->fields, a);
	mime_parser_reset(p);
	return p;
}

void
mime_parser_reset(struct mime_parser *p)
{
	p->nbounds = 0;
	p->in_line = p->closing = p->failed = false;
	p->before = '\0';
	p->pos = p->eol = (struct mime_pos){ 0 };
	p->nheld = 0;
	p->header_left = MIME_HEADERS_MAX;
	mime_fields_reset(&p->fields);
	p->msg = arena_calloc(p->arena, 1, sizeof(*p->msg));
	if (p->msg == NULL)
		p->failed = true;
	else
		part_begin(p, NULL);
}

void
mime_parser_free(struct mime_parser *p)
{
	if (p == NULL)
		return;
	buf_clear(&p->header);
	mime_fields_clear(&p->fields);
	free(p);
}

struct mime_message *
mime_finish(struct mime_parser *p)
{
	if (!p->failed && p->nheld > 0) {
		line_begin(p, slice_make(p->held, p->nheld));
		if (!p->failed)
			(void)line_rest(p, slice_make(p->held, p->nheld));
		p->nheld = 0;
	}
	if (!p->failed && p->state == IN_HEADER)
		header_end(p, p->pos, true);
	if (p->failed)
		return NULL;
	part_finish(p, NULL, p->pos);
	return p->msg;
}
