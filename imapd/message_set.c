/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Message sets; see message_set.h. */

#include "config.h"

#include "imapd/message_set.h"

int
message_set_parse(struct arg *a, const struct view *v, bool uid,
    struct idset *uids)
{
	struct idset seqs;
	int rc = -1;

	idset_init(uids, IDSET_NOLIMIT);
	if (uid) {
		if (arg_sequence_set(a, view_last_uid(v), uids) == -1)
			return -1;
		view_existing(v, uids);
		return 0;
	}
	idset_init(&seqs, IDSET_NOLIMIT);
	if (arg_sequence_set(a, view_exists(v), &seqs) == 0) {
		rc = view_seqs_to_uids(v, &seqs, uids);
		if (rc == -1)
			(void)arg_fail(a, "No such message");
	}
	idset_clear(&seqs);
	return rc;
}
