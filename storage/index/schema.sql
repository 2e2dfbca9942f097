-- SPDX-License-Identifier: ISC
-- SPDX-FileCopyrightText: 2026 The Penfold maintainers
--
-- The index of one user: penfold/index.db.  The Maildir is the authority on
-- the content of messages, the index on everything else.
--
-- There is no SQL index on entry.modseq.  Each STORE would have to update it
-- twice, and it would serve a single, rare question: what has another process
-- changed?  mailbox.flagmodseq says whether there is anything to look for, new
-- messages are found by UID, and views use the entries in memory.
--
-- Programs of an older version write these tables, too (schema.c): a column
-- that is added later has a default, and is added only to tables whose INSERT
-- statement names its columns.

-- The keys of meta:
--	schema	the version of these tables; see schema.c
--	id	identifies this index among all others; random
--	boot	the boot id of the machine; version 3 compares this one
--	counted	the boot id of the machine when boots was last raised
--	boots	how many boots of the machine this index has seen
--	walmark	which WAL belongs to the database; see walmark.h
CREATE TABLE meta (
	key	TEXT PRIMARY KEY,
	value	BLOB
) WITHOUT ROWID;

-- The table mailbox is created in schema.c, from the list in mailbox_columns.h,
-- and so are namelog and vanished.

CREATE TABLE keyword (
	mailbox	INTEGER NOT NULL,
	number	INTEGER NOT NULL,	-- bit of entry.keywords
	name	TEXT NOT NULL,
	PRIMARY KEY (mailbox, number)
) WITHOUT ROWID;

-- What the letters in file names stand for: what dovecot-keywords says.
CREATE TABLE letter (
	mailbox	INTEGER NOT NULL,
	letter	INTEGER NOT NULL,	-- 0 is 'a'
	name	TEXT NOT NULL,		-- as in the file: any octets
	PRIMARY KEY (mailbox, letter)
) WITHOUT ROWID;

-- A message in a mailbox.  Rows are small, since those of a mailbox are read
-- all at once.
CREATE TABLE entry (
	mailbox		INTEGER NOT NULL,
	uid		INTEGER NOT NULL,
	flags		INTEGER NOT NULL,	-- FLAG_*
	keywords	INTEGER NOT NULL,
	modseq		INTEGER NOT NULL,
	content		INTEGER NOT NULL,	-- 0: not parsed yet
	savedate	INTEGER NOT NULL,	-- seconds
	PRIMARY KEY (mailbox, uid)
) WITHOUT ROWID;

-- The file name of a message in cur/.  base is the part before the ':', info
-- the part after it, as the index last saw it: the merge base for flags.  info
-- is NULL if the name has no ':'.  object identifies the message and all its
-- copies, also if it was never parsed.  An older program leaves size and object
-- 0; they are set when the message is parsed.
CREATE TABLE name (
	mailbox	INTEGER NOT NULL,
	uid	INTEGER NOT NULL,
	base	BLOB NOT NULL,
	info	BLOB,
	uidl	BLOB,			-- for POP3, from another server
	size	INTEGER NOT NULL DEFAULT 0,	-- bytes of the file
	object	INTEGER NOT NULL DEFAULT 0,	-- see content_reserve()
	PRIMARY KEY (mailbox, uid)
) WITHOUT ROWID;

-- The results of parsing a message, shared by all its copies.  Ids are never
-- reused.  There are three tables, since most queries need only one of them:
-- in a single table a search, or a sum over a mailbox, would read ten times as
-- many pages, and a fetch of headers twice as many.
CREATE TABLE content (
	id		INTEGER PRIMARY KEY AUTOINCREMENT,
	raw		INTEGER NOT NULL,	-- bytes of the file
	wire		INTEGER NOT NULL,	-- octets with CRLF
	date		INTEGER NOT NULL,	-- internal date, seconds
	traits		INTEGER NOT NULL,	-- MESSAGE_*
	gist		BLOB NOT NULL,		-- see gist.h
	mtime		INTEGER,	-- of the file, seconds; NULL: unknown
	digest		INTEGER		-- of the file: see digest.h
);

CREATE TABLE structure (
	content		INTEGER PRIMARY KEY,
	blob		BLOB NOT NULL		-- see mimeblob.h
);

CREATE TABLE header (
	content		INTEGER PRIMARY KEY,
	block		BLOB NOT NULL		-- from mimeblob_headers()
);

-- Contents that several entries or tombstones share, and how many do.
CREATE TABLE share (
	content	INTEGER PRIMARY KEY,
	entries	INTEGER NOT NULL
);

-- Tombstones, in the order in which queries want them.  content and base are
-- cleared when the file in expunged/ is unlinked.
CREATE TABLE expunged (
	mailbox	INTEGER NOT NULL,
	modseq	INTEGER NOT NULL,
	uid	INTEGER NOT NULL,
	content	INTEGER NOT NULL,
	time	INTEGER NOT NULL,	-- seconds
	base	BLOB,			-- empty: moved; NULL: no file kept
	boot	INTEGER NOT NULL DEFAULT 0,	-- meta.boots at that time
	PRIMARY KEY (mailbox, modseq, uid)
) WITHOUT ROWID;
-- What is still to be purged, oldest first.
CREATE INDEX expunged_kept ON expunged (time)
	WHERE content <> 0 OR base IS NOT NULL;

-- Mod-sequences that a power failure may have torn out of a mailbox: a client
-- that was told one above low and below high may have been told changes that
-- were lost.  (In a table without rowid, the columns of the key stand first:
-- otherwise the quick_check of SQLite 3.40 finds NULL values, and an index that
-- is sound would be set aside.)
CREATE TABLE gap (
	mailbox	INTEGER NOT NULL,
	high	INTEGER NOT NULL,
	low	INTEGER NOT NULL,
	PRIMARY KEY (mailbox, high)
) WITHOUT ROWID;

-- Deleted mailboxes whose messages are still to be removed; see grave.h.
CREATE TABLE grave (
	mailbox	INTEGER PRIMARY KEY
);

CREATE TABLE subscription (
	name	TEXT PRIMARY KEY
) WITHOUT ROWID;
