#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""UIDs are taken over from Dovecot, handed back to it, and shared with it.

Dovecot's imap program uses the Maildir before Penfold, after it, and at the
same time.  Both servers must give each message the same UID.
"""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import dovecot
from beside import Server, append, numbers
from harness import check, expect, finish, need, on, story, wait_for


def fill(c):
    """Make the mail of a user who is moved from Dovecot."""
    c.create("Work")
    for n in range(6):
        append(c, "INBOX", f"in{n}")
        append(c, "Work", f"work{n}")
    c.select("Work")
    c.store("1:2", "+FLAGS", "\\Deleted")
    c.expunge()
    c.select("INBOX")
    c.store("2", "+FLAGS", "(\\Flagged $Forwarded)")
    c.store("3", "+FLAGS", "(Junk)")


def both(c):
    return {mailbox: numbers(c, mailbox) for mailbox in ("INBOX", "Work")}


@check("UIDVALIDITY, UIDs, flags and keywords come along from Dovecot, even "
       "if APPEND comes first", skip=dovecot.MISSING)
def moving_in(server):
    with server.theirs() as c:
        fill(c)
        want = both(c)
    # Work was never scanned.
    with server.ours() as c:
        append(c, "Work", "new")
        got = both(c)
    uid, _ = got["Work"][1].pop("new")
    highest = max(u for u, _ in want["Work"][1].values())
    need(uid > highest, f"want a UID over {highest}, got {uid}")
    expect(got, want, "mailboxes")


@check("UIDVALIDITY, UIDs, flags and keywords go along to Dovecot",
       skip=dovecot.MISSING)
def moving_out(server):
    with server.ours() as c:
        for n in range(5):
            append(c, "INBOX", f"penfold{n}")
        c.select("INBOX")
        c.store("4", "+FLAGS", "(\\Answered $Forwarded)")
        c.copy("1:3", "Work")
        want = both(c)
    wait_for("the lists are written", lambda: all(
        server.lists_all(folder, len(want[mailbox][1]))
        for mailbox, folder in (("INBOX", ""), ("Work", ".Work"))))
    server.stop()
    with server.theirs() as c:
        expect(both(c), want, "mailboxes")


@check("Penfold and Dovecot give the same UIDs while both, and a delivery "
       "program, add messages", skip=dovecot.MISSING)
def beside(server):
    rng = random.Random(7)
    with server.ours() as p:
        append(p, "INBOX", "first")
        wait_for("the list is written", lambda: server.lists_all("", 0))
    with server.theirs() as d, server.ours() as p:
        for n in range(29):
            who = rng.choice((d, p))
            if rng.random() < 0.5:
                append(who, "INBOX", f"by{n}")
            else:
                server.deliver(f"Subject: mail{n}\n\n{n}\n".encode(),
                               server.user)
            for c in rng.sample((d, p), 2):
                c.select("INBOX")

        def agree():
            d.noop()
            return numbers(d, "INBOX") == numbers(p, "INBOX")
        wait_for("both agree", agree, pause=1)
        _, found = numbers(p, "INBOX")
        expect(len(found), 30, "messages")
        # After one more message they agree at once.
        append(d, "INBOX", "last-d")
        ours = numbers(p, "INBOX")
        expect(ours, numbers(d, "INBOX"), "after one more")


def main():
    on(lambda: Server("bob"), beside)
    # What is handed back was taken over.
    story(lambda: Server("alice"), moving_in, moving_out)
    finish()


if __name__ == "__main__":
    main()
