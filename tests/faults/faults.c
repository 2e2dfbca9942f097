/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Lets every file system call of every script fail in every way, kills the
 * process before every call, cuts the power before every change of the disk
 * and lets two processes take turns; then holds the store against what was
 * answered.
 *
 *	tests/faults/faults [script | script:mode ...]
 *
 * In the environment, FAULTS_CALL=n tries one call, change or seed alone,
 * FAULTS_SEEDS=n tries so many orders of turns, and FAULTS_LOG=1 shows the log
 * of what went wrong.
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
is_wanted(char **argv, const char *script, const char *mode)
{
	size_t len = strlen(script);

	if (argv[1] == NULL)
		return true;
	for (int i = 1; argv[i] != NULL; i++)
		if ((strncmp(argv[i], script, len) == 0 &&
		    (argv[i][len] == '\0' || (argv[i][len] == ':' &&
		    strcmp(argv[i] + len + 1, mode) == 0))) ||
		    (argv[i][0] == ':' && strcmp(argv[i] + 1, mode) == 0))
			return true;
	return false;
}

/* Make all trials of a script in one mode.  Returns whether all were right. */
static bool
run(const struct script *script, const struct mode *mode)
{
	t->script = script;
	t->mode = mode;
	t->points = t->trials = t->bad = 0;
	mode->run();
	if (t->trials == 0)
		return true;
	printf("%s %s:%s: %lu points, %lu trials, %lu wrong\n",
	    t->bad == 0 ? "ok" : "not ok", script->name, mode->name,
	    t->points, t->trials, t->bad);
	(void)fflush(stdout);
	return t->bad == 0;
}

int
main(int argc, char **argv)
{
	static char scratch[] = "/dev/shm/penfold-faults.XXXXXX";
	bool ok = true;

	(void)argc;
	if (mkdtemp(scratch) == NULL) {
		perror(scratch);
		return EXIT_FAILURE;
	}
	trial_new(scratch);
	for (const struct script *s = scripts; s->name != NULL; s++)
		for (size_t m = 0; m < NROWS(modes); m++)
			if (is_wanted(argv, s->name, modes[m].name) &&
			    !run(s, &modes[m]))
				ok = false;
	(void)rmdir(scratch);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
