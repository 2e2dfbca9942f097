/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * FETCH and UID FETCH (RFC 3501, 6.4.5; CHANGEDSINCE of RFC 7162, 3.1.4.1).
 *
 * UID, FLAGS and MODSEQ are in the view and are printed from memory; all other
 * items come from one reader over all messages.  A FETCH that sets \Seen works
 * in batches: it sets \Seen on a batch in one transaction and then sends the
 * messages of the batch, so that their responses show the new flag.
 */

#include "config.h"

#include "common/base/idset.h"
#include "common/proc/stats.h"
#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/fetch_item.h"
#include "imapd/fetch_print.h"
#include "imapd/message_set.h"
#include "imapd/session_op.h"
#include "imapd/update.h"

/* Messages of a batch, on which \Seen is set in one transaction. */
#define BATCH_MAX	500
/* Messages between two checks of the clock. */
#define YIELD_EVERY	64

struct cmd_fetch {
	struct fetch	 fetch;		/* m: the message being printed */
	bool		 changedsince;
	uint64_t	 modseq;	/* CHANGEDSINCE */
	bool		 started;
	enum {
		STEP_CHANGED,		/* leave those that have changed */
		STEP_BATCH,		/* take the next messages */
		STEP_MARK,		/* set \Seen on the batch */
		STEP_READ		/* print the messages */
	}		 step;
	struct idset	 uids;		/* messages asked for */
	struct idset	 changed;	/* those of uids that have changed */
	struct idset_iter iter;		/* over uids, to take batches */
	struct idset	 batch;
	struct idset	 marked;	/* messages of batch newly \Seen */
	struct idset_iter batch_iter;	/* used without a reader */
	struct op	*op;
	struct message	 light;		/* message with its current flags */
	size_t		 item;		/* next item of the message */
	bool		 failed;	/* a message could not be read */
	struct store_error err;		/* why it could not be read */
};

static int
parse_items(struct arg *a, struct cmd_fetch *c)
{
	struct fetch *f = &c->fetch;
	size_t n = 0;
	int rc;

	if ((rc = fetch_item_parse_macro(a, f)) != 0)
		return rc == -1 ? -1 : 0;
	if (arg_peek(a) != '(')
		return fetch_item_parse(a, f);
	while ((rc = arg_list_next(a, &n)) == 1)
		if (fetch_item_parse(a, f) == -1)
			return -1;
	return rc;
}

static enum parsed
cmd_fetch_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_fetch *c = args;
	struct fetch *f = &c->fetch;

	arena_init(&f->arena, a->arena->limit);
	idset_init(&c->batch, IDSET_NOLIMIT);
	idset_init(&c->marked, IDSET_NOLIMIT);
	idset_init(&c->changed, IDSET_NOLIMIT);
	if (arg_sp(a) == -1 ||
	    message_set_parse(a, s->view, s->cmd.uid, &c->uids) == -1 ||
	    arg_sp(a) == -1 ||
	    (s->cmd.uid && fetch_item_add(a, f, "UID") == -1) ||
	    parse_items(a, c) == -1)
		return PARSE_BAD;
	if (arg_if_more(a)) {
		if (arg_modifier(a, "CHANGEDSINCE",
		    "Unknown modifier of FETCH", &c->modseq) == -1)
			return PARSE_BAD;
		c->changedsince = true;
	}
	if (c->changedsince && fetch_item_add(a, f, "MODSEQ") == -1)
		return PARSE_BAD;
	if ((f->flags & FETCH_SEEN) && view_readonly(s->view))
		f->flags &= ~FETCH_SEEN;
	idset_iter_init(&c->iter, &c->uids);
	c->step = c->changedsince ? STEP_CHANGED : STEP_BATCH;
	return PARSE_OK;
}

/* Drop the messages that have not changed since c->modseq. */
static enum run
leave_changed(struct session *s, struct cmd_fetch *c)
{
	int rc;

	rc = message_set_changed(s->view, &c->iter, MESSAGE_SET_TURN,
	    view_since(s->view, c->modseq), &c->changed);
	if (rc == -1)
		return answer_memory(s);
	if (rc == 0)
		return RUN_MORE;
	idset_clear(&c->uids);
	c->uids = c->changed;
	idset_init(&c->changed, IDSET_NOLIMIT);
	idset_iter_init(&c->iter, &c->uids);
	return RUN_DONE;
}

/*
 * Take the next batch, which is empty at the end, and prepare the operation
 * that sets \Seen where it is missing.
 */
static int
take_batch(struct session *s, struct cmd_fetch *c)
{
	static const struct flag_names seen = { .system = FLAG_SEEN };
	struct idset unseen;
	struct flags flags;
	uint64_t modseq;
	uint32_t uid;
	int rc = 0;

	idset_reset(&c->batch);
	idset_reset(&c->marked);
	idset_init(&unseen, IDSET_NOLIMIT);
	for (int n = 0; rc == 0 && n < BATCH_MAX &&
	    idset_next(&c->iter, &uid); n++) {
		rc = idset_add(&c->batch, uid);
		view_flags(s->view, view_seq(s->view, uid), &flags, &modseq);
		if (rc == 0 && (flags.system & FLAG_SEEN) == 0)
			rc = idset_add(&unseen, uid);
	}
	if (rc == 0 && !idset_empty(&unseen))
		c->op = flags_new(s->view, &unseen, FLAGS_ADD, &seen,
		    UINT64_MAX);
	idset_clear(&unseen);
	return rc;
}

static enum run
mark_batch(struct session *s, struct cmd_fetch *c)
{
	enum run run;

	if (c->op == NULL)
		return RUN_DONE;
	run = session_op(s, c->op);
	if (run == RUN_MORE || run == RUN_WAIT)
		return run;
	/* A failure is ignored: messages can be read when the disk is full. */
	if (idset_copy(&c->marked,
	    &flags_result(c->op)->changed) == -1)
		idset_reset(&c->marked);
	op_free(c->op);
	c->op = NULL;
	answer_ok(s, CODE_NONE, SLICE_EMPTY, NULL);
	return RUN_DONE;
}

/* Return the next message of a FETCH that needs no reader, or NULL. */
static const struct message *
next_light(struct session *s, struct cmd_fetch *c)
{
	struct message *m = &c->light;
	uint32_t uid;

	if (!idset_next(&c->batch_iter, &uid))
		return NULL;
	/* Consecutive UIDs have consecutive sequence numbers. */
	if (m->seq != 0 && uid == m->uid + 1)
		m->seq++;
	else
		m->seq = view_seq(s->view, uid);
	m->uid = uid;
	return m;
}

/* Note that a message could not be read.  FETCH goes on, but answers NO. */
static void
note_failure(struct cmd_fetch *c, const struct store_error *err)
{
	if (!c->failed || c->err.kind == STORE_ERR_EXPUNGED)
		c->err = *err;
	c->failed = true;
}

/* Move on to the next message; f->m is NULL at the end. */
static enum run
next_message(struct session *s, struct cmd_fetch *c)
{
	struct fetch *f = &c->fetch;
	enum run run;

	c->item = 0;
	f->has_blob = false;
	f->root = NULL;
	arena_reset(&f->arena);
	if (f->need == 0) {
		f->m = next_light(s, c);
		return RUN_DONE;
	}
	while ((run = reader_next(f->reader, &f->m)) == RUN_FAIL)
		note_failure(c, reader_error(f->reader));
	return run;
}

/*
 * This FETCH set \Seen: report FLAGS even if the client did not ask for them.
 */
static void
print_marked(struct session *s, const struct fetch *f)
{
	struct reply *r = &s->reply;

	if ((f->flags & FETCH_FLAGS) == 0) {
		reply_char(r, ' ');
		fetch_print_flags(s, f->m->uid, &f->m->flags);
	}
	if (!session_has(s, CAP_CONDSTORE))
		return;
	/* RFC 7162, 3.2.4: with CONDSTORE, UID and MODSEQ come with FLAGS. */
	if ((f->flags & FETCH_UID) == 0) {
		reply_char(r, ' ');
		fetch_print_uid(s, f->m->uid);
	}
	if ((f->flags & FETCH_MODSEQ) == 0) {
		reply_char(r, ' ');
		fetch_print_modseq(s, f->m->modseq);
	}
}

/* Return why an item could not be printed. */
static const struct store_error *
print_error(const struct fetch *f)
{
	static const struct store_error broken = {
		.kind = STORE_ERR_CORRUPT,
		.text = "A message could not be read.",
	};
	const struct store_error *err;

	err = f->reader == NULL ? NULL : reader_error(f->reader);
	return err == NULL || err->kind == STORE_OK ? &broken : err;
}

/* Print the start of the response to a message that was just read. */
static void
print_head(struct session *s, struct cmd_fetch *c)
{
	struct fetch *f = &c->fetch;

	if (f->m == &c->light || (f->flags & (FETCH_FLAGS | FETCH_MODSEQ)) ||
	    !idset_empty(&c->marked)) {
		/* Flags may have changed since the message was read. */
		c->light = *f->m;
		view_flags(s->view, c->light.seq, &c->light.flags,
		    &c->light.modseq);
		f->m = &c->light;
	}
	fetch_print_begin(s, f->m->seq);
}

static enum run
print_message(struct session *s, struct cmd_fetch *c)
{
	struct fetch *f = &c->fetch;
	struct reply *r = &s->reply;
	bool resumed = c->item > 0 || f->in_literal;
	size_t start = buf_len(r->out);
	enum run run;

	if (!resumed)
		print_head(s, c);
	for (; c->item < f->nitems; c->item++) {
		struct fetch_item *item = &f->items[c->item];

		if (c->item > 0 && !f->in_literal) {
			/* An item may have read a header of megabytes. */
			if (f->need != 0 && wconn_must_yield(s->conn))
				return RUN_MORE;
			reply_char(r, ' ');
		}
		run = item->row->print(s, f, item);
		if (run == RUN_MORE || s->dead)
			return run;
		if (run == RUN_FAIL) {
			/*
			 * Withdraw the response; bytes that were sent already
			 * cannot be withdrawn.
			 */
			if (resumed)
				s->dead = true;
			buf_truncate(r->out, start);
			note_failure(c, print_error(f));
			return RUN_DONE;
		}
	}
	if (idset_contains(&c->marked, f->m->uid))
		print_marked(s, f);
	fetch_print_end(s);
	if (f->flags & FETCH_TEXT)
		stats_add(STAT_MESSAGES_FETCHED, 1);
	return RUN_DONE;
}

static void
begin_reading(struct session *s, struct cmd_fetch *c)
{
	struct fetch *f = &c->fetch;
	const struct idset *uids;

	c->step = STEP_READ;
	uids = f->flags & FETCH_SEEN ? &c->batch : &c->uids;
	if (f->need == 0) {
		c->light.seq = 0;
		idset_iter_init(&c->batch_iter, uids);
		return;
	}
	f->reader = reader_new(s->view, uids, f->need);
	reader_on_wake(f->reader, session_wake, s);
}

static enum run
read_messages(struct session *s, struct cmd_fetch *c)
{
	struct fetch *f = &c->fetch;
	unsigned int n = 0;
	enum run run;

	for (;;) {
		if (f->m != NULL) {
			if ((run = print_message(s, c)) != RUN_DONE)
				return run;
			f->m = NULL;
		}
		if (buf_len(s->reply.out) >= WCONN_HIGH ||
		    (++n % YIELD_EVERY == 0 && wconn_must_yield(s->conn)))
			return RUN_MORE;
		if ((run = next_message(s, c)) != RUN_DONE)
			return run;
		if (f->m == NULL)
			break;
	}
	reader_free(f->reader);
	f->reader = NULL;
	return RUN_DONE;
}

/*
 * Answer the command: NO if a message could not be read (RFC 2180, 4.1.2; RFC
 * 5530).
 */
static enum run
finish(struct session *s, struct cmd_fetch *c)
{
	if (!c->failed)
		return RUN_DONE;
	if (c->err.kind == STORE_ERR_EXPUNGED)
		return answer_expunged(s);
	return answer_store(s, &c->err);
}

/* Start with the messages, once it is known which they are. */
static void
begin_messages(struct session *s, struct cmd_fetch *c)
{
	c->step = STEP_BATCH;
	if ((c->fetch.flags & FETCH_SEEN) == 0)
		begin_reading(s, c);
}

static int
begin(struct session *s, struct cmd_fetch *c)
{
	struct fetch *f = &c->fetch;

	c->started = true;
	if (fetch_item_labels(f, &s->cmd.arena) == -1)
		return -1;
	update_keywords(s);
	if (f->flags & FETCH_MODSEQ)
		session_condstore(s);
	if (c->step != STEP_CHANGED)
		begin_messages(s, c);
	return 0;
}

static enum run
cmd_fetch_run(struct session *s, void *args)
{
	struct cmd_fetch *c = args;
	enum run run;

	if (!c->started && begin(s, c) == -1)
		return answer_memory(s);
	for (;;) {
		switch (c->step) {
		case STEP_CHANGED:
			if ((run = leave_changed(s, c)) != RUN_DONE)
				return run;
			begin_messages(s, c);
			break;
		case STEP_BATCH:
			if (take_batch(s, c) == -1)
				return answer_memory(s);
			if (idset_empty(&c->batch))
				return finish(s, c);
			c->step = STEP_MARK;
			break;
		case STEP_MARK:
			if ((run = mark_batch(s, c)) != RUN_DONE)
				return run;
			begin_reading(s, c);
			break;
		case STEP_READ:
			if ((run = read_messages(s, c)) != RUN_DONE)
				return run;
			if ((c->fetch.flags & FETCH_SEEN) == 0)
				return finish(s, c);
			c->step = STEP_BATCH;
			break;
		}
	}
}

static void
cmd_fetch_clear(void *args)
{
	struct cmd_fetch *c = args;

	reader_free(c->fetch.reader);
	op_free(c->op);
	idset_clear(&c->uids);
	idset_clear(&c->changed);
	idset_clear(&c->batch);
	idset_clear(&c->marked);
	arena_clear(&c->fetch.arena);
}

static const struct command cmd_fetch_rows[] = {
	{ .name = "FETCH", .in = STATE_SELECTED, .flags = CMD_SEQNUMS,
	    .uid = UID_ALSO, .args_size = sizeof(struct cmd_fetch),
	    .parse = cmd_fetch_parse, .run = cmd_fetch_run,
	    .clear = cmd_fetch_clear },
};

const struct command_family cmd_fetch = COMMAND_FAMILY(cmd_fetch_rows);
