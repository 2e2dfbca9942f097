-- SPDX-License-Identifier: ISC
-- SPDX-FileCopyrightText: 2026 The Penfold maintainers
--
-- The index of a user as version 2 of the schema left it.

PRAGMA journal_mode = WAL;
CREATE TABLE meta (
	key	TEXT PRIMARY KEY,
	value	BLOB
) WITHOUT ROWID;

CREATE TABLE mailbox (
	id		INTEGER PRIMARY KEY AUTOINCREMENT,
	name		TEXT NOT NULL UNIQUE,
	folder		BLOB NOT NULL UNIQUE,
	inode		INTEGER NOT NULL,
	use		INTEGER NOT NULL,
	uidvalidity	INTEGER NOT NULL,
	uidnext		INTEGER NOT NULL,
	highestmodseq	INTEGER NOT NULL,
	flagmodseq	INTEGER NOT NULL,
	floor		INTEGER NOT NULL,
	recentuid	INTEGER NOT NULL,
	messages	INTEGER NOT NULL,
	unseen		INTEGER NOT NULL,
	deleted		INTEGER NOT NULL,
	bytes		INTEGER NOT NULL,
	unsized		INTEGER NOT NULL,
	renames		INTEGER NOT NULL,
	newmtime	INTEGER NOT NULL,
	curmtime	INTEGER NOT NULL,
	curchecked	INTEGER NOT NULL,
	listuid		INTEGER NOT NULL,
	listnext	INTEGER NOT NULL,
	listmtime	INTEGER NOT NULL,
	listsize	INTEGER NOT NULL
);

CREATE TABLE keyword (
	mailbox	INTEGER NOT NULL,
	number	INTEGER NOT NULL,
	name	TEXT NOT NULL,
	PRIMARY KEY (mailbox, number)
) WITHOUT ROWID;

CREATE TABLE entry (
	mailbox		INTEGER NOT NULL,
	uid		INTEGER NOT NULL,
	flags		INTEGER NOT NULL,
	keywords	INTEGER NOT NULL,
	modseq		INTEGER NOT NULL,
	content		INTEGER NOT NULL,
	savedate	INTEGER NOT NULL,
	PRIMARY KEY (mailbox, uid)
) WITHOUT ROWID;

CREATE TABLE name (
	mailbox	INTEGER NOT NULL,
	uid	INTEGER NOT NULL,
	base	BLOB NOT NULL,
	info	BLOB,
	uidl	BLOB,
	PRIMARY KEY (mailbox, uid)
) WITHOUT ROWID;

CREATE TABLE content (
	id		INTEGER PRIMARY KEY AUTOINCREMENT,
	raw		INTEGER NOT NULL,
	wire		INTEGER NOT NULL,
	date		INTEGER NOT NULL,
	gist		BLOB NOT NULL
);

CREATE TABLE structure (
	content		INTEGER PRIMARY KEY,
	blob		BLOB NOT NULL
);

CREATE TABLE header (
	content		INTEGER PRIMARY KEY,
	block		BLOB NOT NULL
);

CREATE TABLE share (
	content	INTEGER PRIMARY KEY,
	entries	INTEGER NOT NULL
);

CREATE TABLE expunged (
	mailbox	INTEGER NOT NULL,
	modseq	INTEGER NOT NULL,
	uid	INTEGER NOT NULL,
	content	INTEGER NOT NULL,
	time	INTEGER NOT NULL,
	base	BLOB,
	PRIMARY KEY (mailbox, modseq, uid)
) WITHOUT ROWID;

CREATE TABLE grave (
	mailbox	INTEGER PRIMARY KEY
);

CREATE TABLE subscription (
	name	TEXT PRIMARY KEY
) WITHOUT ROWID;

INSERT INTO meta VALUES ('boot', x'31313131313131312d323232322d333333332d343434342d353535353535353535353535');
INSERT INTO mailbox VALUES (1, 'INBOX', '', 0, 0, 1700000000, 8, 900, 900, 100,
    3, 3, 2, 0, 40, 2, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO mailbox VALUES (4, 'Old', '.Old', 0, 2, 1700000001, 1, 100, 100,
    100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO keyword VALUES (1, 0, 'Work');
INSERT INTO entry VALUES (1, 2, 1, 0, 200, 0, 1700000002);
INSERT INTO entry VALUES (1, 5, 4, 1, 900, 9, 1700000003);
INSERT INTO entry VALUES (1, 7, 0, 0, 300, 0, 1700000004);
INSERT INTO name VALUES (1, 2, 'm2', '2,S', NULL);
INSERT INTO name VALUES (1, 5, 'm5', '2,Fa', 'uidl5');
INSERT INTO name VALUES (1, 7, 'm7', '2,', NULL);
INSERT INTO content VALUES (9, 40, 40, 1700000000, x'00');
INSERT INTO structure VALUES (9, x'00');
INSERT INTO header VALUES (9, x'00');
INSERT INTO expunged VALUES (1, 400, 4, 9, 1700000005, 'm4');
INSERT INTO subscription VALUES ('Old');

PRAGMA application_id = 1348824678;
PRAGMA user_version = 2;
