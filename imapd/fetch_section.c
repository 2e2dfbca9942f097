/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * BODY[section]<partial> (RFC 3501, 6.4.5).
 *
 * Octets of a message are copied from its file piece by piece, as fast as the
 * client reads them.  Header fields that are in the index are read from there.
 */

#include "config.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/log.h"
#include "imapd/fetch_section.h"
#include "storage/mime/header.h"
#include "storage/mime/mime_part.h"

/* Octets per read of the file. */
#define SECTION_CHUNK	(64 * 1024)
static const enum mime_section section_mime[] = {
	[SECTION_ALL] = MIME_SECTION_WHOLE,
	[SECTION_HEADER] = MIME_SECTION_HEADER,
	[SECTION_FIELDS] = MIME_SECTION_HEADER,
	[SECTION_FIELDS_NOT] = MIME_SECTION_HEADER,
	[SECTION_TEXT] = MIME_SECTION_TEXT,
	[SECTION_MIME] = MIME_SECTION_MIME,
};

uint32_t
fetch_section_need(struct fetch_item *item)
{
	const struct section *sec = &item->section;

	item->cached = sec->nparts == 0 && sec->text == SECTION_FIELDS &&
	    header_cached(sec->fields, sec->nfields);
	if (item->cached)
		return NEED_STRUCT | NEED_HEADERS;
	if (sec->nparts == 0 && sec->text == SECTION_ALL)
		return NEED_FILE | NEED_SIZE;
	return NEED_FILE | NEED_STRUCT;
}

void
fetch_section_print_label(struct reply *r, const struct fetch_item *item)
{
	if (item->row->section != NULL)
		reply_str(r, item->row->name);
	else {
		reply_str(r, "BODY");
		section_print(r, &item->section);
	}
	if (item->max > 0) {
		reply_char(r, '<');
		reply_number(r, item->off);
		reply_char(r, '>');
	}
	reply_char(r, ' ');
}

static struct slice
part_of(const struct fetch_item *item, struct slice text)
{
	if (item->max == 0)
		return text;
	return slice_sub(text, item->off, item->max);
}

/* A literal can't have NUL (RFC 3501, section 9, CHAR8): send 0x80 instead. */
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
	reply_literal_size(&s->reply, size);
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
fetch_section_blob(struct fetch *f)
{
	if (!f->has_blob && mimeblob_parse(&f->blob, f->m->blob) == -1)
		return -1;
	f->has_blob = true;
	return 0;
}

/*
 * Find a section in the file.  Returns 1, 0 if the message does not have it,
 * -1 if the structure is damaged.
 */
static int
locate(struct fetch *f, const struct section *sec, struct stretch *st)
{
	if (sec->nparts == 0 && sec->text == SECTION_ALL) {
		reader_whole(f->reader, st);
		return 1;
	}
	if (fetch_section_blob(f) == -1)
		return -1;
	if (f->root == NULL &&
	    (f->root = mimeblob_parts(&f->blob, &f->arena)) == NULL)
		return -1;
	return mimeblob_section(f->root, sec->parts, sec->nparts,
	    section_mime[sec->text], st);
}

/*
 * Print header fields that the index does not have: read the header, as much of
 * it as is parsed.
 */
static enum run
print_fields(struct session *s, struct fetch *f,
    const struct fetch_item *item, const struct stretch *st)
{
	const struct section *sec = &item->section;
	struct buf header, chosen;
	enum run r = RUN_FAIL;

	buf_init(&header, MIME_HEADER_MAX + SECTION_CHUNK);
	buf_init(&chosen, BUF_NOCAP);
	while (buf_len(&header) < st->wire_len &&
	    buf_len(&header) < MIME_HEADER_MAX) {
		int64_t n = reader_body(f->reader, st, buf_len(&header),
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

/* Print header fields that the index has. */
static enum run
print_cached(struct session *s, struct fetch *f,
    const struct fetch_item *item)
{
	const struct section *sec = &item->section;
	struct buf chosen;
	enum run r = RUN_FAIL;

	buf_init(&chosen, BUF_NOCAP);
	if (header_select(&chosen, f->m->headers, sec->fields, sec->nfields,
	    false) == 0) {
		print_text(s, item, buf_slice(&chosen));
		r = RUN_DONE;
	}
	buf_clear(&chosen);
	return r;
}

static enum run
print_more(struct session *s, struct fetch *f)
{
	struct buf *out = s->reply.out;
	int64_t n;

	while (f->left > 0) {
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
		n = reader_body(f->reader, &f->stretch, f->pos, f->left,
		    SECTION_CHUNK, out);
		if (n <= 0) {
			/*
			 * The client waits for octets that we announced and
			 * cannot send: end the session.
			 */
			log_warn("%" PRIu32 " message uid=%" PRIu32
			    " ended early: %s",
			    wconn_id(s->conn), f->m->uid, n == 0 ?
			    "file is too short" :
			    reader_error(f->reader)->text);
			s->dead = true;
			return RUN_FAIL;
		}
		/* reader_body() adds at most as much as it was asked for. */
		assert((uint64_t)n <= f->left);
		without_nul(out->p + out->end - n, (size_t)n);
		f->pos += (uint64_t)n;
		f->left -= (uint64_t)n;
	}
	f->in_literal = false;
	return RUN_DONE;
}

enum run
fetch_section_print(struct session *s, struct fetch *f,
    struct fetch_item *item)
{
	struct stretch st;
	int found;

	if (f->in_literal)
		return print_more(s, f);
	if (item->cached && f->m->headers.len > 0)
		return print_cached(s, f, item);
	if ((found = locate(f, &item->section, &st)) == -1)
		return RUN_FAIL;
	if (found == 0) {
		reply_slice(&s->reply, item->label);
		reply_str(&s->reply, "NIL");
		return RUN_DONE;
	}
	if (section_has_fields(&item->section))
		return print_fields(s, f, item, &st);
	f->stretch = st;
	f->pos = 0;
	f->left = st.wire_len;
	if (item->max > 0) {
		f->pos = item->off < st.wire_len ? item->off : st.wire_len;
		f->left = st.wire_len - f->pos;
		if (f->left > item->max)
			f->left = item->max;
	}
	print_literal_size(s, item, f->left);
	f->in_literal = true;
	return print_more(s, f);
}
