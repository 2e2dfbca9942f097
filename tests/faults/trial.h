/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Trials: a script is run, something happens to it, and what is left is judged.
 * Each step runs in a process of its own, so that it may die.
 */

#ifndef TESTS_FAULTS_TRIAL_H
#define TESTS_FAULTS_TRIAL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "tests/faults/script.h"

/* A way to go through a script. */
struct mode {
	const char	*name;
	/* Make all trials of t->script; adds to t->trials and t->bad. */
	void		(*run)(void);
	bool		 kill;		/* of calls.c: the process dies */
	bool		 stays;		/* later calls of this kind fail, too */
	bool		 cut;		/* the WAL-index becomes shorter */
};

/* The trial that is made now, in memory that processes share. */
struct trial {
	const struct script *script;
	const struct mode *mode;
	unsigned long	 n;		/* which call or change, from 0 */
	size_t		 way;		/* which errno or subset, from 0 */
	char		 what[512];	/* the call and the way, for people */
	bool		 ended;		/* the script came to its end */
	unsigned long	 points;	/* calls or changes of the script */
	unsigned long	 trials;
	unsigned long	 bad;
};
extern struct trial	*t;

/* Allocate what trials share, once; scratch, a folder for users, is lent. */
void	 trial_new(const char *scratch);
/* A new user, and no verdict. */
void	 trial_reset(void);
/* Run fn in a process of its own.  Returns its wait(2) status. */
int	 trial_process(void (*fn)(void));
/* The same in two steps; the pid is -1 if fork(2) failed. */
pid_t	 trial_start(void (*fn)(void));
int	 trial_wait(pid_t pid);
/* Called before this process sleeps, and after that; NULL at first. */
extern void	(*trial_sleeps)(bool before);
/*
 * Called when a thread calls this function of libc, which sleeps or waits for a
 * lock; NULL at first.  The wait of the event loop for descriptors is none.
 */
extern void	(*trial_waits)(const char *function);
/* Open a user's store in su, in a process that runs the script. */
void	 trial_open(void);
/* The process that starts on what is left: it judges. */
void	 trial_judge(void);
/* Count a trial, report it if it went wrong, and remove its files. */
void	 trial_end(void);
/* Memory, zeroed, that processes share; never freed. */
void	*trial_share(size_t len);
/* The number that FAULTS_CALL asks for, or n. */
unsigned long	 trial_first(unsigned long n);
/* The distance between numbers that are tried: FAULTS_EVERY, or 1. */
unsigned long	 trial_every(void);
/* Whether only that number is asked for. */
bool	 trial_only(void);

/* The modes of calls.c, power.c and turns.c. */
void	 calls_run(void);
void	 power_run(void);
void	 turns_run(void);

#endif
