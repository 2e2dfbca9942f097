/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The list of mailboxes in memory. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "storage/mailbox/names.h"
#include "storage/maildir/mbname.h"
#include "storage/types.h"
#include "tests/unit/util.h"

static void
set(struct names *n, const char *name, uint32_t id, const char *folder)
{
	char copy[64];
	struct named mailbox = { .id = id, .folder = copy };

	(void)snprintf(copy, sizeof(copy), "%s", folder);
	names_set(n, slice_str(name), &mailbox);
}

/* Each name with its id, and letters for its attributes. */
static void
print(const struct names *n, struct buf *out)
{
	const struct named *d = NULL;
	uint32_t attrs;

	while ((d = names_next(n, d)) != NULL) {
		attrs = names_attrs(d);
		(void)buf_add_fmt(out, "%.*s%s%u%s%s%s%s", SLICE_ARG(d->name),
		    "=", d->id, attrs & MAILBOX_NONEXISTENT ? "n" : "",
		    attrs & MAILBOX_NOSELECT ? "x" : "",
		    attrs & MAILBOX_SUBSCRIBED ? "s" : "",
		    attrs & MAILBOX_CHILDREN ? "c " : " ");
	}
}

static void
check(const struct names *n, const char *want)
{
	struct buf out;

	buf_init(&out, 8192);
	print(n, &out);
	ck_slice_eq(buf_slice(&out), slice_str(want));
	buf_clear(&out);
}

START_TEST(test_levels_come_and_go_with_mailboxes)
{
	struct names *n = names_new();

	set(n, "b/c/d", 1, ".b.c.d");
	check(n, "b=0nxc b/c=0nxc b/c/d=1 ");
	set(n, "INBOX", 2, "");
	set(n, "b", 3, ".b");
	check(n, "INBOX=2 b=3c b/c=0nxc b/c/d=1 ");
	names_unset(n, slice_str("b/c/d"));
	check(n, "INBOX=2 b=3 ");
	names_unset(n, slice_str("nothing"));
	ck_assert_uint_eq(names_mailboxes(n), 2);
	ck_assert_uint_eq(names_count(n), 2);
	names_free(n);
}
END_TEST

START_TEST(test_subscriptions_need_no_mailbox)
{
	struct names *n = names_new();

	names_subscribe(n, slice_str("x/y"), true);
	names_subscribe(n, slice_str("x/y"), true);
	check(n, "x/y=0ns ");
	set(n, "x/y/z", 1, ".x.y.z");
	check(n, "x=0nxc x/y=0nxsc x/y/z=1 ");
	set(n, "x/y", 2, ".x.y");
	ck_assert_uint_eq(names_subscriptions(n), 1);
	names_unset(n, slice_str("x/y/z"));
	names_unset(n, slice_str("x/y"));
	check(n, "x/y=0ns ");
	names_subscribe(n, slice_str("x/y"), false);
	names_subscribe(n, slice_str("x/y"), false);
	check(n, "");
	ck_assert_uint_eq(names_subscriptions(n), 0);
	names_free(n);
}
END_TEST

/* Two mailboxes that swap their folders are set one after the other. */
START_TEST(test_folder_has_one_name)
{
	struct names *n = names_new();
	const struct named *d;

	set(n, "a", 1, ".a");
	set(n, "b", 2, ".b");
	set(n, "a", 2, ".b");
	check(n, "a=2 ");
	set(n, "b", 1, ".a");
	check(n, "a=2 b=1 ");
	d = names_by_folder(n, ".a");
	ck_assert_ptr_nonnull(d);
	ck_slice_eq(d->name, slice_str("b"));
	ck_assert_ptr_null(names_by_folder(n, ".c"));
	names_free(n);
}
END_TEST

START_TEST(test_first_below)
{
	static const struct {
		const char	*name;
		const char	*want;		/* NULL: none */
		const char	*why;
	} rows[] = {
		{ "a", "a/b", "a child" },
		{ "a/b", "a/b/c", "a grandchild" },
		{ "a/b/c", NULL, "no child" },
		{ "a-b", NULL, "a name that begins the same" },
		{ "e", "e/f", "a level without a mailbox" },
		{ "nothing", NULL, "no such name" },
		{ "INBOX", "INBOX/x", "INBOX, which comes first" },
	};
	struct names *n = names_new();
	const struct named *d;

	set(n, "INBOX", 1, "");
	set(n, "INBOX/x", 2, ".INBOX.x");
	set(n, "a", 3, ".a");
	set(n, "a/b/c", 4, ".a.b.c");
	set(n, "a-b", 5, ".a-b");
	set(n, "e/f", 6, ".e.f");
	for (size_t i = 0; i < NROWS(rows); i++) {
		d = names_first_below(n, slice_str(rows[i].name));
		ck_row_eq(rows[i].name, rows[i].why,
		    d == NULL ? SLICE_EMPTY : d->name,
		    slice_str(rows[i].want));
	}
	names_free(n);
}
END_TEST

/* After many changes, the list equals a new one made of what is there. */
START_TEST(test_changes_leave_what_is_made_anew)
{
	static const char *const all[] = {
		"INBOX", "a", "a/b", "a/b/c", "a/b/d", "b", "b/a", "c/c/c/c",
	};
	uint32_t ids[NROWS(all)] = { 0 }, id = 0;
	bool subscribed[NROWS(all)] = { false };
	struct names *n = names_new(), *anew;
	struct buf got, want;
	unsigned int seed = 1;
	char folder[32];

	for (int round = 0; round < 2000; round++) {
		size_t i = (seed = seed * 1103515245 + 12345) >> 16;

		i %= NROWS(all);
		(void)snprintf(folder, sizeof(folder), ".%zu", i);
		if ((seed >> 8) % 3 == 0) {
			subscribed[i] = !subscribed[i];
			names_subscribe(n, slice_str(all[i]), subscribed[i]);
		} else if (ids[i] != 0) {
			ids[i] = 0;
			names_unset(n, slice_str(all[i]));
		} else {
			ids[i] = ++id;
			set(n, all[i], id, folder);
		}
		anew = names_new();
		for (i = 0; i < NROWS(all); i++) {
			(void)snprintf(folder, sizeof(folder), ".%zu", i);
			if (ids[i] != 0)
				set(anew, all[i], ids[i], folder);
			names_subscribe(anew, slice_str(all[i]),
			    subscribed[i]);
		}
		buf_init(&got, 8192);
		buf_init(&want, 8192);
		print(n, &got);
		print(anew, &want);
		ck_slice_eq(buf_slice(&got), buf_slice(&want));
		ck_assert_uint_eq(names_count(n), names_count(anew));
		ck_assert_uint_eq(names_mailboxes(n), names_mailboxes(anew));
		buf_clear(&got);
		buf_clear(&want);
		names_free(anew);
	}
	names_free(n);
}
END_TEST

Suite *
suite_names(void)
{
	Suite *s = suite_create("names");
	TCase *tc = tcase_create("names");

	tcase_add_test(tc, test_levels_come_and_go_with_mailboxes);
	tcase_add_test(tc, test_subscriptions_need_no_mailbox);
	tcase_add_test(tc, test_folder_has_one_name);
	tcase_add_test(tc, test_first_below);
	tcase_add_test(tc, test_changes_leave_what_is_made_anew);
	suite_add_tcase(s, tc);
	return s;
}
