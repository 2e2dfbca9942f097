#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: several sessions at once, IDLE, CONDSTORE."""

import contextlib
import os
import re
import sqlite3
import time

import lib
from lib import Imap, check, expect, expect_in, expect_match, expect_not_in, \
    need


def pair(server, count):
    """Two sessions that have the same fresh mailbox selected."""
    a, b = Imap(server, user="alice"), Imap(server, user="alice")
    name = a.fresh(count)
    b.ok(f"SELECT {name}")
    return a, b, name


def until(c, pattern):
    """The untagged response that matches; the deadline is the socket's."""
    while True:
        line = c.response()
        if re.match(pattern, line):
            return line


# \Recent (RFC 3501, 2.3.2).

@check("\\Recent belongs to the session that selects first, and not to "
       "EXAMINE (RFC 3501 2.3.2)")
def recent(server):
    with Imap(server, user="alice") as a, Imap(server, user="alice") as b:
        name = a.fresh(2, select=False)
        a.ok(f"EXAMINE {name}").has(r"^\* 2 RECENT", "EXAMINE")
        a.ok(f"SELECT {name}").has(r"^\* 2 RECENT", "first SELECT")
        b.ok(f"SELECT {name}").has(r"^\* 0 RECENT", "second SELECT")
        expect(len(a.fetch("1:*", "FLAGS").all(r"\\Recent")), 2, "first")
        expect(len(b.fetch("1:*", "FLAGS").all(r"\\Recent")), 0, "second")


@check("what arrives is \\Recent in one of the sessions that see it arrive "
       "(RFC 3501 2.3.2)")
def recent_live(server):
    with Imap(server, user="alice") as looker:
        a, b, name = pair(server, 0)
        looker.ok(f"EXAMINE {name}")
        with a, b:
            for _ in range(3):
                a.append(name, lib.message("later"))
            looker.ok("NOOP")
            b.ok("NOOP")
            counts = [len(c.fetch("1:*", "FLAGS").all(r"\\Recent"))
                      for c in (a, b, looker)]
            expect(counts[2], 0, "recent after EXAMINE")
            expect(sum(counts), 3, "recent in all")
            b.ok(f"STATUS {name} (RECENT)").has(r"RECENT 0\)")
            looker.ok(f"SELECT {name}").has(r"^\* 0 RECENT")


# Updates.

@check("a new keyword is told by FLAGS before the FETCH that has it "
       "(RFC 3501 7.2.6)")
def keyword_first(server):
    a, b, _ = pair(server, 2)
    with a, b:
        a.ok("STORE 2 +FLAGS (\\Flagged $new)")
        answer = b.ok("NOOP")
        expect_match(rb"^\* FLAGS \(.*\$new", answer.untagged[0], "first")
        answer.has(rb"^\* 2 FETCH \(.*\\Flagged")


@check("a change is told once to others, and not to who made it")
def told_once(server):
    a, b, _ = pair(server, 2)
    with a, b:
        a.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
        b.ok("NOOP").has(rb"^\* 2 FETCH \(.*\\Flagged")
        expect(b.ok("NOOP").untagged, [], "the other, again")
        expect(a.ok("NOOP").untagged, [], "who made it")


@check("EXPUNGE is not sent during FETCH, STORE and SEARCH "
       "(RFC 3501 7.4.1)")
def no_expunge(server):
    a, b, _ = pair(server, 4)
    with a, b:
        a.ok("STORE 1 +FLAGS (\\Deleted)")
        a.ok("EXPUNGE")
        for text in ("FETCH 2:4 FLAGS", "STORE 4 +FLAGS (\\Seen)",
                     "SEARCH ALL", "UID SEARCH 1:2 ALL"):
            b.ok(text).lacks("EXPUNGE", text)
        expect(b.ok("NOOP").all("EXPUNGE"), [b"* 1 EXPUNGE"], "NOOP")
        expect(len(b.fetch("1:*", "UID").untagged), 3, "messages")


@check("EXPUNGE is sent with UID FETCH (RFC 3501 7.4.1)")
def expunge_with_uid(server):
    a, b, _ = pair(server, 2)
    with a, b:
        a.ok("STORE 1 +FLAGS (\\Deleted)")
        a.ok("EXPUNGE")
        b.ok("UID FETCH 1:* FLAGS").has("EXPUNGE")


@check("an expunged message can be fetched, or it is NO [EXPUNGEISSUED], "
       "until its EXPUNGE was told (RFC 2180 4.1)")
def fetch_expunged(server):
    a, b, _ = pair(server, 2)
    with a, b:
        a.ok("STORE 1 +FLAGS (\\Deleted)")
        a.ok("EXPUNGE")
        answer = b.command("FETCH 1 BODY.PEEK[]")
        answer.lacks("EXPUNGE")
        if answer.status != "OK":
            expect(answer.status, "NO", "FETCH")
            answer.says("[EXPUNGEISSUED]")


@check("after an APPEND of another session both see the same messages")
def append_elsewhere(server):
    a, b, name = pair(server, 1)
    with a, b:
        a.append(name, lib.message("new one"))
        b.ok("NOOP").has(r"^\* 2 EXISTS")
        a.ok("NOOP")
        expect(a.fetch("1:*", "UID").untagged,
               b.fetch("1:*", "UID").untagged, "UIDs")


@check("a delivery is told with the next NOOP, and is what was delivered")
def delivery(server):
    with Imap(server, user="alice") as c:
        answer = c.ok("SELECT INBOX")
        count = int(answer.has(rb"^\* (\d+) EXISTS")[1])
        uidnext = int(answer.has(rb"\[UIDNEXT (\d+)\]")[1])
        server.deliver(lib.message("delivered", "to the door\n"))
        answer = c.ok("NOOP")
        answer.has(rb"^\* %d EXISTS$" % (count + 1))
        answer.has(rb"^\* \d+ RECENT$")
        c.fetch(count + 1, "(UID FLAGS BODY.PEEK[TEXT])").has(
            rb"UID %d FLAGS \(\\Recent\) BODY\[TEXT\] \{13\}\r\n"
            rb"to the door\r\n" % uidnext)


@check("a mailbox that is deleted under a session is empty for it, and "
       "COPY, EXPUNGE are NO")
def deleted(server):
    a, b, name = pair(server, 2)
    with a, b:
        b.ok("UNSELECT")
        b.ok(f"DELETE {name}")
        expect_not_in("[TRYCREATE]", a.fails("NO", "COPY 1 Sent").text,
                      "COPY")
        a.ok("NOOP")
        a.fails("NO", "EXPUNGE")
        a.ok("CLOSE")
        a.fails("BAD", "CLOSE")


@check("DELETE of the selected mailbox says CLOSED and unselects it, without "
       "an EXPUNGE for each message (RFC 9051 3)")
def delete_selected(server):
    a, b, name = pair(server, 3)
    with a, b:
        a.fails("NO", "DELETE INBOX")
        a.ok("FETCH 1 UID")
        answer = a.ok(f"DELETE {name}")
        answer.has(r"^\* OK \[CLOSED\] ", "DELETE")
        answer.lacks(r"EXPUNGE", "DELETE")
        a.fails("BAD", "FETCH 1 UID")
        expect(a.ok("NOOP").untagged, [], "NOOP")
        # Another session goes on and sees an empty mailbox.
        expect(len(b.ok("NOOP").all(r"EXPUNGE")), 3, "the other session")
        b.ok("CLOSE")
        # Only the selected mailbox is unselected.
        first, second = a.fresh(1, select=False), a.fresh(1)
        a.ok(f"DELETE {first}").lacks("CLOSED", "DELETE of another")
        a.ok("FETCH 1 UID")
        a.ok(f"EXAMINE {second}")
        a.ok(f"DELETE {second}").has("CLOSED", "DELETE after EXAMINE")


# IDLE (RFC 2177).

@check("IDLE tells an APPEND, a delivery, flags and an expunge of others "
       "without being asked (RFC 2177)")
def idle(server):
    with Imap(server, user="alice") as a, Imap(server, user="alice") as b:
        a.ok("SELECT INBOX")
        a.idle()
        b.append("INBOX", lib.message("pushed"))
        until(a, rb"\* \d+ EXISTS")
        server.deliver(lib.message("delivered"))
        until(a, rb"\* \d+ EXISTS")
        b.ok("SELECT INBOX")
        b.ok("STORE 1 +FLAGS (\\Flagged)")
        until(a, rb"\* 1 FETCH .*Flagged")
        b.ok("STORE 1 +FLAGS (\\Deleted)")
        b.ok("EXPUNGE")
        until(a, rb"\* 1 EXPUNGE")
        expect(a.done().status, "OK", "DONE")


@check("what follows IDLE must be DONE, or it is BAD (RFC 2177)")
def idle_not_done(server):
    with Imap(server, user="alice") as a:
        a.ok("SELECT INBOX")
        a.idle()
        a.send("FOO\r\n")
        expect(a.collect(a.idle_tag).status, "BAD", "not DONE")
        a.ok("NOOP")


@check("IDLE works without a mailbox, and when DONE comes with it")
def idle_without_mailbox(server):
    with Imap(server, user="alice") as a:
        a.idle()
        expect(a.done().status, "OK", "without a mailbox")
        a.send("p IDLE\r\nDONE\r\nq NOOP\r\n")
        expect_match(rb"^\+", a.response(), "continuation")
        expect(a.collect("p").status, "OK", "DONE with it")
        expect(a.collect("q").status, "OK", "NOOP after it")


# CONDSTORE (RFC 7162).

def modseqs(answer):
    """{message number: mod-sequence} of FETCH responses."""
    return {int(m[1]): int(m[2]) for m in (
        re.match(rb"\* (\d+) FETCH .*MODSEQ \((\d+)\)", line)
        for line in answer.untagged) if m}


@check("FETCH MODSEQ has one for each message, and STATUS and SELECT the "
       "highest of them (RFC 7162 3.1)")
def modseq(server):
    with Imap(server, user="alice") as c:
        name = c.fresh(3)
        c.ok("STORE 2 +FLAGS (\\Flagged)")
        found = modseqs(c.ok("FETCH 1:* (MODSEQ)"))
        expect(sorted(found), [1, 2, 3], "messages with MODSEQ")
        need(found[2] > max(found[1], found[3]), found)
        for text in (f"STATUS {name} (HIGHESTMODSEQ)",
                     f"SELECT {name} (CONDSTORE)"):
            got = c.ok(text).has(rb"HIGHESTMODSEQ (\d+)")[1]
            expect(int(got), found[2], text)


@check("after SELECT (CONDSTORE) changes of others are told with their "
       "MODSEQ, which grows (RFC 7162 3.1.8)")
def modseq_told(server):
    a, b, name = pair(server, 3)
    with a, b:
        start = int(a.ok(f"SELECT {name} (CONDSTORE)").has(
            rb"HIGHESTMODSEQ (\d+)")[1])
        b.ok("STORE 2 +FLAGS (\\Flagged)")
        found = modseqs(a.ok("NOOP"))
        expect(list(found), [2], "messages")
        need(found[2] > start, f"{found[2]} after {start}")


@check("FETCH (CHANGEDSINCE) leaves out what did not change since "
       "(RFC 7162 3.1.4.1)")
def changedsince(server):
    with Imap(server, user="alice") as c:
        name = c.fresh(3)
        start = int(c.ok(f"SELECT {name} (CONDSTORE)").has(
            rb"HIGHESTMODSEQ (\d+)")[1])
        changed = modseqs(c.ok("STORE 2 +FLAGS (\\Flagged)"))[2]
        answer = c.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {start})")
        expect(modseqs(answer), {2: changed}, "what changed")
        expect(len(answer.untagged), 1, "responses")
        expect(c.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {changed})").untagged,
               [], "nothing since")
        c.fails("BAD", "FETCH 1 FLAGS (CHANGEDSINCE x)")


@check("STORE (UNCHANGEDSINCE) leaves what changed alone and names it in "
       "MODIFIED; even .SILENT tells MODSEQ (RFC 7162 3.1.3)")
def unchangedsince(server):
    with Imap(server, user="alice") as c:
        name = c.fresh(3)
        start = int(c.ok(f"SELECT {name} (CONDSTORE)").has(
            rb"HIGHESTMODSEQ (\d+)")[1])
        c.ok("STORE 2 +FLAGS (\\Flagged)")
        answer = c.command(f"STORE 1:3 (UNCHANGEDSINCE {start}) "
                           "+FLAGS.SILENT (\\Seen)")
        expect_in("[MODIFIED 2]", answer.text, "tagged response")
        expect(sorted(modseqs(answer)), [1, 3], "MODSEQ of")
        c.fetch(2, "FLAGS").lacks("Seen", "what changed")
        c.fetch(1, "FLAGS").has("Seen", "what did not")


def tear(server, mailbox, modseq):
    """As after a power cut: of changes above modseq a client may have been
    told, and they are lost."""
    path = os.path.join(server.maildir("alice"), "penfold", "index.db")
    with contextlib.closing(sqlite3.connect(path, 60)) as db:
        db.execute("INSERT INTO gap (mailbox, low, high) SELECT id, ?, ? "
                   "FROM mailbox WHERE name = ?",
                   (modseq, modseq + 1000, mailbox))
        db.commit()


@check("a client that was told what a power cut took is told everything "
       "(RFC 7162 3.1.3, 3.1.4.1, 3.1.5)")
def told_and_lost(server):
    with Imap(server, user="alice") as c:
        name = c.fresh(3, select=False)
        start = int(c.ok(f"STATUS {name} (HIGHESTMODSEQ)").has(
            rb"HIGHESTMODSEQ (\d+)")[1])
        tear(server, name, start)
        told = start + 10
        c.ok(f"SELECT {name} (CONDSTORE)")
        for since, want in ((start, []), (told, [1, 2, 3]),
                            (start + 1000, [])):
            answer = c.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {since})")
            expect(sorted(modseqs(answer)), want, f"changed since {since}")
        c.ok(f"SEARCH MODSEQ {told}").has(rb"^\* SEARCH 1 2 3 ")
        c.ok(f"SEARCH MODSEQ {start + 1001}").lacks(rb"SEARCH \d")
        answer = c.command(f"STORE 1:3 (UNCHANGEDSINCE {told}) "
                           "+FLAGS (\\Seen)")
        expect_in("[MODIFIED 1:3]", answer.text, "tagged response")
        expect(sorted(modseqs(c.ok(
            f"STORE 1:3 (UNCHANGEDSINCE {start}) +FLAGS (\\Seen)"))),
            [1, 2, 3], "what is known again can be changed")


@check("FETCH that sets \\Seen tells UID and MODSEQ with it "
       "(RFC 7162 3.2.4)")
def seen_with_modseq(server):
    with Imap(server, user="alice") as c:
        name = c.fresh(1)
        c.ok(f"SELECT {name} (CONDSTORE)")
        c.fetch(1, "BODY[TEXT]").has(
            rb" FLAGS \([^)]*\\Seen[^)]*\) UID 1 MODSEQ \(\d+\)\)$")


# Others wait for nobody.

@check("a client that does not read holds up no other, and gets all in the "
       "end")
def slow_reader(server):
    with Imap(server, user="bob") as c:
        name = c.fresh([lib.message("big", "x" * 70 + "\n" +
                                    ("y" * 70 + "\n") * 30000)])
        c.send("".join(f"s{i} FETCH 1 BODY.PEEK[]\r\n" for i in range(40)))
        with Imap(server, user="bob") as d:
            d.ok(f"SELECT {name}")
            d.ok("NOOP")
        for number in range(40):
            expect(c.collect(f"s{number}").status, "OK", f"FETCH {number}")


@check("a SEARCH through large messages holds up no other session")
def patient_search(server):
    with Imap(server, user="bob", timeout=300) as c, \
            Imap(server, user="bob") as d:
        name = c.fresh([b"Subject: large\r\n\r\n" + b"a few words " *
                        2000000 + b"\r\n"])
        d.ok(f"SELECT {name}")
        # It is over long after these are answered, on any machine: it reads
        # 24 MB twenty times.
        c.send("x SEARCH " + " ".join(f"NOT BODY absent{n}"
                                      for n in range(20)) + "\r\n")
        for _ in range(3):
            d.ok("NOOP")
        need(not c.readable(), "NOOP is answered before the SEARCH")
        c.collect("x").has(r"^\* SEARCH 1$", "the search")
        c.send("y SEARCH OR BODY absent BODY words\r\nz SEARCH BODY x\r\n")
        c.collect("y").has(r"^\* SEARCH 1$", "the second key")
    with Imap(server, user="bob") as d:
        d.ok("NOOP")			# after a client left in SEARCH


# The clock.

@check("IDLE is kept alive once a second, and outlives the idle timeout "
       "(RFC 2177)")
def keepalive(server):
    with Imap(server, user="alice") as a:
        a.idle()
        start = time.monotonic()
        for _ in range(6):
            expect(a.response(), b"* OK Still here", "keepalive")
        need(time.monotonic() - start > 4.9, "no sooner than once a second")
        expect(a.done().status, "OK", "DONE")


@check("a session that says nothing is told BYE and closed "
       "(RFC 3501 5.4)")
def autologout(server):
    with Imap(server, user="alice") as b:
        expect_match(rb"^\* BYE .*Autologout", b.response(), "BYE")
        need(b.closed(), "the connection is closed")


@check("a client that does not take its literal is closed without a word "
       "amid it")
def autologout_amid_literal(server):
    with Imap(server, user="alice") as c:
        c.append("INBOX", b"Subject: big\r\n\r\n" + b"x" * 20000000)
        c.ok("SELECT INBOX")
        ended = server.log_text().count("logout=no")
        c.send("x FETCH 1 BODY.PEEK[]\r\n")
        lib.wait_for("the session ends",
                     lambda: server.log_text().count("logout=no") > ended)
        data = c.file.read()
        expect_not_in(b"BYE", data[-1000:], "the end of the literal")


def main():
    lib.on(lambda: lib.Server("alice bob"),
           recent, recent_live, keyword_first, told_once, no_expunge,
           expunge_with_uid, fetch_expunged, append_elsewhere, delivery,
           deleted, delete_selected, idle, idle_not_done, idle_without_mailbox,
           modseq, modseq_told, changedsince, unchangedsince, told_and_lost,
           seen_with_modseq, slow_reader, patient_search)
    lib.on(lambda: lib.Server("alice", "idle timeout 4s\nidle keepalive 1s\n"),
           keepalive, autologout, autologout_amid_literal)
    lib.finish()


if __name__ == "__main__":
    main()
