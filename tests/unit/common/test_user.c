/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* User names and mail paths. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bounds.h"
#include "common/base/utf8.h"
#include "common/pass/user.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 in;
	const char	*want;		/* NULL: refused */
	const char	*exact;		/* with the local part's case kept */
	const char	*why;
} names[] = {
	{ LIT("ann"), "ann", "ann", "plain" },
	{ LIT("Ann"), "ann", "Ann", "case of a local part" },
	{ LIT("Ann@Example.ORG"), "ann@example.org", "Ann@example.org",
	    "a domain has no case" },
	{ LIT("J\xc3\x9cRGEN"), "j\xc3\xbcrgen", "J\xc3\x9cRGEN",
	    "case beyond ASCII" },
	{ LIT("ju\xcc\x88rgen"), "j\xc3\xbcrgen", "j\xc3\xbcrgen", "NFC" },
	{ LIT("a.b-c+d_e"), "a.b-c+d_e", "a.b-c+d_e", "usual punctuation" },
	{ LIT("a b"), "a b", "a b", "a space is no danger" },
	{ LIT(""), NULL, NULL, "empty" },
	{ LIT("a\0b"), NULL, NULL, "NUL" },
	{ LIT("a\nb"), NULL, NULL, "control character" },
	{ LIT("a\xc2\x80"), NULL, NULL, "C1 control character" },
	{ LIT("a\xff"), NULL, NULL, "not UTF-8" },
	{ LIT("a\xc0\xaf"), NULL, NULL, "overlong slash" },
	{ LIT("a/b"), NULL, NULL, "slash" },
	{ LIT("../a"), NULL, NULL, "up" },
	{ LIT(".."), NULL, NULL, "dots" },
	{ LIT("a..b"), NULL, NULL, "two dots" },
	{ LIT(".a"), NULL, NULL, "leading dot" },
	{ LIT("a@.b"), NULL, NULL, "leading dot of the domain" },
	{ LIT("a@.."), NULL, NULL, "domain of dots" },
	{ LIT("a%b"), NULL, NULL, "percent" },
	{ LIT("%u"), NULL, NULL, "a template" },
	{ LIT("a:b"), NULL, NULL, "colon, the users file's" },
	{ LIT("@b"), NULL, NULL, "no local part" },
	{ LIT("a@"), NULL, NULL, "no domain" },
	{ LIT("a@b@c"), NULL, NULL, "two domains" },
	{ LIT("a\xe2\x80\xae" "b"), NULL, NULL, "right-to-left override" },
	{ LIT("a\xe2\x80\x8b" "b"), NULL, NULL, "zero-width space" },
};

START_TEST(test_user_normalise)
{
	const struct user_rules rules[] = { { false, NULL }, { true, NULL } };
	struct slice in = unit_tight(names[_i].in);
	const char *want;
	struct buf b, again;

	for (int exact = 0; exact < 2; exact++) {
		want = exact ? names[_i].exact : names[_i].want;
		buf_init(&b, 1024);
		buf_init(&again, 1024);
		if (want == NULL) {
			ck_row_eq(in, names[_i].why,
			    user_normalise(&rules[exact], in, &b), -1);
			ck_row_eq(in, names[_i].why, buf_len(&b), 0);
		} else {
			ck_row_eq(in, names[_i].why,
			    user_normalise(&rules[exact], in, &b), 0);
			ck_row_eq(in, names[_i].why, buf_slice(&b), want);
			ck_row_eq(in, "normalised again",
			    user_normalise(&rules[exact], buf_slice(&b),
			    &again), 0);
			ck_row_eq(in, "normalised again", buf_slice(&again),
			    want);
		}
		buf_clear(&b);
		buf_clear(&again);
	}
	free((char *)in.p);
}
END_TEST

START_TEST(test_user_length)
{
	const struct user_rules rules = { false, NULL };
	char name[USER_NAME_MAX + 1];
	struct buf b;

	memset(name, 'a', sizeof(name));
	buf_init(&b, 4096);
	ck_assert_int_eq(user_normalise(&rules,
	    slice_make(name, USER_NAME_MAX), &b), 0);
	ck_assert_int_eq(user_normalise(&rules,
	    slice_make(name, USER_NAME_MAX + 1), &b), -1);
	buf_clear(&b);
}
END_TEST

START_TEST(test_user_default_domain)
{
	const struct user_rules rules = { false, "Example.org" };
	struct buf b;

	buf_init(&b, 1024);
	ck_assert_int_eq(user_normalise(&rules, SLICE_LIT("Ann"), &b), 0);
	ck_assert(slice_eq_str(buf_slice(&b), "ann@example.org"));
	buf_truncate(&b, 0);
	ck_assert_int_eq(user_normalise(&rules, SLICE_LIT("ann@b"), &b), 0);
	ck_assert(slice_eq_str(buf_slice(&b), "ann@b"));
	buf_truncate(&b, 0);
	ck_assert_int_eq(user_normalise(&rules, SLICE_LIT("ann@"), &b), -1);
	buf_clear(&b);
}
END_TEST

static const struct {
	const char	*template;
	const char	*name;
	const char	*home;
	const char	*want;		/* NULL: an error */
	const char	*why;
} paths[] = {
	{ "/m/%u", "ann", "", "/m/ann", "%u is the name" },
	{ "/m/%d/%n", "ann@b.org", "", "/m/b.org/ann",
	    "%n and %d are its parts" },
	{ "/m/%u", "ann@b.org", "", "/m/ann@b.org", "%u has both parts" },
	{ "%h/Maildir", "ann", "/home/ann", "/home/ann/Maildir",
	    "%h is the home" },
	{ "~/Maildir", "ann", "/home/ann", "/home/ann/Maildir",
	    "~ is the home, too" },
	{ "/m%%/%n", "ann", "", "/m%/ann", "%% is a percent sign" },
	{ "/m/%d/%n", "ann", "", NULL, "no domain" },
	{ "%h/Maildir", "ann", "", NULL, "no home" },
	{ "~/Maildir", "ann", "", NULL, "no home for ~" },
	{ "m/%u", "ann", "", NULL, "not absolute" },
	{ "", "ann", "", NULL, "nothing" },
	{ "/m/%x", "ann", "", NULL, "no such letter" },
	{ "/m/../%u", "ann", "", NULL, ".." },
	{ "%h", "ann", "/home/../etc", NULL, "a home with .." },
	{ "%h", "ann", "/home/%u", "/home/%u", "a home is not expanded" },
	{ "/m/%u%", "ann", "", "/m/ann%", "a percent sign at the end" },
};

START_TEST(test_user_expand)
{
	const char *fault;
	struct buf b;

	buf_init(&b, 4096);
	fault = user_expand(paths[_i].template, slice_str(paths[_i].name),
	    slice_str(paths[_i].home), &b);
	ck_row_eq(paths[_i].template, paths[_i].why,
	    fault == NULL ? buf_slice(&b) : slice_str("refused"),
	    paths[_i].want == NULL ? "refused" : paths[_i].want);
	ck_row_eq(paths[_i].template, "nothing is added when it is refused",
	    fault == NULL || buf_len(&b) == 0, true);
	buf_clear(&b);
}
END_TEST

/* No accepted name leads out of the mail folder, whatever its bytes. */
START_TEST(test_user_mutated_names_stay_inside)
{
	const struct user_rules rules = { false, NULL };
	const char bytes[] = "a.@/%:\\ ~\xc3\xbc\xcc\x88"
				    "\xe2\x80\xae" "AZ09-\x01\x7f\xff";
	uint32_t x = 12345;
	char name[12];
	struct buf b, path;

	buf_init(&b, 4096);
	buf_init(&path, 4096);
	for (int i = 0; i < 20000; i++) {
		size_t len = 1 + (x >> 8) % sizeof(name);

		for (size_t k = 0; k < len; k++) {
			x = x * 1664525 + 1013904223;
			name[k] = bytes[(x >> 16) % (sizeof(bytes) - 1)];
		}
		buf_truncate(&b, 0);
		buf_truncate(&path, 0);
		if (user_normalise(&rules, slice_make(name, len), &b) == -1)
			continue;
		ck_assert(utf8_valid(buf_slice(&b)));
		ck_assert(slice_chr(buf_slice(&b), '/') == SLICE_NONE);
		ck_assert(slice_find(buf_slice(&b), SLICE_LIT("..")) ==
		    SLICE_NONE);
		ck_assert_ptr_null(user_expand("/m/%u", buf_slice(&b),
		    slice_str(""), &path));
		ck_assert(slice_starts(buf_slice(&path), SLICE_LIT("/m/")));
	}
	buf_clear(&b);
	buf_clear(&path);
}
END_TEST

Suite *
suite_user(void)
{
	Suite *s = suite_create("user");
	TCase *t = tcase_create("user");

	tcase_add_loop_test(t, test_user_normalise, 0, NROWS(names));
	tcase_add_test(t, test_user_length);
	tcase_add_test(t, test_user_default_domain);
	tcase_add_loop_test(t, test_user_expand, 0, NROWS(paths));
	tcase_add_test(t, test_user_mutated_names_stay_inside);
	suite_add_tcase(s, t);
	return s;
}
