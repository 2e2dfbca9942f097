#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: what an account starts with if its Maildir existed before, and which
deleted folders do not come back."""

import glob
import os
import shutil
import signal

import family
import lib
from lib import Imap, check, expect_in, expect_not_in, listed, wait_for

USES = ("Drafts", "Sent", "Trash", "Junk", "Archive")


def maildir(server, user, folders, files=None):
    """A Maildir as another program left it, in place before the first
    login."""
    root = server.maildir(user)
    for folder in ("",) + folders:
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(root + ".new", folder, sub))
    for name, text in (files or {}).items():
        with open(os.path.join(root + ".new", name), "w") as f:
            f.write(text)
    if os.geteuid() == 0:
        owner = os.stat(os.path.dirname(root))
        for path, _, names in os.walk(root + ".new"):
            for name in [path] + [os.path.join(path, n) for n in names]:
                os.chown(name, owner.st_uid, owner.st_gid)
    shutil.rmtree(root)
    os.rename(root + ".new", root)


def mailboxes(c):
    """{name: attributes} of all mailboxes."""
    boxes = listed(c.ok('LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)'))
    return {name: box[0] for name, box in boxes.items()}


def account(c):
    """The mailboxes of an account that has all it starts with."""
    boxes = mailboxes(c)
    expect_in("\\Subscribed", boxes["INBOX"], "INBOX")
    for name in USES:
        expect_in(name, boxes, "mailboxes")
        expect_in("\\" + name, boxes[name], name)
        expect_in("\\Subscribed", boxes[name], name)
    return boxes


@check("folders that were there get their special uses, and missing ones are "
       "made (RFC 6154)")
def prepopulated(server):
    maildir(server, "carol", (".Sent", ".Drafts", ".Lists.c"))
    with Imap(server, user="carol") as c:
        boxes = account(c)
        expect_not_in("\\Subscribed", boxes["Lists/c"], "another folder")
        for name in USES:
            c.ok(f"SELECT {name}")


@check("Dovecot's subscriptions are taken over, and so are those to folders "
       "that are gone (RFC 3501 6.3.6)")
def from_dovecot(server):
    maildir(server, "dave", (".Sent", ".Work.2026", ".Lists"),
            {"subscriptions": "V\t2\n\nWork\t2026\nEntw&APw-rfe\n"})
    with Imap(server, user="dave") as c:
        boxes = account(c)
        expect_in("\\Subscribed", boxes["Work/2026"], "Work/2026")
        expect_not_in("\\Subscribed", boxes["Lists"], "Lists")
        expect_in("Entw&APw-rfe", listed(c.ok('LSUB "" "*"'), b"LSUB"),
                  "LSUB")


@check("Courier's subscriptions are taken over")
def from_courier(server):
    maildir(server, "erin", (".Work.2026", ".Lists"),
            {"courierimapsubscribed": "INBOX\nINBOX.Work.2026\n"})
    with Imap(server, user="erin") as c:
        boxes = account(c)
        expect_in("\\Subscribed", boxes["Work/2026"], "Work/2026")
        expect_not_in("\\Subscribed", boxes["Lists"], "Lists")


@check("an account that was first used over POP3 is just as complete")
def pop3_first(server):
    maildir(server, "frank", (".Sent",))
    server.pop3("frank").quit()
    with Imap(server, user="frank") as c:
        account(c)


@check("a folder that was deleted does not come back at the next login")
def deleted(server):
    with Imap(server, user="alice") as c:
        account(c)
        c.ok("DELETE Trash")
    with Imap(server, user="alice") as c:
        expect_not_in("Trash", mailboxes(c), "mailboxes")
        c.fails("NO", "SELECT Trash")


@check("a lost index brings back no deleted folder and no subscription")
def index_lost(server):
    with Imap(server, user="grace") as c:
        account(c)
        c.ok("DELETE Trash")
        c.ok("UNSUBSCRIBE Junk")
    folder = os.path.join(server.maildir("grace"), "penfold")

    def written():
        path = os.path.join(folder, "control")
        if not os.path.exists(path):
            return False
        with open(path) as f:
            return "subscribed Junk" not in f.read()
    wait_for("the control file is written", written)
    for parent in family.parents(server):
        for pid in family.of_role(parent, "mail"):
            os.kill(pid, signal.SIGKILL)
    for path in glob.glob(os.path.join(folder, "index.db*")):
        os.unlink(path)

    def login():
        try:
            return Imap(server, user="grace")
        except (lib.Closed, OSError, AssertionError):
            return None
    with wait_for("workers are back", login) as c:
        boxes = mailboxes(c)
        expect_in("\\Drafts", boxes["Drafts"], "Drafts")
        expect_not_in("\\Subscribed", boxes["Junk"], "Junk")
        expect_not_in("Trash", boxes, "mailboxes")
        c.fails("NO", "SELECT Trash")


def main():
    lib.on(lambda: lib.Server("alice carol dave erin frank grace"),
           prepopulated, from_dovecot, from_courier, pop3_first, deleted,
           index_lost)
    lib.finish()


if __name__ == "__main__":
    main()
