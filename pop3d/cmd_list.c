/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * STAT, LIST and UIDL (RFC 1939, sections 5 and 7): the sizes and unique ids of
 * messages.  A listing stops when the output is full, and goes on from the
 * session's next when it is called again.
 */

#include "config.h"

#include <inttypes.h>

#include "pop3d/command.h"
#include "pop3d/reply.h"

static enum run
cmd_stat_run(struct pop3_session *s)
{
	pop3_okf(wconn_out(s->conn), "%" PRIu32 " %" PRIu64, s->drop.nlive,
	    s->drop.live_size);
	return RUN_DONE;
}

/*
 * Print a multi-line listing.  print() prints the line of one message, for
 * all messages from the session's next on that are not deleted.
 */
static enum run
listing(struct pop3_session *s, const char *title,
    void (*print)(struct pop3_session *, uint32_t, const struct drop_msg *))
{
	struct buf *out = wconn_out(s->conn);
	const struct drop_msg *m;

	if (!s->started)
		pop3_ok(out, title);
	s->started = true;
	for (; s->next <= s->drop.nmsgs; s->next++) {
		if (buf_len(out) > WCONN_HIGH)
			return RUN_MORE;
		if ((m = maildrop_get(&s->drop, s->next)) != NULL)
			print(s, s->next, m);
	}
	pop3_end(out);
	return RUN_DONE;
}

static void
list_print(struct pop3_session *s, uint32_t number, const struct drop_msg *m)
{
	pop3_numbers(wconn_out(s->conn), number, m->size);
}

static enum run
cmd_list_run(struct pop3_session *s)
{
	if (s->msg == NULL)
		return listing(s, "Scan listing follows", list_print);
	pop3_okf(wconn_out(s->conn), "%" PRIu32 " %" PRIu64, s->number,
	    s->msg->size);
	return RUN_DONE;
}

/*
 * Unique ids are made from UIDVALIDITY and UID in the format of the server
 * that the users were moved from, so that clients download nothing again.
 */
static void
uidl_add(struct buf *out, enum conf_pop3_uidl form, uint32_t v, uint32_t u)
{
	switch (form) {
	case CONF_UIDL_DOVECOT:
	case CONF_UIDL_FILE:	/* if the name cannot be a unique id */
		(void)buf_add_fmt(out, "%08" PRIx32 "%08" PRIx32, u, v);
		break;
	case CONF_UIDL_UW:
		(void)buf_add_fmt(out, "%08" PRIx32 "%08" PRIx32, v, u);
		break;
	case CONF_UIDL_CYRUS:
		(void)buf_add_fmt(out, "%" PRIu32 ".%" PRIu32, v, u);
		break;
	case CONF_UIDL_COURIER:
		(void)buf_add_fmt(out, "%" PRIu32 "-%" PRIu32, v, u);
		break;
	}
}

static void
uidl_print(struct pop3_session *s, uint32_t number, const struct drop_msg *m)
{
	struct buf *out = wconn_out(s->conn);

	(void)buf_add_u64(out, number);
	(void)buf_add_char(out, ' ');
	if (m->uidl != NULL)
		(void)buf_add_str(out, m->uidl);
	else
		uidl_add(out, s->uidl, view_uidvalidity(s->drop.view), m->uid);
	(void)buf_add_str(out, "\r\n");
}

static enum run
cmd_uidl_run(struct pop3_session *s)
{
	if (s->msg == NULL)
		return listing(s, "Unique ids follow", uidl_print);
	(void)buf_add_str(wconn_out(s->conn), "+OK ");
	uidl_print(s, s->number, s->msg);
	return RUN_DONE;
}

static const struct pop3_command cmd_list_rows[] = {
	{ .name = "STAT", .args = POP3_ARGS_NONE, .run = cmd_stat_run },
	{ .name = "LIST", .args = POP3_ARGS_MSG_OPT, .run = cmd_list_run },
	{ .name = "UIDL", .args = POP3_ARGS_MSG_OPT, .run = cmd_uidl_run },
};

const struct pop3_command_family pop3_cmd_list =
    POP3_COMMAND_FAMILY(cmd_list_rows);
