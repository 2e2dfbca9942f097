/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Bringing a session up to date: what it has not been told yet. */

#include "config.h"

#include <stdlib.h>

#include "common/base/xmalloc.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/view.h"
#include "storage/mailbox/view_state.h"
#include "storage/mailbox/view_struct.h"

/* Items of the log of flag changes that are kept for silent sessions. */
#define LOG_MAX		4096

bool
view_changed(const struct view *v, bool expunge)
{
	const struct mailbox *mb = v->mailbox;

	if (mb->lost || v->told_keywords != mb->keywords_version ||
	    !idset_empty(&v->to_flag) || v->recent_untold ||
	    view_may_take_recent(v) ||
	    (mb->n > 0 && mb->entries[mb->n - 1].uid > v->told_uid))
		return true;
	if (expunge && (!idset_empty(&v->to_expunge) ||
	    v->expunge_pos < changes_end(&mb->expunges)))
		return true;
	for (uint64_t p = v->flag_pos; p < changes_end(&mb->flag_changes); p++)
		if (changes_at(&mb->flag_changes, p)->origin != v->origin)
			return true;
	return false;
}

void
view_on_change(struct view *v, void (*wake)(void *), void *arg)
{
	v->wake = wake;
	v->wake_arg = arg;
	v->waked = false;
	/* Changes that are pending already are reported by the loop, too. */
	if (wake != NULL && view_changed(v, true))
		mailbox_changed(v->mailbox);
}

/* Note that these zombies were told: merge them into gone. */
static void
bury(struct view *v, const struct idset *uids)
{
	struct idset_iter it;
	struct gone *all;
	size_t n = 0, i = 0;
	uint32_t uid;

	if (idset_empty(uids))
		return;
	all = xreallocarray(NULL, v->ngone + (size_t)idset_count(uids),
	    sizeof(*all));
	idset_iter_init(&it, uids);
	while (idset_next(&it, &uid)) {
		while (i < v->ngone && v->gone[i].uid < uid)
			all[n++] = v->gone[i++];
		all[n].uid = uid;
		all[n++].place = (uint32_t)mailbox_place(v->mailbox, uid);
	}
	while (i < v->ngone)
		all[n++] = v->gone[i++];
	free(v->gone);
	v->gone = all;
	v->ngone = n;
}

/*
 * Collect what the log has from pos on; own says whether with the changes of
 * this session.  Ranges of several commits are in no order: they are sorted
 * once.
 */
static void
take_changes(const struct view *v, const struct changes *log, bool own,
    uint64_t *pos, struct idset *set)
{
	uint64_t end = changes_end(log);
	const struct change *c;
	struct idrange *ranges;
	size_t n = 0;

	if (*pos == end)
		return;
	ranges = xreallocarray(NULL, (size_t)(end - *pos), sizeof(*ranges));
	for (; *pos < end; (*pos)++) {
		c = changes_at(log, *pos);
		if (own || c->origin != v->origin)
			ranges[n++] = (struct idrange){ c->lo, c->hi };
	}
	(void)idset_add_ranges(set, ranges, n);
	free(ranges);
}

/*
 * Tell expunges from the last to the first, so that the numbers of the others
 * do not change.  All are told before the view's own numbers change.  UIDs that
 * the view was not told of have no number: tell_new() buries them.
 */
static bool
tell_expunges(struct view *v, bool (*tell)(void *, const struct view_update *),
    void *arg)
{
	struct view_update u = { .event = VIEW_EXPUNGE };
	struct idset gone;
	uint32_t *told;
	size_t n = 0;
	bool more = true;

	take_changes(v, &v->mailbox->expunges, false, &v->expunge_pos,
	    &v->to_expunge);
	told = xreallocarray(NULL, (size_t)idset_count(&v->to_expunge) + 1,
	    sizeof(*told));
	while (more && !idset_empty(&v->to_expunge)) {
		u.uid = idset_max(&v->to_expunge);
		u.seq = view_seq(v, u.uid);
		if (u.seq != 0) {
			if (!(more = tell(arg, &u)))
				break;
			told[n++] = u.uid;
		}
		(void)idset_remove(&v->to_expunge, u.uid);
	}
	v->exists -= (uint32_t)n;
	idset_init(&gone, IDSET_NOLIMIT);
	while (n > 0)
		(void)idset_add(&gone, told[--n]);
	free(told);
	bury(v, &gone);
	if (!idset_empty(&gone))
		v->told_recent = view_recent_count(v);
	idset_clear(&gone);
	return more;
}

/* Add new messages to the view; bury those that are expunged already. */
static bool
tell_new(struct view *v, bool (*tell)(void *, const struct view_update *),
    void *arg)
{
	struct mailbox *mb = v->mailbox;
	struct view_update u = { .event = VIEW_EXISTS };
	struct idset dead;
	size_t from = view_end(v);
	uint32_t fresh;

	if (from == mb->n) {
		v->told_uidnext = mb->row.uidnext;
		return true;
	}
	idset_init(&dead, IDSET_NOLIMIT);
	for (size_t i = from; i < mb->n; i++)
		if (mb->entries[i].flags & ENTRY_ZOMBIE)
			(void)idset_add(&dead, mb->entries[i].uid);
	fresh = (uint32_t)(mb->n - from) - (uint32_t)idset_count(&dead);
	u.seq = v->exists + fresh;
	if (fresh > 0 && !tell(arg, &u)) {
		idset_clear(&dead);
		return false;
	}
	v->told_uid = mb->entries[mb->n - 1].uid;
	bury(v, &dead);
	idset_clear(&dead);
	v->exists += fresh;
	v->told_uidnext = mb->row.uidnext;
	return true;
}

static bool
tell_recent(struct view *v, bool (*tell)(void *, const struct view_update *),
    void *arg)
{
	struct view_update u = { .event = VIEW_RECENT };

	view_take_recent(v);
	u.seq = view_recent_count(v);
	v->recent_untold = u.seq > v->told_recent && !tell(arg, &u);
	if (!v->recent_untold)
		v->told_recent = u.seq;
	return !v->recent_untold;
}

static bool
tell_flags(struct view *v, bool (*tell)(void *, const struct view_update *),
    void *arg)
{
	struct mailbox *mb = v->mailbox;
	struct view_update u = { .event = VIEW_FLAGS };
	struct idset_iter it;
	uint32_t last = 0;
	bool more = true;

	take_changes(v, &mb->flag_changes, false, &v->flag_pos, &v->to_flag);
	idset_iter_init(&it, &v->to_flag);
	while (more && idset_next(&it, &u.uid)) {
		u.seq = view_seq(v, u.uid);
		if (u.seq != 0 && (mailbox_entry(mb, u.uid)->flags &
		    ENTRY_ZOMBIE) == 0)
			more = tell(arg, &u);
		if (more)
			last = u.uid;
	}
	(void)idset_remove_range(&v->to_flag, 1, last);
	return more;
}

enum run
view_sync(struct view *v, bool expunge,
    bool (*tell)(void *arg, const struct view_update *u), void *arg)
{
	struct mailbox *mb = v->mailbox;
	struct view_update u = { .event = VIEW_KEYWORDS };
	bool done;

	v->waked = false;
	if (mb->lost)
		return RUN_DONE;
	if (!view_changed(v, expunge)) {
		v->told_uidnext = mb->row.uidnext;
		if (v->flag_pos < changes_end(&mb->flag_changes)) {
			v->flag_pos = changes_end(&mb->flag_changes);
			view_trim(mb);
		}
		return RUN_DONE;
	}
	if (v->told_keywords != mb->keywords_version) {
		if (!tell(arg, &u))
			return RUN_MORE;
		v->told_keywords = mb->keywords_version;
	}
	done = (!expunge || tell_expunges(v, tell, arg)) &&
	    tell_new(v, tell, arg) && tell_recent(v, tell, arg) &&
	    tell_flags(v, tell, arg);
	view_trim(mb);
	return done ? RUN_DONE : RUN_MORE;
}

void
view_follow(struct view *v)
{
	v->follows = true;
	v->follow_pos = changes_end(&v->mailbox->flag_changes);
}

static void
take_followed(struct view *v)
{
	if (v->follows)
		take_changes(v, &v->mailbox->flag_changes, true,
		    &v->follow_pos, &v->followed);
}

void
view_followed(struct view *v, struct idset *uids)
{
	take_followed(v);
	(void)idset_copy(uids, &v->followed);
	idset_reset(&v->followed);
	view_trim(v->mailbox);
}

/*
 * A session that says nothing for long must not keep a log of all that others
 * do meanwhile.  Its own set of changed messages is no larger than the mailbox.
 */
static void
bound_log(struct mailbox *mb)
{
	struct view *v;

	if (mb->flag_changes.n <= LOG_MAX)
		return;
	TAILQ_FOREACH(v, &mb->views, link) {
		take_changes(v, &mb->flag_changes, false, &v->flag_pos,
		    &v->to_flag);
		take_followed(v);
	}
	view_trim(mb);
}

void
view_wake_all(struct mailbox *mb)
{
	struct view *v, *next;

	bound_log(mb);
	for (v = TAILQ_FIRST(&mb->views); v != NULL; v = next) {
		next = TAILQ_NEXT(v, link);
		if (v->wake == NULL || (v->waked && !mb->lost) ||
		    !view_changed(v, true))
			continue;
		v->waked = true;
		v->wake(v->wake_arg);
	}
}
