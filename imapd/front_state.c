/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* An IMAP connection before login; see front_state.h. */

#include "config.h"

#include "imapd/capability.h"
#include "imapd/front_state.h"

/* Memory to decode arguments: only strings with escapes need it. */
#define ARENA_MAX	(64 * 1024)

struct imap_front *
imap_front_state(struct fconn *c)
{
	struct imap_front *f = fconn_state(c);

	if (f->started)
		return f;
	f->started = true;
	input_init(&f->input, fconn_in(c), fconn_conf(c)->login_line_size);
	arena_init(&f->arena, ARENA_MAX);
	buf_init(&f->client_id, HANDOFF_ID_MAX);
	return f;
}

struct slice
imap_front_tag(const struct imap_front *f)
{
	return slice_make(f->tag, f->tag_len);
}

void
imap_front_answer(struct fconn *c, enum status status, enum respcode code,
    const char *text)
{
	struct imap_front *f = imap_front_state(c);
	struct reply r;

	reply_init(&r, fconn_out(c));
	reply_status(&r, imap_front_tag(f), status, code, SLICE_EMPTY,
	    slice_str(text));
	f->tag_len = 0;
	if (status == STATUS_BAD)
		fconn_bad(c);
}

static bool
has_mech(void *arg, struct slice mech)
{
	return fconn_has_mech(arg, mech);
}

void
imap_front_capabilities(struct fconn *c, struct reply *r)
{
	struct cap_env env = {
		.logged_in = false,
		.can_starttls = fconn_can_starttls(c),
		.may_password = fconn_may_password(c),
		.has_mech = has_mech,
		.arg = c,
	};

	capability_print(r, &env);
}
