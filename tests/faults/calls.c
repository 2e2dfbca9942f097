/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Modes "once", "stays", "kill" and "cut": each call of a script fails in each
 * way, or the process is killed before it, or another program makes
 * index.db-shm shorter.
 */

#include "config.h"

#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/faults/trial.h"
#include "tests/faults/world.h"
#include "tests/faults/world_state.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

/* The ways in which calls of a kind fail; the lists end with 0. */
static const struct {
	unsigned int	 call;
	int		 errnums[8];
} ways[] = {
	{ SHIM_OPEN, { EIO, EMFILE, EACCES, ENOMEM, ESTALE, ENOSPC } },
	{ SHIM_READ, { EIO, ESTALE, SHIM_SHORT } },
	{ SHIM_WRITE, { EIO, ENOSPC, SHIM_SHORT } },
	{ SHIM_SYNC, { EIO, ENOSPC } },
	{ SHIM_STAT, { EIO, EACCES, ENOMEM, ESTALE } },
	{ SHIM_READDIR, { EIO, ESTALE } },
	{ SHIM_RENAME, { EIO, ENOSPC, EACCES } },
	{ SHIM_LINK, { EIO, ENOSPC, EMLINK } },
	{ SHIM_UNLINK, { EIO, EACCES } },
	{ SHIM_MKDIR, { EIO, ENOSPC, EACCES } },
	{ SHIM_TRUNCATE, { EIO } },
	{ SHIM_TIMES, { EIO } },
	{ SHIM_MMAP, { ENOMEM } },
	{ SHIM_LOCK, { EIO, ENOLCK } },
};

/* What is left of index.db-shm; its pages have 4,096 octets. */
static const int lengths[] = { 0, 4096 };

static pthread_t loop;			/* the thread that runs the script */

/* What happened in this trial; shared with the process that runs it. */
static struct call {
	atomic_ulong	 seen;		/* calls so far, of all threads */
	unsigned int	 kind;		/* of the call that fails */
	bool		 hit;		/* it was made */
	bool		 failed;	/* there was such a way to fail */
} *c;

static const char *const errnames[] = {
	[EIO] = "EIO", [EMFILE] = "EMFILE", [EACCES] = "EACCES",
	[ENOMEM] = "ENOMEM", [ESTALE] = "ESTALE", [ENOSPC] = "ENOSPC",
	[EMLINK] = "EMLINK", [ENOLCK] = "ENOLCK"
};

/* The errno of this trial for a kind of call, or 0 if there are no more. */
static int
errnum_of(unsigned int call)
{
	for (size_t i = 0; i < NROWS(ways); i++)
		if (ways[i].call == call && t->way < NROWS(ways[i].errnums))
			return ways[i].errnums[t->way];
	return 0;
}

static void
describe(const struct shim_event *ev, int errnum)
{
	const char *how = t->mode->cut ? "cut" : "killed";

	if (!t->mode->kill && !t->mode->cut)
		how = errnum == SHIM_SHORT ? "short" : errnames[errnum];
	(void)snprintf(t->what, sizeof(t->what), "%s: %s %s%s%s", how, ev->name,
	    ev->path + strlen(w->root), ev->to[0] == '\0' ? "" : " ",
	    ev->to[0] == '\0' ? "" : ev->to + strlen(w->root));
}

/* What a program does that writes over the file, as cp does. */
static void
cut(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/penfold/index.db-shm", w->root);
	if (truncate(path, lengths[t->way]) == -1 && errno != ENOENT)
		w_wrong("truncate: %s", strerror(errno));
}

/* Whether this is the loop's thread, which never waits for disk or lock. */
static bool
on_loop(void)
{
	return !w_flushing && pthread_equal(pthread_self(), loop);
}

static void
on_wait(const char *function)
{
	if (on_loop())
		w_wrong("the loop's thread waits in %s()", function);
}

/* Called before each call of the script, by helper threads as well. */
static int
on_call(const struct shim_event *ev, void *arg)
{
	unsigned long n = atomic_fetch_add(&c->seen, 1);
	int errnum;

	(void)arg;
	if ((ev->call == SHIM_SYNC || strcmp(ev->name, "F_SETLKW") == 0) &&
	    on_loop())
		w_wrong("the loop's thread waits for %s of %s", ev->name,
		    ev->path + strlen(w->root));
	if (n < t->n || (n > t->n && !(t->mode->stays && ev->call == c->kind)))
		return 0;
	errnum = t->mode->cut ? 0 : errnum_of(ev->call);
	if (n == t->n) {
		c->hit = true;
		c->kind = ev->call;
		if (t->mode->kill || t->mode->cut || errnum != 0)
			describe(ev, errnum);
	}
	if (t->mode->cut && t->way < NROWS(lengths)) {
		cut();
		c->failed = true;
	}
	if (t->mode->kill)
		raise(SIGKILL);
	if (errnum != 0)
		c->failed = true;
	if (errnum != 0 && t->mode->stays && ev->call == SHIM_RENAME)
		w->no_undo = true;
	return errnum;
}

/* One command may fail, by which the store notices that a file was cut. */
static void
let_notice(void)
{
	struct view *v;

	/* A login that failed was that command. */
	if (su.store == NULL || (v = w_select(INBOX)) == NULL)
		return;
	w_look(v, NULL);
	w_close(v);
}

/* The process in which calls fail. */
static void
run_script(void)
{
	loop = pthread_self();
	trial_open();
	t->script->setup();
	shim_hook(SHIM_ALL, w->root, on_call, NULL);
	trial_waits = on_wait;
	t->script->run();
	trial_waits = NULL;
	(void)shim_clear();
	if (t->mode->cut)
		let_notice();
	t->ended = true;
	w_judge();
	su_teardown();
}

/*
 * Let call t->n fail in way t->way.  Returns whether there was such a call and
 * such a way.
 */
static bool
try(void)
{
	bool tried;
	int status;

	trial_reset();
	*c = (struct call){ .kind = 0 };
	status = trial_process(run_script);
	tried = c->hit && (t->mode->kill || c->failed);
	if (t->mode->kill && c->hit ? !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL : status != 0)
		w_wrong("the process ended with status %#x", (unsigned)status);
	if (w->verdict[0] == '\0' && tried) {
		status = trial_process(trial_judge);
		if (status != 0)
			w_wrong("the next process ended with status %#x",
			    (unsigned)status);
	}
	if (tried || w->verdict[0] != '\0')
		trial_end();
	else
		w_erase();
	return tried;
}

void
calls_run(void)
{
	bool hit = true;

	c = trial_share(sizeof(*c));
	for (t->n = trial_first(0); hit; t->n += trial_every()) {
		t->way = 0;
		while (try() && !t->mode->kill)
			t->way++;
		t->points += c->hit;
		hit = c->hit && !trial_only();
	}
}
