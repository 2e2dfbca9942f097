/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Encoded words; see encword.h.
 */

#include "config.h"

#include <stdbool.h>

#include "common/base/base64.h"
#include "common/base/qp.h"
#include "storage/mime/charset.h"
#include "storage/mime/encword.h"

/*
 * The longest text of an encoded word.  RFC 2047 allows 75 characters for the
 * whole word, but some senders ignore that.  The limit keeps the time linear
 * for a field that begins a million words.
 */
#define WORD_MAX	4096

struct word {
	struct slice	charset;	/* without the language of RFC 2231 */
	struct slice	text;
	char		encoding;	/* 'b' or 'q' */
	size_t		len;		/* of the whole word */
};

/* Read an encoded word at the start of s.  Returns false if there is none. */
static bool
word_parse(struct slice s, struct word *w)
{
	struct slice rest, lang, enc;
	size_t end;

	if (s.len < 8 || !slice_starts(s, SLICE_LIT("=?")))
		return false;
	rest = slice_from(s, 2);
	if (!slice_cut(&rest, '?', &w->charset) || w->charset.len == 0 ||
	    !slice_cut(&rest, '?', &enc) || enc.len != 1)
		return false;
	lang = w->charset;
	(void)slice_cut(&lang, '*', &w->charset);
	w->encoding = (char)(*enc.p | 0x20);
	if (w->encoding != 'b' && w->encoding != 'q')
		return false;
	end = slice_find(slice_sub(rest, 0, WORD_MAX), SLICE_LIT("?="));
	if (end == SLICE_NONE)
		return false;
	w->text = slice_sub(rest, 0, end);
	w->len = (size_t)(rest.p + end + 2 - s.p);
	return true;
}

static int
word_decode(const struct word *w, struct buf *raw)
{
	struct base64_stream st;

	if (w->encoding == 'q')
		return qp_decode_word(raw, w->text);
	base64_stream_init(&st);
	if (base64_stream_feed(&st, w->text, raw) == -1)
		return -1;
	return base64_stream_finish(&st, raw);
}

static size_t
blank_run(struct slice s)
{
	size_t i = 0;

	while (i < s.len && (s.p[i] == ' ' || s.p[i] == '\t' ||
	    s.p[i] == '\r' || s.p[i] == '\n'))
		i++;
	return i;
}

/*
 * Decode the encoded words at the start of *s, with only white space between
 * them, and move *s past them.  *w is the first of them.
 */
static int
words_decode(struct buf *out, struct slice *s, struct word *w,
    struct charset_set *set)
{
	struct charset cs;
	struct buf raw;
	struct slice charset = w->charset;
	size_t blank;
	int ret;

	buf_init(&raw, BUF_NOCAP);
	charset_open_of(&cs, charset, set);
	for (;;) {
		buf_truncate(&raw, 0);
		if (!slice_caseeq(charset, w->charset)) {
			if ((ret = charset_finish(&cs, out)) == -1)
				break;
			charset_close(&cs);
			charset = w->charset;
			charset_open_of(&cs, charset, set);
		}
		if ((ret = word_decode(w, &raw)) == -1 ||
		    (ret = charset_feed(&cs, buf_slice(&raw), out)) == -1)
			break;
		*s = slice_from(*s, w->len);
		blank = blank_run(*s);
		if (!word_parse(slice_from(*s, blank), w)) {
			ret = charset_finish(&cs, out);
			break;
		}
		*s = slice_from(*s, blank);
	}
	charset_close(&cs);
	buf_clear(&raw);
	return ret;
}

/*
 * Unfold: a line end and the white space around it become one space, because
 * senders fold with tabs and indent as they like, and what they wrote had one
 * space there.
 */
static int
unfold(struct buf *out, struct slice s)
{
	struct slice line;
	bool more = true, first = true;

	for (; more; first = false) {
		more = slice_cut(&s, '\n', &line);
		while (more && line.len > 0 && (line.p[line.len - 1] == ' ' ||
		    line.p[line.len - 1] == '\t' ||
		    line.p[line.len - 1] == '\r'))
			line.len--;
		if (buf_add_slice(out, line) == -1 ||
		    (more && (first || line.len > 0) &&
		    buf_add_char(out, ' ') == -1))
			return -1;
		while (more && s.len > 0 && (*s.p == ' ' || *s.p == '\t'))
			s = slice_from(s, 1);
	}
	return 0;
}

/* Decode text that has no encoded words. */
static int
plain_decode(struct buf *out, struct slice s)
{
	struct buf line;
	int ret;

	if (slice_chr(s, '\n') == SLICE_NONE)
		return charset_decode(out, SLICE_EMPTY, s);
	buf_init(&line, BUF_NOCAP);
	ret = unfold(&line, s);
	if (ret == 0)
		ret = charset_decode(out, SLICE_EMPTY,
		    buf_slice(&line));
	buf_clear(&line);
	return ret;
}

int
encword_decode(struct buf *out, struct slice value, struct charset_set *set)
{
	struct word w;
	size_t at, from = 0;

	while ((at = slice_find(slice_from(value, from),
	    SLICE_LIT("=?"))) != SLICE_NONE) {
		at += from;
		if (!word_parse(slice_from(value, at), &w)) {
			from = at + 2;
			continue;
		}
		if (plain_decode(out, slice_sub(value, 0, at)) == -1)
			return -1;
		value = slice_from(value, at);
		if (words_decode(out, &value, &w, set) == -1)
			return -1;
		from = 0;
	}
	return plain_decode(out, value);
}
