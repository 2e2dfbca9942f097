#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: messages are stored, fetched, flagged, copied, searched and
expunged."""

import re

import lib
from lib import Imap, check, expect, expect_match, need

PLAIN = (b"From: Fred Foobar <foobar@example.org>\r\n"
         b"To: mooch@example.org\r\n"
         b"Subject: afternoon meeting\r\n"
         b"Date: Mon, 7 Feb 1994 21:52:25 -0800\r\n"
         b"Message-ID: <B27397-0100000@example.org>\r\n"
         b"X-Extra: seen by nobody\r\n"
         b"\r\n"
         b"Hello Joe, do you think we can meet at 3:30 tomorrow?\r\n")
HEAD, _, BODY = PLAIN.partition(b"\r\n\r\n")
HEAD += b"\r\n\r\n"
MIXED = lib.message("K\u00e4se und Br\u00f6tchen", "Gr\u00fc\u00dfe\n",
                    html="<p>Gr\u00fc\u00dfe</p>\n",
                    attachment=("a.bin", bytes(range(256)) * 1000))
MESSAGES = [PLAIN, MIXED, lib.message("Third", "needle\n")]


class Box(Imap):
    """A client whose mailbox has these messages and no others."""

    def __init__(self, server, messages=MESSAGES):
        super().__init__(server, user="alice")
        self.name = self.fresh(messages)


def literal(answer, item):
    """The octets of an item's literal."""
    m = answer.has(re.escape(item.encode()) + rb" \{(\d+)\}\r\n", item)
    for response in answer.untagged:
        if m.re.search(response):
            return response[m.end():m.end() + int(m[1])]
    return None


def expect_literal(c, number, item, want, answered=None):
    answered = answered or item.replace(".PEEK", "")
    expect(literal(c.fetch(number, item), answered), want, item)


def uids(c):
    return [int(re.search(rb"UID (\d+)", line)[1])
            for line in c.fetch("1:*", "UID").untagged]


# APPEND.

@check("APPEND answers with APPENDUID, and UIDs grow (RFC 4315 3)")
def append_uid(server):
    with Box(server, []) as c:
        for number, message in enumerate(MESSAGES, 1):
            expect_match(rf"^\[APPENDUID \d+ {number}\] ",
                         c.append(c.name, message).text, "APPEND")
        expect(uids(c), [1, 2, 3], "UIDs")


@check("APPEND to no mailbox is NO [TRYCREATE], and its literal is swallowed "
       "(RFC 3501 6.3.11)")
def append_nowhere(server):
    with Box(server, []) as c:
        c.fails("NO", "APPEND nowhere {}", b"x").says("[TRYCREATE]")
        c.send(b"a APPEND nowhere {%d+}\r\n" % 18 + b"b SELECT INBOX\r\n\r\n"
               b"\r\n")
        expect(c.collect("a").status, "NO", "LITERAL+")
        c.nothing_else()


@check("a date before 1970 is a date: APPEND keeps it, SEARCH finds its day")
def append_old_dates(server):
    dates = ["31-Dec-1969 23:59:59 +0000", " 1-Jan-1970 00:00:00 +0000",
             "30-Dec-1969 00:00:00 +0000", "10-Nov-1910 11:12:13 +0000"]
    with Box(server, []) as c:
        for date in dates:
            c.append(c.name, PLAIN, f'"{date}"')
        for number, date in enumerate(dates, 1):
            c.fetch(number, "INTERNALDATE").has(
                f'INTERNALDATE "{re.escape(date)}"', date)
        for keys, want in (("ON 31-Dec-1969", [1]), ("ON 1-Jan-1970", [2]),
                           ("BEFORE 31-Dec-1969", [3, 4]),
                           ("SINCE 30-Dec-1969", [1, 2, 3]),
                           ("BEFORE 1-Jan-1911", [4])):
            expect(numbers(c.ok("SEARCH " + keys)), want, keys)


@check("APPEND with a flag that is none is BAD, and its literal is swallowed")
def append_bad_flag(server):
    with Box(server, []) as c:
        c.send(b"a APPEND INBOX (\\Foo) {6+}\r\nb NOOP\r\n")
        expect(c.collect("a").status, "BAD", "APPEND")
        c.nothing_else()


@check("APPEND of nothing is NO (RFC 3502 6.3.11)")
def append_nothing(server):
    with Box(server, []) as c:
        c.fails("NO", f"APPEND {c.name} {{}}", b"")


@check("APPEND over the limit is NO [TOOBIG] before it is sent (RFC 5530 3)")
def append_too_big(server):
    with Box(server, []) as c:
        c.send(f"x APPEND {c.name} {{9999999999}}\r\n")
        c.collect("x").says("[TOOBIG]")


@check("APPEND keeps flags, keywords and the internal date "
       "(RFC 3501 6.3.11)")
def append_date(server):
    with Box(server, []) as c:
        c.append(c.name, PLAIN, '(\\Seen $MDNSent) '
                 '" 1-Feb-1994 21:52:25 -0800"')
        answer = c.fetch("1", "(FLAGS INTERNALDATE)")
        answer.has(rb'INTERNALDATE " 2-Feb-1994 05:52:25 \+0000"')
        answer.has(rb"FLAGS \([^)]*\\Seen[^)]*\$MDNSent")


@check("APPEND takes the mailbox as a literal, too (RFC 7888)")
def append_two_literals(server):
    with Box(server, []) as c:
        name = c.name.encode()
        c.send(b"y APPEND {%d+}\r\n%s {%d+}\r\n" % (
            len(name), name, len(PLAIN)) + PLAIN + b"\r\n")
        expect(c.collect("y").status, "OK", "two literals")
        expect(uids(c), [1], "UIDs")


# SELECT and FETCH.

@check("SELECT tells FLAGS, EXISTS, RECENT, UNSEEN, PERMANENTFLAGS, "
       "UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ (RFC 3501 6.3.1)")
def select(server):
    with Box(server) as c:
        answer = c.ok(f"SELECT {c.name}")
        for want in (r"^\* FLAGS \(", r"^\* 3 EXISTS$", r"^\* 0 RECENT$",
                     r"^\* OK \[UNSEEN 1\]", r"^\* OK \[PERMANENTFLAGS \(",
                     r"^\* OK \[UIDVALIDITY \d+\]", r"^\* OK \[UIDNEXT 4\]",
                     r"^\* OK \[HIGHESTMODSEQ \d+\]"):
            answer.has(want, "SELECT")
        expect_match(r"^\[READ-WRITE\]", answer.text, "SELECT")
        expect_match(r"^\[READ-ONLY\]", c.ok(f"EXAMINE {c.name}").text,
                     "EXAMINE")


@check("FETCH BODY[] is the message that was appended, octet by octet, and "
       "RFC822.SIZE its size")
def fetch_whole(server):
    with Box(server) as c:
        for number, message in enumerate(MESSAGES, 1):
            answer = c.fetch(number, "(RFC822.SIZE BODY.PEEK[])")
            answer.has(rb"RFC822.SIZE %d\b" % len(message))
            expect(literal(answer, "BODY[]"), message, "BODY[]")


@check("FETCH {} is a macro for {} (RFC 3501 6.4.5)", with_each=[
    ("FAST", "FLAGS INTERNALDATE RFC822.SIZE"),
    ("ALL", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE"),
    ("FULL", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY")])
def fetch_macro(server, row):
    macro, items = row
    with Box(server) as c:
        expect(c.fetch("1:*", macro).untagged,
               c.fetch("1:*", f"({items})").untagged, macro)


@check("FETCH ENVELOPE has the addresses of the header (RFC 3501 7.4.2)")
def fetch_envelope(server):
    with Box(server) as c:
        c.fetch("1", "ENVELOPE").has(
            rb'ENVELOPE \("Mon, 7 Feb 1994 21:52:25 -0800" '
            rb'"afternoon meeting" \(\("Fred Foobar" NIL "foobar" '
            rb'"example.org"\)\)')


@check("FETCH BODYSTRUCTURE has types, sizes and extension data "
       "(RFC 3501 7.4.2)")
def fetch_bodystructure(server):
    with Box(server) as c:
        c.fetch("1", "BODYSTRUCTURE").has(
            rb'BODYSTRUCTURE \("text" "plain" \("charset" "us-ascii"\) NIL '
            rb'NIL "7bit" %d 1 NIL NIL NIL NIL\)\)$' % len(BODY))
        c.fetch("2", "BODYSTRUCTURE").has(
            rb'"application" "octet-stream".*"base64" \d+ NIL '
            rb'\("attachment" \("filename" "a.bin"\)\)')


@check("FETCH of sections gives what the section names (RFC 3501 6.4.5)")
def fetch_sections(server):
    with Box(server) as c:
        for item, want in (
                ("BODY.PEEK[HEADER]", HEAD), ("RFC822.HEADER", HEAD),
                ("BODY.PEEK[TEXT]", BODY), ("BODY.PEEK[1]", BODY),
                ("BODY.PEEK[HEADER.FIELDS (SUBJECT x-no)]",
                 b"Subject: afternoon meeting\r\n\r\n"),
                ("BODY.PEEK[HEADER.FIELDS (x-extra)]",
                 b"X-Extra: seen by nobody\r\n\r\n"),
                ("BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT)]",
                 HEAD.replace(b"Subject: afternoon meeting\r\n", b""))):
            expect_literal(c, 1, item, want)
        c.fetch(1, "BODY.PEEK[7]").has(rb"BODY\[7\] NIL", "no such part")
        part = literal(c.fetch(2, "BODY.PEEK[2.MIME]"), "BODY[2.MIME]")
        expect_match(rb"a\.bin.*\r\n\r\n$", part, "BODY[2.MIME]")


@check("FETCH of a partial gives that many octets, none beyond the end "
       "(RFC 3501 6.4.5)")
def fetch_partial(server):
    with Box(server) as c:
        expect_literal(c, 1, "BODY.PEEK[]<5.10>", PLAIN[5:15], "BODY[]<5>")
        expect_literal(c, 1, "BODY.PEEK[]<99999.10>", b"", "BODY[]<99999>")
        expect_literal(c, 1, "BODY.PEEK[HEADER]<3.7>", HEAD[3:10],
                       "BODY[HEADER]<3>")


@check("FETCH of a message in partials gives the message")
def fetch_in_pieces(server):
    with Box(server) as c:
        whole = b""
        while len(whole) < len(MIXED):
            piece = literal(c.fetch(2, f"BODY.PEEK[]<{len(whole)}.70000>"),
                            f"BODY[]<{len(whole)}>")
            need(piece, f"octets from {len(whole)} on")
            whole += piece
        expect(whole, MIXED, "in pieces")


@check("FETCH of more than is sent at once has each message once")
def fetch_long(server):
    with Box(server, [lib.message(f"Long {n}", "text\n" * 5000)
                      for n in range(1, 21)]) as c:
        answer = c.fetch("1:*", "BODY.PEEK[]")
        expect([int(line.split()[1]) for line in answer.untagged],
               list(range(1, 21)), "messages")


@check("FETCH BODY[] sets \\Seen and tells it once; PEEK and EXAMINE do not "
       "(RFC 3501 6.4.5)")
def fetch_sets_seen(server):
    with Box(server) as c:
        c.fetch(1, "BODY.PEEK[TEXT]").lacks("FLAGS", "PEEK")
        c.fetch(1, "(UID BODY[TEXT])").has(rb"FLAGS \([^)]*\\Seen", "BODY[]")
        c.fetch(1, "BODY[TEXT]").lacks("FLAGS", "BODY[] again")
        c.ok(f"EXAMINE {c.name}")
        c.fetch(2, "BODY[TEXT]").lacks("FLAGS", "EXAMINE")
        c.fetch(2, "FLAGS").lacks("Seen", "EXAMINE")


@check("UID FETCH names UIDs; those that are not there are no error, and * "
       "is the last (RFC 3501 6.4.8)")
def uid_fetch(server):
    with Box(server) as c:
        expect(len(c.ok("UID FETCH 1:* FLAGS").all(
            rb"^\* \d+ FETCH \(UID \d+ FLAGS \(")), 3, "UID FETCH")
        expect(c.ok("UID FETCH 999999 FLAGS").untagged, [], "no such UID")
        expect(len(c.ok("UID FETCH 999999:* FLAGS").all("^\\* 3 FETCH ")), 1,
               "the last message")


@check("FETCH of no message, no item or no section is BAD")
def fetch_bad(server):
    with Box(server) as c:
        for text in ("FETCH 99 FLAGS", "FETCH 1 FOO", "FETCH 1 BODY[FOO]",
                     "FETCH 1 (FLAGS) (FOO 1)"):
            c.fails("BAD", text)


# STORE.

@check("STORE +FLAGS, -FLAGS and FLAGS add, remove and replace "
       "(RFC 3501 6.4.6)")
def store(server):
    with Box(server) as c:
        c.ok("STORE 1 +FLAGS (\\Flagged $label1)").has(
            rb"^\* 1 FETCH \(.*FLAGS \(.*\\Flagged.*\$label1.*\)", "+FLAGS")
        answer = c.ok("STORE 1 -FLAGS $label1")
        answer.has(rb"^\* 1 FETCH \(.*\\Flagged", "-FLAGS")
        answer.lacks(r"FETCH.*label1", "-FLAGS")
        c.ok("STORE 1 FLAGS (\\Seen)")
        c.fetch(1, "FLAGS").has(rb"FLAGS \(\\Seen( \\Recent)?\)", "FLAGS")


@check("STORE with FLAGS.SILENT sends no FETCH (RFC 3501 6.4.6)")
def store_silent(server):
    with Box(server) as c:
        for how in ("+FLAGS", "-FLAGS", "FLAGS"):
            expect(c.ok(f"STORE 1 {how}.SILENT (\\Seen)").untagged, [], how)


@check("UID STORE tells the UIDs (RFC 3501 6.4.8)")
def uid_store(server):
    with Box(server) as c:
        expect(len(c.ok("UID STORE 1:* +FLAGS \\Answered").all(
            rb"FETCH \(.*UID \d+.*\\Answered|\\Answered.*UID \d+")), 3,
            "UID STORE")


@check("STORE and EXPUNGE after EXAMINE are NO (RFC 3501 6.3.2)")
def examine_is_read_only(server):
    with Box(server) as c:
        c.ok(f"EXAMINE {c.name}")
        c.fails("NO", "STORE 1 +FLAGS (\\Deleted)")
        c.fails("NO", "EXPUNGE")
        c.fails("NO", "MOVE 1 INBOX").says("READ-ONLY")
        c.ok("COPY 1 INBOX")


# COPY and MOVE.

@check("COPY takes text and flags along, and answers with COPYUID "
       "(RFC 4315 3)")
def copy(server):
    with Box(server) as c:
        to = c.fresh(select=False)
        c.ok("STORE 1 +FLAGS (\\Seen $word)")
        expect_match(r"^\[COPYUID \d+ 1:2 1:2\]", c.ok(f"COPY 1:2 {to}").text,
                     "COPY")
        c.ok(f"SELECT {to}")
        expect_literal(c, 1, "BODY.PEEK[]", PLAIN)
        c.fetch(1, "FLAGS").has(r"\\Seen.*\$word", "flags of the copy")


@check("COPY to no mailbox is NO [TRYCREATE]; of no message it is OK "
       "(RFC 3501 6.4.7)")
def copy_nowhere(server):
    with Box(server) as c:
        c.fails("NO", "COPY 1 nowhere").says("[TRYCREATE]")
        expect(c.ok(f"UID COPY 999999 {c.name}").text,
               "UID COPY completed.", "nothing to copy")


@check("MOVE tells COPYUID and then EXPUNGE, and no message is in both "
       "(RFC 6851 3.3)")
def move(server):
    with Box(server) as c:
        to = c.fresh(select=False)
        answer = c.ok(f"MOVE 1 {to}")
        expect(len(answer.untagged), 2, "responses")
        expect_match(rb"^\* OK \[COPYUID \d+ 1 1\]", answer.untagged[0],
                     "first")
        expect(answer.untagged[1], b"* 1 EXPUNGE", "second")
        expect(uids(c), [2, 3], "what is left")
        c.ok(f"UID MOVE 1:* {to}")
        expect(c.fetch("1:*", "UID").untagged, [], "what is left")
        c.ok(f"STATUS {to} (MESSAGES)").has(r"MESSAGES 3\)")


# EXPUNGE.

@check("UID EXPUNGE removes what is named and \\Deleted (RFC 4315 2.1)")
def uid_expunge(server):
    with Box(server, 6) as c:
        c.ok("STORE 1:4 +FLAGS.SILENT (\\Deleted)")
        expect(c.ok("UID EXPUNGE 2,6").untagged, [b"* 2 EXPUNGE"],
               "UID EXPUNGE")
        expect(uids(c), [1, 3, 4, 5, 6], "what is left")


@check("EXPUNGE tells each message under the number that it then has "
       "(RFC 3501 7.4.1)")
def expunge(server):
    with Box(server, 5) as c:
        c.ok("STORE 2:4 +FLAGS.SILENT (\\Deleted)")
        numbers = [int(line.split()[1])
                   for line in c.ok("EXPUNGE").all(r"^\* \d EXPUNGE$")]
        left = [1, 2, 3, 4, 5]
        for number in numbers:
            del left[number - 1]
        expect(left, [1, 5], "what the client thinks is left")
        expect(uids(c), [1, 5], "what is left")


@check("CLOSE expunges without a word; UNSELECT does not expunge "
       "(RFC 3501 6.4.2, RFC 3691)")
def close(server):
    with Box(server, 2) as c:
        c.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        c.ok("UNSELECT")
        c.ok(f"SELECT {c.name}")
        expect(uids(c), [1, 2], "after UNSELECT")
        expect(c.ok("CLOSE").untagged, [], "CLOSE")
        c.fails("BAD", "FETCH 1 UID")
        c.ok(f"SELECT {c.name}")
        expect(uids(c), [2], "after CLOSE")


# SEARCH.

def numbers(answer):
    m = answer.has(rb"^\* SEARCH ?([\d ]*)")
    return [int(x) for x in m[1].split()]


KEYS = [
    ("ALL", [1, 2, 3]), ("SEEN", [1]), ("UNSEEN", [2, 3]),
    ("FLAGGED", [2]), ("UNFLAGGED", [1, 3]), ("DRAFT", [3]),
    ("UNDRAFT", [1, 2]), ("DELETED", []), ("ANSWERED", []),
    ("UNANSWERED UNDELETED", [1, 2, 3]),
    ("KEYWORD $label2", [2]), ("UNKEYWORD $label2", [1, 3]),
    ("SUBJECT afternoon", [1]), ("SUBJECT AFTERNOON", [1]),
    ("FROM foobar", [1]), ("TO mooch", [1]), ("CC x", []),
    ("BCC x", []), ("BODY needle", [3]), ("TEXT needle", [3]),
    ("TEXT afternoon", [1]), ("BODY afternoon", []),
    ("HEADER X-Extra nobody", [1]), ('HEADER X-Extra ""', [1]),
    ("NOT SEEN", [2, 3]), ("OR SEEN FLAGGED", [1, 2]),
    ("OR (SEEN) (OR FLAGGED DRAFT)", [1, 2, 3]),
    ("(SEEN FLAGGED)", []), ("1:2", [1, 2]), ("*", [3]),
    ("NOT 2", [1, 3]), ("UID 1:*", [1, 2, 3]),
    ("LARGER 100000", [2]), ("SMALLER 100000", [1, 3]),
    ("SENTBEFORE 8-Feb-1994", [1]), ("SENTON 7-Feb-1994", [1]),
    ("SENTSINCE 1-Jan-2000", [2, 3]), ("BEFORE 1-Jan-2000", []),
    ("SINCE 1-Jan-2000", [1, 2, 3]), ("ON 1-Jan-2000", []),
    ("CHARSET UTF-8 ALL", [1, 2, 3]), ("NEW", []), ("OLD", [1, 2, 3]),
    ("RECENT", []),
]


@check("SEARCH finds what each key says (RFC 3501 6.4.4)")
def search(server):
    with Box(server) as c:
        c.ok("STORE 1 FLAGS (\\Seen)")
        c.ok("STORE 2 FLAGS (\\Flagged $label2)")
        c.ok("STORE 3 FLAGS (\\Draft)")
        # Again: what is recent was so for the session that was first.
        c.ok(f"SELECT {c.name}")
        for keys, want in KEYS:
            expect(numbers(c.ok("SEARCH " + keys)), want, keys)


@check("SEARCH NEW and RECENT find what is recent in this session "
       "(RFC 3501 2.3.2)")
def search_recent(server):
    with Box(server, []) as c:
        c.append(c.name, PLAIN)
        c.ok("NOOP")
        c.append(c.name, PLAIN, "(\\Seen)")
        c.ok("NOOP")
        expect(numbers(c.ok("SEARCH RECENT")), [1, 2], "RECENT")
        expect(numbers(c.ok("SEARCH NEW")), [1], "NEW")
        expect(numbers(c.ok("SEARCH OLD")), [], "OLD")


@check("SEARCH finds non-ASCII text in any case, whatever charset it is "
       "asked in (RFC 3501 6.4.4, RFC 5051)")
def search_text(server):
    with Box(server) as c:
        text = "k\u00e4se"
        for charset in ("UTF-8", "ISO-8859-1"):
            expect(numbers(c.ok(f"SEARCH CHARSET {charset} SUBJECT {{}}",
                                text.encode(charset))), [2], charset)
        expect(numbers(c.ok("SEARCH CHARSET UTF-8 BODY {}",
                            "GR\u00dc\u00dfE".encode())), [2], "in a body")


@check("SEARCH finds text of a message in {}, asked in it or in UTF-8",
       with_each=("KOI8-R", "windows-1251", "UTF-7", "ISO-8859-5", "GB18030"))
def search_charset(server, charset):
    text = "\u043f\u0440\u0438\u0432\u0435\u0442"
    raw = b"Content-Type: text/plain; charset=%s\r\n\r\n" % (
        charset.encode()) + text.encode(charset) + b"\r\n"
    with Box(server, [raw]) as c:
        expect(numbers(c.ok(f"SEARCH CHARSET {charset} BODY {{}}",
                            text.encode(charset))), [1], charset)
        expect(numbers(c.ok("SEARCH CHARSET UTF-8 BODY {}",
                            text.upper().encode())), [1], "UTF-8")


@check("SEARCH in an unknown charset is NO [BADCHARSET (...)] "
       "(RFC 3501 7.1)")
def search_bad_charset(server):
    with Box(server) as c:
        c.fails("NO", "SEARCH CHARSET X-FOO SUBJECT x").says("[BADCHARSET (")


@check("SEARCH RETURN answers with ESEARCH and what was asked for "
       "(RFC 4731 3.1)")
def esearch(server):
    with Box(server) as c:
        c.ok("STORE 1 +FLAGS.SILENT (\\Seen)")
        c.send("a SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN\r\n"
               "b UID SEARCH RETURN () DELETED\r\n"
               "c SEARCH RETURN (COUNT) DELETED\r\n")
        for tag, want in (
                ("a", b'* ESEARCH (TAG "a") MIN 2 MAX 3 COUNT 2 ALL 2:3'),
                ("b", b'* ESEARCH (TAG "b") UID'),
                ("c", b'* ESEARCH (TAG "c") COUNT 0')):
            expect(c.collect(tag).untagged, [want], tag)


@check("SEARCH MODSEQ tells the highest mod-sequence of what it found "
       "(RFC 7162 3.1.5)")
def search_modseq(server):
    with Box(server) as c:
        highest = max(int(re.search(rb"MODSEQ \((\d+)\)", line)[1])
                      for line in c.fetch("1:*", "MODSEQ").untagged)
        for key in ("MODSEQ 1", 'MODSEQ "/flags/\\\\draft" all 1'):
            expect(c.ok("SEARCH " + key).untagged,
                   [b"* SEARCH 1 2 3 (MODSEQ %d)" % highest], key)
        expect(c.ok(f"SEARCH MODSEQ {highest + 1}").untagged, [b"* SEARCH"],
               "nothing is so new")


@check("SEARCH with keys that are broken is BAD")
def search_bad(server):
    with Box(server) as c:
        for text in ("SEARCH 99", "SEARCH KEYWORD",
                     "SEARCH BEFORE yesterday", "SEARCH RETURN (FOO) ALL",
                     "SEARCH (ALL"):
            c.fails("BAD", text)


def main():
    lib.on(lambda: lib.Server("alice bob"),
           append_uid, append_nowhere, append_bad_flag, append_nothing,
           append_too_big, append_date, append_old_dates,
           append_two_literals, select,
           fetch_whole, fetch_macro, fetch_envelope, fetch_bodystructure,
           fetch_sections, fetch_partial, fetch_in_pieces, fetch_long,
           fetch_sets_seen, uid_fetch, fetch_bad, store, store_silent, uid_store,
           examine_is_read_only, copy, copy_nowhere, move, uid_expunge,
           expunge, close, search, search_recent, search_text,
           search_charset, search_bad_charset, esearch, search_modseq,
           search_bad)
    lib.finish()


if __name__ == "__main__":
    main()
