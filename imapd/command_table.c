/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The table of commands after login (RFC 3501, section 6, and extensions): a
 * list of families, each with its rows in its own file.  The commands before
 * login are in front_command.c.
 */

#include "config.h"

#include "common/base/table.h"
#include "imapd/command_table.h"

extern const struct command_family cmd_append;
extern const struct command_family cmd_copy;
extern const struct command_family cmd_enable;
extern const struct command_family cmd_expunge;
extern const struct command_family cmd_fetch;
extern const struct command_family cmd_id;
extern const struct command_family cmd_idle;
extern const struct command_family cmd_list;
extern const struct command_family cmd_mailbox;
extern const struct command_family cmd_search;
extern const struct command_family cmd_select;
extern const struct command_family cmd_session;
extern const struct command_family cmd_status;
extern const struct command_family cmd_store;

static const struct command_family *const families[] = {
	&cmd_append,
	&cmd_copy,
	&cmd_enable,
	&cmd_expunge,
	&cmd_fetch,
	&cmd_id,
	&cmd_idle,
	&cmd_list,
	&cmd_mailbox,
	&cmd_search,
	&cmd_select,
	&cmd_session,
	&cmd_status,
	&cmd_store,
};

static const struct command *
find(struct slice name, bool uid)
{
	for (size_t i = 0; i < NROWS(families); i++)
		for (size_t j = 0; j < families[i]->nrows; j++) {
			const struct command *row = &families[i]->rows[j];

			if (row->uid != (uid ? UID_NEVER : UID_ONLY) &&
			    slice_caseeq_str(name, row->name))
				return row;
		}
	return NULL;
}

const struct command *
command_table_parse(struct arg *a, bool *uid)
{
	const struct command *row;
	struct slice name;

	*uid = arg_if_word(a, "UID");
	if ((*uid && arg_sp(a) == -1) || arg_word(a, &name) == -1)
		return NULL;
	if ((row = find(name, *uid)) == NULL)
		(void)arg_fail(a, find(name, !*uid) == NULL ?
		    "Unknown command" : "This command has no UID form");
	return row;
}
