/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Message structures in the index; see mimeblob.h for the format.
 */

#include "config.h"

#include "storage/mime/header.h"
#include "storage/mime/imapform.h"
#include "storage/mime/mimeblob.h"
#include "storage/mime/varint.h"

#define BLOB_NUL	(1U << 0)
#define BLOB_BARE_LF	(1U << 1)
#define BLOB_ALL	3U

#define ROW_OVERFLOW	32U

/*
 * Encoding
 */

static uint64_t
bare(struct mime_pos from, struct mime_pos to)
{
	return (to.wire - to.raw) - (from.wire - from.raw);
}

static int
put_string(struct buf *out, struct slice s)
{
	return varint_put(out, s.len) || buf_add_slice(out, s);
}

static int
put_row(struct buf *out, const struct mime_part *part,
    const struct mime_part *prev, bool bare_lf)
{
	const struct param *charset;
	const struct mime_part *c;
	struct mime_pos from = { 0 };
	uint64_t children = 0;

	if (prev != NULL)
		from = prev->start;
	for (c = part->child; c != NULL; c = c->next)
		children++;
	if (varint_put(out, (uint64_t)part->kind +
	    4 * (uint64_t)part->encoding +
	    (part->flags & MIME_PART_OVERFLOW ? ROW_OVERFLOW : 0)) ||
	    varint_put(out, children) ||
	    varint_put(out, part->start.raw - from.raw) ||
	    varint_put(out, part->body.raw - part->start.raw) ||
	    varint_put(out, part->end.raw - part->body.raw))
		return -1;
	if (bare_lf && (varint_put(out, bare(from, part->start)) ||
	    varint_put(out, bare(part->start, part->body)) ||
	    varint_put(out, bare(part->body, part->end))))
		return -1;
	charset = param_find(part->params, part->nparams, "charset");
	return varint_put(out, part->end.lines - part->body.lines) ||
	    put_string(out, part->type) ||
	    put_string(out, part->subtype) ||
	    put_string(out, charset == NULL ? SLICE_EMPTY :
	    charset->value);
}

static int
put_table(struct buf *out, const struct mime_message *m, bool bare_lf)
{
	const struct mime_part *part, *prev = NULL;

	for (part = m->root; part != NULL; part = mime_next(part)) {
		if (put_row(out, part, prev, bare_lf))
			return -1;
		prev = part;
	}
	return 0;
}

/*
 * Print the texts and the table, and set *opaque to the message that they
 * describe: m, or a single opaque part if the structure of m is too long.
 */
static int
put_parts(const struct mime_message *m, struct mime_message *opaque,
    struct buf *env, struct buf *text, struct buf *spans, struct buf *table,
    bool bare_lf)
{
	struct mime_part *root = opaque->root;

	if (imapform_envelope(env, m->root->envelope)) {
		buf_truncate(env, 0);
		if (imapform_envelope(env, NULL))
			return -1;
	}
	if (imapform_structure(text, m->root, spans) == 0) {
		*opaque = *m;
		return put_table(table, m, bare_lf);
	}
	buf_truncate(text, 0);
	buf_truncate(spans, 0);
	*root = (struct mime_part){ .kind = MIME_OTHER,
	    .flags = MIME_PART_OVERFLOW, .start = m->root->start,
	    .body = m->root->body, .end = m->root->end };
	opaque->nparts = 1;
	return imapform_structure(text, root, spans) ||
	    put_table(table, opaque, bare_lf);
}

static int
put_all(struct buf *out, const struct mime_message *m, struct buf *env,
    struct buf *text, struct buf *spans, struct buf *table)
{
	struct mime_part stand_in;
	struct mime_message told = { .root = &stand_in };
	const struct mime_part *root = m->root;
	unsigned int flags = 0;

	if (m->has_nul)
		flags |= BLOB_NUL;
	if (root->end.wire != root->end.raw)
		flags |= BLOB_BARE_LF;
	if (put_parts(m, &told, env, text, spans, table,
	    (flags & BLOB_BARE_LF) != 0) ||
	    varint_put(out, MIMEBLOB_VERSION) || varint_put(out, flags) ||
	    varint_put(out, root->end.raw) || varint_put(out, root->end.wire))
		return -1;
	return varint_put(out, told.nparts) ||
	    varint_put(out, buf_len(env)) ||
	    varint_put(out, buf_len(text)) ||
	    varint_put(out, buf_len(spans)) ||
	    varint_put(out, buf_len(table)) ||
	    buf_add_slice(out, buf_slice(env)) ||
	    buf_add_slice(out, buf_slice(text)) ||
	    buf_add_slice(out, buf_slice(spans)) ||
	    buf_add_slice(out, buf_slice(table));
}

int
mimeblob_put(struct buf *out, const struct mime_message *m)
{
	struct buf b[4];
	size_t i;
	int ret;

	for (i = 0; i < 4; i++)
		buf_init(&b[i], i < 2 ? MIMEBLOB_TEXT_MAX : BUF_NOCAP);
	ret = put_all(out, m, &b[0], &b[1], &b[2], &b[3]);
	for (i = 0; i < 4; i++)
		buf_clear(&b[i]);
	return ret ? -1 : 0;
}

int
mimeblob_headers(struct buf *out, const struct mime_message *m)
{
	const struct mime_part *root = m->root;
	size_t had = buf_len(out);

	/* If the header exceeded the parser's limit, root->header is cut. */
	if (root->header.len != root->body.raw - root->start.raw)
		return 0;
	if (header_cache(out, root->header) == -1)
		return -1;
	if (buf_len(out) - had <= MIMEBLOB_HEADERS_MAX)
		return 1;
	buf_truncate(out, had);
	return 0;
}

/*
 * Decoding
 */

static int
take(struct slice *s, uint64_t len, struct slice *out)
{
	if (len > s->len)
		return -1;
	*out = slice_sub(*s, 0, (size_t)len);
	*s = slice_from(*s, (size_t)len);
	return 0;
}

int
mimeblob_parse(struct mimeblob *mb, struct slice s)
{
	uint64_t version, flags, nparts, env, text, spans, table;

	*mb = (struct mimeblob){ 0 };
	if (varint_parse(&s, &version) || version != MIMEBLOB_VERSION ||
	    varint_parse(&s, &flags) || (flags & ~(uint64_t)BLOB_ALL) ||
	    varint_parse(&s, &mb->size) || varint_parse(&s, &mb->wire) ||
	    mb->wire < mb->size || mb->wire - mb->size > mb->size)
		return -1;
	mb->has_nul = flags & BLOB_NUL;
	mb->has_bare_lf = flags & BLOB_BARE_LF;
	if (varint_parse(&s, &nparts) || nparts < 1 ||
	    nparts > MIME_PARTS_MAX ||
	    varint_parse(&s, &env) || varint_parse(&s, &text) ||
	    varint_parse(&s, &spans) || varint_parse(&s, &table) ||
	    take(&s, env, &mb->envelope) || take(&s, text,
	    &mb->bodystructure) || take(&s, spans, &mb->spans) ||
	    take(&s, table, &mb->table) || s.len > 0)
		return -1;
	mb->nparts = (size_t)nparts;
	return 0;
}

int
mimeblob_body(struct buf *out, const struct mimeblob *mb)
{
	return imapform_body(out, mb->bodystructure, mb->spans);
}

/*
 * Advance *a by raw bytes with bare_lf line ends that lack a CR.  Returns -1
 * beyond the end of the message.
 */
static int
advance(const struct mimeblob *mb, struct mime_pos *a, uint64_t raw,
    uint64_t bare_lf)
{
	if (raw > mb->size - a->raw || bare_lf > raw)
		return -1;
	a->raw += raw;
	if (raw + bare_lf > mb->wire - a->wire)
		return -1;
	a->wire += raw + bare_lf;
	return 0;
}

static int
parse_string(struct slice *s, struct slice *out)
{
	uint64_t len;

	if (varint_parse(s, &len) || take(s, len, out))
		return -1;
	if (len == 0)
		out->p = NULL;
	return 0;
}

static int
parse_places(const struct mimeblob *mb, struct slice *s,
    struct mime_part *part, struct mime_pos from)
{
	uint64_t start, header, body, lines, b[3] = { 0, 0, 0 };
	size_t i;

	if (varint_parse(s, &start) || varint_parse(s, &header) ||
	    varint_parse(s, &body))
		return -1;
	for (i = 0; mb->has_bare_lf && i < 3; i++)
		if (varint_parse(s, &b[i]))
			return -1;
	if (varint_parse(s, &lines))
		return -1;
	part->start = from;
	if (advance(mb, &part->start, start, b[0]))
		return -1;
	part->body = part->start;
	if (advance(mb, &part->body, header, b[1]))
		return -1;
	part->end = part->body;
	if (advance(mb, &part->end, body, b[2]))
		return -1;
	/* The number of lines before the body is not stored. */
	part->start.lines = part->body.lines = 0;
	part->end.lines = lines;
	return 0;
}

static int
parse_row(const struct mimeblob *mb, struct slice *s, struct arena *a,
    struct mime_part *part, struct mime_pos from, uint64_t *children)
{
	struct slice charset;
	uint64_t what;

	if (varint_parse(s, &what) || what >= 2 * ROW_OVERFLOW ||
	    varint_parse(s, children) || *children > mb->nparts ||
	    parse_places(mb, s, part, from) ||
	    parse_string(s, &part->type) || parse_string(s, &part->subtype) ||
	    parse_string(s, &charset))
		return -1;
	part->kind = (enum mime_kind)(what & 3);
	part->flags = what & ROW_OVERFLOW ? MIME_PART_OVERFLOW : 0;
	what = (what & (ROW_OVERFLOW - 1)) >> 2;
	if (what > MIME_UNKNOWN)
		return -1;
	part->encoding = (enum mime_encoding)what;
	if ((part->kind == MIME_MESSAGE && *children != 1) ||
	    (part->kind != MIME_MESSAGE && part->kind != MIME_MULTIPART &&
	    *children > 0))
		return -1;
	if (charset.len == 0)
		return 0;
	if ((part->params = arena_alloc(a, sizeof(*part->params))) == NULL)
		return -1;
	part->params->name = SLICE_LIT("charset");
	part->params->value = charset;
	part->nparams = 1;
	return 0;
}

/*
 * Link part into the tree.  Returns -1 if it is not within its parent, or
 * overlaps the part before it.
 */
static int
link_part(struct mime_part *part, struct mime_part *parent)
{
	part->parent = parent;
	if (parent == NULL)
		return 0;
	part->depth = parent->depth + 1;
	if (part->depth > MIME_DEPTH_MAX || part->start.raw <
	    parent->body.raw || part->end.raw > parent->end.raw)
		return -1;
	if (parent->child == NULL)
		parent->child = part;
	else if (part->start.raw < parent->last->end.raw)
		return -1;
	else
		parent->last->next = part;
	parent->last = part;
	return 0;
}

struct mime_part *
mimeblob_parts(const struct mimeblob *mb, struct arena *a)
{
	uint64_t left[MIME_DEPTH_MAX + 2];	/* children to come, by depth */
	struct mime_part *parts, *parent = NULL;
	struct mime_pos from = { 0 };
	struct slice s = mb->table;
	uint64_t children;
	size_t i;

	/* A row has at least nine numbers, so the table bounds the parts. */
	if (mb->nparts > mb->table.len / 9 ||
	    (parts = arena_calloc(a, mb->nparts, sizeof(*parts))) == NULL)
		return NULL;
	for (i = 0; i < mb->nparts; i++) {
		if ((i > 0 && parent == NULL) ||
		    parse_row(mb, &s, a, &parts[i], from, &children) ||
		    link_part(&parts[i], parent))
			return NULL;
		from = parts[i].start;
		from.lines = 0;
		parent = &parts[i];
		left[parent->depth] = children;
		while (parent != NULL && left[parent->depth] == 0)
			parent = parent->parent;
		if (parent != NULL)
			left[parent->depth]--;
	}
	return parent == NULL && s.len == 0 ? parts : NULL;
}

/*
 * Sections
 */

/*
 * Find the part that a path of numbers names; an empty path is the message.
 * Returns NULL if there is none.
 */
static const struct mime_part *
part_find(const struct mime_part *root, const uint32_t *path, size_t n)
{
	const struct mime_part *part = root;
	bool is_message = true;
	uint32_t k;
	size_t i;

	for (i = 0; part != NULL && i < n; i++) {
		/* Numbers below a message/rfc822 count within its message. */
		if (i > 0 && part->kind == MIME_MESSAGE) {
			part = part->child;
			is_message = true;
		}
		if (part->kind == MIME_MULTIPART) {
			part = part->child;
			for (k = path[i]; part != NULL && k != 1; k--)
				part = k == 0 ? NULL : part->next;
		} else if (path[i] != 1 || !is_message)
			return NULL;	/* a message of one part has only 1 */
		is_message = false;
	}
	return part;
}

static int
stretch(struct stretch *st, struct mime_pos from, struct mime_pos to)
{
	st->raw_off = from.raw;
	st->raw_len = to.raw - from.raw;
	st->wire_len = to.wire - from.wire;
	return 1;
}

int
mimeblob_section(const struct mime_part *root, const uint32_t *path, size_t n,
    enum mime_section what, struct stretch *st)
{
	const struct mime_part *part;

	if ((part = part_find(root, path, n)) == NULL)
		return 0;
	switch (what) {
	case MIME_SECTION_WHOLE:
		return stretch(st, n == 0 ? part->start : part->body,
		    part->end);
	case MIME_SECTION_MIME:
		if (n == 0)
			return 0;
		return stretch(st, part->start, part->body);
	case MIME_SECTION_HEADER:
	case MIME_SECTION_TEXT:
		break;
	}
	/* In a part, these are the header and text of the message inside. */
	if (n > 0) {
		if (part->kind != MIME_MESSAGE)
			return 0;
		part = part->child;
	}
	if (what == MIME_SECTION_HEADER)
		return stretch(st, part->start, part->body);
	return stretch(st, part->body, part->end);
}
