/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The parts of mailctl check.  Each checks one aspect of the setup and reports
 * every problem with its remedy.
 */

#ifndef MAILCTL_CHECK_H
#define MAILCTL_CHECK_H

#include "common/conf/conf.h"

struct check {
	const struct conf	*conf;
	unsigned int		 errors;
	unsigned int		 warnings;
};

/*
 * Report an error: mail would not be served, or not safely.
 *
 * fix       what to do about it, without a final period; or NULL
 */
void	 check_error(struct check *c, const char *fix, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/* Report something that will become an error, or may be no problem at all. */
void	 check_warn(struct check *c, const char *fix, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/* The files and directories in the configuration exist and are readable. */
void	 check_files(struct check *c);

/* libtls accepts the options of TLS. */
void	 check_tls(struct check *c);

/* Certificates match their keys, are valid and trusted, name the host. */
void	 check_certs(struct check *c);

/* Users files: syntax, hash schemes, duplicate names, permissions. */
void	 check_users(struct check *c);

/* The mail directory exists, and its owner can write to it. */
void	 check_mail(struct check *c);

/* The ports are free, or in use by the daemons themselves. */
void	 check_ports(struct check *c);

#endif
