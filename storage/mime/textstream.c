/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Messages as text; see textstream.h.
 *
 * The structure becomes a list of stretches of the file, headers and bodies,
 * in ascending order.  A header is collected and decoded field by field.  A
 * body goes through transfer decoding, charset conversion and folding as it
 * comes; the first two are skipped if they would change nothing.
 */

#include "config.h"

#include <stdlib.h>

#include "common/base/base64.h"
#include "common/base/casefold.h"
#include "common/base/qp.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/mime/charset.h"
#include "storage/mime/encword.h"
#include "storage/mime/header.h"
#include "storage/mime/textstream.h"

/* Bytes decoded at a time: this bounds the buffers between the steps. */
#define PIECE_MAX	(16 * 1024)
/* A longer header is decoded in pieces of this size. */
#define HEADER_PIECE	(1024 * 1024)

struct stretch_of {
	uint64_t		 from;
	uint64_t		 to;
	const struct mime_part	*part;
	bool			 header;
};

struct textstream {
	textstream_fn		*emit;
	void			*arg;
	struct stretch_of	*list;
	size_t			 n;
	size_t			 size;
	size_t			 at;		/* index in list */
	uint64_t		 off;		/* offset in the file */
	bool			 open;		/* inside list[at] */
	bool			 enough;	/* emit ended the stream */
	uint64_t		 until_ns;	/* when to stop for a while */

	struct buf		 header;	/* collected so far */
	bool			 flushing;	/* header is being decoded */
	struct header_iter	 it;		/* in header, if flushing */
	struct base64_stream	 base64;
	struct qp_stream	 qp;
	struct charset		 charset;
	struct casefold_stream	 fold;
	struct buf		 decoded;	/* transfer encoding undone */
	struct buf		 utf8;
	struct buf		 folded;
};

/*
 * Stretches of text
 */

static void
add(struct textstream *ts, const struct mime_part *part, uint64_t from,
    uint64_t to, bool header)
{
	if (from >= to)
		return;
	ts->list = xgrow(ts->list, ts->n, &ts->size, sizeof(ts->list[0]));
	ts->list[ts->n++] = (struct stretch_of){ from, to, part, header };
}

static bool
is_text(const struct mime_part *part)
{
	if (part->kind == MIME_TEXT || (part->flags & MIME_PART_OVERFLOW))
		return true;
	return part->kind == MIME_OTHER &&
	    slice_caseeq_str(part->type, "message");
}

struct textstream *
textstream_new(const struct mime_part *root, unsigned int what,
    textstream_fn *emit, void *arg)
{
	const struct mime_part *part;
	struct textstream *ts;

	ts = xcalloc(1, sizeof(*ts));
	ts->emit = emit;
	ts->arg = arg;
	ts->until_ns = UINT64_MAX;
	buf_init(&ts->header, HEADER_PIECE);
	buf_init(&ts->decoded, BUF_NOCAP);
	buf_init(&ts->utf8, BUF_NOCAP);
	buf_init(&ts->folded, BUF_NOCAP);
	for (part = root; part != NULL; part = mime_next(part)) {
		if (what & (part == root ? TEXTSTREAM_HEADER :
		    TEXTSTREAM_BODY))
			add(ts, part, part->start.raw, part->body.raw, true);
		if ((what & TEXTSTREAM_BODY) && is_text(part))
			add(ts, part, part->body.raw, part->end.raw, false);
	}
	return ts;
}

void
textstream_free(struct textstream *ts)
{
	if (ts == NULL)
		return;
	if (ts->open && !ts->list[ts->at].header)
		charset_close(&ts->charset);
	free(ts->list);
	buf_clear(&ts->header);
	buf_clear(&ts->decoded);
	buf_clear(&ts->utf8);
	buf_clear(&ts->folded);
	free(ts);
}

void
textstream_until(struct textstream *ts, uint64_t until_ns)
{
	ts->until_ns = until_ns;
}

static bool
is_late(const struct textstream *ts)
{
	return ts->until_ns != UINT64_MAX && timer_ns() > ts->until_ns;
}

uint64_t
textstream_want(const struct textstream *ts)
{
	if (ts->at == ts->n || ts->enough)
		return UINT64_MAX;
	return ts->open ? ts->off : ts->list[ts->at].from;
}

/*
 * Headers
 */

/* Whether s is ASCII on one line, with nothing like an encoded word. */
static bool
is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\0' || c == '\n' || c >= 0x80 ||
		    (c == '?' && i > 0 && s.p[i - 1] == '='))
			return false;
	}
	return true;
}

int
textstream_value(struct buf *out, struct slice value, struct charset_set *set)
{
	struct buf decoded;
	int ret;

	if (is_plain(value))
		return casefold_add(out, value);
	buf_init(&decoded, BUF_NOCAP);
	ret = encword_decode(&decoded, value, set);
	if (ret == 0)
		ret = casefold_add(out, buf_slice(&decoded));
	buf_clear(&decoded);
	return ret;
}

static int
emit(struct textstream *ts)
{
	struct slice s = buf_slice(&ts->folded);

	if (s.len > 0 && ts->emit(ts->arg, s))
		ts->enough = true;
	buf_truncate(&ts->folded, 0);
	return 0;
}

/* Append "Name: value" and a line end, decoded and folded. */
static int
field_add(struct textstream *ts, const struct header_field *f)
{
	struct charset_set set = { .n = 0 };

	buf_truncate(&ts->utf8, 0);
	if (encword_decode(&ts->utf8, f->name, &set) == -1 ||
	    (f->value.p != NULL && (buf_add_str(&ts->utf8, ": ") == -1 ||
	    encword_decode(&ts->utf8, header_value(f), &set) == -1)) ||
	    buf_add_char(&ts->utf8, '\n') == -1)
		return -1;
	return casefold_add(&ts->folded, buf_slice(&ts->utf8));
}

/*
 * Emit the fields collected.  Returns 1 when that is done, 0 to be called
 * again, or -1.
 */
static int
header_flush(struct textstream *ts)
{
	struct header_field f;

	if (!ts->flushing)
		header_iter_init(&ts->it, buf_slice(&ts->header));
	ts->flushing = true;
	while (header_next(&ts->it, &f)) {
		if (field_add(ts, &f) == -1)
			return -1;
		if (is_late(ts))
			return emit(ts);
	}
	ts->flushing = false;
	buf_truncate(&ts->header, 0);
	return emit(ts) == -1 ? -1 : 1;
}

/*
 * Collect a piece of a header.  Returns as header_flush(); *used is how much
 * was taken.
 */
static int
header_feed(struct textstream *ts, struct slice s, size_t *used)
{
	size_t n;
	int ret;

	for (*used = 0;; *used += n) {
		if (buf_len(&ts->header) == HEADER_PIECE &&
		    (ret = header_flush(ts)) != 1)
			return ret;
		n = HEADER_PIECE - buf_len(&ts->header);
		if (n > s.len - *used)
			n = s.len - *used;
		if (n == 0)
			return 1;
		if (buf_add(&ts->header, s.p + *used, n) == -1)
			return -1;
	}
}

/*
 * Bodies
 */

static void
body_open(struct textstream *ts, const struct mime_part *part)
{
	const struct param *charset;

	charset = param_find(part->params, part->nparams, "charset");
	charset_open(&ts->charset, charset == NULL ? SLICE_EMPTY :
	    charset->value);
	base64_stream_init(&ts->base64);
	qp_stream_init(&ts->qp);
	casefold_stream_init(&ts->fold);
}

/* Convert and fold a piece whose transfer encoding is undone. */
static int
text_feed(struct textstream *ts, struct slice s)
{
	/* Folding replaces invalid UTF-8, just as the conversion would. */
	if (ts->charset.kind != CHARSET_UTF8) {
		buf_truncate(&ts->utf8, 0);
		if (charset_feed(&ts->charset, s, &ts->utf8) == -1)
			return -1;
		s = buf_slice(&ts->utf8);
	}
	if (casefold_stream_feed(&ts->fold, s, &ts->folded) == -1)
		return -1;
	return emit(ts);
}

static int
piece_feed(struct textstream *ts, enum mime_encoding encoding,
    struct slice s)
{
	buf_truncate(&ts->decoded, 0);
	switch (encoding) {
	case MIME_BASE64:
		if (base64_stream_feed(&ts->base64, s, &ts->decoded) == -1)
			return -1;
		return text_feed(ts, buf_slice(&ts->decoded));
	case MIME_QP:
		if (qp_stream_feed(&ts->qp, s, &ts->decoded) == -1)
			return -1;
		return text_feed(ts, buf_slice(&ts->decoded));
	case MIME_7BIT:
	case MIME_8BIT:
	case MIME_BINARY:
	case MIME_UNKNOWN:
		break;
	}
	return text_feed(ts, s);
}

/* Returns as header_feed(); all of the piece is taken. */
static int
body_feed(struct textstream *ts, const struct mime_part *part,
    struct slice s, size_t *used)
{
	*used = s.len;
	while (s.len > 0 && !ts->enough) {
		if (piece_feed(ts, part->encoding,
		    slice_sub(s, 0, PIECE_MAX)) == -1)
			return -1;
		s = slice_from(s, PIECE_MAX);
	}
	return 1;
}

static int
body_close(struct textstream *ts)
{
	int ret;

	buf_truncate(&ts->decoded, 0);
	ret = base64_stream_finish(&ts->base64, &ts->decoded);
	if (ret == 0)
		ret = qp_stream_finish(&ts->qp, &ts->decoded);
	if (ret == 0)
		ret = text_feed(ts, buf_slice(&ts->decoded));
	buf_truncate(&ts->utf8, 0);
	if (ret == 0)
		ret = charset_finish(&ts->charset, &ts->utf8);
	if (ret == 0)
		ret = casefold_stream_feed(&ts->fold, buf_slice(&ts->utf8),
		    &ts->folded);
	if (ret == 0)
		ret = casefold_stream_finish(&ts->fold, &ts->folded);
	if (ret == 0)
		ret = buf_add_char(&ts->folded, '\n');
	charset_close(&ts->charset);
	return ret == 0 && emit(ts) == 0 ? 1 : -1;
}

/*
 * The stream
 */

/* Returns 1 when the stretch is closed, 0 to be called again, or -1. */
static int
stretch_close(struct textstream *ts)
{
	int ret;

	ret = ts->list[ts->at].header ? header_flush(ts) : body_close(ts);
	if (ret == 0)
		return 0;
	ts->open = false;
	ts->at++;
	return ret;
}

/* Feed what belongs to the open stretch, and close it at its end. */
static int
stretch_feed(struct textstream *ts, struct slice s)
{
	const struct stretch_of *st = &ts->list[ts->at];
	size_t used;
	int ret;

	if (s.len > st->to - ts->off)
		s.len = (size_t)(st->to - ts->off);
	ret = st->header ? header_feed(ts, s, &used) :
	    body_feed(ts, st->part, s, &used);
	ts->off += used;
	if (ret == 1)
		ret = ts->off < st->to ? 0 : stretch_close(ts);
	return ret;
}

int
textstream_feed(struct textstream *ts, uint64_t off, struct slice raw)
{
	const struct stretch_of *st;
	int ret;

	while (ts->at < ts->n && !ts->enough) {
		st = &ts->list[ts->at];
		if (!ts->open) {
			if (st->from >= off + raw.len)
				break;
			ts->off = st->from;
			ts->open = true;
			if (!st->header)
				body_open(ts, st->part);
		}
		if (ts->off < off)
			return -1;
		ret = stretch_feed(ts, slice_from(raw,
		    (size_t)(ts->off - off)));
		if (ret == -1)
			return -1;
		if (ret == 0 || is_late(ts))
			break;
	}
	return ts->enough ? 1 : 0;
}

int
textstream_finish(struct textstream *ts)
{
	int ret = 1;

	if (ts->open && !ts->enough)
		ret = stretch_close(ts);
	if (ret == -1)
		return -1;
	if (ts->enough)
		return 1;
	return ret == 0 ? TEXTSTREAM_MORE : 0;
}
