/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A maildrop is a view of INBOX that is never synced after it was opened, so
 * that it stays the snapshot that RFC 1939 asks for.
 */
#include "config.h"

#include <stdlib.h>

#include "common/base/num.h"
#include "common/base/run.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "common/proc/stats.h"
#include "pop3d/maildrop.h"
#include "pop3d/surrogate.h"

void
maildrop_init(struct maildrop *d, struct store *store, bool utf8,
    void (*wake)(void *), void *arg)
{
	*d = (struct maildrop){
		.store = store,
		.utf8 = utf8,
		.wake = wake,
		.wake_arg = arg,
	};
}

void
maildrop_clear(struct maildrop *d)
{
	op_free(d->op);
	reader_free(d->reader);
	view_close(d->view);
	for (uint32_t i = 0; i < d->nmsgs; i++)
		free(d->msgs[i].uidl);
	free(d->msgs);
	*d = (struct maildrop){ .store = d->store };
}

/* Make op the current operation. */
static void
drop_start(struct maildrop *d, struct op *op)
{
	op_free(d->op);
	d->op = op;
	op_on_wake(op, d->wake, d->wake_arg);
}

/* Run the current operation.  If it fails, err is set. */
static enum run
drop_run(struct maildrop *d)
{
	enum run r;

	if ((r = op_run(d->op)) == RUN_FAIL)
		d->err = *op_error(d->op);
	return r;
}

/* Make the reader that RETR uses. */
static void
drop_read_start(struct maildrop *d)
{
	struct idset uids;

	idset_init(&uids, IDSET_NOLIMIT);
	for (uint32_t i = 0; i < d->nmsgs; i++)
		(void)idset_add(&uids, d->msgs[i].uid);
	d->reader = reader_new(d->view, &uids, NEED_FILE | NEED_SIZE);
	reader_on_wake(d->reader, d->wake, d->wake_arg);
	d->reader_at = idset_min(&uids);
	idset_clear(&uids);
}

/* How many octets of a message are read at once. */
#define READ_MAX	(64 * 1024)

/* The longest header that is downgraded: twice that of any sane message. */
#define SURROGATE_MAX	(1024 * 1024)

/* Append some octets of the reader's current message. */
static int64_t
read_some(struct maildrop *d, uint64_t off, struct buf *out)
{
	struct stretch whole;
	int64_t n;

	reader_whole(d->reader, &whole);
	n = reader_body(d->reader, &whole, off, UINT64_MAX, READ_MAX, out);
	if (n == -1)
		d->err = *reader_error(d->reader);
	return n;
}

/*
 * Append the surrogate of the current message's header, and what was read
 * after the header.  Returns how many octets were read, or -1 with err set;
 * STORE_ERR_LIMIT means that the header is too long.
 */
static int64_t
read_surrogate(struct maildrop *d, struct buf *out)
{
	size_t mark = buf_len(out);
	int64_t n, off = 0;

	while ((n = read_some(d, (uint64_t)off, out)) > 0) {
		off += n;
		if (slice_find(slice_from(buf_slice(out), mark),
		    SLICE_LIT("\r\n\r\n")) != SLICE_NONE)
			break;
		if (off < SURROGATE_MAX)
			continue;
		d->err = (struct store_error){ .kind = STORE_ERR_LIMIT };
		return -1;
	}
	if (n == -1)
		return -1;
	pop3_surrogate_apply(out, mark);
	return off;
}

/*
 * Set the size of what RETR will send.  It differs from the store's size if
 * the last line needs a line end, or if the header is downgraded (LIST should
 * then show the size of the surrogate; RFC 6856, section 2.1).  Returns 0, or
 * -1 with err set.
 */
static int
drop_size(struct maildrop *d, const struct message *m, struct drop_msg *dm)
{
	struct buf b;
	int64_t n;

	dm->size = m->size;
	if (m->traits & MESSAGE_NO_EOL)
		dm->size += 2;
	if (d->utf8 || (m->traits & MESSAGE_HEADER_8BIT) == 0)
		return 0;
	dm->surrogate = true;
	buf_init(&b, BUF_NOCAP);
	n = read_surrogate(d, &b);
	if (n == -1 && d->err.kind == STORE_ERR_LIMIT)
		dm->needs_utf8 = true;
	else if (n >= 0)
		dm->size = dm->size + buf_len(&b) - (uint64_t)n;
	buf_clear(&b);
	return n == -1 && !dm->needs_utf8 ? -1 : 0;
}

/* RFC 1939, section 7: 1 to 70 characters from 0x21 to 0x7E. */
#define UIDL_MAX	70

/* The unique id of a message; empty if it must be made from the UID. */
static struct slice
uidl_of(const struct message *m, bool names)
{
	struct slice uidl;

	uidl = m->uidl.len > 0 || !names ? m->uidl : m->name;
	if (uidl.len > UIDL_MAX)
		return SLICE_LIT("");
	for (size_t i = 0; i < uidl.len; i++)
		if (uidl.p[i] < 0x21 || uidl.p[i] > 0x7e)
			return SLICE_LIT("");
	return uidl;
}

static void
drop_add(struct maildrop *d, const struct message *m, bool names)
{
	struct drop_msg *dm = &d->msgs[d->nmsgs];
	struct slice uidl;

	*dm = (struct drop_msg){
		.uid = m->uid,
		.seen = (m->flags.system & FLAG_SEEN) != 0,
		.savedate = m->savedate,
	};
	if (drop_size(d, m, dm) == -1)
		return;
	uidl = uidl_of(m, names);
	dm->uidl = uidl.len == 0 ? NULL : xstrdup_slice(uidl);
	d->nmsgs++;
	d->size += dm->size;
}

/*
 * Read the sizes.  A message that cannot be read is left out, as no true size
 * could be listed for it, and the others must stay accessible.  The store has
 * logged the error.
 */
static enum run
drop_sizes(struct maildrop *d, bool names)
{
	const struct message *m;
	uint64_t until = timer_ns() + RUN_SLICE_MS * 1000000;
	enum run r;

	while ((r = reader_next(d->reader, &m)) != RUN_WAIT && m != NULL) {
		if (r == RUN_DONE)
			drop_add(d, m, names);
		if (timer_ns() > until)
			return RUN_MORE;
	}
	if (r != RUN_DONE)
		return r;
	reader_free(d->reader);
	d->reader = NULL;
	d->nlive = d->nmsgs;
	d->live_size = d->size;
	return RUN_DONE;
}

static void
drop_sizes_start(struct maildrop *d, bool names)
{
	struct idset uids;
	uint32_t need = NEED_SIZE | NEED_UIDL;
	uint32_t n;

	if (names)
		need |= NEED_NAME;
	n = view_exists(d->view);
	d->msgs = xcalloc(n == 0 ? 1 : n, sizeof(*d->msgs));
	idset_init(&uids, IDSET_NOLIMIT);
	for (uint32_t seq = 1; seq <= n; seq++)
		(void)idset_add(&uids, view_uid(d->view, seq));
	d->reader = reader_new(d->view, &uids, need);
	reader_on_wake(d->reader, d->wake, d->wake_arg);
	idset_clear(&uids);
}

enum run
maildrop_open(struct maildrop *d, bool names)
{
	enum run r;

	if (d->view == NULL) {
		if (d->op == NULL)
			drop_start(d, select_new(d->store, SLICE_LIT("INBOX"),
			    0));
		if ((r = drop_run(d)) != RUN_DONE)
			return r;
		d->view = select_result(d->op);
		op_free(d->op);
		d->op = NULL;
		drop_sizes_start(d, names);
	}
	return drop_sizes(d, names);
}

bool
maildrop_lost(const struct maildrop *d)
{
	return store_lost(d->store) || (d->view != NULL && view_lost(d->view));
}

struct drop_msg *
maildrop_get(struct maildrop *d, uint32_t number)
{
	if (number == 0 || number > d->nmsgs || d->msgs[number - 1].deleted)
		return NULL;
	return &d->msgs[number - 1];
}

void
maildrop_delete(struct maildrop *d, struct drop_msg *m)
{
	m->deleted = true;
	d->nlive--;
	d->live_size -= m->size;
}

void
maildrop_reset(struct maildrop *d)
{
	for (uint32_t i = 0; i < d->nmsgs; i++)
		d->msgs[i].deleted = false;
	d->nlive = d->nmsgs;
	d->live_size = d->size;
}

/*
 * Clients usually ask for one message after the other, so that the wanted one
 * is the next of the reader.
 */
enum run
maildrop_step(struct maildrop *d, const struct drop_msg *want,
    const struct message **msg)
{
	const struct drop_msg *next = want + 1;
	enum run r;

	if (d->reader == NULL)
		drop_read_start(d);
	if (d->reader_at != want->uid)
		reader_from(d->reader, want->uid);
	d->reader_at = want->uid;
	r = reader_next(d->reader, msg);
	if (r == RUN_WAIT)
		return r;
	if (*msg == NULL || (*msg)->uid != want->uid) {
		d->reader_at = 0;
		d->err = (struct store_error){ .kind = STORE_ERR_EXPUNGED };
		return RUN_FAIL;
	}
	d->reader_at = next < d->msgs + d->nmsgs ? next->uid : 0;
	if (r == RUN_FAIL)
		d->err = *reader_error(d->reader);
	return r;
}

int64_t
maildrop_read(struct maildrop *d, const struct drop_msg *m, uint64_t off,
    struct buf *out)
{
	if (off > 0 || !m->surrogate)
		return read_some(d, off, out);
	return read_surrogate(d, out);
}

static bool
is_read(const struct drop_msg *m, const struct maildrop_policy *policy)
{
	return policy->seen && m->retrieved;
}

/*
 * Whether QUIT deletes a message.  An expiry of some days also applies to
 * messages that earlier sessions retrieved, which only \Seen tells; an expiry
 * of 0 applies to this session alone (RFC 2449, section 6.7).
 */
static bool
is_doomed(const struct drop_msg *m, const struct maildrop_policy *policy)
{
	if (m->deleted || !policy->expire)
		return m->deleted;
	if (policy->expire_s == 0)
		return m->retrieved;
	return (m->retrieved || m->seen) &&
	    m->savedate + policy->expire_s <= policy->now;
}

/* Collect the UIDs of the messages for which wanted() is true. */
static void
drop_collect(const struct maildrop *d, const struct maildrop_policy *policy,
    bool (*wanted)(const struct drop_msg *, const struct maildrop_policy *),
    struct idset *uids)
{
	for (uint32_t i = 0; i < d->nmsgs; i++)
		if (wanted(&d->msgs[i], policy))
			(void)idset_add(uids, d->msgs[i].uid);
}

/* The steps of the update, in order.  A step with nothing to do is skipped. */
enum step { STEP_SEEN, STEP_DELETE, STEP_MAKE_TRASH, STEP_DELETE_AGAIN,
    STEP_END };

static struct op *
drop_delete_op(struct maildrop *d, const struct maildrop_policy *policy,
    const struct idset *uids)
{
	if (policy->trash != NULL)
		return copy_new(d->view, uids, slice_str(policy->trash), true);
	return expunge_all_new(d->view, uids);
}

/* Make the operation of a step, or return NULL if it has nothing to do. */
static struct op *
drop_step_op(struct maildrop *d, const struct maildrop_policy *policy,
    enum step step)
{
	const struct flag_names seen = { .system = FLAG_SEEN };
	struct op *op = NULL;
	struct idset uids;

	idset_init(&uids, IDSET_NOLIMIT);
	switch (step) {
	case STEP_SEEN:
		drop_collect(d, policy, is_read, &uids);
		if (!idset_empty(&uids))
			op = flags_new(d->view, &uids, FLAGS_ADD, &seen,
			    UINT64_MAX);
		break;
	case STEP_DELETE:
	case STEP_DELETE_AGAIN:
		drop_collect(d, policy, is_doomed, &uids);
		if (!idset_empty(&uids))
			op = drop_delete_op(d, policy, &uids);
		break;
	case STEP_MAKE_TRASH:
		op = folder_create_new(d->store, slice_str(policy->trash),
		    MAILBOX_USE_TRASH);
		break;
	case STEP_END:
		break;
	}
	idset_clear(&uids);
	return op;
}

/* The step after one that ended with r, or -1 if the update has failed. */
static int
drop_next_step(const struct maildrop *d, const struct maildrop_policy *policy,
    enum step step, enum run r)
{
	switch (step) {
	case STEP_SEEN:
		return STEP_DELETE;	/* delete even if \Seen cannot be set */
	case STEP_DELETE:
		if (r == RUN_FAIL && policy->trash != NULL &&
		    d->err.kind == STORE_ERR_NONEXISTENT)
			return STEP_MAKE_TRASH;
		return r == RUN_FAIL ? -1 : STEP_END;
	case STEP_MAKE_TRASH:
		return r == RUN_FAIL ? -1 : STEP_DELETE_AGAIN;
	case STEP_DELETE_AGAIN:
	case STEP_END:
		return r == RUN_FAIL ? -1 : STEP_END;
	}
	return -1;
}

enum run
maildrop_update(struct maildrop *d, const struct maildrop_policy *policy)
{
	struct op *op;
	enum run r;

	reader_free(d->reader);
	d->reader = NULL;
	while (d->step != STEP_END) {
		r = RUN_DONE;
		if (d->op == NULL &&
		    (op = drop_step_op(d, policy, d->step)) != NULL)
			drop_start(d, op);
		if (d->op != NULL) {
			r = drop_run(d);
			if (r == RUN_MORE || r == RUN_WAIT)
				return r;
		}
		if (r == RUN_DONE && d->step == STEP_DELETE &&
		    policy->trash == NULL && d->op != NULL)
			stats_add(STAT_MESSAGES_EXPUNGED,
			    idset_count(expunge_result(d->op, NULL)));
		op_free(d->op);
		d->op = NULL;
		if ((d->step = drop_next_step(d, policy, d->step, r)) == -1) {
			d->step = STEP_END;
			return RUN_FAIL;
		}
	}
	return RUN_DONE;
}
