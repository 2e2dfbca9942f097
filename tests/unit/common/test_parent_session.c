/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Sessions as the parent hands them to mail workers.  Auth and the workers are
 * played by the test; none of them is a process.
 */

#include "config.h"

#include <sys/types.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/xmalloc.h"
#include "common/parent/material.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_session.h"
#include "common/proc/handoff.h"
#include "common/proc/parent_msg.h"
#include "tests/unit/util.h"

#define OWNER	4711		/* of mail, if the parent is root */
#define NPEERS	8

static struct conf conf;
static struct material material = { .conf = &conf };
static struct event_base *base;

/* A child: the parent's struct kid, and the child's end of the channel. */
struct peer {
	struct kid	*kid;
	struct chan	*chan;		/* NULL: the parent has closed it */
	bool		 cut;		/* the parent saw a rule broken */
	uint32_t	 session;	/* id of the last session */
	bool		 has_fd;	/* and a descriptor came with it */
	char		 got[256];	/* "SESSION_END 7 " and so on */
};
static struct peer peers[NPEERS];
static size_t	 npeers;

static void
on_message(void *arg, struct msg *msg)
{
	struct peer *p = arg;
	struct slice name = SLICE_EMPTY, from = SLICE_EMPTY;
	size_t len = strlen(p->got);

	if (msg->type == MSG_SESSION) {
		p->session = msg->id;
		p->has_fd = msg->fd != -1;
		(void)close(msg->fd);
		(void)snprintf(p->got + len, sizeof(p->got) - len,
		    "SESSION %zu ", msg->data.len);
		return;
	}
	if (msg->type == MSG_SESSION_KNOWN) {
		ck_assert_int_eq(parent_msg_known_parse(msg->data, &name,
		    &from), 0);
		(void)snprintf(p->got + len, sizeof(p->got) - len,
		    "KNOWN %u %.*s %.*s ", msg->id, SLICE_ARG(name),
		    SLICE_ARG(from));
		return;
	}
	(void)snprintf(p->got + len, sizeof(p->got) - len, "%s %u ",
	    msg_name(msg->type), msg->id);
}

static const struct msg_permit permits[] = {
	{ .type = MSG_SESSION, .handle = on_message },
	{ .type = MSG_SESSION_KNOWN, .handle = on_message },
	{ .type = MSG_SESSION_END, .handle = on_message },
	{ .type = MSG_SHUTDOWN, .handle = on_message },
	{ .type = 0 }
};

static void
on_closed(void *arg, bool broken)
{
	struct peer *p = arg;

	(void)broken;
	chan_free(p->chan);
	p->chan = NULL;
}

/* The parent would kill the child's process. */
static void
on_kid_closed(void *arg, bool broken)
{
	struct kid *k = arg;

	for (size_t i = 0; i < npeers; i++)
		if (peers[i].kid == k)
			peers[i].cut = broken;
	chan_free(k->chan);
	k->chan = NULL;
}

static struct peer *
peer_new(enum role role, uint32_t number, uid_t uid,
    const struct msg_permit *from_it)
{
	struct peer *p = &peers[npeers++];
	int fds[2];

	ck_assert_uint_le(npeers, NPEERS);
	ck_assert_int_eq(chan_pair(fds), 0);
	p->kid = kid_new(role, number, uid, uid, "/");
	p->kid->pid = 1 << 30;		/* runs, but nobody has this number */
	p->kid->chan = chan_new(base, fds[0], p->kid->name, from_it,
	    on_kid_closed, p->kid);
	p->chan = chan_new(base, fds[1], "parent", permits, on_closed, p);
	return p;
}

static struct peer *
auth_new(void)
{
	struct peer *p = peer_new(ROLE_AUTH, 0, 0,
	    parent_session_auth_permits);

	parent_session_new_auth(p->kid);
	return p;
}

/* Without root, all workers run as the user who started the parent. */
static uid_t
owner(void)
{
	return geteuid() == 0 ? OWNER : geteuid();
}

static struct peer *
worker_new(uint32_t slot, uid_t uid)
{
	return peer_new(ROLE_MAIL, slot, uid, parent_session_mail_permits);
}

static void
kid_drop(struct kid *k)
{
	TAILQ_REMOVE(&kids, k, entry);
	chan_free(k->chan);
	free(k->root);
	free(k);
}

static void
setup(void)
{
	if (base == NULL)
		base = event_base_new();
	memset(&conf, 0, sizeof(conf));
	conf.workers = 4;
	conf.nusers = 2;
	memset(&parent, 0, sizeof(parent));
	parent.base = base;
	parent.m = &material;
	TAILQ_INIT(&kids);
	memset(peers, 0, sizeof(peers));
	npeers = 0;
}

static void
teardown(void)
{
	for (size_t i = 0; i < npeers; i++) {
		if (peers[i].kid != NULL) {
			parent_session_end_all(peers[i].kid);
			ck_assert_uint_eq(peers[i].kid->nsessions, 0);
		}
	}
	for (size_t i = 0; i < npeers; i++) {
		if (peers[i].kid != NULL)
			kid_drop(peers[i].kid);
		chan_free(peers[i].chan);
	}
	memset(&parent, 0, sizeof(parent));
}

static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
}

/* What came since the last call. */
static const char *
got(struct peer *p)
{
	static char text[sizeof(p->got)];

	turn();
	(void)strlcpy(text, p->got, sizeof(text));
	p->got[0] = '\0';
	return text;
}

/* A session of ann; returns the length of the message. */
static size_t
encode(struct buf *b, const char *root, uint64_t hash)
{
	const struct user_record u = {
		.name = SLICE_LIT("ann"), .root = slice_str(root),
		.uid = OWNER, .gid = OWNER, .hash = hash,
	};
	const struct handoff h = { .peer = SLICE_LIT("192.0.2.1:1") };

	buf_init(b, MSG_MAX);
	user_record_put(b, &u);
	handoff_put(b, &h);
	return buf_len(b);
}

/* Auth sends a session, with one end of a pipe.  Returns the other end. */
static int
send_session(struct peer *auth, uint32_t id, const char *root, uint64_t hash)
{
	struct buf b;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	(void)encode(&b, root, hash);
	ck_assert_int_eq(chan_send(auth->chan, MSG_SESSION, id, fds[1],
	    buf_slice(&b)), 0);
	buf_clear(&b);
	turn();
	return fds[0];
}

/* Whether the parent has closed its copy of the descriptor. */
static bool
is_closed(int fd)
{
	char c;
	bool end = read(fd, &c, 1) == 0;

	(void)close(fd);
	return end;
}

static void
say(struct peer *p, enum msg_type type, uint32_t id)
{
	ck_assert_int_eq(chan_send(p->chan, type, id, -1, SLICE_EMPTY), 0);
	turn();
}

/* A session goes to the worker of its owner and its user, as it came. */
START_TEST(test_parent_session_finds_its_worker)
{
	struct peer *auth = auth_new();
	struct peer *other = worker_new(2, owner() + 1);
	struct peer *wrong = worker_new(1, owner());
	struct peer *old = worker_new(2, owner());
	struct peer *right = worker_new(2, owner());
	char want[32];
	struct buf b;

	old->kid->retired = true;
	(void)snprintf(want, sizeof(want), "SESSION %zu ",
	    encode(&b, "/m", 6));
	buf_clear(&b);
	/* 6 % 4 workers. */
	ck_assert(is_closed(send_session(auth, 77, "/m", 6)));
	ck_assert_str_eq(got(right), want);
	ck_assert(right->has_fd);
	ck_assert_uint_eq(right->kid->nsessions, 1);
	ck_assert_str_eq(got(other), "");
	ck_assert_str_eq(got(wrong), "");
	ck_assert_str_eq(got(old), "");
	ck_assert_str_eq(got(auth), "");
	/* When it ends, auth hears its own number. */
	say(right, MSG_SESSION_END, right->session);
	ck_assert_str_eq(got(auth), "SESSION_END 77 ");
	ck_assert_uint_eq(right->kid->nsessions, 0);
}
END_TEST

static const struct {
	const char	*home;
	bool		 inside;
} homes[] = {
	{ "/var/vmail/a/b",	true },
	{ "/var/vmail/a",	true },
	{ "/var/vmail",		false },
	{ "/var/vmail2/a",	false },
	{ "/var",		false },
	{ "/home/a/Maildir",	false },
};

/*
 * A worker that is confined to the mail root gets no session of a user whose
 * mail is elsewhere, and no other worker gets the session of one in it.
 */
START_TEST(test_parent_session_to_the_worker_of_its_root)
{
	struct peer *auth = auth_new();
	struct peer *anywhere = worker_new(0, owner());
	struct peer *inside = worker_new(0, owner());
	char mail[] = "/var/vmail/%d/%n";

	conf.mail = mail;
	free(inside->kid->root);
	inside->kid->root = xstrdup("/var/vmail");
	ck_assert(is_closed(send_session(auth, 1, homes[_i].home, 0)));
	ck_assert_uint_eq(inside->kid->nsessions, homes[_i].inside);
	ck_assert_uint_eq(anywhere->kid->nsessions, !homes[_i].inside);
}
END_TEST

/* By default there are two workers for each processor. */
START_TEST(test_parent_session_workers_by_default)
{
	struct peer *auth = auth_new();
	struct peer *worker = worker_new(5, owner());

	conf.workers = 0;
	parent.ncores = 3;
	ck_assert(is_closed(send_session(auth, 1, "/m", 6 * 1000 + 5)));
	ck_assert_uint_eq(worker->kid->nsessions, 1);
}
END_TEST

/* A worker may end its own sessions only: any other is a rule broken. */
START_TEST(test_parent_session_of_another_worker)
{
	struct peer *auth = auth_new();
	struct peer *a = worker_new(0, owner()), *b = worker_new(1, owner());

	ck_assert(is_closed(send_session(auth, 1, "/m", 0)));
	say(b, MSG_SESSION_END, a->session);
	ck_assert(b->cut);
	ck_assert_ptr_null(b->kid->chan);
	ck_assert_uint_eq(a->kid->nsessions, 1);
	ck_assert_str_eq(got(auth), "");
	say(a, MSG_SESSION_END, a->session + 1000);
	ck_assert(a->cut);
	ck_assert_uint_eq(a->kid->nsessions, 1);
}
END_TEST

START_TEST(test_parent_session_ends_once)
{
	struct peer *auth = auth_new(), *worker = worker_new(0, owner());

	ck_assert(is_closed(send_session(auth, 1, "/m", 0)));
	say(worker, MSG_SESSION_END, worker->session);
	ck_assert_str_eq(got(auth), "SESSION_END 1 ");
	say(worker, MSG_SESSION_END, worker->session);
	ck_assert(worker->cut);
	ck_assert_str_eq(got(auth), "");
}
END_TEST

/* The sessions of a worker that dies end, and no others. */
START_TEST(test_parent_session_worker_dies)
{
	struct peer *auth = auth_new();
	struct peer *a = worker_new(0, owner()), *b = worker_new(1, owner());

	ck_assert(is_closed(send_session(auth, 1, "/m", 0)));
	ck_assert(is_closed(send_session(auth, 2, "/m", 1)));
	ck_assert(is_closed(send_session(auth, 3, "/m", 4)));
	parent_session_end_all(a->kid);
	ck_assert_str_eq(got(auth), "SESSION_END 1 SESSION_END 3 ");
	ck_assert_uint_eq(a->kid->nsessions, 0);
	ck_assert_uint_eq(b->kid->nsessions, 1);
}
END_TEST

/* When the daemon stops, no session begins any more. */
START_TEST(test_parent_session_while_stopping)
{
	struct peer *auth = auth_new(), *worker = worker_new(0, owner());

	parent.stopping = true;
	ck_assert(is_closed(send_session(auth, 9, "/m", 0)));
	ck_assert_str_eq(got(auth), "SESSION_END 9 ");
	ck_assert_str_eq(got(worker), "");
}
END_TEST

/* A message that auth cannot have sent cuts auth off, and leaks nothing. */
START_TEST(test_parent_session_broken_message)
{
	struct peer *auth = auth_new(), *worker = worker_new(0, owner());
	struct buf b;
	int fds[2];

	ck_assert(is_closed(send_session(auth, 1, "relative", 0)));
	ck_assert(auth->cut);
	kid_drop(auth->kid);
	auth->kid = NULL;
	auth = auth_new();
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	(void)encode(&b, "/m", 0);
	msg_put_u8(&b, 0);
	ck_assert_int_eq(chan_send(auth->chan, MSG_SESSION, 1, fds[1],
	    buf_slice(&b)), 0);
	buf_clear(&b);
	turn();
	ck_assert(is_closed(fds[0]));
	ck_assert(auth->cut);
	ck_assert_str_eq(got(worker), "");
}
END_TEST

/* An auth process that is forked again learns which sessions there are. */
START_TEST(test_parent_session_new_auth)
{
	struct peer *auth = auth_new(), *worker = worker_new(0, owner());
	char want[64];
	uint32_t first, second;

	ck_assert(is_closed(send_session(auth, 77, "/m", 0)));
	first = worker->session;
	kid_drop(auth->kid);
	auth->kid = NULL;
	auth = auth_new();
	(void)snprintf(want, sizeof(want), "KNOWN %u ann 192.0.2.1:1 ",
	    first);
	ck_assert_str_eq(got(auth), want);
	ck_assert(is_closed(send_session(auth, 77, "/m", 0)));
	second = worker->session;
	ck_assert_uint_ne(first, second);
	/* From now on the first one has the parent's number for auth, too. */
	say(worker, MSG_SESSION_END, first);
	(void)snprintf(want, sizeof(want), "SESSION_END %u ", first);
	ck_assert_str_eq(got(auth), want);
	say(worker, MSG_SESSION_END, second);
	ck_assert_str_eq(got(auth), "SESSION_END 77 ");
}
END_TEST

/* While no auth runs, sessions may end. */
START_TEST(test_parent_session_without_auth)
{
	struct peer *auth = auth_new(), *worker = worker_new(0, owner());
	struct kid gone = { .role = ROLE_AUTH };

	ck_assert(is_closed(send_session(auth, 77, "/m", 0)));
	kid_drop(auth->kid);
	auth->kid = NULL;
	/* The next one could not be started: it is told nothing. */
	parent_session_new_auth(&gone);
	auth = peer_new(ROLE_AUTH, 0, 0, parent_session_auth_permits);
	say(worker, MSG_SESSION_END, worker->session);
	ck_assert_uint_eq(worker->kid->nsessions, 0);
	ck_assert_str_eq(got(auth), "");
}
END_TEST

/* A worker that says it is idle is retired, unless a session is on its way. */
START_TEST(test_parent_session_idle)
{
	struct peer *auth = auth_new(), *worker = worker_new(0, owner());

	ck_assert(is_closed(send_session(auth, 1, "/m", 0)));
	(void)got(worker);
	say(worker, MSG_IDLE, 0);
	ck_assert(!worker->kid->retired);
	ck_assert_str_eq(got(worker), "");
	say(worker, MSG_SESSION_END, worker->session);
	say(worker, MSG_IDLE, 0);
	ck_assert(worker->kid->retired);
	ck_assert_str_eq(got(worker), "SHUTDOWN 0 ");
}
END_TEST

/* Auth asks for users files by number; there is none beyond the last. */
START_TEST(test_parent_session_users_stale)
{
	struct peer *auth = auth_new();

	say(auth, MSG_USERS_STALE, 2);
	ck_assert(auth->cut);
}
END_TEST

static void
say_lost(struct peer *auth, uint32_t life, bool broken)
{
	struct buf b;

	buf_init(&b, MSG_MAX);
	parent_msg_lost_put(&b, broken);
	ck_assert_int_eq(chan_send(auth->chan, MSG_PEER_LOST, life, -1,
	    buf_slice(&b)), 0);
	buf_clear(&b);
	turn();
}

/*
 * A front or checker that broke the rules of its channel to auth is ended, and
 * no other: not the one that took its place, and never a worker.
 */
START_TEST(test_parent_session_auth_lost_a_peer)
{
	struct peer *auth = auth_new();
	struct peer *front = peer_new(ROLE_FRONT, 0, 0,
	    parent_session_front_permits);
	struct peer *check = peer_new(ROLE_CHECK, 0, 0,
	    parent_session_front_permits);
	struct peer *worker = worker_new(0, owner());

	front->kid->life = 11;
	check->kid->life = 12;
	worker->kid->life = 13;
	say_lost(auth, 10, true);
	ck_assert(!front->kid->killed && !check->kid->killed);
	say_lost(auth, 11, true);
	ck_assert(front->kid->killed && !check->kid->killed);
	say_lost(auth, 12, true);
	ck_assert(check->kid->killed);
	ck_assert(!auth->cut);
	say_lost(auth, 13, true);
	ck_assert(auth->cut);
	ck_assert(!worker->kid->killed);
}
END_TEST

Suite *
suite_parent_session(void)
{
	Suite *s = suite_create("parent_session");
	TCase *tc = tcase_create("parent_session");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_parent_session_finds_its_worker);
	tcase_add_loop_test(tc, test_parent_session_to_the_worker_of_its_root,
	    0, NROWS(homes));
	tcase_add_test(tc, test_parent_session_workers_by_default);
	tcase_add_test(tc, test_parent_session_of_another_worker);
	tcase_add_test(tc, test_parent_session_ends_once);
	tcase_add_test(tc, test_parent_session_worker_dies);
	tcase_add_test(tc, test_parent_session_while_stopping);
	tcase_add_test(tc, test_parent_session_broken_message);
	tcase_add_test(tc, test_parent_session_new_auth);
	tcase_add_test(tc, test_parent_session_without_auth);
	tcase_add_test(tc, test_parent_session_idle);
	tcase_add_test(tc, test_parent_session_users_stale);
	tcase_add_test(tc, test_parent_session_auth_lost_a_peer);
	suite_add_tcase(s, tc);
	return s;
}
