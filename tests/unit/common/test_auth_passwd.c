/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Users files: good and bad lines, and files that change or are replaced. */

#include "config.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auth/auth_passwd.h"
#include "tests/unit/util.h"

static const struct user_rules rules = { false, NULL };

static unsigned int last_line;

static void
report(void *arg, const char *path, unsigned int line, const char *what)
{
	(void)arg;
	(void)path;
	ck_assert_ptr_nonnull(what);
	last_line = line;
}

/* A descriptor of an unlinked file with this text. */
static int
file_of(struct slice text)
{
	FILE *fp = tmpfile();
	int fd;

	ck_assert_ptr_nonnull(fp);
	fd = dup(fileno(fp));
	(void)fclose(fp);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text.p, text.len), (ssize_t)text.len);
	return fd;
}

static const struct {
	struct slice	 text;
	int		 faults;
	unsigned int	 line;		/* of the last faulty line */
	size_t		 users;
	const char	*name;		/* first user, and his fields */
	const char	*home;
	const char	*mail;
	const char	*nets;
	long		 uid;		/* -1: none */
	bool		 nologin;
	const char	*why;
} files[] = {
	{ LIT(""), 0, 0, 0, NULL, NULL, NULL, NULL, -1, false,
	    "an empty file" },
	{ LIT("\n\n# comment\n#ann:{PLAIN}x\n"), 0, 0, 0, NULL, NULL, NULL,
	    NULL, -1, false, "empty lines and comments" },
	{ LIT("ann:{PLAIN}x"), 0, 0, 1, "ann", NULL, NULL, NULL, -1, false,
	    "no line end" },
	{ LIT("ann:{PLAIN}x\r\n"), 0, 0, 1, "ann", NULL, NULL, NULL, -1, false,
	    "CRLF" },
	{ LIT("Ann@B.ORG:{PLAIN}x:::::\n"), 0, 0, 1, "ann@b.org", NULL, NULL,
	    NULL, -1, false, "a name is normalised; empty fields" },
	{ LIT("ann:{PLAIN}x:1000:1001:Ann:/home/ann:/bin/sh\n"), 0, 0, 1, "ann",
	    "/home/ann", NULL, NULL, 1000, false, "uid, home and shell" },
	{ LIT("ann:{PLAIN}x:1000:1001::/home/ann::userdb_mail=maildir:~/M "
	    "allow_nets=127.0.0.0/8,::1/128 userdb_quota_rule=*:storage=1G\n"),
	    0, 0, 1, "ann", "/home/ann", "maildir:~/M", "127.0.0.0/8,::1/128",
	    1000, false, "extra fields of Dovecot" },
	{ LIT("ann:{PLAIN}x::::::nologin\nbob:{PLAIN}y\n"), 0, 0, 2, "ann",
	    NULL, NULL, NULL, -1, true, "nologin" },
	{ LIT("ann:{PLAIN}x::::::userdb_uid=7 userdb_gid=8 userdb_home=/h\n"),
	    0, 0, 1, "ann", "/h", NULL, NULL, 7, false,
	    "uid and home among the extra fields" },
	{ LIT("ann\nbob:{PLAIN}y\n"), 1, 1, 1, "bob", NULL, NULL, NULL, -1,
	    false, "no hash: the line is left out, the others stay" },
	{ LIT("bob:{PLAIN}y\nann:\n"), 1, 2, 1, "bob", NULL, NULL, NULL, -1,
	    false, "an empty hash" },
	{ LIT(":{PLAIN}x\n"), 1, 1, 0, NULL, NULL, NULL, NULL, -1, false,
	    "no name" },
	{ LIT("a/b:{PLAIN}x\n"), 1, 1, 0, NULL, NULL, NULL, NULL, -1, false,
	    "a slash in the name" },
	{ LIT("ann:{NONE}x\n"), 1, 1, 0, NULL, NULL, NULL, NULL, -1, false,
	    "a scheme that nobody knows" },
	{ LIT("ann:{PLAIN}x:vmail:vmail\n"), 1, 1, 0, NULL, NULL, NULL, NULL,
	    -1, false, "names for ids" },
	{ LIT("ann:{PLAIN}x:0:0\n"), 1, 1, 0, NULL, NULL, NULL, NULL, -1,
	    false, "root owns no mail" },
	{ LIT("ann:{PLAIN}x:4294967295:1\n"), 1, 1, 0, NULL, NULL, NULL, NULL,
	    -1, false, "no such id" },
	{ LIT("ann:{PLAIN}x::::::nopassword\n"), 1, 1, 0, NULL, NULL, NULL,
	    NULL, -1, false, "no password at all" },
	{ LIT("ann:{PLAIN}x\nANN:{PLAIN}y\n"), 1, 2, 1, "ann", NULL, NULL, NULL,
	    -1, false, "a name twice: the first one counts" },
	{ LIT("ann:{PLAIN}x\0y\nbob:{PLAIN}y\n"), 1, 1, 1, "bob", NULL, NULL,
	    NULL, -1, false, "a NUL" },
};

START_TEST(test_auth_passwd_file)
{
	struct auth_passwd *src = auth_passwd_new("users", &rules);
	const struct auth_user *u;
	const char *why = files[_i].why;
	struct slice in = files[_i].text;

	last_line = 0;
	ck_row_eq(in, why, auth_passwd_load(src, file_of(in), report, NULL),
	    files[_i].faults);
	ck_row_eq(in, why, last_line, files[_i].line);
	ck_row_eq(in, why, auth_passwd_count(src), files[_i].users);
	ck_row_eq(in, why, auth_passwd_find(src, SLICE_LIT("nobody")) == NULL,
	    true);
	ck_row_eq(in, why, auth_passwd_usual(src) != NULL,
	    files[_i].name != NULL);
	if (files[_i].name != NULL) {
		u = auth_passwd_find(src, slice_str(files[_i].name));
		ck_row_eq(in, why, u != NULL &&
		    u == auth_passwd_get(src, 0), true);
		ck_row_eq(in, why, u->home, files[_i].home);
		ck_row_eq(in, why, u->mail, files[_i].mail);
		ck_row_eq(in, why, u->allow_nets, files[_i].nets);
		ck_row_eq(in, why, u->has_uid ? (long)u->uid : -1,
		    files[_i].uid);
		ck_row_eq(in, why, u->nologin, files[_i].nologin);
	}
	auth_passwd_free(src);
}
END_TEST

/* A file cut anywhere is read without a memory fault. */
START_TEST(test_auth_passwd_cut)
{
	struct slice text = SLICE_LIT("# c\nann:{PLAIN}x:1:2:g:/h:/s:"
			    "nologin userdb_mail=maildir:~/M\r\n"
			    "b:{SHA}AAAA:::\n::\n:::::::\n");

	for (size_t n = 0; n <= text.len; n++) {
		struct auth_passwd *src = auth_passwd_new("u", &rules);

		ck_assert_int_ge(auth_passwd_load(src,
		    file_of(slice_sub(text, 0, n)), NULL, NULL), 0);
		auth_passwd_free(src);
	}
}
END_TEST

#define SHA	"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="

START_TEST(test_auth_passwd_many)
{
	struct auth_passwd *src = auth_passwd_new("users", &rules);
	struct buf b;
	char name[32];

	buf_init(&b, BUF_NOCAP);
	for (int i = 0; i < 20000; i++)
		ck_assert_int_eq(buf_add_fmt(&b, "user%d@b.org:%s:%d:1\n", i,
		    i % 3 == 0 ? "{PLAIN}x" : SHA, i + 1), 0);
	ck_assert_int_eq(auth_passwd_load(src, file_of(buf_slice(&b)), NULL,
	    NULL), 0);
	ck_assert_uint_eq(auth_passwd_count(src), 20000);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "user%d@b.org", i);
		ck_assert_uint_eq(auth_passwd_find(src,
		    slice_str(name))->uid, (unsigned)i + 1);
	}
	ck_assert_ptr_null(auth_passwd_find(src, SLICE_LIT("user20000@b.org")));
	/* Two thirds of the users have a hash of this class. */
	ck_assert_str_eq(auth_passwd_usual(src), SHA);
	buf_clear(&b);
	auth_passwd_free(src);
}
END_TEST

START_TEST(test_auth_passwd_stale)
{
	struct auth_passwd *src = auth_passwd_new("users", &rules);
	char path[96], other[104];
	int fd, fd2;

	(void)snprintf(path, sizeof(path), "%s/users", unit_dir());
	(void)snprintf(other, sizeof(other), "%s.new", path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	fd2 = open(other, O_RDWR | O_CREAT | O_EXCL, 0600);
	ck_assert(fd != -1 && fd2 != -1);
	ck_assert(auth_passwd_stale(src));
	ck_assert_int_eq(write(fd, "ann:{PLAIN}x\n", 13), 13);
	ck_assert_int_eq(auth_passwd_load(src, dup(fd), NULL, NULL), 0);
	ck_assert(!auth_passwd_stale(src));
	/* Written to: stale. */
	ck_assert_int_eq(write(fd, "bob:{PLAIN}x\n", 13), 13);
	ck_assert(auth_passwd_stale(src));
	ck_assert_int_eq(auth_passwd_load(src, dup(fd), NULL, NULL), 0);
	ck_assert_uint_eq(auth_passwd_count(src), 2);
	ck_assert(!auth_passwd_stale(src));
	/* Replaced: stale. */
	ck_assert_int_eq(rename(other, path), 0);
	ck_assert(auth_passwd_stale(src));
	ck_assert_uint_eq(auth_passwd_count(src), 2);
	/* A file that can't be read leaves the loaded users as they are. */
	ck_assert_int_eq(auth_passwd_load(src, open("/", O_RDONLY), NULL,
	    NULL), -1);
	ck_assert_uint_eq(auth_passwd_count(src), 2);
	ck_assert_int_eq(auth_passwd_load(src, fd2, NULL, NULL), 0);
	ck_assert_uint_eq(auth_passwd_count(src), 0);
	close(fd);
	auth_passwd_free(src);
}
END_TEST

Suite *
suite_auth_passwd(void)
{
	Suite *s = suite_create("auth_passwd");
	TCase *t = tcase_create("auth_passwd");

	tcase_add_loop_test(t, test_auth_passwd_file, 0, NROWS(files));
	tcase_add_test(t, test_auth_passwd_cut);
	tcase_add_test(t, test_auth_passwd_many);
	tcase_add_test(t, test_auth_passwd_stale);
	suite_add_tcase(s, t);
	return s;
}
