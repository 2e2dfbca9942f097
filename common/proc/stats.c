/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Counters that a child shares with the parent; see stats.h. */

#include "config.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

#include "common/proc/shm.h"
#include "common/proc/stats.h"

#define STATS_ROW(id, k, n, t)						\
	[STAT_##id] = { .name = (n), .text = (t), .kind = (k) },
const struct stats_row stats_rows[STAT_MAX] = {
	STATS(STATS_ROW)
};

/* Used until stats_share(), and for good if memory cannot be shared. */
static struct stats	 unshared;
static struct stats	*own = &unshared;

static uint64_t
get(const struct stats *s, int id)
{
	return atomic_load_explicit(&s->n[id], memory_order_relaxed);
}

/*
 * Only one thread of one process writes a table: no locked instruction is
 * needed.
 */
static void
set(struct stats *s, int id, uint64_t n)
{
	atomic_store_explicit(&s->n[id], n, memory_order_relaxed);
}

const struct stats *
stats_open(int *fd)
{
	const struct stats *s;
	int copy;

	if ((*fd = shm_make(sizeof(*s), NULL)) == -1)
		return NULL;
	if ((copy = fcntl(*fd, F_DUPFD_CLOEXEC, 0)) != -1 &&
	    (s = shm_map(copy, sizeof(*s), PROT_READ)) != NULL)
		return s;
	(void)close(*fd);
	*fd = -1;
	return NULL;
}

void
stats_close(const struct stats *s)
{
	if (s != NULL)
		(void)munmap((void *)(uintptr_t)s, sizeof(*s));
}

int
stats_share(int fd)
{
	struct stats *s;

	if ((s = shm_map(fd, sizeof(*s), PROT_READ | PROT_WRITE)) == NULL)
		return -1;
	for (int i = 0; i < STAT_MAX; i++)
		set(s, i, get(own, i));
	own = s;
	return 0;
}

void
stats_add(enum stat_id id, uint64_t n)
{
	set(own, (int)id, get(own, (int)id) + n);
}

void
stats_set(enum stat_id id, uint64_t n)
{
	set(own, (int)id, n);
}

void
stats_beat(void)
{
	(void)atomic_fetch_add_explicit(&own->beat, 1, memory_order_relaxed);
}

void
stats_sum(uint64_t sum[STAT_MAX], const struct stats *s, bool ended)
{
	for (int i = 0; i < STAT_MAX; i++)
		if (!ended || stats_rows[i].kind == STATS_COUNTER)
			sum[i] += get(s, i);
}
