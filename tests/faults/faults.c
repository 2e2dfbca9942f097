/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Lets every file system call of every script fail in every way, and kills the
 * process before every call; then holds the store against what was answered.
 *
 *	tests/faults/faults [script | script:mode ...]
 *
 * Modes are "once" (one call fails), "stays" (this call and all later ones of
 * its kind fail) and "kill".  Each combination of script, mode, call and errno
 * runs in processes of its own: one that runs the script, and one that judges
 * what is left.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/faults/script.h"
#include "tests/faults/world.h"
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

static const struct mode {
	const char	*name;
	bool		 kill;
	bool		 stays;
} modes[] = {
	{ "once", false, false },
	{ "stays", false, true },
	{ "kill", true, false },
};

/* One run of a script; shared with the processes that run it. */
static struct trial {
	const struct script *script;
	const struct mode *mode;
	unsigned long	 n;		/* the call that fails, from 0 */
	size_t		 way;		/* how: a column of ways */
	unsigned long	 seen;		/* calls that the script made */
	bool		 hit;		/* the call was made */
	bool		 tried;		/* there was such a way to fail */
	unsigned int	 kind;		/* of the call */
	char		 what[256];	/* the call, for people */
	bool		 ended;		/* the script came to its end */
} *t;

static char	 scratch[] = "/dev/shm/penfold-faults.XXXXXX";
static FILE	*err;			/* the log of both processes */
static const char *const errnames[] = {
	[EIO] = "EIO", [EMFILE] = "EMFILE", [EACCES] = "EACCES",
	[ENOMEM] = "ENOMEM", [ESTALE] = "ESTALE", [ENOSPC] = "ENOSPC",
	[EMLINK] = "EMLINK", [ENOLCK] = "ENOLCK"
};

/*
 * SQLite sleeps up to ten seconds in all when it can't begin to read: not here,
 * where the reason is an error that stays.
 */
int
usleep(useconds_t us)
{
	(void)us;
	return sched_yield();
}

/* Used by storeutil.c. */
const char *
unit_dir(void)
{
	return w->root;
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

static const int *
ways_of(unsigned int call)
{
	static const int none[1];

	for (size_t i = 0; i < NROWS(ways); i++)
		if (ways[i].call == call)
			return ways[i].errnums;
	return none;
}

/* Let the n-th call fail; called before each call of the script. */
static int
on_call(const struct shim_event *ev, void *arg)
{
	const int *errnums = ways_of(ev->call);
	unsigned long n = t->seen++;
	int errnum = 0;

	(void)arg;
	if (n != t->n && !(t->mode->stays && n > t->n && t->hit &&
	    ev->call == t->kind))
		return 0;
	if (n == t->n) {
		t->hit = true;
		t->kind = ev->call;
		(void)snprintf(t->what, sizeof(t->what), "%s %s%s%s", ev->name,
		    ev->path + strlen(w->root), ev->to[0] == '\0' ? "" : " ",
		    ev->to[0] == '\0' ? "" : ev->to + strlen(w->root));
	}
	if (t->mode->kill)
		raise(SIGKILL);
	for (size_t i = 0; i <= t->way && errnums[i] != 0; i++)
		errnum = i == t->way ? errnums[i] : 0;
	if (errnum != 0)
		t->tried = true;
	return errnum;
}

static void
set_options(void)
{
	su.options.lock_timeout = 1;
	su.options.sync_threads = 1;
	if (t->script->jobs)
		su.delays.rename_ms = su.delays.list_ms =
		    su.delays.control_ms = su.delays.sync_ms = 0;
}

static void
restart(void)
{
	store_close(su.store);
	su_process_free(su.proc);
	set_options();
	su.proc = su_process_new();
	su.store = su_open(su.proc);
}

/* The process in which calls fail. */
static void
run_script(void)
{
	su_setup();
	restart();
	t->script->setup();
	shim_hook(SHIM_ALL, w->root, on_call, NULL);
	t->script->run();
	(void)shim_clear();
	t->ended = true;
	w_judge();
	su_teardown();
}

/* The process that starts on what the other one left. */
static void
judge_rest(void)
{
	su_setup();
	restart();
	w_judge();
	su_teardown();
}

/* Run fn in a process of its own.  Returns its wait(2) status. */
static int
in_process(void (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)dup2(fileno(err), STDERR_FILENO);
		(void)alarm(60);
		fn();
		_exit(0);
	}
	if (pid != -1)
		(void)waitpid(pid, &status, 0);
	return status;
}

static int
remove_one(const char *path, const struct stat *sb, int type,
    struct FTW *where)
{
	(void)sb;
	(void)type;
	(void)where;
	return remove(path);
}

/* One run of the script.  Returns false if it went wrong. */
static bool
try(unsigned long n, size_t way)
{
	char root[64];
	int status;

	(void)snprintf(root, sizeof(root), "%s/u", scratch);
	(void)mkdir(root, 0700);
	w_reset(root);
	if (ftruncate(fileno(err), 0) == -1)
		return false;
	rewind(err);
	t->n = n;
	t->way = way;
	t->seen = 0;
	t->hit = t->tried = t->ended = false;
	status = in_process(run_script);
	if (!(t->mode->kill && t->hit) && status != 0)
		w_wrong("the process ended with status %#x", (unsigned)status);
	if (w->verdict[0] == '\0' && (status = in_process(judge_rest)) != 0)
		w_wrong("the next process ended with status %#x",
		    (unsigned)status);
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return w->verdict[0] == '\0';
}

static void
report(unsigned long n, size_t way)
{
	char line[1024];
	int errnum = t->mode->kill ? 0 : ways_of(t->kind)[way];

	printf("# %s:%s, call %lu, %s: %s: %s\n", t->script->name,
	    t->mode->name, n, t->mode->kill ? "killed" :
	    errnum == SHIM_SHORT ? "short" : errnames[errnum], t->what,
	    w->verdict);
	if (getenv("FAULTS_LOG") == NULL)
		return;
	rewind(err);
	while (fgets(line, sizeof(line), err) != NULL)
		printf("#   %s", line);
}

/* Try all calls of a script in one mode.  Returns false if one went wrong. */
static bool
try_all(const struct script *script, const struct mode *mode)
{
	unsigned long trials = 0, bad = 0, n = 0;
	const char *only = getenv("FAULTS_CALL");
	size_t way;

	t->script = script;
	t->mode = mode;
	if (only != NULL)
		n = strtoul(only, NULL, 10);
	for (;; n++) {
		for (way = 0;; way++) {
			if (!try(n, way)) {
				report(n, way);
				bad++;
			}
			if (!t->hit || (!mode->kill && !t->tried))
				break;
			trials++;
			if (mode->kill)
				break;
		}
		if (!t->hit || only != NULL)
			break;
	}
	printf("%s %s:%s: %lu calls, %lu trials, %lu wrong\n",
	    bad == 0 ? "ok" : "not ok", script->name, mode->name, n, trials,
	    bad);
	(void)fflush(stdout);
	return bad == 0;
}

/* Whether the command line asks for this script and mode. */
static bool
is_wanted(char **argv, const char *script, const char *mode)
{
	size_t len = strlen(script);

	if (argv[1] == NULL)
		return true;
	for (int i = 1; argv[i] != NULL; i++)
		if (strncmp(argv[i], script, len) == 0 &&
		    (argv[i][len] == '\0' || (argv[i][len] == ':' &&
		    strcmp(argv[i] + len + 1, mode) == 0)))
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	bool ok = true;

	(void)argc;
	w_new();
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	err = tmpfile();
	if (t == MAP_FAILED || err == NULL || mkdtemp(scratch) == NULL) {
		perror("faults");
		return EXIT_FAILURE;
	}
	for (const struct script *s = scripts; s->name != NULL; s++)
		for (size_t m = 0; m < NROWS(modes); m++)
			if (is_wanted(argv, s->name, modes[m].name) &&
			    !try_all(s, &modes[m]))
				ok = false;
	(void)nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
