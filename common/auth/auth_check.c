/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The check process: receives a stored hash and a password, answers whether
 * they match, and keeps neither.  It has no user names and no files.
 */

#include "config.h"

#include <string.h>

#include "common/auth/auth_check.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/pass/passhash.h"
#include "common/proc/child.h"
#include "common/proc/parent_msg.h"

static struct chan *asker;

void
auth_check_put(struct buf *b, const char *stored, struct slice password)
{
	msg_put_slice(b, slice_str(stored), STORED_HASH_MAX);
	msg_put_slice(b, password, SASL_RESPONSE_MAX);
}

static int
check_parse(struct slice data, struct slice *stored, struct slice *password)
{
	struct msg_reader r = msg_reader(data);

	*stored = msg_get_slice(&r, STORED_HASH_MAX);
	*password = msg_get_slice(&r, SASL_RESPONSE_MAX);
	return msg_get_end(&r) ? 0 : -1;
}

static void
checked_put(struct buf *b, enum passhash_result result)
{
	msg_put_u8(b, (uint8_t)result);
}

int
auth_checked_parse(struct slice data, enum passhash_result *result)
{
	struct msg_reader r = msg_reader(data);
	uint8_t n = msg_get_u8(&r);

	*result = (enum passhash_result)n;
	return msg_get_end(&r) && n <= PASSHASH_BROKEN ? 0 : -1;
}

static void
on_check(void *arg, struct msg *msg)
{
	struct slice stored, password;
	char copy[STORED_HASH_MAX + 1];
	struct buf b;

	(void)arg;
	if (check_parse(msg->data, &stored, &password) == -1) {
		chan_break(msg->chan, msg);
		return;
	}
	memcpy(copy, stored.p, stored.len);
	copy[stored.len] = '\0';
	buf_init(&b, MSG_MAX);
	checked_put(&b, passhash_verify(copy, password));
	(void)chan_send(msg->chan, MSG_CHECKED, msg->id, -1, buf_slice(&b));
	buf_clear(&b);
	explicit_bzero(copy, sizeof(copy));
}

static const struct msg_permit permits[] = {
	{ .type = MSG_CHECK, .handle = on_check },
	{ .type = MSG_NONE }
};

static void
on_closed(void *arg, bool broken)
{
	(void)arg;
	if (broken)
		log_fatal("auth sent a message that is not permitted");
	chan_free(asker);
	asker = NULL;
}

static int
check_configure(struct child *c, const struct conf *next)
{
	(void)c;
	(void)next;
	return 0;
}

static void
check_channel(struct child *c, const struct parent_msg_channel *peer, int fd)
{
	if (peer->role != ROLE_AUTH)
		log_fatal("unexpected channel to role %u",
		    (unsigned int)peer->role);
	chan_free(asker);
	asker = chan_new(c->base, fd, "auth", permits, on_closed, NULL);
}

static const struct child_ops ops = {
	.role = ROLE_CHECK,
	.name = "penfold-auth",
	.configure = check_configure,
	.channel = check_channel,
};

int
auth_check_main(int argc, char *argv[])
{
	return child_main(&ops, argc, argv);
}
