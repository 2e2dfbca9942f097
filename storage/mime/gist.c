/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The gist of a message; see gist.h.
 */

#include "config.h"

#include "common/base/date.h"
#include "common/base/table.h"
#include "storage/mime/gist.h"
#include "storage/mime/header.h"
#include "storage/mime/textstream.h"
#include "storage/mime/varint.h"

#define GIST_DATE	(1U << 0)
#define GIST_FIELDS	(1U << 1)
#define GIST_ALL	3U

/*
 * The fields that are stored.  The position of a name here is its number in
 * every existing index: add new names at the end, and increase the version.
 * Message-ID is stored because clients use it to find a draft or a sent
 * message again.
 */
static const struct slice names[] = {
	SLICE_INIT("Subject"),
	SLICE_INIT("From"),
	SLICE_INIT("To"),
	SLICE_INIT("Cc"),
	SLICE_INIT("Bcc"),
	SLICE_INIT("Message-ID"),
};

uint64_t
gist_name(struct slice name)
{
	for (size_t i = 0; i < NROWS(names); i++)
		if (name.len == names[i].len && slice_caseeq(name, names[i]))
			return i;
	return GIST_NONE;
}

/*
 * Decode the fields that are stored.  Returns -1 if that takes too long for a
 * thing that is done in one go: for their length, or their many charsets.
 */
static int
put_fields(struct buf *out, struct slice headers)
{
	struct header_iter it;
	struct header_field f;
	struct charset_set set = { .n = 0 };
	struct buf value;
	uint64_t name;
	int ret = 0;

	buf_init(&value, GIST_FIELDS_MAX);
	header_iter_init(&it, headers);
	while (ret == 0 && !set.full && header_next(&it, &f)) {
		if (f.value.p == NULL || (name = gist_name(f.name)) ==
		    GIST_NONE)
			continue;
		buf_truncate(&value, 0);
		ret = textstream_value(&value, f.value, &set) ||
		    varint_put(out, name) ||
		    varint_put(out, buf_len(&value)) ||
		    buf_add_slice(out, buf_slice(&value));
	}
	buf_clear(&value);
	return ret || set.full ? -1 : 0;
}

int
gist_put(struct buf *out, struct slice headers, struct slice date)
{
	struct buf fields;
	uint64_t flags = 0;
	int64_t seconds;
	int zone, ret;

	buf_init(&fields, GIST_FIELDS_MAX);
	if (date.p != NULL && date_parse_mail(date, &seconds, &zone) == 0)
		flags |= GIST_DATE;
	if (headers.len > 0 && put_fields(&fields, headers) == 0)
		flags |= GIST_FIELDS;
	ret = varint_put(out, GIST_VERSION) || varint_put(out, flags);
	if (ret == 0 && (flags & GIST_DATE))
		ret = varint_put(out, varint_zigzag(seconds)) ||
		    varint_put(out, varint_zigzag(zone));
	if (ret == 0 && (flags & GIST_FIELDS))
		ret = buf_add_slice(out, buf_slice(&fields));
	buf_clear(&fields);
	return ret ? -1 : 0;
}

int
gist_open(struct gist *g, struct slice s)
{
	uint64_t version, flags, date, zone;

	*g = (struct gist){ 0 };
	if (varint_parse(&s, &version) || version != GIST_VERSION ||
	    varint_parse(&s, &flags) || (flags & ~(uint64_t)GIST_ALL))
		return -1;
	if (flags & GIST_DATE) {
		if (varint_parse(&s, &date) || varint_parse(&s, &zone) ||
		    varint_unzigzag(zone) < -24 * 60 * 100 ||
		    varint_unzigzag(zone) > 24 * 60 * 100)
			return -1;
		g->has_date = true;
		g->date = varint_unzigzag(date);
		g->zone_min = (int)varint_unzigzag(zone);
	}
	g->has_fields = flags & GIST_FIELDS;
	g->fields = s;
	return 0;
}

bool
gist_next(struct slice *fields, uint64_t *name, struct slice *value)
{
	uint64_t len;

	if (varint_parse(fields, name) || varint_parse(fields, &len) ||
	    len > fields->len)
		return false;
	*value = slice_sub(*fields, 0, (size_t)len);
	*fields = slice_from(*fields, (size_t)len);
	return true;
}
