/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* All statements of the store, in one table. */

#include "config.h"

#include "storage/index/mailbox_columns.h"
#include "storage/index/sql_text.h"

/* What a row of mailbox_columns.h becomes in each kind of statement. */
#define COLUMN(name, type, value)	", " #name
#define COLUMN_NEW(name, type, value)	", " value
#define COLUMN_SET(name, type, value)	", " #name " = ?"

/* What a boot makes of a highest mod-sequence; see opening.c. */
#define BOOT_MODSEQ	"max(highestmodseq + ?1, ?2)"

#define ALL_COLUMNS "id, name, folder, inode, use" MAILBOX_COLUMNS(COLUMN)

const char *const sql_text[SQL_STMT_MAX] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_BEGIN_READ] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_DATA_VERSION] = "PRAGMA data_version",
	[SQL_META_GET] = "SELECT value FROM meta WHERE key = ?",
	[SQL_META_SET] = "INSERT OR REPLACE INTO meta VALUES (?, ?)",
	/* The greatest id that a table with AUTOINCREMENT has given out. */
	[SQL_SEQUENCE_GET] = "SELECT seq FROM sqlite_sequence WHERE name = ?",
	[SQL_SEQUENCE_ADD] = "INSERT INTO sqlite_sequence (name, seq) "
	    "SELECT ?1, 0 WHERE NOT EXISTS "
	    "(SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
	[SQL_SEQUENCE_RAISE] =
	    "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",

	[SQL_MAILBOX_ALL] = "SELECT " ALL_COLUMNS " FROM mailbox",
	[SQL_MAILBOX_GET] = "SELECT " ALL_COLUMNS " FROM mailbox WHERE id = ?",
	[SQL_MAILBOX_ADD] = "INSERT INTO mailbox (" ALL_COLUMNS ") VALUES "
	    "(?1, ?2, ?3, ?4, ?5" MAILBOX_COLUMNS(COLUMN_NEW) ")",
	/* A damaged control file may have a name or an id twice. */
	[SQL_MAILBOX_RESTORE] = "INSERT OR IGNORE INTO mailbox ("
	    ALL_COLUMNS ") VALUES "
	    "(?1, ?2, ?3, ?4, ?5" MAILBOX_COLUMNS(COLUMN_NEW) ")",
	/* The columns begin with a comma: "use = use" stands before it. */
	[SQL_MAILBOX_SET] = "UPDATE mailbox SET use = use"
	    MAILBOX_COLUMNS(COLUMN_SET) " WHERE id = ?",
	[SQL_MAILBOX_CLEAN] = "UPDATE mailbox SET newmtime = ?2, "
	    "curmtime = ?2, curchecked = ?3 WHERE id = ?1",
	[SQL_MAILBOX_RENAME] =
	    "UPDATE mailbox SET name = ?2, folder = ?3 WHERE id = ?1",
	[SQL_MAILBOX_INODE] = "UPDATE mailbox SET inode = ?2 WHERE id = ?1",
	[SQL_MAILBOX_NAMED] = "SELECT id FROM mailbox WHERE name = ?",
	[SQL_MAILBOX_PAGE] = "SELECT name, id, folder, inode, use, uidvalidity "
	    "FROM mailbox WHERE id > ? ORDER BY id LIMIT ?",
	[SQL_MAILBOX_DELETE] = "DELETE FROM mailbox WHERE id = ?",
	/*
	 * A mailbox that was never scanned, as far as is known, keeps UIDNEXT 1
	 * so that its first scan adopts dovecot-uidlist.  But that scan may
	 * have been made, told and lost: listnext says which UIDs to skip if
	 * there is no list.
	 */
	[SQL_MAILBOX_BOOT] =
	    "UPDATE mailbox SET uidnext = CASE curchecked WHEN 0 THEN uidnext "
	    "ELSE min(max(uidnext + ?3, listnext), 4294967295) END, "
	    "listnext = CASE curchecked WHEN 0 THEN max(listnext, ?3 + 1) "
	    "ELSE listnext END, "
	    "highestmodseq = " BOOT_MODSEQ ", "
	    "newmtime = 0, curmtime = 0",

	/* This table has few rows, and most often none. */
	[SQL_VANISHED_ADD] = "INSERT OR REPLACE INTO vanished (id, time, "
	    "folder, inode, use" MAILBOX_COLUMNS(COLUMN) ") "
	    "SELECT id, ?2, folder, inode, use" MAILBOX_COLUMNS(COLUMN)
	    " FROM mailbox WHERE id = ?1",
	[SQL_VANISHED_RENAMED] = "SELECT id FROM vanished WHERE inode = ?1 "
	    "AND (uidvalidity = ?2 OR (?2 = 0 AND curmtime = ?3)) "
	    "AND ?1 != 0 AND (?2 != 0 OR ?3 != 0) ORDER BY time DESC LIMIT 1",
	[SQL_VANISHED_NAMED] = "SELECT id FROM vanished WHERE folder = ?1 "
	    "AND (uidvalidity = ?2 OR ?2 = 0) ORDER BY time DESC LIMIT 1",
	[SQL_VANISHED_RETURN] = "INSERT INTO mailbox (" ALL_COLUMNS ") "
	    "SELECT id, ?2, ?3, ?4, use" MAILBOX_COLUMNS(COLUMN)
	    " FROM vanished WHERE id = ?1",
	[SQL_VANISHED_DELETE] = "DELETE FROM vanished WHERE id = ?",
	[SQL_VANISHED_OLD] = "SELECT id FROM vanished WHERE time < ? LIMIT 1",
	[SQL_VANISHED_BOOT] =
	    "UPDATE vanished SET uidnext = min(uidnext + ?3, 4294967295), "
	    "highestmodseq = " BOOT_MODSEQ ", "
	    "newmtime = 0, curmtime = 0",

	/*
	 * Each boot adds a row for each mailbox, so that one of the oldest is
	 * merged with the next when there are more than ?1.  All these use the
	 * primary key (mailbox, high).
	 */
	[SQL_GAP_BOOT] = "INSERT OR REPLACE INTO gap (mailbox, low, high) "
	    "SELECT id, highestmodseq, " BOOT_MODSEQ " FROM mailbox UNION ALL "
	    "SELECT id, highestmodseq, " BOOT_MODSEQ " FROM vanished",
#define NEWER_GAPS(gap)							\
	"(SELECT count(*) FROM gap n WHERE n.mailbox = " gap ".mailbox" \
	" AND n.high > " gap ".high)"
	[SQL_GAP_MERGE] = "UPDATE gap AS g SET low = (SELECT min(o.low) "
	    "FROM gap o WHERE o.mailbox = g.mailbox) "
	    "WHERE " NEWER_GAPS("g") " = ?1 - 1",
	[SQL_GAP_TRIM] = "DELETE FROM gap AS g "
	    "WHERE " NEWER_GAPS("g") " >= ?1",
	[SQL_GAPS] = "SELECT low, high FROM gap WHERE mailbox = ? "
	    "ORDER BY high DESC LIMIT ?",
	[SQL_LETTERS_DELETE] = "DELETE FROM letter WHERE mailbox = ?",
	[SQL_GAPS_DELETE] = "DELETE FROM gap WHERE mailbox = ?",

	[SQL_NAMELOG_LAST] = "SELECT coalesce(max(version), 0) FROM namelog",
	/* Each name of a range of the log is looked up by two unique keys. */
	[SQL_NAMELOG_SINCE] = "SELECT l.name, m.id, m.folder, m.inode, m.use, "
	    "m.uidvalidity, l.version, s.name IS NOT NULL FROM namelog l "
	    "LEFT JOIN mailbox m ON m.name = l.name "
	    "LEFT JOIN subscription s ON s.name = l.name "
	    "WHERE l.version > ? ORDER BY l.version",

	[SQL_KEYWORDS] = "SELECT number, name FROM keyword "
	    "WHERE mailbox = ? ORDER BY number",
	[SQL_KEYWORD_SET] = "INSERT OR REPLACE INTO keyword (mailbox, "
	    "number, name) VALUES (?, ?, ?)",
	[SQL_LETTERS] = "SELECT letter, name FROM letter "
	    "WHERE mailbox = ? ORDER BY letter",
	[SQL_LETTER_SET] = "INSERT OR REPLACE INTO letter (mailbox, letter, "
	    "name) VALUES (?, ?, ?)",
	[SQL_LETTER_DELETE] =
	    "DELETE FROM letter WHERE mailbox = ? AND letter = ?",

	/* These walk a range of the primary key (mailbox, uid). */
	[SQL_ENTRIES] = "SELECT uid, flags, keywords, modseq FROM entry "
	    "WHERE mailbox = ? AND uid >= ? ORDER BY uid LIMIT ?",
	[SQL_ENTRIES_FROM] = "SELECT uid, flags, keywords, modseq FROM entry "
	    "WHERE mailbox = ? AND uid >= ? ORDER BY uid",
	[SQL_ENTRIES_COUNT] = "SELECT count(*), max(uid) FROM (SELECT uid "
	    "FROM entry WHERE mailbox = ? AND uid > ? ORDER BY uid LIMIT ?)",
	[SQL_ENTRIES_CHANGED] =
	    "SELECT uid, flags, keywords, modseq FROM entry "
	    "WHERE mailbox = ? AND modseq > ? ORDER BY uid",
	[SQL_ENTRY_KEYWORDS] = "SELECT keywords FROM entry "
	    "WHERE mailbox = ? AND keywords != 0",
	[SQL_ENTRY_GET] = "SELECT flags, keywords, modseq, content, savedate "
	    "FROM entry WHERE mailbox = ? AND uid = ?",
	/* Three lookups by primary key. */
	[SQL_ENTRY_WHOLE] = "SELECT e.flags, e.content, c.raw, c.wire, "
	    "n.base, n.info, n.size, n.object FROM entry e "
	    "LEFT JOIN content c ON c.id = e.content "
	    "LEFT JOIN name n ON n.mailbox = e.mailbox AND n.uid = e.uid "
	    "WHERE e.mailbox = ? AND e.uid = ?",
	[SQL_ENTRY_ADD] = "INSERT INTO entry (mailbox, uid, flags, keywords, "
	    "modseq, content, savedate) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_ENTRY_FLAGS] = "UPDATE entry SET flags = ?3, keywords = ?4, "
	    "modseq = ?5 WHERE mailbox = ?1 AND uid = ?2",
	[SQL_ENTRY_CONTENT] = "UPDATE entry SET content = ?3 "
	    "WHERE mailbox = ?1 AND uid = ?2 AND content = 0",
	[SQL_ENTRY_DELETE] =
	    "DELETE FROM entry WHERE mailbox = ? AND uid BETWEEN ? AND ?",

	/*
	 * These walk a range of entry's primary key, and look up each message
	 * by rowid in every table that is joined.  Most lookups find their row
	 * right after the row of the lookup before.
	 */
#define CONTENT(from)							\
	" FROM " from " e LEFT JOIN content c ON c.id = e.content "
#define STRUCTURE							\
	"LEFT JOIN structure s ON s.content = e.content "
#define HEADER								\
	"LEFT JOIN header h ON h.content = e.content "
#define READ(columns, joins)						\
	"SELECT e.uid, e.content, e.savedate, c.raw, c.wire, c.date, "	\
	columns ", c.traits, c.mtime" CONTENT("entry") joins		\
	"WHERE e.mailbox = ? AND e.uid BETWEEN ? AND ? "		\
	"ORDER BY e.uid LIMIT ?"
#define READ_EXPUNGED							\
	"SELECT e.uid, e.content, e.time, c.raw, c.wire, c.date, "	\
	"s.blob, h.block, c.gist, c.traits, c.mtime"			\
	CONTENT("expunged") STRUCTURE HEADER
	[SQL_READ] = READ("NULL, NULL, NULL", ""),
	[SQL_READ_STRUCT] = READ("s.blob, NULL, NULL", STRUCTURE),
	[SQL_READ_HEADERS] = READ("NULL, h.block, NULL", HEADER),
	[SQL_READ_GIST] = READ("NULL, NULL, c.gist", ""),
	[SQL_READ_ALL] = READ("s.blob, h.block, c.gist", STRUCTURE HEADER),
	[SQL_READ_EXPUNGED] = READ_EXPUNGED
	    "WHERE e.mailbox = ? AND e.modseq = ? AND e.uid = ?",

	/*
	 * Walks all tombstones after a modseq.  The caller passes the modseq
	 * of the last commit, so that these are the tombstones of the open
	 * transaction.
	 */
	[SQL_READ_EXPUNGED_UID] = READ_EXPUNGED
	    "WHERE e.mailbox = ? AND e.modseq > ? AND e.uid = ?",

	[SQL_NAME_GET] = "SELECT base, info, uidl FROM name "
	    "WHERE mailbox = ? AND uid = ?",
	[SQL_NAMES] = "SELECT uid, base, info, uidl FROM name "
	    "WHERE mailbox = ? AND uid > ? ORDER BY uid LIMIT ?",
	[SQL_NAME_ADD] = "INSERT OR REPLACE INTO name (mailbox, uid, base, "
	    "info, uidl, size, object) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_NAME_INFO] = "UPDATE name SET info = ?3 "
	    "WHERE mailbox = ?1 AND uid = ?2",
	/* ?4 is for a row of an older program, which has no object. */
	[SQL_NAME_SIZE] = "UPDATE name SET size = ?3, "
	    "object = CASE object WHEN 0 THEN ?4 ELSE object END "
	    "WHERE mailbox = ?1 AND uid = ?2",
	[SQL_NAME_DELETE] =
	    "DELETE FROM name WHERE mailbox = ? AND uid BETWEEN ? AND ?",

	[SQL_USAGE] = "SELECT mailboxes, messages, size FROM usage",

	[SQL_CONTENT_ADD] = "INSERT INTO content (raw, wire, date, gist, "
	    "traits, mtime, digest) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_CONTENT_FILE] = "SELECT c.id, c.raw, c.mtime, c.digest "
	    "FROM entry e JOIN content c ON c.id = e.content "
	    "WHERE e.mailbox = ? AND e.uid = ?",
	[SQL_CONTENT_TOUCH] = "UPDATE content SET mtime = ?2 WHERE id = ?1",
	[SQL_CONTENT_DELETE] = "DELETE FROM content WHERE id = ?",
	[SQL_STRUCTURE_ADD] = "INSERT INTO structure VALUES (?, ?)",
	[SQL_STRUCTURE_DELETE] = "DELETE FROM structure WHERE content = ?",
	[SQL_HEADER_ADD] = "INSERT INTO header VALUES (?, ?)",
	[SQL_HEADER_DELETE] = "DELETE FROM header WHERE content = ?",
	[SQL_SHARE_ADD] = "INSERT INTO share VALUES (?, 2) "
	    "ON CONFLICT (content) DO UPDATE SET entries = entries + 1",
	[SQL_SHARE_GET] = "SELECT entries FROM share WHERE content = ?",
	[SQL_SHARE_DROP] =
	    "UPDATE share SET entries = entries - 1 WHERE content = ?",
	[SQL_SHARE_DELETE] = "DELETE FROM share WHERE content = ?",

	/* These use ranges of the primary key (mailbox, modseq, uid). */
	[SQL_EXPUNGED_ADD] = "INSERT OR REPLACE INTO expunged (mailbox, "
	    "modseq, uid, content, time, base, boot) "
	    "VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_EXPUNGED_SINCE] = "SELECT modseq, uid FROM expunged "
	    "WHERE mailbox = ? AND modseq > ?",
	/* A base is empty if the message was moved. */
	[SQL_EXPUNGED_NAMES] = "SELECT uid, base FROM expunged "
	    "WHERE mailbox = ? AND boot < ? AND length(base) > 0",
	/* By the index expunged_kept, whose condition this is. */
	[SQL_EXPUNGED_OLD] = "SELECT mailbox, modseq, uid FROM expunged "
	    "WHERE time < ? AND (content <> 0 OR base IS NOT NULL) "
	    "ORDER BY time LIMIT ?",
	[SQL_EXPUNGED_KEPT] = "SELECT content FROM expunged "
	    "WHERE mailbox = ? AND modseq = ? AND uid = ? "
	    "AND (content <> 0 OR base IS NOT NULL)",
	[SQL_EXPUNGED_CLEAR] = "UPDATE expunged SET content = 0, base = NULL "
	    "WHERE mailbox = ? AND modseq = ? AND uid = ?",
	[SQL_EXPUNGED_COUNT] =
	    "SELECT count(*) FROM expunged WHERE mailbox = ?",
	[SQL_EXPUNGED_NTH] = "SELECT modseq FROM expunged "
	    "WHERE mailbox = ? ORDER BY modseq LIMIT 1 OFFSET ?",
	[SQL_EXPUNGED_TRIM] = "DELETE FROM expunged WHERE mailbox = ? "
	    "AND modseq <= ? AND content = 0 AND base IS NULL",

	[SQL_KEYWORDS_DELETE] = "DELETE FROM keyword WHERE mailbox = ?",
	[SQL_GRAVE_ADD] = "INSERT OR IGNORE INTO grave VALUES (?)",
	[SQL_GRAVE_FIRST] = "SELECT mailbox FROM grave LIMIT 1",
	[SQL_GRAVE_DELETE] = "DELETE FROM grave WHERE mailbox = ?",
	[SQL_GRAVE_ENTRIES] = "SELECT uid, content FROM entry "
	    "WHERE mailbox = ? ORDER BY uid LIMIT ?",
	[SQL_GRAVE_ENTRIES_DROP] =
	    "DELETE FROM entry WHERE mailbox = ? AND uid <= ?",
	[SQL_GRAVE_NAMES_DROP] =
	    "DELETE FROM name WHERE mailbox = ? AND uid <= ?",
	[SQL_GRAVE_EXPUNGED] = "SELECT modseq, uid, content FROM expunged "
	    "WHERE mailbox = ? LIMIT ?",
	[SQL_GRAVE_EXPUNGED_DROP] = "DELETE FROM expunged "
	    "WHERE mailbox = ? AND modseq = ? AND uid = ?",

	[SQL_SUBSCRIPTIONS] = "SELECT name FROM subscription ORDER BY name",
	[SQL_SUBSCRIPTION_PAGE] = "SELECT name FROM subscription "
	    "WHERE name > ? ORDER BY name LIMIT ?",
	[SQL_SUBSCRIBE] = "INSERT OR IGNORE INTO subscription VALUES (?)",
	[SQL_UNSUBSCRIBE] = "DELETE FROM subscription WHERE name = ?",
};
