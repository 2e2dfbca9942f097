/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* A user's store on a real folder; see the header. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "storage/index/op_head.h"
#include "storage/index/store_state.h"
#include "storage/tick.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

static const struct storage_folder folders[] = {
	{ "Sent", MAILBOX_USE_SENT },
	{ "Trash", MAILBOX_USE_TRASH },
	{ NULL, 0 }
};

struct su su;

/*
 * All simulated processes.  Each has an event loop, which the others must keep
 * turning while one of them waits.
 */
static struct storage	*procs[4];

struct storage *
su_process_new(void)
{
	for (size_t i = 0;; i++) {
		ck_assert_uint_lt(i, NROWS(procs));
		if (procs[i] == NULL)
			return procs[i] = storage_new(&su.options);
	}
}

void
su_process_free(struct storage *s)
{
	for (size_t i = 0; i < NROWS(procs); i++)
		if (procs[i] == s)
			procs[i] = NULL;
	storage_free(s);
}

struct store *
su_open(struct storage *s)
{
	struct store_error err;
	struct store *st;
	struct op *op;

	st = store_open(s, SLICE_LIT("user"), slice_str(su.root), &err);
	ck_assert_msg(st != NULL, "%s", err.text);
	op = op_ready_new(st);
	su_must(s, op);
	op_free(op);
	return st;
}

void
su_init(void)
{
	su.options = (struct storage_options){
		.message_max = 1 << 20,
		.mailbox_max = 100,
		.keyword_max = 64,
		.expunged_keep = STORAGE_KEEP,
		.idle_close = 3600,
		.lock_timeout = 300,
		.sync_threads = 2,
		.folders = folders,
		.delays = &su.delays,
	};
	su.delays = delays_default;
	su.delays.settle_ms = su.delays.vanished_ms = 0;
	su.delays.return_ms = 0;
	su.delays.return_look_ms = 1;
	su.delays.mend_ms = DELAY_NEVER_MS;
	su.delays.lock_hold_ms = DELAY_NEVER_MS;
	su.delays.sync_ms = su.delays.control_ms = DELAY_NEVER_MS;
	su.delays.rename_ms = su.delays.rename_retry_ms = DELAY_NEVER_MS;
	su.delays.list_ms = su.delays.list_soon_ms = DELAY_NEVER_MS;
	su.delays.list_retry_ms = DELAY_NEVER_MS;
	su.delays.list_lock_ms = su.delays.list_look_ms = 1;
	su.delays.purge_first_ms = su.delays.purge_ms = DELAY_NEVER_MS;
	(void)snprintf(su.root, sizeof(su.root), "%s", unit_dir());
}

static void
setup(uint32_t slice_us)
{
	su_init();
	su.options.slice_us = slice_us;
	su.proc = su_process_new();
	su.store = su_open(su.proc);
}

static void
setup_slices(void)
{
	setup(1);
}

void
su_setup(void)
{
	setup(0);
}

/*
 * Whether sessions and operations hold the store.  With CK_FORK=no they do
 * after a test that has failed.
 */
static bool
in_use(void)
{
	const struct op *op;
	unsigned int refs = 1;

	TAILQ_FOREACH(op, &su.proc->jobs, job_link)
		refs += op->store == su.store;
	return su.store->refs != refs;
}

void
su_teardown(void)
{
	/* No process can end before its sessions: abandon them all. */
	if (in_use()) {
		memset(procs, 0, sizeof(procs));
		return;
	}
	store_close(su.store);
	su_process_free(su.proc);
}

static void
stop(void)
{
	store_close(su.store);
	su_process_free(su.proc);
}

void
su_restart(void)
{
	stop();
	su.proc = su_process_new();
	su.store = su_open(su.proc);
}

static void
start(const char *boot_id)
{
	su.proc = su_process_new();
	(void)snprintf(su.proc->boot_id, sizeof(su.proc->boot_id), "%s",
	    boot_id);
	su.store = su_open(su.proc);
}

void
su_reboot(const char *boot_id)
{
	stop();
	start(boot_id);
}

static void
index_path(char path[128], const char *end)
{
	(void)snprintf(path, 128, "%s/penfold/index.db%s", su.root, end);
}

void
su_index_sync(void)
{
	char path[128], text[192];
	sqlite3 *db;

	index_path(path, ".kept");
	(void)unlink(path);
	(void)snprintf(text, sizeof(text), "VACUUM INTO '%s'", path);
	index_path(path, "");
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

void
su_power_cut(const char *boot_id)
{
	char path[128], kept[128];

	index_path(path, "");
	index_path(kept, ".kept");
	stop();
	ck_assert_int_eq(rename(kept, path), 0);
	index_path(path, "-wal");
	ck_assert_int_eq(unlink(path), 0);
	index_path(path, "-shm");
	(void)unlink(path);
	start(boot_id);
}

/*
 * Open the mail of another user, whose folder is root.  Returns NULL with err
 * if it cannot be opened.
 */
struct store *
su_open_other(struct storage *s, const char *root, struct store_error *err)
{
	struct store *st;
	struct op *op;

	st = store_open(s, SLICE_LIT("other"), slice_str(root), err);
	if (st == NULL)
		return NULL;
	op = op_ready_new(st);
	if (su_finish(s, op) == RUN_FAIL) {
		*err = *op_error(op);
		store_close(st);
		st = NULL;
	}
	op_free(op);
	return st;
}

/* Check that no sleeping store is overdue: the loop must wake it in time. */
static void
check_sleep(struct storage *s)
{
	struct store *st;

	RB_FOREACH(st, store_tree, &s->stores)
		ck_assert(st->touched || st->due_ms <= tick_store_due(st));
}

/*
 * Turn the event loops of all processes except but.  Within a hook one of them
 * is in the middle of its turn.
 */
static void
turn_others(const struct storage *but)
{
	for (size_t i = 0; i < NROWS(procs) && !shim_in_hook(); i++)
		if (procs[i] != NULL && procs[i] != but) {
			check_sleep(procs[i]);
			storage_dispatch(procs[i]);
		}
}

void
su_turn_alone(struct storage *s, int ms)
{
	struct pollfd p[2];
	int fds[2], t;

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

void
su_turn(struct storage *s, int ms)
{
	su_turn_alone(s, ms);
	turn_others(s);
}

void
su_turn_all(void)
{
	turn_others(NULL);
}

enum run
su_finish(struct storage *s, struct op *op)
{
	enum run run;

	for (uint64_t end = timer_ms() + 120000; timer_ms() < end;) {
		run = op_run(op);
		if (run == RUN_DONE || run == RUN_FAIL)
			return run;
		if (run == RUN_WAIT)
			su_turn(s, 10);
		else
			turn_others(s);
	}
	ck_abort_msg("an operation does not end");
	return RUN_FAIL;
}

void
su_must(struct storage *s, struct op *op)
{
	ck_assert_msg(su_finish(s, op) == RUN_DONE, "%s", op_error(op)->text);
}

void
su_do(struct op *op, enum store_err want)
{
	enum run run = su_finish(su.proc, op);

	ck_assert_int_eq(op_error(op)->kind, want);
	ck_assert(run == (want == STORE_OK ? RUN_DONE : RUN_FAIL));
	op_free(op);
}

static void
on_change(void *arg)
{
	(void)arg;
}

struct view *
su_select(struct storage *s, struct store *st, const char *name)
{
	struct op *op = select_new(st, slice_str(name),
			    VIEW_TAKES_RECENT);
	struct view *v;

	su_must(s, op);
	v = select_result(op);
	op_free(op);
	ck_assert(v != NULL);
	view_on_change(v, on_change, NULL);
	return v;
}

struct op *
su_append_start(struct store *st)
{
	struct op *op = save_new(st, SLICE_LIT("INBOX"));
	struct flag_names f = { .system = 0 };

	su_must(su.proc, op);
	ck_assert_int_eq(save_begin(op, &f, &(int64_t){ 1000000000 },
	    strlen(SU_BODY_LF)), 0);
	ck_assert_int_eq(save_write(op, SU_BODY_LF, strlen(SU_BODY_LF)), 0);
	ck_assert_int_eq(save_end(op), 0);
	save_commit(op);
	return op;
}

uint32_t
su_append(struct storage *s, struct store *st, const char *name,
    const char *text, uint32_t flags)
{
	struct op *op = save_new(st, slice_str(name));
	struct flag_names f = { .system = flags };
	uint32_t uid;

	su_must(s, op);
	ck_assert_int_eq(save_begin(op, &f, &(int64_t){ 1000000000 },
	    strlen(text)), 0);
	for (const char *p = text; *p != '\0'; p++)
		ck_assert_int_eq(save_write(op, p, 1), 0);
	ck_assert_int_eq(save_end(op), 0);
	save_commit(op);
	su_must(s, op);
	uid = idset_min(&save_result(op)->uids);
	op_free(op);
	return uid;
}

void
su_deliver_as(const char *dir, const char *name, const char *text)
{
	char tmp[256], to[256];
	int fd;

	(void)snprintf(tmp, sizeof(tmp), "%s/tmp/%s", su.root, "delivery");
	(void)snprintf(to, sizeof(to), "%s/%s/%s", su.root, dir, name);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	(void)close(fd);
	ck_assert_int_eq(rename(tmp, to), 0);
}

void
su_deliver(const char *name, const char *text)
{
	su_deliver_as("new", name, text);
}

static enum run
next_message(struct reader *r, const struct message **m)
{
	enum run run;

	while ((run = reader_next(r, m)) == RUN_WAIT)
		su_turn_all();
	return run;
}

void
su_body(struct view *v, uint32_t uid, struct buf *out)
{
	const struct message *m;
	struct reader *r;
	struct stretch s;
	struct idset set;

	idset_init(&set, 10);
	ck_assert_int_eq(idset_add(&set, uid), 0);
	r = reader_new(v, &set, NEED_FILE | NEED_SIZE | NEED_STRUCT);
	ck_assert_msg(next_message(r, &m) == RUN_DONE, "%s",
	    reader_error(r)->text);
	reader_whole(r, &s);
	ck_assert_uint_eq(s.wire_len, m->size);
	while (buf_len(out) < m->size)
		ck_assert_int_gt(reader_body(r, &s, buf_len(out), m->size, 7,
		    out), 0);
	ck_assert(reader_next(r, &m) == RUN_DONE);
	ck_assert_ptr_null(m);
	reader_free(r);
	idset_clear(&set);
}

bool
su_tell(void *arg, const struct view_update *u)
{
	static const char *const names[] = {
		"EXPUNGE", "VANISHED", "EXISTS", "RECENT", "FLAGS", "KEYWORDS"
	};
	struct su_told *t = arg;

	t->len += (size_t)snprintf(t->text + t->len,
	    sizeof(t->text) - t->len, "%s %u;", names[u->event], u->seq);
	return true;
}

void
su_check_told(struct view *v, bool expunge, const char *want)
{
	struct su_told t = { .len = 0 };

	ck_assert(view_sync(v, expunge, su_tell, &t) == RUN_DONE);
	ck_assert_str_eq(t.text, want);
}

void
su_sync(struct view *v)
{
	struct su_told t = { .len = 0 };

	ck_assert(view_sync(v, true, su_tell, &t) == RUN_DONE);
}

void
su_move(const char *from, const char *to)
{
	char a[256], b[256];

	(void)snprintf(a, sizeof(a), "%s/%s", su.root, from);
	(void)snprintf(b, sizeof(b), "%s/%s", su.root, to);
	ck_assert_int_eq(rename(a, b), 0);
}

struct view *
su_select_gaps(void)
{
	struct view *v;
	struct op *op;

	for (int uid = 1; uid <= 5; uid++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
		    uid == 1 || uid == 3 ? FLAG_DELETED : 0);
	v = su_select(su.proc, su.store, "INBOX");
	op = expunge_new(v, NULL);
	su_must(su.proc, op);
	op_free(op);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 3);
	return v;
}

uint32_t
su_mailbox_id(const char *name)
{
	const struct mailbox_info *info;
	struct op *op = list_new(su.store);
	uint32_t id = 0;
	size_t n;

	su_must(su.proc, op);
	info = list_result(op, &n);
	for (size_t i = 0; i < n; i++)
		if (slice_eq_str(info[i].name, name))
			id = info[i].id;
	op_free(op);
	return id;
}

uint32_t
su_messages(struct storage *s, struct store *st, const char *name)
{
	struct op *op = status_new(st, slice_str(name));
	uint32_t n;

	su_must(s, op);
	n = status_result(op)->messages;
	op_free(op);
	return n;
}

void
su_refresh(struct storage *s, struct view *v)
{
	struct op *op = select_refresh_new(v);

	su_must(s, op);
	op_free(op);
}

void
su_set_flags(struct storage *s, struct view *v, uint32_t uid,
    enum flags_how how, uint32_t system, const char *keyword)
{
	struct slice k = slice_str(keyword);
	struct flag_names f = { system, &k, keyword == NULL ? 0 : 1 };
	struct idset set;
	struct op *op;

	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	op = flags_new(v, &set, how, &f, UINT64_MAX);
	su_must(s, op);
	op_free(op);
	idset_clear(&set);
}

void
su_store(struct view *v, uint32_t uid, enum flags_how how,
    const char *const *names, size_t n, enum store_err want)
{
	struct slice keywords[KEYWORD_MAX];
	struct flag_names f = { 0, keywords, n };
	struct idset set;

	for (size_t i = 0; i < n; i++)
		keywords[i] = slice_str(names[i]);
	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	su_do(flags_new(v, &set, how, &f, UINT64_MAX), want);
	idset_clear(&set);
}

void
su_store_one(struct view *v, uint32_t uid, enum flags_how how,
    const char *name, enum store_err want)
{
	su_store(v, uid, how, &name, 1, want);
}

struct idset
su_one(uint32_t uid)
{
	struct idset set;

	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	return set;
}

struct view *
su_again(struct view *v)
{
	view_close(v);
	su_restart();
	return su_select(su.proc, su.store, "INBOX");
}

struct view *
su_two_messages(void)
{
	su_deliver_as("cur", "1000000001.a:2,", SU_BODY_LF);
	su_deliver_as("cur", "1000000002.b:2,", SU_BODY_LF);
	return su_again(su_select(su.proc, su.store, "INBOX"));
}

void
su_store_numbered(struct view *v, uint32_t uid, int from, int to)
{
	const char *names[1];
	char name[16];

	names[0] = name;
	for (int i = from; i < to; i++) {
		(void)snprintf(name, sizeof(name), "k%d", i);
		su_store(v, uid, FLAGS_ADD, names, 1, STORE_OK);
	}
}

void
su_check_keywords(struct view *v, uint32_t seq, const char *want)
{
	char got[1024] = "";
	struct flags f;
	uint64_t modseq;

	view_flags(v, seq, &f, &modseq);
	for (unsigned int i = 0; i < view_keywords(v); i++)
		if (f.keywords & 1ULL << i)
			(void)snprintf(got + strlen(got),
			    sizeof(got) - strlen(got), "%s%.*s",
			    got[0] == '\0' ? "" : " ",
			    SLICE_ARG(view_keyword(v, i)));
	ck_assert_str_eq(got, want);
}

const char *
su_in_penfold(const char *name)
{
	static char path[2][160];
	static int n;

	n = !n;
	(void)snprintf(path[n], sizeof(path[n]), "%s/penfold/%s", su.root,
	    name);
	return path[n];
}

int
su_count_names(const char *dir, const char *part)
{
	struct dirent *e;
	char path[256];
	DIR *d;
	int n = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", su.root, dir);
	d = opendir(path);
	ck_assert(d != NULL);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.' && strstr(e->d_name, part) != NULL;
	(void)closedir(d);
	return n;
}

Suite *
su_suite(const char *name, void (*add)(TCase *tc, bool slices))
{
	Suite *s = suite_create(name);
	TCase *tc;

	for (int slices = 1; slices >= 0; slices--) {
		tc = tcase_create(slices ? "slices" : "whole");
		tcase_add_checked_fixture(tc, slices ? setup_slices :
		    su_setup, su_teardown);
		add(tc, slices);
		suite_add_tcase(s, tc);
	}
	return s;
}
