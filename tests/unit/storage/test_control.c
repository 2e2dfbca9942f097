/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* penfold/control: what survives the loss of the index. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/store.h"
#include "tests/unit/storeutil.h"

static void
control_path(char path[128], const char *name)
{
	(void)snprintf(path, 128, "%s/penfold/%s", su.root, name);
}

static void
control_text(char *text, size_t size)
{
	char path[128];
	FILE *f;

	control_path(path, "control");
	f = fopen(path, "r");
	text[0] = '\0';
	if (f != NULL) {
		text[fread(text, 1, size - 1, f)] = '\0';
		(void)fclose(f);
	}
}

/*
 * End the process, which writes the file; give its text; take the index away
 * and put another file in its place, unless that is NULL; and begin anew.
 */
static void
lose_index(const char *control, char *text, size_t size)
{
	static const char *const names[] = { "index.db", "index.db-wal",
	    "index.db-shm" };
	char path[128];
	FILE *f;

	store_close(su.store);
	su_process_free(su.proc);
	control_text(text, size);
	for (size_t i = 0; i < NROWS(names); i++) {
		control_path(path, names[i]);
		(void)unlink(path);
	}
	if (control != NULL) {
		control_path(path, "control");
		f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs(control, f), 0);
		(void)fclose(f);
	}
	su.proc = su_process_new();
	su.store = su_open(su.proc);
}

/* name/attributes/use of each mailbox. */
static void
check_list(const char *want, const char *why)
{
	const struct mailbox_info *info;
	struct op *op = list_new(su.store);
	struct buf out;
	size_t n;

	buf_init(&out, 4096);
	su_must(su.proc, op);
	info = list_result(op, &n);
	for (size_t i = 0; i < n; i++)
		(void)buf_add_fmt(&out, "%.*s%s%s%s ", SLICE_ARG(info[i].name),
		    info[i].attrs & MAILBOX_SUBSCRIBED ? "+" : "",
		    info[i].attrs & MAILBOX_NONEXISTENT ? "!" : "",
		    info[i].use == MAILBOX_USE_SENT ? "(sent)" :
		    info[i].use != 0 ? "(other)" : "");
	ck_row_eq(want, why, buf_slice(&out), want);
	op_free(op);
	buf_clear(&out);
}

START_TEST(test_control_brings_back_what_the_maildir_has_not)
{
	char text[4096];
	struct view *v;
	uint32_t validity;

	su_do(create_new(su.store, SLICE_LIT("a/b"), 0), STORE_OK);
	su_do(subscribe_new(su.store, SLICE_LIT("a/b"), true), STORE_OK);
	su_do(subscribe_new(su.store, SLICE_LIT("Trash"), false), STORE_OK);
	v = su_select(su.proc, su.store, "a/b");
	validity = view_uidvalidity(v);
	view_close(v);
	lose_index(NULL, text, sizeof(text));
	ck_assert(strncmp(text, "penfold 1\n", 10) == 0);
	ck_assert_ptr_nonnull(strstr(text, "\nsubscribed a/b\n"));
	ck_assert_ptr_null(strstr(text, "subscribed Trash"));
	check_list("INBOX+ Sent+(sent) Trash(other) a a/b+ ",
	    "after the index was lost");
	v = su_select(su.proc, su.store, "a/b");
	ck_assert_uint_eq(view_uidvalidity(v), validity);
	view_close(v);
}
END_TEST

/* Whatever the file says, the store opens with the folders that there are. */
static const struct {
	const char	*control;
	const char	*want;
	const char	*why;
} files[] = {
	{ "penfold 1\nmailbox 1 0 5 \nsubscribed INBOX\n",
	    "INBOX+ Sent Trash ", "uses that are not there" },
	{ "penfold 1\nmailbox 9 64 7 .Sent\nsubscribed Sent\n",
	    "INBOX Sent+(other) Trash ", "a use that it has" },
	{ "penfold 1\nsubscribed Gone\n", "INBOX Gone+! Sent Trash ",
	    "a name that is only subscribed" },
	{ "penfold 1\nmailbox 9 0 7 .Gone\n", "INBOX Sent Trash ",
	    "a folder that is not there" },
	{ "penfold 1\nmailbox x y z .Sent\nmailbox\nsubscribed\nnonsense\n",
	    "INBOX Sent Trash ", "lines that make no sense" },
	{ "", "INBOX Sent Trash ", "an empty file" },
};

START_TEST(test_control_that_somebody_wrote)
{
	char text[4096];

	(void)su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, 0);
	(void)su_append(su.proc, su.store, "Trash", SU_BODY_CRLF, 0);
	lose_index(files[_i].control, text, sizeof(text));
	check_list(files[_i].want, files[_i].why);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	(void)slices;
	tcase_add_test(tc, test_control_brings_back_what_the_maildir_has_not);
	tcase_add_loop_test(tc, test_control_that_somebody_wrote, 0,
	    NROWS(files));
}

Suite *
suite_control(void)
{
	return su_suite("control", add_tests);
}
