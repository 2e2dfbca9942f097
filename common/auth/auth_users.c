/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Users files opened by the parent; see auth_users.h. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/auth/auth_ctx.h"
#include "common/auth/auth_sources.h"
#include "common/auth/auth_users.h"
#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/proc/child.h"

#define ASK_MS	2000	/* between two requests for the same file */

static struct {
	int		 files[CONF_USERS_MAX];	/* for configure, or -1 */
	uint64_t	 asked_ms[CONF_USERS_MAX];	/* 0: not asked */
} self;

void
auth_users_setup(void)
{
	for (int i = 0; i < CONF_USERS_MAX; i++)
		self.files[i] = -1;
}

bool
auth_users_take(uint32_t i, int fd)
{
	int copy;

	if (self.files[i] != -1)
		(void)close(self.files[i]);
	self.files[i] = fd;
	if (auth.sources == NULL || self.asked_ms[i] == 0)
		return false;
	/* The file was asked for; it does not belong to a new configuration. */
	self.asked_ms[i] = 0;
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1)
		log_warn("users file %u: %s; keeping the users already loaded",
		    (unsigned)i, strerror(errno));
	else
		auth_sources_reopen(auth.sources, i, copy);
	return true;
}

int
auth_users_configure(const struct conf *next)
{
	struct auth_sources *sources;

	sources = auth_sources_new(next, self.files, auth.sources);
	if (sources == NULL)
		return -1;
	auth_sources_unref(auth.sources);
	auth.sources = sources;
	memset(self.asked_ms, 0, sizeof(self.asked_ms));
	return 0;
}

bool
auth_users_refresh(void)
{
	uint64_t now = timer_ms();
	bool waiting = false;

	for (uint32_t i = 0; i < auth.sources->n; i++) {
		if (!auth_sources_stale(auth.sources, i))
			continue;
		if (self.asked_ms[i] == 0 ||
		    now - self.asked_ms[i] > ASK_MS) {
			self.asked_ms[i] = now;
			child_send(auth.child, MSG_USERS_STALE, i, -1,
			    SLICE_EMPTY);
		}
		if (now - self.asked_ms[i] < AUTH_USERS_WAIT_MS)
			waiting = true;
	}
	return waiting;
}
