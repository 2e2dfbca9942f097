/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * penfold/control: what survives the loss of the index, and how the file is
 * written.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
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

/* For lose_index(): there is no control file. */
static const char	removed[] = "";

/*
 * End the process, which writes the file; give its text; take the index away
 * and put another file in the place of control, unless that is NULL; and begin
 * anew.
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
	control_path(path, "control");
	if (control == removed)
		ck_assert_int_eq(unlink(path), 0);
	else if (control != NULL) {
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

	su_do(folder_create_new(su.store, SLICE_LIT("a/b"), 0), STORE_OK);
	su_do(folder_subscribe_new(su.store, SLICE_LIT("a/b"), true), STORE_OK);
	su_do(folder_subscribe_new(su.store, SLICE_LIT("Trash"), false),
	    STORE_OK);
	(void)su_append(su.proc, su.store, "a/b", SU_BODY_CRLF, 0);
	v = su_select(su.proc, su.store, "a/b");
	validity = view_uidvalidity(v);
	view_close(v);
	lose_index(NULL, text, sizeof(text));
	ck_assert(strncmp(text, "penfold 2\n", 10) == 0);
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
	{ "penfold 2\nmailbox 9 64 7 1 .Sent\nsubscribed Sent\nend 3\n",
	    "INBOX Sent+(other) Trash ", "our version" },
	{ "penfold 2\nmailbox 9 64 7 1 .Sent\nsubscribed Sent\n",
	    "INBOX Sent+(other) Trash ", "no last line" },
	{ "penfold 2\nmailbox 9 64 7 1 .Sent\nsubscribed Sent\nend 2\n",
	    "INBOX Sent+(other) Trash ", "a last line that counts wrong" },
	{ "penfold 3\nmailbox 9 64 7 1 .Sent\nmystery\nend 3\n",
	    "INBOX Sent(other) Trash ", "a version to come" },
	{ "penfold 2\nmailbox 9 0 7 1 .Sent\nmailbox 9 0 7 1 .Trash\n"
	    "mailbox 8 0 7 1 .Sent\nmailbox 7 0 6 1 \nmailbox 6 0 6 1 \n"
	    "subscribed Sent\nsubscribed Sent\nend 8\n",
	    "INBOX Sent+ Trash ", "ids and names that are there twice" },
	{ "penfold 2\nuidvalidity 99999999999999999999\nmailbox-id -1\n"
	    "mailbox 4294967296 0 7 1 .Sent\nmailbox 0 0 0 0 .Trash\n"
	    "end 5\n", "INBOX Sent Trash ", "numbers out of range" },
	{ "\n\n\nend 3\n", "INBOX Sent Trash ", "lines without a word" },
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

/* The numbers of a mailbox that must never be given out again. */
struct numbers {
	uint32_t	 id;
	uint32_t	 uidvalidity;
	uint32_t	 uidnext;
	uint64_t	 modseq;
	uint64_t	 content;
};

static uint64_t
content_of(struct view *v, uint32_t uid)
{
	const struct message *m = NULL;
	struct reader *r;
	struct idset set;
	uint64_t id;

	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	r = reader_new(v, &set, NEED_SIZE);
	while (reader_next(r, &m) == RUN_WAIT)
		su_turn_all();
	ck_assert_ptr_nonnull(m);
	id = (uint64_t)m->content_id;
	reader_free(r);
	idset_clear(&set);
	return id;
}

static void
numbers_of(const char *name, struct numbers *n)
{
	const struct mailbox_info *info;
	struct op *op = list_new(su.store);
	struct view *v;
	size_t count;

	memset(n, 0, sizeof(*n));
	su_must(su.proc, op);
	info = list_result(op, &count);
	for (size_t i = 0; i < count; i++)
		if (slice_eq_str(info[i].name, name))
			n->id = info[i].id;
	op_free(op);
	v = su_select(su.proc, su.store, name);
	n->uidvalidity = view_uidvalidity(v);
	n->uidnext = view_uidnext(v);
	n->modseq = view_highestmodseq(v);
	if (view_exists(v) > 0)
		n->content = content_of(v, view_uid(v, 1));
	view_close(v);
}

/* Change the flags of a message n times, which raises its modseq n times. */
static void
raise_modseq(const char *name, int n)
{
	struct view *v = su_select(su.proc, su.store, name);

	for (int i = 0; i < n; i++)
		su_set_flags(su.proc, v, view_uid(v, 1), i % 2 ? FLAGS_REMOVE :
		    FLAGS_ADD, FLAG_SEEN, NULL);
	view_close(v);
}

/* What becomes of the control file when the index is lost. */
static const char	*const controls[] = { NULL, removed, "penfold 2\n",
    "nonsense" };

/*
 * A mailbox that is made after the index was lost has other numbers than one
 * of its name that was deleted before, even within the same second.
 */
START_TEST(test_numbers_do_not_come_again)
{
	struct numbers before, after;
	char text[8192], name[16];

	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "b%d", i);
		su_do(folder_create_new(su.store, slice_str(name), 0),
		    STORE_OK);
	}
	(void)su_append(su.proc, su.store, "b0", SU_BODY_CRLF, 0);
	raise_modseq("b0", 40);
	numbers_of("b0", &before);
	su_do(folder_delete_new(su.store, SLICE_LIT("b0")), STORE_OK);
	lose_index(controls[_i], text, sizeof(text));
	su_do(folder_create_new(su.store, SLICE_LIT("b0"), 0), STORE_OK);
	(void)su_append(su.proc, su.store, "b0", SU_BODY_CRLF, 0);
	numbers_of("b0", &after);
	ck_assert_uint_gt(after.id, before.id);
	ck_assert_uint_gt(after.uidvalidity, before.uidvalidity);
	ck_assert_uint_gt(after.modseq, before.modseq);
	ck_assert_uint_gt(after.content, before.content);
}
END_TEST

/* The modseq of a mailbox that is still there goes on rising, too. */
START_TEST(test_modseq_goes_on)
{
	struct numbers before, after;
	char text[8192];

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	raise_modseq("INBOX", 40);
	numbers_of("INBOX", &before);
	lose_index(controls[_i], text, sizeof(text));
	numbers_of("INBOX", &after);
	ck_assert_uint_gt(after.modseq, before.modseq);
}
END_TEST

/*
 * What becomes of dovecot-uidlist when the index is lost, as a shell command;
 * and whether UIDs and UIDVALIDITY are the same afterwards.
 */
static const struct {
	const char	*command;
	bool		 same;
} lists[] = {
	{ "true", true },
	{ "rm dovecot-uidlist", false },
	{ ": > dovecot-uidlist", false },
	{ "dd if=/dev/zero of=dovecot-uidlist bs=200 count=1 status=none",
	    false },
	{ "sed -i '1s/^3 /4 /' dovecot-uidlist", false },
	{ "sed -i '1s/V[0-9]*/V77/' dovecot-uidlist", false },
	{ "truncate -s 12 dovecot-uidlist", false },
	/* A line that is gone costs its message the UID, and no other. */
	{ "sed -i 2d dovecot-uidlist", true },
	{ "truncate -s -20 dovecot-uidlist", true },
	/* An older list: UIDNEXT is in the control file, too. */
	{ "sed -i '1s/ N[0-9]*/ N4/' dovecot-uidlist", true },
};

static void
body(struct view *v, uint32_t uid, char text[256])
{
	struct buf b;

	buf_init(&b, 255);
	su_body(v, uid, &b);
	(void)snprintf(text, 256, "%.*s", SLICE_ARG(buf_slice(&b)));
	buf_clear(&b);
}

/* Either UIDVALIDITY is greater, or each UID means the message that it did. */
static void
check_uids(struct view *v, uint32_t validity, char bodies[8][256])
{
	char text[256];

	if (view_uidvalidity(v) != validity) {
		ck_assert_uint_gt(view_uidvalidity(v), validity);
		return;
	}
	for (uint32_t uid = 1; uid < 8; uid++)
		if (view_seq(v, uid) != 0) {
			body(v, uid, text);
			ck_assert_str_eq(text, bodies[uid]);
		}
	ck_assert_uint_ge(view_uidnext(v), 8);
}

/* UIDs 3 to 7 are there, 1 and 2 were expunged. */
static uint32_t
make_messages(char bodies[8][256])
{
	struct view *v;
	struct op *op;
	uint32_t validity;
	char text[64];

	for (int uid = 1; uid < 8; uid++) {
		(void)snprintf(text, sizeof(text), "Subject: m%d\r\n\r\nx\r\n",
		    uid);
		(void)su_append(su.proc, su.store, "INBOX", text, uid < 3 ?
		    FLAG_DELETED : 0);
	}
	v = su_select(su.proc, su.store, "INBOX");
	memset(bodies, 0, 8 * sizeof(bodies[0]));
	for (uint32_t uid = 3; uid < 8; uid++)
		body(v, uid, bodies[uid]);
	op = expunge_new(v, NULL);
	su_must(su.proc, op);
	op_free(op);
	validity = view_uidvalidity(v);
	view_close(v);
	return validity;
}

START_TEST(test_uids_mean_the_same_or_uidvalidity_is_new)
{
	char bodies[8][256], text[8192], command[512];
	uint32_t validity = make_messages(bodies);
	struct view *v;

	su_restart();
	(void)snprintf(command, sizeof(command), "cd %s && %s", su.root,
	    lists[_i].command);
	ck_assert_int_eq(system(command), 0);
	lose_index(NULL, text, sizeof(text));
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_int_eq(view_uidvalidity(v) == validity, lists[_i].same);
	ck_assert_uint_eq(view_exists(v), 5);
	check_uids(v, validity, bodies);
	view_close(v);
}
END_TEST

/* Wherever the file was cut, the account opens, and UIDs are right. */
START_TEST(test_control_that_was_cut)
{
	char bodies[8][256], whole[8192], text[8192];
	uint32_t validity = make_messages(bodies);
	struct view *v;

	lose_index(NULL, whole, sizeof(whole));
	for (size_t len = strlen(whole); len > 3;) {
		whole[len -= 3] = '\0';
		lose_index(whole, text, sizeof(text));
		v = su_select(su.proc, su.store, "INBOX");
		ck_assert_uint_eq(view_uidvalidity(v), validity);
		check_uids(v, validity, bodies);
		view_close(v);
		if (strstr(whole, "subscribed Trash\n") != NULL)
			check_list("INBOX+ Sent+(sent) Trash+(other) ", whole);
	}
}
END_TEST

/* A write that fails is tried again. */
static const struct {
	unsigned int	 calls;
	const char	*path;
} faults[] = {
	{ SHIM_OPEN, "penfold/control.new" },
	{ SHIM_WRITE, "penfold/control.new" },
	{ SHIM_SYNC, "penfold/control.new" },
	{ SHIM_RENAME, "penfold/control.new" },
	{ SHIM_SYNC, "/penfold" },
};

static bool
control_has(const char *line)
{
	char text[4096];

	control_text(text, sizeof(text));
	return strstr(text, line) != NULL;
}

START_TEST(test_control_is_written_in_the_end)
{
	const struct shim_rule rule = { .calls = faults[_i].calls,
	    .path = faults[_i].path, .count = 1, .errnum = EIO };

	su.delays.control_ms = su.delays.control_retry_ms = 0;
	su_restart();
	check_list("INBOX+ Sent+(sent) Trash+(other) ", "a new account");
	su_turn_until(control_has("subscribed Trash\n"));
	shim_set(&rule);
	su_do(folder_subscribe_new(su.store, SLICE_LIT("Trash"), false),
	    STORE_OK);
	su_turn_until(shim_seen() > 0 && !su.store->control_dirty);
	ck_assert_uint_eq(shim_clear(), 1);
	ck_assert(!control_has("subscribed Trash\n"));
	ck_assert(control_has("\nend "));
}
END_TEST

/* A process that is about to replace the file with an older state of it. */
struct late {
	struct storage	*proc;
	struct store	*store;
	bool		 done;
};

static int
other_subscribes(const struct shim_event *ev, void *arg)
{
	struct late *o = arg;
	struct op *op;
	enum run run;

	(void)ev;
	if (o->done)
		return 0;
	o->done = true;
	op = folder_subscribe_new(o->store, SLICE_LIT("Sent"), false);
	do
		run = op_run(op);
	while (run == RUN_MORE || run == RUN_WAIT);
	ck_assert_int_eq(run, RUN_DONE);
	op_free(op);
	for (int i = 0; i < 20; i++)
		su_turn(o->proc, 1);
	return 0;
}

START_TEST(test_control_has_what_all_processes_did)
{
	struct late o = { .done = false };

	su.delays.control_ms = su.delays.control_retry_ms = 0;
	su_restart();
	o.proc = su_process_new();
	o.store = su_open(o.proc);
	check_list("INBOX+ Sent+(sent) Trash+(other) ", "a new account");
	su_turn_until(control_has("subscribed Trash\n"));
	shim_hook(SHIM_RENAME, "penfold/control.new", other_subscribes, &o);
	su_do(folder_subscribe_new(su.store, SLICE_LIT("Trash"), false),
	    STORE_OK);
	su_turn_until(o.done && !su.store->control_dirty);
	(void)shim_clear();
	while (o.store->control_dirty)
		su_turn(o.proc, 10);
	ck_assert(control_has("subscribed INBOX\n"));
	ck_assert(!control_has("subscribed Sent\n"));
	ck_assert(!control_has("subscribed Trash\n"));
	store_close(o.store);
	su_process_free(o.proc);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_control_brings_back_what_the_maildir_has_not);
	tcase_add_loop_test(tc, test_control_that_somebody_wrote, 0,
	    NROWS(files));
	tcase_add_loop_test(tc, test_numbers_do_not_come_again, 0,
	    NROWS(controls));
	tcase_add_loop_test(tc, test_modseq_goes_on, 0, NROWS(controls));
	tcase_add_loop_test(tc, test_uids_mean_the_same_or_uidvalidity_is_new,
	    0, NROWS(lists));
	if (!slices)
		tcase_add_test(tc, test_control_that_was_cut);
	tcase_add_loop_test(tc, test_control_is_written_in_the_end, 0,
	    NROWS(faults));
	tcase_add_test(tc, test_control_has_what_all_processes_did);
}

Suite *
suite_control(void)
{
	return su_suite("control", add_tests);
}
