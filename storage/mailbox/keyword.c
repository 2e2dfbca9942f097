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

/* The keywords of all messages, from the entries. */
static uint64_t
used_in_memory(const struct mailbox *mb)
{
	uint64_t used = 0;

	for (size_t i = 0; i < mb->n; i++)
		if ((mb->entries[i].flags & ENTRY_ZOMBIE) == 0)
			used |= mb->entries[i].keywords;
	return used;
}

/*
 * The same from the index, which walks all rows of the mailbox.  If that
 * fails, all are used.
 */
static uint64_t
used_in_index(const struct mailbox *mb)
{
	struct sql *db = mb->store->db;
	enum sql_stmt id = SQL_ENTRY_KEYWORDS;
	uint64_t used = 0;
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(mb->id)));
	while ((rc = sql_step(db, id)) == SQL_ROW)
		used |= (uint64_t)sql_int(db, id, 0);
	sql_reset(db, id);
	return rc == SQL_DONE ? used : UINT64_MAX;
}

/*
 * Find a number that no message uses, or return -1.  The answer is no for as
 * long as no other commit changes the mailbox.
 */
static int
unused_number(struct mailbox *mb, uint64_t kept)
{
	uint64_t version = mb->tx.dirty ? mb->tx.saved.highestmodseq :
	    mb->row.highestmodseq;
	uint64_t used;

	if (mb->keywords_full == version)
		return -1;
	used = mb->loaded ? used_in_memory(mb) : used_in_index(mb);
	if (mb->keywords->n < KEYWORD_MAX)
		used |= UINT64_MAX << mb->keywords->n;
	if (used == UINT64_MAX)
		mb->keywords_full = version;
	used |= kept;
	return used == UINT64_MAX ? -1 : __builtin_ctzll(~used);
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
	number = mb->keywords->n < number_max(mb) ? (int)mb->keywords->n :
	    unused_number(mb, *kept);
	if (number == -1)
		return -1;
	k = keywords_change(mb);
	sql_tx_do(mb->store->db, SQL_KEYWORD_SET, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(number), SQL_T(name)));
	if (number == (int)k->n)
		k->n++;
	free(k->names[number]);
	k->names[number] = xstrdup_slice(name);
	keywords_index(k);
	*kept |= 1ULL << number;
	return number;
}

bool
keyword_room(const struct mailbox *mb)
{
	unsigned int n = mb->keywords->n;

	return n < number_max(mb) ||
	    (n > 0 && (~used_in_memory(mb) & (UINT64_MAX >> (64 - n))) != 0);
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
