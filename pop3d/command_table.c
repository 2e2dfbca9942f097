/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The table of commands after login, the TRANSACTION state (RFC 1939, sections
 * 5 to 7; RFC 2449; RFC 6856): a list of families, each with its rows in its
 * own file.  The commands before login are in front.c.
 */

#include "config.h"

#include "common/base/table.h"
#include "pop3d/command_table.h"

extern const struct pop3_command_family pop3_cmd_dele;
extern const struct pop3_command_family pop3_cmd_list;
extern const struct pop3_command_family pop3_cmd_retr;
extern const struct pop3_command_family pop3_cmd_session;

static const struct pop3_command_family *const families[] = {
	&pop3_cmd_dele,
	&pop3_cmd_list,
	&pop3_cmd_retr,
	&pop3_cmd_session,
};

const struct pop3_command *
pop3_command_table_find(struct slice name)
{
	for (size_t i = 0; i < NROWS(families); i++)
		for (size_t j = 0; j < families[i]->nrows; j++)
			if (slice_caseeq_str(name, families[i]->rows[j].name))
				return &families[i]->rows[j];
	return NULL;
}
