/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The keywords of a mailbox; see keyword.h. */

#include "config.h"

#include <stdlib.h>

#include "common/base/xmalloc.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailbox_struct.h"

struct keywords *
keywords_change(struct mailbox *mb)
{
	/* Other processes look for keywords when the modseq has changed. */
	(void)mailbox_next_modseq(mb);
	if (mb->tx.saved_keywords == NULL) {
		mb->tx.saved_keywords = mb->keywords;
		mb->keywords = keywords_copy(mb->keywords);
	}
	return mb->keywords;
}

int
keyword_find(const struct mailbox *mb, struct slice name)
{
	return keywords_find(mb->keywords, name);
}

static unsigned int
number_max(const struct mailbox *mb)
{
	unsigned int max = mb->store->storage->options.keyword_max;

	return max > KEYWORD_MAX ? KEYWORD_MAX : max;
}

int
keyword_number(struct mailbox *mb, struct slice name, uint64_t *kept)
{
	int number = keyword_find(mb, name);
	struct keywords *k;

	if (number != -1) {
		*kept |= 1ULL << number;
		return number;
	}
	if (!keywords_usable(name))
		return -1;
	if (mb->keywords->n >= number_max(mb))
		return -1;
	number = (int)mb->keywords->n;
	k = keywords_change(mb);
	sql_tx_do(mb->store->db, SQL_KEYWORD_SET, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(number), SQL_T(name)));
	k->names[k->n++] = xstrdup_slice(name);
	keywords_index(k);
	*kept |= 1ULL << number;
	return number;
}

bool
keyword_room(const struct mailbox *mb)
{
	return mb->keywords->n < number_max(mb);
}

int
keyword_flags(struct mailbox *mb, const struct flag_names *names,
    struct flags *flags, uint64_t *kept)
{
	int number, rc = 0;

	flags->system = names->system & FLAG_ALL;
	flags->keywords = 0;
	/* First those that exist, so that no other takes their numbers. */
	for (size_t i = 0; i < names->nkeywords; i++)
		if ((number = keyword_find(mb,
		    names->keywords[i])) != -1)
			*kept |= 1ULL << number;
	for (size_t i = 0; i < names->nkeywords; i++) {
		number = keyword_number(mb, names->keywords[i], kept);
		if (number == -1)
			rc = -1;
		else
			flags->keywords |= 1ULL << number;
	}
	return rc;
}
