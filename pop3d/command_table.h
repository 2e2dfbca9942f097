/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of commands after login. */

#ifndef POP3D_COMMAND_TABLE_H
#define POP3D_COMMAND_TABLE_H

#include "common/base/slice.h"
#include "pop3d/command.h"

/* Return the row of a command, or NULL if it is unknown. */
const struct pop3_command *pop3_command_table_find(struct slice name);

#endif
