/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The store on real folders; two struct storage stand for two processes. */

#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/compat.h"
#include "storage/state.h"
#include "storage/store.h"
#include "storage/tick.h"
#include "storage/user.h"

Suite	*suite_store(void);

#define BODY_CRLF	"From: a@example.org\r\nSubject: one\r\n\r\nbody\r\n"
#define BODY_LF		"From: b@example.org\nSubject: two words\n\n"	\
			"line\nline\n"

static char		 root[64];
static struct storage	*proc;
static struct store	*store;

static const struct storage_folder folders[] = {
	{ "Sent", MAILBOX_USE_SENT },
	{ "Trash", MAILBOX_USE_TRASH },
	{ NULL, 0 }
};

/* All processes; each has its loop, which goes on while one waits. */
static struct storage	*procs[4];
static uint32_t		 slice_us;
static uint32_t		 idle_close = 30;

static struct storage *
new_process(void)
{
	struct storage_options	options = {
		.message_max = 1 << 20,
		.mailbox_max = 100,
		.keyword_max = 64,
		.expunged_keep = 3600,
		.idle_close = idle_close,
		.sync_threads = 2,
		.folders = folders,
		.slice_us = slice_us,
	};

	for (size_t i = 0;; i++) {
		ck_assert_uint_lt(i, sizeof(procs) / sizeof(procs[0]));
		if (procs[i] == NULL)
			return procs[i] = storage_new(&options);
	}
}

static void
end_process(struct storage *s)
{
	for (size_t i = 0; i < sizeof(procs) / sizeof(procs[0]); i++)
		if (procs[i] == s)
			procs[i] = NULL;
	storage_free(s);
}

static struct store *
open_store(struct storage *s)
{
	struct store_error	 err;
	struct store		*st;

	st = store_open(s, SLICE_LIT("user"), slice_str(root), &err);
	ck_assert_msg(st != NULL, "%s", err.text);
	return st;
}

static void
setup(void)
{
	(void)snprintf(root, sizeof(root), "/tmp/penfold-store-XXXXXX");
	ck_assert(mkdtemp(root) != NULL);
	proc = new_process();
	store = open_store(proc);
}

/* Every operation is left wherever it can be, and others go on meanwhile. */
static void
setup_short_slices(void)
{
	slice_us = 1;
	setup();
}

static void
teardown(void)
{
	char	cmd[128];

	store_close(store);
	end_process(proc);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", root);
	ck_assert_int_eq(system(cmd), 0);
}

/* A store that the loop lets sleep is not looked for before it is due. */
static void
check_sleep(struct storage *s)
{
	struct store	*st;

	RB_FOREACH(st, store_tree, &s->stores)
		ck_assert(st->touched || st->due_ms <= tick_store_due(st));
}

/* The loop of a daemon, until what op waits for has come. */
static void
turn(struct storage *s, int ms)
{
	struct pollfd	p[2];
	int		fds[2], t;

	check_sleep(s);
	storage_fds(s, fds);
	p[0].fd = fds[0];
	p[1].fd = fds[1];
	p[0].events = p[1].events = POLLIN;
	t = storage_timeout(s);
	if (t == -1 || t > ms)
		t = ms;
	(void)poll(p, 2, t);
	storage_dispatch(s);
	check_sleep(s);
}

/* The loops of all processes but one. */
static void
turn_others(const struct storage *but)
{
	for (size_t i = 0; i < sizeof(procs) / sizeof(procs[0]); i++)
		if (procs[i] != NULL && procs[i] != but) {
			check_sleep(procs[i]);
			storage_dispatch(procs[i]);
		}
}

static void
turn_all(void)
{
	turn_others(NULL);
}

static enum run
finish(struct storage *s, struct op *op)
{
	enum run	run;

	for (int i = 0; i < 10000; i++) {
		run = op_run(op);
		if (run == RUN_DONE || run == RUN_FAIL)
			return run;
		if (run == RUN_WAIT)
			turn(s, 10);
		turn_others(s);
	}
	ck_abort_msg("an operation does not end");
	return RUN_FAIL;
}

static void
must(struct storage *s, struct op *op)
{
	ck_assert_msg(finish(s, op) == RUN_DONE, "%s", op_error(op)->text);
}

static void
on_change(void *arg)
{
	(void)arg;
}

static struct view *
select_box(struct storage *s, struct store *st, const char *name)
{
	struct op	*op = select_new(st, slice_str(name), false);
	struct view	*v;

	must(s, op);
	v = view_take(op);
	op_free(op);
	ck_assert(v != NULL);
	view_on_change(v, on_change, NULL);
	return v;
}

static uint32_t
append(struct storage *s, struct store *st, const char *name,
    const char *text, uint32_t flags)
{
	struct op		*op = save_new(st, slice_str(name));
	struct flag_names	 f = { .system = flags };
	uint32_t		 uid;

	must(s, op);
	ck_assert_int_eq(save_begin(op, &f, 1000000000, strlen(text)), 0);
	for (const char *p = text; *p != '\0'; p++)
		ck_assert_int_eq(save_write(op, p, 1), 0);
	ck_assert_int_eq(save_end(op), 0);
	save_commit(op);
	must(s, op);
	uid = idset_min(&save_result(op)->uids);
	op_free(op);
	return uid;
}

static void
deliver_as(const char *dir, const char *name, const char *text)
{
	char	tmp[256], to[256];
	int	fd;

	(void)snprintf(tmp, sizeof(tmp), "%s/tmp/%s", root, "delivery");
	(void)snprintf(to, sizeof(to), "%s/%s/%s", root, dir, name);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	(void)close(fd);
	ck_assert_int_eq(rename(tmp, to), 0);
}

static void
deliver(const char *name, const char *text)
{
	deliver_as("new", name, text);
}

static enum run
next_message(struct reader *r, const struct message **m)
{
	enum run	run;

	while ((run = reader_next(r, m)) == RUN_WAIT)
		turn_all();
	return run;
}

static void
body_of(struct view *v, uint32_t uid, struct buf *out)
{
	const struct message	*m;
	struct reader		*r;
	struct stretch		 s;
	struct idset		 set;

	idset_init(&set, 10);
	ck_assert_int_eq(idset_add(&set, uid), 0);
	r = reader_new(v, &set, NEED_FILE | NEED_SIZE | NEED_STRUCT);
	ck_assert_msg(next_message(r, &m) == RUN_MORE, "%s",
	    reader_error(r)->text);
	reader_whole(r, &s);
	ck_assert_uint_eq(s.wire_len, m->size);
	while (buf_len(out) < m->size)
		ck_assert_int_gt(reader_body(r, &s, buf_len(out), m->size, 7,
		    out), 0);
	ck_assert(reader_next(r, &m) == RUN_DONE);
	reader_free(r);
	idset_clear(&set);
}

struct told {
	char	text[4096];
	size_t	len;
};

static bool
tell(void *arg, const struct view_update *u)
{
	static const char *const names[] = {
		"EXPUNGE", "VANISHED", "EXISTS", "RECENT", "FLAGS", "KEYWORDS"
	};
	struct told	*t = arg;

	t->len += (size_t)snprintf(t->text + t->len,
	    sizeof(t->text) - t->len, "%s %u;", names[u->event], u->seq);
	return true;
}

static void
check_told(struct view *v, bool expunge, const char *want)
{
	struct told	t = { .len = 0 };

	ck_assert(view_sync(v, expunge, tell, &t) == RUN_DONE);
	ck_assert_str_eq(t.text, want);
}

static void
refresh(struct storage *s, struct view *v)
{
	struct op	*op = view_refresh_new(v);

	must(s, op);
	op_free(op);
}

static void
set_flags(struct storage *s, struct view *v, uint32_t uid,
    enum flags_how how, uint32_t system, const char *keyword)
{
	struct slice		 k = slice_str(keyword);
	struct flag_names	 f = { system, &k, keyword == NULL ? 0 : 1 };
	struct idset		 set;
	struct op		*op;

	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	op = flags_new(v, &set, how, &f, UINT64_MAX);
	must(s, op);
	op_free(op);
	idset_clear(&set);
}

START_TEST(test_new_user_has_folders)
{
	const struct mailbox_info	*info;
	struct op			*op = list_new(store);
	size_t				 n;

	must(proc, op);
	info = list_result(op, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert(slice_eq_str(info[0].name, "INBOX"));
	ck_assert(slice_eq_str(info[1].name, "Sent"));
	ck_assert_uint_eq(info[1].use, MAILBOX_USE_SENT);
	ck_assert_uint_eq(info[1].attrs, MAILBOX_SUBSCRIBED);
	op_free(op);
}
END_TEST

START_TEST(test_append_and_read)
{
	struct view	*v;
	struct buf	 b;

	ck_assert_uint_eq(append(proc, store, "INBOX", BODY_CRLF, FLAG_SEEN),
	    1);
	ck_assert_uint_eq(append(proc, store, "inbox", BODY_CRLF, 0), 2);
	v = select_box(proc, store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 2);
	ck_assert_uint_eq(view_recent_count(v), 2);
	ck_assert_uint_eq(view_first_unseen(v), 2);
	buf_init(&b, 10000);
	body_of(v, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), BODY_CRLF));
	buf_clear(&b);
	view_close(v);
	v = select_box(proc, store, "INBOX");
	ck_assert_uint_eq(view_recent_count(v), 0);
	view_close(v);
}
END_TEST

START_TEST(test_delivery_with_lf_is_read_with_crlf)
{
	struct view	*v = select_box(proc, store, "INBOX");
	struct buf	 b;

	deliver("1000000000.one", BODY_LF);
	for (int i = 0; i < 100 && !view_changed(v, true); i++)
		turn(proc, 50);
	check_told(v, true, "EXISTS 1;RECENT 1;");
	buf_init(&b, 10000);
	body_of(v, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), "From: b@example.org\r\n"
	    "Subject: two words\r\n\r\nline\r\nline\r\n"));
	buf_clear(&b);
	body_of(v, 1, &b);
	buf_clear(&b);
	view_close(v);
}
END_TEST

START_TEST(test_zombies_and_two_views)
{
	struct view	*a, *b;
	struct buf	 body;
	struct op	*op;

	for (int i = 0; i < 5; i++)
		(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	a = select_box(proc, store, "INBOX");
	b = select_box(proc, store, "INBOX");
	set_flags(proc, a, 2, FLAGS_ADD, FLAG_DELETED, NULL);
	set_flags(proc, a, 4, FLAGS_ADD, FLAG_DELETED, "$label1");
	check_told(a, true, "KEYWORDS 0;");
	check_told(b, false, "KEYWORDS 0;FLAGS 2;FLAGS 4;");
	op = expunge_new(a, NULL);
	must(proc, op);
	op_free(op);
	check_told(a, true, "EXPUNGE 4;EXPUNGE 2;");
	ck_assert_uint_eq(view_exists(a), 3);
	ck_assert_uint_eq(view_uid(a, 2), 3);
	ck_assert_uint_eq(view_seq(a, 5), 3);
	ck_assert_uint_eq(view_seq(a, 4), 0);
	check_told(b, false, "");
	ck_assert_uint_eq(view_exists(b), 5);
	ck_assert_uint_eq(view_uid(b, 4), 4);
	buf_init(&body, 10000);
	body_of(b, 4, &body);
	ck_assert(slice_eq_str(buf_slice(&body), BODY_CRLF));
	buf_clear(&body);
	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	check_told(a, true, "EXISTS 4;RECENT 4;");
	check_told(b, true, "EXPUNGE 4;EXPUNGE 2;EXISTS 4;");
	ck_assert_uint_eq(view_uid(b, 4), 6);
	view_close(a);
	view_close(b);
}
END_TEST

START_TEST(test_two_processes)
{
	struct storage	*other = new_process();
	struct store	*st = open_store(other);
	struct view	*a, *b;
	struct op	*op;

	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	a = select_box(proc, store, "INBOX");
	b = select_box(other, st, "INBOX");
	ck_assert_uint_eq(view_exists(b), 2);
	set_flags(other, b, 1, FLAGS_ADD, FLAG_SEEN | FLAG_DELETED, "x");
	for (int i = 0; i < 100 && !view_changed(a, true); i++)
		turn(proc, 50);
	check_told(a, true, "KEYWORDS 0;FLAGS 1;");
	op = expunge_new(b, NULL);
	must(other, op);
	op_free(op);
	(void)append(other, st, "INBOX", BODY_CRLF, 0);
	for (int i = 0; i < 100 && view_uidnext(a) < 4; i++) {
		struct told	t = { .len = 0 };

		turn(proc, 50);
		(void)view_sync(a, true, tell, &t);
	}
	ck_assert_uint_eq(view_exists(a), 2);
	ck_assert_uint_eq(view_uid(a, 1), 2);
	ck_assert_uint_eq(view_uid(a, 2), 3);
	refresh(proc, a);
	refresh(other, b);
	check_told(b, true, "KEYWORDS 0;EXPUNGE 1;EXISTS 2;RECENT 1;");
	view_close(a);
	view_close(b);
	store_close(st);
	end_process(other);
}
END_TEST

/* What another process has expunged is read by those who were not told. */
START_TEST(test_expunged_elsewhere_is_read)
{
	struct storage	*other = new_process();
	struct store	*st = open_store(other);
	struct idset	 set;
	struct view	*a, *b;
	struct buf	 body;
	struct op	*op;

	for (int i = 0; i < 8; i++)
		(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	a = select_box(proc, store, "INBOX");
	b = select_box(other, st, "INBOX");
	idset_init(&set, IDSET_NOLIMIT);
	(void)idset_add_range(&set, 2, 6);
	op = remove_new(b, &set);
	must(other, op);
	op_free(op);
	for (uint32_t uid = 1; uid <= 8; uid++) {
		buf_init(&body, BUF_NOCAP);
		body_of(a, uid, &body);
		ck_assert(slice_eq_str(buf_slice(&body), BODY_CRLF));
		buf_clear(&body);
	}
	ck_assert_uint_eq(view_exists(a), 8);
	check_told(a, true, "EXPUNGE 6;EXPUNGE 5;EXPUNGE 4;EXPUNGE 3;"
	    "EXPUNGE 2;");
	idset_clear(&set);
	view_close(a);
	view_close(b);
	store_close(st);
	end_process(other);
}
END_TEST

/* RFC 3501, 2.3.2, with two sessions in each of two processes. */
START_TEST(test_recent_is_for_one_session)
{
	struct storage	*other = new_process();
	struct store	*st = open_store(other);
	struct view	*v[4];
	struct op	*op;
	char		 name[64];
	unsigned int	 recent = 0;

	for (int i = 0; i < 4; i++)
		v[i] = select_box(i < 2 ? proc : other, i < 2 ? store : st,
		    "INBOX");
	for (int i = 0; i < 40; i++) {
		struct told	t = { .len = 0 };
		int		who = i * 7 % 4;

		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		if (i % 3 == 0)
			(void)append(i % 2 ? proc : other, i % 2 ? store : st,
			    "INBOX", BODY_CRLF, 0);
		else
			deliver(name, BODY_LF);
		refresh(who < 2 ? proc : other, v[who]);
		(void)view_sync(v[who], true, tell, &t);
		turn_all();
	}
	for (int i = 0; i < 4; i++) {
		struct told	t = { .len = 0 };

		refresh(i < 2 ? proc : other, v[i]);
		(void)view_sync(v[i], true, tell, &t);
		ck_assert_uint_eq(view_exists(v[i]), 40);
		recent += view_recent_count(v[i]);
	}
	ck_assert_uint_eq(recent, 40);
	for (uint32_t uid = 1; uid <= 40; uid++) {
		int	n = 0;

		for (int i = 0; i < 4; i++)
			n += view_recent(v[i], uid);
		ck_assert_int_eq(n, 1);
	}
	/* Nothing is left for one that comes now. */
	op = status_new(store, SLICE_LIT("INBOX"));
	must(proc, op);
	ck_assert_uint_eq(status_result(op)->recent, 0);
	op_free(op);
	for (int i = 0; i < 4; i++)
		view_close(v[i]);
	store_close(st);
	end_process(other);
}
END_TEST

/* Names of cur/ that contain a string. */
static int
count_names(const char *dir, const char *part)
{
	struct dirent	*e;
	char		 path[256];
	DIR		*d;
	int		 n = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", root, dir);
	d = opendir(path);
	ck_assert(d != NULL);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.' && strstr(e->d_name, part) != NULL;
	(void)closedir(d);
	return n;
}

START_TEST(test_flags_reach_names_and_come_back)
{
	struct view	*v;
	struct flags	 flags;
	uint64_t	 modseq;
	char		 from[256], to[256];

	deliver("1000000000.one", BODY_LF);
	v = select_box(proc, store, "INBOX");
	set_flags(proc, v, 1, FLAGS_ADD, FLAG_SEEN, "k");
	for (int i = 0; i < 100 && count_names("cur", ":2,Sa") == 0; i++)
		turn(proc, 50);
	ck_assert_int_eq(count_names("cur", ":2,Sa"), 1);
	/* Another program answers it, and takes the keyword away. */
	(void)snprintf(from, sizeof(from), "%s/cur/1000000000.one:2,Sa",
	    root);
	(void)snprintf(to, sizeof(to), "%s/cur/1000000000.one:2,RS", root);
	ck_assert_int_eq(rename(from, to), 0);
	refresh(proc, v);
	view_flags(v, 1, &flags, &modseq);
	ck_assert_uint_eq(flags.system, FLAG_SEEN | FLAG_ANSWERED);
	ck_assert_uint_eq(flags.keywords, 0);
	check_told(v, true, "KEYWORDS 0;FLAGS 1;");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
}
END_TEST

START_TEST(test_copy_move)
{
	struct view			*v, *w;
	struct idset			 set;
	struct op			*op;
	const struct copy_result	*res;
	struct buf			 b;

	(void)append(proc, store, "INBOX", BODY_CRLF, FLAG_SEEN);
	deliver("1000000000.two", BODY_LF);
	v = select_box(proc, store, "INBOX");
	idset_init(&set, 10);
	(void)idset_add_range(&set, 1, 2);
	set_flags(proc, v, 2, FLAGS_ADD, 0, "tag");
	op = copy_new(v, &set, SLICE_LIT("Sent"), false);
	must(proc, op);
	res = copy_result(op);
	ck_assert_uint_eq(idset_count(&res->to), 2);
	op_free(op);
	op = copy_new(v, &set, SLICE_LIT("Trash"), true);
	must(proc, op);
	op_free(op);
	/* Who was not told yet can read on (RFC 2180, 4.1). */
	buf_init(&b, 10000);
	body_of(v, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), BODY_CRLF));
	buf_clear(&b);
	check_told(v, true, "KEYWORDS 0;EXPUNGE 2;EXPUNGE 1;");
	ck_assert_int_eq(count_names("cur", ""), 0);
	ck_assert_int_eq(count_names(".Trash/cur", ""), 2);
	ck_assert_int_eq(count_names(".Sent/cur", ""), 2);
	w = select_box(proc, store, "Trash");
	ck_assert_uint_eq(view_exists(w), 2);
	ck_assert_int_eq(view_keyword_find(w, SLICE_LIT("TAG")), 0);
	buf_init(&b, 10000);
	body_of(w, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), BODY_CRLF));
	buf_clear(&b);
	view_close(w);
	op = copy_new(v, &set, SLICE_LIT("Nowhere"), false);
	ck_assert(finish(proc, op) == RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_NONEXISTENT);
	op_free(op);
	view_close(v);
	idset_clear(&set);
}
END_TEST

static void
do_op(struct op *op, enum store_err want)
{
	enum run	run = finish(proc, op);

	ck_assert_int_eq(op_error(op)->kind, want);
	ck_assert(run == (want == STORE_OK ? RUN_DONE : RUN_FAIL));
	op_free(op);
}

START_TEST(test_mailboxes)
{
	const struct mailbox_info	*info;
	struct op			*op;
	struct view			*v;
	size_t				 n;

	do_op(create_new(store, SLICE_LIT("A/B.c/\xc3\xa4"), 0), STORE_OK);
	do_op(create_new(store, SLICE_LIT("A"), 0), STORE_ERR_EXISTS);
	do_op(create_new(store, SLICE_LIT("x//y"), 0), STORE_ERR_NAME);
	ck_assert_int_eq(count_names(".", ""), 4);
	do_op(rename_new(store, SLICE_LIT("A"), SLICE_LIT("Z")), STORE_OK);
	do_op(delete_new(store, SLICE_LIT("Z/B.c")), STORE_OK);
	op = list_new(store);
	must(proc, op);
	info = list_result(op, &n);
	ck_assert_uint_eq(n, 6);
	ck_assert(slice_eq_str(info[3].name, "Z"));
	ck_assert(slice_eq_str(info[4].name, "Z/B.c"));
	ck_assert_uint_eq(info[4].attrs, MAILBOX_NONEXISTENT |
	    MAILBOX_NOSELECT | MAILBOX_CHILDREN);
	ck_assert(slice_eq_str(info[5].name, "Z/B.c/\xc3\xa4"));
	op_free(op);
	do_op(delete_new(store, SLICE_LIT("Z/B.c")), STORE_ERR_HASCHILDREN);
	do_op(delete_new(store, SLICE_LIT("INBOX")), STORE_ERR_NOPERM);
	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	do_op(rename_new(store, SLICE_LIT("INBOX"), SLICE_LIT("Old")),
	    STORE_OK);
	v = select_box(proc, store, "Old");
	ck_assert_uint_eq(view_exists(v), 1);
	do_op(delete_new(store, SLICE_LIT("Old")), STORE_OK);
	check_told(v, true, "EXPUNGE 1;");
	view_close(v);
	do_op(subscribe_new(store, SLICE_LIT("Z"), true), STORE_OK);
	do_op(subscribe_new(store, SLICE_LIT("Nope"), true),
	    STORE_ERR_NONEXISTENT);
}
END_TEST

/* Rows of all that messages leave in the index. */
static int
count_rows(void)
{
	static const char	query[] = "SELECT (SELECT count(*) FROM entry)"
	    " + (SELECT count(*) FROM name) + (SELECT count(*) FROM content)"
	    " + (SELECT count(*) FROM structure)"
	    " + (SELECT count(*) FROM header)"
	    " + (SELECT count(*) FROM share) + (SELECT count(*) FROM grave)"
	    " + (SELECT count(*) FROM expunged)"
	    " + (SELECT count(*) FROM keyword)";
	sqlite3			*db;
	sqlite3_stmt		*stmt;
	char			 path[96];
	int			 n;

	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", root);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, query, -1, &stmt, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

START_TEST(test_deleted_mailbox_leaves_nothing)
{
	struct idset	 set;
	struct view	*v, *w;
	struct buf	 b;
	char		 dir[128];

	do_op(create_new(store, SLICE_LIT("Big"), 0), STORE_OK);
	for (int i = 0; i < 450; i++)
		(void)append(proc, store, "Big", BODY_CRLF, 0);
	v = select_box(proc, store, "Big");
	idset_init(&set, IDSET_NOLIMIT);
	(void)idset_add_range(&set, 1, 10);
	do_op(copy_new(v, &set, SLICE_LIT("Big"), false), STORE_OK);
	do_op(remove_new(v, &set), STORE_OK);
	idset_clear(&set);
	(void)idset_add_range(&set, 11, 20);
	do_op(copy_new(v, &set, SLICE_LIT("Trash"), true), STORE_OK);
	/* What other programs leave in a Maildir goes with it. */
	(void)snprintf(dir, sizeof(dir), "%s/.Big/courierimapkeywords", root);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	(void)strlcat(dir, "/:list", sizeof(dir));
	ck_assert_int_ge(close(open(dir, O_WRONLY | O_CREAT, 0600)), 0);
	ck_assert_int_gt(count_rows(), 0);
	do_op(delete_new(store, SLICE_LIT("Big")), STORE_OK);
	for (int i = 0; i < 1000 && count_names("penfold/expunged", "") > 0;
	    i++)
		turn(proc, 10);
	w = select_box(proc, store, "Trash");
	ck_assert_uint_eq(view_exists(w), 10);
	buf_init(&b, 10000);
	body_of(w, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), BODY_CRLF));
	buf_clear(&b);
	view_close(w);
	do_op(delete_new(store, SLICE_LIT("Trash")), STORE_OK);
	for (int i = 0; i < 1000 && (count_rows() > 0 ||
	    count_names("penfold/expunged", "") > 0); i++)
		turn(proc, 10);
	ck_assert_int_eq(count_rows(), 0);
	ck_assert_int_eq(count_names("penfold/expunged", ""), 0);
	view_close(v);
	idset_clear(&set);
}
END_TEST

/* A grave that a crash left is emptied by whoever opens the index next. */
START_TEST(test_grave_outlives_a_crash)
{
	static const char	 left[] =
	    "INSERT INTO grave VALUES (999);"
	    "INSERT INTO entry VALUES (999, 1, 0, 0, 1, 0, 0);"
	    "INSERT INTO name VALUES (999, 1, 'x', NULL, NULL);";
	char			 path[256];
	sqlite3			*db;

	do_op(create_new(store, SLICE_LIT("A"), 0), STORE_OK);
	store_close(store);
	end_process(proc);
	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", root);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, left, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	(void)snprintf(path, sizeof(path),
	    "mkdir -p %s/penfold/expunged/mailbox.999/cur && "
	    "touch %s/penfold/expunged/mailbox.999/cur/x", root, root);
	ck_assert_int_eq(system(path), 0);
	ck_assert_int_eq(count_rows(), 3);
	proc = new_process();
	store = open_store(proc);
	for (int i = 0; i < 1000 && count_rows() > 0; i++)
		turn(proc, 10);
	ck_assert_int_eq(count_rows(), 0);
	ck_assert_int_eq(count_names("penfold/expunged", ""), 0);
}
END_TEST

/* Whoever comes when no descriptor is left is told so, wherever it ends. */
START_TEST(test_no_descriptor_is_left)
{
	struct store_error	 err;
	struct rlimit		 was, now;
	struct store		*st = NULL;
	char			 path[256];
	int			 fd, failed = 0;

	(void)snprintf(path, sizeof(path), "%s/other", root);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	fd = dup(0);
	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	for (int more = 0; more < 32 && st == NULL; more++) {
		now = was;
		now.rlim_cur = (rlim_t)(fd + more);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
		st = store_open(proc, SLICE_LIT("other"), slice_str(path),
		    &err);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
		if (st == NULL)
			ck_assert_msg(err.kind == STORE_ERR_LIMIT,
			    "%d: %s", more, err.text);
		failed += st == NULL;
	}
	ck_assert(st != NULL);
	ck_assert_int_gt(failed, 3);
	store_close(st);
}
END_TEST

/* Descriptors of this process that are of the index. */
static int
count_index_fds(void)
{
	struct dirent	*e;
	char		 target[256];
	DIR		*d = opendir("/proc/self/fd");
	ssize_t		 len;
	int		 n = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		len = readlinkat(dirfd(d), e->d_name, target,
		    sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		n += strncmp(target, root, strlen(root)) == 0 &&
		    strstr(target, "/index.db") != NULL;
	}
	if (d != NULL)
		(void)closedir(d);
	return n;
}

/* A handle is three descriptors and a cache: nobody uses it, it is closed. */
START_TEST(test_idle_index_is_closed)
{
	struct view	*v;

	store_close(store);
	end_process(proc);
	idle_close = 1;
	proc = new_process();
	store = open_store(proc);
	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	ck_assert_int_gt(count_index_fds(), 0);
	for (int i = 0; i < 1000 && count_index_fds() > 0; i++)
		turn(proc, 10);
	ck_assert_int_eq(count_index_fds(), 0);
	v = select_box(proc, store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
	idle_close = 30;
}
END_TEST

/* One folder of a tree can't be renamed: all stay what they were. */
START_TEST(test_rename_is_all_or_nothing)
{
	const struct mailbox_info	*info;
	struct op			*op;
	char				 path[96];
	size_t				 n;

	do_op(create_new(store, SLICE_LIT("T/a"), 0), STORE_OK);
	do_op(create_new(store, SLICE_LIT("T/b"), 0), STORE_OK);
	/* No mailbox, but in the way. */
	(void)snprintf(path, sizeof(path), "%s/.New.Tree.b", root);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	do_op(rename_new(store, SLICE_LIT("T"), SLICE_LIT("New/Tree")),
	    STORE_ERR_IO);
	ck_assert_int_eq(rmdir(path), 0);
	op = list_new(store);
	must(proc, op);
	info = list_result(op, &n);
	for (size_t i = 0; i < n; i++)
		ck_assert(!slice_starts(info[i].name, SLICE_LIT("New")));
	op_free(op);
	do_op(rename_new(store, SLICE_LIT("T"), SLICE_LIT("New/Tree")),
	    STORE_OK);
	ck_assert_int_eq(count_names(".", ""), 4);
}
END_TEST

START_TEST(test_subscriptions_have_a_bound)
{
	char	name[16];
	int	i;

	for (i = 0; i < 300; i++) {
		struct op	*op;
		enum store_err	 kind;

		(void)snprintf(name, sizeof(name), "m%d", i);
		do_op(create_new(store, slice_str(name), 0), STORE_OK);
		op = subscribe_new(store, slice_str(name), true);
		(void)finish(proc, op);
		kind = op_error(op)->kind;
		op_free(op);
		do_op(delete_new(store, slice_str(name)), STORE_OK);
		if (kind == STORE_ERR_LIMIT)
			break;
		ck_assert_int_eq(kind, STORE_OK);
	}
	/* Twice the mailboxes; a new account has subscribed three names. */
	ck_assert_int_eq(i, 2 * 100 - 3);
}
END_TEST

static uint64_t
search(struct view *v, struct search_node *node)
{
	struct op	*op = search_new(v, node);
	uint64_t	 n;

	must(proc, op);
	n = idset_count(&search_result(op)->uids);
	op_free(op);
	return n;
}

START_TEST(test_search)
{
	struct search_node	node = { .key = SEARCH_HEADER };
	struct search_node	not = { .key = SEARCH_NOT };
	struct view		*v;

	(void)append(proc, store, "INBOX", BODY_CRLF, FLAG_SEEN);
	deliver("1000000000.two", BODY_LF);
	v = select_box(proc, store, "INBOX");
	node.header = SLICE_LIT("subject");
	node.text = SLICE_LIT("TWO");
	ck_assert_uint_eq(search(v, &node), 1);
	node.text = SLICE_LIT("");
	ck_assert_uint_eq(search(v, &node), 2);
	node.key = SEARCH_BODY;
	node.text = SLICE_LIT("Line");
	ck_assert_uint_eq(search(v, &node), 1);
	node.text = SLICE_LIT("example");
	ck_assert_uint_eq(search(v, &node), 0);
	node.key = SEARCH_TEXT;
	ck_assert_uint_eq(search(v, &node), 2);
	node.key = SEARCH_FLAG;
	node.number = FLAG_SEEN;
	not.kids = &node;
	ck_assert_uint_eq(search(v, &not), 1);
	node.key = SEARCH_SMALLER;
	node.number = 10;
	ck_assert_uint_eq(search(v, &node), 0);
	view_close(v);
}
END_TEST

/*
 * Fields and dates that the gist answers, others, and a message whose gist
 * has no fields as they would be too long: all alike, alone and together.
 */
START_TEST(test_search_with_and_without_gist)
{
	struct search_node	list = { .key = SEARCH_HEADER,
				    .header = SLICE_LIT("List-Id"),
				    .text = SLICE_LIT("news") };
	struct search_node	node = { .key = SEARCH_HEADER,
				    .header = SLICE_LIT("To") };
	struct search_node	sent = { .key = SEARCH_SENTON,
				    .number = 8803 };
	struct search_node	or = { .key = SEARCH_OR, .kids = &node };
	struct buf		b;
	struct view		*v;

	buf_init(&b, BUF_NOCAP);
	for (int i = 0; i < 2000; i++)
		(void)buf_addf(&b, "To: user%d@example.org\n", i);
	(void)buf_add_str(&b, "Date: 7 Feb 1994 21:52:25 -0800\n"
	    "List-Id: News\n\nx\n");
	(void)buf_addc(&b, '\0');
	deliver("1000000000.long", buf_slice(&b).p);
	deliver("1000000001.short", "To: user1@example.org\n\nbody\n");
	v = select_box(proc, store, "INBOX");
	for (int again = 0; again < 2; again++) {
		node.text = SLICE_LIT("USER1@");
		ck_assert_uint_eq(search(v, &node), 2);
		node.text = SLICE_LIT("user1999@");
		ck_assert_uint_eq(search(v, &node), 1);
		node.text = SLICE_LIT("nobody");
		ck_assert_uint_eq(search(v, &node), 0);
		ck_assert_uint_eq(search(v, &list), 1);
		ck_assert_uint_eq(search(v, &sent), 1);
		node.next = &list;
		ck_assert_uint_eq(search(v, &or), 1);
		node.text = SLICE_LIT("user1@");
		ck_assert_uint_eq(search(v, &or), 2);
		node.next = NULL;
	}
	view_close(v);
	buf_clear(&b);
}
END_TEST

START_TEST(test_hazards_in_the_maildir)
{
	struct view	*v;
	char		 path[256];

	deliver("1000000000.one", BODY_LF);
	(void)snprintf(path, sizeof(path), "%s/cur/fifo", root);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/new/link", root);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	deliver_as("cur", "1000000001.wrong,S=9999:2,F", BODY_LF);
	deliver_as("cur", "1000000002.empty:2,", "");
	v = select_box(proc, store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 3);
	{
		struct buf	b;

		buf_init(&b, 10000);
		body_of(v, 2, &b);
		ck_assert_uint_gt(buf_len(&b), 10);
		buf_clear(&b);
		body_of(v, 3, &b);
		buf_clear(&b);
	}
	(void)snprintf(path, sizeof(path), "%s/cur/1000000002.empty:2,",
	    root);
	ck_assert_int_eq(unlink(path), 0);
	refresh(proc, v);
	check_told(v, true, "EXPUNGE 3;");
	view_close(v);
}
END_TEST

START_TEST(test_uids_of_dovecot_are_kept)
{
	struct view	*v;
	char		 path[256];
	FILE		*f;

	deliver_as("cur", "1000000005.a:2,Sb", BODY_LF);
	deliver_as("cur", "1000000004.b:2,", BODY_LF);
	deliver("1000000001.c", BODY_LF);
	(void)snprintf(path, sizeof(path), "%s/dovecot-uidlist", root);
	f = fopen(path, "w");
	ck_assert(f != NULL);
	fprintf(f, "3 V12345 N100 G0123\n7 P77 :1000000005.a:2,\n"
	    "12 :1000000004.b\n");
	(void)fclose(f);
	(void)snprintf(path, sizeof(path), "%s/dovecot-keywords", root);
	f = fopen(path, "w");
	ck_assert(f != NULL);
	fprintf(f, "0 $Forwarded\n1 Junk\n");
	(void)fclose(f);
	v = select_box(proc, store, "INBOX");
	ck_assert_uint_eq(view_uidvalidity(v), 12345);
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_uid(v, 1), 7);
	ck_assert_uint_eq(view_uid(v, 2), 12);
	ck_assert_uint_eq(view_uid(v, 3), 100);
	ck_assert(slice_eq_str(view_keyword(v, 1), "Junk"));
	view_close(v);
}
END_TEST

static void
write_list(const char *mode, const char *text)
{
	char	 path[256];
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/dovecot-uidlist", root);
	f = fopen(path, mode);
	ck_assert(f != NULL);
	ck_assert_int_ge(fputs(text, f), 0);
	(void)fclose(f);
}

static void
read_list(char *text, size_t size)
{
	char	 path[256];
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/dovecot-uidlist", root);
	f = fopen(path, "r");
	ck_assert(f != NULL);
	text[fread(text, 1, size - 1, f)] = '\0';
	(void)fclose(f);
}

/* Another server gave out all but two UIDs: the last of them is none. */
START_TEST(test_no_uid_is_left)
{
	struct view	*v, *w;
	struct idset	 set;
	struct op	*op;

	deliver_as("cur", "1000000001.a:2,", BODY_LF);
	write_list("w", "3 V12345 N4294967294 G0123\n7 :1000000001.a\n");
	(void)append(proc, store, "Sent", BODY_CRLF, 0);
	(void)append(proc, store, "Sent", BODY_CRLF, 0);
	v = select_box(proc, store, "INBOX");
	w = select_box(proc, store, "Sent");
	idset_init(&set, 10);
	ck_assert_int_eq(idset_add_range(&set, 1, 2), 0);
	for (int move = 0; move < 2; move++) {
		op = copy_new(w, &set, SLICE_LIT("INBOX"), move);
		ck_assert(finish(proc, op) == RUN_FAIL);
		ck_assert_int_eq(op_error(op)->kind, STORE_ERR_LIMIT);
		op_free(op);
	}
	ck_assert_uint_eq(append(proc, store, "INBOX", BODY_CRLF, 0),
	    UINT32_MAX - 1);
	deliver("1000000002.b", BODY_LF);
	refresh(proc, v);
	check_told(v, true, "EXISTS 2;RECENT 2;");
	ck_assert_uint_eq(view_uidnext(v), UINT32_MAX);
	check_told(w, true, "");
	view_close(v);
	view_close(w);
	idset_clear(&set);
}
END_TEST

/* The process ends and another one comes. */
static void
restart(void)
{
	store_close(store);
	end_process(proc);
	proc = new_process();
	store = open_store(proc);
}

START_TEST(test_uidlist_is_appended_to)
{
	static char	before[65536], after[262144];
	struct view	*v;
	char		 header[64];
	uint32_t	 validity;

	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	v = select_box(proc, store, "INBOX");
	validity = view_uidvalidity(v);
	view_close(v);
	restart();
	read_list(before, sizeof(before));
	/* Written after the first or after both: 1,000 ahead of it. */
	(void)snprintf(header, sizeof(header), "3 V%u N100", validity);
	ck_assert(strncmp(before, header, strlen(header)) == 0);
	ck_assert(strstr(before, "\n1 :") != NULL);
	ck_assert(strstr(before, "\n2 :") != NULL);
	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	restart();
	read_list(after, sizeof(after));
	ck_assert(strncmp(before, after, strlen(before)) == 0);
	ck_assert(strncmp(after + strlen(before), "3 :", 3) == 0);
	/* The promise of its first line is renewed before it is used up. */
	for (int i = 0; i < 600; i++)
		(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	restart();
	read_list(after, sizeof(after));
	(void)snprintf(header, sizeof(header), "3 V%u N1604\n1 :", validity);
	ck_assert(strncmp(after, header, strlen(header)) == 0);
}
END_TEST

START_TEST(test_uidlist_lock_is_respected)
{
	char	path[256], text[4096];
	int	fd;

	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	restart();
	(void)snprintf(path, sizeof(path), "%s/dovecot-uidlist.lock", root);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ne(fd, -1);
	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	restart();
	read_list(text, sizeof(text));
	ck_assert(strstr(text, "\n2 :") == NULL);
	/* One of hours ago is nobody's. */
	ck_assert_int_eq(futimens(fd, (struct timespec[]){ { 1000000000, 0 },
	    { 1000000000, 0 } }), 0);
	(void)close(fd);
	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	restart();
	read_list(text, sizeof(text));
	ck_assert(strstr(text, "\n2 :") != NULL);
	ck_assert(strstr(text, "\n3 :") != NULL);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(test_uidlist_of_another_program_is_read)
{
	struct view	*v;

	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	restart();
	/* It was first: its UIDs are taken over, and the next ones go on. */
	write_list("a", "1500 P77 :1000000001.z\n");
	deliver_as("cur", "1000000001.z:2,S", BODY_LF);
	v = select_box(proc, store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 2);
	ck_assert_uint_eq(view_uid(v, 2), 1500);
	ck_assert_uint_eq(view_uidnext(v), 1501);
	/* We were first, but it did not know. */
	deliver_as("cur", "1000000002.y:2,", BODY_LF);
	refresh(proc, v);
	check_told(v, true, "EXISTS 3;RECENT 3;");
	ck_assert_uint_eq(view_uid(v, 3), 1501);
	write_list("a", "2600 :1000000002.y\n");
	deliver_as("cur", "1000000003.x:2,", BODY_LF);
	refresh(proc, v);
	check_told(v, true, "EXPUNGE 3;EXISTS 4;RECENT 4;");
	ck_assert_uint_eq(view_uid(v, 3), 2600);
	ck_assert_uint_eq(view_uid(v, 4), 2601);
	/* What is below our next UID was told of other messages. */
	write_list("a", "2700 :1000000004.w\n");
	write_list("w", "3 V7 N3000\n1 :1000000003.x\n");
	deliver_as("cur", "1000000004.w:2,", BODY_LF);
	refresh(proc, v);
	check_told(v, true, "EXISTS 5;RECENT 5;");
	ck_assert_uint_eq(view_uid(v, 4), 2601);
	ck_assert_uint_eq(view_uid(v, 5), 2602);
	view_close(v);
}
END_TEST

/* What Dovecot does with a new message; false: somebody has the lock. */
static bool
dovecot_takes(const char *name, const char *line)
{
	char	lock[256];
	int	fd;

	(void)snprintf(lock, sizeof(lock), "%s/dovecot-uidlist.lock", root);
	fd = open(lock, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1)
		return false;
	deliver_as("cur", name, BODY_LF);
	write_list("a", line);
	(void)close(fd);
	ck_assert_int_eq(unlink(lock), 0);
	return true;
}

/* It does so while a scan is at its n-th slice. */
START_TEST(test_uidlist_changes_during_a_scan)
{
	struct told	 t = { .len = 0 };
	struct view	*v;
	struct op	*op;
	enum run	 run;
	bool		 done = false;
	int		 n = 0;

	(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	restart();
	ck_assert(dovecot_takes("1000000001.z:2,", "1500 :1000000001.z\n"));
	op = select_new(store, SLICE_LIT("INBOX"), false);
	do {
		if (!done && n++ >= _i)
			done = dovecot_takes("1000000002.y:2,",
			    "1600 :1000000002.y\n");
		if ((run = op_run(op)) == RUN_WAIT)
			turn(proc, 10);
	} while (run == RUN_WAIT || run == RUN_MORE);
	ck_assert_int_eq(run, RUN_DONE);
	v = view_take(op);
	op_free(op);
	if (!done)
		ck_assert(dovecot_takes("1000000002.y:2,",
		    "1600 :1000000002.y\n"));
	refresh(proc, v);
	ck_assert(view_sync(v, true, tell, &t) == RUN_DONE);
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_uid(v, 2), 1500);
	ck_assert_uint_eq(view_uid(v, 3), 1600);
	view_close(v);
}
END_TEST

/* The first UID that is given out comes after those of the list. */
START_TEST(test_uidlist_is_read_before_append)
{
	write_list("w", "3 V12345 N100\n7 :1000000005.a\n150 :1000000006.b\n");
	deliver_as("cur", "1000000005.a:2,", BODY_LF);
	ck_assert_uint_eq(append(proc, store, "INBOX", BODY_CRLF, 0), 151);
}
END_TEST

START_TEST(test_index_lost_and_found)
{
	struct view	*v;
	uint32_t	 validity;
	char		 path[256];

	(void)append(proc, store, "Sent", BODY_CRLF, 0);
	(void)append(proc, store, "Sent", BODY_CRLF, FLAG_SEEN);
	v = select_box(proc, store, "Sent");
	validity = view_uidvalidity(v);
	view_close(v);
	store_close(store);
	end_process(proc);
	for (size_t i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "-wal", "-shm" };
		FILE	*f;

		(void)snprintf(path, sizeof(path), "%s/penfold/index.db%s",
		    root, ends[i]);
		f = fopen(path, "w");
		ck_assert(f != NULL);
		fprintf(f, "this is no database any more");
		(void)fclose(f);
	}
	proc = new_process();
	store = open_store(proc);
	v = select_box(proc, store, "Sent");
	ck_assert_uint_eq(view_exists(v), 2);
	ck_assert_uint_eq(view_uid(v, 2), 2);
	ck_assert_uint_eq(view_uidvalidity(v), validity);
	ck_assert_uint_ge(view_uidnext(v), 1000);
	view_close(v);
}
END_TEST

/* The part of an operation's CPU time that its longest call took. */
static double
longest_call(struct storage *s, struct op *op)
{
	struct timespec	a, b;
	double		ns, longest = 0, all = 0;
	enum run	run;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
		run = op_run(op);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
		ns = (double)(b.tv_sec - a.tv_sec) * 1e9 +
		    (double)(b.tv_nsec - a.tv_nsec);
		all += ns;
		if (ns > longest)
			longest = ns;
		if (run == RUN_WAIT)
			turn(s, 10);
	} while (run == RUN_MORE || run == RUN_WAIT);
	ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
	return longest / all;
}

/* What takes long with many messages is no step that cannot be left. */
START_TEST(test_slices_are_short)
{
	struct flag_names	 f = { .system = FLAG_FLAGGED };
	struct idset		 all;
	struct view		*v;
	struct op		*op;
	char			 name[64];

	for (int i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "%d.M%d", 1000000000 + i,
		    i * 7919 % 3000);
		deliver_as(i % 2 ? "cur" : "new", name, BODY_LF);
	}
	op = select_new(store, SLICE_LIT("INBOX"), false);
	ck_assert_double_lt(longest_call(proc, op), 0.3);
	v = view_take(op);
	op_free(op);
	ck_assert_uint_eq(view_exists(v), 3000);
	idset_init(&all, 10);
	ck_assert_int_eq(idset_add_range(&all, 1, 3000), 0);
	op = flags_new(v, &all, FLAGS_ADD, &f, UINT64_MAX);
	ck_assert_double_lt(longest_call(proc, op), 0.3);
	op_free(op);
	idset_clear(&all);
	view_close(v);
}
END_TEST

/* A folder that was just made is not looked at before something comes. */
START_TEST(test_created_mailbox_is_clean)
{
	struct view	*v;
	int		 pages;

	do_op(create_new(store, SLICE_LIT("a/b"), 0), STORE_OK);
	pages = sql_wal_pages(store->db);
	v = select_box(proc, store, "a/b");
	view_close(v);
	v = select_box(proc, store, "a");
	ck_assert_int_eq(sql_wal_pages(store->db), pages);
	ck_assert_uint_eq(view_exists(v), 0);
	view_close(v);
	deliver_as(".a.b/new", "1000000000.x", BODY_LF);
	v = select_box(proc, store, "a/b");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
	deliver_as(".a/cur", "1000000000.x", BODY_LF);
	v = select_box(proc, store, "a");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
}
END_TEST

/* While a scan goes on, nobody sees what is not committed. */
START_TEST(test_scan_in_slices_is_seen_at_its_end)
{
	struct view	*a, *b;
	struct op	*op;
	char		 name[64];
	uint64_t	 modseq;
	int		 calls = 0;

	a = select_box(proc, store, "INBOX");
	modseq = view_highestmodseq(a);
	for (int i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		deliver(name, BODY_LF);
	}
	op = view_refresh_new(a);
	while (op_run(op) == RUN_MORE) {
		calls++;
		ck_assert_uint_eq(view_highestmodseq(a), modseq);
		ck_assert(!view_changed(a, true));
	}
	op_free(op);
	ck_assert_int_gt(calls, 5);
	check_told(a, true, "EXISTS 500;RECENT 500;");

	/* One that is given up half way leaves nothing behind. */
	for (int i = 500; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		deliver(name, BODY_LF);
	}
	op = view_refresh_new(a);
	for (int i = 0; i < 20; i++)
		ck_assert(op_run(op) == RUN_MORE);
	op_free(op);
	b = select_box(proc, store, "INBOX");
	ck_assert_uint_eq(view_exists(b), 1000);
	check_told(a, true, "EXISTS 1000;");
	view_close(a);
	view_close(b);
}
END_TEST

/* An idle session is told of what came while a scan was on its way. */
START_TEST(test_delivery_during_a_scan)
{
	struct view	*v = select_box(proc, store, "INBOX");
	struct told	 t = { .len = 0 };
	char		 name[64];

	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		deliver(name, BODY_LF);
	}
	for (int i = 0; i < 1000 && v->mailbox->scan == NULL; i++)
		turn(proc, 10);
	for (int i = 0; i < 20; i++)
		turn(proc, 0);
	ck_assert(v->mailbox->scan != NULL);
	deliver("1000000300.x", BODY_LF);
	for (int i = 0; i < 2000 && view_exists(v) < 301; i++) {
		t.len = 0;
		turn(proc, 10);
		(void)view_sync(v, true, tell, &t);
	}
	ck_assert_uint_eq(view_exists(v), 301);
	view_close(v);
}
END_TEST

static void
move_file(const char *from, const char *to)
{
	char	a[256], b[256];

	(void)snprintf(a, sizeof(a), "%s/%s", root, from);
	(void)snprintf(b, sizeof(b), "%s/%s", root, to);
	ck_assert_int_eq(rename(a, b), 0);
}

/* A file that another program renames may be under no name when we look. */
START_TEST(test_rename_during_a_scan)
{
	struct view	*v;
	struct op	*op;
	bool		 away = false;

	deliver_as("cur", "1000000000.a:2,", BODY_LF);
	deliver_as("cur", "1000000001.b:2,", BODY_LF);
	deliver_as("cur", "1000000002.c:2,", BODY_LF);
	v = select_box(proc, store, "INBOX");
	check_told(v, true, "");
	move_file("cur/1000000002.c:2,", "cur/1000000002.c:2,F");
	op = view_refresh_new(v);
	for (int step = 0; op_run(op) == RUN_MORE; step++) {
		if (!away && v->mailbox->scan != NULL) {
			move_file("cur/1000000000.a:2,", "tmp/a");
			move_file("cur/1000000001.b:2,", "tmp/b");
			away = true;
		}
		ck_assert_int_lt(step, 1000);
	}
	op_free(op);
	ck_assert(away);
	check_told(v, true, "FLAGS 3;");
	move_file("tmp/a", "cur/1000000000.a:2,S");
	refresh(proc, v);
	check_told(v, true, "EXPUNGE 2;FLAGS 1;");
	ck_assert_uint_eq(view_uid(v, 1), 1);
	ck_assert_uint_eq(view_uid(v, 2), 3);
	view_close(v);
}
END_TEST

static void
all_readable(struct view *v, uint32_t n)
{
	ck_assert_uint_eq(view_exists(v), n);
	for (uint32_t uid = 1; uid <= n; uid++) {
		struct buf	b;

		buf_init(&b, BUF_NOCAP);
		body_of(v, uid, &b);
		ck_assert(slice_eq_str(buf_slice(&b), BODY_CRLF));
		buf_clear(&b);
	}
}

/*
 * An EXPUNGE or MOVE that is half done is not seen by others, and one that
 * is given up has not happened.
 */
START_TEST(test_changes_in_slices_are_all_or_nothing)
{
	struct view	*a, *b;
	struct idset	 all;
	struct op	*op;

	for (int i = 0; i < 200; i++)
		(void)append(proc, store, "INBOX", BODY_CRLF, 0);
	idset_init(&all, IDSET_NOLIMIT);
	(void)idset_add_range(&all, 1, 200);
	a = select_box(proc, store, "INBOX");
	b = select_box(proc, store, "INBOX");
	for (int i = 0; i < 4; i++) {
		op = i % 2 ? remove_new(a, &all) :
		    copy_new(a, &all, SLICE_LIT("Sent"), i == 2);
		for (int k = 0; k < 8; k++)
			ck_assert(op_run(op) == RUN_MORE);
		ck_assert(!view_changed(b, true));
		if (i != 2)
			all_readable(b, 200);
		op_free(op);
		all_readable(b, 200);
		ck_assert_int_eq(count_names("cur", ""), 200);
		ck_assert_int_eq(count_names(".Sent/cur", ""), 0);
	}
	do_op(copy_new(a, &all, SLICE_LIT("Sent"), true), STORE_OK);
	ck_assert_int_eq(count_names("cur", ""), 0);
	ck_assert_int_eq(count_names(".Sent/cur", ""), 200);
	view_close(a);
	view_close(b);
	a = select_box(proc, store, "Sent");
	all_readable(a, 200);
	do_op(remove_new(a, &all), STORE_OK);
	ck_assert_int_eq(count_names(".Sent/cur", ""), 0);
	view_close(a);
	idset_clear(&all);
}
END_TEST

/* A big message that was never parsed, by two sessions at once. */
START_TEST(test_big_message_is_parsed_in_slices)
{
	const struct message	*m;
	struct reader		*r, *q;
	struct idset		 set;
	struct view		*v;
	struct buf		 text;
	int			 waits = 0;

	buf_init(&text, BUF_NOCAP);
	(void)buf_add_str(&text, "From: a@example.org\n\n");
	while (buf_len(&text) < 3000000)
		(void)buf_add_str(&text, "a line of a message\n");
	(void)buf_addc(&text, '\0');
	deliver("1000000000.big", text.p);
	v = select_box(proc, store, "INBOX");
	idset_init(&set, 10);
	(void)idset_add(&set, 1);
	r = reader_new(v, &set, NEED_SIZE);
	q = reader_new(v, &set, NEED_SIZE);
	while (reader_next(r, &m) == RUN_WAIT) {
		if (waits++ == 0)
			ck_assert(reader_next(q, &m) == RUN_WAIT);
		turn_all();
	}
	ck_assert_int_gt(waits, 5);
	ck_assert_uint_eq(m->uid, 1);
	ck_assert_uint_gt(m->size, buf_len(&text));
	while (reader_next(q, &m) == RUN_WAIT)
		turn_all();
	ck_assert_uint_eq(m->uid, 1);
	/* It is counted once. */
	ck_assert_uint_eq(v->mailbox->row.unsized, 0);
	ck_assert_uint_eq(v->mailbox->row.bytes, m->size);
	reader_free(r);
	reader_free(q);
	idset_clear(&set);
	buf_clear(&text);
	view_close(v);
}
END_TEST

/*
 * What a client knows: UIDs by sequence number, changed only by what it is
 * told, as RFC 3501, 7.4.1 has it.
 */
struct model {
	struct storage	*s;
	struct view	*v;
	uint32_t	 uids[4096];
	uint32_t	 n;
};

static bool
learn(void *arg, const struct view_update *u)
{
	struct model	*m = arg;

	switch (u->event) {
	case VIEW_EXPUNGE:
	case VIEW_VANISHED:
		ck_assert_uint_ge(u->seq, 1);
		ck_assert_uint_le(u->seq, m->n);
		ck_assert_uint_eq(m->uids[u->seq - 1], u->uid);
		memmove(m->uids + u->seq - 1, m->uids + u->seq,
		    (m->n - u->seq) * sizeof(m->uids[0]));
		m->n--;
		break;
	case VIEW_EXISTS:
		ck_assert_uint_gt(u->seq, m->n);
		/* Their UIDs are asked for when all was told. */
		while (m->n < u->seq)
			m->uids[m->n++] = 0;
		break;
	case VIEW_FLAGS:
		ck_assert_uint_ge(u->seq, 1);
		ck_assert_uint_le(u->seq, m->n);
		break;
	case VIEW_RECENT:
	case VIEW_KEYWORDS:
		break;
	}
	return true;
}

static void
model_sync(struct model *m, bool expunge)
{
	ck_assert(view_sync(m->v, expunge, learn, m) == RUN_DONE);
	ck_assert_uint_eq(view_exists(m->v), m->n);
	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t	uid = view_uid(m->v, i + 1);

		if (m->uids[i] == 0)
			m->uids[i] = uid;
		ck_assert_uint_eq(m->uids[i], uid);
		ck_assert_uint_eq(view_seq(m->v, uid), i + 1);
		ck_assert(i == 0 || uid > m->uids[i - 1]);
	}
}

static void
model_step(struct model *m, struct store *st, int what, uint32_t pick)
{
	struct idset	 set;
	struct op	*op;
	uint32_t	 uid = m->n == 0 ? 0 : m->uids[pick % m->n];
	char		 name[64];

	idset_init(&set, 100);
	if (uid != 0)
		(void)idset_add(&set, uid);
	switch (what) {
	case 0:
		(void)append(m->s, st, "INBOX", BODY_CRLF, 0);
		break;
	case 1:
		(void)snprintf(name, sizeof(name), "%u.random%u", 1000000000 +
		    pick % 1000, pick);
		deliver(name, BODY_LF);
		refresh(m->s, m->v);
		break;
	case 2:
	case 3:
		if (uid != 0)
			set_flags(m->s, m->v, uid, pick % 3, 1U << pick % 5,
			    pick % 7 == 0 ? "word" : NULL);
		break;
	case 4:
		op = expunge_new(m->v, NULL);
		must(m->s, op);
		op_free(op);
		break;
	case 5:
		op = copy_new(m->v, &set, SLICE_LIT("INBOX"), pick % 2);
		must(m->s, op);
		op_free(op);
		break;
	case 6:
		turn(m->s, 0);
		break;
	case 7:
		refresh(m->s, m->v);
		break;
	default:
		model_sync(m, pick % 2 != 0);
	}
	idset_clear(&set);
}

START_TEST(test_random_sessions_agree)
{
	static struct model	 m[4];
	struct storage		*other = new_process();
	struct store		*st = open_store(other);
	const char		*env = getenv("PENFOLD_SEED");
	unsigned int		 seed = 12345;

	if (env != NULL)
		seed = (unsigned int)strtoul(env, NULL, 10);

	for (int i = 0; i < 4; i++) {
		m[i].s = i < 2 ? proc : other;
		m[i].v = select_box(m[i].s, i < 2 ? store : st, "INBOX");
		m[i].n = 0;
	}
	for (int step = 0; step < (slice_us == 0 ? 1500 : 700); step++) {
		int	 who = rand_r(&seed) % 4;
		int	 what = rand_r(&seed) % 11;

		model_step(&m[who], who < 2 ? store : st, what,
		    (uint32_t)rand_r(&seed));
	}
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 4; i++)
			refresh(m[i].s, m[i].v);
	for (int i = 0; i < 4; i++)
		model_sync(&m[i], true);
	for (int i = 1; i < 4; i++) {
		ck_assert_uint_eq(m[i].n, m[0].n);
		for (uint32_t k = 1; k <= m[0].n; k++) {
			struct flags	a, b;
			uint64_t	ma, mb;

			ck_assert_uint_eq(m[i].uids[k - 1], m[0].uids[k - 1]);
			view_flags(m[0].v, k, &a, &ma);
			view_flags(m[i].v, k, &b, &mb);
			ck_assert_uint_eq(a.system, b.system);
			ck_assert_uint_eq(a.keywords, b.keywords);
			ck_assert_uint_eq(ma, mb);
		}
	}
	ck_assert_int_eq(count_names("cur", ""), (int)m[0].n);
	for (int i = 0; i < 4; i++)
		view_close(m[i].v);
	store_close(st);
	end_process(other);
}
END_TEST

static void
add_tests(Suite *s, const char *name, void (*begin)(void))
{
	TCase	*t = tcase_create(name);

	tcase_add_checked_fixture(t, begin, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_new_user_has_folders);
	tcase_add_test(t, test_append_and_read);
	tcase_add_test(t, test_delivery_with_lf_is_read_with_crlf);
	tcase_add_test(t, test_zombies_and_two_views);
	tcase_add_test(t, test_two_processes);
	tcase_add_test(t, test_recent_is_for_one_session);
	tcase_add_test(t, test_created_mailbox_is_clean);
	tcase_add_test(t, test_expunged_elsewhere_is_read);
	if (begin != setup) {
		tcase_add_test(t, test_slices_are_short);
		tcase_add_test(t, test_scan_in_slices_is_seen_at_its_end);
		tcase_add_test(t, test_big_message_is_parsed_in_slices);
		tcase_add_test(t, test_changes_in_slices_are_all_or_nothing);
		tcase_add_test(t, test_delivery_during_a_scan);
		tcase_add_test(t, test_rename_during_a_scan);
	}
	tcase_add_test(t, test_flags_reach_names_and_come_back);
	tcase_add_test(t, test_copy_move);
	tcase_add_test(t, test_mailboxes);
	tcase_add_test(t, test_deleted_mailbox_leaves_nothing);
	tcase_add_test(t, test_grave_outlives_a_crash);
	tcase_add_test(t, test_idle_index_is_closed);
	tcase_add_test(t, test_no_descriptor_is_left);
	tcase_add_test(t, test_rename_is_all_or_nothing);
	tcase_add_test(t, test_subscriptions_have_a_bound);
	tcase_add_test(t, test_search);
	tcase_add_test(t, test_search_with_and_without_gist);
	tcase_add_test(t, test_hazards_in_the_maildir);
	tcase_add_test(t, test_uids_of_dovecot_are_kept);
	tcase_add_test(t, test_no_uid_is_left);
	tcase_add_test(t, test_uidlist_is_appended_to);
	tcase_add_test(t, test_uidlist_lock_is_respected);
	tcase_add_test(t, test_uidlist_of_another_program_is_read);
	tcase_add_loop_test(t, test_uidlist_changes_during_a_scan, 0, 24);
	tcase_add_test(t, test_uidlist_is_read_before_append);
	tcase_add_test(t, test_index_lost_and_found);
	tcase_add_test(t, test_random_sessions_agree);
	suite_add_tcase(s, t);
}

Suite *
suite_store(void)
{
	Suite	*s = suite_create("store");

	add_tests(s, "slices", setup_short_slices);
	add_tests(s, "store", setup);
	return s;
}
