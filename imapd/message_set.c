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

int
message_set_to_numbers(const struct view *v, struct idset_iter *it, size_t max,
    struct idset *seqs)
{
	uint32_t uid, last = 0, seq = 0;

	for (size_t n = 0; n < max; n++) {
		if (!idset_next(it, &uid))
			return 1;
		/* Consecutive UIDs have consecutive sequence numbers. */
		seq = seq != 0 && uid == last + 1 ? seq + 1 :
		    view_seq(v, uid);
		last = uid;
		if (seq != 0 && idset_add(seqs, seq) == -1)
			return -1;
	}
	return 0;
}

int
message_set_changed(const struct view *v, struct idset_iter *it, size_t max,
    uint64_t since, struct idset *uids)
{
	struct flags flags;
	uint64_t modseq;
	uint32_t uid;

	for (size_t n = 0; n < max; n++) {
		if (!idset_next(it, &uid))
			return 1;
		view_flags(v, view_seq(v, uid), &flags, &modseq);
		if (modseq > since && idset_add(uids, uid) == -1)
			return -1;
	}
	return 0;
}
