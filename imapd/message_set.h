/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Message sets of commands: RFC 3501, section 9, sequence-set. */

#ifndef IMAPD_MESSAGE_SET_H
#define IMAPD_MESSAGE_SET_H

#include "common/base/idset.h"
#include "imapd/session.h"

/*
 * Parse the set that stands next into UIDs: from sequence numbers, or from
 * UIDs if the command is UID NAME.  UIDs that no message has are left out;
 * such a sequence number is an error.
 */
int	 message_set_parse(struct session *s, struct arg *a,
	    struct idset *uids);

#endif
