/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A login is a small state machine.  Its states are explained in auth_login.h:
 *
 *	START -> (SUSPENDED) -> TALKING -> LOOKING -> (PACED) -> CHECKING
 *	      -> ACCEPTED, or REFUSED
 *
 * After LOOKING, SCRAM goes back to TALKING and needs no CHECKING.  The answers
 * awaited in LOOKING and CHECKING may come from within the call that asks, or
 * later.  A client that gives up ends its login in any state.
 *
 * An accepted login becomes a session (auth_session.h).
 *
 * Guessing is slowed down, but there is no lockout.  The more often a name or
 * an address has failed, the later a refusal is sent, and the passwords and
 * proofs from an address wait in its line (auth_line.h).  A right password
 * from another address is not delayed, nor are credentials that were right a
 * moment ago.  All times are from the monotonic clock.
 *
 * Neither the answer nor its timing tells a stranger anything: for unknown
 * names, disabled users and wrong passwords, the cost of the hash, the delay
 * and the answer are the same.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/auth/auth_ctx.h"
#include "common/auth/auth_login.h"
#include "common/auth/auth_session.h"
#include "common/auth/auth_tally.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "common/net/ev.h"
#include "common/proc/child.h"
#include "common/proc/stats.h"

#define HANDOFF_MS	60000	/* until an unused token expires */

static int
login_cmp(const struct login *a, const struct login *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

RB_GENERATE(login_tree, login, node, login_cmp)

static void	 login_step(struct login *, enum sasl_step);

struct login *
auth_login_find(struct login_front *f, uint32_t id)
{
	struct login find = { .id = id };

	return RB_FIND(login_tree, &f->logins, &find);
}

void
auth_login_free(struct login *l)
{
	RB_REMOVE(login_tree, &l->front->logins, l);
	l->front->nlogins--;
	auth_pool_cancel(&l->wait);
	auth_line_leave(&l->ticket);
	if (l->timer != NULL)
		event_free(l->timer);
	/* First: a query may still borrow the password from l->sasl. */
	auth_account_clear(&l->account);
	sasl_free(l->sasl);
	buf_clear_secret(&l->initial);
	buf_clear_secret(&l->proof);
	/* References that no session took over. */
	if (l->user_tally != NULL)
		auth_tally_unref(l->user_tally);
	if (l->addr_tally != NULL)
		auth_tally_unref(l->addr_tally);
	free(l->as);
	free(l->peer);
	freezero(l, sizeof(*l));
}

static void
send_denied(struct login *l)
{
	struct buf b;

	buf_init(&b, MSG_MAX);
	auth_msg_denied_put(&b, l->why);
	(void)chan_send(l->front->chan, MSG_AUTH_DENIED, l->id, -1,
	    buf_slice(&b));
	buf_clear(&b);
	auth_login_free(l);
}

void
auth_login_refuse(struct login *l, enum auth_denied why)
{
	stats_add(STAT_LOGINS_FAILED, 1);
	l->why = why;
	send_denied(l);
}

static const char *
user_for_log(const struct login *l)
{
	return log_esc(l->looked_up ? buf_slice(&l->account.name) :
	    sasl_user(l->sasl));
}

/* how is "failed", or "refused" if that says nothing about the password. */
static void
log_end(const struct login *l, const char *how, const char *reason)
{
	/* The front sent all but the reason, and may be taken over. */
	log_info("login %s user=%s peer=%s mech=%s tls=%s reason=\"%s\"", how,
	    user_for_log(l), log_esc(slice_str(l->peer)),
	    log_esc(slice_str(l->as)), l->has_tls ? "yes" : "no", reason);
}

/* Refuse after a delay that grows with the number of failures. */
static void
login_fail(struct login *l, const char *reason)
{
	uint64_t now = timer_ms(), delay;
	struct auth_tally *user, *addr;

	stats_add(STAT_LOGINS_FAILED, 1);
	log_end(l, "failed", reason);
	/* A name that is not valid may be too long. */
	user = auth_tally_get(auth.users,
	    slice_sub(buf_slice(&l->account.name), 0, USER_NAME_MAX), now);
	addr = auth_tally_get(auth.addrs, slice_str(l->addr), now);
	auth_tally_fail(user, now);
	auth_tally_fail(addr, now);
	/*
	 * Measure the delay from the arrival of the response, so that the
	 * answer's time does not show the cost of the hash.  Otherwise a user
	 * whose hash has an unusual cost could be told from unknown users.
	 */
	delay = auth_tally_delay(user, addr,
	    (uint64_t)auth.conf->failed_login_delay * 1000, now);
	delay = delay > now - l->begun_ms ? delay - (now - l->begun_ms) : 0;
	l->why = AUTH_DENIED_CREDENTIALS;
	l->state = LOGIN_REFUSED;
	ev_wait(l->timer, delay);
}

static const char *
password_fault(const struct login *l)
{
	return l->account.found ? "wrong password" : "unknown user";
}

/* Say why a user with the right password must not log in, or NULL. */
static const char *
account_fault(const struct login *l)
{
	if (l->account.nologin)
		return "account is disabled";
	if (l->account.allow_nets != NULL &&
	    !auth_net_match(l->account.allow_nets, slice_str(l->peer)))
		return "login not allowed from this address";
	return NULL;
}

/* Count the session; or refuse the login over a limit, and return false. */
static bool
login_count(struct login *l)
{
	uint64_t now = timer_ms();
	struct auth_tally *user, *addr;
	uint64_t delay_ms = 0;

	if (auth_session_count() >= auth.conf->connections_total) {
		log_end(l, "refused", "too many connections");
		auth_login_refuse(l, AUTH_DENIED_LIMIT);
		return false;
	}
	addr = auth_tally_get(auth.addrs, slice_str(l->addr), now);
	if (auth.conf->connections_per_address > 0 &&
	    addr->sessions >= auth.conf->connections_per_address) {
		log_end(l, "refused", "too many connections from this address");
		auth_login_refuse(l, AUTH_DENIED_LIMIT);
		return false;
	}
	user = auth_tally_get(auth.users, buf_slice(&l->account.name), now);
	if (auth.conf->connections_per_user > 0 &&
	    user->sessions >= auth.conf->connections_per_user) {
		log_end(l, "refused", "too many connections for this user");
		auth_login_refuse(l, AUTH_DENIED_LIMIT);
		return false;
	}
	if (l->account.service->flags & CONF_SERVICE_LOGIN_DELAY)
		delay_ms = (uint64_t)auth.conf->pop3_login_delay * 1000;
	if (delay_ms > 0 && user->login_ms != 0 &&
	    now - user->login_ms < delay_ms) {
		log_end(l, "refused", "too soon after the last login");
		auth_login_refuse(l, AUTH_DENIED_LOGIN_DELAY);
		return false;
	}
	user->login_ms = delay_ms > 0 ? now : 0;
	user->failures = 0;
	auth_tally_ref(user);
	auth_tally_ref(addr);
	l->user_tally = user;
	l->addr_tally = addr;
	return true;
}

static void
login_accept(struct login *l)
{
	struct auth_msg_accepted a;
	const char *fault;
	struct buf b;

	if ((fault = account_fault(l)) != NULL) {
		login_fail(l, fault);
		return;
	}
	if (sasl_authzid(l->sasl).len > 0 && !auth_account_is(
	    &l->account, sasl_authzid(l->sasl))) {
		log_end(l, "failed", "not allowed to act as another user");
		auth_login_refuse(l, AUTH_DENIED_AUTHZID);
		return;
	}
	if (l->account.fault != NULL) {
		log_warn("login refused user=%s: %s", user_for_log(l),
		    l->account.fault);
		auth_login_refuse(l, AUTH_DENIED_UNAVAILABLE);
		return;
	}
	if (!login_count(l))
		return;
	stats_add(STAT_LOGINS, 1);
	l->state = LOGIN_ACCEPTED;
	random_bytes(l->token, sizeof(l->token));
	memcpy(a.token, l->token, sizeof(a.token));
	a.name = buf_slice(&l->account.name);
	buf_init(&b, MSG_MAX);
	auth_msg_accepted_put(&b, &a);
	(void)chan_send(l->front->chan, MSG_AUTH_ACCEPTED, l->id, -1,
	    buf_slice(&b));
	buf_clear_secret(&b);
	explicit_bzero(&a, sizeof(a));
	ev_wait(l->timer, HANDOFF_MS);
}

/* Go on with the result of a password check. */
static void
login_verified(struct login *l, enum passhash_result result)
{
	bool right = result == PASSHASH_RIGHT && l->account.found;

	if (result == PASSHASH_BROKEN && l->account.found)
		log_warn("user %s: unusable password hash",
		    user_for_log(l));
	if (right)
		auth_cache_add(auth.cache, l->key, timer_ms());
	auth_line_leave(&l->ticket);
	login_step(l, sasl_verified(l->sasl, right));
}

static void
on_check_done(void *arg, enum passhash_result result)
{
	login_verified(arg, result);
}

/* Called with the answer of a source that checks passwords itself. */
static void
on_verified(void *arg, enum auth_verdict verdict)
{
	struct login *l = arg;

	switch (verdict) {
	case AUTH_RIGHT:
		login_verified(l, PASSHASH_RIGHT);
		return;
	case AUTH_WRONG:
		login_verified(l, PASSHASH_WRONG);
		return;
	case AUTH_UNDECIDED:
		log_end(l, "refused", "password check unavailable");
		auth_login_refuse(l, AUTH_DENIED_UNAVAILABLE);
		return;
	}
}

/* Others need the place in the line, or in the queue of checks, more. */
static void
on_dropped(void *arg)
{
	struct login *l = arg;

	log_limited(LOG_LEVEL_WARN, "too many passwords wait from %s",
	    l->addr);
	auth_login_refuse(l, AUTH_DENIED_UNAVAILABLE);
}

static void
login_verify(struct login *l)
{
	struct slice password = sasl_password(l->sasl);

	l->state = LOGIN_CHECKING;
	if (l->account.stored == NULL) {
		auth_account_verify(&l->account, password);
		return;
	}
	if (!passhash_slow(l->account.stored)) {
		login_verified(l, passhash_verify(l->account.stored,
		    password));
		return;
	}
	if (auth_pool_check(auth.pool, l->key, l->account.stored, password,
	    l->addr, &l->wait) == -1)
		on_dropped(l);
}

/* Wait in the line of the address, and then call go. */
static void
login_wait(struct login *l, void (*go)(struct login *))
{
	l->state = LOGIN_PACED;
	l->go = go;
	auth_line_join(&l->ticket, l->addr,
	    slice_sub(buf_slice(&l->account.name), 0, USER_NAME_MAX));
}

static void
on_go(void *arg)
{
	struct login *l = arg;

	l->begun_ms = timer_ms();
	l->go(l);
}

/* Go on at once if the same password was right a moment ago. */
static bool
login_known(struct login *l)
{
	if (!auth_cache_has(auth.cache, l->key, timer_ms()))
		return false;
	auth_line_leave(&l->ticket);
	login_step(l, sasl_verified(l->sasl, l->account.found));
	return true;
}

static void
login_turn(struct login *l)
{
	/* Another connection of the client may have been faster. */
	if (!login_known(l))
		login_verify(l);
}

static void
login_password(struct login *l)
{
	/* Unknown users are told apart by name; no source has UINT32_MAX. */
	auth_cache_key(auth.cache, l->account.found ? l->account.source :
	    UINT32_MAX, buf_slice(&l->account.name),
	    l->account.stored != NULL ? l->account.stored : "",
	    sasl_password(l->sasl), l->key);
	if (!login_known(l))
		login_wait(l, login_turn);
}

static void
login_secret(struct login *l)
{
	struct scram_secret secret;

	auth_account_secret(&l->account, &secret);
	login_step(l, sasl_secret(l->sasl, &secret));
	explicit_bzero(&secret, sizeof(secret));
}

static void
login_wrong(struct login *l)
{
	login_fail(l, password_fault(l));
}

/* Called when the sources have answered, also for unknown users. */
static void
on_looked_up(void *arg)
{
	struct login *l = arg;

	if (l->account.unavailable) {
		log_end(l, "refused", "user database unavailable");
		auth_login_refuse(l, AUTH_DENIED_UNAVAILABLE);
		return;
	}
	l->looked_up = true;
	l->next(l);
}

/* Look up the user, unless that was done before, and then call next. */
static void
login_look(struct login *l, void (*next)(struct login *))
{
	l->next = next;
	if (l->looked_up) {
		next(l);
		return;
	}
	l->state = LOGIN_LOOKING;
	auth_account_find(&l->account, auth.sources, sasl_user(l->sasl));
}

static void
login_step(struct login *l, enum sasl_step step)
{
	switch (step) {
	case SASL_CHALLENGE:
		l->state = LOGIN_TALKING;
		ev_wait(l->timer, (uint64_t)auth.conf->login_timeout * 1000);
		(void)chan_send(l->front->chan, MSG_AUTH_CHALLENGE, l->id, -1,
		    sasl_challenge(l->sasl));
		return;
	case SASL_PASSWORD:
		login_look(l, login_password);
		return;
	case SASL_SECRET:
		login_look(l, login_secret);
		return;
	case SASL_DONE:
		login_accept(l);
		return;
	case SASL_WRONG:
		login_look(l, login_wrong);
		return;
	case SASL_SYNTAX:
		log_limited(LOG_LEVEL_INFO, "malformed login peer=%s mech=%s",
		    log_esc(slice_str(l->peer)), log_esc(slice_str(l->as)));
		auth_login_refuse(l, AUTH_DENIED_SYNTAX);
		return;
	}
}

void
auth_login_begin(struct login *l)
{
	struct slice initial = { NULL, 0 };

	if (l->has_initial)
		initial = buf_slice(&l->initial);
	login_step(l, sasl_start(l->sasl, initial));
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct login *l = arg;

	(void)fd;
	(void)what;
	switch (l->state) {
	case LOGIN_SUSPENDED:
		auth_login_begin(l);
		return;
	case LOGIN_REFUSED:
		send_denied(l);
		return;
	case LOGIN_ACCEPTED:
		log_warn("%s: accepted login was not handed over",
		    l->front->name);
		auth_login_free(l);
		return;
	case LOGIN_TALKING:
		/*
		 * The front's timeout began with the connection, so the front
		 * has forgotten to say that the client is gone.
		 */
		log_limited(LOG_LEVEL_WARN, "%s: a login is not continued",
		    l->front->name);
		auth_login_refuse(l, AUTH_DENIED_UNAVAILABLE);
		return;
	case LOGIN_START:
	case LOGIN_LOOKING:
	case LOGIN_PACED:
	case LOGIN_CHECKING:
		return;
	}
}

struct login *
auth_login_new(struct login_front *f, uint32_t id)
{
	struct login *l = xcalloc(1, sizeof(*l));

	l->front = f;
	l->id = id;
	l->wait.done = on_check_done;
	l->wait.dropped = on_dropped;
	l->wait.arg = l;
	l->ticket.go = on_go;
	l->ticket.refuse = on_dropped;
	l->ticket.arg = l;
	buf_init(&l->proof, SASL_RESPONSE_MAX);
	l->account.looked_up = on_looked_up;
	l->account.verified = on_verified;
	l->account.arg = l;
	RB_INSERT(login_tree, &f->logins, l);
	f->nlogins++;
	l->timer = evtimer_new(auth.child->base, on_timer, l);
	if (l->timer == NULL)
		log_fatal("event");
	return l;
}

void
auth_login_suspend(struct login *l, uint64_t ms)
{
	l->state = LOGIN_SUSPENDED;
	ev_wait(l->timer, ms);
}

void
auth_login_resume(struct login *l)
{
	(void)event_del(l->timer);
	auth_login_begin(l);
}

/* Look at the proof of a client who knows the password (SCRAM). */
static void
login_prove(struct login *l)
{
	enum sasl_step step = sasl_respond(l->sasl, buf_slice(&l->proof));

	l->proved = step == SASL_CHALLENGE;
	auth_line_leave(&l->ticket);
	login_step(l, step);
}

void
auth_login_respond(struct login *l, struct slice response)
{
	l->begun_ms = timer_ms();
	/* What follows after a lookup proves that the client knows a secret. */
	if (!l->looked_up || l->proved)
		login_step(l, sasl_respond(l->sasl, response));
	else if (buf_add_slice(&l->proof, response) == 0)
		login_wait(l, login_prove);
	else
		auth_login_refuse(l, AUTH_DENIED_SYNTAX);
}
