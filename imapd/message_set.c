/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Message sets; see message_set.h. */

#include "config.h"

#include "imapd/message_set.h"

int
message_set_parse_numbers(struct arg *a, const struct view *v, bool uid,
    struct idset *set)
{
	idset_init(set, IDSET_NOLIMIT);
	if (arg_sequence_set(a, uid ? view_last_uid(v) : view_exists(v),
	    set) == -1)
		return -1;
	if (!uid && idset_max(set) > view_exists(v))
		return arg_fail(a, "No such message");
	return 0;
}

int
message_set_parse(struct arg *a, const struct view *v, bool uid,
    struct idset *uids)
{
	struct idset seqs;
	int rc;

	if (uid) {
		if (message_set_parse_numbers(a, v, true, uids) == -1)
			return -1;
		view_existing(v, uids);
		return 0;
	}
	idset_init(uids, IDSET_NOLIMIT);
	if ((rc = message_set_parse_numbers(a, v, false, &seqs)) == 0)
		(void)view_seqs_to_uids(v, &seqs, uids);
	idset_clear(&seqs);
	return rc;
}
