/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Parameters of header fields; see param.h.
 */

#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "storage/mime/param.h"

/* One piece of a continued parameter: name*index or name*index*. */
struct piece {
	struct slice	name;		/* before the first star */
	struct slice	value;
	size_t		index;
	size_t		order;		/* makes the sort stable */
	bool		extended;	/* ends in a star: percent-encoded */
};

struct pieces {
	struct piece	p[PARAM_MAX];
	size_t		n;
};

static struct slice
keep(struct arena *a, struct slice s)
{
	char *p;

	if (s.len == 0)
		return slice_make("", 0);
	if ((p = arena_alloc(a, s.len)) == NULL)
		return SLICE_EMPTY;
	memcpy(p, s.p, s.len);
	return slice_make(p, s.len);
}

static bool
is_lwsp(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Read a value: a token, a quoted string, or an encoded word without quotes. */
static int
value_parse(struct token *t, struct buf *out)
{
	const char *start;

	if (token_skip(t) <= 0)
		return 1;		/* "name=" alone: empty */
	if (*t->p == '"')
		return token_quoted(t, out);
	if (*t->p != '=')
		return token_mime(t, out);
	start = t->p;
	while (t->p < t->end && *t->p != ';' && !is_lwsp(*t->p))
		t->p++;
	return buf_add(out, start, (size_t)(t->p - start)) == -1 ? -1 :
	    token_skip(t);
}

/*
 * Read one "; name=value".  Returns 1, 0 at the end of the field, or -1 if
 * this is not a parameter.
 */
static int
param_next(struct token *t, struct arena *a, struct buf *scratch,
    struct param *pa)
{
	int ret;

	if (t->p == t->end)
		return 0;
	if (*t->p != ';')
		return -1;
	t->p++;
	if (token_skip(t) <= 0)
		return -1;
	buf_truncate(scratch, 0);
	if (token_mime(t, scratch) <= 0 || *t->p != '=')
		return -1;
	pa->name = keep(a, buf_slice(scratch));
	t->p++;
	buf_truncate(scratch, 0);
	ret = value_parse(t, scratch);
	pa->value = keep(a, buf_slice(scratch));
	return ret == -1 ? -1 : 1;
}

/* Split a name with a star.  Returns false if it does not follow RFC 2231. */
static bool
piece_parse(const struct param *pa, struct piece *pi)
{
	struct slice rest = pa->name;

	pi->index = 0;
	pi->value = pa->value;
	if (!slice_cut(&rest, '*', &pi->name))
		return false;
	pi->extended = rest.len == 0;
	while (rest.len > 0 && *rest.p >= '0' && *rest.p <= '9') {
		if (pi->index <= PARAM_MAX)
			pi->index = pi->index * 10 + (size_t)(*rest.p - '0');
		rest = slice_from(rest, 1);
	}
	if (rest.len == 1 && *rest.p == '*') {
		pi->extended = true;
		rest.len = 0;
	}
	return rest.len == 0;
}

static int
piece_cmp(const void *va, const void *vb)
{
	const struct piece *a = va, *b = vb;
	int c;

	if ((c = slice_casecmp(a->name, b->name)) != 0)
		return c;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static int
add_escaped(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if ((s.p[i] == '%' ? buf_add_str(out, "%25") :
		    buf_add_char(out, s.p[i])) == -1)
			return -1;
	return 0;
}

/* Join n pieces of the same name into one parameter. */
static int
join(struct arena *a, struct buf *scratch, const struct piece *pi, size_t n,
    struct param *out)
{
	bool extended = false;
	size_t i;

	for (i = 0; i < n; i++)
		extended = extended || pi[i].extended;
	buf_truncate(scratch, 0);
	(void)buf_add_slice(scratch, pi->name);
	if (extended)
		(void)buf_add_char(scratch, '*');
	out->name = keep(a, buf_slice(scratch));

	buf_truncate(scratch, 0);
	if (extended && !pi->extended)
		(void)buf_add_str(scratch, "''");
	for (i = 0; i < n; i++) {
		if (extended && !pi[i].extended)
			(void)add_escaped(scratch, pi[i].value);
		else
			(void)buf_add_slice(scratch, pi[i].value);
	}
	out->value = keep(a, buf_slice(scratch));
	return out->name.p == NULL || out->value.p == NULL ? -1 : 0;
}

/* Make a parameter of one piece, if the numbers of its name have a gap. */
static int
unjoined(struct arena *a, struct buf *scratch, const struct piece *pi,
    struct param *out)
{
	buf_truncate(scratch, 0);
	(void)buf_add_slice(scratch, pi->name);
	(void)buf_add_char(scratch, '*');
	(void)buf_add_u64(scratch, pi->index);
	if (pi->extended)
		(void)buf_add_char(scratch, '*');
	out->name = keep(a, buf_slice(scratch));
	out->value = pi->value;
	return out->name.p == NULL ? -1 : 0;
}

static int
join_all(struct arena *a, struct buf *scratch, struct pieces *ps,
    struct param *params, size_t *n)
{
	size_t i, j, next;
	bool gap;

	qsort(ps->p, ps->n, sizeof(ps->p[0]), piece_cmp);
	for (i = 0; i < ps->n; i = next) {
		gap = false;
		for (next = i; next < ps->n && slice_caseeq(ps->p[next].name,
		    ps->p[i].name); next++)
			gap = gap || ps->p[next].index != next - i;
		if (!gap) {
			if (join(a, scratch, &ps->p[i], next - i,
			    &params[(*n)++]) == -1)
				return -1;
			continue;
		}
		for (j = i; j < next; j++)
			if (unjoined(a, scratch, &ps->p[j],
			    &params[(*n)++]) == -1)
				return -1;
	}
	return 0;
}

int
param_parse(struct token *t, struct arena *a, size_t *left,
    struct buf *scratch, struct param **params, size_t *n)
{
	struct param found[PARAM_MAX], pa;
	struct pieces pieces = { .n = 0 };
	struct piece pi;
	size_t plain = 0, max = *left, total;
	int ret;

	*params = NULL;
	*n = 0;
	if (max > PARAM_MAX)
		max = PARAM_MAX;
	while (plain + pieces.n < max &&
	    (ret = param_next(t, a, scratch, &pa)) != 0) {
		if (ret == -1) {
			if (t->p == t->end)
				break;
			t->p++;		/* go on to the next semicolon */
			continue;
		}
		if (pa.name.p == NULL || pa.value.p == NULL)
			return -1;
		if (slice_chr(pa.name, '*') != SLICE_NONE &&
		    piece_parse(&pa, &pi)) {
			pi.order = pieces.n;
			pieces.p[pieces.n++] = pi;
		} else
			found[plain++] = pa;
	}
	total = plain + pieces.n;
	if (total == 0)
		return 0;
	*left -= total;
	if ((*params = arena_array(a, total, sizeof(**params))) == NULL)
		return -1;
	memcpy(*params, found, plain * sizeof(found[0]));
	*n = plain;
	return join_all(a, scratch, &pieces, *params, n);
}

const struct param *
param_find(const struct param *params, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (slice_caseeq_str(params[i].name, name))
			return &params[i];
	return NULL;
}
