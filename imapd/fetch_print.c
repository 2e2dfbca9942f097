/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* See fetch_print.h. */

#include "config.h"

#include "imapd/fetch_print.h"
#include "imapd/flag.h"

void
fetch_print_begin(struct session *s, uint32_t seq)
{
	reply_untagged_number(&s->reply, seq, "FETCH");
	reply_str(&s->reply, " (");
}

void
fetch_print_end(struct session *s)
{
	reply_char(&s->reply, ')');
	reply_end(&s->reply);
}

void
fetch_print_uid(struct session *s, uint32_t uid)
{
	reply_str(&s->reply, "UID ");
	reply_number(&s->reply, uid);
}

void
fetch_print_flags(struct session *s, uint32_t uid, const struct flags *flags)
{
	reply_str(&s->reply, "FLAGS ");
	flag_print(&s->reply, s->view, flags, session_recent(s, uid));
}

void
fetch_print_modseq(struct session *s, uint64_t modseq)
{
	reply_str(&s->reply, "MODSEQ (");
	reply_number(&s->reply, modseq);
	reply_char(&s->reply, ')');
}
