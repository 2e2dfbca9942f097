/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The columns of the table mailbox that go with its messages: the only list
 * of them.  struct mailbox_row, the table, and the statements that read and
 * write it are made from this.
 *
 * A row has the name of column and field, the type of the field, and the
 * value in the row of a new mailbox, whose ?N are those of SQL_MAILBOX_ADD.
 * A new column is a row here, and an upgrade in sql.c.
 */

#ifndef STORAGE_MAILBOX_COLUMNS_H
#define STORAGE_MAILBOX_COLUMNS_H

#define MAILBOX_COLUMNS(X)						\
	X(uidvalidity, uint32_t, "?6")	/* RFC 3501, 2.3.1.1 */		\
	X(uidnext, uint32_t, "?7")					\
	X(highestmodseq, uint64_t, "?8")				\
	X(flagmodseq, uint64_t, "0")	/* of the last change of flags */ \
	X(floor, uint64_t, "?8")	/* tombstones up to here are gone */ \
	X(recentuid, uint32_t, "0")	/* \Recent is above */		\
	X(messages, uint32_t, "0")					\
	X(unseen, uint32_t, "0")					\
	X(deleted, uint32_t, "0")					\
	X(bytes, uint64_t, "0")		/* on the wire, of parsed messages */ \
	X(unsized, uint32_t, "0")	/* messages never parsed */	\
	X(renames, bool, "0")		/* file names may be behind */	\
	X(newmtime, int64_t, "0")	/* ns: new/ when last read */	\
	X(curmtime, int64_t, "0")	/* ns: cur/ when last clean */	\
	X(curchecked, int64_t, "0")	/* ns: when that was found */	\
	X(listuid, uint32_t, "0")	/* dovecot-uidlist has these */	\
	X(listnext, uint32_t, "0")	/* the next UID it promises */	\
	X(listmtime, int64_t, "0")	/* ns: it as we left it */	\
	X(listsize, int64_t, "0")

/* Places of all columns in the rows of SQL_MAILBOX_GET and _ALL. */
enum mailbox_column {
	COLUMN_ID,
	COLUMN_NAME,
	COLUMN_FOLDER,
	COLUMN_INODE,
	COLUMN_USE,
#define X(name, type, value)	COLUMN_##name,
	MAILBOX_COLUMNS(X)
#undef X
	COLUMN_MAX
};

#endif
