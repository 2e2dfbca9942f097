/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Flags on the wire (RFC 3501, 2.3.2, and section 9, flag).
 */

#ifndef IMAPD_FLAG_H
#define IMAPD_FLAG_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "imapd/arg.h"
#include "imapd/reply.h"
#include "storage/store.h"

/* Flags of one command that are no system flags. */
#define FLAG_KEYWORDS_MAX	64

/* Flags as arguments; zeroed to begin with.  Memory is the arena's. */
struct flag_args {
	struct flag_names names;	/* for the store */
	struct slice	*keywords;	/* names.keywords, to be added to */
};

/* Parse a list of flags.  \Recent and unknown \flags are refused. */
int	 flag_args_parse(struct arg *a, struct flag_args *out);

/* The same for STORE, where the parentheses may be left out. */
int	 flag_args_parse_store(struct arg *a, struct flag_args *out);

/* Print "(\Seen $label1)", with the names of the view's keywords. */
void	 flag_print(struct reply *r, const struct view *v,
	    const struct flags *flags, bool recent);

/*
 * Print the list of FLAGS or, with permanent, of PERMANENTFLAGS: all flags
 * that the mailbox has, or those that the client may change.
 */
void	 flag_print_all(struct reply *r, const struct view *v,
	    bool permanent);

#endif
