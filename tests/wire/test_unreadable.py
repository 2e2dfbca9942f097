#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Maildirs that can't be read or contain files that are not messages: the
client gets an error, the log has path and errno, and all other users are
served."""

import os
import re

import lib
from lib import Imap, Pop3, check, expect_match, expect_not_in

ROOT = "" if os.geteuid() == 0 else \
    "only root can set permissions of another user's mail"


def own(server, path, mode):
    """Give a file or folder of a user's mail to its owner, with this mode."""
    owner = os.stat(server.maildir("alice"))
    os.chown(path, owner.st_uid, owner.st_gid)
    os.chmod(path, mode)


# A mail root without any permission.

class Closed(lib.Server):
    """A server whose users carol and dave have such a root.  Erin's is right,
    but not penfold/ in it."""

    def __init__(self):
        super().__init__("alice bob carol dave erin")
        self.append([lib.message("One")])
        for user in ("carol", "dave"):
            os.makedirs(self.maildir(user), exist_ok=True)
            own(self, self.maildir(user), 0)
        os.makedirs(os.path.join(self.maildir("erin"), "penfold"))
        own(self, os.path.join(self.maildir("erin"), "penfold"), 0)


@check("IMAP: login to a mail root that can't be read is NO [SERVERBUG] "
       "(RFC 5530 3)", skip=ROOT)
def closed_imap(server):
    with Imap(server) as c:
        c.fails("NO", 'LOGIN "carol" "testpass"').says("[SERVERBUG]")


@check("POP3: login to a mail root that can't be read is -ERR [SYS/PERM] "
       "(RFC 3206)", skip=ROOT)
def closed_pop3(server):
    with Pop3(server) as c:
        c.ok("USER carol")
        expect_match(r"^\[SYS/PERM\]", c.err("PASS testpass"), "PASS")


@check("the log has the path of a mail root that can't be read, and the error",
       skip=ROOT)
def closed_log(server):
    with Imap(server) as c:
        c.fails("NO", 'LOGIN "carol" "testpass"')
    expect_match(re.escape(server.maildir("carol")) +
                 "[^\n]*Permission denied", server.log_text(), "the log")


@check("the log has the path of a penfold/ that can't be read, not of its root",
       skip=ROOT)
def closed_penfold(server):
    with Imap(server) as c:
        c.fails("NO", 'LOGIN "erin" "testpass"').says("[SERVERBUG]")
    expect_match(re.escape(os.path.join(server.maildir("erin"), "penfold")) +
                 " [^\n]*Permission denied", server.log_text(), "the log")


@check("beside a mail root that can't be read others are served", skip=ROOT)
def closed_others(server):
    with Imap(server) as c:
        c.fails("NO", 'LOGIN "carol" "testpass"')
    with Imap(server, user="bob") as c:
        c.ok("SELECT INBOX")


@check("a mail root works as soon as it can be read", skip=ROOT)
def closed_no_more(server):
    with Imap(server) as c:
        c.fails("NO", 'LOGIN "dave" "testpass"')
    os.chmod(server.maildir("dave"), 0o700)
    with Imap(server, user="dave") as c:
        c.ok("SELECT INBOX")


# Files that are not messages.

class Strange(lib.Server):
    """A server whose user alice has three messages, and with them FIFOs,
    links, a folder, an empty file, a file without permission, and one with a
    wrong size in its name."""

    def __init__(self):
        super().__init__("alice")
        self.append([lib.message("One"), lib.message("Two")])
        self.root = self.maildir("alice")
        # A worker may open the second of these files.
        outside = os.path.join(self.dir, "outside")
        others = self.path("mail", "others")
        for path in (outside, others):
            with open(path, "wb") as f:
                f.write(lib.message("Somebody else's"))
            own(self, path, 0o600)
        os.mkfifo(os.path.join(self.root, "new", "1.fifo.test"))
        os.mkfifo(os.path.join(self.root, "cur", "2.fifo.test:2,"))
        for number, target in enumerate((outside, others), 3):
            for name in ("cur/%d.link.test:2,", "new/%d.new.link.test"):
                os.symlink(target, os.path.join(self.root, name % number))
        os.mkdir(os.path.join(self.root, "cur", "5.folder.test:2,"))
        with open(os.path.join(self.root, "cur", "6.empty.test:2,"), "wb"):
            pass
        for name, mode in (("7.closed.test:2,", 0),
                           ("8.size,S=9999999,W=1.test:2,S", 0o600),
                           ("9.double.test:2,", 0o600),
                           ("9.double.test:2,S", 0o600)):
            path = os.path.join(self.root, "cur", name)
            with open(path, "wb") as f:
                f.write(lib.message("In " + name[:8]))
            own(self, path, mode)
        self.deliver(lib.message("A good one"))


def looked_at(c):
    """SELECT, and ask for all of all messages; whether that can be told for
    each of them is another matter."""
    c.ok("SELECT INBOX")
    c.command("FETCH 1:* (UID RFC822.SIZE ENVELOPE)")
    c.command("FETCH 1:* (BODY.PEEK[])")
    return c.command("FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])")


@check("a message is found and read among files that are none", skip=ROOT)
def good_one(server):
    with Imap(server, user="alice") as c:
        looked_at(c)
        number = c.ok("SEARCH SUBJECT good").has(rb"SEARCH (\d+)")[1].decode()
        c.fetch(number, "BODY.PEEK[]").has("A good one")
        c.ok("NOOP")


@check("a symbolic link in a Maildir is not followed", skip=ROOT)
def links(server):
    with Imap(server, user="alice") as c:
        looked_at(c).lacks("Somebody else's")
        c.command("FETCH 1:* (BODY.PEEK[])").lacks("Somebody else's")


@check("a wrong size in the name of a file does no harm", skip=ROOT)
def wrong_size(server):
    with Imap(server, user="alice") as c:
        looked_at(c).has("In 8.size")


@check("the log has the path of a message that can't be read, and the error",
       skip=ROOT)
def message_log(server):
    with Imap(server, user="alice") as c:
        looked_at(c)
    expect_match(re.escape(server.root) + "[^\n]*Permission denied",
                 server.log_text(), "the log")


@check("two files of one name are one message, and the log says what to do",
       skip=ROOT)
def double(server):
    with Imap(server, user="alice") as c:
        looked_at(c)
        c.ok("SEARCH SUBJECT 9.double").has(rb"SEARCH \d+$")
    expect_match(r"user=alice: two files .*: 9\.double\.test:2,S? and "
                 r"9\.double\.test:2,S?: remove one of them",
                 server.log_text(), "the log")


@check("POP3 opens a Maildir that has files of other kinds", skip=ROOT)
def strange_pop3(server):
    with Pop3(server, user="alice") as c:
        c.ok("STAT")
        c.multi("LIST")


@check("no password is in the log, whether the mail can be read or not",
       skip=ROOT)
def passwords(server):
    with Imap(server) as c:
        c.fails("NO", 'LOGIN "carol" "testpass"')
    with Pop3(server) as c:
        c.ok("USER carol")
        c.err("PASS testpass")
    for kind in (Imap, Pop3):
        kind(server, user="bob").close()
    expect_not_in("testpass", server.log_text(), "the log")


def main():
    lib.on(Closed, closed_imap, closed_pop3, closed_log, closed_penfold,
           closed_others, closed_no_more, passwords)
    lib.on(Strange, good_one, links, wrong_size, message_log, double,
           strange_pop3)
    lib.finish()


if __name__ == "__main__":
    main()
