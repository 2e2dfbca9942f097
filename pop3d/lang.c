/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * LANG (RFC 6856, section 3).
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/table.h"
#include "pop3d/lang.h"
#include "pop3d/reply.h"

static const struct {
	const char	*tag;
	const char	*text;		/* its name in that language */
	const char	*chosen;	/* the answer to LANG with this tag */
} langs[] = {
	{ .tag = "en", .text = "English",
	    .chosen = "en The language is now English" },
};

/*
 * A basic language range matches a tag that is equal to it, or that continues
 * with "-" after it (RFC 4647, section 3.3.1).  We also shorten the range at
 * its hyphens, as lookup does (section 3.4), so that "en-GB" gets English.
 */
static bool
lang_matches(struct slice range, const char *tag)
{
	size_t len;

	len = strlen(tag);
	if (range.len > len && range.p[len] == '-')
		range.len = len;
	return slice_caseeq_str(range, tag);
}

static void
lang_list(struct buf *out)
{
	pop3_ok(out, "Language listing follows");
	for (size_t i = 0; i < NROWS(langs); i++) {
		(void)buf_add_str(out, langs[i].tag);
		(void)buf_add_char(out, ' ');
		(void)buf_add_str(out, langs[i].text);
		(void)buf_add_str(out, "\r\n");
	}
	pop3_end(out);
}

void
pop3_lang(struct buf *out, struct slice range)
{
	if (range.len == 0) {
		lang_list(out);
		return;
	}
	for (size_t i = 0; i < NROWS(langs); i++)
		if (slice_eq_str(range, "*") ||
		    lang_matches(range, langs[i].tag)) {
			pop3_ok(out, langs[i].chosen);
			return;
		}
	pop3_err(out, "This language is not available");
}
