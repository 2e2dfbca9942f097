#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: messages are stored, fetched, flagged, copied, searched and
expunged."""

import re

import lib
from lib import Imap, check, need, same

PLAIN = (b"From: Fred Foobar <foobar@example.org>\r\n"
         b"To: mooch@example.org\r\n"
         b"Subject: afternoon meeting\r\n"
         b"Date: Mon, 7 Feb 1994 21:52:25 -0800\r\n"
         b"Message-ID: <B27397-0100000@example.org>\r\n"
         b"X-Extra: seen by nobody\r\n"
         b"\r\n"
         b"Hello Joe, do you think we can meet at 3:30 tomorrow?\r\n")
MIXED = lib.message("K\u00e4se und Br\u00f6tchen", "Gr\u00fc\u00dfe\n",
                    html="<p>Gr\u00fc\u00dfe</p>\n",
                    attachment=("a.bin", bytes(range(256)) * 1000))
MESSAGES = [PLAIN, MIXED, lib.message("Third", "needle\n")]


def literal(answer, item):
    """The octets of an item's literal."""
    m = answer.find(re.escape(item.encode()) + rb" \{(\d+)\}\r\n")
    need(m, f"{item} in {answer!r}")
    for response in answer.untagged:
        if m.re.search(response):
            return response[m.end():m.end() + int(m[1])]
    return None


def append(server):
    with Imap(server, user="alice") as c:
        uids = []
        for message in MESSAGES:
            answer = c.append("INBOX", message)
            m = re.search(r"\[APPENDUID (\d+) (\d+)\]", answer.text)
            need(m, answer.text)
            uids.append(int(m[2]))
        need(uids == sorted(uids), uids)
        answer = c.fails("NO", "APPEND nowhere {}", b"x")
        need("[TRYCREATE]" in answer.text, answer.text)
        # The literal of a rejected APPEND is swallowed.
        c.send(b"a APPEND nowhere {%d+}\r\n" % 18 + b"b SELECT INBOX\r\n\r\n"
               b"\r\n")
        same(c.collect("a").status, "NO", "rejected")
        need(c.silent(), "none of it was a command")
        c.send(b"a APPEND INBOX (\\Foo) {6+}\r\nb NOOP\r\n")
        same(c.collect("a").status, "BAD", "rejected")
        need(c.silent(), "none of it was a command")
        c.fails("NO", "APPEND INBOX {}", b"")	# nothing is not a message
        c.send("x APPEND INBOX {9999999999}\r\n")
        need("[TOOBIG]" in c.collect("x").text, "TOOBIG")
        c.ok("CREATE dated")
        c.append("dated", PLAIN, '(\\Seen $MDNSent) '
                 '" 1-Feb-1994 21:52:25 -0800"')
        c.send(b"y APPEND {5+}\r\ndated {%d+}\r\n" % len(PLAIN) + PLAIN +
               b"\r\n")
        same(c.collect("y").status, "OK", "two literals")
        c.ok("EXAMINE dated")
        answer = c.fetch("1", "(FLAGS INTERNALDATE)")
        need(answer.find(rb'INTERNALDATE " 2-Feb-1994 05:52:25 \+0000"'),
             answer)
        need(answer.find(rb"FLAGS \([^)]*\\Seen[^)]*\$MDNSent"), answer)


def fetch(server):
    with Imap(server, user="alice") as c:
        answer = c.ok("SELECT INBOX")
        for want in (r"^\* FLAGS \(", r"^\* 3 EXISTS$", r"^\* \d+ RECENT$",
                     r"^\* OK \[UNSEEN 1\]", r"^\* OK \[PERMANENTFLAGS \(",
                     r"^\* OK \[UIDVALIDITY \d+\]", r"^\* OK \[UIDNEXT \d+\]",
                     r"^\* OK \[HIGHESTMODSEQ \d+\]"):
            need(answer.find(want), f"{want}: {answer!r}")
        need(answer.text.startswith("[READ-WRITE]"), answer.text)
        for number, message in enumerate(MESSAGES, 1):
            answer = c.fetch(number, "(RFC822.SIZE BODY.PEEK[])")
            need(answer.find(rb"RFC822.SIZE %d\b" % len(message)), "size")
            same(literal(answer, "BODY[]"), message, "BODY[]")
        answer = c.fetch("1:*", "ALL")
        same(len(answer.all(rb"ENVELOPE \(")), 3, "ALL")
        same(len(c.fetch("1:*", "FAST").all(rb"INTERNALDATE")), 3, "FAST")
        same(len(c.fetch("1:*", "FULL").all(rb"BODY \(")), 3, "FULL")
        need(c.fetch("1", "ENVELOPE").find(
            rb'ENVELOPE \("Mon, 7 Feb 1994 21:52:25 -0800" '
            rb'"afternoon meeting" \(\("Fred Foobar" NIL "foobar" '
            rb'"example.org"\)\)'), "ENVELOPE")
        need(c.fetch("1", "BODYSTRUCTURE").find(
            rb'(?i)BODYSTRUCTURE \("text" "plain"'), "BODYSTRUCTURE")
        head, _, body = PLAIN.partition(b"\r\n\r\n")
        head += b"\r\n\r\n"
        same(literal(c.fetch(1, "BODY.PEEK[HEADER]"), "BODY[HEADER]"), head,
             "HEADER")
        same(literal(c.fetch(1, "RFC822.HEADER"), "RFC822.HEADER"), head,
             "RFC822.HEADER")
        same(literal(c.fetch(1, "BODY.PEEK[TEXT]"), "BODY[TEXT]"), body,
             "TEXT")
        same(literal(c.fetch(1, "BODY.PEEK[1]"), "BODY[1]"), body, "1")
        same(literal(c.fetch(1, "BODY.PEEK[HEADER.FIELDS (SUBJECT x-no)]"),
                     "BODY[HEADER.FIELDS (SUBJECT x-no)]"),
             b"Subject: afternoon meeting\r\n\r\n", "HEADER.FIELDS")
        same(literal(c.fetch(1, "BODY.PEEK[HEADER.FIELDS (x-extra)]"),
                     "BODY[HEADER.FIELDS (x-extra)]"),
             b"X-Extra: seen by nobody\r\n\r\n", "a field that is not kept")
        need(b"Subject" not in literal(
            c.fetch(1, "BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT)]"),
            "BODY[HEADER.FIELDS.NOT (SUBJECT)]"), "HEADER.FIELDS.NOT")
        same(literal(c.fetch(1, "BODY.PEEK[]<5.10>"), "BODY[]<5>"),
             PLAIN[5:15], "partial")
        same(literal(c.fetch(1, "BODY.PEEK[]<99999.10>"), "BODY[]<99999>"),
             b"", "partial beyond the end")
        same(literal(c.fetch(1, "BODY.PEEK[HEADER]<3.7>"), "BODY[HEADER]<3>"),
             head[3:10], "partial of a header")
        need(c.fetch(1, "BODY.PEEK[7]").find(rb"BODY\[7\] NIL"), "no part")
        part = literal(c.fetch(2, "BODY.PEEK[2.MIME]"), "BODY[2.MIME]")
        need(b"a.bin" in part and part.endswith(b"\r\n\r\n"), part)
        whole = b""
        while len(whole) < len(MIXED):
            whole += literal(
                c.fetch(2, f"BODY.PEEK[]<{len(whole)}.70000>"),
                f"BODY[]<{len(whole)}>")
        same(whole, MIXED, "in pieces")
        answer = c.fetch(1, "(UID BODY[TEXT])")
        need(answer.find(rb"FLAGS \([^)]*\\Seen"), "BODY[] sets \\Seen")
        need(not c.fetch(1, "BODY[TEXT]").find("FLAGS"), "only once")
        answer = c.ok("UID FETCH 1:* FLAGS")
        same(len(answer.all(rb"^\* \d+ FETCH \(UID \d+ FLAGS \(")), 3,
             "UID FETCH")
        same(c.ok("UID FETCH 999999 FLAGS").untagged, [], "no such UID")
        same(len(c.ok("UID FETCH 999999:* FLAGS").untagged), 1, "*")
        c.fails("BAD", "FETCH 99 FLAGS")
        c.fails("BAD", "FETCH 1 FOO")
        c.fails("BAD", "FETCH 1 BODY[FOO]")
        c.fails("BAD", "FETCH 1 (FLAGS) (FOO 1)")
        c.ok("EXAMINE INBOX")
        need(not c.fetch(2, "BODY[TEXT]").find("FLAGS"), "EXAMINE")
        need(not c.fetch(2, "FLAGS").find("Seen"), "EXAMINE sets nothing")


def store(server):
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        need(c.ok("STORE 1 +FLAGS (\\Flagged $label1)").find(
            rb"^\* 1 FETCH \(.*FLAGS \(.*\\Flagged.*\$label1.*\)"), "+FLAGS")
        need(not c.ok("STORE 1 -FLAGS $label1").find(r"label1\b.*\)\)"),
             "-FLAGS")
        same(c.ok("STORE 1 FLAGS.SILENT (\\Seen)").untagged, [], "SILENT")
        need(c.fetch(1, "FLAGS").find(rb"FLAGS \(\\Seen( \\Recent)?\)"),
             "FLAGS replaces")
        answer = c.ok("UID STORE 1:* +FLAGS \\Answered")
        same(len(answer.all(rb"UID \d+.*\\Answered")), 3, "UID STORE")
        c.ok("STORE 1:* -FLAGS (\\Answered)")
        c.ok("EXAMINE INBOX")
        c.fails("NO", "STORE 1 +FLAGS (\\Deleted)")
        c.fails("NO", "EXPUNGE")


def copy_move(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE copies")
        c.ok("SELECT INBOX")
        need("[TRYCREATE]" in c.fails("NO", "COPY 1 nowhere").text, "code")
        answer = c.ok("COPY 1:2 copies")
        need(re.search(r"\[COPYUID \d+ [\d:,]+ [\d:,]+\]", answer.text),
             answer.text)
        same(c.ok("UID COPY 999999 copies").text, "UID COPY completed.",
             "nothing to copy")
        c.ok("SELECT copies")
        same(literal(c.fetch(1, "BODY.PEEK[]"), "BODY[]"), PLAIN, "copy")
        need(c.fetch(1, "FLAGS").find(r"\\Seen"), "with flags")
        answer = c.ok("MOVE 1 Archive")
        need(answer.find(r"^\* OK \[COPYUID \d+ \d+ \d+\]"), answer)
        need(answer.find(r"^\* 1 EXPUNGE$"), answer)
        same(len(c.fetch("1:*", "UID").untagged), 1, "one is left")
        c.ok("UID MOVE 1:* Archive")
        same(c.fetch("1:*", "UID").untagged, [], "none is left")
        c.ok("EXAMINE Archive")
        same(len(c.fetch("1:*", "UID").untagged), 2, "both are there")
        need("READ-ONLY" in c.fails("NO", "MOVE 1 INBOX").text,
             "MOVE from EXAMINE")
        c.ok("COPY 1 copies")


def expunge(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE waste")
        for number in range(6):
            c.append("waste", lib.message(f"Waste {number}"))
        c.ok("SELECT waste")
        uids = [int(re.search(rb"UID (\d+)", x)[1])
                for x in c.fetch("1:*", "UID").untagged]
        c.ok("STORE 1:4 +FLAGS.SILENT (\\Deleted)")
        answer = c.ok(f"UID EXPUNGE {uids[1]},{uids[5]}")
        same(answer.untagged, [b"* 2 EXPUNGE"], "UID EXPUNGE")
        answer = c.ok("EXPUNGE")
        same(len(answer.all(rb"^\* \d EXPUNGE$")), 3, "EXPUNGE")
        same(len(c.fetch("1:*", "UID").untagged), 2, "left")
        c.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        c.ok("UNSELECT")
        c.ok("SELECT waste")
        same(len(c.fetch("1:*", "UID").untagged), 2, "UNSELECT keeps")
        same(c.ok("CLOSE").untagged, [], "CLOSE is silent")
        c.fails("BAD", "FETCH 1 UID")
        c.ok("SELECT waste")
        same(len(c.fetch("1:*", "UID").untagged), 1, "CLOSE expunges")


def numbers(answer):
    m = answer.find(rb"^\* SEARCH ?([\d ]*)")
    return [int(x) for x in m[1].split()]


def search(server):
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        c.ok("STORE 1 FLAGS (\\Seen)")
        c.ok("STORE 2 FLAGS (\\Flagged $label2)")
        c.ok("STORE 3 FLAGS (\\Draft)")
        for keys, want in (
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
                ("CHARSET UTF-8 ALL", [1, 2, 3])):
            same(numbers(c.ok("SEARCH " + keys)), want, keys)
        text = "k\u00e4se"
        same(numbers(c.ok("SEARCH CHARSET UTF-8 SUBJECT {}", text.encode())),
             [2], "UTF-8")
        same(numbers(c.ok("SEARCH CHARSET ISO-8859-1 SUBJECT {}",
                          text.encode("latin-1"))), [2], "ISO-8859-1")
        same(numbers(c.ok("SEARCH CHARSET UTF-8 BODY {}",
                          "gr\u00fc\u00dfe".encode())), [2], "in a body")
        # Charsets of iconv, in the command and in messages.
        for charset in ("KOI8-R", "windows-1251", "UTF-7", "ISO-8859-5",
                        "GB18030"):
            text = "\u043f\u0440\u0438\u0432\u0435\u0442"
            raw = b"Content-Type: text/plain; charset=%s\r\n\r\n" % (
                charset.encode()) + text.encode(charset) + b"\r\n"
            c.ok(f"CREATE {charset}")
            c.append(charset, raw)
            c.ok(f"SELECT {charset}")
            same(numbers(c.ok(f"SEARCH CHARSET {charset} BODY {{}}",
                              text.encode(charset))), [1], charset)
            same(numbers(c.ok("SEARCH CHARSET UTF-8 BODY {}",
                              text.upper().encode())), [1], charset)
        c.ok("SELECT INBOX")
        need("[BADCHARSET (" in c.fails(
            "NO", "SEARCH CHARSET X-FOO SUBJECT x").text, "BADCHARSET")
        same(sorted(numbers(c.ok("SEARCH NEW")) +
                    numbers(c.ok("SEARCH OLD"))) != [], True, "NEW, OLD")
        numbers(c.ok("SEARCH RECENT"))
        answer = c.ok("SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN")
        need(answer.find(rb'^\* ESEARCH \(TAG "t\d+"\) MIN 2 MAX 3 COUNT 2 '
                         rb'ALL 2:3$'), answer)
        answer = c.ok("UID SEARCH RETURN () DELETED")
        need(answer.find(rb'^\* ESEARCH \(TAG "t\d+"\) UID$'), answer)
        need(c.ok("SEARCH RETURN (COUNT) DELETED").find("COUNT 0$"),
             "COUNT 0")
        answer = c.ok("SEARCH MODSEQ 1")
        need(answer.find(r"\(MODSEQ \d+\)$"), answer)
        need(c.ok('SEARCH MODSEQ "/flags/\\\\draft" all 1').find("MODSEQ"),
             "entry")
        c.fails("BAD", "SEARCH 99")
        c.fails("BAD", "SEARCH KEYWORD")
        c.fails("BAD", "SEARCH BEFORE yesterday")
        c.fails("BAD", "SEARCH RETURN (FOO) ALL")
        c.fails("BAD", "SEARCH (ALL")


def main():
    with lib.Server("alice bob") as server:
        with check("APPEND"):
            append(server)
        with check("FETCH"):
            fetch(server)
        with check("STORE"):
            store(server)
        with check("COPY, MOVE"):
            copy_move(server)
        with check("EXPUNGE, CLOSE"):
            expunge(server)
        with check("SEARCH, ESEARCH"):
            search(server)
    lib.finish()


if __name__ == "__main__":
    main()
