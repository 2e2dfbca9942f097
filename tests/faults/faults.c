/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Lets every file system call of every script fail in every way, kills the
 * process before every call, cuts the power before every change of the disk,
 * makes the WAL-index shorter before every call, and lets two processes take
 * turns; then holds the store against what was
 * answered.
 *
 *	tests/faults/faults [script:mode | :mode ...]
 *	tests/faults/faults -l
 *
 * -l lists all scripts and modes.  An argument that names none of them is an
 * error, and they are listed.  Users have their mail below $TMPDIR or /dev/shm.
 *
 * In the environment, FAULTS_CALL=n tries one call, change or seed alone,
 * FAULTS_EVERY=n every n-th call or change; FAULTS_SEEDS=n tries so many orders
 * of turns, FAULTS_SAMPLES=n so many disks for each power cut, and FAULTS_LOG=1
 * shows the log of what went wrong.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/table.h"
#include "tests/faults/trial.h"

static const struct mode modes[] = {
	{ "once", calls_run, false, false, false },
	{ "stays", calls_run, false, true, false },
	{ "kill", calls_run, true, false, false },
	{ "cut", calls_run, false, false, true },
	{ "power", power_run, false, false, false },
	{ "turns", turns_run, false, false, false },
};
static bool	 all_ok = true;

/* Whether an argument, or NULL for all, names this script in this mode. */
static bool
is_named(const char *arg, const struct script *script, const struct mode *mode)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s:%s", script->name, mode->name);
	return arg == NULL || strcmp(arg, name) == 0 ||
	    (arg[0] == ':' && strcmp(arg + 1, mode->name) == 0);
}

/* Call fn for what an argument names.  Returns how often that was. */
static size_t
for_each(const char *arg, void (*fn)(const struct script *,
    const struct mode *))
{
	size_t n = 0;

	for (const struct script *s = scripts; s->name != NULL; s++)
		for (size_t m = 0; m < NROWS(modes); m++)
			if (is_named(arg, s, &modes[m])) {
				fn(s, &modes[m]);
				n++;
			}
	return n;
}

static void
print(const struct script *script, const struct mode *mode)
{
	printf("%s:%s\n", script->name, mode->name);
}

static void
nothing(const struct script *script, const struct mode *mode)
{
	(void)script;
	(void)mode;
}

/*
 * Make all trials of a script in one mode.  It is wrong as well if nothing
 * could happen to it.
 */
static void
run(const struct script *script, const struct mode *mode)
{
	bool ok;

	t->script = script;
	t->mode = mode;
	t->points = t->trials = t->bad = 0;
	mode->run();
	ok = t->bad == 0 && t->points > 0 && t->trials > 0;
	printf("%s %s:%s: %lu points, %lu trials, %lu wrong\n",
	    ok ? "ok" : "not ok", script->name, mode->name,
	    t->points, t->trials, t->bad);
	(void)fflush(stdout);
	all_ok = all_ok && ok;
}

static void
check_arguments(char **args)
{
	for (; *args != NULL; args++)
		if (for_each(*args, nothing) == 0) {
			fprintf(stderr, "faults: no script and mode \"%s\", "
			    "only:\n", *args);
			(void)fflush(stderr);
			(void)dup2(STDERR_FILENO, STDOUT_FILENO);
			(void)for_each(NULL, print);
			exit(2);
		}
}

int
main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	char scratch[48];

	if (argc == 2 && strcmp(argv[1], "-l") == 0)
		return for_each(NULL, print) > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	check_arguments(argv + 1);
	(void)snprintf(scratch, sizeof(scratch), "%s/penfold-faults.XXXXXX",
	    tmp != NULL && strlen(tmp) < 20 ? tmp : "/dev/shm");
	if (mkdtemp(scratch) == NULL) {
		perror(scratch);
		return EXIT_FAILURE;
	}
	trial_new(scratch);
	if (argc == 1)
		(void)for_each(NULL, run);
	for (int i = 1; i < argc; i++)
		(void)for_each(argv[i], run);
	(void)rmdir(scratch);
	return all_ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
