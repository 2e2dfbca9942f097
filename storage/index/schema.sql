-- SPDX-License-Identifier: ISC
-- SPDX-FileCopyrightText: 2026 The Penfold maintainers
--
-- The index of one user: penfold/index.db.  The Maildir holds the truth about
-- content, this about everything else.
--
-- There is no SQL index on entry.modseq: each STORE would pay for it twice,
-- and the only question it answers, what another process changed, is asked
-- rarely.  mailbox.flagmodseq says whether there is anything to look for,
-- new messages are found by UID, and views live on entries in memory.

CREATE TABLE meta (
	key	TEXT PRIMARY KEY,
	value	BLOB
) WITHOUT ROWID;

-- The table mailbox is made in sql.c, of the columns in mailbox_columns.h.

CREATE TABLE keyword (
	mailbox	INTEGER NOT NULL,
	number	INTEGER NOT NULL,	-- bit in entry.keywords; never changes
	name	TEXT NOT NULL,
	PRIMARY KEY (mailbox, number)
) WITHOUT ROWID;

-- A message in a mailbox.  Small, since all of a mailbox is read at once.
CREATE TABLE entry (
	mailbox		INTEGER NOT NULL,
	uid		INTEGER NOT NULL,
	flags		INTEGER NOT NULL,	-- FLAG_*
	keywords	INTEGER NOT NULL,
	modseq		INTEGER NOT NULL,
	content		INTEGER NOT NULL,	-- 0: never parsed
	savedate	INTEGER NOT NULL,	-- seconds
	PRIMARY KEY (mailbox, uid)
) WITHOUT ROWID;

-- Its file in cur/: base, and behind the ':' what the name last said, the
-- merge base of flags.  info is NULL when the name has no ':'.
CREATE TABLE name (
	mailbox	INTEGER NOT NULL,
	uid	INTEGER NOT NULL,
	base	BLOB NOT NULL,
	info	BLOB,
	uidl	BLOB,			-- of POP3, if another server gave one
	PRIMARY KEY (mailbox, uid)
) WITHOUT ROWID;

-- What was found by parsing; shared by copies.  The id is never reused.
-- Three tables, as hardly anything asks for more than one of them: a search
-- or a sum of a mailbox reads a tenth of the pages, a fetch of headers half.
CREATE TABLE content (
	id		INTEGER PRIMARY KEY AUTOINCREMENT,
	raw		INTEGER NOT NULL,	-- bytes of the file
	wire		INTEGER NOT NULL,	-- octets with CRLF
	date		INTEGER NOT NULL,	-- internal date, seconds
	traits		INTEGER NOT NULL,	-- MESSAGE_*
	gist		BLOB NOT NULL		-- gist.h
);

CREATE TABLE structure (
	content		INTEGER PRIMARY KEY,
	blob		BLOB NOT NULL		-- mimeblob.h
);

CREATE TABLE header (
	content		INTEGER PRIMARY KEY,
	block		BLOB NOT NULL		-- as header_cache() keeps it
);

-- Contents that more than one entry uses, and how many do.
CREATE TABLE share (
	content	INTEGER PRIMARY KEY,
	entries	INTEGER NOT NULL
);

-- Tombstones.  The key is the order in which they are asked for.  content
-- and base are cleared when the file in expunged/ is unlinked.
CREATE TABLE expunged (
	mailbox	INTEGER NOT NULL,
	modseq	INTEGER NOT NULL,
	uid	INTEGER NOT NULL,
	content	INTEGER NOT NULL,
	time	INTEGER NOT NULL,	-- seconds
	base	BLOB,			-- empty: moved; NULL: no file is kept
	PRIMARY KEY (mailbox, modseq, uid)
) WITHOUT ROWID;

-- Deleted mailboxes whose messages are still to go; see grave.h.
CREATE TABLE grave (
	mailbox	INTEGER PRIMARY KEY
);

CREATE TABLE subscription (
	name	TEXT PRIMARY KEY
) WITHOUT ROWID;
