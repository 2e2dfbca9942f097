/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What a script does with a user's mail; see world.h. */

#include "config.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/index/checkpoint.h"
#include "storage/index/vfs.h"
#include "tests/faults/world.h"
#include "tests/faults/world_state.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

struct world	*w;
struct w_open	 w_views[W_VIEWS];

void
w_reset(const char *root)
{
	*w = (struct world){ 0 };
	(void)snprintf(w->root, sizeof(w->root), "%s", root);
	w->mailboxes[INBOX] = (struct w_mailbox){ THERE, "INBOX", "" };
	w->mailboxes[SENT] = (struct w_mailbox){ THERE, "Sent", "" };
}

static int
remove_one(const char *path, const struct stat *sb, int type,
    struct FTW *where)
{
	(void)sb;
	(void)type;
	(void)where;
	return remove(path);
}

void
w_erase(void)
{
	(void)nftw(w->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
w_wrong(const char *fmt, ...)
{
	va_list ap;

	if (w->verdict[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(w->verdict, sizeof(w->verdict), fmt, ap);
	va_end(ap);
}

bool		 w_flushing;

/* What an operation answered. */
enum outcome {
	DONE,
	REFUSED,
	UNKNOWN		/* the session ends, and its client must look again */
};

/* Run an operation to its end. */
static enum outcome
finish(struct op *op)
{
	if (su_finish(su.proc, op) == RUN_DONE)
		return DONE;
	return op_error(op)->kind == STORE_ERR_UNSURE ? UNKNOWN : REFUSED;
}

/* The same, and free it. */
static enum outcome
run(struct op *op)
{
	enum outcome out = finish(op);

	op_free(op);
	return out;
}

/* The fate of what an operation was to make or, if gone, to remove. */
static enum fate
fate_of(enum outcome out, bool gone)
{
	if (out == UNKNOWN)
		return UNSURE;
	return (out == DONE) != gone ? THERE : GONE;
}

static void
message_text(uint32_t message, char *text, size_t size)
{
	(void)snprintf(text, size,
	    "From: a@example.org\r\nSubject: m%u\r\n\r\nbody %u\r\n",
	    message, message);
}

void
w_tell(uint32_t uidvalidity, uint32_t uid, uint32_t message)
{
	for (size_t i = 0; i < w->ntold; i++)
		if (w->told[i].uidvalidity == uidvalidity &&
		    w->told[i].uid == uid) {
			if (w->told[i].message != message)
				w_wrong("UID %u was message %u and is %u now",
				    uid, w->told[i].message, message);
			return;
		}
	ck_assert_uint_lt(w->ntold, W_TOLD);
	w->told[w->ntold++] = (struct w_told){ uidvalidity, uid, message };
}

/* Write text to a new file, unless it is NULL, and sync. */
static void
sync_path(const char *path, const char *text)
{
	int fd = open(path, text == NULL ? O_RDONLY : O_WRONLY | O_CREAT, 0600);
	size_t len = text == NULL ? 0 : strlen(text);

	ck_assert_int_ne(fd, -1);
	if (text != NULL)
		ck_assert_int_eq(write(fd, text, len), (int)len);
	ck_assert_int_eq(fsync(fd), 0);
	(void)close(fd);
}

void
w_deliver(enum w_mailbox_id mb, uint32_t message)
{
	char text[128], folder[128], tmp[160], path[192];

	shim_pause(true);
	message_text(message, text, sizeof(text));
	(void)snprintf(folder, sizeof(folder), "%s%s%s/new", w->root,
	    mb == INBOX ? "" : "/.", mb == INBOX ? "" : w->mailboxes[mb].name);
	(void)snprintf(tmp, sizeof(tmp), "%s/tmp/%u", w->root, message);
	(void)snprintf(path, sizeof(path), "%s/17000000%02u.M1P1.host", folder,
	    message);
	w->copies[mb][message] = (struct w_copy){ .fate = UNSURE };
	sync_path(tmp, text);
	ck_assert_int_eq(rename(tmp, path), 0);
	sync_path(folder, NULL);
	w->copies[mb][message].fate = THERE;
	shim_pause(false);
}

/* Stream a message into an APPEND that has begun. */
static enum outcome
save_text(struct op *op, const char *text, uint32_t flags)
{
	struct flag_names f = { .system = flags };

	if (save_begin(op, &f, &(int64_t){ 1000000000 },
	    strlen(text)) == -1 ||
	    save_write(op, text, strlen(text)) == -1 || save_end(op) == -1)
		return REFUSED;
	save_commit(op);
	return finish(op);
}

bool
w_append(enum w_mailbox_id mb, uint32_t message, uint32_t flags)
{
	struct w_copy *c = &w->copies[mb][message];
	struct op *op = save_new(su.store, slice_str(w->mailboxes[mb].name));
	enum outcome out;
	char text[128];

	message_text(message, text, sizeof(text));
	*c = (struct w_copy){ .fate = UNSURE, .flags = flags };
	out = finish(op);
	if (out == DONE)
		out = save_text(op, text, flags);
	if (out == DONE) {
		c->uid = idset_min(&save_result(op)->uids);
		w_tell(save_result(op)->uidvalidity, c->uid, message);
	}
	c->fate = fate_of(out, false);
	op_free(op);
	return c->fate == THERE;
}

bool
w_create(enum w_mailbox_id mb, const char *name)
{
	struct w_mailbox *m = &w->mailboxes[mb];

	(void)snprintf(m->name, sizeof(m->name), "%s", name);
	m->fate = UNSURE;
	m->fate = fate_of(run(folder_create_new(su.store, slice_str(name), 0)),
	    false);
	return m->fate == THERE;
}

bool
w_delete(enum w_mailbox_id mb)
{
	struct w_mailbox *m = &w->mailboxes[mb];

	m->fate = UNSURE;
	m->fate = fate_of(run(folder_delete_new(su.store, slice_str(m->name))),
	    true);
	if (m->fate == GONE)
		memset(w->copies[mb], 0, sizeof(w->copies[mb]));
	return m->fate == GONE;
}

bool
w_rename(enum w_mailbox_id mb, const char *name)
{
	struct w_mailbox *m = &w->mailboxes[mb];
	enum outcome out;

	(void)snprintf(m->other, sizeof(m->other), "%s", name);
	out = run(folder_rename_new(su.store, slice_str(m->name),
	    slice_str(name)));
	if (out == DONE)
		(void)snprintf(m->name, sizeof(m->name), "%s", name);
	if (out != UNKNOWN)
		m->other[0] = '\0';
	return out == DONE;
}

bool
w_subscribe(enum w_mailbox_id mb)
{
	return run(folder_subscribe_new(su.store,
	    slice_str(w->mailboxes[mb].name), true)) == DONE;
}

void
w_end(void)
{
	for (size_t i = 0; i < W_VIEWS; i++)
		if (w_views[i].view != NULL)
			w_close(w_views[i].view);
	store_close(su.store);
	su.store = NULL;
	su_process_free(su.proc);
	su.proc = NULL;
}

bool
w_begin(void)
{
	struct store_error err;

	if (su.proc != NULL)
		w_end();
	su.proc = su_process_new();
	su.store = su_open_other(su.proc, su.root, &err);
	return su.store != NULL;
}

static void
on_change(void *arg)
{
	(void)arg;
}

struct view *
w_select(enum w_mailbox_id mb)
{
	struct op *op = select_new(su.store, slice_str(w->mailboxes[mb].name),
	    VIEW_TAKES_RECENT);
	struct view *v = NULL;

	if (su_finish(su.proc, op) == RUN_DONE)
		v = select_result(op);
	op_free(op);
	if (v == NULL)
		return NULL;
	view_on_change(v, on_change, NULL);
	for (size_t i = 0; i < W_VIEWS; i++)
		if (w_views[i].view == NULL) {
			w_views[i] = (struct w_open){ v, mb };
			w_keep(v);
			return v;
		}
	ck_abort_msg("too many views");
	return NULL;
}

void
w_close(struct view *v)
{
	for (size_t i = 0; i < W_VIEWS; i++)
		if (w_views[i].view == v)
			w_views[i].view = NULL;
	view_close(v);
}

enum w_mailbox_id
w_mailbox_of(const struct view *v)
{
	for (size_t i = 0; i < W_VIEWS; i++)
		if (v != NULL && w_views[i].view == v)
			return w_views[i].mailbox;
	ck_abort_msg("no open view");
	return INBOX;
}

/* The UID of a message, told to a client if it was not before; 0 if gone. */
static uint32_t
uid_of(struct view *v, uint32_t message)
{
	struct w_copy *c = &w->copies[w_mailbox_of(v)][message];

	if (c->uid == 0)
		w_look(v, NULL);
	return c->uid;
}

static bool
tell_nobody(void *arg, const struct view_update *u)
{
	(void)arg;
	(void)u;
	return true;
}

bool
w_store(struct view *v, uint32_t message, enum flags_how how, uint32_t flags)
{
	struct w_copy *c = &w->copies[w_mailbox_of(v)][message];
	struct slice k = SLICE_LIT(W_KEYWORD_NAME);
	struct flag_names f = { flags & FLAG_ALL, &k,
	    (flags & W_KEYWORD) != 0 };
	uint32_t uid = uid_of(v, message), want = flags;
	uint32_t unsure = c->unsure;
	struct idset set;
	struct op *op;
	enum outcome out;

	if (uid == 0)
		return false;
	if (how == FLAGS_ADD)
		want = c->flags | flags;
	else if (how == FLAGS_REMOVE)
		want = c->flags & ~flags;
	c->unsure |= want ^ c->flags;
	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	op = flags_new(v, &set, how, &f, UINT64_MAX);
	out = finish(op);
	/* A session that was not told of the message changes nothing. */
	if (out == DONE && !idset_contains(&flags_result(op)->changed, uid))
		out = REFUSED;
	op_free(op);
	if (out == DONE) {
		c->changed |= want ^ c->flags;
		c->flags_at = w->changes;
		c->flags = want;
		(void)view_sync(v, false, tell_nobody, NULL);
		if (!view_changed(v, true))
			w_keep(v);
		unsure &= how == FLAGS_REPLACE ? 0 : ~flags;
	}
	if (out != UNKNOWN)
		c->unsure = unsure;
	idset_clear(&set);
	return out == DONE;
}

/*
 * Note how a COPY or MOVE of one message ended; done if it was copied.  If a
 * MOVE fails and renames go on failing, the store cannot move the file back,
 * and the message may be in either place, once.
 */
static void
copied(struct w_copy *from, struct w_copy *to, bool move, bool done)
{
	if (move && !done && w->no_undo)
		return;
	if (move && done)
		from->fate = GONE;
	else if (move && from->fate == UNSURE)
		from->fate = THERE;
	to->fate = done ? THERE : GONE;
}

/*
 * COPY or MOVE.  Another process may have expunged some of the messages, which
 * the result then lacks.
 */
bool
w_copy(struct view *v, uint32_t first, uint32_t last, enum w_mailbox_id to,
    bool move)
{
	struct w_copy *from = w->copies[w_mailbox_of(v)], *dst = w->copies[to];
	struct idset set;
	struct op *op;
	enum outcome out;
	bool done;

	idset_init(&set, 100);
	for (uint32_t m = first; m <= last; m++)
		(void)idset_add(&set, uid_of(v, m));
	for (uint32_t m = first; m <= last; m++) {
		if (from[m].fate != THERE)
			continue;
		dst[m] = from[m];
		dst[m].uid = 0;
		w->moving[m] = move;
		dst[m].fate = UNSURE;
		if (move)
			from[m].fate = UNSURE;
	}
	op = copy_new(v, &set, slice_str(w->mailboxes[to].name), move);
	out = finish(op);
	for (uint32_t m = first; m <= last; m++) {
		done = out == DONE && idset_contains(&copy_result(op)->from,
		    from[m].uid);
		/* Another process may have changed flags meanwhile. */
		dst[m].unsure |= from[m].unsure | (from[m].flags ^
		    dst[m].flags);
		if (dst[m].fate == UNSURE && out != UNKNOWN)
			copied(&from[m], &dst[m], move, done);
		w->moving[m] = move && dst[m].fate == UNSURE;
	}
	op_free(op);
	idset_clear(&set);
	return out == DONE;
}

/*
 * EXPUNGE.  If it fails, and the store cannot move files back, as their renames
 * go on failing, their messages may be gone, as the client had asked for.
 */
bool
w_expunge(struct view *v)
{
	struct w_copy *c = w->copies[w_mailbox_of(v)];
	struct op *op = expunge_new(v, NULL);
	bool was[W_MESSAGES];
	enum outcome out;

	for (uint32_t m = 0; m < W_MESSAGES; m++) {
		was[m] = c[m].fate == THERE && (c[m].flags & FLAG_DELETED) != 0;
		if (was[m])
			c[m].fate = UNSURE;
	}
	out = finish(op);
	for (uint32_t m = 0; m < W_MESSAGES; m++) {
		if (out == DONE &&
		    idset_contains(expunge_result(op, NULL), c[m].uid))
			c[m].fate = GONE;
		else if (was[m] && c[m].fate == UNSURE && out != UNKNOWN &&
		    !w->no_undo)
			c[m].fate = THERE;
	}
	op_free(op);
	return out == DONE;
}

bool
w_remove(struct view *v, uint32_t message)
{
	struct w_copy *c = &w->copies[w_mailbox_of(v)][message];
	struct idset set;

	idset_init(&set, 10);
	(void)idset_add(&set, uid_of(v, message));
	c->fate = UNSURE;
	c->fate = fate_of(run(expunge_all_new(v, &set)), true);
	idset_clear(&set);
	return c->fate == GONE;
}

bool
w_noop(struct view *v)
{
	if (run(select_refresh_new(v)) != DONE)
		return false;
	(void)view_sync(v, true, tell_nobody, NULL);
	w_keep(v);
	return true;
}

void
w_idle(void)
{
	for (int i = 0; i < 20; i++)
		su_turn(su.proc, 1);
	w_flushing = true;
	storage_flush(su.proc);
	w_flushing = false;
}

bool
w_checkpoint(bool anew)
{
	enum sql_rc rc;

	vfs_may_sleep(true);
	w_flushing = true;
	rc = checkpoint_run(su_in_penfold("index.db"), anew);
	w_flushing = false;
	vfs_may_sleep(false);
	return rc == SQL_DONE;
}
