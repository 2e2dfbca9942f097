#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: several sessions at once, IDLE, CONDSTORE."""

import re
import tempfile
import time

import lib
from lib import Imap, check, need, same


def fill(server, mailbox, count):
    with Imap(server, user="alice") as c:
        c.ok("CREATE " + mailbox)
        for number in range(count):
            c.append(mailbox, lib.message(f"{mailbox} {number}"))


def recent(server):
    """\\Recent belongs to one session."""
    fill(server, "recent", 2)
    with Imap(server, user="alice") as a, Imap(server, user="alice") as b:
        need(a.ok("EXAMINE recent").find(r"^\* 2 RECENT"), "EXAMINE sees it")
        need(a.ok("SELECT recent").find(r"^\* 2 RECENT"), "first")
        need(b.ok("SELECT recent").find(r"^\* 0 RECENT"), "second")
        same(len(a.fetch("1:*", "FLAGS").all(r"\\Recent")), 2, "first")
        same(len(b.fetch("1:*", "FLAGS").all(r"\\Recent")), 0, "second")


def updates(server):
    fill(server, "shared", 4)
    with Imap(server, user="alice") as a, Imap(server, user="alice") as b:
        a.ok("SELECT shared")
        b.ok("SELECT shared")
        a.ok("STORE 2 +FLAGS (\\Flagged $new)")
        answer = b.ok("NOOP")
        need(answer.find(rb"^\* FLAGS \(.*\$new"), "keyword is told first")
        need(answer.find(rb"^\* 2 FETCH \(.*\\Flagged"), answer)
        same(b.ok("NOOP").untagged, [], "told once")
        same(a.ok("NOOP").untagged, [], "not told of its own")

        # RFC 3501, 7.4.1: no EXPUNGE during FETCH, STORE, SEARCH.
        a.ok("STORE 1 +FLAGS (\\Deleted)")
        a.ok("EXPUNGE")
        for text in ("FETCH 2:4 FLAGS", "STORE 4 +FLAGS (\\Seen)",
                     "SEARCH ALL"):
            need(not b.ok(text).find("EXPUNGE"), text)
        answer = b.command("FETCH 1 BODY.PEEK[]")
        need(not answer.find("EXPUNGE"), "FETCH of an expunged message")
        need(answer.status == "OK" or "[EXPUNGEISSUED]" in answer.text,
             answer)
        need(b.ok("NOOP").find(r"^\* 1 EXPUNGE$"), "now")
        same(len(b.fetch("1:*", "UID").untagged), 3, "three are left")

        a.ok("STORE 1 +FLAGS (\\Deleted)")
        a.ok("EXPUNGE")
        need(not b.ok("UID SEARCH 1:2 ALL").find("EXPUNGE"),
             "UID SEARCH with message numbers")
        need(b.ok("UID FETCH 1:* FLAGS").find("EXPUNGE"), "UID FETCH")
        a.append("shared", lib.message("new one"))
        need(b.ok("NOOP").find(r"^\* 3 EXISTS"), "EXISTS")
        need(a.ok("NOOP").status == "OK", "a")
        same(a.fetch("1:*", "UID").untagged, b.fetch("1:*", "UID").untagged,
             "both see the same")


def recent_live(server):
    """A message that arrives while several sessions look is recent in one."""
    with Imap(server, user="alice") as a, Imap(server, user="alice") as b, \
            Imap(server, user="alice") as looker:
        looker.ok("EXAMINE recent")
        a.ok("SELECT recent")
        b.ok("SELECT recent")
        for _ in range(3):
            a.append("recent", lib.message("later"))
        looker.ok("NOOP")
        b.ok("NOOP")
        counts = [len(c.fetch("1:*", "FLAGS").all(r"\\Recent"))
                  for c in (a, b, looker)]
        same(counts[2], 0, "EXAMINE claims none")
        same(sum(counts), 3, "each is recent once")
        need(b.ok("STATUS recent (RECENT)").find("RECENT 0"), "STATUS")
        same(looker.ok("SELECT recent").find(rb"(\d+) RECENT")[1], b"0",
             "claimed already")


def deleted(server):
    """A mailbox is deleted while it is selected."""
    fill(server, "doomed", 2)
    with Imap(server, user="alice") as a, Imap(server, user="alice") as b:
        a.ok("SELECT doomed")
        b.ok("DELETE doomed")
        answer = a.fails("NO", "COPY 1 Sent")
        need("[TRYCREATE]" not in answer.text, answer)
        a.ok("NOOP")
        a.fails("NO", "EXPUNGE")
        a.ok("CLOSE")
        a.fails("BAD", "CLOSE")


def deliveries(server):
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        count = len(c.fetch("1:*", "UID").untagged)
        server.deliver(lib.message("delivered"))
        need(c.ok("NOOP").find(rb"^\* %d EXISTS" % (count + 1)), "NOOP")


def idle(server):
    with Imap(server, user="alice") as a, Imap(server, user="alice") as b:
        a.ok("SELECT INBOX")
        a.idle()
        b.append("INBOX", lib.message("pushed"))
        while not re.match(rb"\* \d+ EXISTS", a.response()):
            pass
        start = time.time()
        server.deliver(lib.message("delivered"))
        while not re.match(rb"\* \d+ EXISTS", a.response()):
            pass
        need(time.time() - start < 10, "a delivery is told at once")
        b.ok("SELECT INBOX")
        b.ok("STORE 1 +FLAGS (\\Flagged)")
        while not re.match(rb"\* 1 FETCH .*Flagged", a.response()):
            pass
        b.ok("STORE 1 +FLAGS (\\Deleted)")
        b.ok("EXPUNGE")
        while not re.match(rb"\* 1 EXPUNGE", a.response()):
            pass
        same(a.done().status, "OK", "DONE")
        a.idle()
        a.send("FOO\r\n")
        same(a.collect(a.idle_tag).status, "BAD", "not DONE")
        a.ok("UNSELECT")
        a.idle()
        same(a.done().status, "OK", "without a mailbox")
        a.send("p IDLE\r\nDONE\r\nq NOOP\r\n")
        need(a.response().startswith(b"+"), "pipelined")
        same(a.collect("p").status, "OK", "pipelined DONE")
        same(a.collect("q").status, "OK", "NOOP after it")


def modseq(answer, pattern=rb"MODSEQ \(?(\d+)"):
    m = answer.find(pattern)
    need(m, answer)
    return int(m[1])


def condstore(server):
    fill(server, "mod", 3)
    with Imap(server, user="alice") as a, Imap(server, user="alice") as b:
        start = modseq(a.ok("SELECT mod (CONDSTORE)"),
                       rb"HIGHESTMODSEQ (\d+)")
        b.ok("SELECT mod")
        answer = b.ok("FETCH 1:* (MODSEQ)")
        same(len(answer.all(rb"MODSEQ \(\d+\)")), 3, "MODSEQ")
        b.ok("STORE 2 +FLAGS (\\Flagged)")
        answer = a.ok("NOOP")
        changed = modseq(answer)
        need(changed > start, "mod-sequences grow")
        answer = a.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {start})")
        same(len(answer.all(rb"^\* 2 FETCH .*MODSEQ")), 1, answer)
        same(len(answer.untagged), 1, answer)
        same(a.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {changed})").untagged,
             [], "nothing since")
        answer = a.command(f"STORE 1:3 (UNCHANGEDSINCE {start}) "
                           "+FLAGS.SILENT (\\Seen)")
        need("[MODIFIED 2]" in answer.text, answer)
        same(len(answer.all(rb"MODSEQ \(\d+\)")), 2, "even with .SILENT")
        need(not a.fetch(2, "FLAGS").find("Seen"), "not stored")
        answer = a.ok("UID SEARCH MODSEQ %d" % (changed + 1))
        need(answer.find(r"^\* SEARCH \d+ \d+ \(MODSEQ \d+\)$"), answer)
        # RFC 7162, 3.2.4: UID and MODSEQ when FETCH has set \\Seen
        need(a.fetch(2, "BODY[TEXT]").find(
            rb" FLAGS \([^)]*\\Seen[^)]*\) UID \d+ MODSEQ \(\d+\)\)$"),
            "FETCH that sets a flag")
        need(a.ok("STATUS mod (HIGHESTMODSEQ)").find("HIGHESTMODSEQ"),
             "STATUS")
        a.fails("BAD", "FETCH 1 FLAGS (CHANGEDSINCE x)")


def clocks(server):
    """Keepalives during IDLE, and autologout otherwise (RFC 3501, 5.4)."""
    with Imap(server, user="alice") as a, Imap(server, user="alice") as b, \
            Imap(server, user="alice") as c:
        # A client that does not read is logged out, too, but is sent no BYE
        # inside a literal.
        c.append("INBOX", b"Subject: big\r\n\r\n" + b"x" * 20000000)
        c.ok("SELECT INBOX")
        c.send("x FETCH 1 BODY.PEEK[]\r\n")
        a.ok("SELECT INBOX")
        a.idle()
        start = time.monotonic()
        for _ in range(4):
            same(a.response(), b"* OK Still here", "keepalive")
        need(time.monotonic() - start > 2.9, "once a second")
        need(b.response().startswith(b"* BYE Autologout"), "BYE")
        need(b.closed(), "and closed")
        same(a.done().status, "OK", "IDLE outlives the time-out")
        need(a.response().startswith(b"* BYE Autologout"), "BYE")
        need(a.closed(), "and closed")
        lib.wait_for("the session ends", lambda: server.ended(2), 30)
        data = c.file.read()
        need(b"BYE" not in data, data[-100:])


def patient_search(server):
    """A SEARCH through large messages delays no other session."""
    with Imap(server, user="bob", timeout=120) as c, \
            Imap(server, user="bob") as d:
        c.ok("CREATE large")
        c.append("large", b"Subject: large\r\n\r\n" + b"a few words " *
                 2000000 + b"\r\n")
        c.ok("SELECT large")
        d.ok("SELECT large")
        c.send("x SEARCH " + " ".join(f"NOT BODY absent{n}"
                                      for n in range(20)) + "\r\n")
        for _ in range(3):
            d.ok("NOOP")
        need(c.silent(0.01), "NOOP of another session is answered first")
        c.sock.settimeout(120)
        need(c.collect("x").find(r"^\* SEARCH 1$"), "the search ends")
        c.send("y SEARCH OR BODY absent BODY words\r\nz SEARCH BODY x\r\n")
        need(c.collect("y").find(r"^\* SEARCH 1$"), "the second key")
    with Imap(server, user="bob") as d:
        d.ok("NOOP")			# after a client left in SEARCH


class Impatient(lib.Server):
    """A server with short timeouts."""

    def __init__(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
            f.write("idle timeout 2s\nidle keepalive 1s\n")
            f.flush()
            super().__init__("alice", CONF_EXTRA=f.name)

    def ended(self, count):
        """Whether that many sessions were ended by a timeout."""
        with open(self.path("log"), errors="replace") as f:
            return f.read().count("logout=no") > count


def slow_reader(server):
    """Output to a client that does not read stops, and others go on."""
    with Imap(server, user="bob") as c:
        c.append("INBOX", lib.message("big", "x" * 70 + "\n" +
                                      ("y" * 70 + "\n") * 30000))
        c.ok("SELECT INBOX")
        c.send("".join(f"s{i} FETCH 1 BODY.PEEK[]\r\n" for i in range(40)))
        with Imap(server, user="bob") as d:
            d.ok("SELECT INBOX")
            d.ok("NOOP")
        for number in range(40):
            same(c.collect(f"s{number}").status, "OK", "all is read")


def main():
    with lib.Server("alice bob") as server:
        with check("\\Recent for one session"):
            recent(server)
        with check("\\Recent of what arrives"):
            recent_live(server)
        with check("a mailbox that is deleted"):
            deleted(server)
        with check("updates between sessions"):
            updates(server)
        with check("deliveries"):
            deliveries(server)
        with check("IDLE"):
            idle(server)
        with check("CONDSTORE"):
            condstore(server)
        with check("a client that does not read"):
            slow_reader(server)
        with check("a long SEARCH"):
            patient_search(server)
    with Impatient() as server:
        with check("keepalive and autologout"):
            clocks(server)
    lib.finish()


if __name__ == "__main__":
    main()
