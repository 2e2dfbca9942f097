/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Those columns of the table mailbox that its messages determine: the only
 * list of them.  The table, the table vanished beside it, struct mailbox_row
 * and the statements that read and write rows are made from it.
 *
 * A row has the name of the column and of its field, the type of the field,
 * and the value for a new mailbox, where ?N are arguments of SQL_MAILBOX_ADD.
 * A new column is a row here and an upgrade in schema.c.  A program of an
 * older version gives the column 0 in the rows that it inserts.
 */

#ifndef STORAGE_INDEX_MAILBOX_COLUMNS_H
#define STORAGE_INDEX_MAILBOX_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

#define MAILBOX_COLUMNS(X)						\
	X(uidvalidity, uint32_t, "?6")	/* RFC 3501, 2.3.1.1 */		\
	X(uidnext, uint32_t, "?7")					\
	X(highestmodseq, uint64_t, "?8")				\
	X(flagmodseq, uint64_t, "0")	/* of the last flag change */ \
	X(floor, uint64_t, "?8")	/* no tombstones up to this modseq */ \
	X(recentuid, uint32_t, "0")	/* UIDs above are \Recent */	\
	X(messages, uint32_t, "0")					\
	X(unseen, uint32_t, "0")					\
	X(deleted, uint32_t, "0")					\
	X(bytes, uint64_t, "0")		/* on the wire, of parsed messages */ \
	X(unsized, uint32_t, "0")	/* messages never parsed */	\
	X(size, uint64_t, "0")		/* bytes of all files */	\
	X(renames, bool, "0")		/* names may not show flags */	\
	X(newmtime, int64_t, "0")	/* ns: new/ when last read */	\
	X(curmtime, int64_t, "0")	/* ns: cur/ when last clean */	\
	X(curchecked, int64_t, "0")	/* ns: when clean; 0: never scanned */ \
	X(listuid, uint32_t, "0")	/* last UID in dovecot-uidlist */ \
	X(listnext, uint32_t, "0")	/* next UID in its first line */ \
	X(listmtime, int64_t, "0")	/* ns: list's mtime, as last seen */ \
	X(listsize, int64_t, "0")

/* The order of all columns in rows of SQL_MAILBOX_GET and _ALL. */
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

/* A row of the table mailbox; see above what its fields are. */
struct mailbox_row {
#define FIELD(name, type, value)	type name;
	MAILBOX_COLUMNS(FIELD)
#undef FIELD
};

#endif
