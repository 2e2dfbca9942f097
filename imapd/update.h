/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Untagged updates, which report changes in the selected mailbox (RFC 3501,
 * 5.2 and 7.3).  All of them are sent from here.
 */

#ifndef IMAPD_UPDATE_H
#define IMAPD_UPDATE_H

#include "imapd/session.h"

/*
 * Send all changes that the client has not been told of.
 *
 * expunge  whether EXPUNGE may be sent (RFC 3501, 7.4.1)
 *
 * Returns RUN_DONE, RUN_MORE to be called again when there is room in the
 * output, or RUN_FAIL after BYE.
 */
enum run	 update_send(struct session *s, bool expunge);

/* Send FLAGS and PERMANENTFLAGS of the selected mailbox. */
void		 update_flag_names(struct session *s);

/*
 * Send FLAGS and PERMANENTFLAGS again if keywords have changed since they were
 * last sent.
 */
void		 update_keywords(struct session *s);

/*
 * Send the flags of a message: "* 5 FETCH (UID 7 FLAGS (\Seen) MODSEQ (917))",
 * with MODSEQ if the client has turned CONDSTORE on.
 *
 * silent  send MODSEQ but not FLAGS, which the client knows
 */
void		 update_flags(struct session *s, uint32_t seq, uint32_t uid,
		    bool silent);

#endif
