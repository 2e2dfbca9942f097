/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Header blocks; see header.h.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/crlf.h"
#include "common/base/table.h"
#include "storage/mime/header.h"

/*
 * Fields that the cache leaves out: signatures and traces of filters.  They
 * are a third to a half of today's headers, and clients show them only with
 * the whole header.  Of the "X-" fields, the cache keeps those that clients
 * sort by or display.
 */
static const struct slice uncached_prefixes[] = {
	SLICE_INIT("ARC-"),
	SLICE_INIT("DKIM-"),
	SLICE_INIT("X-"),
};
static const struct slice cached_names[] = {
	SLICE_INIT("X-Mailer"),
	SLICE_INIT("X-Priority"),
	SLICE_INIT("X-Spam-Flag"),
	SLICE_INIT("X-Spam-Score"),
	SLICE_INIT("X-Spam-Status"),
};

void
header_iter_init(struct header_iter *it, struct slice block)
{
	it->p = block.len == 0 ? "" : block.p;
	it->end = it->p + block.len;
}

static const char *
line_end(const char *p, const char *end)
{
	const char *lf;

	lf = memchr(p, '\n', (size_t)(end - p));
	return lf == NULL ? end : lf + 1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
header_next(struct header_iter *it, struct header_field *f)
{
	const char *start = it->p, *colon, *first, *next, *stop;

	if (start == it->end)
		return false;
	first = next = line_end(start, it->end);
	if (*start == '\n' ||
	    (*start == '\r' && next - start == 2 && start[1] == '\n')) {
		it->p = next;
		return false;
	}
	while (next < it->end && is_blank(*next))
		next = line_end(next, it->end);
	it->p = next;
	f->raw = slice_make(start, (size_t)(next - start));

	stop = next;
	if (stop > start && stop[-1] == '\n')
		stop--;
	if (stop > start && next > stop && stop[-1] == '\r')
		stop--;
	colon = memchr(start, ':', (size_t)(first - start));
	if (colon == NULL) {
		f->name = slice_make(start, (size_t)(stop - start));
		f->value = SLICE_EMPTY;
		return true;
	}
	f->value = slice_make(colon + 1, (size_t)(stop - (colon + 1)));
	while (colon > start && is_blank(colon[-1]))
		colon--;
	f->name = slice_make(start, (size_t)(colon - start));
	return true;
}

struct slice
header_value(const struct header_field *f)
{
	struct slice v = f->value;

	while (v.len > 0 && is_blank(*v.p)) {
		v.p++;
		v.len--;
	}
	if (v.p == NULL)
		v.p = "";
	return v;
}

int
header_unfold(struct buf *out, struct slice value)
{
	struct slice line;
	bool more = true;

	while (more) {
		more = slice_cut(&value, '\n', &line);
		if (more && line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		if (buf_add_slice(out, line) == -1)
			return -1;
	}
	return 0;
}

static int
add_crlf(struct buf *out, struct slice raw)
{
	struct crlf st = { false };

	if (crlf_add(&st, raw, out) == -1)
		return -1;
	/* The last line of a file may lack its line end, which we add. */
	if (raw.len > 0 && raw.p[raw.len - 1] != '\n')
		return buf_add_str(out, raw.p[raw.len - 1] == '\r' ? "\n" :
		    "\r\n");
	return 0;
}

/*
 * The names that are asked for.  A few are compared one by one; many are
 * sorted first, because a header may have a million fields.
 */
struct wanted {
	const struct slice	*names;
	size_t			 n;
	struct slice		*sorted;	/* NULL if there are few */
};

#define FEW	16

static int
by_name(const void *a, const void *b)
{
	return slice_casecmp(*(const struct slice *)a,
	    *(const struct slice *)b);
}

static int
want_names(struct wanted *w, const struct slice *names, size_t n)
{
	*w = (struct wanted){ names, n, NULL };
	if (n <= FEW)
		return 0;
	if ((w->sorted = reallocarray(NULL, n, sizeof(*names))) == NULL)
		return -1;
	memcpy(w->sorted, names, n * sizeof(*names));
	qsort(w->sorted, n, sizeof(*names), by_name);
	return 0;
}

static bool
is_wanted(const struct wanted *w, struct slice name)
{
	size_t i;

	if (w->sorted != NULL)
		return bsearch(&name, w->sorted, w->n, sizeof(name),
		    by_name) != NULL;
	for (i = 0; i < w->n; i++)
		if (slice_caseeq(name, w->names[i]))
			return true;
	return false;
}

int
header_select(struct buf *out, struct slice block, const struct slice *names,
    size_t n, bool except)
{
	struct header_iter it;
	struct header_field f;
	struct wanted w;
	bool is_named;
	int ret = 0;

	if (want_names(&w, names, n) == -1)
		return -1;
	header_iter_init(&it, block);
	while (ret == 0 && header_next(&it, &f)) {
		is_named = f.value.p != NULL && is_wanted(&w, f.name);
		if (is_named != except)
			ret = add_crlf(out, f.raw);
	}
	free(w.sorted);
	return ret == 0 ? buf_add_str(out, "\r\n") : -1;
}

static bool
is_cached(struct slice name)
{
	size_t i;

	for (i = 0; i < NROWS(uncached_prefixes); i++)
		if (slice_starts_case(name, uncached_prefixes[i]))
			break;
	if (i == NROWS(uncached_prefixes))
		return true;
	for (i = 0; i < NROWS(cached_names); i++)
		if (slice_caseeq(name, cached_names[i]))
			return true;
	return false;
}

int
header_cache(struct buf *out, struct slice block)
{
	struct header_iter it;
	struct header_field f;

	header_iter_init(&it, block);
	while (header_next(&it, &f))
		if (is_cached(f.name) && add_crlf(out, f.raw) == -1)
			return -1;
	return buf_add_str(out, "\r\n");
}

bool
header_cached(const struct slice *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!is_cached(names[i]))
			return false;
	return true;
}
