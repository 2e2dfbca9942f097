/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  parent_main(); see parent.h.
 *
 * This file starts, reloads and stops the daemon.  The children are in
 * parent_kid.c, what the parent sends them in parent_conf.c and
 * parent_ticket.c, and what it accepts from them in parent_session.c.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/resource.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/buf.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/conf/conf_option.h"
#include "common/parent/material.h"
#include "common/parent/parent.h"
#include "common/parent/parent_census.h"
#include "common/parent/parent_conf.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_log.h"
#include "common/parent/parent_session.h"
#include "common/parent/parent_stats.h"
#include "common/parent/parent_ticket.h"
#include "common/parent/parent_watch.h"
#include "common/proc/conf_msg.h"
#include "common/proc/msg.h"
#include "common/proc/pidlock.h"
#include "common/proc/sandbox.h"

/* Seconds after which children that have not finished are killed. */
#define STOP_S		5

static struct pidlock pidlock;

/* Start auth and the configured number of each other role. */
static void
populate(void)
{
	const struct conf *conf = parent.m->conf;
	uint32_t cores = (uint32_t)parent.ncores;

	kid_populate(ROLE_AUTH, 1);
	kid_populate(ROLE_CHECK, conf->checkers == 0 ? cores : conf->checkers);
	kid_populate(ROLE_FRONT, conf->fronts == 0 ? cores : conf->fronts);
}

/*
 * Keep the values of options that only a restart can change, and log their
 * names if they differ.
 */
static void
keep_for_restart(struct conf *next, struct conf *now)
{
	struct buf names;

	buf_init(&names, 1024);
	conf_option_keep(next, now, CONF_OPT_RESTART, &names);
	if (buf_len(&names) > 0)
		log_warn("a restart is needed for changes of: %.*s",
		    SLICE_ARG(buf_slice(&names)));
	buf_clear(&names);
}

static void
on_sighup(int sig, short what, void *arg)
{
	struct material *m;
	struct kid *k;

	(void)sig;
	(void)what;
	(void)arg;
	if (parent.stopping)
		return;
	m = material_load(parent.service, parent.conf_path, parent.m, true);
	if (m == NULL) {
		log_warn("reload failed: the old configuration stays in force");
		parent_log_start(parent.m->conf);
		return;
	}
	parent_log_start(m->conf);
	keep_for_restart(m->conf, parent.m->conf);
	material_free(parent.m);
	parent.m = m;
	TAILQ_FOREACH(k, &kids, entry)
		if (k->chan != NULL && !k->retired)
			parent_conf_send(k);
	populate();
	parent_ticket_arm();
	log_info("configuration %s is in force", parent.conf_path);
}

static void
on_sigusr1(int sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	parent_stats_log();
}

static void
on_stop_late(int fd, short what, void *arg)
{
	struct kid *k;

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_FOREACH(k, &kids, entry)
		if (k->pid != 0) {
			log_warn("%s pid %ld has not finished: killed",
			    k->name, (long)k->pid);
			(void)kill(k->pid, SIGKILL);
			parent_log_free(k->log);
			k->log = NULL;
		}
	(void)event_base_loopbreak(parent.base);
}

static void
on_sigterm(int sig, short what, void *arg)
{
	struct timeval late = { STOP_S, 0 };
	struct kid *k, *next;

	(void)what;
	(void)arg;
	if (parent.stopping)
		return;
	log_info("stopping on signal %d", sig);
	parent.stopping = true;
	for (size_t i = 0; i < parent.m->nlisteners; i++)
		if (parent.m->listeners[i] != -1) {
			(void)close(parent.m->listeners[i]);
			parent.m->listeners[i] = -1;
		}
	TAILQ_FOREACH_SAFE(k, &kids, entry, next)
		if (k->pid == 0)
			kid_free(k);
		else if (k->role == ROLE_FRONT || k->role == ROLE_MAIL)
			(void)kid_send(k, MSG_SHUTDOWN, 0, -1, SLICE_EMPTY);
	(void)event_base_once(parent.base, -1, EV_TIMEOUT, on_stop_late, NULL,
	    &late);
	kid_maybe_stop();
}

/*
 * The tables to count in go first: a front needs its census before its first
 * configuration.  The channels to its peers come last.
 */
static void
on_forked(struct kid *k)
{
	if (k->role == ROLE_FRONT)
		parent_census_add(k);
	parent_stats_add(k);
	parent_conf_send(k);
	if (k->role == ROLE_AUTH)
		parent_session_new_auth(k);
	parent_conf_link(k);
}

static void
on_died(struct kid *k)
{
	/* A front can shut the sockets down that it shares with all others. */
	if (k->role == ROLE_FRONT)
		material_listen(parent.m);
	parent_stats_drop(k);
	parent_census_drop(k);
}

static const struct kid_hooks kid_hooks = {
	.permits = {
		[ROLE_FRONT] = parent_session_front_permits,
		[ROLE_AUTH] = parent_session_auth_permits,
		[ROLE_CHECK] = parent_session_check_permits,
		[ROLE_MAIL] = parent_session_mail_permits,
	},
	.forked = on_forked,
	.died = on_died,
	.freed = parent_session_end_all,
};

static void
catch_signal(int sig, void (*fn)(int, short, void *))
{
	struct event *ev = evsignal_new(parent.base, sig, fn, NULL);

	if (ev == NULL || event_add(ev, NULL) == -1)
		log_fatal("signal %d", sig);
}

/*
 * Raise the limit of descriptors to the hard limit, and to at least 65536 if
 * that is permitted; children inherit it.
 */
static void
raise_limits(void)
{
	struct rlimit limit;
	rlim_t hard;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	hard = limit.rlim_max;
	limit.rlim_cur = limit.rlim_max = hard < 65536 ? 65536 : hard;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	limit.rlim_cur = limit.rlim_max = hard;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_warn("descriptors: %s", strerror(errno));
}

static int
usage(void)
{
	(void)fprintf(stderr, "usage: %s [-dnVv] [-f file] [-L directory] "
	    "[-p file]\n", parent.service->daemon);
	return 2;
}

/* Check the configuration (-n) and with -v print it. */
static int
check_only(void)
{
	struct buf b;
	struct slice s;

	parent.m = material_load(parent.service, parent.conf_path, NULL, false);
	if (parent.m == NULL)
		return 1;
	buf_init(&b, CONF_MSG_MAX);
	if (!parent.verbose)
		(void)fprintf(stderr, "configuration OK\n");
	else if (conf_print(parent.m->conf, &b) == 0) {
		s = buf_slice(&b);
		(void)fwrite(s.p, 1, s.len, stdout);
	}
	buf_clear(&b);
	return fflush(stdout) == 0 ? 0 : 1;
}

static void
serve(void)
{
	if ((parent.base = event_base_new()) == NULL)
		log_fatal("event base");
	catch_signal(SIGHUP, on_sighup);
	catch_signal(SIGUSR1, on_sigusr1);
	catch_signal(SIGTERM, on_sigterm);
	catch_signal(SIGINT, on_sigterm);
	kid_setup(&kid_hooks);
	parent_ticket_setup();
	parent_watch_setup();
	populate();
	log_info("%s %s started", parent.service->daemon, PENFOLD_VERSION);
	(void)event_base_dispatch(parent.base);
	log_info("stopped");
}

/* Become the daemon.  Until it detaches, errors go to stderr. */
static int
start(const char *pid_path)
{
	(void)signal(SIGPIPE, SIG_IGN);
	raise_limits();
	if ((parent.ncores = sysconf(_SC_NPROCESSORS_ONLN)) < 1)
		parent.ncores = 1;
	parent.m = material_load(parent.service, parent.conf_path, NULL, true);
	if (parent.m == NULL)
		return -1;
	if (pid_path != NULL &&
	    pidlock_open(&pidlock, pid_path) == -1)
		return -1;
	if (!parent.foreground && daemon(1, 0) == -1)
		log_fatal("daemon: %s", strerror(errno));
	if (pidlock_write(&pidlock) == -1)
		return -1;
	parent_log_start(parent.m->conf);
	if (geteuid() != 0)
		log_warn("not started as root: all processes run as uid %u, "
		    "without chroot", (unsigned)geteuid());
	if (sandbox_nodump() == -1 ||
	    sandbox_enter(ROLE_PARENT, NULL) == -1)
		log_fatal("sandbox: %s", strerror(errno));
	return 0;
}

int
parent_main(enum conf_service_id service, int argc, char *argv[])
{
	const char *pid_path = NULL;
	bool no_action = false;
	int ch;

	parent.service = &conf_services[service];
	parent.conf_path = PENFOLD_CONF;
	parent.libexec = PENFOLD_LIBEXEC;
	while ((ch = getopt(argc, argv, "df:L:np:Vv")) != -1)
		switch (ch) {
		case 'd':
			parent.trace = parent.foreground;
			parent.foreground = true;
			break;
		case 'f':
			parent.conf_path = optarg;
			break;
		case 'L':
			parent.libexec = optarg;
			break;
		case 'n':
			no_action = true;
			break;
		case 'p':
			pid_path = optarg;
			break;
		case 'V':
			return printf("%s %s\n", parent.service->daemon,
			    PENFOLD_VERSION) < 0 || fflush(stdout) != 0;
		case 'v':
			parent.verbose = true;
			break;
		default:
			return usage();
		}
	if (argc != optind)
		return usage();
	/* Until the start has succeeded, errors go to the terminal. */
	log_init(parent.service->daemon, LOG_DEST_PLAIN, -1, LOG_LEVEL_INFO);
	if (no_action)
		return check_only();
	if (start(pid_path) == -1)
		return 1;
	if (parent.trace)
		chan_trace("parent");
	serve();
	pidlock_close(&pidlock);
	return 0;
}
