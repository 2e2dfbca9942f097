/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Lets every file system call of every script fail in every way, kills the
 * process before every call, cuts the power before every change of the disk
 * and lets two processes take turns; then holds the store against what was
 * answered.
 *
 *	tests/faults/faults [script:mode | :mode ...]
 *	tests/faults/faults -l
 *
 * -l lists all scripts and modes.
 *
 * In the environment, FAULTS_CALL=n tries one call, change or seed alone,
 * FAULTS_SEEDS=n tries so many orders of turns, FAULTS_SAMPLES=n so many disks
 * for each power cut, and FAULTS_LOG=1 shows the log of what went wrong.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/table.h"
#include "tests/faults/trial.h"

static const struct mode modes[] = {
	{ "once", calls_run, false, false },
	{ "stays", calls_run, false, true },
	{ "kill", calls_run, true, false },
	{ "power", power_run, false, false },
	{ "turns", turns_run, false, false },
};

/* Whether the command line asks for this script and mode. */
static bool
is_wanted(char **argv, const struct script *script, const struct mode *mode)
{
	char name[64];

	if (mode->run == turns_run && script->also == NULL)
		return false;
	(void)snprintf(name, sizeof(name), "%s:%s", script->name, mode->name);
	for (int i = 1; argv[i] != NULL; i++)
		if (strcmp(argv[i], name) == 0 ||
		    (argv[i][0] == ':' && strcmp(argv[i] + 1, mode->name) == 0))
			return true;
	return argv[1] == NULL || strcmp(argv[1], "-l") == 0;
}

/* Make all trials of a script in one mode.  Returns whether all were right. */
static bool
run(const struct script *script, const struct mode *mode)
{
	t->script = script;
	t->mode = mode;
	t->points = t->trials = t->bad = 0;
	mode->run();
	printf("%s %s:%s: %lu points, %lu trials, %lu wrong\n",
	    t->bad == 0 ? "ok" : "not ok", script->name, mode->name,
	    t->points, t->trials, t->bad);
	(void)fflush(stdout);
	return t->bad == 0;
}

/* Call fn for all scripts and modes that the command line asks for. */
static bool
for_each(char **argv, bool (*fn)(const struct script *, const struct mode *))
{
	bool ok = true;

	for (const struct script *s = scripts; s->name != NULL; s++)
		for (size_t m = 0; m < NROWS(modes); m++)
			if (is_wanted(argv, s, &modes[m]) && !fn(s, &modes[m]))
				ok = false;
	return ok;
}

static bool
list(const struct script *script, const struct mode *mode)
{
	printf("%s:%s\n", script->name, mode->name);
	return true;
}

int
main(int argc, char **argv)
{
	static char scratch[] = "/dev/shm/penfold-faults.XXXXXX";
	bool ok;

	if (argc > 1 && strcmp(argv[1], "-l") == 0)
		return for_each(argv, list) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (mkdtemp(scratch) == NULL) {
		perror(scratch);
		return EXIT_FAILURE;
	}
	trial_new(scratch);
	ok = for_each(argv, run);
	(void)rmdir(scratch);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
