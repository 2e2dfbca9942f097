/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * front_main(); see front.h.
 *
 * This file starts the front, takes what the parent sends, and ends the
 * process.  Clients are served elsewhere: front_listen.c accepts them,
 * front_talk.c drives their connections, front_login.c asks auth and hands
 * sessions over.
 */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/conf/conf.h"
#include "common/front/front.h"
#include "common/front/front_conn.h"
#include "common/front/front_listen.h"
#include "common/front/front_login.h"
#include "common/front/front_talk.h"
#include "common/front/limit.h"
#include "common/net/tlsctx.h"
#include "common/proc/census.h"
#include "common/proc/child.h"
#include "common/proc/conf_tls.h"
#include "common/proc/parent_msg.h"

/* TLS material received for the next configuration. */
static struct tlsmat next_tls;

static void
on_keypair(void *arg, struct msg *msg)
{
	(void)arg;
	if (msg->id >= CONF_CERTS_MAX || parent_msg_pair_parse(msg->data,
	    tlsmat_pair(&next_tls, msg->id)) == -1)
		chan_break(msg->chan, msg);
}

static void
on_ca(void *arg, struct msg *msg)
{
	(void)arg;
	if (buf_add_slice(&next_tls.ca, msg->data) == -1)
		chan_break(msg->chan, msg);
}

/*
 * The ticket key comes as part of a configuration, or alone when the parent has
 * made a new key; the next configuration then repeats it.
 */
static void
on_ticketkey(void *arg, struct msg *msg)
{
	struct tlsmat_ticket ticket;

	(void)arg;
	parent_msg_ticket_parse(msg, &ticket);
	if (next_tls.npairs > 0)
		tlsmat_ticket(&next_tls, &ticket);
	else if (front.tls != NULL)
		tlsctx_ticket(front.tls, &ticket);
	explicit_bzero(&ticket, sizeof(ticket));
}

static void
on_listener(void *arg, struct msg *msg)
{
	(void)arg;
	front_listen_add(msg->fd, msg->id);
}

/*
 * Comes before the end of the first configuration, and brings the key with
 * which all fronts hash addresses.
 */
static void
on_census_own(void *arg, struct msg *msg)
{
	struct hash_key key;

	(void)arg;
	if (front.census != NULL ||
	    parent_msg_census_parse(msg->data, &key) == -1) {
		(void)close(msg->fd);
		chan_break(msg->chan, msg);
		return;
	}
	front.census = census_new(&key);
	if (census_map(front.census, msg->id, true, msg->fd) == -1)
		log_warn("counts of fronts: %s", strerror(errno));
}

static void
on_census(void *arg, struct msg *msg)
{
	(void)arg;
	if (front.census == NULL) {
		(void)close(msg->fd);
		chan_break(msg->chan, msg);
	} else if (census_map(front.census, msg->id, false, msg->fd) == -1)
		log_warn("counts of front %u: %s", (unsigned)msg->id,
		    strerror(errno));
}

static void
on_census_gone(void *arg, struct msg *msg)
{
	(void)arg;
	if (front.census != NULL)
		census_forget(front.census, msg->id);
}

static void
on_retire(void *arg, struct msg *msg)
{
	(void)arg;
	(void)msg;
	front.retired = true;
	front_listen_close();
	fconn_maybe_stop();
}

static const struct msg_permit parent_permits[] = {
	{ .type = MSG_CONF_KEYPAIR, .handle = on_keypair },
	{ .type = MSG_CONF_CA, .handle = on_ca },
	{ .type = MSG_CONF_TICKETKEY, .handle = on_ticketkey },
	{ .type = MSG_CONF_LISTENER, .handle = on_listener },
	{ .type = MSG_CENSUS_OWN, .handle = on_census_own },
	{ .type = MSG_CENSUS, .handle = on_census },
	{ .type = MSG_CENSUS_GONE, .handle = on_census_gone },
	{ .type = MSG_RETIRE, .handle = on_retire },
	{ .type = MSG_NONE }
};

static int
front_configure(struct child *child, const struct conf *conf)
{
	struct tlsctx_options options;
	struct tlsctx *tls = NULL;
	int ret = -1;

	front.child = child;
	conf_tls(conf, conf_services[front.proto->service].word, &options);
	if (next_tls.npairs > 0 &&
	    (tls = tlsctx_new(&options, &next_tls)) == NULL)
		goto out;
	if (!front_listen_fits(conf))
		goto out;
	if (front.limit == NULL) {
		if (front.census == NULL)
			front.census = census_new(&(struct hash_key){ 0 });
		front.limit = limit_new(front.census);
		front_listen_setup();
		front_talk_setup();
	}
	front_listen_switch();
	tlsctx_unref(front.tls);
	front.tls = tls;
	tls = NULL;
	ret = 0;
out:
	tlsctx_unref(tls);
	front_listen_forget();
	tlsmat_clear(&next_tls);
	return ret;
}

static void
front_channel(struct child *child, const struct parent_msg_channel *peer,
    int fd)
{
	(void)child;
	if (peer->role != ROLE_AUTH)
		log_fatal("unexpected channel to role %u",
		    (unsigned int)peer->role);
	front_login_channel(fd);
	front_listen_start();
}

static void
front_shutdown(struct child *child)
{
	struct fconn *c, *next;

	(void)child;
	front_listen_close();
	for (c = RB_MIN(fconn_tree, &front.conns); c != NULL; c = next) {
		next = RB_NEXT(fconn_tree, &front.conns, c);
		if (c->state == STATE_CLOSE || c->state == STATE_LINGER)
			continue;
		fconn_goodbye(c, FRONT_BYE_SHUTDOWN);
		front_talk_advance(c);
	}
	fconn_maybe_stop();
}

int
front_main(const struct front_proto *proto, int argc, char *argv[])
{
	const struct child_ops ops = {
		.role = ROLE_FRONT,
		.name = conf_services[proto->service].front,
		.permits = parent_permits,
		.configure = front_configure,
		.channel = front_channel,
		.shutdown = front_shutdown,
	};

	front.proto = proto;
	RB_INIT(&front.conns);
	tlsmat_init(&next_tls);
	return child_main(&ops, argc, argv);
}
