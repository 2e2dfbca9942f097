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

#include "common/base/buf.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/store_ref.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/view.h"
#include "storage/mailbox/view_state.h"
#include "storage/mailbox/view_struct.h"
#include "storage/maildir/mbname.h"

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

bool
view_may_take_recent(const struct view *v)
{
	const struct idset *claimed = &v->mailbox->claimed;

	return !v->readonly && !idset_empty(claimed) &&
	    idset_min(claimed) <= v->told_uid;
}

void
view_take_recent(struct view *v)
{
	struct idset *claimed = &v->mailbox->claimed;
	struct idset take;

	if (!view_may_take_recent(v))
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
		view_take_recent(v);
	else if (row->recentuid + 1 < row->uidnext)
		(void)idset_add_range(&v->recent, row->recentuid + 1,
		    row->uidnext - 1);
	v->told_recent = view_recent_count(v);
}

void
view_trim(struct mailbox *mb)
{
	struct view *v;
	uint64_t flags = changes_end(&mb->flag_changes);
	uint64_t expunges = changes_end(&mb->expunges);
	bool all_told = true;

	TAILQ_FOREACH(v, &mb->views, link) {
		if (v->flag_pos < flags)
			flags = v->flag_pos;
		if (v->follows && v->follow_pos < flags)
			flags = v->follow_pos;
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
	mb->nviews++;
	store_ref(mb->store);
	v->readonly = (how & VIEW_READONLY) != 0;
	v->takes_recent = !v->readonly && (how & VIEW_TAKES_RECENT) != 0;
	if (v->takes_recent)
		mb->takers++;
	v->origin = mb->next_origin++;
	idset_init(&v->recent, IDSET_NOLIMIT);
	idset_init(&v->to_expunge, IDSET_NOLIMIT);
	idset_init(&v->to_flag, IDSET_NOLIMIT);
	idset_init(&v->followed, IDSET_NOLIMIT);
	v->told_uidnext = mb->row.uidnext;
	v->told_keywords = mb->keywords_version;
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
	view_trim(mb);
	if (TAILQ_EMPTY(&mb->views) && mb->names.due_ms != 0)
		mb->names.due_ms = timer_ms();
	if (TAILQ_EMPTY(&mb->views))
		store_save_row(mb);
	idset_clear(&v->recent);
	idset_clear(&v->to_expunge);
	idset_clear(&v->to_flag);
	idset_clear(&v->followed);
	free(v->gone);
	free(v);
	mb->nviews--;
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
view_has_name(const struct view *v, struct slice name)
{
	struct buf normal;
	bool same;

	buf_init(&normal, MBNAME_MAX + 8);
	same = mbname_normal(name, &normal) == 0 &&
	    slice_eq_str(buf_slice(&normal), v->mailbox->name);
	buf_clear(&normal);
	return same;
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

uint64_t
view_since(const struct view *v, uint64_t modseq)
{
	return mailbox_since(v->mailbox, modseq);
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
	 * valid: when entries are removed, view_trim() empties all gone lists.
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
	return v->mailbox->keywords->n;
}

uint32_t
view_keywords_version(const struct view *v)
{
	return v->mailbox->keywords_version;
}

struct slice
view_keyword(const struct view *v, unsigned int number)
{
	const struct keywords *k = v->mailbox->keywords;

	if (number >= k->n || (k->hidden & 1ULL << number) != 0)
		return SLICE_EMPTY;
	return slice_str(k->names[number]);
}

int
view_keyword_find(const struct view *v, struct slice name)
{
	return keyword_find(v->mailbox, name);
}

bool
view_keyword_room(const struct view *v)
{
	return keyword_room(v->mailbox);
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
	flags->keywords = e->keywords & ~v->mailbox->keywords->hidden;
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
