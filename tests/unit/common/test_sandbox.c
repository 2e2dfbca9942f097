/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What the platform's sandbox forbids, tried in a child process. */

#include "config.h"

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <stdbool.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "common/proc/sandbox.h"
#include "tests/unit/util.h"

/* What the sandbox fails to forbid; 0 if nothing. */
enum hole {
	HOLE_ENTER = 1,
	HOLE_CORE,
	HOLE_DUMPABLE,
	HOLE_PRIVILEGES,
	HOLE_CODE
};

#ifdef __linux__
#define PR_GET_MDWE_	66

/* Before the filter of system calls, which forbids to ask. */
static int
holes_of_nodump(void)
{
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 ? HOLE_DUMPABLE : 0;
}

/* Kernels before 6.3 can't forbid it. */
static bool
forbids_code(void)
{
	return prctl(PR_GET_MDWE_, 0, 0, 0, 0) != -1;
}

static int
holes_of_parent(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ?
	    HOLE_PRIVILEGES : 0;
}
#else
static int
holes_of_nodump(void)
{
	return 0;
}

static bool
forbids_code(void)
{
	return false;
}

static int
holes_of_parent(void)
{
	return 0;
}
#endif

static int
holes_of_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ||
	    mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? HOLE_CODE : 0;
}

static int
holes(enum role role)
{
	struct rlimit core;
	bool code = forbids_code();
	int hole;

	if (sandbox_nodump() == -1)
		return HOLE_ENTER;
	if ((hole = holes_of_nodump()) != 0)
		return hole;
	if (sandbox_enter(role, role == ROLE_MAIL ? "/" : NULL) == -1)
		return HOLE_ENTER;
	if (getrlimit(RLIMIT_CORE, &core) == -1 || core.rlim_max != 0)
		return HOLE_CORE;
	if (role == ROLE_PARENT && (hole = holes_of_parent()) != 0)
		return hole;
	return code ? holes_of_memory() : 0;
}

static const enum role roles[] = {
	ROLE_PARENT, ROLE_FRONT, ROLE_AUTH, ROLE_CHECK, ROLE_MAIL
};

START_TEST(test_sandbox_has_no_holes)
{
	int status;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(holes(roles[_i]));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

Suite *
suite_sandbox(void)
{
	Suite *s = suite_create("sandbox");
	TCase *t = tcase_create("sandbox");

	tcase_add_loop_test(t, test_sandbox_has_no_holes, 0, NROWS(roles));
	suite_add_tcase(s, t);
	return s;
}
