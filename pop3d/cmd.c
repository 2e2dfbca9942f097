/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The runners of the commands of the TRANSACTION state.  A runner stops when
 * the output is full, and when it is called again continues from the session's
 * next or off.  So a slow client costs the memory of one buffer.
 */
#include "config.h"

#include <inttypes.h>
#include <time.h>

#include "common/base/log.h"
#include "common/proc/stats.h"
#include "pop3d/capability.h"
#include "pop3d/command.h"
#include "pop3d/dotstuff.h"
#include "pop3d/lang.h"
#include "pop3d/reply.h"

enum run
pop3_stat_run(struct pop3_session *s)
{
	pop3_okf(wconn_out(s->conn), "%" PRIu32 " %" PRIu64, s->drop.nlive,
	    s->drop.live_size);
	return RUN_DONE;
}

enum run
pop3_noop_run(struct pop3_session *s)
{
	pop3_ok(wconn_out(s->conn), "Nothing done");
	return RUN_DONE;
}

enum run
pop3_rset_run(struct pop3_session *s)
{
	maildrop_reset(&s->drop);
	pop3_okf(wconn_out(s->conn), "Maildrop has %" PRIu32 " messages",
	    s->drop.nlive);
	return RUN_DONE;
}

enum run
pop3_dele_run(struct pop3_session *s)
{
	maildrop_delete(&s->drop, s->msg);
	pop3_ok(wconn_out(s->conn), "Marked as deleted");
	return RUN_DONE;
}

enum run
pop3_capa_run(struct pop3_session *s)
{
	struct pop3_capa_facts facts = {
		.conf = worker_conf(),
		.may_login = true,
		.can_stls = s->stls,
	};

	pop3_capa_print(wconn_out(s->conn), &facts);
	return RUN_DONE;
}

enum run
pop3_lang_run(struct pop3_session *s)
{
	pop3_lang(wconn_out(s->conn), slice_trim(s->word));
	return RUN_DONE;
}

/*
 * Print a multi-line listing.  print() prints the line of one message, for
 * all messages from the session's next on that are not deleted.
 */
static enum run
listing(struct pop3_session *s, const char *title,
    enum run (*print)(struct pop3_session *, uint32_t, struct drop_msg *))
{
	struct buf *out = wconn_out(s->conn);
	struct drop_msg *m;
	enum run r;

	if (!s->started)
		pop3_ok(out, title);
	s->started = true;
	for (; s->next <= s->drop.nmsgs; s->next++) {
		if (buf_len(out) > WCONN_HIGH)
			return RUN_MORE;
		if ((m = maildrop_get(&s->drop, s->next)) == NULL)
			continue;
		if ((r = print(s, s->next, m)) != RUN_DONE)
			return r;
	}
	pop3_end(out);
	return RUN_DONE;
}

static enum run
list_print(struct pop3_session *s, uint32_t number, struct drop_msg *m)
{
	pop3_numbers(wconn_out(s->conn), number, m->size);
	return RUN_DONE;
}

enum run
pop3_list_run(struct pop3_session *s)
{
	if (s->msg == NULL)
		return listing(s, "Scan listing follows", list_print);
	pop3_okf(wconn_out(s->conn), "%" PRIu32 " %" PRIu64, s->number,
	    s->msg->size);
	return RUN_DONE;
}

/*
 * Unique ids are made from UIDVALIDITY and UID in the format of the server
 * that the users were moved from, so that clients download nothing again.
 */
static void
uidl_add(struct buf *out, enum conf_pop3_uidl form, uint32_t v, uint32_t u)
{
	switch (form) {
	case CONF_UIDL_DOVECOT:
	case CONF_UIDL_FILE:	/* if the name cannot be a unique id */
		(void)buf_add_fmt(out, "%08" PRIx32 "%08" PRIx32, u, v);
		break;
	case CONF_UIDL_UW:
		(void)buf_add_fmt(out, "%08" PRIx32 "%08" PRIx32, v, u);
		break;
	case CONF_UIDL_CYRUS:
		(void)buf_add_fmt(out, "%" PRIu32 ".%" PRIu32, v, u);
		break;
	case CONF_UIDL_COURIER:
		(void)buf_add_fmt(out, "%" PRIu32 "-%" PRIu32, v, u);
		break;
	}
}

static enum run
uidl_print(struct pop3_session *s, uint32_t number, struct drop_msg *m)
{
	struct buf *out = wconn_out(s->conn);

	(void)buf_add_u64(out, number);
	(void)buf_add_char(out, ' ');
	if (m->uidl != NULL)
		(void)buf_add_str(out, m->uidl);
	else
		uidl_add(out, s->uidl, view_uidvalidity(s->drop.view), m->uid);
	(void)buf_add_str(out, "\r\n");
	return RUN_DONE;
}

enum run
pop3_uidl_run(struct pop3_session *s)
{
	if (s->msg == NULL)
		return listing(s, "Unique ids follow", uidl_print);
	(void)buf_add_str(wconn_out(s->conn), "+OK ");
	return uidl_print(s, s->number, s->msg);
}

/*
 * Step to the session's message and send the status line.  After RUN_DONE the
 * message can be sent.
 */
static enum run
message_start(struct pop3_session *s)
{
	const struct message *m;
	enum run r;

	if (s->started)
		return RUN_DONE;
	if ((r = maildrop_step(&s->drop, s->msg, &m)) != RUN_DONE)
		return r;
	pop3_okf(wconn_out(s->conn), "%" PRIu64 " octets", s->msg->size);
	dotstuff_init(&s->stuff);
	s->started = true;
	return RUN_DONE;
}

/*
 * Send the message from off on, with at most this many lines of the body.  If
 * something fails after the status line, the session ends without the final
 * dot: it is the only way to tell the client that the message is not complete.
 */
static enum run
message_send(struct pop3_session *s, uint32_t lines)
{
	struct buf *out = wconn_out(s->conn);
	enum run r;
	int64_t n;
	size_t mark;
	bool more = true;

	if (s->msg->needs_utf8) {
		/* RFC 6856, section 5. */
		pop3_err(out, POP3_CODE_UTF8
		    "This message has a header that needs UTF8");
		return RUN_DONE;
	}
	if ((r = message_start(s)) == RUN_FAIL) {
		pop3_store_err(out, &s->drop.err);
		return RUN_DONE;
	}
	if (r != RUN_DONE)
		return r;
	while (more) {
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
		mark = buf_len(out);
		n = maildrop_read(&s->drop, s->msg, s->off, out);
		if (n == -1)
			return RUN_FAIL;
		s->off += (uint64_t)n;
		more = n > 0 && dotstuff_limit(&s->stuff, out, mark, lines);
		if (dotstuff_apply(&s->stuff, out, mark) == -1)
			return RUN_FAIL;
	}
	dotstuff_end(&s->stuff, out);
	return RUN_DONE;
}

enum run
pop3_retr_run(struct pop3_session *s)
{
	enum run r;

	r = message_send(s, UINT32_MAX);
	if (r != RUN_DONE || !s->started)
		return r;
	stats_add(STAT_MESSAGES_FETCHED, 1);
	if (!s->msg->retrieved) {
		s->msg->retrieved = true;
		s->nretr++;
	}
	return r;
}

enum run
pop3_top_run(struct pop3_session *s)
{
	enum run r;

	r = message_send(s, s->lines);
	if (r == RUN_DONE && s->started)
		stats_add(STAT_MESSAGES_FETCHED, 1);
	if (r == RUN_DONE)
		s->ntop++;
	return r;
}

/* The UPDATE state (RFC 1939, section 6). */
enum run
pop3_quit_run(struct pop3_session *s)
{
	const struct conf *conf = worker_conf();
	const struct maildrop_policy policy = {
		.seen = conf->pop3_seen,
		.expire = conf->pop3_expire != CONF_NEVER,
		.expire_s = conf->pop3_expire,
		.now = (int64_t)time(NULL),
		.trash = conf->pop3_delete == CONF_POP3_TRASH ?
		    conf->folder[CONF_FOLDER_TRASH] : NULL,
	};
	enum run r;

	r = maildrop_update(&s->drop, &policy);
	if (r == RUN_MORE || r == RUN_WAIT)
		return r;
	if (r == RUN_FAIL)
		pop3_store_err(wconn_out(s->conn), &s->drop.err);
	else
		pop3_ok(wconn_out(s->conn), "Goodbye");
	s->quit = true;
	return RUN_DONE;
}
