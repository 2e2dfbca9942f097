/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Capabilities: when each is listed (RFC 3501, 6.1.1). */
#include "config.h"

#include <string.h>

#include "imapd/capability.h"
#include "tests/unit/util.h"

static bool
has_plain(void *arg, struct slice mech)
{
	(void)arg;
	return slice_eq_str(mech, "PLAIN");
}

static bool
has_none(void *arg, struct slice mech)
{
	(void)arg;
	(void)mech;
	return false;
}

static bool
has_all(void *arg, struct slice mech)
{
	(void)arg;
	(void)mech;
	return true;
}

#define AFTER	"ENABLE IDLE NAMESPACE CHILDREN UIDPLUS UNSELECT MOVE "	\
		"SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED "		\
		"LIST-STATUS ESEARCH CONDSTORE"

/* The complete lists.  A new capability changes the last row. */
static const struct {
	struct cap_env	 env;
	const char	*want;
	const char	*why;
} lists[] = {
	{ { .can_starttls = true, .has_mech = has_none },
	    "IMAP4rev1 LITERAL+ SASL-IR ID STARTTLS LOGINDISABLED",
	    "before TLS: no password (RFC 3501, 6.2.3)" },
	{ { .can_starttls = true, .has_mech = has_plain },
	    "IMAP4rev1 LITERAL+ SASL-IR ID STARTTLS LOGINDISABLED "
	    "AUTH=PLAIN", "before TLS: a mechanism that may be used" },
	{ { .may_password = true, .has_mech = has_all },
	    "IMAP4rev1 LITERAL+ SASL-IR ID AUTH=PLAIN AUTH=LOGIN "
	    "AUTH=SCRAM-SHA-256",
	    "after TLS: all mechanisms, and no STARTTLS (RFC 3501, 6.2.1)" },
	{ { .can_starttls = true, .may_password = true,
	    .has_mech = has_plain },
	    "IMAP4rev1 LITERAL+ SASL-IR ID STARTTLS AUTH=PLAIN",
	    "cleartext that is allowed" },
	{ { .logged_in = true, .can_starttls = true, .may_password = true,
	    .has_mech = has_all }, "IMAP4rev1 LITERAL+ ID " AFTER,
	    "after login: nothing that logs in" },
};

START_TEST(test_capability_print)
{
	struct reply r;
	struct buf out;

	buf_init(&out, 4096);
	reply_init(&r, &out);
	capability_print(&r, &lists[_i].env);
	ck_row_eq(lists[_i].want, lists[_i].why, buf_slice(&out),
	    lists[_i].want);
	buf_clear(&out);
}
END_TEST

/* A capability is in force exactly where it is listed. */
START_TEST(test_capability_holds_as_it_is_told)
{
	struct slice rest = slice_str(lists[_i].want), word;
	bool more = true, told[CAP_MAX] = { false };
	const char *name;

	while (more) {
		more = slice_cut(&rest, ' ', &word);
		for (int c = CAP_NONE + 1; c < CAP_MAX; c++) {
			name = capability_name((enum cap)c);
			if (slice_eq_str(word, name) ||
			    (name[strlen(name) - 1] == '=' &&
			    slice_starts(word, slice_str(name))))
				told[c] = true;
		}
	}
	for (int c = CAP_NONE + 1; c < CAP_MAX; c++)
		if (c != CAP_AUTH || told[c])
			ck_row_eq(capability_name((enum cap)c),
			    lists[_i].why, capability_holds((enum cap)c,
			    &lists[_i].env), told[c]);
	ck_assert(capability_holds(CAP_NONE, &lists[_i].env));
}
END_TEST

/* Commands refer to capabilities by name, so each has a name of its own. */
START_TEST(test_capability_names)
{
	for (int c = CAP_NONE + 1; c < CAP_MAX; c++) {
		const char *name = capability_name((enum cap)c);

		ck_assert_ptr_nonnull(name);
		ck_row(name, "an atom", strcspn(name, " (){%*\"\\]") ==
		    strlen(name));
		for (int d = CAP_NONE + 1; d < c; d++)
			ck_assert_str_ne(name, capability_name((enum cap)d));
	}
}
END_TEST

Suite *
suite_imap_capability(void)
{
	Suite *s = suite_create("imap_capability");
	TCase *tc = tcase_create("imap_capability");

	tcase_add_loop_test(tc, test_capability_print, 0, NROWS(lists));
	tcase_add_loop_test(tc, test_capability_holds_as_it_is_told, 0,
	    NROWS(lists));
	tcase_add_test(tc, test_capability_names);
	suite_add_tcase(s, tc);
	return s;
}
