/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  The parent of a daemon's processes: reads the
 * configuration, binds, starts the others, starts those that died again,
 * and passes sessions from auth to the mail workers.  It parses nothing
 * that a client sent.
 */

#ifndef COMMON_PARENT_H
#define COMMON_PARENT_H

#include "common/conf/conf.h"

/* What makes a parent that of one daemon. */
struct parent_desc {
	const char		*name;		/* "imapd" */
	enum conf_service_id	 service;
	const char		*alpn;		/* "imap": tries TLS contexts */
	const char		*front;		/* program: "imapd-front" */
	const char		*mail;		/* program: "imapd-mail" */
};

/* The daemon's main(); returns its exit status. */
int	 parent_main(const struct parent_desc *desc, int argc, char *argv[]);

#endif
