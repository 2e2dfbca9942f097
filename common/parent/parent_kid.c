/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  The parent's children; see parent_kid.h.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "common/net/ev.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_log.h"
#include "common/proc/msg.h"
#include "common/proc/proc.h"

/* A child that lived for less than this is forked again after a pause. */
#define LIVED_MS	10000
#define BACKOFF_MIN_MS	100
#define BACKOFF_MAX_MS	30000

struct kids kids;

static const struct kid_hooks *hooks;
static uint32_t	 lives;		/* processes forked so far */

static const struct {
	const char	*name;
	enum msg_type	 retire;	/* message that ends it */
	uint32_t	 max;		/* limit for kid_populate */
} roles[] = {
	[ROLE_FRONT] = { .name = "front", .retire = MSG_RETIRE,
	    .max = FRONTS_MAX },
	[ROLE_AUTH] = { .name = "auth", .retire = MSG_SHUTDOWN, .max = 1 },
	[ROLE_CHECK] = { .name = "check", .retire = MSG_SHUTDOWN,
	    .max = CHECKERS_MAX },
	[ROLE_MAIL] = { .name = "mail", .retire = MSG_SHUTDOWN, .max = 0 },
};

int
kid_send(struct kid *k, enum msg_type type, uint32_t id, int fd,
    struct slice data)
{
	if (k->chan == NULL) {
		if (fd != -1)
			(void)close(fd);
		return 0;
	}
	if (chan_send(k->chan, type, id, fd, data) == 0)
		return 0;
	if (type == MSG_SESSION)
		log_limited(LOG_LEVEL_WARN, "%s pid %ld does not read its "
		    "messages: a session is lost", k->name, (long)k->pid);
	else
		kid_kill(k, "it does not read its messages");
	return -1;
}

static struct kid *
find(enum role role, uint32_t number, bool retired_too)
{
	struct kid *k;

	TAILQ_FOREACH(k, &kids, entry)
		if (k->role == role && k->number == number &&
		    (retired_too || !k->retired))
			return k;
	return NULL;
}

struct kid *
kid_find(enum role role, uint32_t number)
{
	return find(role, number, false);
}

struct kid *
kid_find_life(uint32_t life)
{
	struct kid *k;

	TAILQ_FOREACH(k, &kids, entry)
		if (k->pid != 0 && k->life == life)
			return k;
	return NULL;
}

void
kid_kill(struct kid *k, const char *why)
{
	if (k->pid == 0 || k->killed)
		return;
	k->killed = true;
	log_warn("%s pid %ld is killed: %s", k->name, (long)k->pid, why);
	(void)kill(k->pid, SIGKILL);
}

static void
on_kid_closed(void *arg, bool broken)
{
	struct kid *k = arg;

	chan_free(k->chan);
	k->chan = NULL;
	/* The channel is gone: kill the process, SIGCHLD does the rest. */
	if (broken)
		kid_kill(k, "it sent a message that is not permitted");
	else if (!parent.stopping)
		(void)kill(k->pid, SIGKILL);
}

struct kid *
kid_new(enum role role, uint32_t number, uid_t uid, gid_t gid,
    const char *root)
{
	struct kid *k = xcalloc(1, sizeof(*k));

	k->role = role;
	k->number = number;
	k->uid = uid;
	k->gid = gid;
	k->root = xstrdup(root);
	k->census = -1;
	(void)snprintf(k->name, sizeof(k->name), "%s %u", roles[role].name,
	    (unsigned)number);
	TAILQ_INSERT_TAIL(&kids, k, entry);
	return k;
}

void
kid_free(struct kid *k)
{
	hooks->freed(k);
	TAILQ_REMOVE(&kids, k, entry);
	chan_free(k->chan);
	parent_log_free(k->log);
	if (k->ev_fork != NULL)
		event_free(k->ev_fork);
	free(k->root);
	free(k);
}

/* The program of a child.  Auth and check are one program, for all daemons. */
static const char *
kid_program(const struct kid *k)
{
	if (k->role == ROLE_FRONT)
		return parent.service->front;
	if (k->role == ROLE_MAIL)
		return parent.service->mail;
	return "penfold-auth";
}

static void
on_fork_again(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	kid_fork(arg);
}

static void
kid_fork_later(struct kid *k)
{
	if (timer_ms() - k->started_ms >= LIVED_MS)
		k->backoff_ms = 0;
	else if (k->backoff_ms == 0)
		k->backoff_ms = BACKOFF_MIN_MS;
	else if ((k->backoff_ms *= 2) > BACKOFF_MAX_MS)
		k->backoff_ms = BACKOFF_MAX_MS;
	if (k->ev_fork == NULL)
		k->ev_fork = evtimer_new(parent.base, on_fork_again, k);
	if (k->ev_fork == NULL)
		log_fatal("event");
	ev_wait(k->ev_fork, k->backoff_ms);
}

void
kid_fork(struct kid *k)
{
	char path[1024], program[64], d[] = "-d", v[] = "-v", r[] = "-r";
	char role[16];
	char *argv[9];
	int argc = 0, fd, log_fd;

	if (parent.stopping)
		return;
	(void)strlcpy(program, kid_program(k), sizeof(program));
	(void)snprintf(path, sizeof(path), "%s/%s", parent.libexec, program);
	argv[argc++] = program;
	if (k->role == ROLE_AUTH || k->role == ROLE_CHECK) {
		(void)strlcpy(role, roles[k->role].name, sizeof(role));
		argv[argc++] = r;
		argv[argc++] = role;
	}
	if (parent.foreground)
		argv[argc++] = d;
	if (parent.trace)
		argv[argc++] = d;
	if (parent.verbose)
		argv[argc++] = v;
	argv[argc] = NULL;
	k->started_ms = timer_ms();
	k->life = ++lives;
	k->killed = false;
	k->beat = 0;
	k->silent = 0;
	if ((k->pid = proc_spawn(path, argv, &fd, &log_fd)) == -1) {
		log_warn("%s: fork: %s", k->name, strerror(errno));
		k->pid = 0;
		if (k->role != ROLE_MAIL)
			kid_fork_later(k);
		return;
	}
	k->log = parent_log_new(kid_program(k), k->pid, log_fd);
	k->chan = chan_new(parent.base, fd, k->name, hooks->permits[k->role],
	    on_kid_closed, k);
	hooks->forked(k);
}

void
kid_maybe_stop(void)
{
	struct kid *k;
	bool serving = false;

	if (!parent.stopping)
		return;
	TAILQ_FOREACH(k, &kids, entry)
		if (k->role == ROLE_FRONT || k->role == ROLE_MAIL)
			serving = true;
	if (serving)
		return;
	/*
	 * All sessions have ended and auth was told so: auth and check may go.
	 */
	if (TAILQ_EMPTY(&kids)) {
		(void)event_base_loopbreak(parent.base);
		return;
	}
	TAILQ_FOREACH(k, &kids, entry)
		(void)kid_send(k, MSG_SHUTDOWN, 0, -1, SLICE_EMPTY);
}

static void
kid_died(struct kid *k, int status)
{
	enum role role = k->role;

	/* Its own last words come first. */
	parent_log_free(k->log);
	k->log = NULL;
	if (WIFSIGNALED(status))
		log_warn("%s pid %ld was killed by signal %d", k->name,
		    (long)k->pid, WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		log_warn("%s pid %ld: cannot execute %s/%s", k->name,
		    (long)k->pid, parent.libexec, kid_program(k));
	else if (WEXITSTATUS(status) != 0 || !(parent.stopping || k->retired))
		log_warn("%s pid %ld ended with status %d", k->name,
		    (long)k->pid, WEXITSTATUS(status));
	chan_free(k->chan);
	k->chan = NULL;
	k->pid = 0;
	hooks->died(k);
	if (role == ROLE_MAIL || k->retired || parent.stopping)
		kid_free(k);
	else
		kid_fork_later(k);
	kid_maybe_stop();
}

static void
on_sigchld(int sig, short what, void *arg)
{
	struct kid *k;
	pid_t pid;
	int status;

	(void)sig;
	(void)what;
	(void)arg;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		TAILQ_FOREACH(k, &kids, entry)
			if (k->pid == pid) {
				kid_died(k, status);
				break;
			}
}

void
kid_retire(struct kid *k)
{
	k->retired = true;
	if (k->pid == 0)
		kid_free(k);
	else
		(void)kid_send(k, roles[k->role].retire, 0, -1, SLICE_EMPTY);
}

void
kid_populate(enum role role, uint32_t want)
{
	struct kid *k, *before;
	uint32_t have = 0, number = 0;

	TAILQ_FOREACH(k, &kids, entry)
		have += k->role == role && !k->retired;
	/* A number is free again when the process that had it has ended. */
	for (; have < want && number < roles[role].max; number++)
		if (find(role, number, true) == NULL) {
			kid_fork(kid_new(role, number, 0, 0, ""));
			have++;
		}
	/* Retire the youngest children. */
	TAILQ_FOREACH_REVERSE_SAFE(k, &kids, kids, entry, before)
		if (have > want && k->role == role && !k->retired) {
			kid_retire(k);
			have--;
		}
}

void
kid_setup(const struct kid_hooks *them)
{
	struct event *ev;

	hooks = them;
	TAILQ_INIT(&kids);
	ev = evsignal_new(parent.base, SIGCHLD, on_sigchld, NULL);
	if (ev == NULL || event_add(ev, NULL) == -1)
		log_fatal("signal %d", SIGCHLD);
}
