/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Suggestions for names of the configuration that are not known. */
#include "config.h"

#include <string.h>

#include "common/conf/conf_parse.h"
#include "tests/unit/util.h"

#define A63	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
		"aaaaaaaaaa"

static const struct {
	const char	*a;
	const char	*b;
	unsigned int	 want;
	const char	*why;
} distances[] = {
	{ "", "", 0, "nothing" },
	{ "abc", "abc", 0, "equal" },
	{ "", "abc", 3, "all is missing" },
	{ "abc", "abd", 1, "another letter" },
	{ "abc", "abcd", 1, "a letter more" },
	{ "abc", "bc", 1, "a letter less" },
	{ "abc", "acb", 1, "two letters swapped" },
	{ "ab", "ba", 1, "the first two swapped" },
	{ "abcd", "badc", 2, "two swaps" },
	{ "abc", "cba", 2, "letters that are not neighbours" },
	{ "ca", "abc", 3, "a swap with a letter between counts as edits" },
	{ "kitten", "sitting", 3, "several edits" },
	{ "abc", "ABC", 3, "case counts" },
	{ A63, A63, 0, "the longest names" },
	{ A63 "a", A63 "a", 64, "a longer name is near to nothing" },
	{ A63 "a", "", 64, "not even to no name" },
};

START_TEST(test_conf_distance)
{
	const char *a = distances[_i].a, *b = distances[_i].b;

	ck_row_eq(a, distances[_i].why, conf_distance(a, b),
	    distances[_i].want);
	ck_row_eq(b, distances[_i].why, conf_distance(b, a),
	    distances[_i].want);
}
END_TEST

static const struct {
	const char	*words[6];
	const char	*want;		/* NULL: no suggestion */
	size_t		 taken;
	const char	*why;
} names[] = {
	{ { "hostname" }, "hostname", 1, "a name of ours" },
	{ { "hostnme", "x" }, "hostname", 1, "a letter less" },
	{ { "idel", "timeout", "5m" }, "idle timeout", 2, "two words" },
	{ { "idletimeout", "5m" }, "idle timeout", 1, "a space less" },
	{ { "host", "name", "x" }, "hostname", 2, "a space more" },
	{ { "pop3", "lisen", "on", "*" }, "pop3 listen on", 3,
	    "a statement of several words" },
	{ { "imap", "listen", "192.0.2.1" }, "imap listen on", 2,
	    "a word less" },
	{ { "user", "passwd", "/x" }, "users passwd", 2,
	    "a kind of users files" },
	{ { "inclde", "\"x\"" }, "include", 1, "a statement of one word" },
	{ { "ssl_cert", "=" }, "certificate", 1, "a name of Dovecot" },
	{ { "tls", "certificate", "x" }, "certificate", 2,
	    "a name of another server with two words" },
	{ { "maildir", "x" }, "mail", 1, "a name of another server" },
	{ { "mail", "x" }, "mail", 1, "ours, although one like it is known" },
	{ { "ssl_crt", "=" }, NULL, 1, "other servers' names as they are" },
	{ { "xyzzy" }, NULL, 1, "like nothing" },
	{ { "mx", "x" }, NULL, 1, "two edits are too many in four letters" },
	{ { "" }, NULL, 1, "nothing" },
};

START_TEST(test_conf_near)
{
	size_t n = 0, taken = 99;
	const char *got;

	while (n < NROWS(names[_i].words) && names[_i].words[n] != NULL)
		n++;
	got = conf_near(names[_i].words, n, &taken);
	ck_row_eq(names[_i].words[0], names[_i].why, got, names[_i].want);
	ck_row_eq(names[_i].words[0], names[_i].why, taken, names[_i].taken);
}
END_TEST

static const struct conf_keyword keywords[] = {
	{ .name = "starttls" },
	{ .name = "tls" },
	{ .name = "plaintext" },
	{ .name = NULL }
};

static const struct {
	const char	*word;
	const char	*want;
	const char	*why;
} words[] = {
	{ "tls", "tls", "a keyword" },
	{ "startls", "starttls", "a letter less" },
	{ "plian", NULL, "five edits are too many" },
	{ "plaintxet", "plaintext", "two letters swapped" },
	{ "tsl", "tls", "the nearest of them" },
	{ "xyz", NULL, "like none" },
	{ "", NULL, "nothing" },
};

START_TEST(test_conf_near_keyword)
{
	ck_row_eq(words[_i].word, words[_i].why,
	    conf_near_keyword(keywords, words[_i].word), words[_i].want);
}
END_TEST

Suite *
suite_conf_near(void)
{
	Suite *s = suite_create("conf_near");
	TCase *tc = tcase_create("conf_near");

	tcase_add_loop_test(tc, test_conf_distance, 0, NROWS(distances));
	tcase_add_loop_test(tc, test_conf_near, 0, NROWS(names));
	tcase_add_loop_test(tc, test_conf_near_keyword, 0, NROWS(words));
	suite_add_tcase(s, tc);
	return s;
}
