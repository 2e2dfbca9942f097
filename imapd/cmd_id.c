/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* ID (RFC 2971). */

#include "config.h"

#include <inttypes.h>

#include "common/base/log.h"
#include "imapd/command.h"
#include "imapd/id.h"

struct cmd_id {
	struct buf	 client_id;
};

static enum parsed
cmd_id_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_id *c = args;

	(void)s;
	buf_init(&c->client_id, HANDOFF_ID_MAX);
	if (arg_sp(a) == -1 || id_parse(a, &c->client_id) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

static enum run
cmd_id_run(struct session *s, void *args)
{
	struct cmd_id *c = args;

	/* Once, so that no client fills the log (RFC 2971, 3.3: at will). */
	if (worker_conf()->id_log && buf_len(&c->client_id) > 0 &&
	    !s->id_logged) {
		s->id_logged = true;
		log_info("%" PRIu32 " id %s", wconn_id(s->conn),
		    log_esc(buf_slice(&c->client_id)));
	}
	id_print(&s->reply, worker_conf());
	return RUN_DONE;
}

static void
cmd_id_clear(void *args)
{
	struct cmd_id *c = args;

	buf_clear(&c->client_id);
}

static const struct command cmd_id_rows[] = {
	{ .name = "ID", .in = STATE_ANY, .needs = CAP_ID,
	    .args_size = sizeof(struct cmd_id), .parse = cmd_id_parse,
	    .run = cmd_id_run, .clear = cmd_id_clear },
};

const struct command_family cmd_id = COMMAND_FAMILY(cmd_id_rows);
