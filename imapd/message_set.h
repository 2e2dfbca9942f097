/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Message sets in commands (RFC 3501, section 9, sequence-set). */

#ifndef IMAPD_MESSAGE_SET_H
#define IMAPD_MESSAGE_SET_H

#include <stdbool.h>

#include "common/base/idset.h"
#include "imapd/arg.h"
#include "storage/store.h"

/*
 * Parse a message set into the UIDs of messages in the view.
 *
 * uid   the set has UIDs: UIDs without a message are ignored.  Otherwise it
 *       has sequence numbers: a number without a message is an error.
 * uids  initialised here; the caller clears it, also after a failure
 */
int	 message_set_parse(struct arg *a, const struct view *v, bool uid,
	    struct idset *uids);

/*
 * Parse a message set as it is written: a set of UIDs or of sequence numbers,
 * with * as the last message, whose size does not depend on the mailbox.
 * Otherwise as message_set_parse().
 */
int	 message_set_parse_numbers(struct arg *a, const struct view *v,
	    bool uid, struct idset *set);

#endif
