/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The parts of mailctl check.  Each looks at one side of a set-up and reports
 * every fault with what mends it.
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
 * Report a fault: mail would not be served, or not safely.
 *
 * fix       what to do about it, a sentence without its period
 */
void	 check_error(struct check *c, const char *fix, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/* Report what will become a fault, or only looks like one. */
void	 check_warn(struct check *c, const char *fix, const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/* Files and folders that the configuration names: there, and readable. */
void	 check_files(struct check *c);

/* Certificates: match their keys, are valid now, name the host, chain up. */
void	 check_certs(struct check *c);

/* Users files: lines, schemes, names that stand twice, and who may read. */
void	 check_users(struct check *c);

/* The folder that all mail lies below: there, and its owner's. */
void	 check_mail(struct check *c);

/* Ports: free, or in use by the daemons themselves. */
void	 check_ports(struct check *c);

#endif
