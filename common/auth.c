/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The auth process.  A login is a small machine:
 *
 *	START -> (HELD: a users file is being read again)
 *	      -> TALKING: a challenge is with the client
 *	      -> PACED: the address failed often, its turn comes later
 *	      -> CHECKING: a check process computes
 *	      -> REFUSED: the answer is known and waits for its time
 *	      -> ACCEPTED: has a token, waits for the descriptor
 *
 * and then a session, of which a number and two counts remain.
 *
 * Guessing is slowed down and never answered with a lockout: a refusal
 * comes later the more often the name or the address failed, and an
 * address that fails often has its passwords looked at one after another.
 * A right password from elsewhere is not affected, nor is one that was
 * right a moment ago.  Time is the monotonic clock's.
 *
 * A stranger learns nothing from answers and their time: unknown names,
 * disabled users and wrong passwords cost the same hash, the same delay
 * and say the same.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/crypto.h>

#include "common/auth.h"
#include "common/auth_account.h"
#include "common/auth_cache.h"
#include "common/auth_net.h"
#include "common/auth_pool.h"
#include "common/auth_tally.h"
#include "common/authc.h"
#include "common/child.h"
#include "common/compat.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/random.h"
#include "common/sasl.h"
#include "common/timer.h"
#include "common/user.h"
#include "common/xmalloc.h"

#define FRONTS_MAX	256
#define SOURCES_MAX	64
#define HOLD_MS		1000	/* for a users file that was replaced */
#define STALE_ASK_MS	2000	/* between two requests for one */
#define HANDOFF_MS	60000	/* until an unused token is no good */
#define PACE_FAILURES	5	/* of an address until it must queue */
#define PACE_MAX_MS	15000

enum login_state {
	LOGIN_HELD,
	LOGIN_TALKING,
	LOGIN_PACED,
	LOGIN_CHECKING,
	LOGIN_REFUSED,
	LOGIN_ACCEPTED
};

struct front;

struct login {
	RB_ENTRY(login)		 node;
	struct front		*front;
	uint32_t		 id;		/* the front's number */
	uint64_t		 begun_ms;	/* what is judged came, or its turn */
	enum login_state	 state;
	struct event		*timer;
	struct sasl		*sasl;
	char			*as;		/* mechanism, for the log */
	struct buf		 initial;	/* while held */
	bool			 has_initial;
	char			*peer;
	char			 addr[AUTH_NET_KEY_MAX];
	bool			 has_tls;
	bool			 is_pop3;
	struct auth_account	 account;
	bool			 looked_up;
	unsigned char		 key[AUTH_CACHE_KEY_LEN];
	struct auth_wait	 wait;
	enum auth_denied	 why;		/* if refused */
	unsigned char		 token[AUTHC_TOKEN_LEN];
	struct auth_tally	*user_tally;	/* counted there, if accepted */
	struct auth_tally	*addr_tally;
};
RB_HEAD(login_tree, login);

struct front {
	struct chan		*chan;
	struct login_tree	 logins;
	char			 name[16];
};

/* What remains of a login when its session runs. */
struct session {
	RB_ENTRY(session)	 node;
	uint32_t		 number;
	struct auth_tally	*user_tally;
	struct auth_tally	*addr_tally;
};
RB_HEAD(session_tree, session);

static struct {
	struct child		*child;
	const struct conf	*conf;
	struct auth_sources	*sources;
	struct auth_cache	*cache;
	struct auth_pool	*pool;
	struct auth_tallies	*users;
	struct auth_tallies	*addrs;
	struct front		 fronts[FRONTS_MAX];
	struct session_tree	 sessions;
	uint32_t		 nsessions;
	uint32_t		 serial;	/* of sessions */
	int			 files[SOURCES_MAX];	/* for configure */
	uint64_t		 asked_ms[SOURCES_MAX];	/* 0: not asked */
} auth;

static int
login_cmp(const struct login *a, const struct login *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

static int
session_cmp(const struct session *a, const struct session *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

RB_PROTOTYPE(login_tree, login, node, login_cmp)
RB_PROTOTYPE(session_tree, session, node, session_cmp)
RB_GENERATE(login_tree, login, node, login_cmp)
RB_GENERATE(session_tree, session, node, session_cmp)

static void	 login_step(struct login *, enum sasl_step);
static void	 login_verify(struct login *);
static void	 login_begin(struct login *);

/* Logins. */

static struct login *
login_find(struct front *f, uint32_t id)
{
	struct login	 find = { .id = id };

	return RB_FIND(login_tree, &f->logins, &find);
}

static void
login_free(struct login *l)
{
	RB_REMOVE(login_tree, &l->front->logins, l);
	auth_pool_cancel(&l->wait);
	if (l->timer != NULL)
		event_free(l->timer);
	sasl_free(l->sasl);
	auth_account_clear(&l->account);
	buf_clear_secret(&l->initial);
	/* Counts that no session took over. */
	if (l->user_tally != NULL)
		l->user_tally->sessions--;
	if (l->addr_tally != NULL)
		l->addr_tally->sessions--;
	free(l->as);
	free(l->peer);
	freezero(l, sizeof(*l));
}

static void
login_timer(struct login *l, uint64_t ms)
{
	struct timeval	 tv = { (time_t)(ms / 1000),
			    (suseconds_t)(ms % 1000) * 1000 };

	if (event_add(l->timer, &tv) == -1)
		log_fatal("out of timers");
}

static void
send_denied(struct login *l)
{
	struct buf	 b;

	buf_init(&b, MSG_MAX);
	authc_denied_put(&b, l->why);
	(void)chan_send(l->front->chan, MSG_AUTH_DENIED, l->id, -1,
	    buf_slice(&b));
	buf_clear(&b);
	login_free(l);
}

/* Refuse at once: nothing was learnt that a delay would protect. */
static void
login_refuse(struct login *l, enum auth_denied why)
{
	l->why = why;
	send_denied(l);
}

static const char *
user_for_log(const struct login *l)
{
	return log_esc(l->looked_up ? buf_slice(&l->account.name) :
	    sasl_user(l->sasl));
}

static void
log_failure(const struct login *l, const char *reason)
{
	log_info("login failed user=%s addr=%s mech=%s tls=%s reason=\"%s\"",
	    user_for_log(l), l->peer, l->as, l->has_tls ? "yes" : "no",
	    reason);
}

/* Refuse after a delay that grows with the failures. */
static void
login_fail(struct login *l, const char *reason)
{
	uint64_t		 now = timer_ms(), delay;
	struct auth_tally	*user, *addr;

	log_failure(l, reason);
	/* What is no name may be long. */
	user = auth_tally_get(auth.users,
	    slice_sub(buf_slice(&l->account.name), 0, USER_NAME_MAX), now);
	addr = auth_tally_get(auth.addrs, slice_str(l->addr), now);
	auth_tally_fail(user, now);
	auth_tally_fail(addr, now);
	/*
	 * From when it came, so that what the hash cost is not seen: hashes
	 * of another cost than most would tell their users from strangers.
	 */
	delay = auth_tally_delay(user, addr,
	    (uint64_t)auth.conf->failed_login_delay * 1000, now);
	delay = delay > now - l->begun_ms ? delay - (now - l->begun_ms) : 0;
	l->why = AUTH_DENIED_CREDENTIALS;
	l->state = LOGIN_REFUSED;
	login_timer(l, delay);
}

static const char *
password_fault(const struct login *l)
{
	return l->account.found ? "wrong password" : "unknown user";
}

/* Why a user with the right password may not in, or NULL. */
static const char *
account_fault(const struct login *l)
{
	if (l->account.nologin)
		return "login is disabled";
	if (l->account.allow_nets != NULL &&
	    !auth_net_match(l->account.allow_nets, slice_str(l->peer)))
		return "not from this address";
	return NULL;
}

/* Count it, unless that is over a limit. */
static bool
login_count(struct login *l)
{
	uint64_t		 now = timer_ms();
	struct auth_tally	*user, *addr;
	uint64_t		 delay_ms;

	if (auth.nsessions >= auth.conf->connections_total) {
		log_failure(l, "too many connections");
		login_refuse(l, AUTH_DENIED_LIMIT);
		return false;
	}
	addr = auth_tally_get(auth.addrs, slice_str(l->addr), now);
	if (auth.conf->connections_per_address > 0 &&
	    addr->sessions >= auth.conf->connections_per_address) {
		log_failure(l, "too many connections of this address");
		login_refuse(l, AUTH_DENIED_LIMIT);
		return false;
	}
	user = auth_tally_get(auth.users, buf_slice(&l->account.name), now);
	if (auth.conf->connections_per_user > 0 &&
	    user->sessions >= auth.conf->connections_per_user) {
		log_failure(l, "too many connections of this user");
		login_refuse(l, AUTH_DENIED_LIMIT);
		return false;
	}
	delay_ms = (uint64_t)auth.conf->pop3_login_delay * 1000;
	if (l->is_pop3 && delay_ms > 0 && user->login_ms != 0 &&
	    now - user->login_ms < delay_ms) {
		log_failure(l, "logged in a moment ago");
		login_refuse(l, AUTH_DENIED_LOGIN_DELAY);
		return false;
	}
	user->login_ms = l->is_pop3 && delay_ms > 0 ? now : 0;
	user->failures = 0;
	user->sessions++;
	addr->sessions++;
	l->user_tally = user;
	l->addr_tally = addr;
	return true;
}

static void
login_accept(struct login *l)
{
	struct authc_accepted	 a;
	const char		*fault;
	struct buf		 b;

	if ((fault = account_fault(l)) != NULL) {
		login_fail(l, fault);
		return;
	}
	if (sasl_authzid(l->sasl).len > 0 && !auth_account_is(auth.sources,
	    &l->account, sasl_authzid(l->sasl))) {
		log_failure(l, "wants to act as another user");
		login_refuse(l, AUTH_DENIED_AUTHZID);
		return;
	}
	if (l->account.fault != NULL) {
		log_warn("login failed user=%s: %s", user_for_log(l),
		    l->account.fault);
		login_refuse(l, AUTH_DENIED_UNAVAILABLE);
		return;
	}
	if (!login_count(l))
		return;
	l->state = LOGIN_ACCEPTED;
	random_bytes(l->token, sizeof(l->token));
	memcpy(a.token, l->token, sizeof(a.token));
	a.name = buf_slice(&l->account.name);
	buf_init(&b, MSG_MAX);
	authc_accepted_put(&b, &a);
	(void)chan_send(l->front->chan, MSG_AUTH_ACCEPTED, l->id, -1,
	    buf_slice(&b));
	buf_clear_secret(&b);
	explicit_bzero(&a, sizeof(a));
	login_timer(l, HANDOFF_MS);
}

/* The answer to a password, wherever it comes from. */
static void
login_verified(struct login *l, enum passhash_result result)
{
	bool	 right = result == PASSHASH_RIGHT && l->account.found;

	if (result == PASSHASH_BROKEN && l->account.found)
		log_warn("user %s: the stored password hash is not usable",
		    user_for_log(l));
	if (right)
		auth_cache_add(auth.cache, l->key, timer_ms());
	login_step(l, sasl_verified(l->sasl, right));
}

static void
on_check_done(void *arg, enum passhash_result result)
{
	login_verified(arg, result);
}

static void
login_verify(struct login *l)
{
	struct slice	 password = sasl_password(l->sasl);

	l->state = LOGIN_CHECKING;
	if (!passhash_slow(l->account.stored)) {
		login_verified(l, passhash_verify(l->account.stored,
		    password));
		return;
	}
	if (auth_pool_check(auth.pool, l->key, l->account.stored, password,
	    l->addr, &l->wait) == -1) {
		log_limited(LOG_LEVEL_WARN, "too many password checks wait");
		login_refuse(l, AUTH_DENIED_UNAVAILABLE);
	}
}

/*
 * An address that failed often has one password looked at per delay, so
 * that many connections guess no faster than one.
 */
static uint64_t
pace(const struct login *l)
{
	uint64_t		 now = timer_ms();
	struct auth_tally	*addr = auth_tally_get(auth.addrs,
				    slice_str(l->addr), now);

	if (auth_tally_failures(addr, now) < PACE_FAILURES ||
	    auth.conf->failed_login_delay == 0)
		return 0;
	if (addr->next_ms < now)
		addr->next_ms = now;
	addr->next_ms += (uint64_t)auth.conf->failed_login_delay * 1000;
	if (addr->next_ms > now + PACE_MAX_MS)
		addr->next_ms = now + PACE_MAX_MS;
	return addr->next_ms - now;
}

static void
login_password(struct login *l)
{
	uint64_t	 wait_ms;

	/* Source and name also keep those apart who do not exist. */
	auth_cache_key(auth.cache, l->account.found ? l->account.source :
	    UINT32_MAX, buf_slice(&l->account.name), l->account.stored,
	    sasl_password(l->sasl), l->key);
	if (auth_cache_has(auth.cache, l->key, timer_ms())) {
		login_step(l, sasl_verified(l->sasl, l->account.found));
		return;
	}
	wait_ms = pace(l);
	if (wait_ms == 0) {
		login_verify(l);
		return;
	}
	l->state = LOGIN_PACED;
	login_timer(l, wait_ms);
}

static void
login_lookup(struct login *l)
{
	if (l->looked_up)
		return;
	auth_account_find(auth.sources, sasl_user(l->sasl), &l->account);
	l->looked_up = true;
}

static void
login_secret(struct login *l)
{
	struct scram_secret	 secret;

	auth_account_secret(auth.sources, &l->account, &secret);
	login_step(l, sasl_secret(l->sasl, &secret));
	explicit_bzero(&secret, sizeof(secret));
}

static void
login_step(struct login *l, enum sasl_step step)
{
	switch (step) {
	case SASL_CHALLENGE:
		l->state = LOGIN_TALKING;
		(void)chan_send(l->front->chan, MSG_AUTH_CHALLENGE, l->id, -1,
		    sasl_challenge(l->sasl));
		return;
	case SASL_PASSWORD:
		login_lookup(l);
		login_password(l);
		return;
	case SASL_SECRET:
		login_lookup(l);
		login_secret(l);
		return;
	case SASL_DONE:
		login_accept(l);
		return;
	case SASL_WRONG:
		login_lookup(l);
		login_fail(l, password_fault(l));
		return;
	case SASL_SYNTAX:
		log_limited(LOG_LEVEL_INFO, "login malformed addr=%s mech=%s",
		    l->peer, l->as);
		login_refuse(l, AUTH_DENIED_SYNTAX);
		return;
	}
}

static void
login_begin(struct login *l)
{
	struct slice	 initial = { NULL, 0 };

	if (l->has_initial)
		initial = buf_slice(&l->initial);
	login_step(l, sasl_start(l->sasl, initial));
}

static void
on_login_timer(evutil_socket_t fd, short what, void *arg)
{
	struct login	*l = arg;

	(void)fd;
	(void)what;
	switch (l->state) {
	case LOGIN_HELD:
		login_begin(l);
		return;
	case LOGIN_PACED:
		l->begun_ms = timer_ms();
		login_verify(l);
		return;
	case LOGIN_REFUSED:
		send_denied(l);
		return;
	case LOGIN_ACCEPTED:
		log_warn("%s: a login was accepted and not handed over",
		    l->front->name);
		login_free(l);
		return;
	case LOGIN_TALKING:
	case LOGIN_CHECKING:
		return;
	}
}

/* Users files. */

/*
 * Ask the parent for files that changed.  True while an answer may still
 * come, so that who was added a moment ago can log in.
 */
static bool
sources_refresh(void)
{
	uint64_t	 now = timer_ms();
	bool		 waiting = false;

	for (uint32_t i = 0; i < auth_sources_count(auth.sources); i++) {
		if (!auth_sources_stale(auth.sources, i))
			continue;
		if (auth.asked_ms[i] == 0 ||
		    now - auth.asked_ms[i] > STALE_ASK_MS) {
			auth.asked_ms[i] = now;
			child_send(auth.child, MSG_USERS_STALE, i, -1,
			    slice_make(NULL, 0));
		}
		if (now - auth.asked_ms[i] < HOLD_MS)
			waiting = true;
	}
	return waiting;
}

/* Those who were held go on; each may be freed by its answer. */
static void
release_held(void)
{
	struct login	*l, *next;

	for (int i = 0; i < FRONTS_MAX; i++)
		RB_FOREACH_SAFE(l, login_tree, &auth.fronts[i].logins, next)
			if (l->state == LOGIN_HELD) {
				(void)event_del(l->timer);
				login_begin(l);
			}
}

static void
on_users(void *arg, struct msg *msg)
{
	int	*kept;

	(void)arg;
	if (msg->id >= SOURCES_MAX) {
		close(msg->fd);
		chan_refuse(msg->chan, msg);
		return;
	}
	kept = &auth.files[msg->id];
	if (*kept != -1)
		close(*kept);
	*kept = msg->fd;
	if (auth.sources == NULL || auth.asked_ms[msg->id] == 0)
		return;
	/* It was asked for, and is not a part of a new configuration. */
	auth.asked_ms[msg->id] = 0;
	auth_sources_load(auth.sources, msg->id, dup(msg->fd));
	release_held();
}

/* Messages of fronts. */

static void
on_start(void *arg, struct msg *msg)
{
	struct front		*f = arg;
	const struct sasl_mech	*mech;
	struct authc_start	 s;
	struct login		*l;

	if (authc_start_get(msg->data, &s) == -1 ||
	    login_find(f, msg->id) != NULL) {
		chan_refuse(msg->chan, msg);
		return;
	}
	l = xcalloc(1, sizeof(*l));
	l->front = f;
	l->id = msg->id;
	l->wait.done = on_check_done;
	l->wait.arg = l;
	RB_INSERT(login_tree, &f->logins, l);
	l->timer = evtimer_new(auth.child->base, on_login_timer, l);
	if (l->timer == NULL)
		log_fatal("out of timers");
	mech = sasl_find(s.mech);
	/* Commands with a password (LOGIN, USER) need any that shows it. */
	if (mech == NULL || (s.as.len > 0 ?
	    !conf_takes_passwords(auth.conf) :
	    (auth.conf->auth_mechanisms & sasl_mech_bit(mech)) == 0)) {
		login_refuse(l, AUTH_DENIED_MECHANISM);
		return;
	}
	l->sasl = sasl_new(mech, NULL);
	l->as = s.as.len > 0 ? xstrndup(s.as.p, s.as.len) :
	    xstrdup(sasl_mech_name(mech));
	l->peer = s.peer.len > 0 ? xstrndup(s.peer.p, s.peer.len) :
	    xstrdup("?");
	auth_net_key(s.peer, l->addr);
	l->has_tls = s.tls.len > 0;
	for (size_t i = 0; i < auth.conf->nlisteners; i++)
		if (auth.conf->listeners[i].service == CONF_POP3 &&
		    auth.conf->listeners[i].port == auth_net_port(s.local))
			l->is_pop3 = true;
	l->begun_ms = timer_ms();
	l->has_initial = s.has_initial;
	buf_init(&l->initial, AUTHC_RESPONSE_MAX);
	if (buf_add_slice(&l->initial, s.initial) == -1)
		log_fatal("out of memory");
	if (sources_refresh()) {
		l->state = LOGIN_HELD;
		login_timer(l, HOLD_MS);
		return;
	}
	login_begin(l);
}

static void
on_cont(void *arg, struct msg *msg)
{
	struct login	*l = login_find(arg, msg->id);

	if (l == NULL || l->state != LOGIN_TALKING)
		return;
	l->begun_ms = timer_ms();
	login_step(l, sasl_respond(l->sasl, msg->data));
}

static void
on_abort(void *arg, struct msg *msg)
{
	struct login	*l = login_find(arg, msg->id);
	uint64_t	 now = timer_ms();

	if (l == NULL)
		return;
	/* Whoever hangs up has cost as much as who is wrong. */
	if (l->state == LOGIN_CHECKING)
		auth_tally_fail(auth_tally_get(auth.addrs,
		    slice_str(l->addr), now), now);
	login_free(l);
}

/* Auth says who it is; the front only says what it has. */
static void
session_begin(struct login *l, const struct handoff *h, int fd)
{
	static const struct hash_key	 by_name;	/* the same after a restart */
	struct session			*s = xcalloc(1, sizeof(*s));
	struct user_record		 u;
	struct buf			 b;

	do
		s->number = ++auth.serial;
	while (RB_INSERT(session_tree, &auth.sessions, s) != NULL);
	auth.nsessions++;
	s->user_tally = l->user_tally;
	s->addr_tally = l->addr_tally;
	l->user_tally = l->addr_tally = NULL;
	u.name = buf_slice(&l->account.name);
	u.root = buf_slice(&l->account.root);
	u.uid = (uint32_t)l->account.uid;
	u.gid = (uint32_t)l->account.gid;
	u.hash = hash_slice(&by_name, u.name);
	buf_init(&b, MSG_MAX);
	user_record_put(&b, &u);
	handoff_put(&b, h);
	child_send(auth.child, MSG_SESSION, s->number, fd, buf_slice(&b));
	buf_clear(&b);
}

static void
on_handoff(void *arg, struct msg *msg)
{
	struct login	*l = login_find(arg, msg->id);
	unsigned char	 token[AUTHC_TOKEN_LEN];
	struct handoff	 h;

	if (authc_handoff_get(msg->data, token, &h) == -1 || l == NULL ||
	    l->state != LOGIN_ACCEPTED ||
	    CRYPTO_memcmp(token, l->token, sizeof(token)) != 0) {
		close(msg->fd);
		/* The token of a login that timed out is not the front's fault. */
		if (l != NULL)
			chan_refuse(msg->chan, msg);
		return;
	}
	session_begin(l, &h, msg->fd);
	login_free(l);
}

static const struct msg_permit front_permits[] = {
	{ MSG_AUTH_START, 1, AUTHC_START_MAX, false, on_start },
	{ MSG_AUTH_CONT, 0, AUTHC_RESPONSE_MAX, false, on_cont },
	{ MSG_AUTH_ABORT, 0, 0, false, on_abort },
	{ MSG_HANDOFF, 1, MSG_MAX, true, on_handoff },
	{ 0, 0, 0, false, NULL }
};

/* Its logins end with a front; its sessions are elsewhere already. */
static void
front_gone(struct front *f)
{
	struct login	*l;

	while ((l = RB_ROOT(&f->logins)) != NULL)
		login_free(l);
	chan_free(f->chan);
	f->chan = NULL;
}

static void
on_front_closed(void *arg, bool broken)
{
	(void)broken;
	front_gone(arg);
}

/* Messages of the parent. */

static void
on_session_end(void *arg, struct msg *msg)
{
	struct session	 find = { .number = msg->id }, *s;

	(void)arg;
	s = RB_FIND(session_tree, &auth.sessions, &find);
	if (s == NULL)
		return;
	RB_REMOVE(session_tree, &auth.sessions, s);
	auth.nsessions--;
	s->user_tally->sessions--;
	s->addr_tally->sessions--;
	free(s);
}

/* One that an auth of before us let in: it counts. */
static void
on_session_known(void *arg, struct msg *msg)
{
	struct msg_reader	 r = msg_reader(msg->data);
	struct slice		 name = msg_get_slice(&r, USER_NAME_MAX);
	struct slice		 peer = msg_get_slice(&r, HANDOFF_ADDR_MAX);
	struct session		*s = xcalloc(1, sizeof(*s));
	char			 addr[AUTH_NET_KEY_MAX];

	(void)arg;
	s->number = msg->id;
	if (!msg_get_end(&r) ||
	    RB_INSERT(session_tree, &auth.sessions, s) != NULL) {
		free(s);
		chan_refuse(msg->chan, msg);
		return;
	}
	auth.nsessions++;
	auth_net_key(peer, addr);
	s->user_tally = auth_tally_get(auth.users, name, timer_ms());
	s->user_tally->sessions++;
	s->addr_tally = auth_tally_get(auth.addrs, slice_str(addr),
	    timer_ms());
	s->addr_tally->sessions++;
}

static const struct msg_permit parent_permits[] = {
	{ MSG_CONF_USERS, 0, 0, true, on_users },
	{ MSG_SESSION_KNOWN, 8, MSG_MAX, false, on_session_known },
	{ MSG_SESSION_END, 0, 0, false, on_session_end },
	{ 0, 0, 0, false, NULL }
};

static int
auth_configure(struct child *c, const struct conf *next)
{
	struct auth_sources	*sources;

	if (next->nusers > SOURCES_MAX) {
		log_warn("more than %d sources of users", SOURCES_MAX);
		return -1;
	}
	sources = auth_sources_new(next, auth.files, auth.sources);
	if (sources == NULL)
		return -1;
	auth_sources_free(auth.sources);
	auth.sources = sources;
	auth.conf = next;
	memset(auth.asked_ms, 0, sizeof(auth.asked_ms));
	if (auth.child == NULL) {
		auth.child = c;
		auth.pool = auth_pool_new(c->base);
	}
	auth_cache_limit(auth.cache, next->auth_cache_size,
	    (uint64_t)next->auth_cache_lifetime * 1000);
	release_held();
	return 0;
}

static void
auth_channel(struct child *c, enum role peer, uint32_t number, int fd)
{
	struct front	*f;

	if (peer == ROLE_CHECK) {
		auth_pool_channel(auth.pool, number, fd);
		return;
	}
	if (peer != ROLE_FRONT || number >= FRONTS_MAX)
		log_fatal("a channel to a process that has none");
	f = &auth.fronts[number];
	if (f->chan != NULL)
		front_gone(f);
	(void)snprintf(f->name, sizeof(f->name), "front %u", number);
	f->chan = chan_new(c->base, fd, f->name, front_permits,
	    on_front_closed, f);
}

static const struct child_ops ops = {
	.role = ROLE_AUTH,
	.name = "penfold-auth",
	.permits = parent_permits,
	.configure = auth_configure,
	.channel = auth_channel,
};

int
auth_main(int argc, char *argv[])
{
	for (int i = 0; i < FRONTS_MAX; i++)
		RB_INIT(&auth.fronts[i].logins);
	for (int i = 0; i < SOURCES_MAX; i++)
		auth.files[i] = -1;
	RB_INIT(&auth.sessions);
	auth.users = auth_tallies_new();
	auth.addrs = auth_tallies_new();
	auth.cache = auth_cache_new();
	return child_main(&ops, argc, argv);
}
