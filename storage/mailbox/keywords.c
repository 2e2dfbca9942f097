/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The keywords of a mailbox as a transaction leaves them; see keywords.h. */

#include "config.h"

#include <stdlib.h>

#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/keywords.h"
#include "storage/mailbox/mailbox_struct.h"

static char *
copy_name(const char *name)
{
	return name == NULL ? NULL : xstrdup(name);
}

struct keywords *
keywords_copy(const struct keywords *k)
{
	struct keywords *to = xcalloc(1, sizeof(*to));

	*to = *k;
	for (unsigned int i = 0; i < k->n; i++)
		to->names[i] = copy_name(k->names[i]);
	for (int i = 0; i < MAILDIR_KEYWORDS; i++)
		to->letters[i] = copy_name(k->letters[i]);
	return to;
}

void
keywords_free(struct keywords *k)
{
	if (k == NULL)
		return;
	for (unsigned int i = 0; i < k->n; i++)
		free(k->names[i]);
	for (int i = 0; i < MAILDIR_KEYWORDS; i++)
		free(k->letters[i]);
	free(k);
}

int
keywords_find(const struct keywords *k, struct slice name)
{
	for (unsigned int i = 0; i < k->n; i++)
		if (slice_caseeq_str(name, k->names[i]))
			return (int)i;
	return -1;
}

bool
keywords_usable(struct slice name)
{
	/* RFC 3501, section 9: flag-keyword is an atom. */
	static const struct slice specials = SLICE_INIT("(){%*\"\\]");

	if (name.len == 0 || name.len > KEYWORD_LEN_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] >= '\x7f' ||
		    slice_chr(specials, name.p[i]) != SLICE_NONE)
			return false;
	return true;
}

void
keywords_index(struct keywords *k)
{
	unsigned int free_letters = 0;

	k->hidden = k->waiting = 0;
	for (unsigned int i = 0; i < k->n; i++) {
		k->letter[i] = -1;
		if (!keywords_usable(slice_str(k->names[i])))
			k->hidden |= 1ULL << i;
	}
	for (int i = MAILDIR_KEYWORDS - 1; i >= 0; i--) {
		k->number[i] = -1;
		if (k->letters[i] == NULL)
			free_letters++;
		else if (keywords_usable(slice_str(k->letters[i])))
			k->number[i] = (int8_t)keywords_find(k,
			    slice_str(k->letters[i]));
		if (k->number[i] != -1)
			k->letter[k->number[i]] = (int8_t)i;
	}
	for (unsigned int i = 0; i < k->n && free_letters > 0; i++)
		if (k->letter[i] == -1 && (k->hidden & 1ULL << i) == 0)
			k->waiting |= 1ULL << i;
}

static enum sql_rc
read_names(const struct mailbox *mb, struct keywords *k)
{
	struct sql *db = mb->store->db;
	enum sql_rc rc;

	sql_start(db, SQL_KEYWORDS, SQL_ARGS(SQL_I(mb->id)));
	while ((rc = sql_step(db, SQL_KEYWORDS)) == SQL_ROW) {
		int64_t number = sql_int(db, SQL_KEYWORDS, 0);

		if (number == k->n && number < KEYWORD_MAX)
			k->names[k->n++] =
			    xstrdup_slice(sql_blob(db, SQL_KEYWORDS, 1));
	}
	sql_reset(db, SQL_KEYWORDS);
	return rc;
}

static enum sql_rc
read_letters(const struct mailbox *mb, struct keywords *k)
{
	struct sql *db = mb->store->db;
	enum sql_rc rc;

	sql_start(db, SQL_LETTERS, SQL_ARGS(SQL_I(mb->id)));
	while ((rc = sql_step(db, SQL_LETTERS)) == SQL_ROW) {
		int64_t letter = sql_int(db, SQL_LETTERS, 0);

		if (letter >= 0 && letter < MAILDIR_KEYWORDS &&
		    k->letters[letter] == NULL)
			k->letters[letter] =
			    xstrdup_slice(sql_blob(db, SQL_LETTERS, 1));
	}
	sql_reset(db, SQL_LETTERS);
	return rc;
}

enum sql_rc
keywords_read(const struct mailbox *mb, struct keywords **out)
{
	struct keywords *k = xcalloc(1, sizeof(*k));
	enum sql_rc rc;

	rc = read_names(mb, k);
	if (rc == SQL_DONE)
		rc = read_letters(mb, k);
	if (rc == SQL_DONE) {
		keywords_index(k);
		*out = k;
	} else
		keywords_free(k);
	return rc;
}

/* The numbers whose keyword is another one now. */
static uint64_t
replaced(const struct keywords *old, const struct keywords *k)
{
	uint64_t numbers = 0;

	for (unsigned int i = 0; i < old->n && i < k->n; i++)
		if (!slice_caseeq_str(slice_str(old->names[i]), k->names[i]))
			numbers |= 1ULL << i;
	return numbers;
}

void
keywords_changed(struct mailbox *mb, struct keywords *old)
{
	const struct keywords *k = mb->keywords;
	uint64_t numbers = replaced(old, k);

	if (numbers != 0 || old->n != k->n)
		mb->keywords_version++;
	/* Only expunged messages that views still show can have these. */
	for (size_t i = 0; i < mb->n && numbers != 0 && mb->zombies > 0; i++)
		if (mb->entries[i].flags & ENTRY_ZOMBIE)
			mb->entries[i].keywords &= ~numbers;
	if (k->waiting != old->waiting && !idset_empty(&mb->names.waiting)) {
		(void)idset_union(&mb->names.behind, &mb->names.waiting);
		mb->names.due_ms = timer_ms();
		idset_clear(&mb->names.waiting);
	}
	keywords_free(old);
}
