/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Keys of TLS session tickets; see parent_ticket.h.
 */

#include "config.h"

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/net/ev.h"
#include "common/net/tlsmat.h"
#include "common/parent/material.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_ticket.h"
#include "common/proc/parent_msg.h"

static struct {
	struct tlsmat	 keys;		/* only its tickets are used */
	struct event	*ev;		/* makes the next key */
} self;

static void
send_key(struct kid *k, const struct tlsmat_ticket *t)
{
	(void)kid_send(k, MSG_CONF_TICKETKEY, t->rev, -1,
	    parent_msg_ticket(t));
}

static void
ticket_new(void)
{
	struct tlsmat_ticket t;
	struct kid *k;

	random_bytes(&t, sizeof(t));
	if (t.rev == 0)
		t.rev = 1;
	tlsmat_ticket(&self.keys, &t);
	TAILQ_FOREACH(k, &kids, entry)
		if (k->role == ROLE_FRONT)
			send_key(k, &t);
	explicit_bzero(&t, sizeof(t));
}

static void
on_tickets(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ticket_new();
	parent_ticket_arm();
}

/* A key is replaced when half of a ticket's lifetime has passed. */
void
parent_ticket_arm(void)
{
	uint32_t lifetime = parent.m->conf->tls_ticket_lifetime;

	if (lifetime == 0) {
		(void)evtimer_del(self.ev);
		return;
	}
	ev_wait(self.ev, (lifetime / 2 + 1) * 1000ULL);
}

void
parent_ticket_send(struct kid *k)
{
	for (size_t i = 0; i < self.keys.ntickets; i++)
		send_key(k, &self.keys.tickets[i]);
}

void
parent_ticket_setup(void)
{
	if ((self.ev = evtimer_new(parent.base, on_tickets, NULL)) == NULL)
		log_fatal("event");
	tlsmat_init(&self.keys);
	ticket_new();
	parent_ticket_arm();
}
