/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Parsing and printing of flags (RFC 3501, 2.3.2, and section 9, flag).
 */

#ifndef IMAPD_FLAG_H
#define IMAPD_FLAG_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "imapd/arg.h"
#include "imapd/reply.h"
#include "storage/store.h"

/* Keywords in one command. */
#define FLAG_KEYWORDS_MAX	64

/* Flags as arguments.  Must be zeroed first; keywords are in the arena. */
struct flag_args {
	struct flag_names names;	/* for the store */
	struct slice	*keywords;	/* names.keywords, while parsing */
};

/*
 * Parse a list of flags in parentheses.  \Recent and unknown system flags are
 * refused.
 */
int	 flag_args_parse(struct arg *a, struct flag_args *out);

/* Parse the flags of STORE, where the parentheses are optional. */
int	 flag_args_parse_store(struct arg *a, struct flag_args *out);

/* Print "(\Seen $label1)", with the names of the view's keywords. */
void	 flag_print(struct reply *r, const struct view *v,
	    const struct flags *flags, bool recent);

/*
 * Print the list of FLAGS, all flags of the mailbox, or, if permanent, of
 * PERMANENTFLAGS, the flags that the client may change.
 */
void	 flag_print_all(struct reply *r, const struct view *v,
	    bool permanent);

#endif
