/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The letters of keywords; see letter.h. */

#include "config.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/letter.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailbox_struct.h"
#include "storage/maildir/maildir.h"

void
letter_set(struct mailbox *mb, unsigned int letter, struct slice name)
{
	struct keywords *k = keywords_change(mb);
	struct sql *db = mb->store->db;

	if (name.len == 0)
		sql_tx_do(db, SQL_LETTER_DELETE, SQL_ARGS(SQL_I(mb->id),
		    SQL_I(letter)));
	else
		sql_tx_do(db, SQL_LETTER_SET, SQL_ARGS(SQL_I(mb->id),
		    SQL_I(letter), SQL_T(name)));
	free(k->letters[letter]);
	k->letters[letter] = name.len == 0 ? NULL : xstrdup_slice(name);
	keywords_index(k);
}

uint32_t
letters_known(const struct mailbox *mb)
{
	uint32_t letters = 0;

	for (int i = 0; i < MAILDIR_KEYWORDS; i++)
		if (mb->keywords->letters[i] != NULL)
			letters |= 1U << i;
	return letters;
}

uint64_t
letters_keywords(const struct mailbox *mb, uint32_t letters)
{
	const struct keywords *k = mb->keywords;
	uint64_t keywords = 0;

	for (int i = 0; i < MAILDIR_KEYWORDS; i++)
		if ((letters & 1U << i) != 0 && k->number[i] != -1)
			keywords |= 1ULL << k->number[i];
	return keywords;
}

/* Give the keyword of a letter a number. */
static void
number(struct mailbox *mb, unsigned int letter, uint64_t *kept)
{
	struct slice name = slice_str(mb->keywords->letters[letter]);

	if (!keywords_usable(name) || keyword_number(mb, name, kept) != -1)
		return;
	log_limited(LOG_LEVEL_WARN, "store mailbox=%s user=%s has no room for "
	    "the keyword %s of another program", log_esc(slice_str(mb->name)),
	    mb->store->user, log_esc(name));
	letter_set(mb, letter, SLICE_EMPTY);
}

uint64_t
letters_take(struct mailbox *mb, uint32_t letters, uint64_t *kept)
{
	*kept |= letters_keywords(mb, letters);
	for (unsigned int i = 0; i < MAILDIR_KEYWORDS; i++)
		if ((letters & 1U << i) != 0 && mb->keywords->number[i] == -1 &&
		    mb->keywords->letters[i] != NULL)
			number(mb, i, kept);
	return letters_keywords(mb, letters);
}

/*
 * The letters that show these keywords.  *ours are those that follow our flags:
 * all others stay in a name as they are.
 */
static uint32_t
letters_of(const struct keywords *k, uint64_t keywords, uint32_t *ours)
{
	uint32_t letters = 0;

	*ours = 0;
	for (int i = 0; i < MAILDIR_KEYWORDS; i++) {
		if (k->letters[i] == NULL ||
		    !keywords_usable(slice_str(k->letters[i])))
			continue;
		if (k->number[i] == -1 ||
		    (keywords & 1ULL << k->number[i]) == 0)
			*ours |= 1U << i;
		else if (k->letter[k->number[i]] == i) {
			/* Not so a second letter of the same keyword. */
			*ours |= 1U << i;
			letters |= 1U << i;
		}
	}
	return letters;
}

int
letters_print(const struct mailbox *mb, struct slice old, uint32_t system,
    uint64_t keywords, struct buf *out)
{
	uint32_t ours, letters = letters_of(mb->keywords, keywords, &ours);

	return maildir_info_print(old, system, letters, ours, out);
}

void
letters_wait(struct mailbox *mb, uint32_t uid, uint64_t keywords)
{
	if ((keywords & mb->keywords->waiting) == 0)
		return;
	mailbox_touch(mb);
	mb->row.renames = true;
	(void)idset_add(&mb->names.waiting, uid);
}
