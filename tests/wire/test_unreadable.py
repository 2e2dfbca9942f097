#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Maildirs that can't be read or contain files that are not messages: the
client gets an error, the log has path and errno, and all other users are
served."""

import os
import re

import lib
from lib import Imap, Pop3, check, need, same


def log(server):
    with open(server.path("log"), errors="replace") as f:
        return f.read()


def unreadable(server):
    """A mail root without any permission, which is granted later."""
    owner = os.stat(server.maildir("alice"))
    root = server.maildir("carol")
    os.makedirs(root, exist_ok=True)
    os.chown(root, owner.st_uid, owner.st_gid)
    os.chmod(root, 0)
    with Imap(server) as c:
        answer = c.fails("NO", 'LOGIN "carol" "testpass"')
        need("[SERVERBUG]" in answer.text, f"IMAP: {answer}")
    with Pop3(server) as c:
        c.ok("USER carol")
        need(c.err("PASS testpass").startswith("[SYS/PERM]"), "POP3")
    need(re.search(re.escape(root) + ".*Permission denied", log(server)),
         "the log names the path and the error")
    with Imap(server, user="bob") as c:
        c.ok("SELECT INBOX")
    os.chmod(root, 0o700)
    with Imap(server, user="carol") as c:
        c.ok("SELECT INBOX")


def strange_files(server):
    """A FIFO, links, an empty file and a file without permission."""
    root = server.maildir("alice")
    owner = os.stat(root)
    outside = os.path.join(server.dir, "outside")
    with open(outside, "wb") as f:
        f.write(lib.message("Somebody else's"))
    os.mkfifo(os.path.join(root, "new", "1.fifo.test"))
    os.mkfifo(os.path.join(root, "cur", "2.fifo.test:2,"))
    os.symlink(outside, os.path.join(root, "cur", "3.link.test:2,"))
    os.symlink(outside, os.path.join(root, "new", "4.link.test"))
    os.mkdir(os.path.join(root, "cur", "5.folder.test:2,"))
    with open(os.path.join(root, "cur", "6.empty.test:2,"), "wb"):
        pass
    for name, mode in (("7.closed.test:2,", 0),
                       ("8.size,S=9999999,W=1.test:2,S", 0o600)):
        path = os.path.join(root, "cur", name)
        with open(path, "wb") as f:
            f.write(lib.message("In " + name[:8]))
        os.chown(path, owner.st_uid, owner.st_gid)
        os.chmod(path, mode)
    server.deliver(lib.message("A good one"))
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        c.command("FETCH 1:* (UID RFC822.SIZE ENVELOPE)")
        c.command("FETCH 1:* (BODY.PEEK[])")
        answer = c.ok("SEARCH SUBJECT good")
        number = answer.find(rb"SEARCH (\d+)")[1].decode()
        body = c.ok(f"FETCH {number} BODY.PEEK[]")
        need(body.find("A good one"), "the good one is read")
        body = c.command("FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        need(not body.find("Somebody else's"), "no link is followed")
        need(body.find("In 8.size"), "a wrong size in a name does no harm")
        c.ok("NOOP")
    need(re.search(re.escape(root) + ".*Permission denied", log(server)),
         "the log names the message that could not be read")
    with Pop3(server, user="alice") as c:
        c.ok("STAT")
        c.multi("LIST")


def main():
    with lib.Server("alice bob carol") as server:
        server.append([lib.message("One"), lib.message("Two")])
        with check("unreadable: the mail root"):
            unreadable(server)
        with check("strange files"):
            strange_files(server)
        same(log(server).count("testpass"), 0, "passwords in the log")
    lib.finish()


if __name__ == "__main__":
    if os.geteuid() == 0:
        main()
    else:
        print("skip unreadable: root sets permissions of another user's mail")
