/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Users files; auth_users.h. */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "common/auth/auth_account.h"
#include "common/auth/auth_ctx.h"
#include "common/auth/auth_users.h"
#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/proc/child.h"

#define ASK_MS	2000	/* between two requests for one file */

static int	 files[AUTH_USERS_MAX];		/* for configure, or -1 */
static uint64_t	 asked_ms[AUTH_USERS_MAX];	/* 0: not asked */

void
auth_users_setup(void)
{
	for (int i = 0; i < AUTH_USERS_MAX; i++)
		files[i] = -1;
}

bool
auth_users_take(uint32_t i, int fd)
{
	if (files[i] != -1)
		close(files[i]);
	files[i] = fd;
	if (auth_ctx.sources == NULL || asked_ms[i] == 0)
		return false;
	/* It was asked for, and is not a part of a new configuration. */
	asked_ms[i] = 0;
	auth_sources_load(auth_ctx.sources, i, dup(fd));
	return true;
}

int
auth_users_configure(const struct conf *next)
{
	struct auth_sources	*sources;

	if (next->nusers > AUTH_USERS_MAX) {
		log_warn("more than %d sources of users", AUTH_USERS_MAX);
		return -1;
	}
	sources = auth_sources_new(next, files, auth_ctx.sources);
	if (sources == NULL)
		return -1;
	auth_sources_free(auth_ctx.sources);
	auth_ctx.sources = sources;
	memset(asked_ms, 0, sizeof(asked_ms));
	return 0;
}

bool
auth_users_refresh(void)
{
	uint64_t	 now = timer_ms();
	bool		 waiting = false;

	for (uint32_t i = 0; i < auth_sources_count(auth_ctx.sources); i++) {
		if (!auth_sources_stale(auth_ctx.sources, i))
			continue;
		if (asked_ms[i] == 0 ||
		    now - asked_ms[i] > ASK_MS) {
			asked_ms[i] = now;
			child_send(auth_ctx.child, MSG_USERS_STALE, i, -1,
			    slice_make(NULL, 0));
		}
		if (now - asked_ms[i] < AUTH_USERS_WAIT_MS)
			waiting = true;
	}
	return waiting;
}
