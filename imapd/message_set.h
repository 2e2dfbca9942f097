/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Message sets in commands (RFC 3501, section 9, sequence-set). */

#ifndef IMAPD_MESSAGE_SET_H
#define IMAPD_MESSAGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/idset.h"
#include "imapd/arg.h"
#include "storage/store.h"

/*
 * UIDs looked at in one turn, which takes a millisecond: a mailbox may have
 * millions.
 */
#define MESSAGE_SET_TURN	8192

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

/*
 * Turn the next max UIDs of a walk over messages in the view into sequence
 * numbers, and add them to a set.  Returns 1 at the end of the walk, 0 to be
 * called again, or -1 if the set is full.
 */
int	 message_set_to_numbers(const struct view *v, struct idset_iter *it,
	    size_t max, struct idset *seqs);

/*
 * Look at the next max UIDs of a walk, and add those of messages that have
 * changed since a modseq, as view_since() gives it, to a set.  Returns as
 * message_set_to_numbers().
 */
int	 message_set_changed(const struct view *v, struct idset_iter *it,
	    size_t max, uint64_t since, struct idset *uids);

#endif
