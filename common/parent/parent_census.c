/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Tables of fronts; see parent_census.h.  The parent keeps
 * a descriptor of each table for fronts that start later, and never reads a
 * table.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/compat.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/parent/parent_census.h"
#include "common/parent/parent_kid.h"
#include "common/proc/census.h"
#include "common/proc/msg.h"
#include "common/proc/parent_msg.h"

/*
 * The key is secret, so that nobody can choose addresses that share a counter.
 */
static const struct hash_key *
address_key(void)
{
	static struct hash_key key;

	if (key.k0 == 0 && key.k1 == 0)
		hash_key_init(&key);
	return &key;
}

static void
send_own(struct kid *k, int fd)
{
	struct buf b;

	buf_init(&b, MSG_MAX);
	parent_msg_census_put(&b, address_key());
	(void)kid_send(k, MSG_CENSUS_OWN, k->number, fd, buf_slice(&b));
	buf_clear_secret(&b);
}

/* Let a front read the table of another front. */
static void
show(struct kid *to, const struct kid *k)
{
	int fd;

	if (k->census == -1 || to->chan == NULL)
		return;
	if ((fd = fcntl(k->census, F_DUPFD_CLOEXEC, 0)) == -1)
		log_warn("counts of %s: %s", k->name, strerror(errno));
	else
		(void)kid_send(to, MSG_CENSUS, k->number, fd, SLICE_EMPTY);
}

void
parent_census_add(struct kid *k)
{
	struct kid *other;
	int own;

	if (census_make(&own, &k->census) == -1) {
		log_warn("no shared memory: %s: connection limits apply to "
		    "each front alone", strerror(errno));
		return;
	}
	send_own(k, own);
	TAILQ_FOREACH(other, &kids, entry)
		if (other != k && other->role == ROLE_FRONT) {
			show(k, other);
			show(other, k);
		}
}

void
parent_census_drop(struct kid *k)
{
	struct kid *other;

	if (k->census == -1)
		return;
	(void)close(k->census);
	k->census = -1;
	TAILQ_FOREACH(other, &kids, entry)
		if (other != k && other->role == ROLE_FRONT)
			(void)kid_send(other, MSG_CENSUS_GONE, k->number, -1,
			    SLICE_EMPTY);
}
