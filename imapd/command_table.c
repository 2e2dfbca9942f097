/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The table of commands (RFC 3501, section 6, and the extensions).  Those
 * that are only known before login are in front.c.
 */

#include "config.h"

#include "imapd/cmd.h"
#include "imapd/command.h"

static const struct command commands[] = {
	/* Any state */
	{ .name = "CAPABILITY", .in = STATE_ANY, .run = cmd_capability_run },
	{ .name = "NOOP", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_noop),
	    .run = cmd_noop_run, .clear = cmd_noop_clear },
	{ .name = "LOGOUT", .in = STATE_ANY, .run = cmd_logout_run },
	{ .name = "ID", .in = STATE_ANY, .needs = CAP_ID,
	    .args_size = sizeof(struct cmd_id), .parse = cmd_id_parse,
	    .run = cmd_id_run, .clear = cmd_id_clear },

	/* Authenticated */
	{ .name = "ENABLE", .in = STATE_ANY, .needs = CAP_ENABLE,
	    .args_size = sizeof(struct cmd_enable),
	    .parse = cmd_enable_parse, .run = cmd_enable_run },
	{ .name = "NAMESPACE", .in = STATE_ANY, .needs = CAP_NAMESPACE,
	    .run = cmd_namespace_run },
	{ .name = "SELECT", .in = STATE_ANY, .flags = CMD_DESELECTS,
	    .args_size = sizeof(struct cmd_select),
	    .parse = cmd_select_parse, .run = cmd_select_run,
	    .clear = cmd_select_clear },
	{ .name = "EXAMINE", .in = STATE_ANY,
	    .flags = CMD_DESELECTS | CMD_VARIANT,
	    .args_size = sizeof(struct cmd_select),
	    .parse = cmd_select_parse, .run = cmd_select_run,
	    .clear = cmd_select_clear },
	{ .name = "CREATE", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_create_parse, .run = cmd_create_run,
	    .clear = cmd_mailbox_clear },
	{ .name = "DELETE", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_mailbox_parse, .run = cmd_delete_run,
	    .clear = cmd_mailbox_clear },
	{ .name = "RENAME", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_rename_parse, .run = cmd_rename_run,
	    .clear = cmd_mailbox_clear },
	{ .name = "SUBSCRIBE", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_mailbox_parse, .run = cmd_subscribe_run,
	    .clear = cmd_mailbox_clear },
	{ .name = "UNSUBSCRIBE", .in = STATE_ANY, .flags = CMD_VARIANT,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_mailbox_parse, .run = cmd_subscribe_run,
	    .clear = cmd_mailbox_clear },
	{ .name = "LIST", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_list),
	    .parse = cmd_list_parse, .run = cmd_list_run,
	    .clear = cmd_list_clear },
	{ .name = "LSUB", .in = STATE_ANY, .flags = CMD_VARIANT,
	    .args_size = sizeof(struct cmd_list),
	    .parse = cmd_lsub_parse, .run = cmd_list_run,
	    .clear = cmd_list_clear },
	{ .name = "STATUS", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_status),
	    .parse = cmd_status_parse, .run = cmd_status_run,
	    .clear = cmd_status_clear },
	{ .name = "APPEND", .in = STATE_ANY, .flags = CMD_STREAMS,
	    .args_size = sizeof(struct cmd_append),
	    .parse = cmd_append_parse, .run = cmd_append_run,
	    .clear = cmd_append_clear },
	{ .name = "IDLE", .in = STATE_ANY, .needs = CAP_IDLE,
	    .args_size = sizeof(struct cmd_idle),
	    .run = cmd_idle_run },

	/* Selected */
	{ .name = "CHECK", .in = STATE_SELECTED,
	    .args_size = sizeof(struct cmd_noop),
	    .run = cmd_noop_run, .clear = cmd_noop_clear },
	{ .name = "CLOSE", .in = STATE_SELECTED,
	    .args_size = sizeof(struct cmd_expunge),
	    .run = cmd_close_run, .clear = cmd_expunge_clear },
	{ .name = "UNSELECT", .in = STATE_SELECTED, .needs = CAP_UNSELECT,
	    .run = cmd_unselect_run },
	{ .name = "EXPUNGE", .in = STATE_SELECTED, .flags = CMD_WRITES,
	    .args_size = sizeof(struct cmd_expunge),
	    .run = cmd_expunge_run, .clear = cmd_expunge_clear },
	{ .name = "EXPUNGE", .in = STATE_SELECTED, .needs = CAP_UIDPLUS,
	    .flags = CMD_WRITES, .uid = UID_ONLY,
	    .args_size = sizeof(struct cmd_expunge),
	    .parse = cmd_uid_expunge_parse, .run = cmd_expunge_run,
	    .clear = cmd_expunge_clear },
	{ .name = "SEARCH", .in = STATE_SELECTED, .flags = CMD_SEQNUMS,
	    .uid = UID_ALSO, .args_size = sizeof(struct cmd_search),
	    .parse = cmd_search_parse, .run = cmd_search_run,
	    .clear = cmd_search_clear },
	{ .name = "FETCH", .in = STATE_SELECTED, .flags = CMD_SEQNUMS,
	    .uid = UID_ALSO, .args_size = sizeof(struct cmd_fetch),
	    .parse = cmd_fetch_parse, .run = cmd_fetch_run,
	    .clear = cmd_fetch_clear },
	{ .name = "STORE", .in = STATE_SELECTED,
	    .flags = CMD_SEQNUMS | CMD_WRITES, .uid = UID_ALSO,
	    .args_size = sizeof(struct cmd_store),
	    .parse = cmd_store_parse, .run = cmd_store_run,
	    .clear = cmd_store_clear },
	{ .name = "COPY", .in = STATE_SELECTED, .uid = UID_ALSO,
	    .args_size = sizeof(struct cmd_copy),
	    .parse = cmd_copy_parse, .run = cmd_copy_run,
	    .clear = cmd_copy_clear },
	{ .name = "MOVE", .in = STATE_SELECTED, .needs = CAP_MOVE,
	    .flags = CMD_WRITES | CMD_VARIANT, .uid = UID_ALSO,
	    .args_size = sizeof(struct cmd_copy),
	    .parse = cmd_copy_parse, .run = cmd_copy_run,
	    .clear = cmd_copy_clear },
};

#define NCOMMANDS	(sizeof(commands) / sizeof(*commands))

static const struct command *
find(struct slice name, bool uid)
{
	for (size_t i = 0; i < NCOMMANDS; i++) {
		const struct command *row = &commands[i];

		if (row->uid != (uid ? UID_NEVER : UID_ONLY) &&
		    slice_caseeq_str(name, row->name))
			return row;
	}
	return NULL;
}

const struct command *
command_parse_name(struct arg *a, bool *uid)
{
	const struct command *row;
	struct slice name;

	*uid = arg_if_word(a, "UID");
	if ((*uid && arg_sp(a) == -1) || arg_word(a, &name) == -1)
		return NULL;
	if ((row = find(name, *uid)) == NULL)
		(void)arg_fail(a, find(name, !*uid) == NULL ?
		    "Unknown command" : "UID does not belong to this command");
	return row;
}
