/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Users files as mailctl edits them: fields change, other lines are kept.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mailctl/usersfile.h"
#include "tests/unit/util.h"

static const struct user_rules rules = { false, NULL };

static const struct {
	const char		*line;
	enum users_field	 field;
	const char		*want;
	const char	*why;
} fields[] = {
	{ "a:b:1:2:g:/h:/s:x=y",	USERS_NAME,	"a",
	    "the first field" },
	{ "a:b:1:2:g:/h:/s:x=y",	USERS_HASH,	"b", "the second" },
	{ "a:b:1:2:g:/h:/s:x=y",	USERS_GID,	"2", "the fourth" },
	{ "a:b:1:2:g:/h:/s:x=y",	USERS_HOME,	"/h", "the sixth" },
	{ "a:b:1:2:g:/h:/s:x=y z=a:b",	USERS_EXTRA,	"x=y z=a:b",
	    "the last takes the rest of the line" },
	{ "a:b:1:2:g:/h",		USERS_HOME,	"/h",
	    "the last that is there" },
	{ "a:b:1:2:g:/h",		USERS_SHELL,	"",
	    "one that is missing" },
	{ "a:b:1:2:g:/h",		USERS_EXTRA,	"",
	    "two that are missing" },
	{ "a",				USERS_NAME,	"a",
	    "a line of one field" },
	{ "a",				USERS_HASH,	"",
	    "the second of one" },
	{ "",				USERS_NAME,	"", "an empty line" },
	{ "a:b\r",			USERS_HASH,	"b",
	    "a CR at the end is none of it" },
	{ "::::",			USERS_UID,	"", "empty fields" },
};

START_TEST(test_field)
{
	struct slice line = unit_tight(slice_str(fields[_i].line));

	ck_row_eq(line, fields[_i].why,
	    usersfile_field(line, fields[_i].field), fields[_i].want);
	free((char *)line.p);
}
END_TEST

START_TEST(test_what_is_a_user)
{
	ck_assert(usersfile_is_user(slice_str("a:b")));
	ck_assert(!usersfile_is_user(slice_str("# a:b")));
	ck_assert(!usersfile_is_user(slice_str("  # a:b")));
	ck_assert(!usersfile_is_user(slice_str(" ")));
	ck_assert(!usersfile_is_user(slice_str("")));
}
END_TEST

static const char before[] =
	"# head\n\na:x:1:2::/h::e:f\nnoend\nB:y\nc:z";
static const char after[] =
	"# head\n\na:{S}new:1:2::/h::e:f\nnoend\nc:{T}other\nd:w\n";

static void
write_text(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	ck_assert_ptr_nonnull(fp);
	ck_assert_int_ge(fputs(text, fp), 0);
	ck_assert_int_eq(fclose(fp), 0);
}

START_TEST(test_edit_keeps_the_rest)
{
	struct usersfile *u;
	struct stat st;
	char path[96];
	char text[256];
	FILE *fp;
	ssize_t i;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/users", unit_dir());
	write_text(path, before);
	ck_assert_int_eq(chmod(path, 0640), 0);
	u = usersfile_open(path, USERS_EDIT);
	ck_assert_ptr_nonnull(u);
	ck_assert_uint_eq(usersfile_lines(u), 6);
	i = usersfile_find(u, slice_str("a"), &rules);
	ck_assert_int_eq(i, 2);
	usersfile_set_hash(u, (size_t)i, slice_str("{S}new"));
	/* Names are compared by the rules of auth. */
	i = usersfile_find(u, slice_str("b"), &rules);
	ck_assert_int_eq(i, 4);
	usersfile_remove(u, (size_t)i);
	i = usersfile_find(u, slice_str("c"), &rules);
	ck_assert_int_eq(i, 4);
	usersfile_set_hash(u, (size_t)i, slice_str("{T}other"));
	usersfile_append(u, slice_str("d:w"));
	ck_assert_int_eq(usersfile_find(u, slice_str("e"), &rules), -1);
	ck_assert_int_eq(usersfile_save(u), 0);
	usersfile_close(u);

	fp = fopen(path, "r");
	ck_assert_ptr_nonnull(fp);
	n = fread(text, 1, sizeof(text) - 1, fp);
	text[n] = '\0';
	ck_assert_int_eq(fclose(fp), 0);
	ck_assert_str_eq(text, after);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(test_open_what_is_no_file)
{
	ck_assert_ptr_null(usersfile_open("/nonexistent/users", USERS_READ));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(usersfile_open("/dev/null", USERS_EDIT));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

Suite *
suite_usersfile(void)
{
	Suite *s = suite_create("usersfile");
	TCase *t = tcase_create("usersfile");

	tcase_add_loop_test(t, test_field, 0, NROWS(fields));
	tcase_add_test(t, test_what_is_a_user);
	tcase_add_test(t, test_edit_keeps_the_rest);
	tcase_add_test(t, test_open_what_is_no_file);
	suite_add_tcase(s, t);
	return s;
}
