/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Flags as clients name them, before a mailbox gives numbers to keywords. */

#ifndef STORAGE_MAILBOX_FLAG_NAMES_H
#define STORAGE_MAILBOX_FLAG_NAMES_H

#include "storage/types.h"

/*
 * Copy flags with the names of their keywords.  flag_names_clear() frees the
 * copy.
 */
void		 flag_names_copy(struct flag_names *to,
		    const struct flag_names *from);
void		 flag_names_clear(struct flag_names *names);

#endif
