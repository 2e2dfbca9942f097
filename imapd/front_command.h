/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The commands before login. */

#ifndef IMAPD_FRONT_COMMAND_H
#define IMAPD_FRONT_COMMAND_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "imapd/front_state.h"

struct imap_front_command {
	const char	*name;
	bool		 credentials;	/* refused where login is not allowed */
	bool		 password;	/* has a password as an argument */
	/* Run the command.  Returns 0, or -1 to answer BAD with a's error. */
	int		(*run)(struct fconn *c, struct arg *a);
};

/* Return the row of a command, or NULL if it is unknown. */
const struct imap_front_command *imap_front_command_find(struct slice name);

#endif
