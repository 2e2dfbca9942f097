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

bool
view_changed(const struct view *v, bool expunge)
{
	const struct mailbox *mb = v->mailbox;

	if (mb->lost || v->told_keywords != mb->nkeywords ||
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
 * Tell expunges from the last to the first, so that the numbers of the others
 * do not change.  All are told before the view's own numbers change.
 */
static bool
tell_expunges(struct view *v, bool (*tell)(void *, const struct view_update *),
    void *arg)
{
	struct mailbox *mb = v->mailbox;
	const struct change *c;
	struct view_update u = { .event = VIEW_EXPUNGE };
	struct idset told;
	bool more = true;

	for (; (c = changes_at(&mb->expunges, v->expunge_pos)) != NULL;
	    v->expunge_pos++)
		if (c->lo <= v->told_uid)
			(void)idset_add_range(&v->to_expunge, c->lo, c->hi <
			    v->told_uid ? c->hi : v->told_uid);
	idset_init(&told, IDSET_NOLIMIT);
	while (more && !idset_empty(&v->to_expunge)) {
		u.uid = idset_max(&v->to_expunge);
		u.seq = view_seq(v, u.uid);
		if (u.seq != 0) {
			if (!(more = tell(arg, &u)))
				break;
			(void)idset_add(&told, u.uid);
		}
		(void)idset_remove(&v->to_expunge, u.uid);
	}
	bury(v, &told);
	v->exists -= (uint32_t)idset_count(&told);
	if (!idset_empty(&told))
		v->told_recent = view_recent_count(v);
	idset_clear(&told);
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
	const struct change *c;
	struct view_update u = { .event = VIEW_FLAGS };

	for (; (c = changes_at(&mb->flag_changes, v->flag_pos)) != NULL;
	    v->flag_pos++)
		if (c->origin != v->origin)
			(void)idset_add_range(&v->to_flag, c->lo, c->hi);
	while (!idset_empty(&v->to_flag)) {
		struct entry *e;

		u.uid = idset_min(&v->to_flag);
		u.seq = view_seq(v, u.uid);
		e = mailbox_entry(mb, u.uid);
		if (u.seq != 0 && (e->flags & ENTRY_ZOMBIE) == 0 &&
		    !tell(arg, &u))
			return false;
		(void)idset_remove(&v->to_flag, u.uid);
	}
	return true;
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
	if (v->told_keywords != mb->nkeywords) {
		if (!tell(arg, &u))
			return RUN_MORE;
		v->told_keywords = mb->nkeywords;
	}
	done = (!expunge || tell_expunges(v, tell, arg)) &&
	    tell_new(v, tell, arg) && tell_recent(v, tell, arg) &&
	    tell_flags(v, tell, arg);
	view_trim(mb);
	return done ? RUN_DONE : RUN_MORE;
}

void
view_wake_all(struct mailbox *mb)
{
	struct view *v, *next;

	for (v = TAILQ_FIRST(&mb->views); v != NULL; v = next) {
		next = TAILQ_NEXT(v, link);
		if (v->wake == NULL || v->waked || !view_changed(v, true))
			continue;
		v->waked = true;
		v->wake(v->wake_arg);
	}
}
