/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Helpers of the unit tests. */
#include "config.h"

#include <dlfcn.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/xmalloc.h"
#include "storage/mime/mime.h"
#include "tests/unit/util.h"

struct arena	unit_arena;
unsigned int	unit_iconv_opens;

uint64_t
unit_cpu_ns(void)
{
	struct timespec ts;

	ck_assert_int_eq(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The iconv_open() of the whole program: count, and call that of libc. */
iconv_t
iconv_open(const char *to, const char *from)
{
	iconv_t (*real)(const char *, const char *);

	*(void **)&real = dlsym(RTLD_NEXT, "iconv_open");
	ck_assert_ptr_nonnull((void *)(uintptr_t)real);
	unit_iconv_opens++;
	return real(to, from);
}

void
unit_arena_setup(void)
{
	arena_init(&unit_arena, (size_t)64 << 20);
}

void
unit_arena_teardown(void)
{
	arena_clear(&unit_arena);
}

struct unit_value
unit_value_slice(struct slice s)
{
	return (struct unit_value){ .text = s, .is_text = true };
}

struct unit_value
unit_value_str(const char *s)
{
	if (s == NULL)
		return (struct unit_value){ .is_text = true, .is_null = true };
	return unit_value_slice(slice_str(s));
}

struct unit_value
unit_value_uint(uintmax_t n)
{
	return (struct unit_value){ .number = n };
}

struct unit_value
unit_value_int(intmax_t n)
{
	if (n >= 0)
		return unit_value_uint((uintmax_t)n);
	return (struct unit_value){
		.number = -(uintmax_t)n, .negative = true
	};
}

bool
unit_value_eq(struct unit_value a, struct unit_value b)
{
	if (a.is_text != b.is_text || a.is_null != b.is_null)
		return false;
	if (a.is_text)
		return slice_eq(a.text, b.text);
	return a.number == b.number && a.negative == b.negative;
}

/* Print text as in a C string, since many faults are invisible otherwise. */
static void
add_text(struct buf *out, struct slice s)
{
	if (buf_add_char(out, '"') == -1)
		return;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\r' || c == '\n')
			(void)buf_add_str(out, c == '\r' ? "\\r" : "\\n");
		else if (c == '"' || c == '\\')
			(void)buf_add_fmt(out, "\\%c", c);
		else if (c < ' ' || c > '~')
			(void)buf_add_fmt(out, "\\x%02x", c);
		else
			(void)buf_add_char(out, (char)c);
	}
	(void)buf_add_char(out, '"');
}

static void
add_value(struct buf *out, struct unit_value v)
{
	if (v.is_null)
		(void)buf_add_str(out, "NULL");
	else if (v.is_text)
		add_text(out, v.text);
	else
		(void)buf_add_fmt(out, "%s%ju",
		    v.negative ? "-" : "", v.number);
}

const char *
unit_failure(struct unit_value in, const char *why, const char *what,
    struct unit_value got, struct unit_value want)
{
	static struct buf out;

	buf_clear(&out);
	buf_init(&out, BUF_NOCAP);
	if (!in.is_null) {
		add_value(&out, in);
		(void)buf_add_str(&out, ": ");
	}
	(void)buf_add_fmt(&out, "%s: want ", what);
	add_value(&out, want);
	(void)buf_add_str(&out, ", got ");
	add_value(&out, got);
	if (why != NULL)
		(void)buf_add_fmt(&out, ": %s", why);
	(void)buf_add_char(&out, '\0');
	return buf_slice(&out).p;
}

struct slice
unit_tight(struct slice s)
{
	char *p = xmalloc(s.len);

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return slice_make(p, s.len);
}

static int
feed_piece(unit_feed_fn *feed, void *ctx, struct slice piece)
{
	struct slice tight = unit_tight(piece);
	int r = feed(ctx, tight);

	free((char *)tight.p);
	return r;
}

int
unit_feed(unit_feed_fn *feed, void *ctx, struct slice in, size_t chunk)
{
	if (chunk == 0)
		return feed_piece(feed, ctx, in);
	for (; in.len > 0; in = slice_from(in, chunk))
		if (feed_piece(feed, ctx, slice_sub(in, 0, chunk)) == -1)
			return -1;
	return 0;
}

int
unit_feed_cut(unit_feed_fn *feed, void *ctx, struct slice in, size_t at)
{
	if (feed_piece(feed, ctx, slice_sub(in, 0, at)) == -1)
		return -1;
	return feed_piece(feed, ctx, slice_from(in, at));
}

struct mime_message *
unit_mime(struct arena *a, struct slice data)
{
	struct mime_parser *p = mime_parser_new(a);
	struct mime_message *m;

	mime_feed(p, data);
	m = mime_finish(p);
	mime_parser_free(p);
	return m;
}
