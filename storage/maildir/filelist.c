/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Lists of files; see filelist.h.  They are sorted by a bottom-up merge sort,
 * because qsort(3) cannot be interrupted and continued.
 */

#include "config.h"

#include <sys/stat.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/maildir/filelist.h"
#include "storage/maildir/maildir.h"

/* Items between two looks at the clock. */
#define LOOK_EVERY	256

void
filelist_init(struct filelist *l)
{
	memset(l, 0, sizeof(*l));
	arena_init(&l->names, SIZE_MAX);
}

void
filelist_clear(struct filelist *l)
{
	free(l->items);
	filelist_order_clear(&l->order);
	arena_clear(&l->names);
	filelist_init(l);
}

struct file *
filelist_add(struct filelist *l)
{
	l->items = xgrow(l->items, l->n, &l->size, sizeof(*l->items));
	memset(&l->items[l->n], 0, sizeof(*l->items));
	return &l->items[l->n++];
}

const char *
filelist_copy(struct filelist *l, struct slice s)
{
	char *p = arena_slice(&l->names, s);

	if (p == NULL)
		log_fatal("out of memory");
	return p;
}

void
filelist_set(struct filelist *l, struct file *f, struct slice name)
{
	struct slice base, info;

	maildir_split(name, &base, &info);
	f->name = filelist_copy(l, name);
	f->base_len = (uint32_t)base.len;
}

int
filelist_by_base(const struct file *a, const struct file *b)
{
	return slice_cmp(file_base(a), file_base(b));
}

int
filelist_by_place(const struct file *a, const struct file *b)
{
	int cmp = filelist_by_base(a, b);

	return cmp != 0 ? cmp : (int)a->in_new - (int)b->in_new;
}

int
filelist_by_arrival(const struct file *a, const struct file *b)
{
	int64_t ta, tb;

	if (a->uid != b->uid)
		return a->uid - 1 < b->uid - 1 ? -1 : 1;
	ta = maildir_name_time(file_base(a));
	tb = maildir_name_time(file_base(b));
	if (ta != tb)
		return ta < tb ? -1 : 1;
	return filelist_by_base(a, b);
}

int
filelist_is_message(int dir_fd, const struct dirent *e)
{
	struct stat sb;

	if (e->d_name[0] == '.' || strchr(e->d_name, '\n') != NULL ||
	    strlen(e->d_name) >= MAILDIR_NAME_MAX)
		return 0;
	if (e->d_type == DT_REG)
		return 1;
	if (e->d_type == DT_UNKNOWN) {
		if (fstatat(dir_fd, e->d_name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
			return maildir_gone(errno) ? 0 : -1;
		if (S_ISREG(sb.st_mode))
			return 1;
	}
	log_limited(LOG_LEVEL_WARN, "store maildir entry=%s is not a regular "
	    "file", log_esc(slice_str(e->d_name)));
	return 0;
}

enum run
filelist_read_dir(struct filelist *l, DIR *dir, bool in_new,
    uint64_t until_ns)
{
	struct dirent *e;
	struct file *f;
	int dir_fd = dirfd(dir), rc;

	assert(dir_fd != -1);
	for (unsigned int n = 1;; n++) {
		if (n % LOOK_EVERY == 0 && timer_ns() > until_ns)
			return RUN_MORE;
		if ((rc = maildir_next(dir, &e)) != 1)
			return rc == 0 ? RUN_DONE : RUN_FAIL;
		if ((rc = filelist_is_message(dir_fd, e)) == -1)
			return RUN_FAIL;
		if (rc == 0)
			continue;
		f = filelist_add(l);
		filelist_set(l, f, slice_str(e->d_name));
		f->in_new = in_new;
	}
}

/*
 * Merge pairs of runs into merged.  It can be interrupted within a pair.
 */
static enum run
merge_runs(struct filelist_order *o, const struct file *items, file_cmp cmp,
    uint64_t until_ns)
{
	while (o->out < o->n) {
		size_t begin = o->out - o->out % (2 * o->run);
		size_t middle = begin + o->run;
		size_t end = begin + 2 * o->run;
		size_t *from;

		if (middle > o->n)
			middle = o->n;
		if (end > o->n)
			end = o->n;
		if (o->out == begin) {
			o->left = begin;
			o->right = middle;
		}
		from = o->right == end || (o->left < middle &&
		    cmp(&items[o->at[o->left]], &items[o->at[o->right]]) <= 0) ?
		    &o->left : &o->right;
		o->merged[o->out++] = o->at[(*from)++];
		if (o->out % LOOK_EVERY == 0 && o->out < o->n &&
		    timer_ns() > until_ns)
			return RUN_MORE;
	}
	return RUN_DONE;
}

void
filelist_order_init(struct filelist_order *o)
{
	memset(o, 0, sizeof(*o));
}

void
filelist_order_clear(struct filelist_order *o)
{
	free(o->at);
	free(o->merged);
	filelist_order_init(o);
}

void
filelist_order_add(struct filelist_order *o, size_t i)
{
	assert(i <= UINT32_MAX);
	o->at = xgrow(o->at, o->n, &o->size, sizeof(*o->at));
	o->at[o->n++] = (uint32_t)i;
}

enum run
filelist_order_sort(struct filelist_order *o, const struct filelist *l,
    file_cmp cmp, uint64_t until_ns)
{
	uint32_t *at;

	if (o->run == 0)
		o->run = 1;
	while (o->run < o->n) {
		if (o->merged == NULL)
			o->merged = xreallocarray(NULL, o->size,
			    sizeof(*o->merged));
		if (merge_runs(o, l->items, cmp, until_ns) == RUN_MORE)
			return RUN_MORE;
		at = o->at;
		o->at = o->merged;
		o->merged = at;
		o->out = 0;
		o->run *= 2;
	}
	free(o->merged);
	o->merged = NULL;
	return RUN_DONE;
}

enum run
filelist_sort(struct filelist *l, file_cmp cmp, uint64_t until_ns)
{
	while (l->order.n < l->n) {
		filelist_order_add(&l->order, l->order.n);
		if (l->order.n % LOOK_EVERY == 0 && l->order.n < l->n &&
		    timer_ns() > until_ns)
			return RUN_MORE;
	}
	return filelist_order_sort(&l->order, l, cmp, until_ns);
}

size_t
filelist_place(const struct filelist *l, struct slice base)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (slice_cmp(file_base(filelist_at(l, mid)), base) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < l->n && slice_eq(file_base(filelist_at(l, lo)), base) ?
	    lo : l->n;
}

const struct file *
filelist_find(const struct filelist *l, struct slice base)
{
	size_t place = filelist_place(l, base);

	return place == l->n ? NULL : filelist_at(l, place);
}
