/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The lines of addresses; see auth_line.h. */

#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/auth/auth_ctx.h"
#include "common/auth/auth_line.h"
#include "common/auth/auth_net.h"
#include "common/auth/auth_tally.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf.h"
#include "common/net/ev.h"
#include "common/proc/child.h"

#define TOGETHER	5	/* of an address; also failures, until paced */
#define WAIT_MAX_MS	15000	/* longest wait in a line that is paced */

struct auth_line {
	RB_ENTRY(auth_line)	 node;
	char			 from[AUTH_NET_KEY_MAX];
	struct auth_turns	*turns;
	uint32_t		 going;
	struct event		*timer;
};
RB_HEAD(auth_line_tree, auth_line);

static struct {
	struct auth_line_tree	 lines;
} self;

static int
line_cmp(const struct auth_line *a, const struct auth_line *b)
{
	return strcmp(a->from, b->from);
}

RB_PROTOTYPE(auth_line_tree, auth_line, node, line_cmp)
RB_GENERATE(auth_line_tree, auth_line, node, line_cmp)

void
auth_line_setup(void)
{
	RB_INIT(&self.lines);
}

static uint64_t
delay_ms(void)
{
	return (uint64_t)auth.conf->failed_login_delay * 1000;
}

/* When the next password may be looked at; UINT64_MAX: when one was. */
static uint64_t
due(const struct auth_line *line, uint64_t now)
{
	const struct auth_tally *addr = auth_tally_get(auth.addrs,
	    slice_str(line->from), now);
	uint32_t failures = auth_tally_failures(addr, now);

	if (failures >= TOGETHER && delay_ms() > 0)
		return addr->next_ms;
	/* Without a delay, only those that are under way count. */
	if (delay_ms() == 0)
		failures = 0;
	return failures + line->going < TOGETHER ? now : UINT64_MAX;
}

/* How long the line may be. */
static size_t
length_max(const struct auth_line *line, uint64_t now)
{
	const struct auth_tally *addr = auth_tally_get(auth.addrs,
	    slice_str(line->from), now);
	uint64_t delay = delay_ms();

	if (auth_tally_failures(addr, now) < TOGETHER || delay == 0)
		return SIZE_MAX;
	return delay >= WAIT_MAX_MS ? 1 : (size_t)(WAIT_MAX_MS / delay);
}

static void
arm(struct auth_line *line)
{
	uint64_t now = timer_ms(), at = due(line, now);

	if (auth_turns_count(line->turns) > length_max(line, now))
		at = now;
	if (auth_turns_count(line->turns) > 0 && at != UINT64_MAX)
		ev_wait(line->timer, at > now ? at - now : 0);
}

static struct auth_ticket *
ticket_of(struct auth_turn *turn)
{
	return (struct auth_ticket *)(void *)
	    ((char *)turn - offsetof(struct auth_ticket, turn));
}

/* Let one go, or refuse one, which may free the line. */
static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct auth_line *line = arg;
	uint64_t now = timer_ms();
	struct auth_tally *addr;
	struct auth_ticket *ticket;

	(void)fd;
	(void)what;
	if (auth_turns_count(line->turns) > length_max(line, now)) {
		ticket = ticket_of(auth_turns_longest(line->turns));
		ticket->refuse(ticket->arg);
		return;
	}
	if (auth_turns_count(line->turns) == 0 || due(line, now) > now) {
		arm(line);
		return;
	}
	ticket = ticket_of(auth_turns_take(line->turns));
	ticket->going = true;
	line->going++;
	addr = auth_tally_get(auth.addrs, slice_str(line->from), now);
	addr->next_ms = now + delay_ms();
	arm(line);
	ticket->go(ticket->arg);
}

static struct auth_line *
line_get(const char *from)
{
	struct auth_line find, *line;

	(void)strlcpy(find.from, from, sizeof(find.from));
	if ((line = RB_FIND(auth_line_tree, &self.lines, &find)) != NULL)
		return line;
	line = xcalloc(1, sizeof(*line));
	(void)strlcpy(line->from, from, sizeof(line->from));
	line->turns = auth_turns_new();
	line->timer = evtimer_new(auth.child->base, on_turn, line);
	if (line->timer == NULL)
		log_fatal("event");
	RB_INSERT(auth_line_tree, &self.lines, line);
	return line;
}

void
auth_line_join(struct auth_ticket *ticket, const char *from, struct slice name)
{
	struct auth_line *line = line_get(from);

	ticket->line = line;
	ticket->going = false;
	auth_turns_add(line->turns, &name, 1, &ticket->turn);
	arm(line);
}

void
auth_line_leave(struct auth_ticket *ticket)
{
	struct auth_line *line = ticket->line;

	if (line == NULL)
		return;
	ticket->line = NULL;
	if (ticket->going)
		line->going--;
	auth_turns_remove(&ticket->turn);
	if (line->going > 0 || auth_turns_count(line->turns) > 0) {
		arm(line);
		return;
	}
	RB_REMOVE(auth_line_tree, &self.lines, line);
	event_free(line->timer);
	auth_turns_free(line->turns);
	free(line);
}
