# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The options that limit a session and change at a reload, also for sessions
that are open; for test_reload.py."""

import contextlib

import lib
from lib import expect


def idle_timeout(r):
    with r.imap("alice") as c:
        r.set("idle timeout 1s")
        expect(c.line()[:5], b"* BYE", "autologout")


def idle_keepalive(r):
    r.set("idle keepalive 0")
    with r.imap("alice") as c:
        c.ok("SELECT INBOX")
        c.idle()
        r.set("idle keepalive 1s")
        expect(c.line(), b"* OK Still here", "a sign of life")
        r.set("idle keepalive 0")
        with contextlib.suppress(AssertionError):
            c.silent(0.1)
        c.done()


def line_size(r):
    with r.imap("alice") as c, r.pop3("bob") as p:
        for size, toobig in (("8K", True), ("64K", False)):
            r.set("line size " + size)
            expect("[TOOBIG]" in c.fails("BAD", "NOOP " + "x" * 20000).text,
                   toobig, "IMAP")
            expect("too long, or" in p.err("USER " + "x" * 20000), toobig,
                   "POP3")


def literal_size(r):
    with r.imap("alice") as c:
        c.ok("SELECT INBOX")
        for size, toobig in (("8K", True), ("4M", False)):
            r.set("literal size " + size)
            answer = c.command("SEARCH SUBJECT {}", b"x" * 2000000)
            expect("[TOOBIG]" in answer.text, toobig, answer.text)


def message_size(r):
    big = lib.message("Big") + b"x" * 98 + b"\r\n" * 50000
    with r.imap("alice") as c:
        for size, toobig in (("64K", True), ("1M", False)):
            r.set("message size " + size)
            answer = c.command("APPEND INBOX {}", big)
            expect("[TOOBIG]" in answer.text, toobig, answer.text)


def memory_per_session(r):
    with r.imap("alice") as c:
        c.ok("SELECT INBOX")
        for size, status in (("4M", "NO"), ("64M", "OK")):
            r.set("literal size 64M", "memory per session " + size)
            expect(c.command("SEARCH SUBJECT {}", b"x" * 5000000).status,
                   status, size)


def search_terms(r):
    with r.imap("alice") as c:
        c.ok("SELECT INBOX")
        for n, enough in ((10, False), (100, True)):
            r.set(f"search terms {n}")
            expect(c.command("SEARCH" + " SEEN" * 50).status == "OK", enough,
                   f"{n} terms")


def mailboxes_per_user(r):
    with r.imap("bob") as c:
        have = len(c.ok('LIST "" *').untagged)
        for more in (6, 8):
            n = have + more
            r.set(f"mailboxes per user {n}")
            while c.command(f"CREATE m{have}").status == "OK":
                have += 1
            expect(have, n, "mailboxes")
            have = n


def keywords_per_mailbox(r):
    with r.imap("alice") as c:
        c.ok("CREATE words")
        c.append("words", lib.message("One"))
        c.ok("SELECT words")
        for n in (26, 40):
            r.set(f"keywords per mailbox {n}")
            c.ok("STORE 1 FLAGS (" + " ".join(
                f"w{i}" for i in range(n)) + ")")
            c.fails("NO", "STORE 1 +FLAGS (onemore)")


EFFECTS = {
    "idle timeout": idle_timeout,
    "idle keepalive": idle_keepalive,
    "line size": line_size,
    "literal size": literal_size,
    "message size": message_size,
    "memory per session": memory_per_session,
    "search terms": search_terms,
    "mailboxes per user": mailboxes_per_user,
    "keywords per mailbox": keywords_per_mailbox,
}
