/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The commands before login. */

#ifndef IMAPD_FRONT_COMMAND_H
#define IMAPD_FRONT_COMMAND_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "imapd/front_state.h"

struct front_command {
	const char	*name;
	bool		 credentials;	/* refused where they may not be sent */
	bool		 password;	/* carries one: no SASL mechanism */
	/* 0, or -1 with the argument's error: BAD. */
	int		(*run)(struct fconn *c, struct arg *a);
};

/* The row of a command, or NULL. */
const struct front_command *front_command_find(struct slice name);

#endif
