/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* User names and mail paths. */

#include "config.h"

#include <string.h>

#include "common/base/utf8.h"
#include "common/pass/user.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 in;
	const char	*want;		/* NULL: refused */
	const char	*exact;		/* with the local part's case kept */
	const char	*why;
} names[] = {
#define S(x)	SLICE_INIT(x)
	{ S("ann"), "ann", "ann", "plain" },
	{ S("Ann"), "ann", "Ann", "case of a local part" },
	{ S("Ann@Example.ORG"), "ann@example.org", "Ann@example.org",
	    "a domain has no case" },
	{ S("J\xc3\x9cRGEN"), "j\xc3\xbcrgen", "J\xc3\x9cRGEN",
	    "case beyond ASCII" },
	{ S("ju\xcc\x88rgen"), "j\xc3\xbcrgen", "j\xc3\xbcrgen", "NFC" },
	{ S("a.b-c+d_e"), "a.b-c+d_e", "a.b-c+d_e", "usual punctuation" },
	{ S("a b"), "a b", "a b", "a space is no danger" },
	{ S(""), NULL, NULL, "empty" },
	{ S("a\0b"), NULL, NULL, "NUL" },
	{ S("a\nb"), NULL, NULL, "control character" },
	{ S("a\xc2\x80"), NULL, NULL, "C1 control character" },
	{ S("a\xff"), NULL, NULL, "not UTF-8" },
	{ S("a\xc0\xaf"), NULL, NULL, "overlong slash" },
	{ S("a/b"), NULL, NULL, "slash" },
	{ S("../a"), NULL, NULL, "up" },
	{ S(".."), NULL, NULL, "dots" },
	{ S("a..b"), NULL, NULL, "two dots" },
	{ S(".a"), NULL, NULL, "leading dot" },
	{ S("a@.b"), NULL, NULL, "leading dot of the domain" },
	{ S("a@.."), NULL, NULL, "domain of dots" },
	{ S("a%b"), NULL, NULL, "percent" },
	{ S("%u"), NULL, NULL, "a template" },
	{ S("a:b"), NULL, NULL, "colon, the users file's" },
	{ S("@b"), NULL, NULL, "no local part" },
	{ S("a@"), NULL, NULL, "no domain" },
	{ S("a@b@c"), NULL, NULL, "two domains" },
	{ S("a\xe2\x80\xae" "b"), NULL, NULL, "right-to-left override" },
	{ S("a\xe2\x80\x8b" "b"), NULL, NULL, "zero-width space" },
#undef S
};

START_TEST(test_user_normalise)
{
	const struct user_rules	 rules[] = { { false, NULL }, { true, NULL } };
	const char		*want;
	struct buf		 b, again;

	for (int exact = 0; exact < 2; exact++) {
		want = exact ? names[_i].exact : names[_i].want;
		buf_init(&b, 1024);
		buf_init(&again, 1024);
		if (want == NULL) {
			ck_assert_msg(user_normalise(&rules[exact],
			    names[_i].in, &b) == -1, "%s", names[_i].why);
			ck_assert_uint_eq(buf_len(&b), 0);
		} else {
			ck_assert_msg(user_normalise(&rules[exact],
			    names[_i].in, &b) == 0, "%s", names[_i].why);
			ck_assert_msg(slice_eq_str(buf_slice(&b), want),
			    "%s", names[_i].why);
			ck_assert_int_eq(user_normalise(&rules[exact],
			    buf_slice(&b), &again), 0);
			ck_assert(slice_eq(buf_slice(&b), buf_slice(&again)));
		}
		buf_clear(&b);
		buf_clear(&again);
	}
}
END_TEST

START_TEST(test_user_length)
{
	const struct user_rules	 rules = { false, NULL };
	char			 name[USER_NAME_MAX + 1];
	struct buf		 b;

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
	const struct user_rules	 rules = { false, "Example.org" };
	struct buf		 b;

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
} paths[] = {
	{ "/m/%u", "ann", "", "/m/ann" },
	{ "/m/%d/%n", "ann@b.org", "", "/m/b.org/ann" },
	{ "/m/%u", "ann@b.org", "", "/m/ann@b.org" },
	{ "%h/Maildir", "ann", "/home/ann", "/home/ann/Maildir" },
	{ "~/Maildir", "ann", "/home/ann", "/home/ann/Maildir" },
	{ "/m%%/%n", "ann", "", "/m%/ann" },
	{ "/m/%d/%n", "ann", "", NULL },
	{ "%h/Maildir", "ann", "", NULL },
	{ "~/Maildir", "ann", "", NULL },
	{ "m/%u", "ann", "", NULL },
	{ "", "ann", "", NULL },
	{ "/m/%x", "ann", "", NULL },
	{ "/m/../%u", "ann", "", NULL },
	{ "%h", "ann", "/home/../etc", NULL },
	{ "%h", "ann", "/home/%u", "/home/%u" },
	{ "/m/%u%", "ann", "", "/m/ann%" },
};

START_TEST(test_user_expand)
{
	const char	*fault;
	struct buf	 b;

	buf_init(&b, 4096);
	fault = user_expand(paths[_i].template, slice_str(paths[_i].name),
	    slice_str(paths[_i].home), &b);
	ck_assert_int_eq(fault == NULL, paths[_i].want != NULL);
	ck_assert(slice_eq_str(buf_slice(&b),
	    paths[_i].want == NULL ? "" : paths[_i].want));
	buf_clear(&b);
}
END_TEST

/* No name that passes gets out of the folder, whatever its bytes. */
START_TEST(test_user_mutated_names_stay_inside)
{
	const struct user_rules	 rules = { false, NULL };
	const char		 bytes[] = "a.@/%:\\ ~\xc3\xbc\xcc\x88"
				    "\xe2\x80\xae" "AZ09-\x01\x7f\xff";
	uint32_t		 x = 12345;
	char			 name[12];
	struct buf		 b, path;

	buf_init(&b, 4096);
	buf_init(&path, 4096);
	for (int i = 0; i < 20000; i++) {
		size_t	 len = 1 + (x >> 8) % sizeof(name);

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
	Suite	*s = suite_create("user");
	TCase	*t = tcase_create("user");

	tcase_add_loop_test(t, test_user_normalise, 0,
	    sizeof(names) / sizeof(names[0]));
	tcase_add_test(t, test_user_length);
	tcase_add_test(t, test_user_default_domain);
	tcase_add_loop_test(t, test_user_expand, 0,
	    sizeof(paths) / sizeof(paths[0]));
	tcase_add_test(t, test_user_mutated_names_stay_inside);
	suite_add_tcase(s, t);
	return s;
}
