/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * BODY[section]<partial> (RFC 3501, 6.4.5).
 *
 * Octets of a message are copied from its file in pieces, as the client
 * takes them.  Header fields that the index keeps are answered from there.
 */

#include "config.h"

#include <assert.h>
#include <string.h>

#include "common/base/log.h"
#include "imapd/fetch.h"
#include "storage/mime/header.h"

/* Octets read in one go. */
#define SECTION_CHUNK	(64 * 1024)
/* A header that is filtered is held whole: the parser's own bound. */
#define SECTION_HEADER_MAX	(10 * 1024 * 1024)

static const enum mime_section section_mime[] = {
	[SECTION_ALL] = MIME_SECTION_WHOLE,
	[SECTION_HEADER] = MIME_SECTION_HEADER,
	[SECTION_FIELDS] = MIME_SECTION_HEADER,
	[SECTION_FIELDS_NOT] = MIME_SECTION_HEADER,
	[SECTION_TEXT] = MIME_SECTION_TEXT,
	[SECTION_MIME] = MIME_SECTION_MIME,
};

int
fetch_section_label(struct arg *a, const char *name, struct fetch_item *item)
{
	const struct section *sec = &item->section;
	struct reply r;
	struct buf text;

	buf_init(&text, BUF_NOCAP);
	reply_init(&r, &text);
	if (name != NULL)
		reply_str(&r, name);
	else {
		reply_str(&r, "BODY");
		section_print(&r, sec);
	}
	if (item->max > 0) {
		reply_char(&r, '<');
		reply_number(&r, item->off);
		reply_char(&r, '>');
	}
	reply_char(&r, ' ');
	item->label = arena_dup(a->arena, buf_slice(&text));
	buf_clear(&text);
	item->cached = sec->nparts == 0 && sec->text == SECTION_FIELDS &&
	    header_cached(sec->fields, sec->nfields);
	if (r.failed || item->label.p == NULL)
		return arg_fail(a, "Command needs too much memory");
	return 0;
}

uint32_t
fetch_section_need(const struct fetch_item *item)
{
	if (item->cached)
		return NEED_STRUCT | NEED_HEADERS;
	if (item->section.nparts == 0 && item->section.text == SECTION_ALL)
		return NEED_FILE | NEED_SIZE;
	return NEED_FILE | NEED_STRUCT;
}

/* What the partial leaves of a text. */
static struct slice
part_of(const struct fetch_item *item, struct slice text)
{
	if (item->max == 0)
		return text;
	return slice_sub(text, item->off, item->max);
}

/* RFC 3501, section 9, CHAR8: no NUL in a literal; 0x80 stands for it. */
static void
without_nul(char *p, size_t len)
{
	while (len > 0) {
		char *nul = memchr(p, '\0', len);

		if (nul == NULL)
			return;
		*nul = (char)0x80;
		len -= (size_t)(nul - p) + 1;
		p = nul + 1;
	}
}

static void
print_literal_size(struct session *s, const struct fetch_item *item,
    uint64_t size)
{
	reply_slice(&s->reply, item->label);
	reply_char(&s->reply, '{');
	reply_number(&s->reply, size);
	reply_str(&s->reply, "}\r\n");
}

static void
print_text(struct session *s, const struct fetch_item *item,
    struct slice text)
{
	struct buf *out = s->reply.out;

	text = part_of(item, text);
	print_literal_size(s, item, text.len);
	reply_slice(&s->reply, text);
	if (!s->reply.failed)
		without_nul(out->p + out->end - text.len, text.len);
}

int
fetch_section_blob(struct cmd_fetch *c)
{
	if (!c->has_blob && mimeblob_open(&c->blob, c->m->blob) == -1)
		return -1;
	c->has_blob = true;
	return 0;
}

/* Where it is: 1, 0 if there is none, -1 if the structure is broken. */
static int
locate(struct cmd_fetch *c, const struct section *sec, struct stretch *st)
{
	if (sec->nparts == 0 && sec->text == SECTION_ALL) {
		reader_whole(c->reader, st);
		return 1;
	}
	if (fetch_section_blob(c) == -1)
		return -1;
	if (c->root == NULL &&
	    (c->root = mimeblob_parts(&c->blob, &c->arena)) == NULL)
		return -1;
	return mimeblob_section(c->root, sec->parts, sec->nparts,
	    section_mime[sec->text], st);
}

/* Fields of a header that has to be read: hold it, and select. */
static enum run
print_fields(struct session *s, struct cmd_fetch *c,
    const struct fetch_item *item, const struct stretch *st)
{
	const struct section *sec = &item->section;
	struct buf header, chosen;
	enum run r = RUN_FAIL;

	buf_init(&header, SECTION_HEADER_MAX + SECTION_CHUNK);
	buf_init(&chosen, BUF_NOCAP);
	while (buf_len(&header) < st->wire_len &&
	    buf_len(&header) < SECTION_HEADER_MAX) {
		int64_t n = reader_body(c->reader, st, buf_len(&header),
		    st->wire_len - buf_len(&header), SECTION_CHUNK, &header);

		if (n == -1)
			goto out;
		if (n == 0)
			break;
	}
	if (header_select(&chosen, buf_slice(&header), sec->fields,
	    sec->nfields, sec->text == SECTION_FIELDS_NOT) == -1)
		goto out;
	print_text(s, item, buf_slice(&chosen));
	r = RUN_DONE;
out:
	buf_clear(&header);
	buf_clear(&chosen);
	return r;
}

/* Fields that the index has. */
static enum run
print_cached(struct session *s, struct cmd_fetch *c,
    const struct fetch_item *item)
{
	const struct section *sec = &item->section;
	struct buf chosen;
	enum run r = RUN_FAIL;

	buf_init(&chosen, BUF_NOCAP);
	if (header_select(&chosen, c->m->headers, sec->fields, sec->nfields,
	    false) == 0) {
		print_text(s, item, buf_slice(&chosen));
		r = RUN_DONE;
	}
	buf_clear(&chosen);
	return r;
}

/* The next octets of the literal under way. */
static enum run
print_more(struct session *s, struct cmd_fetch *c)
{
	struct buf *out = s->reply.out;
	int64_t n;

	while (c->left > 0) {
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
		n = reader_body(c->reader, &c->stretch, c->pos, c->left,
		    SECTION_CHUNK, out);
		if (n <= 0) {
			/* Its length was promised: nothing else can follow. */
			log_warn("%u message uid=%u ended early: %s",
			    wconn_id(s->conn), c->m->uid, n == 0 ?
			    "file is too short" :
			    reader_error(c->reader)->text);
			s->dead = true;
			return RUN_FAIL;
		}
		/* reader_body() gives no more than it was asked for. */
		assert((uint64_t)n <= c->left);
		without_nul(out->p + out->end - n, (size_t)n);
		c->pos += (uint64_t)n;
		c->left -= (uint64_t)n;
	}
	c->in_literal = false;
	return RUN_DONE;
}

enum run
fetch_section_print(struct session *s, struct cmd_fetch *c,
    struct fetch_item *item)
{
	struct stretch st;
	int found;

	if (c->in_literal)
		return print_more(s, c);
	if (item->cached && c->m->headers.len > 0)
		return print_cached(s, c, item);
	if ((found = locate(c, &item->section, &st)) == -1)
		return RUN_FAIL;
	if (found == 0) {
		reply_slice(&s->reply, item->label);
		reply_str(&s->reply, "NIL");
		return RUN_DONE;
	}
	if (section_has_fields(&item->section))
		return print_fields(s, c, item, &st);
	c->stretch = st;
	c->pos = 0;
	c->left = st.wire_len;
	if (item->max > 0) {
		c->pos = item->off < st.wire_len ? item->off : st.wire_len;
		c->left = st.wire_len - c->pos;
		if (c->left > item->max)
			c->left = item->max;
	}
	print_literal_size(s, item, c->left);
	c->in_literal = true;
	return print_more(s, c);
}
