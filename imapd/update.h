/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Untagged updates: what changed in the selected mailbox since the client
 * was told of it (RFC 3501, 5.2 and 7.3).  All of them come from here.
 */

#ifndef IMAPD_UPDATE_H
#define IMAPD_UPDATE_H

#include "imapd/session.h"

/*
 * Tell the session what changed.
 *
 * expunge  EXPUNGE may be sent (7.4.1)
 *
 * Returns RUN_DONE, RUN_MORE when the output is full: call again, or RUN_FAIL
 * when it has said BYE.
 */
enum run	 update_send(struct session *s, bool expunge);

/* FLAGS and PERMANENTFLAGS of the selected mailbox, at SELECT. */
void		 update_flag_names(struct session *s);

/* Send both again if keywords were added since the client last saw them. */
void		 update_keywords(struct session *s);

/*
 * Tell the flags of a message: "* 5 FETCH (UID 7 FLAGS (\Seen) MODSEQ (917))",
 * with MODSEQ after CONDSTORE.
 *
 * silent  the client knows the flags: tell MODSEQ, and not FLAGS
 */
void		 update_flags(struct session *s, uint32_t seq, uint32_t uid,
		    bool silent);

#endif
