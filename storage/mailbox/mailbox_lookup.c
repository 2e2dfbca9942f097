/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Getting a mailbox into memory; see mailbox_lookup.h. */

#include "config.h"

#include "common/base/xmalloc.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/keywords.h"
#include "storage/mailbox/mailbox_lookup.h"
#include "storage/mailbox/mailbox_struct.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/row_read.h"
#include "storage/mailbox/store_absorb.h"

/*
 * Read row and keywords of a mailbox that is not in memory.  *out may be set
 * even if that fails.
 */
static enum sql_rc
read_mailbox(struct store *st, uint32_t id, struct mailbox **out)
{
	struct mailbox *mb;
	enum sql_rc rc;

	sql_start(st->db, SQL_MAILBOX_GET, SQL_ARGS(SQL_I(id)));
	if ((rc = sql_step(st->db, SQL_MAILBOX_GET)) != SQL_ROW) {
		sql_reset(st->db, SQL_MAILBOX_GET);
		return rc;
	}
	*out = mb = mailboxes_add(st, id);
	mb->name = xstrdup_slice(sql_blob(st->db, SQL_MAILBOX_GET,
	    COLUMN_NAME));
	mb->folder = xstrdup_slice(sql_blob(st->db, SQL_MAILBOX_GET,
	    COLUMN_FOLDER));
	row_read(st->db, SQL_MAILBOX_GET, &mb->row);
	sql_reset(st->db, SQL_MAILBOX_GET);
	return keywords_read(mb, &mb->keywords);
}

/* Take a reference to a mailbox in memory, and bring it up to date. */
static enum sql_rc
take_up(struct store *st, struct mailbox *mb, struct mailbox **out)
{
	enum sql_rc rc;

	mailbox_ref(mb);
	*out = mb;
	if (!mb->stale)
		return SQL_DONE;
	if ((rc = store_absorb(st)) == SQL_DONE && !mb->dead)
		return SQL_DONE;
	*out = NULL;
	mailbox_unref(mb);
	return rc;
}

enum sql_rc
mailbox_lookup(struct store *st, uint32_t id, struct mailbox **out)
{
	struct mailbox *mb;
	enum sql_rc rc, end;

	*out = NULL;
	if ((mb = mailboxes_find(st, id)) != NULL)
		return take_up(st, mb, out);
	if ((rc = sql_read_begin(st->db)) == SQL_DONE) {
		rc = read_mailbox(st, id, &mb);
		end = sql_read_end(st->db);
		rc = rc == SQL_DONE ? end : rc;
	}
	if (rc != SQL_DONE && mb != NULL) {
		mb->dropped = true;
		mailbox_unref(mb);
		mb = NULL;
	}
	*out = mb;
	return rc;
}
