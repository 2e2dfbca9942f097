/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  The parent of a daemon's processes: it reads the
 * configuration, binds the sockets, starts the children, starts those that died
 * again, and passes sessions from auth to the mail workers.  It parses nothing
 * that a client sent.
 */

#ifndef COMMON_PARENT_PARENT_H
#define COMMON_PARENT_PARENT_H

#include "common/conf/conf_service.h"

/* The main() of a service's daemon.  Returns the exit status. */
int	 parent_main(enum conf_service_id service, int argc, char *argv[]);

#endif
