#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""UIDs are taken over from Dovecot, handed back to it, and shared with it.

Dovecot's imap program uses the Maildir before Penfold, after it, and at the
same time.  Both servers must give each message the same UID.
"""

import os
import random
import re
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import differential
import harness
from harness import check, need, same, wait_for

import imaplib

UID = os.geteuid() or differential.NOBODY


class Dovecot:
    """Dovecot's imap program on a Maildir, without a login."""

    def __init__(self, server, user):
        self.dir = server.path("dovecot")
        self.maildir = server.maildir(user)
        self.user = subprocess.run(
            ["id", "-un", str(UID)], text=True,
            stdout=subprocess.PIPE).stdout.strip()
        new = differential.version() >= "2.4"
        text = differential.DOVECOT_24 if new else differential.DOVECOT_23
        os.makedirs(os.path.join(self.dir, "run"), exist_ok=True)
        with open(os.path.join(self.dir, "dovecot.conf"), "w") as f:
            f.write((text % {"dir": self.dir, "user": self.user}).replace(
                self.dir + "/mail", self.maildir))
        if os.geteuid() == 0:
            for path, names, files in os.walk(self.dir):
                for name in [path] + [os.path.join(path, n)
                                      for n in names + files]:
                    os.chown(name, UID, UID)

    def imap(self):
        command = [differential.IMAP, "-c", self.dir + "/dovecot.conf"]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", str(UID), "--regid", str(UID),
                       "--clear-groups"] + command
        return imaplib.IMAP4_stream(
            f"USER={self.user} HOME={self.dir} exec " + shlex.join(command))


def make_maildir(server, user):
    root = server.maildir(user)
    for sub in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(root, sub), exist_ok=True)
    for path in (root, *(os.path.join(root, s) for s in ("cur", "new",
                                                         "tmp"))):
        os.chown(path, UID, UID)


def append(c, mailbox, subject):
    status, data = c.append(mailbox, None, None,
                            f"Subject: {subject}\r\n\r\n{subject}\r\n".encode())
    same(status, "OK", f"APPEND {data}")


def numbers(c, mailbox):
    """Return UIDVALIDITY and {subject: (UID, flags)}."""
    same(c.select(mailbox)[0], "OK", "SELECT " + mailbox)
    validity = int(c.response("UIDVALIDITY")[1][0])
    found = {}
    for row in c.fetch("1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS "
                       "(SUBJECT)])")[1]:
        if isinstance(row, tuple):
            uid = int(re.search(rb"UID (\d+)", row[0])[1])
            words = {f.decode() for f in imaplib.ParseFlags(row[0])}
            subject = re.search(rb"Subject: (\S+)", row[1])[1].decode()
            found[subject] = uid, words - {"\\Recent"}
    return validity, found


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


def moving_in(server, dovecot):
    with dovecot.imap() as c:
        fill(c)
        want = {m: numbers(c, m) for m in ("INBOX", "Work")}
    # Start with APPEND, to a mailbox that was never scanned.
    with server.imap("alice") as c:
        append(c, "Work", "new")
        got = {m: numbers(c, m) for m in ("INBOX", "Work")}
    uid = got["Work"][1].pop("new")[0]
    need(uid > max(u for u, _ in want["Work"][1].values()), f"UID {uid}")
    same(got, want, "after moving in")


def listed(server, mailbox, subjects):
    """Whether the uidlist has a line for each message."""
    path = os.path.join(server.maildir("alice"), mailbox, "dovecot-uidlist")
    with open(path) as f:
        return len(f.readlines()) >= subjects + 1


def moving_out(server, dovecot):
    with server.imap("alice") as c:
        for n in range(5):
            append(c, "INBOX", f"penfold{n}")
        c.select("INBOX")
        c.store("4", "+FLAGS", "(\\Answered $Forwarded)")
        c.copy("1:3", "Work")
        want = {m: numbers(c, m) for m in ("INBOX", "Work")}
    wait_for("the lists are written", lambda: all(
        listed(server, f, len(want[m][1]))
        for m, f in (("INBOX", ""), ("Work", ".Work"))), 30)
    server.close_only()
    with dovecot.imap() as c:
        got = {m: numbers(c, m) for m in ("INBOX", "Work")}
    same(got, want, "after moving out")


def beside(server, dovecot):
    """Both servers and a delivery program change a mailbox in turns.  At the
    end both servers agree."""
    rng = random.Random(7)
    with server.imap("bob") as p:
        append(p, "INBOX", "first")
        wait_for("the list is written", lambda: os.path.exists(
            os.path.join(server.maildir("bob"), "dovecot-uidlist")), 20)
    with dovecot.imap() as d, server.imap("bob") as p:
        for n in range(29):
            who = rng.choice((d, p))
            if rng.random() < 0.5:
                append(who, "INBOX", f"by{n}")
            else:
                server.deliver(f"Subject: mail{n}\n\n{n}\n".encode(), "bob")
            for c in rng.sample((d, p), 2):
                c.select("INBOX")

        def agree():
            d.noop()
            return numbers(d, "INBOX") == numbers(p, "INBOX")
        wait_for("both agree", agree, 40, 1)
        _, found = numbers(p, "INBOX")
        same(len(found), 30, "messages")
        # After one more message they agree at once.
        append(d, "INBOX", "last-d")
        a = numbers(p, "INBOX")
        same(a, numbers(d, "INBOX"), "after one more")


class Server(harness.Server):
    def close_only(self):
        """Stop the server, but keep the mail."""
        self.process.terminate()
        self.process.wait(20)


def main():
    if not os.path.exists(differential.IMAP):
        print("skip uidlist: there is no Dovecot")
        return
    owner = f"{UID}:{UID}"
    with Server("bob", OWNER=owner) as server:
        make_maildir(server, "bob")
        with check("UIDs are shared with a Dovecot beside us"):
            beside(server, Dovecot(server, "bob"))
    with Server("alice", OWNER=owner) as server:
        make_maildir(server, "alice")
        dovecot = Dovecot(server, "alice")
        with check("UIDs and keywords come along from Dovecot"):
            moving_in(server, dovecot)
        with check("UIDs and keywords go along to Dovecot"):
            moving_out(server, dovecot)
    harness.finish()


if __name__ == "__main__":
    main()
