/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Views.  The messages of a view are the entries up to told_uid, without those
 * zombies that the session was told of.  There are hardly ever any of these,
 * and then a sequence number is a place in the entries plus one.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/index.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/absorb.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/view.h"
#include "storage/mailbox/view_state.h"

struct view {
	TAILQ_ENTRY(view) link;		/* in mailbox->views */
	struct mailbox	*mailbox;
	bool		 readonly;
	bool		 takes_recent;	/* of new messages */
	uint32_t	 origin;	/* marks changes by this session */
	uint32_t	 told_uid;	/* greater UIDs are not told yet */
	uint32_t	 told_uidnext;
	uint32_t	 exists;	/* number of messages, as told */
	uint32_t	 told_recent;
	unsigned int	 told_keywords;
	uint64_t	 flag_pos;	/* in mailbox->flag_changes */
	uint64_t	 expunge_pos;
	struct gone {
		uint32_t	 uid;
		uint32_t	 place;	/* in the entries */
	}		*gone;		/* zombies that were told, by uid */
	size_t		 ngone;
	struct idset	 recent;	/* \Recent for this session */
	bool		 recent_untold;	/* VIEW_RECENT is still to be told */
	struct idset	 to_expunge;	/* being told by view_sync() */
	struct idset	 to_flag;
	void		(*wake)(void *);
	void		*wake_arg;
	bool		 waked;		/* wake was called since last sync */
};

/* Count the zombies that were told and have a UID below uid. */
static size_t
gone_below(const struct view *v, uint32_t uid)
{
	size_t lo = 0, hi = v->ngone;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->gone[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Count the messages of the view with UIDs in lo..hi. */
static uint32_t
count_between(const struct view *v, uint32_t lo, uint32_t hi)
{
	size_t a, b;

	if (hi > v->told_uid)
		hi = v->told_uid;
	if (lo > hi)
		return 0;
	a = mailbox_place(v->mailbox, lo) - gone_below(v, lo);
	b = mailbox_place(v->mailbox, hi + 1) - gone_below(v, hi + 1);
	return (uint32_t)(b - a);
}

uint32_t
view_recent_count(const struct view *v)
{
	uint32_t n = 0;

	for (size_t i = 0; i < v->recent.n; i++)
		n += count_between(v, v->recent.ranges[i].lo,
		    v->recent.ranges[i].hi);
	return n;
}

/* Claimed \Recent goes to the first view that may take it. */
static bool
may_take_recent(const struct view *v)
{
	const struct idset *claimed = &v->mailbox->claimed;

	return !v->readonly && !idset_empty(claimed) &&
	    idset_min(claimed) <= v->told_uid;
}

static void
take_recent(struct view *v)
{
	struct idset *claimed = &v->mailbox->claimed;
	struct idset take;

	if (!may_take_recent(v))
		return;
	idset_init(&take, IDSET_NOLIMIT);
	(void)idset_add_range(&take, 1, v->told_uid);
	(void)idset_intersect(&take, claimed);
	(void)idset_union(&v->recent, &take);
	(void)idset_remove_range(claimed, 1, v->told_uid);
	idset_clear(&take);
}

/*
 * Set \Recent for the messages of a new view.  EXAMINE sees what nobody has
 * claimed, and leaves it unclaimed.
 */
static void
see_recent(struct view *v)
{
	const struct mailbox_row *row = &v->mailbox->row;

	if (!v->readonly)
		take_recent(v);
	else if (row->recentuid + 1 < row->uidnext)
		(void)idset_add_range(&v->recent, row->recentuid + 1,
		    row->uidnext - 1);
	v->told_recent = view_recent_count(v);
}

/* Drop zombies and items of the logs that every view was told of. */
static void
trim(struct mailbox *mb)
{
	struct view *v;
	uint64_t flags = changes_end(&mb->flag_changes);
	uint64_t expunges = changes_end(&mb->expunges);
	bool all_told = true;

	TAILQ_FOREACH(v, &mb->views, link) {
		if (v->flag_pos < flags)
			flags = v->flag_pos;
		if (v->expunge_pos < expunges)
			expunges = v->expunge_pos;
		if (!idset_empty(&v->to_expunge))
			all_told = false;
	}
	if (!mailbox_trim(mb, flags, expunges, all_told))
		return;
	TAILQ_FOREACH(v, &mb->views, link)
		v->ngone = 0;
}

struct view *
view_open(struct mailbox *mb, unsigned int how)
{
	struct view *v;

	v = xcalloc(1, sizeof(*v));
	v->mailbox = mb;
	mailbox_ref(mb);
	store_ref(mb->store);
	v->readonly = (how & VIEW_READONLY) != 0;
	v->takes_recent = !v->readonly && (how & VIEW_TAKES_RECENT) != 0;
	if (v->takes_recent)
		mb->takers++;
	v->origin = mb->next_origin++;
	idset_init(&v->recent, IDSET_NOLIMIT);
	idset_init(&v->to_expunge, IDSET_NOLIMIT);
	idset_init(&v->to_flag, IDSET_NOLIMIT);
	v->told_uidnext = mb->row.uidnext;
	v->told_keywords = mb->nkeywords;
	v->flag_pos = changes_end(&mb->flag_changes);
	v->expunge_pos = changes_end(&mb->expunges);
	if (mb->n > 0)
		v->told_uid = mb->entries[mb->n - 1].uid;
	for (size_t i = 0; i < mb->n && mb->zombies > v->ngone; i++) {
		if ((mb->entries[i].flags & ENTRY_ZOMBIE) == 0)
			continue;
		v->gone = xreallocarray(v->gone, v->ngone + 1,
		    sizeof(*v->gone));
		v->gone[v->ngone].uid = mb->entries[i].uid;
		v->gone[v->ngone++].place = (uint32_t)i;
	}
	v->exists = (uint32_t)(mb->n - v->ngone);
	TAILQ_INSERT_TAIL(&mb->views, v, link);
	see_recent(v);
	return v;
}

void
view_close(struct view *v)
{
	struct mailbox *mb;
	struct store *st;

	if (v == NULL)
		return;
	mb = v->mailbox;
	st = mb->store;
	TAILQ_REMOVE(&mb->views, v, link);
	if (v->takes_recent)
		mb->takers--;
	trim(mb);
	if (TAILQ_EMPTY(&mb->views) && mb->names.due_ms != 0)
		mb->names.due_ms = timer_ms();
	if (TAILQ_EMPTY(&mb->views))
		mailbox_save_row(mb);
	idset_clear(&v->recent);
	idset_clear(&v->to_expunge);
	idset_clear(&v->to_flag);
	free(v->gone);
	free(v);
	mailbox_unref(mb);
	store_unref(st);
}

struct mailbox *
view_mailbox(const struct view *v)
{
	return v->mailbox;
}

uint32_t
view_origin(const struct view *v)
{
	return v->origin;
}

uint32_t
view_told_uid(const struct view *v)
{
	return v->told_uid;
}

bool
view_lost(const struct view *v)
{
	return v->mailbox->lost;
}

bool
view_readonly(const struct view *v)
{
	return v->readonly;
}

uint32_t
view_uidvalidity(const struct view *v)
{
	return v->mailbox->row.uidvalidity;
}

uint32_t
view_uidnext(const struct view *v)
{
	return v->told_uidnext;
}

uint64_t
view_highestmodseq(const struct view *v)
{
	return v->mailbox->row.highestmodseq;
}

uint32_t
view_exists(const struct view *v)
{
	return v->exists;
}

bool
view_gone(const struct view *v, uint32_t uid)
{
	size_t i = gone_below(v, uid);

	return i < v->ngone && v->gone[i].uid == uid;
}

size_t
view_end(const struct view *v)
{
	return mailbox_place(v->mailbox, v->told_uid + 1);
}

/* Return the entry of a UID that the view has, even if a zombie, or NULL. */
static struct entry *
entry_of(const struct view *v, uint32_t uid)
{
	struct entry *e;

	if (uid > v->told_uid)
		return NULL;
	e = mailbox_entry(v->mailbox, uid);
	if (e == NULL || (e->flags & ENTRY_ZOMBIE && view_gone(v, uid)))
		return NULL;
	return e;
}

/* Return the place of a sequence number that the view has. */
static size_t
place_of(const struct view *v, uint32_t seq)
{
	size_t lo = 0, hi = v->ngone;

	/*
	 * gone[k] is at place p and has p - k messages before it, so all with
	 * p - k < seq are before the message that we look for.  The places are
	 * valid: when entries are removed, trim() empties all gone lists.
	 */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->gone[mid].place - mid < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return seq - 1 + lo;
}

uint32_t
view_uid(const struct view *v, uint32_t seq)
{
	if (seq == 0 || seq > v->exists)
		return 0;
	return v->mailbox->entries[place_of(v, seq)].uid;
}

uint32_t
view_seq(const struct view *v, uint32_t uid)
{
	struct entry *e = entry_of(v, uid);

	if (e == NULL)
		return 0;
	return (uint32_t)((size_t)(e - v->mailbox->entries) -
	    gone_below(v, uid)) + 1;
}

uint32_t
view_last_uid(const struct view *v)
{
	return v->exists == 0 ? 0 : view_uid(v, v->exists);
}

bool
view_recent(const struct view *v, uint32_t uid)
{
	return idset_contains(&v->recent, uid);
}

uint32_t
view_first_unseen(const struct view *v)
{
	const struct mailbox *mb = v->mailbox;
	size_t end = view_end(v);

	if (mb->row.unseen == 0 && mb->zombies == 0)
		return 0;
	for (size_t i = 0; i < end; i++)
		if ((mb->entries[i].flags & (FLAG_SEEN | ENTRY_ZOMBIE)) == 0)
			return view_seq(v, mb->entries[i].uid);
	return 0;
}

unsigned int
view_keywords(const struct view *v)
{
	return v->mailbox->nkeywords;
}

struct slice
view_keyword(const struct view *v, unsigned int number)
{
	if (number >= v->mailbox->nkeywords)
		return SLICE_EMPTY;
	return slice_str(v->mailbox->keywords[number]);
}

int
view_keyword_find(const struct view *v, struct slice name)
{
	return mailbox_keyword_find(v->mailbox, name);
}

bool
view_keyword_room(const struct view *v)
{
	return v->mailbox->nkeywords <
	    v->mailbox->store->storage->options.keyword_max;
}

void
view_flags(const struct view *v, uint32_t seq, struct flags *flags,
    uint64_t *modseq)
{
	const struct entry *e;

	if (seq == 0 || seq > v->exists) {
		memset(flags, 0, sizeof(*flags));
		*modseq = 0;
		return;
	}
	e = &v->mailbox->entries[place_of(v, seq)];
	flags->system = e->flags & FLAG_ALL;
	flags->keywords = e->keywords;
	*modseq = e->modseq;
}

int
view_seqs_to_uids(const struct view *v, const struct idset *seqs,
    struct idset *uids)
{
	if (idset_max(seqs) > v->exists)
		return -1;
	for (size_t i = 0; i < seqs->n; i++)
		for (uint32_t s = seqs->ranges[i].lo;
		    s <= seqs->ranges[i].hi; s++)
			if (idset_add(uids, view_uid(v, s)) == -1)
				return -1;
	return 0;
}

void
view_existing(const struct view *v, struct idset *uids)
{
	const struct mailbox *mb = v->mailbox;
	struct idset have;

	idset_init(&have, IDSET_NOLIMIT);
	for (size_t i = 0; i < uids->n; i++) {
		uint32_t hi = uids->ranges[i].hi;
		size_t k = mailbox_place(mb, uids->ranges[i].lo);

		if (hi > v->told_uid)
			hi = v->told_uid;
		for (; k < mb->n && mb->entries[k].uid <= hi; k++)
			if ((mb->entries[k].flags & ENTRY_ZOMBIE) == 0 ||
			    !view_gone(v, mb->entries[k].uid))
				(void)idset_add(&have, mb->entries[k].uid);
	}
	(void)idset_copy(uids, &have);
	idset_clear(&have);
}

bool
view_changed(const struct view *v, bool expunge)
{
	const struct mailbox *mb = v->mailbox;

	if (mb->lost || v->told_keywords != mb->nkeywords ||
	    !idset_empty(&v->to_flag) || v->recent_untold ||
	    may_take_recent(v) ||
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

	take_recent(v);
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
			trim(mb);
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
	trim(mb);
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
