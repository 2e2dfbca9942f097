/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Sends children what they need from the parent; see
 * parent_conf.h.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/net/tlsmat.h"
#include "common/parent/material.h"
#include "common/parent/parent_conf.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_secret.h"
#include "common/parent/parent_ticket.h"
#include "common/proc/conf_msg.h"
#include "common/proc/msg.h"
#include "common/proc/parent_msg.h"

/* Send a text in messages of this type. */
static void
send_pieces(struct kid *k, enum msg_type type, struct slice s)
{
	for (; s.len > 0; s = slice_from(s, MSG_PIECE_MAX))
		(void)kid_send(k, type, 0, -1, slice_sub(s, 0, MSG_PIECE_MAX));
}

static void
send_tls(struct kid *k)
{
	const struct tlsmat *tls = &parent.m->tls;
	struct slice part[PARENT_MSG_PARTS], s;
	struct buf b;

	buf_init(&b, MSG_MAX);
	for (size_t i = 0; i < tls->npairs; i++) {
		part[PARENT_MSG_CERT] = buf_slice(&tls->pairs[i].cert);
		part[PARENT_MSG_KEY] = buf_slice(&tls->pairs[i].key);
		part[PARENT_MSG_STAPLE] = buf_slice(&tls->pairs[i].staple);
		for (int n = 0; n < PARENT_MSG_PARTS; n++)
			for (s = part[n]; s.len > 0;
			    s = slice_from(s, MSG_PIECE_MAX)) {
				buf_reset(&b, MSG_MAX);
				parent_msg_pair_put(&b, n,
				    slice_sub(s, 0, MSG_PIECE_MAX));
				(void)kid_send(k, MSG_CONF_KEYPAIR,
				    (uint32_t)i, -1, buf_slice(&b));
			}
	}
	buf_clear_secret(&b);
	send_pieces(k, MSG_CONF_CA, buf_slice(&tls->ca));
}

static void
send_listeners(struct kid *k)
{
	int fd;

	for (size_t i = 0; i < parent.m->nlisteners; i++) {
		if (parent.m->listeners[i] == -1)
			continue;
		fd = fcntl(parent.m->listeners[i], F_DUPFD_CLOEXEC, 0);
		if (fd == -1)
			log_warn("listener: %s", strerror(errno));
		else
			(void)kid_send(k, MSG_CONF_LISTENER, (uint32_t)i, fd,
			    SLICE_EMPTY);
	}
}

void
parent_conf_send_users(struct kid *k, uint32_t i)
{
	const char *path = conf_users_file(&parent.m->conf->users[i]);
	int fd;

	if (path == NULL)
		return;
	if ((fd = material_users_open(path)) != -1)
		(void)kid_send(k, MSG_CONF_USERS, i, fd, SLICE_EMPTY);
	else	/* asked for with each login, every two seconds at most */
		log_limited(LOG_LEVEL_WARN, "users %s: who was in it before "
		    "can still log in", path);
}

void
parent_conf_send(struct kid *k)
{
	const struct conf *conf = parent.m->conf;
	struct buf b;

	buf_init(&b, CONF_MSG_MAX);
	conf_msg_put(&b, conf);
	send_pieces(k, MSG_CONF, buf_slice(&b));
	if (k->role == ROLE_FRONT) {
		send_tls(k);
		parent_ticket_send(k);
		send_listeners(k);
	}
	if (k->role == ROLE_AUTH)
		parent_secret_send(k);
	for (uint32_t i = 0; k->role == ROLE_AUTH && i < conf->nusers; i++)
		parent_conf_send_users(k, i);
	buf_reset(&b, MSG_MAX);
	parent_msg_done_put(&b, &(struct parent_msg_done){
	    .number = k->number, .uid = k->uid, .gid = k->gid,
	    .services = CONF_SERVICE_BIT(parent.service->id),
	    .root = slice_str(k->root) });
	(void)kid_send(k, MSG_CONF_DONE, 0, -1, buf_slice(&b));
	buf_clear(&b);
}

static void
send_channel(struct kid *k, const struct kid *peer, int fd)
{
	struct buf b;

	buf_init(&b, MSG_MAX);
	parent_msg_channel_put(&b, &(struct parent_msg_channel){
	    .role = peer->role, .number = peer->number, .life = peer->life });
	(void)kid_send(k, MSG_CHANNEL, 0, fd, buf_slice(&b));
	buf_clear(&b);
}

static void
link_kids(struct kid *a, struct kid *b)
{
	int fds[2];

	if (a->chan == NULL || b->chan == NULL)
		return;
	if (chan_pair(fds) == -1) {
		log_warn("channel between %s and %s: %s", a->name, b->name,
		    strerror(errno));
		return;
	}
	send_channel(a, b, fds[0]);
	send_channel(b, a, fds[1]);
}

void
parent_conf_link(struct kid *k)
{
	struct kid *other;

	TAILQ_FOREACH(other, &kids, entry) {
		if (other == k)
			continue;
		if (k->role == ROLE_AUTH && (other->role == ROLE_FRONT ||
		    other->role == ROLE_CHECK))
			link_kids(k, other);
		if ((k->role == ROLE_FRONT || k->role == ROLE_CHECK) &&
		    other->role == ROLE_AUTH)
			link_kids(other, k);
	}
}
