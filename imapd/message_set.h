/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Message sets of commands: RFC 3501, section 9, sequence-set. */

#ifndef IMAPD_MESSAGE_SET_H
#define IMAPD_MESSAGE_SET_H

#include <stdbool.h>

#include "common/base/idset.h"
#include "imapd/arg.h"
#include "storage/store.h"

/*
 * Parse a set into the UIDs of the view's messages.
 *
 * uid   the set has UIDs, of which those that no message has are left out;
 *       otherwise sequence numbers, where such a number is an error
 * uids  is initialised, and to be cleared also after a failure
 */
int	 message_set_parse(struct arg *a, const struct view *v, bool uid,
	    struct idset *uids);

#endif
