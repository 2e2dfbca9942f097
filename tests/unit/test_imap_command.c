/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The table of commands, and the capabilities that bring them. */
#include "config.h"

#include <stdlib.h>

#include "imapd/command_table.h"
#include "tests/unit/util.h"

#define UNKNOWN	"Unknown command"
#define NO_UID	"UID does not belong to this command"

static const struct {
	struct slice	 in;
	const char	*name;		/* of the row, or NULL: refused */
	bool		 uid;
	const char	*error;
	enum cap	 needs;
} names[] = {
	{ LIT("NOOP"), .name = "NOOP" },
	{ LIT("nOOp"), .name = "NOOP" },
	{ LIT("FETCH 1 X"), .name = "FETCH" },
	{ LIT("uid fetch 1 X"), .name = "FETCH", .uid = true },
	{ LIT("UID COPY"), .name = "COPY", .uid = true },
	{ LIT("MOVE"), .name = "MOVE", .needs = CAP_MOVE },
	{ LIT("UID MOVE"), .name = "MOVE", .uid = true, .needs = CAP_MOVE },
	{ LIT("EXPUNGE"), .name = "EXPUNGE" },
	/* A row of its own: RFC 4315 brings it, not RFC 3501. */
	{ LIT("UID EXPUNGE 1"), .name = "EXPUNGE", .uid = true,
	    .needs = CAP_UIDPLUS },
	{ LIT("UID NOOP"), .error = NO_UID },
	{ LIT("UID CLOSE"), .error = NO_UID },
	{ LIT("NOOPE"), .error = UNKNOWN },
	{ LIT("NOO"), .error = UNKNOWN },
	{ LIT("UID FOO"), .error = UNKNOWN },
	{ LIT("UID UID FETCH"), .error = UNKNOWN },
	{ LIT("UIDFETCH"), .error = UNKNOWN },
	{ LIT("LOGIN a b"), .error = UNKNOWN },	/* not after login */
	{ LIT("UID"), .error = "Space expected" },
	{ LIT("UID  FETCH"), .error = "Word expected" },
	{ LIT("\"NOOP\""), .error = "Word expected" },
	{ LIT(""), .error = "Word expected" },
};

START_TEST(test_command_name)
{
	struct slice text = unit_tight(names[_i].in);
	const struct command *row;
	struct arg a;
	bool uid;

	arg_init(&a, text, NULL, NULL);
	row = command_table_parse(&a, &uid);
	if (names[_i].name == NULL) {
		ck_assert_ptr_null(row);
		ck_assert_str_eq(a.error, names[_i].error);
	} else {
		ck_assert_ptr_nonnull(row);
		ck_assert_str_eq(row->name, names[_i].name);
		ck_assert_int_eq(uid, names[_i].uid);
		ck_assert_int_eq(row->needs, names[_i].needs);
	}
	free((void *)(uintptr_t)text.p);
}
END_TEST

static bool
has_plain(void *arg, struct slice mech)
{
	(void)arg;
	return slice_eq_str(mech, "PLAIN");
}

static const struct cap_env stranger = { .can_starttls = true,
    .has_mech = has_plain };
static const struct cap_env user = { .logged_in = true };

/* When a capability holds, and so the commands that need it. */
static const struct {
	enum cap	 cap;
	bool		 before;	/* for a stranger without TLS */
	bool		 after;		/* login */
} held[] = {
	{ CAP_NONE, true, true },
	{ CAP_IMAP4REV1, true, true },
	{ CAP_STARTTLS, true, false },
	{ CAP_LOGINDISABLED, true, false },
	{ CAP_MOVE, false, true },
	{ CAP_UIDPLUS, false, true },
};

START_TEST(test_capability_holds)
{
	ck_assert_int_eq(capability_holds(held[_i].cap, &stranger),
	    held[_i].before);
	ck_assert_int_eq(capability_holds(held[_i].cap, &user),
	    held[_i].after);
}
END_TEST

/* A capability with values is listed once for each that holds. */
START_TEST(test_capability_values)
{
	struct reply r;
	struct buf out;

	buf_init(&out, 4096);
	reply_init(&r, &out);
	capability_print(&r, &stranger);
	ck_assert_uint_ne(slice_find(buf_slice(&out),
	    SLICE_LIT(" AUTH=PLAIN")), SLICE_NONE);
	ck_assert_uint_eq(slice_find(buf_slice(&out),
	    SLICE_LIT("AUTH=LOGIN")), SLICE_NONE);
	ck_assert_uint_eq(slice_find(buf_slice(&out), SLICE_LIT("  ")),
	    SLICE_NONE);
	buf_reset(&out, 4096);
	capability_print(&r, &user);
	ck_assert_uint_eq(slice_find(buf_slice(&out), SLICE_LIT("AUTH=")),
	    SLICE_NONE);
	buf_clear(&out);
}
END_TEST

Suite *
suite_imap_command(void)
{
	Suite *s = suite_create("imap_command");
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc, test_command_name, 0, NROWS(names));
	suite_add_tcase(s, tc);
	tc = tcase_create("capabilities");
	tcase_add_loop_test(tc, test_capability_holds, 0, NROWS(held));
	tcase_add_test(tc, test_capability_values);
	suite_add_tcase(s, tc);
	return s;
}
