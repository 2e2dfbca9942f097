/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * SEARCH and UID SEARCH (RFC 3501, 6.4.4), with MODSEQ (RFC 7162, 3.1.5 and
 * 3.1.10).  search_key.c parses the keys; esearch.c prints the extended
 * response.
 */

#include "config.h"

#include "common/base/idset.h"
#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/esearch.h"
#include "imapd/message_set.h"
#include "imapd/search_key.h"
#include "imapd/session_op.h"

struct cmd_search {
	struct search_keys keys;
	uint32_t	 returns;	/* RETURN_*; 0: SEARCH response */
	struct op	*op;
	struct idset	 found;		/* UIDs or sequence numbers */
	struct idset_iter iter;		/* over the UIDs, then over found */
	bool		 converting;
	bool		 printing;
};

/* Parse "CHARSET UTF-8 ", which is optional. */
static int
parse_charset(struct arg *a, struct cmd_search *c)
{
	struct buf probe;

	if (!arg_if_word(a, "CHARSET"))
		return 0;
	if (arg_sp(a) == -1 || arg_astring(a, &c->keys.charset) == -1 ||
	    arg_sp(a) == -1)
		return -1;
	buf_init(&probe, BUF_NOCAP);
	if (search_charset(c->keys.charset, SLICE_LIT("a"), &probe) == -1)
		c->keys.bad_charset = true;
	buf_clear(&probe);
	return 0;
}

static enum parsed
cmd_search_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_search *c = args;

	idset_init(&c->found, IDSET_NOLIMIT);
	if (arg_sp(a) == -1 || esearch_parse(a, &c->returns) == -1 ||
	    parse_charset(a, c) == -1 ||
	    search_keys_parse(a, s->view, s->search_terms, &c->keys) == -1)
		return PARSE_BAD;
	/*
	 * RFC 9051, 7.5.1: no EXPUNGE while UID SEARCH uses sequence numbers
	 * as keys.
	 */
	if (c->keys.seqnums)
		s->cmd.seqnums = true;
	return PARSE_OK;
}

/* Convert the UIDs found to the kind of number that the client asked for. */
static enum run
to_numbers(struct session *s, struct cmd_search *c)
{
	const struct idset *uids = &search_result(c->op)->uids;
	int rc;

	if (s->cmd.uid)
		return idset_copy(&c->found, uids) == -1 ? answer_memory(s) :
		    RUN_DONE;
	if (!c->converting)
		idset_iter_init(&c->iter, uids);
	c->converting = true;
	rc = message_set_to_numbers(s->view, &c->iter, MESSAGE_SET_TURN,
	    &c->found);
	if (rc == -1)
		return answer_memory(s);
	return rc == 0 ? RUN_MORE : RUN_DONE;
}

static uint64_t
uid_modseq(struct session *s, uint32_t uid)
{
	struct flags flags;
	uint64_t modseq = 0;
	uint32_t seq;

	if ((seq = view_seq(s->view, uid)) != 0)
		view_flags(s->view, seq, &flags, &modseq);
	return modseq;
}

/*
 * Return the highest mod-sequence of the messages that the response names.
 * With only MIN or MAX these are not all messages found (RFC 7162, 3.1.10).
 */
static uint64_t
told_modseq(struct session *s, const struct cmd_search *c,
    const struct search_result *result)
{
	uint64_t low = 0, high = 0;

	if (c->returns & (RETURN_ALL | RETURN_COUNT))
		return result->modseq;
	if (c->returns & RETURN_MIN)
		low = uid_modseq(s, idset_min(&result->uids));
	if (c->returns & RETURN_MAX)
		high = uid_modseq(s, idset_max(&result->uids));
	return low > high ? low : high;
}

static void
print_extended(struct session *s, const struct cmd_search *c)
{
	const struct search_result *result = search_result(c->op);
	struct esearch e = {
		.tag = s->cmd.tag,
		.uid = s->cmd.uid,
		.returns = c->returns,
		.found = &c->found,
	};

	if (c->keys.modseq && !idset_empty(&c->found))
		e.modseq = told_modseq(s, c, result);
	esearch_print(&s->reply, &e);
}

/* Print "* SEARCH 2 3 5 (MODSEQ 917)", in as many calls as it takes. */
static enum run
print_numbers(struct session *s, struct cmd_search *c)
{
	struct reply *r = &s->reply;
	uint32_t n;

	if (!c->printing) {
		reply_untagged(r, "SEARCH");
		idset_iter_init(&c->iter, &c->found);
		c->printing = true;
	}
	while (idset_next(&c->iter, &n)) {
		reply_char(r, ' ');
		reply_number(r, n);
		if (buf_len(r->out) >= WCONN_HIGH)
			return RUN_MORE;
	}
	if (c->keys.modseq && !idset_empty(&c->found)) {
		reply_str(r, " (MODSEQ ");
		reply_number(r, search_result(c->op)->modseq);
		reply_char(r, ')');
	}
	reply_end(r);
	return RUN_DONE;
}

static enum run
cmd_search_run(struct session *s, void *args)
{
	struct cmd_search *c = args;
	enum run r;

	if (c->printing)
		return print_numbers(s, c);
	if (c->keys.bad_charset)
		return answer_badcharset(s);
	if (c->op == NULL) {
		if (c->keys.modseq)
			session_condstore(s);
		c->op = search_new(s->view, c->keys.root);
	}
	if ((r = session_op(s, c->op)) != RUN_DONE)
		return r;
	if ((r = to_numbers(s, c)) != RUN_DONE)
		return r;
	if (c->returns == 0)
		return print_numbers(s, c);
	print_extended(s, c);
	return RUN_DONE;
}

static void
cmd_search_clear(void *args)
{
	struct cmd_search *c = args;

	op_free(c->op);
	idset_clear(&c->found);
}

static const struct command cmd_search_rows[] = {
	{ .name = "SEARCH", .in = STATE_SELECTED, .flags = CMD_SEQNUMS,
	    .uid = UID_ALSO, .args_size = sizeof(struct cmd_search),
	    .parse = cmd_search_parse, .run = cmd_search_run,
	    .clear = cmd_search_clear },
};

const struct command_family cmd_search = COMMAND_FAMILY(cmd_search_rows);
