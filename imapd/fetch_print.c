/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * FETCH data (RFC 3501, 7.4.2).  FLAGS of a large mailbox is what a client
 * asks for each time it opens it, so this is as short as it can be.
 */

#include "config.h"

#include "imapd/fetch_print.h"

struct flag_word {
	uint32_t	 flag;
	struct slice	 text;
};

static const struct flag_word flag_words[] = {
	{ FLAG_SEEN, SLICE_INIT("\\Seen") },
	{ FLAG_ANSWERED, SLICE_INIT("\\Answered") },
	{ FLAG_FLAGGED, SLICE_INIT("\\Flagged") },
	{ FLAG_DELETED, SLICE_INIT("\\Deleted") },
	{ FLAG_DRAFT, SLICE_INIT("\\Draft") },
};

#define NFLAG_WORDS	(sizeof(flag_words) / sizeof(*flag_words))
/* All of them, \Recent and the parentheses. */
#define SYSTEM_MAX	64

static void
print_keywords(struct reply *r, const struct view *v, uint64_t keywords)
{
	for (;;) {
		unsigned int n = (unsigned int)__builtin_ctzll(keywords);

		reply_slice(r, view_keyword(v, n));
		keywords &= keywords - 1;
		if (keywords == 0)
			return;
		reply_char(r, ' ');
	}
}

void
fetch_print_flags(struct reply *r, const struct view *v,
    const struct flags *flags, bool recent)
{
	char *room, *p;

	if (buf_reserve(r->out, SYSTEM_MAX, &room) == -1) {
		r->failed = true;
		return;
	}
	p = room;
	*p++ = '(';
	for (size_t i = 0; flags->system != 0 && i < NFLAG_WORDS; i++)
		if (flags->system & flag_words[i].flag) {
			memcpy(p, flag_words[i].text.p,
			    flag_words[i].text.len);
			p += flag_words[i].text.len;
			*p++ = ' ';
		}
	if (recent) {
		memcpy(p, "\\Recent ", 8);
		p += 8;
	}
	if (flags->keywords == 0) {
		if (p[-1] == ' ')
			p--;
		*p++ = ')';
	}
	buf_commit(r->out, (size_t)(p - room));
	if (flags->keywords != 0) {
		print_keywords(r, v, flags->keywords);
		reply_char(r, ')');
	}
}

void
fetch_print_modseq(struct reply *r, uint64_t modseq)
{
	reply_str(r, " MODSEQ (");
	reply_number(r, modseq);
	reply_char(r, ')');
}
