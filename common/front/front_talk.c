/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Drives a connection before login; see front_talk.h.
 *
 * A connection goes through the states of front_conn.h, and one function,
 * front_talk_advance(), moves it on after any event.  The protocol's callbacks
 * only fill buffers and set flags that say what is to happen next; none of them
 * frees the connection.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>
#include <tls.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/front/foreign.h"
#include "common/front/front.h"
#include "common/front/front_conn.h"
#include "common/front/front_login.h"
#include "common/front/front_talk.h"
#include "common/front/front_trace.h"
#include "common/front/limit.h"
#include "common/net/ev.h"
#include "common/net/tlsctx.h"
#include "common/proc/stats.h"

/* While this much output is unsent, no more commands are run. */
#define OUT_HIGH	(16 * 1024)
/*
 * How long and how much input we drain after the last reply: closing with
 * unread input would reset the connection, and the client would lose that
 * reply.
 */
#define LINGER_MS	2000
#define LINGER_MAX	(1024 * 1024)
/* Input without a line end that is discarded, besides what may be collected. */
#define UNENDED_MAX	(256 * 1024)
/* Extra time for a login that auth is still checking. */
#define ASK_MS		10000

void
front_talk_drop(struct fconn *c)
{
	front_login_end(c);
	fconn_free(c);
}

/* Send the output.  IO_DONE when all of it is sent. */
static enum io_result
flush(struct fconn *c)
{
	enum io_result result;
	struct slice s;
	size_t put;

	front_trace_output(c);
	while ((s = buf_slice(&c->out)).len > 0) {
		if ((result = io_write(&c->io, s.p, s.len, &put)) != IO_DONE)
			return result;
		buf_consume(&c->out, put);
		front_trace_sent(c, put);
		stats_add(STAT_OCTETS_OUT, put);
	}
	return IO_DONE;
}

/* The client expects a handshake next: say nothing more in the clear. */
static void
start_tls(struct fconn *c)
{
	c->wants_starttls = false;
	if (buf_len(&c->in) > 0) {
		log_limited(LOG_LEVEL_INFO, "peer %s closed: bytes before the "
		    "handshake", c->peer);
		fconn_end(c);
		return;
	}
	/* Keep nothing that was learnt in the clear (RFC 2595, 2.1). */
	c->spoke = false;
	front.proto->clear(c);
	memset(c->proto, 0, front.proto->state_size);
	buf_clear_secret(&c->in);
	if (fconn_secure(c) == -1)
		fconn_end(c);
}

/* Continue the TLS handshake.  Returns what io_handshake() returns. */
static enum io_result
shake_hands(struct fconn *c)
{
	enum io_result result;
	const char *version, *cipher;

	if ((result = io_handshake(&c->io)) == IO_ERROR)
		log_limited(LOG_LEVEL_INFO, "peer %s tls failed: %s", c->peer,
		    io_error(&c->io));
	if (result != IO_DONE)
		return result;
	tlsctx_unref(c->shaking);
	c->shaking = NULL;
	version = tls_conn_version(c->io.tls);
	cipher = tls_conn_cipher(c->io.tls);
	(void)snprintf(c->tls, sizeof(c->tls), "%s %s",
	    version == NULL ? "TLS" : version, cipher == NULL ? "" : cipher);
	c->state = STATE_TALK;
	if (!c->greeted)
		front.proto->greet(c);
	c->greeted = true;
	return IO_DONE;
}

/*
 * Return whether the client speaks another protocol.  Its first line tells, or
 * the beginning of a first line that is too long for a command.
 */
static bool
is_foreign(struct fconn *c)
{
	struct slice in = buf_slice(&c->in);
	size_t lf;

	if (c->spoke)
		return false;
	if (foreign_tls(in))
		return true;
	lf = slice_chr(in, '\n');
	if (lf == SLICE_NONE && in.len < front.child->conf->login_line_size)
		return false;
	c->spoke = true;
	return foreign_http(slice_sub(in, 0, lf));
}

/* Return whether the client sends a line, or a refused literal, for ever. */
static bool
is_endless(const struct fconn *c)
{
	const struct conf *conf = front.child->conf;

	return c->unended > (uint64_t)conf->login_line_size +
	    conf->login_literal_size + UNENDED_MAX;
}

/*
 * Call the protocol for as long as it makes progress.  Returns true if it can
 * make more once the output is sent.
 */
static bool
talk(struct fconn *c)
{
	size_t before = SIZE_MAX, len;

	while (c->state == STATE_TALK && !c->wants_close &&
	    !c->wants_starttls && !c->too_many_bad) {
		if (buf_len(&c->out) >= OUT_HIGH)
			return true;
		len = buf_len(&c->in);
		if (len == before || (len == 0 && !c->eof))
			break;
		before = len;
		if (is_foreign(c)) {
			fconn_goodbye(c, FRONT_BYE_FOREIGN);
			break;
		}
		front.proto->input(c);
		if (c->wants_denial)
			front_login_denied(c, c->denial);
	}
	if (c->state == STATE_CLOSE || c->state == STATE_LINGER)
		return false;
	if (c->too_many_bad) {
		log_limited(LOG_LEVEL_INFO, "peer %s closed: %u bad commands",
		    c->peer, c->bad);
		fconn_goodbye(c, FRONT_BYE_ERRORS);
	} else if (is_endless(c)) {
		log_limited(LOG_LEVEL_INFO, "peer %s closed: a line without "
		    "an end", c->peer);
		fconn_goodbye(c, FRONT_BYE_INPUT);
	} else if (c->wants_close)
		fconn_send_last(c);
	else if (c->state == STATE_TALK && c->eof)
		c->state = STATE_CLOSE;
	else if (c->state == STATE_TALK && buf_len(&c->in) >= FCONN_IN_MAX)
		fconn_goodbye(c, FRONT_BYE_INPUT);
	return false;
}

/*
 * Read once.  Returns IO_DONE and sets c->eof when the client has ended its
 * side.
 */
static enum io_result
read_more(struct fconn *c)
{
	enum io_result result;
	size_t got;
	char *room;

	if (buf_reserve(&c->in, FCONN_IN_MAX - buf_len(&c->in), &room) == -1)
		return IO_ERROR;
	result = io_read(&c->io, room, FCONN_IN_MAX - buf_len(&c->in), &got);
	if (result == IO_DONE) {
		buf_commit(&c->in, got);
		stats_add(STAT_OCTETS_IN, got);
		c->unended = slice_chr(slice_make(room, got), '\n') ==
		    SLICE_NONE ? c->unended + got : 0;
	} else if (result == IO_EOF) {
		c->eof = true;
		result = IO_DONE;
	}
	return result;
}

/* Read and discard input.  IO_AGAIN: wait for more; any other result: close. */
static enum io_result
linger(struct fconn *c)
{
	enum io_result result;
	char bytes[4096];
	size_t got;

	if (c->state != STATE_LINGER) {
		c->state = STATE_LINGER;
		fconn_deadline(c, LINGER_MS);
		io_finish(&c->io);
	}
	while ((result = io_read(&c->io, bytes, sizeof(bytes), &got)) ==
	    IO_DONE)
		if ((c->lingered += (uint32_t)got) > LINGER_MAX)
			return IO_EOF;
	return result;
}

/*
 * Any further input of a cleartext socket makes an event, and trying to read it
 * would cost a system call.  With TLS, libtls may hold input that makes none:
 * read until nothing is left.
 */
static enum io_result
read_on(struct fconn *c, bool *did_read)
{
	if (*did_read && c->io.tls == NULL) {
		c->io.want = IO_WANT_READ;
		return IO_AGAIN;
	}
	*did_read = true;
	return read_more(c);
}

/*
 * Advance by one round, which changes the state, takes in bytes, or returns
 * something other than IO_DONE: IO_AGAIN to wait for what c->io wants, and
 * IO_EOF or IO_ERROR when the connection is over.
 */
static enum io_result
advance_once(struct fconn *c, bool *did_read)
{
	enum io_result result;
	bool full;

	if (c->state == STATE_HANDSHAKE)
		return shake_hands(c);
	if (c->state == STATE_LINGER)
		return linger(c);
	full = talk(c);
	if ((result = flush(c)) != IO_DONE || full)
		return result;
	switch (c->state) {
	case STATE_TALK:
		if (!c->wants_starttls)
			return read_on(c, did_read);
		start_tls(c);
		return IO_DONE;
	case STATE_ASK:
		c->io.want = 0;
		return IO_AGAIN;
	case STATE_HAND:
		return front_login_hand_over(c) ? IO_EOF : IO_DONE;
	case STATE_CLOSE:
		return c->lingers ? linger(c) : IO_EOF;
	case STATE_HANDSHAKE:
	case STATE_LINGER:
		break;
	}
	return IO_DONE;
}

void
front_talk_advance(struct fconn *c)
{
	enum io_result result;
	bool did_read = false;

	do
		result = advance_once(c, &did_read);
	while (result == IO_DONE);
	if (result != IO_AGAIN) {
		front_talk_drop(c);
		return;
	}
	if (buf_len(&c->in) == 0)
		buf_clear(&c->in);
	if (buf_len(&c->out) == 0)
		buf_clear(&c->out);
	ev_listen(&c->ev_read, (c->io.want & IO_WANT_READ) != 0);
	ev_listen(&c->ev_write, (c->io.want & IO_WANT_WRITE) != 0);
}

static void
late(struct fconn *c)
{
	if (c->state == STATE_ASK)
		fconn_deadline(c, ASK_MS);
	else if (c->state == STATE_TALK) {
		fconn_goodbye(c, FRONT_BYE_TIMEOUT);
		front_talk_advance(c);
	} else
		front_talk_drop(c);
}

void
front_talk_setup(void)
{
	fconn_setup(front_talk_advance, late);
}
