/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Names of mailboxes and their folders in Maildir++. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "storage/maildir/mbname.h"
#include "tests/unit/util.h"

#define NAME_50		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define LEVELS_16	"a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"
#define DOTS_16		"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"

static const struct {
	struct slice	 in;
	const char	*want;		/* NULL: refused */
	const char	*why;
} normals[] = {
	{ LIT("a"), "a", "one level" },
	{ LIT("a/b"), "a/b", "two levels" },
	{ LIT("inbox"), "INBOX", "INBOX has no case (RFC 3501, 5.1)" },
	{ LIT("InBox/a"), "INBOX/a", "nor has it as the first level" },
	{ LIT("a/inbox"), "a/inbox", "but it has as another level" },
	{ LIT("inbox2"), "inbox2", "another name that begins so" },
	{ LIT("a.b"), "a.b", "a dot" },
	{ LIT("\xc3\xa4"), "\xc3\xa4", "UTF-8" },
	{ LIT(" a b "), " a b ", "blanks" },
	{ LIT("*%\"\\"), "*%\"\\", "what LIST and quotes make special" },
	{ LIT(".."), "..", "two dots are an ordinary name: \"&AC4-&AC4-\"" },
	{ LIT(LEVELS_16 "/" LEVELS_16), LEVELS_16 "/" LEVELS_16,
	    "as many levels as there may be" },
	{ LIT(LEVELS_16 "/" LEVELS_16 "/a"), NULL, "one level more" },
	{ LIT(""), NULL, "no name" },
	{ LIT("/"), NULL, "no level" },
	{ LIT("a/"), NULL, "an empty level at the end" },
	{ LIT("/a"), NULL, "an empty level at the beginning" },
	{ LIT("a//b"), NULL, "an empty level between" },
	{ LIT("a\0b"), NULL, "a NUL" },
	{ LIT("a\nb"), NULL, "a control character" },
	{ LIT("a\x7f"), NULL, "DEL" },
	{ LIT("a\xff"), NULL, "not UTF-8" },
	{ LIT("a\xc3"), NULL, "cut UTF-8" },
};

START_TEST(test_mbname_normal)
{
	struct slice in = unit_tight(normals[_i].in);
	struct buf out;

	buf_init(&out, 4096);
	(void)buf_add_str(&out, "x");
	ck_row_eq(in, normals[_i].why, mbname_normal(in, &out),
	    normals[_i].want == NULL ? -1 : 0);
	ck_row_eq(in, normals[_i].why, slice_from(buf_slice(&out), 1),
	    slice_str(normals[_i].want));
	buf_clear(&out);
	free((char *)in.p);
}
END_TEST

START_TEST(test_mbname_has_a_length)
{
	char name[MBNAME_MAX + 1];
	struct buf out;

	memset(name, 'a', sizeof(name));
	buf_init(&out, 4096);
	ck_assert_int_eq(mbname_normal(slice_make(name, MBNAME_MAX), &out),
	    0);
	ck_assert_int_eq(mbname_normal(slice_make(name, MBNAME_MAX + 1),
	    &out), -1);
	buf_clear(&out);
}
END_TEST

static const struct {
	struct slice	 name;
	const char	*folder;	/* NULL: refused */
	const char	*why;
} folders[] = {
	{ LIT("INBOX"), "", "the mail folder itself" },
	{ LIT("INBOX/a"), ".INBOX.a", "below INBOX" },
	{ LIT("Sent"), ".Sent", "one level" },
	{ LIT("Sent/2026/05"), ".Sent.2026.05", "three levels" },
	{ LIT("a.b"), ".a&AC4-b", "a dot in a level" },
	{ LIT("a.b/c..d"), ".a&AC4-b.c&AC4-&AC4-d", "dots in levels" },
	{ LIT("."), ".&AC4-", "a dot alone" },
	{ LIT(".."), ".&AC4-&AC4-", "no folder is named .." },
	{ LIT("a&b"), ".a&-b", "an ampersand" },
	{ LIT("\xc3\xa4"), ".&AOQ-", "modified UTF-7 (RFC 3501, 5.1.3)" },
	{ LIT("\xc3\xa4.\xc3\xa4"), ".&AOQ-&AC4-&AOQ-",
	    "a dot between two shifts" },
	{ LIT("new"), ".new", "no name is a folder of Maildir" },
	{ LIT(NAME_50 NAME_50 NAME_50 "/" NAME_50 NAME_50 NAME_50), NULL,
	    "longer than a directory entry" },
};

/* Folder from name and name from folder are exact inverses. */
START_TEST(test_mbname_folder_both_ways)
{
	struct slice name = unit_tight(folders[_i].name);
	const char *why = folders[_i].why;
	struct buf out, back;

	buf_init(&out, 4096);
	buf_init(&back, 4096);
	(void)buf_add_str(&out, "x");
	ck_row_eq(name, why, mbname_to_folder(name, &out),
	    folders[_i].folder == NULL ? -1 : 0);
	ck_row_eq(name, why, slice_from(buf_slice(&out), 1),
	    slice_str(folders[_i].folder));
	if (buf_len(&out) > 1) {
		ck_row_eq(name, why, mbname_from_folder(
		    slice_from(buf_slice(&out), 1), &back), 0);
		ck_row_eq(name, why, buf_slice(&back), name);
	}
	buf_clear(&out);
	buf_clear(&back);
	free((char *)name.p);
}
END_TEST

/* Folders that another program made. */
static const struct {
	struct slice	 in;
	const char	*want;		/* NULL: not a mailbox */
	const char	*why;
} foreign[] = {
	{ LIT(".a"), "a", "a folder" },
	{ LIT(".\xc3\xa4"), "\xc3\xa4", "UTF-8 as it is" },
	{ LIT(".&AOQ"), "&AOQ", "broken UTF-7 as it is" },
	{ LIT(".a/b"), NULL, "no directory entry has a slash" },
	{ LIT(".&AC8-"), "&AC8-", "an encoded slash makes no level" },
	{ LIT(".&AAo-"), "&AAo-", "an encoded line end stays encoded" },
	{ LIT(".x.&AH8-y"), "x/&AH8-y", "so does DEL" },
	{ LIT(".Inbox.Low"), "INBOX/Low", "INBOX has no case as first level" },
	{ LIT(".inbox.x.inbox"), "INBOX/x/inbox", "but it has as another" },
	{ LIT("." DOTS_16 "." DOTS_16), LEVELS_16 "/" LEVELS_16,
	    "as many levels as there may be" },
	{ LIT("." DOTS_16 "." DOTS_16 ".a"), NULL, "one level more" },
	{ LIT(".a.&AOQ"), "a/&AOQ", "one broken level" },
	{ LIT("."), NULL, "this folder" },
	{ LIT(".."), NULL, "the folder above" },
	{ LIT("..a"), NULL, "an empty level" },
	{ LIT(".a."), NULL, "an empty level at the end" },
	{ LIT("a"), NULL, "no dot at the beginning" },
	{ LIT("cur"), NULL, "a folder of INBOX" },
	{ LIT(""), NULL, "nothing" },
	{ LIT(".INBOX"), NULL, "it would be a second INBOX" },
	{ LIT(".inbox"), NULL, "so would this" },
	{ LIT(".a\nb"), NULL, "a control character" },
	{ LIT(".\xff"), NULL, "neither UTF-7 nor UTF-8" },
};

START_TEST(test_mbname_from_foreign_folder)
{
	struct slice in = unit_tight(foreign[_i].in), name;
	struct buf out, normal;

	buf_init(&out, 4096);
	buf_init(&normal, 4096);
	(void)buf_add_str(&out, "x");
	ck_row_eq(in, foreign[_i].why, mbname_from_folder(in, &out),
	    foreign[_i].want == NULL ? -1 : 0);
	name = slice_from(buf_slice(&out), 1);
	ck_row_eq(in, foreign[_i].why, name, slice_str(foreign[_i].want));
	/* A client that selects what it was told finds it. */
	if (foreign[_i].want != NULL) {
		ck_row_eq(in, foreign[_i].why, mbname_normal(name, &normal),
		    0);
		ck_row_eq(in, foreign[_i].why, buf_slice(&normal), name);
	}
	buf_clear(&out);
	buf_clear(&normal);
	free((char *)in.p);
}
END_TEST

/* Names in the order of LIST: each is less than all that follow. */
static const char *const order[] = {
	"INBOX", "INBOX/a", "A", "A/x", "A/x/y", "A b", "A-b", "A.b", "AA",
	"INBOX2", "INBOXES", "a", "\xc3\xa4"
};

START_TEST(test_mbname_order)
{
	for (int i = 0; i < (int)NROWS(order); i++) {
		int got = mbname_cmp(slice_str(order[_i]),
		    slice_str(order[i]));

		ck_row_eq(order[i], order[_i], got < 0 ? -1 : got > 0,
		    _i < i ? -1 : _i > i);
	}
}
END_TEST

START_TEST(test_mbname_below)
{
	static const struct {
		const char	*name, *parent;
		bool		 want;
		const char	*why;
	} rows[] = {
		{ "a/b", "a", true, "a child" },
		{ "a/b/c", "a", true, "a grandchild" },
		{ "a", "a", false, "itself" },
		{ "ab", "a", false, "a longer name" },
		{ "a", "a/b", false, "the parent" },
		{ "b/a", "a", false, "another parent" },
	};

	for (size_t i = 0; i < NROWS(rows); i++)
		ck_row_eq(rows[i].name, rows[i].why,
		    mbname_below(slice_str(rows[i].name),
		    slice_str(rows[i].parent)), rows[i].want);
}
END_TEST

Suite *
suite_mbname(void)
{
	Suite *s = suite_create("mbname");
	TCase *tc = tcase_create("mbname");

	tcase_add_loop_test(tc, test_mbname_normal, 0, NROWS(normals));
	tcase_add_test(tc, test_mbname_has_a_length);
	tcase_add_loop_test(tc, test_mbname_folder_both_ways, 0,
	    NROWS(folders));
	tcase_add_loop_test(tc, test_mbname_from_foreign_folder, 0,
	    NROWS(foreign));
	tcase_add_loop_test(tc, test_mbname_order, 0, NROWS(order));
	tcase_add_test(tc, test_mbname_below);
	suite_add_tcase(s, tc);
	return s;
}
