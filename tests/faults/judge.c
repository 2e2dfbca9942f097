/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Holds a store against the world; see world.h. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/faults/world.h"
#include "tests/faults/world_state.h"
#include "tests/unit/storeutil.h"

/* The number in a message's subject, or W_MESSAGES if it is damaged. */
static uint32_t
number_of(const char *text)
{
	const char *p = strstr(text, "\r\nSubject: m");
	unsigned long n, again;
	char *end;

	if (p == NULL)
		return W_MESSAGES;
	n = strtoul(p + 12, &end, 10);
	if (strncmp(end, "\r\n\r\nbody ", 9) != 0)
		return W_MESSAGES;
	again = strtoul(end + 9, &end, 10);
	if (n != again || n >= W_MESSAGES || strcmp(end, "\r\n") != 0)
		return W_MESSAGES;
	return (uint32_t)n;
}

/* Read the whole of the reader's message.  Returns 0, or -1 if that fails. */
static int
read_text(struct reader *r, const struct message *m, struct buf *out)
{
	struct stretch s;
	int64_t n;

	reader_whole(r, &s);
	while (buf_len(out) < m->size) {
		n = reader_body(r, &s, buf_len(out), m->size, 1000, out);
		if (n <= 0)
			return -1;
	}
	return 0;
}

/*
 * The number of the message with this UID, or W_MESSAGES.  It is wrong if it
 * can't be read, unless that may fail.
 */
static uint32_t
read_message(struct view *v, uint32_t uid, bool may_fail)
{
	const struct message *m;
	uint32_t number = W_MESSAGES;
	struct reader *r;
	struct idset set;
	struct buf b;
	enum run run;

	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	buf_init(&b, 10000);
	r = reader_new(v, &set, NEED_FILE | NEED_SIZE | NEED_STRUCT);
	while ((run = reader_next(r, &m)) == RUN_WAIT)
		su_turn(su.proc, 5);
	if (run == RUN_DONE && m != NULL && read_text(r, m, &b) == 0 &&
	    buf_add_char(&b, '\0') == 0)
		number = number_of(buf_slice(&b).p);
	if (number == W_MESSAGES && !may_fail)
		w_wrong("UID %u is no message of ours: %s", uid,
		    run == RUN_FAIL ? reader_error(r)->text : "it was read");
	reader_free(r);
	buf_clear(&b);
	idset_clear(&set);
	return number;
}

static uint32_t
flags_of(const struct view *v, uint32_t seq)
{
	struct flags f;
	uint64_t modseq;
	int k = view_keyword_find(v, SLICE_LIT(W_KEYWORD_NAME));

	view_flags(v, seq, &f, &modseq);
	if (k != -1 && (f.keywords & 1ULL << k) != 0)
		f.system |= W_KEYWORD;
	return f.system;
}

/* A message that must be there must have its flags and its UID. */
static void
judge_copy(struct view *v, uint32_t seq, uint32_t m, const struct w_copy *c)
{
	const char *name = w->mailboxes[w_mailbox_of(v)].name;
	uint32_t flags = flags_of(v, seq), unsure = c->unsure;

	if (c->flags_at > w->synced)
		unsure |= c->changed;
	if (((flags ^ c->flags) & ~unsure) != 0)
		w_wrong("%s: message %u has flags %x, not %x", name, m, flags,
		    c->flags);
	if (c->uid != view_uid(v, seq) && c->uid_at <= w->synced)
		w_wrong("%s: message %u has UID %u, not %u", name, m,
		    view_uid(v, seq), c->uid);
}

void
w_look(struct view *v, uint32_t *seen)
{
	enum w_mailbox_id mb = w_mailbox_of(v);
	const char *name = w->mailboxes[mb].name;
	uint32_t last = 0, uid, m;
	struct w_copy *c;

	/* Its client was told to look again. */
	if (view_lost(v))
		return;
	for (uint32_t seq = 1; seq <= view_exists(v); seq++) {
		uid = view_uid(v, seq);
		if (uid <= last)
			w_wrong("%s: UID %u after %u", name, uid, last);
		last = uid;
		m = read_message(v, uid, seen == NULL && !w->calm);
		if (m == W_MESSAGES)
			continue;
		w_tell(view_uidvalidity(v), uid, m);
		c = &w->copies[mb][m];
		if (c->uid == 0) {
			c->uid = uid;
			c->uid_at = w->changes;
		}
		if (seen == NULL)
			continue;
		seen[m]++;
		if (c->fate == THERE)
			judge_copy(v, seq, m, c);
		else
			c->flags = flags_of(v, seq);
	}
}

void
w_fetch(struct view *v)
{
	if (v != NULL && w->calm)
		w_look(v, NULL);
}

void
w_keep(const struct view *v)
{
	struct w_client *c = &w->clients[w_mailbox_of(v)];

	*c = (struct w_client){ .uidvalidity = view_uidvalidity(v),
	    .modseq = view_highestmodseq(v) };
	for (; c->n < view_exists(v) && c->n < W_MESSAGES; c->n++) {
		c->uids[c->n] = view_uid(v, c->n + 1);
		c->flags[c->n] = flags_of(v, c->n + 1);
	}
}

/* What the client keeps of a message must be true. */
static void
judge_kept(struct view *v, const struct w_client *c, uint32_t seq)
{
	uint32_t i = 0, uid = view_uid(v, seq), flags = flags_of(v, seq);

	while (i < c->n && c->uids[i] != uid)
		i++;
	if (i == c->n || c->flags[i] != flags)
		w_wrong("%s: a client that asks for changes since %llu is not "
		    "told that UID %u has flags %x",
		    w->mailboxes[w_mailbox_of(v)].name,
		    (unsigned long long)c->modseq, uid, flags);
}

/* A client that asks what has changed knows the mailbox after that. */
static void
judge_client(struct view *v, const struct w_client *c)
{
	uint64_t modseq, since = view_since(v, c->modseq);
	struct flags f;

	if (c->uidvalidity != view_uidvalidity(v))
		return;
	for (uint32_t seq = 1; seq <= view_exists(v); seq++) {
		view_flags(v, seq, &f, &modseq);
		if (modseq <= since)
			judge_kept(v, c, seq);
	}
}

/* What a mailbox has must be what the world says. */
static void
judge_copies(enum w_mailbox_id mb, const uint32_t *seen)
{
	static const char *const fates[] = { "gone", "unsure", "there" };

	for (uint32_t m = 0; m < W_MESSAGES; m++)
		if (seen[m] > 1 ||
		    (seen[m] == 0 && w->copies[mb][m].fate == THERE) ||
		    (seen[m] == 1 && w->copies[mb][m].fate == GONE))
			w_wrong("%s: message %u is there %u times, "
			    "and should be %s", w->mailboxes[mb].name, m,
			    seen[m], fates[w->copies[mb][m].fate]);
}

/* Whether LIST has a mailbox that can be selected. */
static bool
listed(const char *name)
{
	struct op *op = list_new(su.store);
	const struct mailbox_info *info = NULL;
	bool found = false;
	size_t n = 0;

	if (su_finish(su.proc, op) != RUN_DONE)
		w_wrong("LIST: %s", op_error(op)->text);
	else
		info = list_result(op, &n);
	for (size_t i = 0; i < n; i++)
		if (slice_eq_str(info[i].name, name) &&
		    (info[i].attrs & (MAILBOX_NONEXISTENT |
		    MAILBOX_NOSELECT)) == 0)
			found = true;
	op_free(op);
	return found;
}

/* Find out which name a mailbox has, and whether that is right. */
static bool
judge_name(struct w_mailbox *m)
{
	bool is = listed(m->name), also = m->other[0] != '\0' &&
	    listed(m->other);

	if (is && also)
		w_wrong("there is %s and %s", m->name, m->other);
	if (also)
		memcpy(m->name, m->other, sizeof(m->name));
	m->other[0] = '\0';
	if (m->name[0] == '\0')
		return false;
	if ((is || also) && m->fate == GONE)
		w_wrong("%s is there and should be gone", m->name);
	if (!is && !also && m->fate == THERE)
		w_wrong("%s is gone and should be there", m->name);
	return is || also;
}

/* Views that were open must see what a new one sees. */
static void
judge_views(enum w_mailbox_id mb, struct view *fresh)
{
	for (size_t i = 0; i < W_VIEWS; i++) {
		struct view *v = w_views[i].view;

		if (v == NULL || v == fresh || w_views[i].mailbox != mb)
			continue;
		if (!view_lost(v) && !w_noop(v))
			w_wrong("%s: NOOP fails", w->mailboxes[mb].name);
		if (!view_lost(v) && view_exists(v) != view_exists(fresh))
			w_wrong("%s: a session sees %u messages, a new one %u",
			    w->mailboxes[mb].name, view_exists(v),
			    view_exists(fresh));
		for (uint32_t s = 1; !view_lost(v) && s <= view_exists(v); s++)
			if (view_uid(v, s) != view_uid(fresh, s) ||
			    flags_of(v, s) != flags_of(fresh, s))
				w_wrong("%s: a session sees UID %u with flags "
				    "%x, a new one UID %u with %x",
				    w->mailboxes[mb].name, view_uid(v, s),
				    flags_of(v, s), view_uid(fresh, s),
				    flags_of(fresh, s));
		w_close(v);
	}
}

/* A message that was being moved is in one place. */
static void
judge_moves(const uint32_t seen[W_MAILBOXES][W_MESSAGES])
{
	uint32_t n;

	for (uint32_t m = 0; m < W_MESSAGES; m++) {
		if (!w->moving[m])
			continue;
		n = 0;
		for (int mb = 0; mb < W_MAILBOXES; mb++)
			if (w->copies[mb][m].fate == UNSURE)
				n += seen[mb][m];
		if (n != 1)
			w_wrong("message %u was moved and is there %u times",
			    m, n);
	}
}

/* What was unsure is known now, and must not change any more. */
static void
settle(const uint32_t seen[W_MAILBOXES][W_MESSAGES])
{
	for (int mb = 0; mb < W_MAILBOXES; mb++)
		for (uint32_t m = 0; m < W_MESSAGES; m++)
			if (w->copies[mb][m].fate == UNSURE)
				w->copies[mb][m].fate = seen[mb][m] == 1 ?
				    THERE : GONE;
	memset(w->moving, 0, sizeof(w->moving));
}

/* What comes next must succeed. */
static void
judge_next(void)
{
	struct view *v;
	uint32_t m = W_MESSAGES - 1;

	while (m > 0 && w->copies[INBOX][m].fate != GONE)
		m--;
	if (!w_append(INBOX, m, 0))
		w_wrong("the next APPEND fails");
	v = w_select(INBOX);
	if (v == NULL) {
		w_wrong("the next SELECT fails");
		return;
	}
	if (!w_store(v, m, FLAGS_ADD, FLAG_DELETED) || !w_expunge(v))
		w_wrong("the next STORE or EXPUNGE fails");
	w_close(v);
}

/* After a failed sync, nothing succeeds until all was written again. */
static struct view *
select_again(enum w_mailbox_id mb)
{
	struct view *v = w_select(mb);

	if (v == NULL) {
		w_idle();
		v = w_select(mb);
	}
	return v;
}

void
w_judge(void)
{
	uint32_t seen[W_MAILBOXES][W_MESSAGES] = { { 0 } };
	struct w_client client;
	struct view *v;

	if (su.store == NULL)
		su.store = su_open(su.proc);
	for (enum w_mailbox_id mb = 0; mb < W_MAILBOXES; mb++) {
		client = w->clients[mb];
		if (!judge_name(&w->mailboxes[mb]))
			continue;
		v = select_again(mb);
		if (v == NULL) {
			w_wrong("SELECT %s fails", w->mailboxes[mb].name);
			continue;
		}
		w_look(v, seen[mb]);
		judge_client(v, &client);
		judge_copies(mb, seen[mb]);
		judge_views(mb, v);
		w_close(v);
	}
	judge_moves(seen);
	settle(seen);
	if (w->verdict[0] == '\0')
		judge_next();
}
