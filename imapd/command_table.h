/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of commands after login. */

#ifndef IMAPD_COMMAND_TABLE_H
#define IMAPD_COMMAND_TABLE_H

#include <stdbool.h>

#include "imapd/arg.h"
#include "imapd/command.h"

/*
 * Parse NAME or UID NAME.  *uid says which of them it was.  Returns the row,
 * or NULL with the arg's error set.
 */
const struct command *command_table_parse(struct arg *a, bool *uid);

#endif
