/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * User names, before they become part of anything, and the path of a
 * user's mail.  A name is data: no function here reads it as a template,
 * and none lets it leave the folder that the template names.
 */

#ifndef COMMON_USER_H
#define COMMON_USER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

#define USER_NAME_MAX	255	/* octets, and so one file name */
#define USER_PATH_MAX	1024	/* octets of a mail root */

/* How names are compared. */
struct user_rules {
	bool		 exact;		/* the local part keeps its case */
	const char	*domain; /* added to names without one, or NULL */
};

/*
 * Append the one form of a name that all else uses: UTF-8 in NFC, domain
 * in lower case, the part before it too unless the rules say exact.
 *
 * Returns 0, or -1 when it is no name: empty, too long, not UTF-8, with
 * a control character, '/', '%', "..", ':', a '.' at the start of either
 * part or more than one '@'.
 */
int	 user_normalise(const struct user_rules *rules, struct slice in,
	    struct buf *out);

/*
 * Append the path that a template gives for a user.
 *
 * template  %u name, %n its local part, %d its domain, %h home, %% a
 *           percent sign, "~/" at the start as "%h/"
 * home      from the users file; may be empty
 *
 * Returns NULL, or in words what is wrong: the name has no domain where %d
 * is, there is no home, the result is not absolute, steps up or is too
 * long.
 */
const char *user_expand(const char *template, struct slice name,
	    struct slice home, struct buf *out);

#endif
