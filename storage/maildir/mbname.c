/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Names and folders; mbname.h has the rules.  The two conversions are exact
 * inverses for every folder that Penfold makes.  A folder of another program
 * may have a level that is not modified UTF-7, or one that no name can have
 * once it is decoded: it is shown under its raw name, if that is UTF-8.  INBOX
 * as its first level may be in any case.  Only the index then knows the folder
 * of that name.
 */

#include "config.h"

#include "common/base/mutf7.h"
#include "common/base/utf8.h"
#include "storage/maildir/mbname.h"

/* Represents a '.' within a level. */
static const struct slice dot = SLICE_INIT("&AC4-");

static bool
level_ok(struct slice level)
{
	if (level.len == 0)
		return false;
	for (size_t i = 0; i < level.len; i++) {
		unsigned char c = (unsigned char)level.p[i];

		if (c < 0x20 || c == 0x7f || c == '/')
			return false;
	}
	return true;
}

int
mbname_normal(struct slice name, struct buf *out)
{
	struct slice rest = name, level;
	bool first = true;
	size_t depth = 0, mark = buf_len(out);

	if (name.len == 0 || name.len > MBNAME_MAX || !utf8_valid(name) ||
	    name.p[name.len - 1] == '/')
		return -1;
	while (rest.len > 0) {
		(void)slice_cut(&rest, '/', &level);
		if (!level_ok(level) || ++depth > MBNAME_DEPTH_MAX)
			goto bad;
		if (first && slice_caseeq_str(level, "INBOX"))
			level = SLICE_LIT("INBOX");
		if ((!first && buf_add_char(out, '/') == -1) ||
		    buf_add_slice(out, level) == -1)
			goto bad;
		first = false;
	}
	return 0;
bad:
	buf_truncate(out, mark);
	return -1;
}

static int
level_to_folder(struct slice level, struct buf *out)
{
	struct slice rest = level, piece;
	bool more;

	do {
		more = slice_cut(&rest, '.', &piece);
		if (mutf7_encode(out, piece) == -1 ||
		    (more && buf_add_slice(out, dot) == -1))
			return -1;
	} while (more);
	return 0;
}

int
mbname_to_folder(struct slice name, struct buf *out)
{
	struct slice rest = name, level;
	size_t mark = buf_len(out);

	if (slice_eq_str(name, "INBOX"))
		return 0;
	while (rest.len > 0) {
		(void)slice_cut(&rest, '/', &level);
		if (buf_add_char(out, '.') == -1 ||
		    level_to_folder(level, out) == -1)
			goto bad;
	}
	if (buf_len(out) - mark <= MBNAME_FOLDER_MAX)
		return 0;
bad:
	buf_truncate(out, mark);
	return -1;
}

static int
level_from_folder(struct slice level, struct buf *out)
{
	size_t at, mark = buf_len(out);
	struct slice rest = level;

	while ((at = slice_find(rest, dot)) != SLICE_NONE) {
		if (mutf7_decode(out, slice_sub(rest, 0, at)) == -1 ||
		    buf_add_char(out, '.') == -1)
			goto raw;
		rest = slice_from(rest, at + dot.len);
	}
	if (mutf7_decode(out, rest) == 0 &&
	    level_ok(slice_from(buf_slice(out), mark)))
		return 0;
raw:
	buf_truncate(out, mark);
	return utf8_valid(level) ? buf_add_slice(out, level) : -1;
}

/* ".INBOX" would be a second INBOX. */
int
mbname_from_folder(struct slice folder, struct buf *out)
{
	struct slice rest, level;
	struct buf name;
	bool more;
	int rc = -1;

	if (folder.len < 2 || folder.p[0] != '.')
		return -1;
	rest = slice_from(folder, 1);
	buf_init(&name, MBNAME_MAX);
	do {
		more = slice_cut(&rest, '.', &level);
		if ((buf_len(&name) > 0 && buf_add_char(&name, '/') == -1) ||
		    !level_ok(level) || level_from_folder(level, &name) == -1)
			goto out;
	} while (more);
	if (!slice_caseeq_str(buf_slice(&name), "INBOX"))
		rc = mbname_normal(buf_slice(&name), out);
out:
	buf_clear(&name);
	return rc;
}

bool
mbname_below(struct slice name, struct slice parent)
{
	return name.len > parent.len && name.p[parent.len] == '/' &&
	    slice_starts(name, parent);
}

/*
 * Compare bytes, but with '/' before all others, so that children follow their
 * parent at once.
 */
int
mbname_cmp(struct slice a, struct slice b)
{
	bool ia, ib;
	size_t n = a.len < b.len ? a.len : b.len;

	ia = slice_eq_str(a, "INBOX") || mbname_below(a, SLICE_LIT("INBOX"));
	ib = slice_eq_str(b, "INBOX") || mbname_below(b, SLICE_LIT("INBOX"));
	if (ia != ib)
		return ia ? -1 : 1;
	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)a.p[i];
		unsigned char y = (unsigned char)b.p[i];

		if (x == y)
			continue;
		if (x == '/' || y == '/')
			return x == '/' ? -1 : 1;
		return x < y ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}
