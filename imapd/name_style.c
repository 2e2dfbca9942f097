/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* See name_style.h. */

#include "config.h"

#include "common/base/mutf7.h"
#include "common/base/utf8.h"
#include "imapd/name_style.h"

const struct name_style name_style_default = { .separator = '/' };

/* Swap '/' and the separator in the octets appended since start. */
static void
swap_levels(const struct name_style *style, struct buf *out, size_t start)
{
	if (style->separator == '/')
		return;
	for (size_t i = out->off + start; i < out->end; i++) {
		if (out->p[i] == '/')
			out->p[i] = style->separator;
		else if (out->p[i] == style->separator)
			out->p[i] = '/';
	}
}

int
name_style_decode(const struct name_style *style, struct buf *out,
    struct slice wire)
{
	size_t start = buf_len(out);

	if (style->utf8 ? !utf8_valid(wire) ||
	    buf_add_slice(out, wire) == -1 : mutf7_decode(out, wire) == -1)
		return -1;
	swap_levels(style, out, start);
	return 0;
}

int
name_style_encode(const struct name_style *style, struct buf *out,
    struct slice name)
{
	size_t start = buf_len(out);

	if (style->utf8 ? buf_add_slice(out, name) == -1 :
	    mutf7_encode(out, name) == -1)
		return -1;
	swap_levels(style, out, start);
	return 0;
}
