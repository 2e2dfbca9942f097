/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Processes and reports of trials; see trial.h. */

#include "config.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/disk.h"
#include "tests/faults/trial.h"
#include "tests/faults/world.h"
#include "tests/unit/storeutil.h"

#define SECONDS_MAX	300	/* that a process may take, as in unit.c */

struct trial	*t;
void		(*trial_sleeps)(bool before);
void		(*trial_waits)(const char *function);
static const char *folder;
static FILE	*err;		/* what the processes of a trial log */

/* Where storeutil.c puts a user. */
const char *
unit_dir(void)
{
	return w->root;
}

static void
waits(const char *function)
{
	if (trial_waits != NULL)
		trial_waits(function);
}

/*
 * In a helper thread SQLite sleeps up to ten seconds in all when it can't begin
 * to read: not here, where the reason is an error that stays.
 */
int
usleep(useconds_t us)
{
	(void)us;
	waits("usleep");
	if (trial_sleeps != NULL)
		trial_sleeps(true);
	(void)sched_yield();
	if (trial_sleeps != NULL)
		trial_sleeps(false);
	return 0;
}

int
nanosleep(const struct timespec *want, struct timespec *left)
{
	(void)left;
	waits("nanosleep");
	return ppoll(NULL, 0, want, NULL);
}

int
flock(int fd, int what)
{
	if ((what & (LOCK_NB | LOCK_UN)) == 0)
		waits("flock");
	return (int)syscall(SYS_flock, fd, what);
}

/* The loop of storeutil.c sleeps here. */
int
poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
	int n;

	if (nfds == 0 && timeout != 0)
		waits("poll");
	if (trial_sleeps != NULL)
		trial_sleeps(true);
	n = ppoll(fds, nfds, timeout < 0 ? NULL : &(struct timespec){
	    timeout / 1000, timeout % 1000 * 1000000L }, NULL);
	if (trial_sleeps != NULL)
		trial_sleeps(false);
	return n;
}

/*
 * In place of Check's functions (see Makefile.in), which want to be within a
 * test: a failed assertion becomes the verdict.
 */
void	 __wrap__mark_point(const char *file, int line);
void
__wrap__mark_point(const char *file, int line)
{
	(void)file;
	(void)line;
}

void	 __wrap__ck_assert_failed(const char *file, int line, const char *expr,
	    const char *msg, ...) __attribute__((noreturn));
void
__wrap__ck_assert_failed(const char *file, int line, const char *expr,
    const char *msg, ...)
{
	char text[512] = "";
	va_list ap;

	if (msg != NULL) {
		va_start(ap, msg);
		(void)vsnprintf(text, sizeof(text), msg, ap);
		va_end(ap);
	}
	w_wrong("%s:%d: %s: %s", file, line, expr, text);
	_exit(1);
}

void *
trial_share(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	return p;
}

void
trial_new(const char *scratch)
{
	folder = scratch;
	w = trial_share(sizeof(*w));
	t = trial_share(sizeof(*t));
	disk_new(trial_share(disk_size()));
	err = tmpfile();
	if (err == NULL) {
		perror("faults");
		exit(EXIT_FAILURE);
	}
}

void
trial_reset(void)
{
	char root[64];

	(void)snprintf(root, sizeof(root), "%s/u", folder);
	(void)mkdir(root, 0700);
	w_reset(root);
	t->ended = false;
	t->what[0] = '\0';
	rewind(err);
	if (ftruncate(fileno(err), 0) == -1)
		perror("faults");
}

pid_t
trial_start(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)dup2(fileno(err), STDERR_FILENO);
		(void)alarm(SECONDS_MAX);
		fn();
		_exit(0);
	}
	return pid;
}

int
trial_wait(pid_t pid)
{
	int status = -1;

	if (pid != -1)
		(void)waitpid(pid, &status, 0);
	return status;
}

int
trial_process(void (*fn)(void))
{
	return trial_wait(trial_start(fn));
}

void
trial_open(void)
{
	su_init();
	/* Two processes may have to wait long for their turn. */
	su.options.lock_timeout = t->mode->run == turns_run ? SECONDS_MAX : 1;
	su.options.sync_threads = 1;
	su.delays.heal_ms = 0;
	if (t->script->jobs)
		su.delays.rename_ms = su.delays.list_ms =
		    su.delays.control_ms = su.delays.sync_ms = 0;
	su.proc = su_process_new();
	su.store = su_open(su.proc);
}

void
trial_judge(void)
{
	trial_open();
	w_judge();
	su_teardown();
}

static void
show_log(void)
{
	char line[1024];

	rewind(err);
	while (fgets(line, sizeof(line), err) != NULL)
		printf("#   %s", line);
}

void
trial_end(void)
{
	t->trials++;
	w_erase();
	if (w->verdict[0] == '\0')
		return;
	t->bad++;
	printf("# %s:%s %lu, %s: %s\n", t->script->name, t->mode->name, t->n,
	    t->what, w->verdict);
	if (getenv("FAULTS_LOG") != NULL)
		show_log();
	(void)fflush(stdout);
}

unsigned long
trial_first(unsigned long n)
{
	const char *only = getenv("FAULTS_CALL");

	return only != NULL ? strtoul(only, NULL, 10) : n;
}

unsigned long
trial_every(void)
{
	const char *every = getenv("FAULTS_EVERY");
	unsigned long n = every != NULL ? strtoul(every, NULL, 10) : 1;

	return n > 0 ? n : 1;
}

bool
trial_only(void)
{
	return getenv("FAULTS_CALL") != NULL;
}
