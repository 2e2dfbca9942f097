/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Lock files: who gets one, and what becomes of those that nobody removed. */
#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/table.h"
#include "storage/maildir/dotlock.h"
#include "tests/unit/shim.h"
#include "tests/unit/util.h"

#define NAME	"file.lock"
#define STALE_S	100

static int dir_fd;

static void
setup(void)
{
	dir_fd = open(unit_dir(), O_RDONLY | O_DIRECTORY);
	ck_assert_int_ne(dir_fd, -1);
}

static void
teardown(void)
{
	(void)close(dir_fd);
}

/* Let the lock file have been made age_s seconds ago. */
static void
make_older(int age_s)
{
	struct timespec times[2];

	ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &times[0]), 0);
	times[0].tv_sec -= age_s;
	times[1] = times[0];
	ck_assert_int_eq(utimensat(dir_fd, NAME, times, 0), 0);
}

/* Make a lock file as another program does, age_s seconds ago. */
static void
left_behind(int age_s)
{
	int fd = openat(dir_fd, NAME, O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	make_older(age_s);
}

/* Make a lock file with a text, as a Dovecot does, age_s seconds ago. */
static void
left_by(const char *pid_host, int age_s)
{
	int fd = openat(dir_fd, NAME, O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, pid_host, strlen(pid_host)),
	    (int)strlen(pid_host));
	(void)close(fd);
	make_older(age_s);
}

/* The pid of a process that is gone. */
static pid_t
dead_pid(void)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

/* Make what is left of our lock file: the inode without text.  Returns it. */
static int
left_of_ours(void)
{
	int fd = openat(dir_fd, NAME, O_WRONLY | O_CREAT | O_EXCL, 0700);

	ck_assert_int_ne(fd, -1);
	return fd;
}

static int
take(struct dotlock *lock)
{
	dotlock_init(lock);
	return dotlock_open(lock, dir_fd, NAME, STALE_S);
}

START_TEST(test_dotlock_is_for_one)
{
	struct dotlock a, b;

	ck_assert(!dotlock_taken(dir_fd, NAME, STALE_S));
	ck_assert_int_eq(take(&a), 0);
	ck_assert(dotlock_held(&a));
	ck_assert(dotlock_taken(dir_fd, NAME, STALE_S));
	ck_assert_int_eq(take(&b), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert(!dotlock_held(&b));
	dotlock_close(&b);
	ck_assert(dotlock_held(&a));
	dotlock_close(&a);
	ck_assert(!dotlock_taken(dir_fd, NAME, STALE_S));
	ck_assert_int_eq(faccessat(dir_fd, NAME, F_OK, 0), -1);
	ck_assert_int_eq(take(&b), 0);
	dotlock_close(&b);
}
END_TEST

/* Another program's lock is abandoned when it is old enough. */
START_TEST(test_dotlock_breaks_by_age)
{
	struct dotlock a;

	left_behind(STALE_S - 50);
	ck_assert(dotlock_taken(dir_fd, NAME, STALE_S));
	ck_assert_int_eq(take(&a), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(unlinkat(dir_fd, NAME, 0), 0);
	left_behind(STALE_S + 50);
	ck_assert(!dotlock_taken(dir_fd, NAME, STALE_S));
	ck_assert_int_eq(take(&a), 0);
	ck_assert(dotlock_held(&a));
	dotlock_close(&a);
	/* The clock was set back, perhaps by a day. */
	left_behind(-STALE_S - 50);
	ck_assert(!dotlock_taken(dir_fd, NAME, STALE_S));
	ck_assert_int_eq(take(&a), 0);
	dotlock_close(&a);
}
END_TEST

#define BEFORE_BOOT	(-1)

static const struct {
	enum { BY_PARENT, BY_DEAD, BY_US, BY_TEXT } by;
	const char	*text;
	int		 age_s;
	bool		 taken;
	const char	*why;
} owners[] = {
	{ BY_PARENT, NULL, 10, true, "its owner lives" },
	{ BY_PARENT, NULL, STALE_S + 50, true, "its owner lives and is slow" },
	{ BY_PARENT, NULL, BEFORE_BOOT, false,
	    "since the boot, another process has that pid" },
	{ BY_DEAD, NULL, 10, false, "its owner is gone" },
	{ BY_DEAD, NULL, 0, true, "too young to judge" },
	{ BY_US, NULL, 10, false, "its owner had the pid that we have" },
	{ BY_TEXT, "1:another.example", 10, true, "of another host" },
	{ BY_TEXT, "1:another.example", STALE_S + 50, false,
	    "of another host, and old" },
	{ BY_TEXT, "1:", 10, true, "cut" },
	{ BY_TEXT, "1:", STALE_S + 50, false, "cut, and old" },
	{ BY_TEXT, "", 10, true, "without text" },
	{ BY_TEXT, "", BEFORE_BOOT, false, "of an earlier boot, text lost" },
};

/* Seconds since the machine was started. */
static int
uptime(void)
{
	struct timespec ts;

	ck_assert_int_eq(clock_gettime(CLOCK_BOOTTIME, &ts), 0);
	return (int)ts.tv_sec;
}

/* The text of a lock file is "pid:host". */
static void
print_owner(int row, char *out, size_t size)
{
	pid_t pids[] = { getppid(), dead_pid(), getpid() };
	char host[256];

	ck_assert_int_eq(gethostname(host, sizeof(host)), 0);
	if (owners[row].by == BY_TEXT)
		(void)snprintf(out, size, "%s", owners[row].text);
	else
		(void)snprintf(out, size, "%ld:%s",
		    (long)pids[owners[row].by], host);
}

/*
 * A lock file that a Dovecot of this host has left, or holds, is judged by its
 * text.
 */
START_TEST(test_dotlock_of_dovecot)
{
	int age_s = owners[_i].age_s;
	const char *why = owners[_i].why;
	struct dotlock a;
	char text[300];

	print_owner(_i, text, sizeof(text));
	left_by(text, age_s == BEFORE_BOOT ? uptime() + 100 : age_s);
	ck_row_eq(text, why, dotlock_taken(dir_fd, NAME, STALE_S),
	    owners[_i].taken);
	ck_row_eq(text, why, take(&a), owners[_i].taken ? -1 : 0);
	dotlock_close(&a);
}
END_TEST

/* The lock of a process of ours that lives is not abandoned, however old. */
START_TEST(test_dotlock_of_a_slow_process)
{
	struct dotlock a, b;

	ck_assert_int_eq(take(&a), 0);
	make_older(STALE_S + 50);
	ck_assert(dotlock_taken(dir_fd, NAME, STALE_S));
	ck_assert_int_eq(take(&b), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert(dotlock_held(&a));
	dotlock_close(&a);
}
END_TEST

/*
 * What is left of our lock by a kill right after its creation, or by a power
 * cut, breaks at once.  It has no text.
 */
START_TEST(test_dotlock_of_an_earlier_boot)
{
	struct dotlock a;

	(void)close(left_of_ours());
	ck_assert(!dotlock_taken(dir_fd, NAME, STALE_S));
	ck_assert_int_eq(take(&a), 0);
	dotlock_close(&a);
}
END_TEST

/* An owner that has created its lock file wants the flock(2) of it. */
static int
owner_wants(const struct shim_event *ev, void *arg)
{
	const int *fd = arg;

	(void)ev;
	ck_assert_int_eq(flock(*fd, LOCK_EX | LOCK_NB), -1);
	return 0;
}

/* Who removes a lock file lets no owner believe in it meanwhile. */
START_TEST(test_dotlock_is_broken_before_its_flock)
{
	struct dotlock a;
	int fd = left_of_ours();

	shim_hook(SHIM_UNLINK, NAME, owner_wants, &fd);
	ck_assert_int_eq(take(&a), 0);
	(void)shim_clear();
	(void)close(fd);
	dotlock_close(&a);
}
END_TEST

/* The lock of a process of ours that was killed breaks at once. */
START_TEST(test_dotlock_of_a_dead_process)
{
	struct dotlock a;
	pid_t pid = fork();
	int status;

	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(take(&a) == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(faccessat(dir_fd, NAME, F_OK, 0), 0);
	ck_assert(!dotlock_taken(dir_fd, NAME, STALE_S));
	ck_assert_int_eq(take(&a), 0);
	dotlock_close(&a);
}
END_TEST

/* What another process does when ours is about to remove the old lock. */
static int
other_takes(const struct shim_event *ev, void *arg)
{
	int *taken = arg;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY);
	struct dotlock other;

	(void)ev;
	ck_assert_int_ne(fd, -1);
	dotlock_init(&other);
	if (dotlock_open(&other, fd, NAME, STALE_S) == 0)
		(*taken)++;
	return 0;
}

/* Two processes find an abandoned lock: one of them gets it. */
START_TEST(test_dotlock_is_broken_by_one)
{
	struct dotlock a;
	int taken = 0;

	left_behind(STALE_S + 50);
	shim_hook(SHIM_UNLINK, NAME, other_takes, &taken);
	if (take(&a) == 0)
		taken++;
	(void)shim_clear();
	ck_assert_int_eq(taken, 1);
	dotlock_close(&a);
}
END_TEST

/* Whoever took a lock from us keeps it when we release ours. */
START_TEST(test_dotlock_that_was_taken_away)
{
	struct dotlock a;

	ck_assert_int_eq(take(&a), 0);
	ck_assert_int_eq(unlinkat(dir_fd, NAME, 0), 0);
	left_behind(0);
	ck_assert(!dotlock_held(&a));
	dotlock_close(&a);
	ck_assert_int_eq(faccessat(dir_fd, NAME, F_OK, 0), 0);
}
END_TEST

/*
 * What is noted before a folder is renamed is removed after it, but for a lock
 * that somebody has taken since.
 */
START_TEST(test_dotlock_in_a_renamed_folder)
{
	struct dotlock_stranded noted, none;
	struct dotlock ours;

	dotlock_note(&none, dir_fd, NAME);
	left_behind(0);
	dotlock_note(&noted, dir_fd, NAME);
	dotlock_break(&none, dir_fd, NAME);
	ck_assert_int_eq(faccessat(dir_fd, NAME, F_OK, 0), 0);
	/* The inode of the first lock file is not given to the next. */
	ck_assert_int_eq(renameat(dir_fd, NAME, dir_fd, "first"), 0);
	left_behind(0);
	dotlock_break(&noted, dir_fd, NAME);
	ck_assert_int_eq(faccessat(dir_fd, NAME, F_OK, 0), 0);
	ck_assert_int_eq(renameat(dir_fd, "first", dir_fd, NAME), 0);
	dotlock_break(&noted, dir_fd, NAME);
	ck_assert_int_eq(faccessat(dir_fd, NAME, F_OK, 0), -1);
	/* A process of ours keeps its lock. */
	ck_assert_int_eq(take(&ours), 0);
	dotlock_note(&noted, dir_fd, NAME);
	dotlock_break(&noted, dir_fd, NAME);
	ck_assert(dotlock_held(&ours));
	dotlock_close(&ours);
}
END_TEST

Suite *
suite_dotlock(void)
{
	Suite *s = suite_create("dotlock");
	TCase *tc = tcase_create("dotlock");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_dotlock_is_for_one);
	tcase_add_test(tc, test_dotlock_breaks_by_age);
	tcase_add_loop_test(tc, test_dotlock_of_dovecot, 0, NROWS(owners));
	tcase_add_test(tc, test_dotlock_of_a_slow_process);
	tcase_add_test(tc, test_dotlock_of_an_earlier_boot);
	tcase_add_test(tc, test_dotlock_is_broken_before_its_flock);
	tcase_add_test(tc, test_dotlock_of_a_dead_process);
	tcase_add_test(tc, test_dotlock_is_broken_by_one);
	tcase_add_test(tc, test_dotlock_that_was_taken_away);
	tcase_add_test(tc, test_dotlock_in_a_renamed_folder);
	suite_add_tcase(s, tc);
	return s;
}
