/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The table of commands: each is found by its name, and its arguments parse. */
#include "config.h"

#include <stdlib.h>

#include "common/base/xmalloc.h"
#include "imapd/command_table.h"
#include "tests/unit/storeutil.h"
#include "tests/unit/util.h"

#define UNKNOWN	"Unknown command"
#define NO_UID	"This command has no UID form"

static const struct {
	struct slice	 in;
	const char	*name;		/* of the row found; NULL: refused */
	bool		 uid;
	const char	*error;
	const char	*why;
} names[] = {
	{ LIT("NOOP"), "NOOP", false, NULL, "a command" },
	{ LIT("nOOp"), "NOOP", false, NULL, "a command has no case" },
	{ LIT("uid fetch 1 X"), "FETCH", true, NULL, "UID has no case" },
	{ LIT("UID COPY"), "COPY", true, NULL, "one row for both" },
	{ LIT("EXPUNGE"), "EXPUNGE", false, NULL, "a row for each" },
	{ LIT("UID EXPUNGE 1"), "EXPUNGE", true, NULL,
	    "RFC 4315 brings it, not RFC 3501" },
	{ LIT("UID NOOP"), NULL, false, NO_UID, "it takes no messages" },
	{ LIT("UID CLOSE"), NULL, false, NO_UID, "nor does this" },
	{ LIT("NOOPE"), NULL, false, UNKNOWN, "a longer name" },
	{ LIT("NOO"), NULL, false, UNKNOWN, "a shorter name" },
	{ LIT("UID FOO"), NULL, false, UNKNOWN, "after UID, too" },
	{ LIT("UID UID FETCH"), NULL, false, UNKNOWN, "UID twice" },
	{ LIT("UIDFETCH"), NULL, false, UNKNOWN, "no blank" },
	{ LIT("LOGIN a b"), NULL, false, UNKNOWN, "not after login" },
	{ LIT("UID"), NULL, false, "Space expected", "UID alone" },
	{ LIT("UID  FETCH"), NULL, false, "Word expected", "two blanks" },
	{ LIT("\"NOOP\""), NULL, false, "Word expected", "in quotes" },
	{ LIT(""), NULL, false, "Word expected", "nothing" },
};

START_TEST(test_command_table_name)
{
	struct slice text = unit_tight(names[_i].in);
	const char *why = names[_i].why;
	const struct command *row;
	struct arg a;
	bool uid;

	arg_init(&a, text, NULL, NULL);
	row = command_table_parse(&a, &uid);
	ck_row_eq(text, why, row == NULL ? NULL : row->name, names[_i].name);
	ck_row_eq(text, why, a.error, names[_i].error);
	if (row != NULL)
		ck_row_eq(text, why, uid, names[_i].uid);
	free((char *)text.p);
}
END_TEST

/* All families.  The rows below test at least one command of each. */
extern const struct command_family cmd_append, cmd_copy, cmd_enable,
    cmd_expunge, cmd_fetch, cmd_id, cmd_idle, cmd_list, cmd_mailbox,
    cmd_search, cmd_select, cmd_session, cmd_status, cmd_store;

static const struct command_family *const families[] = {
	&cmd_append, &cmd_copy, &cmd_enable, &cmd_expunge, &cmd_fetch,
	&cmd_id, &cmd_idle, &cmd_list, &cmd_mailbox, &cmd_search,
	&cmd_select, &cmd_session, &cmd_status, &cmd_store,
};

#define BAD	PARSE_BAD

/*
 * Commands with their arguments, in a mailbox of two messages.  A line that
 * ends in the announcement of a literal is parsed before the literal arrives,
 * to decide what happens to it.
 */
struct line {
	struct slice	 in;
	enum parsed	 want;
	const char	*why;
};

static const struct line lines[] = {
	{ LIT("APPEND INBOX {5}"), PARSE_STREAM, "RFC 3501, 6.3.11" },
	{ LIT("APPEND INBOX (\\Seen a) \" 1-Jan-2026 00:00:00 +0000\" {5+}"),
	    PARSE_STREAM, "with flags and a date" },
	{ LIT("APPEND {5}"), PARSE_MORE, "the name comes as a literal" },
	{ LIT("APPEND INBOX"), BAD, "no message" },
	{ LIT("APPEND INBOX \"text\""), BAD, "a message is a literal" },
	{ LIT("APPEND INBOX (\\Recent) {5}"), BAD, "no flag of clients" },
	{ LIT("COPY 1:2 Sent"), PARSE_OK, "RFC 3501, 6.4.7" },
	{ LIT("UID COPY 1:* Sent"), PARSE_OK, "RFC 3501, 6.4.8" },
	{ LIT("COPY 3 Sent"), BAD, "no such message" },
	{ LIT("COPY 1"), BAD, "no mailbox" },
	{ LIT("MOVE 1 Sent"), PARSE_OK, "RFC 6851" },
	{ LIT("UID MOVE 7 Sent"), PARSE_OK, "no such UID is no error" },
	{ LIT("ENABLE CONDSTORE X-Y"), PARSE_OK, "RFC 5161" },
	{ LIT("ENABLE"), BAD, "nothing to enable" },
	{ LIT("EXPUNGE"), PARSE_OK, "RFC 3501, 6.4.3" },
	{ LIT("EXPUNGE 1"), BAD, "only UID EXPUNGE has a set" },
	{ LIT("UID EXPUNGE 1:2"), PARSE_OK, "RFC 4315, 2.1" },
	{ LIT("UID EXPUNGE"), BAD, "no set" },
	{ LIT("CLOSE"), PARSE_OK, "RFC 3501, 6.4.2" },
	{ LIT("FETCH 1:2 (FLAGS UID)"), PARSE_OK, "RFC 3501, 6.4.5" },
	{ LIT("UID FETCH 1:* FLAGS"), PARSE_OK, "RFC 3501, 6.4.8" },
	{ LIT("ID NIL"), PARSE_OK, "RFC 2971" },
	{ LIT("ID (\"name\" \"x\" \"os\" NIL)"), PARSE_OK, "fields" },
	{ LIT("ID"), BAD, "neither NIL nor fields" },
	{ LIT("IDLE"), PARSE_OK, "RFC 2177" },
	{ LIT("LIST \"\" *"), PARSE_OK, "RFC 3501, 6.3.8" },
	{ LIT("LIST (SUBSCRIBED) \"\" (a b) RETURN (CHILDREN)"), PARSE_OK,
	    "RFC 5258" },
	{ LIT("LIST \"\""), BAD, "no pattern" },
	{ LIT("LSUB \"\" %"), PARSE_OK, "RFC 3501, 6.3.9" },
	{ LIT("LSUB \"\" (a b)"), BAD, "one pattern" },
	{ LIT("CREATE a"), PARSE_OK, "RFC 3501, 6.3.3" },
	{ LIT("CREATE a (USE (\\Sent))"), PARSE_OK, "RFC 6154, 3" },
	{ LIT("CREATE a (USE)"), BAD, "no use" },
	{ LIT("DELETE a"), PARSE_OK, "RFC 3501, 6.3.4" },
	{ LIT("RENAME a b"), PARSE_OK, "RFC 3501, 6.3.5" },
	{ LIT("RENAME a"), BAD, "no new name" },
	{ LIT("SUBSCRIBE a"), PARSE_OK, "RFC 3501, 6.3.6" },
	{ LIT("UNSUBSCRIBE a"), PARSE_OK, "RFC 3501, 6.3.7" },
	{ LIT("SEARCH ALL"), PARSE_OK, "RFC 3501, 6.4.4" },
	{ LIT("SELECT INBOX"), PARSE_OK, "RFC 3501, 6.3.1" },
	{ LIT("SELECT INBOX (CONDSTORE)"), PARSE_OK, "RFC 7162, 3.1.8" },
	{ LIT("SELECT INBOX (X)"), BAD, "no such parameter" },
	{ LIT("EXAMINE INBOX"), PARSE_OK, "RFC 3501, 6.3.2" },
	{ LIT("UNSELECT"), PARSE_OK, "RFC 3691" },
	{ LIT("CAPABILITY"), PARSE_OK, "RFC 3501, 6.1.1" },
	{ LIT("CAPABILITY x"), BAD, "no arguments" },
	{ LIT("LOGOUT"), PARSE_OK, "RFC 3501, 6.1.3" },
	{ LIT("NAMESPACE"), PARSE_OK, "RFC 2342" },
	{ LIT("NOOP"), PARSE_OK, "RFC 3501, 6.1.2" },
	{ LIT("NOOP "), PARSE_OK, "a blank at the end is forgiven" },
	{ LIT("CHECK"), PARSE_OK, "RFC 3501, 6.4.1" },
	{ LIT("STATUS INBOX (MESSAGES UIDNEXT)"), PARSE_OK,
	    "RFC 3501, 6.3.10" },
	{ LIT("STATUS INBOX ()"), BAD, "no items" },
	{ LIT("STORE 1 +FLAGS.SILENT (\\Seen)"), PARSE_OK,
	    "RFC 3501, 6.4.6" },
	{ LIT("UID STORE 1 (UNCHANGEDSINCE 7) -FLAGS a b"), PARSE_OK,
	    "RFC 7162, 3.1.3" },
	{ LIT("STORE 1 FLAG (\\Seen)"), BAD, "no such item" },
	{ LIT("STORE 1 FLAGS (\\Recent)"), BAD, "no flag of clients" },
};

/* FETCH and UID FETCH (RFC 3501 and RFC 9051, 9: fetch). */
static const struct line fetch_lines[] = {
	{ LIT("FETCH 1 FLAGS"), PARSE_OK, "an item" },
	{ LIT("FETCH 1 flags"), PARSE_OK, "an item has no case" },
	{ LIT("FETCH 1 (FLAGS)"), PARSE_OK, "a list of one item" },
	{ LIT("FETCH 1 (FLAGS UID FLAGS)"), PARSE_OK, "an item twice" },
	{ LIT("FETCH 1 FLAGS "), PARSE_OK, "a blank at the end is forgiven" },
	{ LIT("FETCH 1 FLAGS UID"), BAD, "items without a list" },
	{ LIT("FETCH 1 ()"), BAD, "no items" },
	{ LIT("FETCH 1 ( FLAGS)"), BAD, "a blank after the parenthesis" },
	{ LIT("FETCH 1 (FLAGS )"), BAD, "a blank before the parenthesis" },
	{ LIT("FETCH 1 (FLAGS  UID)"), BAD, "two blanks" },
	{ LIT("FETCH 1 (FLAGS,UID)"), BAD, "a comma" },
	{ LIT("FETCH 1 ((FLAGS))"), BAD, "a list in a list" },
	{ LIT("FETCH 1 (FLAGS"), BAD, "a list without its end" },
	{ LIT("FETCH 1 FLAGS)"), BAD, "a list without its beginning" },
	{ LIT("FETCH 1 (FLAGS)(UID)"), BAD, "two lists" },
	{ LIT("FETCH 1 \"FLAGS\""), BAD, "in quotes" },
	{ LIT("FETCH 1 {5}\r\nFLAGS"), BAD, "in a literal" },
	{ LIT("FETCH 1"), BAD, "nothing to fetch" },
	{ LIT("FETCH 1 "), BAD, "nothing but a blank" },
	{ LIT("FETCH FLAGS"), BAD, "no messages" },
	{ LIT("FETCH  1 FLAGS"), BAD, "two blanks before the messages" },
	{ LIT("FETCH 1  FLAGS"), BAD, "two blanks before the items" },
	{ LIT("FETCH\t1 FLAGS"), BAD, "a tab" },

	/* Sets of messages; there are two. */
	{ LIT("FETCH 1:2,1 FLAGS"), PARSE_OK, "overlap is merged" },
	{ LIT("FETCH 2:1 FLAGS"), PARSE_OK, "either order (seq-range)" },
	{ LIT("FETCH * FLAGS"), PARSE_OK, "the last message" },
	{ LIT("FETCH *:* FLAGS"), PARSE_OK, "from the last to the last" },
	{ LIT("FETCH *:1,2:* FLAGS"), PARSE_OK, "* at either end" },
	{ LIT("FETCH 0 FLAGS"), BAD, "nz-number" },
	{ LIT("FETCH 01 FLAGS"), BAD, "nz-number begins with no 0" },
	{ LIT("FETCH 0:2 FLAGS"), BAD, "nz-number in a range" },
	{ LIT("FETCH -1 FLAGS"), BAD, "a sign" },
	{ LIT("FETCH 3 FLAGS"), BAD, "no such message" },
	{ LIT("FETCH 1:3 FLAGS"), BAD, "a range with no such message" },
	{ LIT("FETCH 1, FLAGS"), BAD, "nothing after a comma" },
	{ LIT("FETCH ,1 FLAGS"), BAD, "nothing before a comma" },
	{ LIT("FETCH 1: FLAGS"), BAD, "nothing after a colon" },
	{ LIT("FETCH :1 FLAGS"), BAD, "nothing before a colon" },
	{ LIT("FETCH 1:1:2 FLAGS"), BAD, "three ends" },
	{ LIT("FETCH 1, 2 FLAGS"), BAD, "a blank in a set" },
	{ LIT("FETCH (1) FLAGS"), BAD, "a set in parentheses" },
	{ LIT("FETCH \"1\" FLAGS"), BAD, "a set in quotes" },
	{ LIT("FETCH $ FLAGS"), BAD, "$ is of SEARCHRES (RFC 5182)" },
	{ LIT("FETCH 4294967296 FLAGS"), BAD, "does not fit 32 bits" },
	{ LIT("UID FETCH 4294967295 FLAGS"), PARSE_OK,
	    "no such UID is no error (RFC 3501, 6.4.8)" },
	{ LIT("UID FETCH 4294967296 FLAGS"), BAD, "a UID has 32 bits" },
	{ LIT("UID FETCH 9:* FLAGS"), PARSE_OK, "9:* has the last message" },
	{ LIT("UID FETCH 0 FLAGS"), BAD, "a UID is an nz-number" },

	/* Macros stand alone. */
	{ LIT("FETCH 1 ALL"), PARSE_OK, "a macro" },
	{ LIT("FETCH 1 Fast"), PARSE_OK, "a macro has no case" },
	{ LIT("FETCH 1 FULL"), PARSE_OK, "another macro" },
	{ LIT("FETCH 1 (ALL)"), BAD, "a macro in a list" },
	{ LIT("FETCH 1 ALL FLAGS"), BAD, "an item after a macro" },
	{ LIT("FETCH 1 ALLX"), BAD, "a longer word" },

	{ LIT("FETCH 1 (INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"),
	    PARSE_OK, "items that need a message" },
	{ LIT("FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)"), PARSE_OK,
	    "items of RFC 3501 that RFC 9051 left out" },
	{ LIT("FETCH 1 RFC822.BODY"), BAD, "no such item" },
	{ LIT("FETCH 1 BINARY[1]"), BAD, "BINARY (RFC 3516) is not offered" },
	{ LIT("FETCH 1 PREVIEW"), BAD, "PREVIEW (RFC 8970) is not offered" },
	{ LIT("FETCH 1 BODY"), PARSE_OK, "the structure without extensions" },
	{ LIT("FETCH 1 BODY[]"), PARSE_OK, "the message" },
	{ LIT("FETCH 1 BODY []"), BAD, "a blank before a section" },
	{ LIT("FETCH 1 BODY.PEEK"), BAD, "BODY.PEEK needs a section" },
	{ LIT("FETCH 1 RFC822[]"), BAD, "RFC822 has no section" },
	{ LIT("FETCH 1 BODYSTRUCTURE[1]"), BAD, "nor has BODYSTRUCTURE" },
	{ LIT("FETCH 1 BODY[HEADER]"), PARSE_OK, "section-msgtext" },
	{ LIT("FETCH 1 BODY[1.MIME]"), PARSE_OK, "section-text" },
	{ LIT("FETCH 1 BODY[1.2.TEXT]"), PARSE_OK, "text of a part" },
	{ LIT("FETCH 1 BODY[MIME]"), BAD, "MIME needs a part" },
	{ LIT("FETCH 1 BODY[TEXT.1]"), BAD, "a part after a text" },
	{ LIT("FETCH 1 BODY[01]"), BAD, "section-part is an nz-number" },
	{ LIT("FETCH 1 BODY[*]"), BAD, "* is no part" },
	{ LIT("FETCH 1 BODY[ ]"), BAD, "a blank in a section" },
	{ LIT("FETCH 1 BODY[TEXT"), BAD, "a section without its end" },
	{ LIT("FETCH 1 BODY.PEEK[HEADER.FIELDS (From \"To\" {2}\r\nCc)]"),
	    PARSE_OK, "header-fld-name is an astring" },
	{ LIT("FETCH 1 BODY[HEADER.FIELDS.NOT (From)]"), PARSE_OK,
	    "all fields but one" },
	{ LIT("FETCH 1 BODY[HEADER.FIELDS(From)]"), BAD,
	    "no blank before header-list" },
	{ LIT("FETCH 1 BODY[HEADER.FIELDS From]"), BAD,
	    "header-list without parentheses" },
	{ LIT("FETCH 1 BODY[HEADER.FIELDS ()]"), BAD, "an empty list" },
	{ LIT("FETCH 1 BODY[HEADER (From)]"), BAD, "HEADER has no list" },
	{ LIT("FETCH 1 BODY[]<0.1>"), PARSE_OK, "a partial" },
	{ LIT("FETCH 1 BODY[]<00.1>"), PARSE_OK, "number may begin with 0" },
	{ LIT("FETCH 1 BODY[]<4294967295.4294967295>"), PARSE_OK,
	    "the largest partial" },
	{ LIT("FETCH 1 BODY[]<4294967296.1>"), BAD, "does not fit 32 bits" },
	{ LIT("FETCH 1 BODY[]<0.0>"), BAD, "nz-number" },
	{ LIT("FETCH 1 BODY[]<0>"), BAD, "only responses have no length" },
	{ LIT("FETCH 1 BODY[] <0.1>"), BAD, "a blank before a partial" },
	{ LIT("FETCH 1 BODY[]<0.1"), BAD, "a partial without its end" },
	{ LIT("FETCH 1 BODY[]<0.1><0.1>"), BAD, "two partials" },
	{ LIT("FETCH 1 RFC822<0.1>"), BAD, "a partial needs a section" },

	/* RFC 7162, 7. */
	{ LIT("FETCH 1 MODSEQ"), PARSE_OK, "fetch-mod-sequence" },
	{ LIT("FETCH 1 FLAGS (CHANGEDSINCE 12)"), PARSE_OK, "after an item" },
	{ LIT("FETCH 1 (FLAGS) (changedsince 12)"), PARSE_OK,
	    "after a list; a modifier has no case" },
	{ LIT("FETCH 1 FAST (CHANGEDSINCE 12)"), PARSE_OK, "after a macro" },
	{ LIT("FETCH 1 FLAGS (CHANGEDSINCE 0)"), PARSE_OK,
	    "0 is not in the grammar, but says everything" },
	{ LIT("FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)"), BAD,
	    "63 bits" },
	{ LIT("FETCH 1 FLAGS (CHANGEDSINCE)"), BAD, "since when" },
	{ LIT("FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)"), BAD,
	    "VANISHED is of QRESYNC, which is not offered" },
	{ LIT("FETCH 1 FLAGS CHANGEDSINCE 12"), BAD, "no parentheses" },
	{ LIT("FETCH 1 FLAGS(CHANGEDSINCE 12)"), BAD, "no blank" },
	{ LIT("FETCH 1 FLAGS (CHANGEDSINCE 12) x"), BAD, "one more argument" },
	{ LIT("FETCH 1 (CHANGEDSINCE 12)"), BAD, "a modifier is no item" },
	{ LIT("FETCH 1 FLAGS (UNCHANGEDSINCE 12)"), BAD, "that is for STORE" },
	{ LIT("FETCH 1 FLAGS ()"), BAD, "no modifier" },
};

/* Limit of keys in a SEARCH. */
#define KEYS_MAX	8

/* SEARCH and UID SEARCH (RFC 3501, RFC 4466 and RFC 9051, 9: search). */
static const struct line search_lines[] = {
	{ LIT("SEARCH ALL"), PARSE_OK, "a key" },
	{ LIT("SEARCH ALL "), PARSE_OK, "a blank at the end is forgiven" },
	{ LIT("SEARCH (ALL)"), PARSE_OK, "a list of one key" },
	{ LIT("SEARCH SEEN UNSEEN (OLD)"), PARSE_OK, "several keys" },
	{ LIT("SEARCH ALL ALL ALL ALL ALL ALL ALL ALL"), PARSE_OK,
	    "KEYS_MAX keys" },
	{ LIT("SEARCH ALL ALL ALL ALL ALL ALL ALL ALL ALL"), BAD,
	    "KEYS_MAX and one" },
	{ LIT("SEARCH"), BAD, "no key" },
	{ LIT("SEARCH "), BAD, "nothing but a blank" },
	{ LIT("SEARCH  ALL"), BAD, "two blanks" },
	{ LIT("SEARCH ALL  SEEN"), BAD, "two blanks between keys" },
	{ LIT("SEARCH ()"), BAD, "no key in a list" },
	{ LIT("SEARCH ( ALL)"), BAD, "a blank after the parenthesis" },
	{ LIT("SEARCH (ALL )"), BAD, "a blank before the parenthesis" },
	{ LIT("SEARCH (ALL"), BAD, "a list without its end" },
	{ LIT("SEARCH ALL)"), BAD, "a list without its beginning" },
	{ LIT("SEARCH (ALL)SEEN"), BAD, "no blank after a list" },
	{ LIT("SEARCH \"ALL\""), BAD, "a key in quotes" },
	{ LIT("SEARCH ALLX"), BAD, "a longer word" },
	{ LIT("SEARCH NOT (OR ALL NOT SEEN)"), PARSE_OK, "keys in keys" },
	{ LIT("SEARCH NOT"), BAD, "NOT of nothing" },
	{ LIT("SEARCH NOT  ALL"), BAD, "two blanks after NOT" },
	{ LIT("SEARCH OR ALL"), BAD, "OR of one key" },
	{ LIT("SEARCH OR ALL "), BAD, "OR of a key and a blank" },
	{ LIT("SEARCH OR (ALL) (SEEN)"), PARSE_OK, "OR of two lists" },

	/* Sets of messages; there are two. */
	{ LIT("SEARCH 1"), PARSE_OK, "a message" },
	{ LIT("SEARCH 2:1,* SEEN"), PARSE_OK, "a set and a key" },
	{ LIT("SEARCH NOT 1:*"), PARSE_OK, "no message of a set" },
	{ LIT("SEARCH 1 2"), PARSE_OK, "two sets, which exclude each other" },
	{ LIT("SEARCH 0"), BAD, "nz-number" },
	{ LIT("SEARCH 3"), BAD, "no such message" },
	{ LIT("SEARCH 1,"), BAD, "nothing after a comma" },
	{ LIT("SEARCH 1SEEN"), BAD, "no blank" },
	{ LIT("SEARCH $"), BAD, "$ is of SEARCHRES (RFC 5182)" },
	{ LIT("UID SEARCH 2"), PARSE_OK,
	    "a message number, after UID, too (RFC 3501, 6.4.8)" },
	{ LIT("UID SEARCH 3"), BAD, "no such message" },
	{ LIT("SEARCH UID 7"), PARSE_OK, "no such UID is no error" },
	{ LIT("SEARCH UID 1:* 2"), PARSE_OK, "UIDs, then a message number" },
	{ LIT("SEARCH UID"), BAD, "no UIDs" },
	{ LIT("SEARCH UID ALL"), BAD, "a key in place of UIDs" },
	{ LIT("SEARCH UID 4294967296"), BAD, "a UID has 32 bits" },

	/* Strings are astrings; a keyword is an atom. */
	{ LIT("SEARCH SUBJECT a"), PARSE_OK, "an atom" },
	{ LIT("SEARCH SUBJECT \"a b\" SEEN"), PARSE_OK, "in quotes" },
	{ LIT("SEARCH SUBJECT {3}\r\na b SEEN"), PARSE_OK, "in a literal" },
	{ LIT("SEARCH SUBJECT a]"), PARSE_OK, "] is in ASTRING-CHAR" },
	{ LIT("SEARCH SUBJECT \"\""), PARSE_OK, "an empty string" },
	{ LIT("SEARCH SUBJECT NIL"), PARSE_OK, "NIL is an astring as well" },
	{ LIT("SEARCH SUBJECT"), BAD, "no string" },
	{ LIT("SEARCH SUBJECT a*"), BAD, "* is not in ASTRING-CHAR" },
	{ LIT("SEARCH SUBJECT (a)"), BAD, "a list" },
	{ LIT("SEARCH SUBJECT {4}\r\na b"), BAD, "a literal that is cut" },
	{ LIT("SEARCH SUBJECT {1}\r\n\0"), BAD, "NUL is not in CHAR8" },
	{ LIT("SEARCH HEADER X-Y z"), PARSE_OK, "a field" },
	{ LIT("SEARCH HEADER X-Y"), BAD, "a field without a string" },
	{ LIT("SEARCH KEYWORD $Junk"), PARSE_OK, "a keyword" },
	{ LIT("SEARCH KEYWORD \\Seen"), BAD, "no system flag" },
	{ LIT("SEARCH KEYWORD \"a\""), BAD, "no string" },
	{ LIT("SEARCH KEYWORD a]"), BAD, "] is not in ATOM-CHAR" },

	{ LIT("SEARCH ON 1-Jan-2026 SINCE \"01-jan-2026\""), PARSE_OK,
	    "date-day has one digit or two" },
	{ LIT("SEARCH ON 1-Jan-26"), BAD, "date-year has four digits" },
	{ LIT("SEARCH ON 001-Jan-2026"), BAD, "three digits" },
	{ LIT("SEARCH ON \" 1-Jan-2026\""), BAD, "only date-time has a blank" },
	{ LIT("SEARCH ON 1-January-2026"), BAD, "date-month is three letters" },
	{ LIT("SEARCH ON 2026-01-01"), BAD, "ISO 8601" },
	{ LIT("SEARCH ON 29-Feb-2025"), BAD, "no leap year" },
	{ LIT("SEARCH ON {10}\r\n1-Jan-2026"), BAD, "a date is no string" },
	{ LIT("SEARCH LARGER 0 SMALLER 4294967295"), PARSE_OK, "number" },
	{ LIT("SEARCH LARGER 4294967296"), BAD,
	    "number64 is of RFC 9051, which is not offered" },
	{ LIT("SEARCH LARGER x"), BAD, "no number" },
	{ LIT("SEARCH YOUNGER 1"), BAD, "WITHIN (RFC 5032) is not offered" },
	{ LIT("SEARCH MODSEQ 0"), PARSE_OK, "mod-sequence-valzer (RFC 7162)" },
	{ LIT("SEARCH MODSEQ \"/flags/\\\\Seen\" all 12"), PARSE_OK,
	    "an entry name" },
	{ LIT("SEARCH MODSEQ all 12"), BAD, "a type without an entry name" },
	{ LIT("SEARCH MODSEQ \"/flags/a\"all 12"), BAD, "no blank" },

	/* CHARSET comes first, or after RETURN. */
	{ LIT("SEARCH CHARSET UTF-8 ALL"), PARSE_OK, "a charset" },
	{ LIT("SEARCH charset \"utf-8\" ALL"), PARSE_OK, "in quotes" },
	{ LIT("SEARCH CHARSET X-NONE ALL"), PARSE_OK,
	    "an unknown charset is NO, not BAD" },
	{ LIT("SEARCH CHARSET UTF-8"), BAD, "no key" },
	{ LIT("SEARCH CHARSET UTF-8 "), BAD, "no key but a blank" },
	{ LIT("SEARCH CHARSET ALL"), BAD, "no charset" },
	{ LIT("SEARCH CHARSET (UTF-8) ALL"), BAD, "a list of charsets" },
	{ LIT("SEARCH ALL CHARSET UTF-8"), BAD, "CHARSET is no key" },
	{ LIT("SEARCH CHARSET UTF-8 CHARSET UTF-8 ALL"), BAD, "twice" },

	/* RFC 4731. */
	{ LIT("SEARCH RETURN () ALL"), PARSE_OK, "no option means ALL" },
	{ LIT("SEARCH RETURN (MIN max ALL COUNT) ALL"), PARSE_OK,
	    "all options; they have no case" },
	{ LIT("SEARCH RETURN (MIN MIN) ALL"), PARSE_OK, "an option twice" },
	{ LIT("SEARCH RETURN (MIN) CHARSET UTF-8 ALL"), PARSE_OK,
	    "CHARSET after RETURN" },
	{ LIT("SEARCH CHARSET UTF-8 RETURN (MIN) ALL"), BAD,
	    "RETURN after CHARSET" },
	{ LIT("SEARCH ALL RETURN (MIN)"), BAD, "RETURN is no key" },
	{ LIT("SEARCH RETURN (MIN)"), BAD, "no key" },
	{ LIT("SEARCH RETURN MIN ALL"), BAD, "an option without parentheses" },
	{ LIT("SEARCH RETURN(MIN) ALL"), BAD, "no blank before the options" },
	{ LIT("SEARCH RETURN (MIN)ALL"), BAD, "no blank after the options" },
	{ LIT("SEARCH RETURN (MIN,MAX) ALL"), BAD, "a comma" },
	{ LIT("SEARCH RETURN ( ) ALL"), BAD, "a blank is no option" },
	{ LIT("SEARCH RETURN (SAVE) ALL"), BAD,
	    "SAVE is of SEARCHRES, which is not offered" },
	{ LIT("SEARCH RETURN (PARTIAL 1:2) ALL"), BAD,
	    "PARTIAL (RFC 9394) is not offered" },
};

static struct session s;

static void
setup(void)
{
	su_setup();
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	memset(&s, 0, sizeof(s));
	s.names = name_style_default;
	s.search_terms = KEYS_MAX;
	s.store = su.store;
	s.view = su_select(su.proc, su.store, "INBOX");
	arena_init(&s.cmd.arena, 1 << 20);
}

static void
teardown(void)
{
	arena_clear(&s.cmd.arena);
	view_close(s.view);
	su_teardown();
}

/*
 * Parse as the dispatcher does, and free the result.
 *
 * code  of the error
 */
static enum parsed
parse(struct slice in, const struct command **row, enum respcode *code)
{
	struct slice text = unit_tight(in);
	enum parsed got = PARSE_OK;
	void *args = NULL;
	struct arg a;

	arg_init(&a, text, &s.cmd.arena, &s.names);
	*row = command_table_parse(&a, &s.cmd.uid);
	if (*row != NULL && (*row)->args_size > 0)
		args = xcalloc(1, (*row)->args_size);
	if (*row == NULL)
		got = PARSE_BAD;
	else if ((*row)->parse != NULL)
		got = (*row)->parse(&s, &a, args);
	if (got == PARSE_OK && arg_end(&a) == -1)
		got = PARSE_BAD;
	if (got == PARSE_BAD)
		ck_row(in, "BAD says why", a.error != NULL);
	if (*row != NULL && (*row)->clear != NULL)
		(*row)->clear(args);
	free(args);
	free((char *)text.p);
	*code = a.code;
	return got;
}

/* With less memory than it takes, a command is refused: NO [LIMIT]. */
static void
check_memory(const struct line *line)
{
	const struct command *row;
	enum parsed got = PARSE_BAD;
	enum respcode code;

	arena_clear(&s.cmd.arena);
	for (size_t limit = 0; got != line->want; limit += 16) {
		arena_init(&s.cmd.arena, limit);
		got = parse(line->in, &row, &code);
		arena_clear(&s.cmd.arena);
		if (got != line->want) {
			ck_row_eq(line->in, "memory", got, PARSE_BAD);
			ck_row_eq(line->in, "memory", code, CODE_LIMIT);
		}
	}
	arena_init(&s.cmd.arena, 1 << 20);
}

static void
check_line(const struct line *line)
{
	const struct command *row;
	enum respcode code;

	ck_row_eq(line->in, line->why, parse(line->in, &row, &code),
	    line->want);
	/* Every prefix is parsed or refused without reading past its end. */
	for (size_t n = 0; n < line->in.len; n++)
		(void)parse(slice_sub(line->in, 0, n), &row, &code);
	if (line->want != BAD)
		check_memory(line);
}

START_TEST(test_command_table_arguments)
{
	check_line(&lines[_i]);
}
END_TEST

START_TEST(test_command_table_fetch)
{
	check_line(&fetch_lines[_i]);
}
END_TEST

START_TEST(test_command_table_search)
{
	check_line(&search_lines[_i]);
}
END_TEST

/* Each row of each family has a line here that is accepted. */
START_TEST(test_command_table_has_no_row_without_a_test)
{
	const struct command *found[NROWS(lines)] = { NULL };
	enum respcode code;

	for (size_t i = 0; i < NROWS(lines); i++)
		if (lines[i].want != PARSE_BAD)
			(void)parse(lines[i].in, &found[i], &code);
	for (size_t f = 0; f < NROWS(families); f++)
		for (size_t r = 0; r < families[f]->nrows; r++) {
			const struct command *row = &families[f]->rows[r];
			bool tested = false;

			for (size_t i = 0; i < NROWS(lines); i++)
				tested = tested || found[i] == row;
			ck_row(row->name, "a row of lines[]", tested);
			ck_row(row->name, "allowed somewhere", row->in != 0);
			ck_row(row->name, "runs", row->run != NULL);
		}
}
END_TEST

Suite *
suite_command_table(void)
{
	Suite *suite = suite_create("command_table");
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc, test_command_table_name, 0, NROWS(names));
	suite_add_tcase(suite, tc);
	tc = tcase_create("arguments");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_command_table_arguments, 0, NROWS(lines));
	tcase_add_loop_test(tc, test_command_table_fetch, 0,
	    NROWS(fetch_lines));
	tcase_add_loop_test(tc, test_command_table_search, 0,
	    NROWS(search_lines));
	tcase_add_test(tc, test_command_table_has_no_row_without_a_test);
	suite_add_tcase(suite, tc);
	return suite;
}
