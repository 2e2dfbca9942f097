/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * FETCH and UID FETCH (RFC 3501, 6.4.5; CHANGEDSINCE of RFC 7162, 3.1.4.1).
 *
 * What lies in the view (UID, FLAGS, MODSEQ) is printed from memory; the rest
 * comes through one reader over all messages.  Where \Seen is to be set that
 * happens batch by batch, before the messages of the batch are sent, so that
 * their answers can show it and a batch is one transaction.
 */

#include "config.h"

#include "common/base/idset.h"
#include "common/proc/stats.h"
#include "imapd/command.h"
#include "imapd/fetch_item.h"
#include "imapd/fetch_print.h"
#include "imapd/flag.h"
#include "imapd/message_set.h"
#include "imapd/update.h"

enum fetch_step {
	FETCH_BATCH,		/* take the next messages */
	FETCH_MARK,		/* set \Seen on them */
	FETCH_READ		/* print them */
};

struct cmd_fetch {
	struct fetch	 fetch;
	bool		 changedsince;
	uint64_t	 modseq;	/* CHANGEDSINCE */
	bool		 started;
	struct idset	 uids;		/* what was asked for */
	struct idset_iter iter;		/* over it, in batches */
	struct idset	 batch;
	struct idset	 marked;	/* of the batch: \Seen was set now */
	struct idset_iter batch_iter;	/* where nothing is read */
	enum fetch_step	 step;
	struct op	*op;
	struct message	 light;		/* with the flags of now */
	bool		 busy;		/* a message is being printed */
	size_t		 item;		/* of it, next to be printed */
	bool		 failed;	/* a message could not be read */
	struct store_error err;		/* why */
};

/* Messages whose \Seen is set in one transaction. */
#define BATCH_MAX	500
/* Messages between two looks at the clock. */
#define YIELD_EVERY	64

static int
fetch_items(struct arg *a, struct cmd_fetch *c)
{
	struct fetch *f = &c->fetch;
	size_t n = 0;
	int rc;

	if ((rc = fetch_macro_parse(a, f)) != 0)
		return rc == -1 ? -1 : 0;
	if (arg_peek(a) != '(')
		return fetch_item_parse(a, f);
	while ((rc = arg_list_next(a, &n)) == 1)
		if (fetch_item_parse(a, f) == -1)
			return -1;
	return rc;
}

/* Leave only messages that changed after c->modseq. */
static int
fetch_changed(struct session *s, struct cmd_fetch *c)
{
	struct idset changed;
	struct idset_iter it;
	struct flags flags;
	uint64_t modseq;
	uint32_t uid;
	int rv = 0;

	idset_init(&changed, IDSET_NOLIMIT);
	idset_iter_init(&it, &c->uids);
	while (rv == 0 && idset_next(&it, &uid)) {
		view_flags(s->view, view_seq(s->view, uid), &flags, &modseq);
		if (modseq > c->modseq)
			rv = idset_add(&changed, uid);
	}
	idset_clear(&c->uids);
	c->uids = changed;
	return rv;
}

static enum parsed
cmd_fetch_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_fetch *c = args;
	struct fetch *f = &c->fetch;

	arena_init(&f->arena, worker_conf()->session_memory);
	idset_init(&c->batch, IDSET_NOLIMIT);
	idset_init(&c->marked, IDSET_NOLIMIT);
	if (arg_sp(a) == -1 || message_set_parse(s, a, &c->uids) == -1 ||
	    arg_sp(a) == -1 ||
	    (s->cmd.uid && fetch_item_add(a, f, "UID") == -1) ||
	    fetch_items(a, c) == -1)
		return PARSE_BAD;
	if (arg_if_more(a)) {
		if (arg_modifier(a, "CHANGEDSINCE",
		    "Unknown modifier of FETCH", &c->modseq) == -1)
			return PARSE_BAD;
		c->changedsince = true;
	}
	if (c->changedsince && fetch_item_add(a, f, "MODSEQ") == -1)
		return PARSE_BAD;
	if (c->changedsince && fetch_changed(s, c) == -1) {
		(void)arg_memory(a);
		return PARSE_BAD;
	}
	if ((f->flags & FETCH_SEEN) && view_readonly(s->view))
		f->flags &= ~FETCH_SEEN;
	idset_iter_init(&c->iter, &c->uids);
	return PARSE_OK;
}

/* Take the next messages; those without \Seen are marked first. */
static enum run
fetch_batch(struct session *s, struct cmd_fetch *c)
{
	static const struct flag_names seen = { .system = FLAG_SEEN };
	struct idset unseen;
	struct flags flags;
	uint64_t modseq;
	uint32_t uid;
	int rv = 0;

	idset_reset(&c->batch);
	idset_reset(&c->marked);
	idset_init(&unseen, IDSET_NOLIMIT);
	for (int n = 0; rv == 0 && n < BATCH_MAX &&
	    idset_next(&c->iter, &uid); n++) {
		rv = idset_add(&c->batch, uid);
		view_flags(s->view, view_seq(s->view, uid), &flags, &modseq);
		if (rv == 0 && (flags.system & FLAG_SEEN) == 0)
			rv = idset_add(&unseen, uid);
	}
	if (rv == 0 && !idset_empty(&unseen))
		c->op = flags_new(s->view, &unseen, FLAGS_ADD, &seen,
		    UINT64_MAX);
	idset_clear(&unseen);
	if (rv == -1)
		return answer_memory(s);
	c->step = FETCH_MARK;
	return idset_empty(&c->batch) ? RUN_DONE : RUN_MORE;
}

static enum run
fetch_mark(struct session *s, struct cmd_fetch *c)
{
	enum run r;

	if (c->op != NULL) {
		r = session_op(s, c->op);
		if (r == RUN_MORE || r == RUN_WAIT)
			return r;
		/* A full disk is no reason not to show a message. */
		if (r == RUN_DONE && idset_copy(&c->marked,
		    &flags_result(c->op)->changed) == -1)
			idset_reset(&c->marked);
		op_free(c->op);
		c->op = NULL;
		answer_ok(s, CODE_NONE, slice_make(NULL, 0), NULL);
	}
	c->step = FETCH_READ;
	return RUN_MORE;
}

/* The next message where nothing has to be read. */
static bool
next_light(struct session *s, struct cmd_fetch *c)
{
	struct message *m = &c->light;
	uint32_t uid;

	if (!idset_next(&c->batch_iter, &uid))
		return false;
	/* Neighbours in the set are neighbours in the mailbox. */
	if (m->seq != 0 && uid == m->uid + 1)
		m->seq++;
	else
		m->seq = view_seq(s->view, uid);
	m->uid = uid;
	c->fetch.m = m;
	return true;
}

/* A message that can't be read: the others go on, and the answer is NO. */
static void
fetch_failed(struct cmd_fetch *c, const struct store_error *err)
{
	if (!c->failed || c->err.kind == STORE_ERR_EXPUNGED)
		c->err = *err;
	c->failed = true;
}

/* Move on to the next message: RUN_MORE when there is one. */
static enum run
fetch_next(struct session *s, struct cmd_fetch *c)
{
	struct fetch *f = &c->fetch;
	enum run r;

	c->item = 0;
	f->has_blob = false;
	f->root = NULL;
	arena_reset(&f->arena);
	if (f->need == 0)
		return next_light(s, c) ? RUN_MORE : RUN_DONE;
	while ((r = reader_next(f->reader, &f->m)) == RUN_FAIL)
		fetch_failed(c, reader_error(f->reader));
	return r;
}

/* \Seen was set by this: what was not asked for is told all the same. */
static void
fetch_marked(struct session *s, struct cmd_fetch *c)
{
	const struct fetch *f = &c->fetch;
	struct reply *r = &s->reply;

	if ((f->flags & FETCH_FLAGS) == 0) {
		reply_str(r, " FLAGS ");
		flag_print(r, s->view, &f->m->flags,
		    view_recent(s->view, f->m->uid));
	}
	if (!session_has(s, CAP_CONDSTORE))
		return;
	/* RFC 7162, 3.2.4 */
	if ((f->flags & FETCH_UID) == 0) {
		reply_str(r, " UID ");
		reply_number(r, f->m->uid);
	}
	if ((f->flags & FETCH_MODSEQ) == 0)
		fetch_print_modseq(r, f->m->modseq);
}

static enum run
fetch_message(struct session *s, struct cmd_fetch *c)
{
	static const struct store_error broken = {
		.kind = STORE_ERR_CORRUPT,
		.text = "A message could not be read.",
	};
	struct fetch *f = &c->fetch;
	struct reply *r = &s->reply;
	bool resumed = c->item > 0 || f->in_literal;
	size_t start = buf_len(r->out);
	enum run rv;

	if (!resumed) {
		if (f->m == &c->light ||
		    (f->flags & (FETCH_FLAGS | FETCH_MODSEQ)) ||
		    !idset_empty(&c->marked)) {
			/* What is now, not what was when it was read. */
			c->light = *f->m;
			view_flags(s->view, c->light.seq, &c->light.flags,
			    &c->light.modseq);
			f->m = &c->light;
		}
		reply_untagged_number(r, f->m->seq, "FETCH");
		reply_str(r, " (");
	}
	for (; c->item < f->nitems; c->item++) {
		struct fetch_item *item = &f->items[c->item];

		if (c->item > 0 && !f->in_literal) {
			/* What is read may be a header of megabytes. */
			if (f->need != 0 && wconn_must_yield(s->conn))
				return RUN_MORE;
			reply_char(r, ' ');
		}
		rv = item->row->print(s, f, item);
		if (rv == RUN_MORE || s->dead)
			return rv;
		if (rv == RUN_FAIL) {
			/* Take it back; what was sent cannot be. */
			if (resumed)
				s->dead = true;
			buf_truncate(r->out, start);
			fetch_failed(c, f->reader == NULL ||
			    reader_error(f->reader) == NULL ||
			    reader_error(f->reader)->kind == STORE_OK ?
			    &broken : reader_error(f->reader));
			return RUN_DONE;
		}
	}
	if (idset_contains(&c->marked, f->m->uid))
		fetch_marked(s, c);
	reply_char(r, ')');
	reply_end(r);
	if (f->flags & FETCH_TEXT)
		stats_add(STAT_MESSAGES_FETCHED, 1);
	return RUN_DONE;
}

static void
fetch_open(struct session *s, struct cmd_fetch *c)
{
	const struct idset *uids;
	struct fetch *f = &c->fetch;

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
fetch_read(struct session *s, struct cmd_fetch *c)
{
	unsigned int n = 0;
	enum run r;

	for (;;) {
		if (c->busy) {
			r = fetch_message(s, c);
			if (r != RUN_DONE)
				return r;
			c->busy = false;
		}
		if (buf_len(s->reply.out) >= WCONN_HIGH ||
		    (++n % YIELD_EVERY == 0 && wconn_must_yield(s->conn)))
			return RUN_MORE;
		if ((r = fetch_next(s, c)) != RUN_MORE)
			break;
		c->busy = true;
	}
	if (r != RUN_DONE)
		return r;
	reader_free(c->fetch.reader);
	c->fetch.reader = NULL;
	return RUN_DONE;
}

/* The end: NO if some could not be read (RFC 2180, 4.1.2; RFC 5530). */
static enum run
fetch_done(struct session *s, struct cmd_fetch *c)
{
	if (!c->failed)
		return RUN_DONE;
	if (c->err.kind == STORE_ERR_EXPUNGED)
		return answer_expunged(s);
	return answer_store(s, &c->err);
}

static enum run
cmd_fetch_run(struct session *s, void *args)
{
	struct cmd_fetch *c = args;
	enum run r;

	if (!c->started) {
		c->started = true;
		if (fetch_item_labels(&c->fetch, &s->cmd.arena) == -1)
			return answer_memory(s);
		update_keywords(s);
		if (c->fetch.flags & FETCH_MODSEQ)
			session_condstore(s);
		if ((c->fetch.flags & FETCH_SEEN) == 0) {
			c->step = FETCH_READ;
			fetch_open(s, c);
		}
	}
	for (;;) {
		switch (c->step) {
		case FETCH_BATCH:
			r = fetch_batch(s, c);
			if (r == RUN_DONE)
				return fetch_done(s, c);
			if (r == RUN_FAIL)
				return r;
			break;
		case FETCH_MARK:
			if ((r = fetch_mark(s, c)) != RUN_MORE ||
			    c->step == FETCH_MARK)
				return r;
			fetch_open(s, c);
			break;
		case FETCH_READ:
			if ((r = fetch_read(s, c)) != RUN_DONE)
				return r;
			if ((c->fetch.flags & FETCH_SEEN) == 0)
				return fetch_done(s, c);
			c->step = FETCH_BATCH;
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
