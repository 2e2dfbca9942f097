/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A user's store on a real folder, for the tests of storage.  All names start
 * with su_, and each function fails the test if the store does not do what was
 * asked.  A mail worker has one struct storage, so two of them in a test stand
 * for two processes.
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

/* The state in which each test starts. */
struct su {
	char		 root[64];	/* the user's mail folder */
	struct storage	*proc;
	struct store	*store;		/* the user's store, opened in proc */
	struct storage_options options;	/* for new processes; see setup() */
	/*
	 * Delays for new processes.  Delayed work is never due here, so that no
	 * test depends on the clock.  A test that wants the work done sets a
	 * delay to 0.
	 */
	struct delays	 delays;
};
extern struct su	su;

/*
 * A suite with two test cases, both filled by add(): in "slices" every
 * operation stops wherever it can and is continued; in "whole" it stops as
 * seldom as in a daemon.  Each test gets a fresh user with the folders INBOX,
 * Sent and Trash.
 */
Suite	*su_suite(const char *name, void (*add)(TCase *tc, bool slices));

/*
 * Set su.root, su.options and su.delays, without a process: for programs that
 * change some of them before they start one.
 */
void	 su_init(void);

/*
 * Fixtures for suites that do not test storage itself: a fresh user, and
 * operations that stop as seldom as they can.
 */
void	 su_setup(void);
void	 su_teardown(void);

/* Start another process with su.options; at most three. */
struct storage	*su_process_new(void);

/* End a process.  Its stores must be closed already. */
void	 su_process_free(struct storage *s);

/* Open the user's store in a process; the caller closes it. */
struct store	*su_open(struct storage *s);

/*
 * Open the mail of another user, whose folder is root.  Returns NULL with err
 * if it cannot be opened.
 */
struct store	*su_open_other(struct storage *s, const char *root,
		    struct store_error *err);

/* End su.proc, and open the store in a new process. */
void	 su_restart(void);

/* The same, after a boot of the machine; boot_id identifies it. */
void	 su_reboot(const char *boot_id);

/* Sync the index as it is now, in the eyes of su_power_cut(). */
void	 su_index_sync(void);

/*
 * Cut the power: the index is as it was at the last su_index_sync().  All other
 * files are as if they had been synced.
 */
void	 su_power_cut(const char *boot_id);

/*
 * One turn of the event loop of a process, as in a daemon, which sleeps at most
 * ms milliseconds.  The others turn, too, since a job of theirs may hold the
 * lock that s waits for; with su_turn_alone() they stand still, so that it is
 * only for tests that know what they are doing then.
 */
void	 su_turn(struct storage *s, int ms);
void	 su_turn_alone(struct storage *s, int ms);

/*
 * Turn the event loop of su.proc until cond is true.  Fails after two minutes:
 * no machine is that slow, so something hangs.
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

/* Run an operation to its end, turning the loops of all processes meanwhile. */
enum run	 su_finish(struct storage *s, struct op *op);

/* Run an operation that must succeed; the caller frees it. */
void	 su_must(struct storage *s, struct op *op);

/* Run an operation in su.proc that must end with this error, and free it. */
void	 su_do(struct op *op, enum store_err want);

/* SELECT; the caller closes the view. */
struct view	*su_select(struct storage *s, struct store *st,
		    const char *name);

/* APPEND with these system flags, byte by byte; returns the UID. */
uint32_t	 su_append(struct storage *s, struct store *st,
		    const char *name, const char *text, uint32_t flags);

/* Start an APPEND of SU_BODY_LF to INBOX in su.proc, ready to be committed. */
struct op	*su_append_start(struct store *st);

/* Deliver as an MTA does: put a message of this name into new/ of INBOX. */
void	 su_deliver(const char *name, const char *text);

/* Deliver to any folder; dir is relative to the user's mail folder. */
void	 su_deliver_as(const char *dir, const char *name, const char *text);

/* Rename a file; both names are relative to the user's mail folder. */
void	 su_move(const char *from, const char *to);

/* Append the text of a message to out, as a client would receive it. */
void	 su_body(struct view *v, uint32_t uid, struct buf *out);

/* What view_sync() reported, such as "EXPUNGE 2;EXISTS 4;". */
struct su_told {
	char	text[4096];
	size_t	len;
};

/* A view_tell function that records the update; arg is a struct su_told. */
bool	 su_tell(void *arg, const struct view_update *u);

/* Sync a view, which must report exactly want. */
void	 su_check_told(struct view *v, bool expunge, const char *want);

/* Sync a view, whatever it reports. */
void	 su_sync(struct view *v);

/*
 * Fill INBOX with the UIDs 2, 4 and 5, after 1 and 3 were expunged, and select
 * it.
 */
struct view *su_select_gaps(void);

/* The id of a mailbox of su.store, as LIST has it; 0 if there is none. */
uint32_t su_mailbox_id(const char *name);

/* The number of messages, as STATUS says. */
uint32_t su_messages(struct storage *s, struct store *st, const char *name);

/* Look for changes in the mailbox, as NOOP does. */
void	 su_refresh(struct storage *s, struct view *v);

/* STORE for one message; keyword may be NULL. */
void	 su_set_flags(struct storage *s, struct view *v, uint32_t uid,
	    enum flags_how how, uint32_t system, const char *keyword);

/* STORE of keywords to one message in su.proc, with this end. */
void	 su_store(struct view *v, uint32_t uid, enum flags_how how,
	    const char *const *names, size_t n, enum store_err want);

/* The same with one keyword. */
void	 su_store_one(struct view *v, uint32_t uid, enum flags_how how,
	    const char *name, enum store_err want);

/* A set of one UID. */
struct idset	su_one(uint32_t uid);

/*
 * Close the view, let the store write what it owes, and select INBOX in a new
 * process.
 */
struct view	*su_again(struct view *v);

/*
 * Fill INBOX with two messages, 1000000001.a and 1000000002.b, which have no
 * keywords, and select it after they were scanned.
 */
struct view	*su_two_messages(void);

/* Add the keywords from kFROM up to kTO, without the latter, one by one. */
void	 su_store_numbered(struct view *v, uint32_t uid, int from, int to);

/* The keywords of a message must be these, such as "$Junk Work". */
void	 su_check_keywords(struct view *v, uint32_t seq, const char *want);

/*
 * The path of a file in penfold/ of su.root, in static memory: the last two are
 * valid.
 */
const char	*su_in_penfold(const char *name);

/* Count the files of a folder, except dot files, whose names contain part. */
int	 su_count_names(const char *dir, const char *part);

#endif
