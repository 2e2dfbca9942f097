/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Untagged updates (RFC 3501, 5.2 and 7.3), and what a session keeps of its
 * mailbox.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "imapd/update.h"
#include "tests/unit/storeutil.h"
#include "tests/unit/util.h"

#define SYSTEM	"\\Seen \\Answered \\Flagged \\Deleted \\Draft"

static struct session s;
static struct view *other;		/* another session's */
static struct buf out;

static void
setup(void)
{
	su_setup();
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	memset(&s, 0, sizeof(s));
	buf_init(&out, BUF_NOCAP);
	reply_init(&s.reply, &out);
	s.store = su.store;
	s.tells_recent = true;
	session_select(&s, su_select(su.proc, su.store, "INBOX"));
	other = su_select(su.proc, su.store, "INBOX");
}

static void
teardown(void)
{
	session_unselect(&s);
	view_close(other);
	buf_clear(&out);
	su_teardown();
}

/* Check what was printed since the last check. */
static void
check_said(const char *want)
{
	ck_assert(!s.reply.failed);
	ck_slice_eq(buf_slice(&out), want);
	buf_truncate(&out, 0);
}

static void
check_told(bool expunge, const char *want)
{
	ck_assert(update_send(&s, expunge) == RUN_DONE);
	check_said(want);
}

static void
expunge(uint32_t uid)
{
	struct idset set;
	struct op *op;

	su_set_flags(su.proc, other, uid, FLAGS_ADD, FLAG_DELETED, NULL);
	idset_init(&set, 10);
	ck_assert_int_eq(idset_add(&set, uid), 0);
	op = expunge_new(other, &set);
	su_must(su.proc, op);
	op_free(op);
	idset_clear(&set);
}

START_TEST(test_update_nothing_is_new)
{
	check_told(true, "");
}
END_TEST

START_TEST(test_update_without_a_mailbox)
{
	session_unselect(&s);
	check_told(true, "");
}
END_TEST

/* RECENT is of IMAP4rev1 only (RFC 9051, appendix E). */
START_TEST(test_update_new_messages)
{
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	check_told(false, "* 3 EXISTS\r\n* 3 RECENT\r\n");
	s.tells_recent = false;
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	check_told(true, "* 4 EXISTS\r\n");
}
END_TEST

/* RFC 3501, 7.4.1: no EXPUNGE while sequence numbers are in use. */
START_TEST(test_update_expunge_waits_until_it_is_allowed)
{
	expunge(1);
	check_told(false, "");
	check_told(true, "* 1 EXPUNGE\r\n");
	check_told(true, "");
}
END_TEST

START_TEST(test_update_flags)
{
	su_set_flags(su.proc, other, 2, FLAGS_ADD, FLAG_SEEN, NULL);
	check_told(false, "* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent))\r\n");
	check_told(true, "");
}
END_TEST

/* FLAGS names a new keyword before the first message that has it. */
START_TEST(test_update_keywords)
{
	su_set_flags(su.proc, other, 1, FLAGS_ADD, 0, "$Junk");
	check_told(false, "* FLAGS (" SYSTEM " $Junk)\r\n"
	    "* OK [PERMANENTFLAGS (" SYSTEM " $Junk \\*)] Flags permitted."
	    "\r\n* 1 FETCH (UID 1 FLAGS (\\Recent $Junk))\r\n");
	update_keywords(&s);
	check_said("");
}
END_TEST

START_TEST(test_update_flag_names_when_readonly)
{
	struct op *op = select_new(su.store, SLICE_LIT("INBOX"),
	    VIEW_READONLY);

	su_must(su.proc, op);
	session_unselect(&s);
	session_select(&s, select_result(op));
	op_free(op);
	update_flag_names(&s);
	check_said("* FLAGS (" SYSTEM ")\r\n"
	    "* OK [PERMANENTFLAGS ()] Read-only mailbox.\r\n");
}
END_TEST

/* With CONDSTORE, each FETCH has the mod-sequence (RFC 7162, 3.1). */
START_TEST(test_update_with_condstore)
{
	char want[128];
	uint64_t modseq;
	struct flags flags;

	s.enabled = CAP_BIT(CAP_CONDSTORE);
	su_set_flags(su.proc, other, 1, FLAGS_ADD, FLAG_SEEN, NULL);
	view_flags(other, 1, &flags, &modseq);
	(void)snprintf(want, sizeof(want), "* 1 FETCH (UID 1 FLAGS (\\Seen "
	    "\\Recent) MODSEQ (%ju))\r\n", (uintmax_t)modseq);
	check_told(false, want);
}
END_TEST

/* RFC 7162, 3.1.3: after STORE.SILENT the client still needs MODSEQ. */
START_TEST(test_update_silent)
{
	char want[128];
	uint64_t modseq;
	struct flags flags;

	view_flags(s.view, 2, &flags, &modseq);
	update_flags(&s, 2, 2, true);
	(void)snprintf(want, sizeof(want),
	    "* 2 FETCH (UID 2 MODSEQ (%ju))\r\n", (uintmax_t)modseq);
	check_said(want);
}
END_TEST

/* When the output is full, the rest is sent later and nothing is lost. */
START_TEST(test_update_stops_when_the_output_is_full)
{
	size_t fill = WCONN_HIGH;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	ck_assert_int_eq(buf_add_fmt(&out, "%*s", (int)fill, ""), 0);
	ck_assert(update_send(&s, true) == RUN_MORE);
	ck_assert_uint_eq(buf_len(&out), fill);
	/* With an octet less there is room for one response. */
	buf_truncate(&out, fill - 1);
	ck_assert(update_send(&s, true) == RUN_MORE);
	ck_slice_eq(slice_from(buf_slice(&out), fill - 1),
	    "* 3 EXISTS\r\n");
	buf_truncate(&out, 0);
	check_told(true, "* 3 RECENT\r\n");
}
END_TEST

/* HIGHESTMODSEQ is told once for each mailbox (RFC 7162, 3.1.2). */
START_TEST(test_session_condstore)
{
	char want[128];

	(void)snprintf(want, sizeof(want), "* OK [HIGHESTMODSEQ %ju] "
	    "Highest\r\n", (uintmax_t)view_highestmodseq(s.view));
	session_condstore(&s);
	check_said(want);
	ck_assert(session_has(&s, CAP_CONDSTORE));
	session_condstore(&s);
	check_said("");
	session_unselect(&s);
	session_condstore(&s);
	check_said("");
	ck_assert(session_has(&s, CAP_CONDSTORE));
	session_select(&s, su_select(su.proc, su.store, "INBOX"));
	session_condstore(&s);
	check_said(want);
}
END_TEST

/* \Recent is told of a message whose \Recent this session has. */
START_TEST(test_session_recent)
{
	ck_assert(session_recent(&s, 1));
	s.tells_recent = false;
	ck_assert(!session_recent(&s, 1));
	s.tells_recent = true;
	session_unselect(&s);
	session_select(&s, su_select(su.proc, su.store, "INBOX"));
	ck_assert(!session_recent(&s, 1));
}
END_TEST

START_TEST(test_session_bad_literal_ends)
{
	ck_assert(session_bad_literal(&s) == RUN_FAIL);
	ck_assert(s.dead);
	check_said("* BYE Literal size is out of range.\r\n");
}
END_TEST

Suite *
suite_imap_update(void)
{
	Suite *suite = suite_create("imap_update");
	TCase *tc = tcase_create("update");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_update_nothing_is_new);
	tcase_add_test(tc, test_update_without_a_mailbox);
	tcase_add_test(tc, test_update_new_messages);
	tcase_add_test(tc, test_update_expunge_waits_until_it_is_allowed);
	tcase_add_test(tc, test_update_flags);
	tcase_add_test(tc, test_update_keywords);
	tcase_add_test(tc, test_update_flag_names_when_readonly);
	tcase_add_test(tc, test_update_with_condstore);
	tcase_add_test(tc, test_update_silent);
	tcase_add_test(tc, test_update_stops_when_the_output_is_full);
	suite_add_tcase(suite, tc);
	tc = tcase_create("session");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_session_condstore);
	tcase_add_test(tc, test_session_recent);
	tcase_add_test(tc, test_session_bad_literal_ends);
	suite_add_tcase(suite, tc);
	return suite;
}
