/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Conversion of charsets; see charset.h.
 */

#include "config.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/base/compat.h"
#include "common/base/table.h"
#include "common/base/utf8.h"
#include "common/base/xmalloc.h"
#include "storage/mime/charset.h"

#define NAME_MAX_LEN	40	/* of a name passed to iconv(3) */
/*
 * Idle converters that are kept, more than a field may use.  Each takes a few
 * hundred bytes, and its module some pages that all processes share.
 */
#define IDLE_MAX	32

/* The characters of windows-1252 where ISO-8859-1 has control characters. */
static const uint16_t cp1252[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
	0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

/*
 * Charsets that we convert ourselves, and names that iconv(3) should read as
 * another charset.
 */
static const struct alias {
	struct slice		 name;
	enum charset_kind	 kind;
	const char		*iconv;
} aliases[] = {
	{ .name = SLICE_INIT("us-ascii"), .kind = CHARSET_UTF8 },
	{ .name = SLICE_INIT("ascii"), .kind = CHARSET_UTF8 },
	{ .name = SLICE_INIT("ansi_x3.4-1968"), .kind = CHARSET_UTF8 },
	{ .name = SLICE_INIT("utf-8"), .kind = CHARSET_UTF8 },
	{ .name = SLICE_INIT("utf8"), .kind = CHARSET_UTF8 },
	{ .name = SLICE_INIT("iso-8859-1"), .kind = CHARSET_LATIN },
	{ .name = SLICE_INIT("iso8859-1"), .kind = CHARSET_LATIN },
	{ .name = SLICE_INIT("iso_8859-1"), .kind = CHARSET_LATIN },
	{ .name = SLICE_INIT("latin1"), .kind = CHARSET_LATIN },
	{ .name = SLICE_INIT("windows-1252"), .kind = CHARSET_LATIN },
	{ .name = SLICE_INIT("cp1252"), .kind = CHARSET_LATIN },
	{ .name = SLICE_INIT("ks_c_5601-1987"), .kind = CHARSET_ICONV,
	    .iconv = "CP949" },
	{ .name = SLICE_INIT("ks_c_5601"), .kind = CHARSET_ICONV,
	    .iconv = "CP949" },
	{ .name = SLICE_INIT("euc-kr"), .kind = CHARSET_ICONV,
	    .iconv = "CP949" },
	{ .name = SLICE_INIT("gb2312"), .kind = CHARSET_ICONV,
	    .iconv = "GB18030" },
	{ .name = SLICE_INIT("gbk"), .kind = CHARSET_ICONV,
	    .iconv = "GB18030" },
	{ .name = SLICE_INIT("x-gbk"), .kind = CHARSET_ICONV,
	    .iconv = "GB18030" },
	{ .name = SLICE_INIT("shift_jis"), .kind = CHARSET_ICONV,
	    .iconv = "CP932" },
	{ .name = SLICE_INIT("x-sjis"), .kind = CHARSET_ICONV,
	    .iconv = "CP932" },
	{ .name = SLICE_INIT("iso-2022-jp"), .kind = CHARSET_ICONV,
	    .iconv = "ISO-2022-JP-3" },
	{ .name = SLICE_INIT("iso-8859-8-i"), .kind = CHARSET_ICONV,
	    .iconv = "ISO-8859-8" },
	{ .name = SLICE_INIT("x-mac-roman"), .kind = CHARSET_ICONV,
	    .iconv = "MACINTOSH" },
	{ .name = SLICE_INIT("unicode-1-1-utf-7"), .kind = CHARSET_ICONV,
	    .iconv = "UTF-7" },
};

static const struct alias *
alias_find(struct slice name)
{
	size_t i;

	for (i = 0; i < NROWS(aliases); i++)
		if (slice_caseeq(name, aliases[i].name))
			return &aliases[i];
	return NULL;
}

/*
 * A name with any other character is not a charset, but could mean something
 * to iconv_open(3), such as "//TRANSLIT" or the path of a module.
 */
static bool
name_ok(struct slice name)
{
	size_t i;
	char c;

	if (name.len == 0 || name.len >= NAME_MAX_LEN)
		return false;
	for (i = 0; i < name.len; i++) {
		c = name.p[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') && c != '-' && c != '_' &&
		    c != '.' && c != ':' && c != '+')
			return false;
	}
	return true;
}

/*
 * Converters.  iconv_open(3) may load a module and iconv_close(3) may unload
 * it, which takes up to two milliseconds.  A text that changes its charset with
 * every word would do that thousands of times, so converters are kept when they
 * are closed, and taken again.  Only the thread of the event loop converts.
 */

struct converter {
	TAILQ_ENTRY(converter)	 entry;
	iconv_t			 cd;
	char			 name[NAME_MAX_LEN];
};

/* Converters that nobody uses, the last used first. */
static TAILQ_HEAD(idle, converter) idle = TAILQ_HEAD_INITIALIZER(idle);
static size_t nidle;

/* Returns NULL if iconv(3) does not know the charset. */
static struct converter *
converter_open(const char *name)
{
	struct converter *c;
	iconv_t cd;

	TAILQ_FOREACH(c, &idle, entry)
		if (slice_caseeq_str(slice_str(c->name), name))
			break;
	if (c != NULL) {
		TAILQ_REMOVE(&idle, c, entry);
		nidle--;
		return c;
	}
	if ((cd = iconv_open("UTF-8", name)) == (iconv_t)-1)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->cd = cd;
	(void)strlcpy(c->name, name, sizeof(c->name));
	return c;
}

static void
converter_close(struct converter *c)
{
	(void)iconv(c->cd, NULL, NULL, NULL, NULL);
	TAILQ_INSERT_HEAD(&idle, c, entry);
	if (nidle < IDLE_MAX) {
		nidle++;
		return;
	}
	c = TAILQ_LAST(&idle, idle);
	TAILQ_REMOVE(&idle, c, entry);
	(void)iconv_close(c->cd);
	free(c);
}

void
charset_open(struct charset *cs, struct slice name)
{
	const struct alias *al;
	char zname[NAME_MAX_LEN];

	cs->n = 0;
	cs->kind = CHARSET_UTF8;
	name = slice_trim(name);
	if (name.len == 0)
		return;
	if ((al = alias_find(name)) != NULL && al->kind != CHARSET_ICONV) {
		cs->kind = al->kind;
		return;
	}
	cs->kind = CHARSET_GUESS;
	if (!name_ok(name))
		return;
	memcpy(zname, name.p, name.len);
	zname[name.len] = '\0';
	cs->converter = NULL;
	if (al != NULL)
		cs->converter = converter_open(al->iconv);
	if (cs->converter == NULL)
		cs->converter = converter_open(zname);
	if (cs->converter != NULL)
		cs->kind = CHARSET_ICONV;
}

/*
 * Whether the name is in the set, after putting it there if there is room.
 * Charsets that take no converter are always in.
 */
static bool
set_has(struct charset_set *set, struct slice name)
{
	const struct alias *al = alias_find(name);

	if (name.len == 0 || (al != NULL && al->kind != CHARSET_ICONV))
		return true;
	for (size_t i = 0; i < set->n; i++)
		if (slice_caseeq(set->names[i], name))
			return true;
	if (set->n == CHARSET_SET_MAX) {
		set->full = true;
		return false;
	}
	set->names[set->n++] = name;
	return true;
}

void
charset_open_of(struct charset *cs, struct slice name,
    struct charset_set *set)
{
	name = slice_trim(name);
	if (set_has(set, name)) {
		charset_open(cs, name);
		return;
	}
	cs->n = 0;
	cs->kind = CHARSET_GUESS;
}

void
charset_close(struct charset *cs)
{
	if (cs->kind == CHARSET_ICONV)
		converter_close(cs->converter);
	cs->kind = CHARSET_UTF8;
}

bool
charset_known(struct slice name)
{
	struct charset cs;
	bool known;

	charset_open(&cs, name);
	known = cs.kind != CHARSET_GUESS;
	charset_close(&cs);
	return known;
}

static int
add_char(struct buf *out, uint32_t cp)
{
	char u[UTF8_MAX];

	return buf_add(out, u, utf8_encode(cp, u));
}

static uint32_t
latin_char(unsigned char c)
{
	return c >= 0x80 && c < 0xa0 ? cp1252[c - 0x80] : c;
}

static size_t
ascii_run(struct slice s)
{
	size_t i = 0;

	while (i < s.len && !((unsigned char)s.p[i] & 0x80))
		i++;
	return i;
}

static int
latin_feed(struct slice in, struct buf *out)
{
	size_t n;

	while (in.len > 0) {
		if ((n = ascii_run(in)) > 0) {
			if (buf_add(out, in.p, n) == -1)
				return -1;
			in = slice_from(in, n);
			continue;
		}
		if (add_char(out, latin_char((unsigned char)*in.p)) == -1)
			return -1;
		in = slice_from(in, 1);
	}
	return 0;
}

/*
 * Append UTF-8.  Bytes that are not UTF-8 are replaced, or, in an unknown
 * charset, read as windows-1252.
 */
static int
utf8_feed(const struct charset *cs, struct slice in, struct buf *out)
{
	uint32_t cp;
	size_t n;
	int ret;

	while (in.len > 0) {
		if ((n = ascii_run(in)) == 0) {
			n = utf8_decode(in, &cp);
			if (cp == UTF8_BAD) {
				ret = cs->kind == CHARSET_GUESS ?
				    latin_feed(slice_sub(in, 0, n), out) :
				    add_char(out, UTF8_REPLACE);
				if (ret == -1)
					return -1;
				in = slice_from(in, n);
				continue;
			}
		}
		if (buf_add(out, in.p, n) == -1)
			return -1;
		in = slice_from(in, n);
	}
	return 0;
}

/*
 * Run iconv(3) over in.  Returns how many bytes it left because more input
 * must come, always less than CHARSET_HELD_MAX, or -1.  With flush it leaves
 * none.
 */
static int
iconv_feed(struct charset *cs, struct slice in, bool flush, struct buf *out)
{
	char *p = (char *)(uintptr_t)in.p, *room;
	size_t left = in.len, space, had;

	while (left > 0) {
		had = space = left * 2 + 16;
		if (buf_reserve(out, space, &room) == -1)
			return -1;
		if (iconv(cs->converter->cd, &p, &left, &room, &space) !=
		    (size_t)-1) {
			buf_commit(out, had - space);
			break;
		}
		buf_commit(out, had - space);
		if (errno == E2BIG)
			continue;
		if (errno == EINVAL && !flush && left < CHARSET_HELD_MAX)
			return (int)left;
		if (add_char(out, UTF8_REPLACE) == -1)
			return -1;
		p++;
		left--;
	}
	return 0;
}

static int
feed_iconv(struct charset *cs, struct slice in, struct buf *out)
{
	size_t take;
	int left;

	/* First the bytes that were kept, with as much of the piece as fits. */
	while (cs->n > 0 && in.len > 0) {
		take = in.len < CHARSET_HELD_MAX - cs->n ? in.len :
		    CHARSET_HELD_MAX - cs->n;
		memcpy(cs->held + cs->n, in.p, take);
		in = slice_from(in, take);
		left = iconv_feed(cs, slice_make(cs->held, cs->n + take),
		    false, out);
		if (left == -1)
			return -1;
		memmove(cs->held, cs->held + cs->n + take - (size_t)left,
		    (size_t)left);
		cs->n = (size_t)left;
	}
	if (in.len == 0)
		return 0;
	if ((left = iconv_feed(cs, in, false, out)) == -1)
		return -1;
	memcpy(cs->held, in.p + in.len - (size_t)left, (size_t)left);
	cs->n = (size_t)left;
	return 0;
}

static int
feed_utf8(struct charset *cs, struct slice in, struct buf *out)
{
	size_t partial;

	while (cs->n > 0 && in.len > 0) {
		cs->held[cs->n++] = *in.p;
		in = slice_from(in, 1);
		partial = utf8_partial(slice_make(cs->held, cs->n));
		if (utf8_feed(cs, slice_make(cs->held, cs->n - partial),
		    out) == -1)
			return -1;
		memmove(cs->held, cs->held + cs->n - partial, partial);
		cs->n = partial;
	}
	partial = utf8_partial(in);
	if (utf8_feed(cs, slice_sub(in, 0, in.len - partial), out) == -1)
		return -1;
	if (partial > 0)
		memcpy(cs->held, in.p + in.len - partial, partial);
	cs->n += partial;
	return 0;
}

int
charset_feed(struct charset *cs, struct slice in, struct buf *out)
{
	switch (cs->kind) {
	case CHARSET_LATIN:
		return latin_feed(in, out);
	case CHARSET_ICONV:
		return feed_iconv(cs, in, out);
	case CHARSET_UTF8:
	case CHARSET_GUESS:
		break;
	}
	return feed_utf8(cs, in, out);
}

int
charset_finish(struct charset *cs, struct buf *out)
{
	struct slice held = slice_make(cs->held, cs->n);
	char *room, *start;
	size_t space = 64;
	int ret;

	cs->n = 0;
	if (cs->kind != CHARSET_ICONV)
		return utf8_feed(cs, held, out);
	ret = iconv_feed(cs, held, true, out);
	/* Some charsets keep a character in their state: flush it. */
	if (ret == 0 && buf_reserve(out, space, &room) == 0) {
		start = room;
		(void)iconv(cs->converter->cd, NULL, NULL, &room, &space);
		buf_commit(out, (size_t)(room - start));
	}
	(void)iconv(cs->converter->cd, NULL, NULL, NULL, NULL);
	return ret;
}

int
charset_decode(struct buf *out, struct slice name, struct slice in)
{
	struct charset cs;
	int ret;

	charset_open(&cs, name);
	ret = charset_feed(&cs, in, out);
	if (ret == 0)
		ret = charset_finish(&cs, out);
	charset_close(&cs);
	return ret;
}
