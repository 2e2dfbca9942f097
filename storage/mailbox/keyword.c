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

/* Keywords are only ever added, so those in memory remain valid. */
enum sql_rc
keyword_list_read(const struct mailbox *mb, struct keyword_list *list)
{
	struct sql *db = mb->store->db;
	enum sql_rc rc;

	sql_start(db, SQL_KEYWORDS, SQL_ARGS(SQL_I(mb->id)));
	while ((rc = sql_step(db, SQL_KEYWORDS)) == SQL_ROW) {
		int64_t number = sql_int(db, SQL_KEYWORDS, 0);

		if (number != mb->nkeywords + list->n || number >= KEYWORD_MAX)
			continue;
		list->names[list->n++] =
		    xstrdup_slice(sql_blob(db, SQL_KEYWORDS, 1));
	}
	sql_reset(db, SQL_KEYWORDS);
	return rc;
}

void
keyword_list_take(struct mailbox *mb, struct keyword_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		mb->keywords[mb->nkeywords++] = list->names[i];
	list->n = 0;
}

void
keyword_list_clear(struct keyword_list *list)
{
	while (list->n > 0)
		free(list->names[--list->n]);
}

int
keyword_find(const struct mailbox *mb, struct slice name)
{
	for (unsigned int i = 0; i < mb->nkeywords; i++)
		if (slice_caseeq_str(name, mb->keywords[i]))
			return (int)i;
	return -1;
}

int
keyword_number(struct mailbox *mb, struct slice name)
{
	int number = keyword_find(mb, name);

	if (number != -1)
		return number;
	if (mb->nkeywords >= mb->store->storage->options.keyword_max ||
	    mb->nkeywords >= KEYWORD_MAX || name.len == 0 ||
	    name.len > KEYWORD_LEN_MAX)
		return -1;
	/* Other processes look for keywords when the modseq has changed. */
	(void)mailbox_next_modseq(mb);
	sql_tx_do(mb->store->db, SQL_KEYWORD_ADD, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(mb->nkeywords), SQL_T(name)));
	mb->keywords[mb->nkeywords] = xstrdup_slice(name);
	return (int)mb->nkeywords++;
}

int
keyword_flags(struct mailbox *mb, const struct flag_names *names,
    struct flags *flags)
{
	int number, rc = 0;

	flags->system = names->system & FLAG_ALL;
	flags->keywords = 0;
	for (size_t i = 0; i < names->nkeywords; i++) {
		number = keyword_number(mb, names->keywords[i]);
		if (number == -1)
			rc = -1;
		else
			flags->keywords |= 1ULL << number;
	}
	return rc;
}
