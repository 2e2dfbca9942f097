/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* STORE and UID STORE (RFC 3501, 6.4.6; UNCHANGEDSINCE of RFC 7162, 3.1.3). */

#include "config.h"

#include "common/base/idset.h"
#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/flag.h"
#include "imapd/message_set.h"
#include "imapd/session_op.h"
#include "imapd/update.h"

struct cmd_store {
	struct idset	 uids;
	enum flags_how	 how;
	bool		 silent;
	struct flag_args flags;
	uint64_t	 unchangedsince;	/* UINT64_MAX: not given */
	struct op	*op;
	struct idset_iter iter;		/* over messages to answer for */
	bool		 done;		/* the flags are set, or some of them */
	bool		 failed;
};

static int
parse_item(struct arg *a, struct cmd_store *c)
{
	c->how = FLAGS_REPLACE;
	if (arg_if_char(a, '+'))
		c->how = FLAGS_ADD;
	else if (arg_if_char(a, '-'))
		c->how = FLAGS_REMOVE;
	c->silent = arg_if_word(a, "FLAGS.SILENT");
	if (!c->silent && !arg_if_word(a, "FLAGS"))
		return arg_fail(a, "FLAGS expected");
	return arg_sp(a);
}

static enum parsed
cmd_store_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_store *c = args;

	c->unchangedsince = UINT64_MAX;
	if (arg_sp(a) == -1 ||
	    message_set_parse(a, s->view, s->cmd.uid, &c->uids) == -1 ||
	    arg_sp(a) == -1 ||
	    (arg_peek(a) == '(' && (arg_modifier(a, "UNCHANGEDSINCE",
	    "Unknown modifier of STORE", &c->unchangedsince) == -1 ||
	    arg_sp(a) == -1)) ||
	    parse_item(a, c) == -1 || flag_args_parse_store(a, &c->flags) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

static enum run
set_flags(struct session *s, struct cmd_store *c)
{
	enum run r;

	if (c->op == NULL) {
		if (c->unchangedsince != UINT64_MAX)
			session_condstore(s);
		c->op = flags_new(s->view, &c->uids, c->how, &c->flags.names,
		    c->unchangedsince);
	}
	r = session_op(s, c->op);
	if (r == RUN_MORE || r == RUN_WAIT)
		return r;
	if (r == RUN_FAIL && s->dead)
		return r;
	if (r == RUN_FAIL) {
		/* The client is told what was changed nevertheless. */
		c->failed = true;
		c->silent = false;
	}
	update_keywords(s);
	if (idset_subtract(&c->uids, &flags_result(c->op)->modified) == -1)
		return answer_memory(s);
	c->done = true;
	idset_iter_init(&c->iter, c->silent || c->failed ?
	    &flags_result(c->op)->changed : &c->uids);
	return RUN_DONE;
}

/* Answer "OK [MODIFIED 7,9]", in the kind of number that the command used. */
static void
answer_modified(struct session *s, const struct cmd_store *c)
{
	const struct idset *modified = &flags_result(c->op)->modified;
	struct idset numbers;
	struct idset_iter it;
	struct buf text;
	uint32_t uid;

	idset_init(&numbers, IDSET_NOLIMIT);
	buf_init(&text, BUF_NOCAP);
	idset_iter_init(&it, modified);
	while (idset_next(&it, &uid))
		if (idset_add(&numbers, s->cmd.uid ? uid :
		    view_seq(s->view, uid)) == -1)
			s->reply.failed = true;
	if (idset_print(&numbers, &text) == -1)
		s->reply.failed = true;
	answer_ok(s, CODE_MODIFIED, arena_dup(&s->cmd.arena,
	    buf_slice(&text)), "Some messages have been modified.");
	buf_clear(&text);
	idset_clear(&numbers);
}

static enum run
cmd_store_run(struct session *s, void *args)
{
	struct cmd_store *c = args;
	uint32_t uid, seq;
	enum run r;

	if (!c->done && (r = set_flags(s, c)) != RUN_DONE)
		return r;
	/* With CONDSTORE, even .SILENT reports mod-sequences (7162, 3.1.3). */
	if (!c->silent || session_has(s, CAP_CONDSTORE))
		while (idset_next(&c->iter, &uid)) {
			if ((seq = view_seq(s->view, uid)) != 0)
				update_flags(s, seq, uid, c->silent);
			if (wconn_must_yield(s->conn))
				return RUN_MORE;
		}
	if (c->failed)
		return RUN_FAIL;
	if (!idset_empty(&flags_result(c->op)->modified))
		answer_modified(s, c);
	else if (flags_result(c->op)->expunged)
		return answer_expunged(s);
	return RUN_DONE;
}

static void
cmd_store_clear(void *args)
{
	struct cmd_store *c = args;

	op_free(c->op);
	idset_clear(&c->uids);
}

static const struct command cmd_store_rows[] = {
	{ .name = "STORE", .in = STATE_SELECTED,
	    .flags = CMD_SEQNUMS | CMD_WRITES,
	    .uid = UID_ALSO, .args_size = sizeof(struct cmd_store),
	    .parse = cmd_store_parse, .run = cmd_store_run,
	    .clear = cmd_store_clear },
};

const struct command_family cmd_store = COMMAND_FAMILY(cmd_store_rows);
