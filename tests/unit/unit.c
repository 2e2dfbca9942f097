/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Runs every unit test suite, or those named on the command line:
 *
 *	tests/unit/unit [suite ...]
 *
 * A suite is a row in suites.h: test_NAME.c defines suite_NAME().
 */

#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE(name)	Suite *suite_##name(void);
#include "tests/unit/suites.h"
#undef SUITE

static const struct {
	const char	*name;
	Suite		*(*make)(void);
} suites[] = {
#define SUITE(name)	{ #name, suite_##name },
#include "tests/unit/suites.h"
#undef SUITE
	{ NULL, NULL }
};

static int
wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return 1;
	return argc < 2;
}

int
main(int argc, char **argv)
{
	SRunner	*runner;
	int	 failed, nsuites = 0;

	runner = srunner_create(NULL);
	for (size_t i = 0; suites[i].name != NULL; i++) {
		if (!wanted(suites[i].name, argc, argv))
			continue;
		srunner_add_suite(runner, suites[i].make());
		nsuites++;
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (nsuites == 0 && argc > 1) {
		fprintf(stderr, "unit: no such suite\n");
		return EXIT_FAILURE;
	}
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
