/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Normalises user names, and expands the path of a user's mail.  A name is
 * data: no function here expands variables in it, and no name can lead out of
 * the folder that the template gives.
 */

#ifndef COMMON_PASS_USER_H
#define COMMON_PASS_USER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/bounds.h"
#include "common/base/buf.h"
#include "common/base/slice.h"


/* Rules for normalising names, from the configuration. */
struct user_rules {
	bool		 exact;		/* the local part keeps its case */
	const char	*domain; /* added to names without a domain; or NULL */
};

/*
 * Append a name in the normal form that the rest of the program uses: UTF-8 in
 * NFC, the domain in lower case, and the local part too unless rules->exact.
 *
 * Returns 0, or -1 if the name is not valid: empty, too long, not UTF-8, or
 * with a control, format or unassigned character, '/', '%', ':', "..", a '.'
 * at the start of either part, an empty part, or more than one '@'.
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
 * Returns NULL, or a message for the log if %d is used and the name has no
 * domain, %h is used and there is no home, or the path is not absolute, has
 * ".." in it or is too long.
 */
const char *user_expand(const char *template, struct slice name,
	    struct slice home, struct buf *out);

#endif
