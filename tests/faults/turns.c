/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Mode "turns": two processes work on one user's mail.  Only one of them runs
 * at a time; at each of its calls it may have to let the other one go on, as a
 * seed says.
 */

#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "storage/index/store_state.h"
#include "tests/faults/trial.h"
#include "tests/faults/world.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

#define NOBODY		(-1)
#define SEEDS		40	/* unless FAULTS_SEEDS says more */

/* Whose turn it is; shared by both processes. */
static struct turn {
	pthread_mutex_t	 lock;
	pthread_cond_t	 changed;
	int		 owner;		/* 0, 1 or NOBODY */
	bool		 wants[2];	/* it waits for its turn */
	int		 ready;		/* processes that have begun */
	int		 ended;		/* processes whose script has ended */
	uint64_t	 random;
	unsigned long	 switches;
} *turn;
static int		 me;
static pthread_t	 loop;		/* helper threads take no turns */

/*
 * Wait until the other process changes something; the lock is held.  If it has
 * died, this one ends, too.
 */
static void
wait_change(void)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	if (pthread_cond_timedwait(&turn->changed, &turn->lock, &until) ==
	    ETIMEDOUT && w->verdict[0] != '\0')
		_exit(1);
}

/* Wait for the turn; the lock is held. */
static void
await(void)
{
	turn->wants[me] = true;
	while (turn->owner != NOBODY && turn->owner != me)
		wait_change();
	turn->wants[me] = false;
	turn->owner = me;
}

static void
take(void)
{
	(void)pthread_mutex_lock(&turn->lock);
	await();
	(void)pthread_mutex_unlock(&turn->lock);
}

static void
give(void)
{
	(void)pthread_mutex_lock(&turn->lock);
	if (turn->owner == me)
		turn->owner = NOBODY;
	(void)pthread_cond_broadcast(&turn->changed);
	(void)pthread_mutex_unlock(&turn->lock);
}

static void
on_sleep(bool before)
{
	if (!pthread_equal(pthread_self(), loop))
		return;
	if (before)
		give();
	else
		take();
}

/* One call in four lets the other process go on. */
static int
on_call(const struct shim_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
	if (!pthread_equal(pthread_self(), loop))
		return 0;
	(void)pthread_mutex_lock(&turn->lock);
	/* A linear congruence, as in Knuth's MMIX. */
	turn->random = turn->random * 6364136223846793005U +
	    1442695040888963407U;
	if (turn->wants[!me] && turn->random >> 62 == 0) {
		turn->owner = !me;
		turn->switches++;
		(void)pthread_cond_broadcast(&turn->changed);
		await();
	}
	(void)pthread_mutex_unlock(&turn->lock);
	return 0;
}

/* Wait until both processes are at the same place. */
static void
meet(int *count)
{
	(void)pthread_mutex_lock(&turn->lock);
	++*count;
	(void)pthread_cond_broadcast(&turn->changed);
	while (*count < 2)
		wait_change();
	(void)pthread_mutex_unlock(&turn->lock);
}

static void
prepare(void)
{
	trial_open();
	t->script->setup();
	if (su.proc != NULL)
		storage_flush(su.proc);
}

static void
work(int who, void (*run)(void))
{
	me = who;
	loop = pthread_self();
	/* One after the other: SQLite does not wait here; see usleep(). */
	take();
	trial_open();
	script_select();
	give();
	meet(&turn->ready);
	shim_hook(SHIM_ALL, w->root, on_call, NULL);
	trial_sleeps = on_sleep;
	take();
	run();
	/* While this process waits below, no job of it may keep the lock. */
	while (su.store != NULL && su.store->writer != NULL)
		su_turn(su.proc, 5);
	(void)shim_clear();
	give();
	trial_sleeps = NULL;
	meet(&turn->ended);
	/* One after the other, since the judge changes mail, too. */
	take();
	w_judge();
	give();
	su_teardown();
}

static void
work_first(void)
{
	work(0, t->script->run);
}

static void
work_second(void)
{
	work(1, t->script->also);
}

static void
turn_reset(uint64_t seed)
{
	pthread_mutexattr_t ma;
	pthread_condattr_t ca;

	*turn = (struct turn){ .owner = NOBODY, .random = seed };
	(void)pthread_mutexattr_init(&ma);
	(void)pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
	(void)pthread_mutex_init(&turn->lock, &ma);
	(void)pthread_condattr_init(&ca);
	(void)pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
	(void)pthread_cond_init(&turn->changed, &ca);
}

static void
try(void)
{
	pid_t first, second;
	int status;

	trial_reset();
	turn_reset(t->n);
	w->calm = true;
	(void)snprintf(t->what, sizeof(t->what), "seed %lu", t->n);
	if (trial_process(prepare) != 0)
		w_wrong("the setup failed");
	first = trial_start(work_first);
	second = trial_start(work_second);
	status = trial_wait(first) | trial_wait(second);
	if (status != 0)
		w_wrong("a process ended with status %#x", (unsigned)status);
	if (w->verdict[0] == '\0' &&
	    (status = trial_process(trial_judge)) != 0)
		w_wrong("the next process ended with status %#x",
		    (unsigned)status);
	t->points += turn->switches;
	trial_end();
}

void
turns_run(void)
{
	const char *seeds = getenv("FAULTS_SEEDS");
	unsigned long n = seeds != NULL ? strtoul(seeds, NULL, 10) : SEEDS;

	turn = trial_share(sizeof(*turn));
	for (t->n = trial_first(0); t->n < n; t->n++) {
		try();
		if (trial_only())
			break;
	}
}
