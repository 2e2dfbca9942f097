/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* LIST patterns (RFC 3501, 6.3.8). */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "imapd/list_match.h"
#include "tests/unit/util.h"

static const struct {
	const char	*pattern;
	const char	*name;
	bool		 want;
	const char	*why;
} patterns[] = {
	{ "*", "a", true, "everything" },
	{ "*", "a/b", true, "everything below, too" },
	{ "%", "a", true, "one level" },
	{ "%", "a/b", false, "but not two" },
	{ "%/%", "a/b", true, "two levels" },
	{ "%/%", "a/b/c", false, "but not three" },
	{ "a/*", "a/b/c", true, "all below" },
	{ "a/*", "a", false, "but not itself" },
	{ "a*", "a", true, "nothing after the beginning" },
	{ "*b", "a/b", true, "levels before the end" },
	{ "%b", "a/b", false, "one level before the end" },
	{ "*%b", "a/b", true, "% takes a level's rest" },
	{ "%*b", "a/b", true, "* takes what % cannot" },
	{ "*/%c", "a/b/c", true, "% in a level that * has reached" },
	{ "*a%", "xa/ay", true, "* and % together" },
	{ "%a%b", "aab", true, "two % in one level" },
	{ "%a%b", "aa/b", false, "but not over a separator" },
	{ "", "", true, "the empty name" },
	{ "", "a", false, "and no other" },
	{ "inbox", "INBOX", true, "INBOX has no case" },
	{ "In%", "INBOX", true, "nor its beginning" },
	{ "inbox", "INBOX2", false, "but another name has" },
	{ "INBOX/%", "INBOX/a", true, "INBOX as a level" },
	{ "inbox/%", "INBOX/a", true, "has no case there, either" },
	{ "i%/A", "INBOX/a", false, "only INBOX itself" },
	{ "inboxes", "INBOXES", false, "a longer name has" },
	{ "A", "a", false, "other names have" },
	{ "*************************************************************b",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    false, "as many * as there are letters: the time is bounded" },
};

START_TEST(test_list_match)
{
	char both[256];

	(void)snprintf(both, sizeof(both), "%s against %s",
	    patterns[_i].pattern, patterns[_i].name);
	ck_row_eq(both, patterns[_i].why,
	    list_match(slice_str(patterns[_i].pattern),
	    slice_str(patterns[_i].name)), patterns[_i].want);
}
END_TEST

/* The matching of wildcards as RFC 3501, 6.3.8 words it. */
static bool
match_plainly(const char *pattern, const char *name)
{
	if (*pattern == '\0')
		return *name == '\0';
	if (*pattern != '*' && *pattern != '%')
		return *pattern == *name &&
		    match_plainly(pattern + 1, name + 1);
	for (;; name++) {
		if (match_plainly(pattern + 1, name))
			return true;
		if (*name == '\0' || (*pattern == '%' && *name == '/'))
			return false;
	}
}

/* Make the n-th string of these letters; false if it has more than four. */
static bool
nth_string(size_t n, const char *letters, char out[5])
{
	size_t base = strlen(letters), len = 0;

	for (; n > 0; n = (n - 1) / base) {
		if (len == 4)
			return false;
		out[len++] = letters[(n - 1) % base];
	}
	out[len] = '\0';
	return true;
}

START_TEST(test_list_match_everything)
{
	char pattern[5], name[5];

	for (size_t i = 0; nth_string(i, "ab/%*", pattern); i++)
		for (size_t j = 0; nth_string(j, "ab/", name); j++)
			ck_assert_msg(list_match(slice_str(pattern),
			    slice_str(name)) == match_plainly(pattern, name),
			    "\"%s\" \"%s\"", pattern, name);
}
END_TEST

/* The processor time of a match that fails at its last character. */
static uint64_t
cost_ns(const char *wildcards)
{
	char name[LIST_NAME_MAX + 1], pattern[LIST_NAME_MAX + 1];
	uint64_t best = UINT64_MAX, start, ns;

	memset(name, 'a', sizeof(name));
	name[LIST_NAME_MAX] = '\0';
	(void)snprintf(pattern, sizeof(pattern), "%s%.*sb", wildcards,
	    LIST_NAME_MAX / 2, name);
	for (int i = 0; i < 5; i++) {
		start = unit_cpu_ns();
		ck_assert(!list_match(slice_str(pattern), slice_str(name)));
		ns = unit_cpu_ns() - start;
		best = ns < best ? ns : best;
	}
	return best;
}

/* Matching them by trial would take 500 times as long as for one wildcard. */
static const char *const costly[] = { "*%", "%*", "*%*%", "*%%%", "%%%" };

START_TEST(test_list_match_costs_the_product)
{
	uint64_t one = cost_ns("*"), many = cost_ns(costly[_i]);

	ck_assert_msg(many < 25 * one, "%s: %llu ns, one wildcard: %llu ns",
	    costly[_i], (unsigned long long)many, (unsigned long long)one);
}
END_TEST

START_TEST(test_list_match_long_names)
{
	char name[LIST_NAME_MAX + 2];

	memset(name, 'a', sizeof(name));
	ck_assert(list_match(SLICE_LIT("a*%a"),
	    slice_make(name, LIST_NAME_MAX)));
	ck_assert(!list_match(SLICE_LIT("*"),
	    slice_make(name, LIST_NAME_MAX + 1)));
}
END_TEST

Suite *
suite_list_match(void)
{
	Suite *s = suite_create("list_match");
	TCase *tc = tcase_create("list_match");

	tcase_add_loop_test(tc, test_list_match, 0, NROWS(patterns));
	tcase_add_test(tc, test_list_match_everything);
	tcase_add_loop_test(tc, test_list_match_costs_the_product, 0,
	    NROWS(costly));
	tcase_add_test(tc, test_list_match_long_names);
	suite_add_tcase(s, tc);
	return s;
}
