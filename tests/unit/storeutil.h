/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A user's store on a real folder, for the tests of storage.  Every name
 * starts with su_, and every function fails the test when the store does not
 * do what was asked.
 *
 * A struct storage is what a mail worker has, so two of them in one test
 * stand for two processes.
 */
#ifndef TESTS_UNIT_STOREUTIL_H
#define TESTS_UNIT_STOREUTIL_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/timer.h"
#include "storage/index/delays.h"
#include "storage/store.h"
#include "tests/unit/util.h"

#define SU_BODY_CRLF	"From: a@example.org\r\nSubject: one\r\n\r\nbody\r\n"
#define SU_BODY_LF	"From: b@example.org\nSubject: two words\n\n"	\
			"line\nline\n"

/* What each test begins with. */
struct su {
	char		 root[64];	/* the user's mail folder */
	struct storage	*proc;
	struct store	*store;		/* the user's, opened in proc */
	struct storage_options options;	/* of new processes; see setup() */
	/*
	 * Of new processes: what is only due after a while never is, so that a
	 * test does not depend on the clock.  One that wants it done sets 0.
	 */
	struct delays	 delays;
};
extern struct su	su;

/*
 * A suite with two test cases, both of which add() fills: "slices", where
 * every operation stops wherever it can and is continued, and "whole", where
 * it stops as seldom as in a daemon.  Each test gets a fresh user, whose
 * folders are INBOX, Sent and Trash.
 */
Suite	*su_suite(const char *name, void (*add)(TCase *tc, bool slices));

/* What its test cases begin and end with, for suites that are no tests of
   storage: a fresh user, and operations that stop as seldom as they can. */
void	 su_setup(void);
void	 su_teardown(void);

/* One more process, with the options of all; up to three more. */
struct storage	*su_process_new(void);

/* End a process, whose stores are closed. */
void	 su_process_free(struct storage *s);

/* Open the user's store in a process; the caller closes it. */
struct store	*su_open(struct storage *s);

/* End su.proc, and open the store in a new process. */
void	 su_restart(void);

/* One turn of a process's event loop, which sleeps at most so long. */
void	 su_turn(struct storage *s, int ms);

/*
 * Turn the event loop of su.proc until that is so.  A machine that needs more
 * than two minutes hangs.
 */
#define su_turn_until(cond) do {					\
	uint64_t end_ = timer_ms() + 120000;				\
	while (!(cond)) {						\
		ck_assert_msg(timer_ms() < end_, "never: %s", #cond);	\
		su_turn(su.proc, 10);					\
	}								\
} while (0)

/* One turn of the event loop of each process, without sleeping. */
void	 su_turn_all(void);

/* Run an operation to its end, and the loops of all processes meanwhile. */
enum run	 su_finish(struct storage *s, struct op *op);

/* The same for one that must succeed; the caller frees it. */
void	 su_must(struct storage *s, struct op *op);

/* Run one in su.proc that must end with that error, and free it. */
void	 su_do(struct op *op, enum store_err want);

/* SELECT; the caller closes the view. */
struct view	*su_select(struct storage *s, struct store *st,
		    const char *name);

/* APPEND with these system flags, octet by octet; returns the UID. */
uint32_t	 su_append(struct storage *s, struct store *st,
		    const char *name, const char *text, uint32_t flags);

/* What an MTA does: put a message under that name into new/ of INBOX. */
void	 su_deliver(const char *name, const char *text);

/* The same for any folder, named from the user's mail folder. */
void	 su_deliver_as(const char *dir, const char *name, const char *text);

/* Add the text of a message to out, as it goes to a client. */
void	 su_body(struct view *v, uint32_t uid, struct buf *out);

/* What view_sync() told, such as "EXPUNGE 2;EXISTS 4;". */
struct su_told {
	char	text[4096];
	size_t	len;
};

/* A view_tell function; arg is a struct su_told. */
bool	 su_tell(void *arg, const struct view_update *u);

/* Sync a view, which must tell just this. */
void	 su_check_told(struct view *v, bool expunge, const char *want);

/* Sync a view, whatever it tells. */
void	 su_sync(struct view *v);

/* Look for what changed in the mailbox, as NOOP does. */
void	 su_refresh(struct storage *s, struct view *v);

/* STORE for one message; keyword may be NULL. */
void	 su_set_flags(struct storage *s, struct view *v, uint32_t uid,
	    enum flags_how how, uint32_t system, const char *keyword);

/* Files of a folder, but dot files, whose names contain a string. */
int	 su_count_names(const char *dir, const char *part);

#endif
