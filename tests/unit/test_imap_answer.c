/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The content of tagged responses: which error has which code (RFC 5530). */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "imapd/answer.h"
#include "imapd/session.h"
#include "tests/unit/util.h"

static struct session s;

static void
setup(void)
{
	memset(&s, 0, sizeof(s));
	arena_init(&s.cmd.arena, 4096);
}

static void
teardown(void)
{
	arena_clear(&s.cmd.arena);
}

/* A row for each kind, in the order of enum store_err. */
static const struct {
	enum store_err	 kind;
	const char	*want;		/* of answer_store() */
	const char	*into;		/* of answer_store_into() */
	const char	*why;
} codes[] = {
	{ STORE_OK, "", "", "no error" },
	{ STORE_ERR_NONEXISTENT, "NONEXISTENT", "TRYCREATE",
	    "RFC 3501, 7.1: only a target may be created" },
	{ STORE_ERR_EXISTS, "ALREADYEXISTS", "ALREADYEXISTS", "RFC 5530, 3" },
	{ STORE_ERR_NAME, "CANNOT", "CANNOT", "RFC 5530, 3" },
	{ STORE_ERR_NOPERM, "NOPERM", "NOPERM", "RFC 5530, 3" },
	{ STORE_ERR_READONLY, "READ-ONLY", "READ-ONLY", "RFC 3501, 7.1" },
	{ STORE_ERR_HASCHILDREN, "HASCHILDREN", "HASCHILDREN", "RFC 9051" },
	{ STORE_ERR_INUSE, "INUSE", "INUSE", "RFC 5530, 3" },
	{ STORE_ERR_EXPUNGED, "EXPUNGEISSUED", "EXPUNGEISSUED",
	    "RFC 5530, 3" },
	{ STORE_ERR_LIMIT, "LIMIT", "LIMIT", "RFC 5530, 3" },
	{ STORE_ERR_OVERQUOTA, "OVERQUOTA", "OVERQUOTA", "RFC 5530, 3" },
	{ STORE_ERR_TOOBIG, "TOOBIG", "TOOBIG", "RFC 7889" },
	{ STORE_ERR_CHARSET, "BADCHARSET", "BADCHARSET", "RFC 3501, 7.1" },
	{ STORE_ERR_CORRUPT, "CORRUPTION", "CORRUPTION", "RFC 5530, 3" },
	{ STORE_ERR_IO, "SERVERBUG", "SERVERBUG",
	    "the administrator has to act" },
};

START_TEST(test_answer_store_has_the_code_of_the_error)
{
	struct store_error err = { .kind = codes[_i].kind, .text = "Why." };
	const char *kind = codes[_i].want, *why = codes[_i].why;

	ck_assert_int_eq(codes[_i].kind, _i);
	ck_row_eq(kind, why, respcode_name(answer_store_code(&err)), kind);
	ck_row(kind, why, answer_store(&s, &err) == RUN_FAIL);
	ck_row(kind, why, s.cmd.answer.status == STATUS_NO);
	ck_row_eq(kind, why, respcode_name(s.cmd.answer.code), kind);
	ck_row_eq(kind, why, s.cmd.answer.text, "Why.");
	ck_row(kind, why, answer_store_into(&s, &err) == RUN_FAIL);
	ck_row_eq(kind, why, respcode_name(s.cmd.answer.code),
	    codes[_i].into);
}
END_TEST

/*
 * If nobody knows whether a change will last, neither OK nor NO is true: the
 * session ends without a tagged response.
 */
START_TEST(test_answer_store_unsure_ends_the_session)
{
	const struct store_error err = {
		.kind = STORE_ERR_UNSURE, .text = "Who knows."
	};
	struct buf out;

	buf_init(&out, 1000);
	reply_init(&s.reply, &out);
	ck_assert(answer_store_into(&s, &err) == RUN_FAIL);
	ck_assert(s.dead);
	ck_slice_eq(buf_slice(&out), "* BYE [UNAVAILABLE] Who knows.\r\n");
	buf_clear(&out);
}
END_TEST

/* With an errno, the system refused access; the user's rights are fine. */
START_TEST(test_answer_store_refused_by_the_system)
{
	const struct store_error err = {
		.kind = STORE_ERR_NOPERM, .errnum = EACCES
	};

	ck_assert_int_eq(answer_store_code(&err), CODE_SERVERBUG);
}
END_TEST

/* The text outlives the error, and is never empty. */
START_TEST(test_answer_store_keeps_a_text)
{
	struct store_error err = { .kind = STORE_ERR_IO, .text = "First." };
	struct arena none;

	(void)answer_store(&s, &err);
	memset(err.text, 'x', sizeof(err.text));
	ck_slice_eq(s.cmd.answer.text, "First.");
	/* A text without its NUL is cut at the end of its array. */
	(void)answer_store(&s, &err);
	ck_assert_uint_eq(s.cmd.answer.text.len, sizeof(err.text));
	err.text[0] = '\0';
	(void)answer_store(&s, &err);
	ck_slice_eq(s.cmd.answer.text, "The store failed.");
	arena_init(&none, 0);
	arena_clear(&s.cmd.arena);
	s.cmd.arena = none;
	(void)snprintf(err.text, sizeof(err.text), "%s", "Second.");
	(void)answer_store(&s, &err);
	ck_slice_eq(s.cmd.answer.text, "The store failed.");
}
END_TEST

/* A later answer replaces an earlier one, with its code and its arguments. */
START_TEST(test_answer_is_the_last_one)
{
	const struct answer *got = &s.cmd.answer;

	ck_assert(answer_badcharset(&s) == RUN_FAIL);
	ck_assert(got->status == STATUS_NO && got->code == CODE_BADCHARSET);
	ck_slice_eq(got->args, "(US-ASCII UTF-8)");
	ck_assert(answer_bad(&s, CODE_TOOBIG, "Bad.") == RUN_FAIL);
	ck_assert(got->status == STATUS_BAD && got->code == CODE_TOOBIG);
	ck_slice_eq(got->args, "");
	ck_slice_eq(got->text, "Bad.");
	ck_assert(answer_expunged(&s) == RUN_FAIL);
	ck_assert(got->status == STATUS_NO);
	ck_assert(got->code == CODE_EXPUNGEISSUED);
	ck_assert(answer_memory(&s) == RUN_FAIL);
	ck_assert(got->status == STATUS_NO && got->code == CODE_LIMIT);
	ck_slice_eq(got->text, ARG_MEMORY);
	answer_ok(&s, CODE_APPENDUID, SLICE_LIT("1 2"), NULL);
	ck_assert(got->status == STATUS_OK && got->code == CODE_APPENDUID);
	ck_slice_eq(got->args, "1 2");
	ck_assert_uint_eq(got->text.len, 0);
}
END_TEST

Suite *
suite_imap_answer(void)
{
	Suite *suite = suite_create("imap_answer");
	TCase *tc = tcase_create("imap_answer");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_answer_store_has_the_code_of_the_error, 0,
	    NROWS(codes));
	tcase_add_test(tc, test_answer_store_unsure_ends_the_session);
	tcase_add_test(tc, test_answer_store_refused_by_the_system);
	tcase_add_test(tc, test_answer_store_keeps_a_text);
	tcase_add_test(tc, test_answer_is_the_last_one);
	suite_add_tcase(suite, tc);
	return suite;
}
