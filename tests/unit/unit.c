/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Runs every unit test, or those named on the command line:
 *
 *	tests/unit/unit [suite | suite:text ...]
 *
 * Each suite is a row in suites.h, and test_NAME.c defines suite_NAME().  With
 * suite:text, only those tests of the suite run whose names contain the text.
 * A name that matches nothing is an error, and all names are listed.
 *
 * CK_FORK=no runs all tests in one process, for debuggers and sanitizers.
 * Files are in a folder of $TMPDIR, or of /tmp.
 */

#include "config.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/util.h"

/*
 * Ends a test that hangs.  Check's own 4 seconds are too few on a busy machine.
 */
#define TIMEOUT		"300"

static const struct {
	const char	*name;
	Suite		*(*make)(void);
} suites[] = {
#define SUITE(name)	{ #name, suite_##name },
#include "tests/unit/suites.h"
#undef SUITE
};

static char		 scratch[48];	/* in $TMPDIR, or /tmp */
static const char	*wanted = "";	/* text in the names of tests to run */
static bool		 listing;	/* print the names and run nothing */
static size_t		 nadded;	/* tests added from this suite */

void
unit_add(TCase *tc, const TTest *test, int start, int end)
{
	if (strstr(test->name, wanted) == NULL)
		return;
	if (listing)
		fprintf(stderr, "  %s\n", test->name);
	else
		_tcase_add_test(tc, test, 0, 0, start, end);
	nadded++;
}

const char *
unit_dir(void)
{
	static char dir[64];

	(void)snprintf(dir, sizeof(dir), "%s/XXXXXX", scratch);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	return dir;
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

static void
list_suites(void)
{
	for (size_t i = 0; i < NROWS(suites); i++)
		fprintf(stderr, "  %s\n", suites[i].name);
}

/* Add the tests an argument names; -1, after a message, if there are none. */
static int
add(SRunner *runner, const char *arg)
{
	size_t len = strcspn(arg, ":"), i = 0;

	while (i < NROWS(suites) && (strlen(suites[i].name) != len ||
	    memcmp(suites[i].name, arg, len) != 0))
		i++;
	if (i == NROWS(suites)) {
		fprintf(stderr, "unit: no suite \"%.*s\", only:\n", (int)len,
		    arg);
		list_suites();
		return -1;
	}
	wanted = arg[len] == ':' ? arg + len + 1 : "";
	nadded = 0;
	srunner_add_suite(runner, suites[i].make());
	if (nadded > 0)
		return 0;
	fprintf(stderr, "unit: no test of %s has \"%s\" in its name, only:\n",
	    suites[i].name, wanted);
	wanted = "";
	listing = true;
	(void)suites[i].make();
	return -1;
}

int
main(int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	const char *tmp = getenv("TMPDIR");
	int failed;

	(void)setenv("CK_DEFAULT_TIMEOUT", TIMEOUT, 0);
	for (int i = 1; i < argc; i++)
		if (add(runner, argv[i]) == -1)
			_exit(2);	/* no leak report */
	for (size_t i = 0; argc < 2 && i < NROWS(suites); i++)
		srunner_add_suite(runner, suites[i].make());
	/* Paths of sockets are short. */
	if (tmp == NULL || strlen(tmp) > sizeof(scratch) / 2)
		tmp = "/tmp";
	(void)snprintf(scratch, sizeof(scratch), "%s/penfold-unit.XXXXXX",
	    tmp);
	if (mkdtemp(scratch) == NULL) {
		perror(scratch);
		return EXIT_FAILURE;
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	(void)nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
