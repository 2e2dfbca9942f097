/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Message sets; see message_set.h. */

#include "config.h"

#include "imapd/message_set.h"

int
message_set_parse(struct session *s, struct arg *a, struct idset *uids)
{
	struct idset seqs;
	int rv = -1;

	idset_init(uids, IDSET_NOLIMIT);
	if (s->cmd.uid) {
		if (arg_sequence_set(a, view_last_uid(s->view), uids) == -1)
			return -1;
		view_existing(s->view, uids);
		return 0;
	}
	idset_init(&seqs, IDSET_NOLIMIT);
	if (arg_sequence_set(a, view_exists(s->view), &seqs) == 0) {
		rv = view_seqs_to_uids(s->view, &seqs, uids);
		if (rv == -1)
			(void)arg_fail(a, "No message has that number");
	}
	idset_clear(&seqs);
	return rv;
}
