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
from lib import Imap, check, listed, need

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


def account(c):
    boxes = listed(c.ok('LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)'))
    for name in USES:
        need(name in boxes, f"{name}: {boxes}")
        need("\\" + name in boxes[name][0], boxes[name])
        need("\\Subscribed" in boxes[name][0], boxes[name])
    need("\\Subscribed" in boxes["INBOX"][0], boxes["INBOX"])
    return boxes


def prepopulated(server):
    """Existing folders get their special use, and missing ones are made."""
    maildir(server, "carol", (".Sent", ".Drafts", ".Lists.c"))
    with Imap(server, user="carol") as c:
        boxes = account(c)
        need("\\Subscribed" not in boxes["Lists/c"][0], boxes)
        for name in USES:
            c.ok(f"SELECT {name}")


def from_dovecot(server):
    maildir(server, "dave", (".Sent", ".Work.2026", ".Lists"),
            {"subscriptions": "V\t2\n\nWork\t2026\nEntw&APw-rfe\n"})
    with Imap(server, user="dave") as c:
        boxes = account(c)
        need("\\Subscribed" in boxes["Work/2026"][0], boxes)
        need("\\Subscribed" not in boxes["Lists"][0], boxes)
        subscribed = listed(c.ok('LSUB "" "*"'), b"LSUB")
        need("Entw&APw-rfe" in subscribed, subscribed)


def from_courier(server):
    maildir(server, "erin", (".Work.2026", ".Lists"),
            {"courierimapsubscribed": "INBOX\nINBOX.Work.2026\n"})
    with Imap(server, user="erin") as c:
        boxes = account(c)
        need("\\Subscribed" in boxes["Work/2026"][0], boxes)
        need("\\Subscribed" not in boxes["Lists"][0], boxes)


def pop3_first(server):
    """An account that logged in over POP3 first is just as complete."""
    maildir(server, "frank", (".Sent",))
    server.pop3("frank").quit()
    with Imap(server, user="frank") as c:
        account(c)


def deleted_stay_deleted(server):
    """Neither a later login nor a lost index brings a deleted folder back."""
    with Imap(server, user="alice") as c:
        account(c)
        c.ok("DELETE Trash")
        c.ok("UNSUBSCRIBE Junk")
    with Imap(server, user="alice") as c:
        need("Trash" not in listed(c.ok('LIST "" "*"')), "came back")
    control = os.path.join(server.maildir("alice"), "penfold", "control")

    def written():
        if not os.path.exists(control):
            return False
        with open(control) as f:
            return "subscribed Junk" not in f.read()
    lib.wait_for("the control file is written", written)
    index = os.path.join(server.maildir("alice"), "penfold", "index.db")
    for parent in family.parents(server):
        for pid in family.of_role(parent, "mail"):
            os.kill(pid, signal.SIGKILL)
    for path in glob.glob(index + "*"):
        os.unlink(path)

    def login():
        try:
            return Imap(server, user="alice")
        except (lib.Closed, OSError, AssertionError):
            return None
    with lib.wait_for("workers are back", login) as c:
        boxes = listed(c.ok('LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)'))
        need("\\Drafts" in boxes["Drafts"][0], boxes)
        need("\\Subscribed" not in boxes["Junk"][0], boxes)
        c.fails("NO", "SELECT Trash")


def main():
    users = "alice carol dave erin frank"
    with lib.Server(users) as server:
        for name, test in (
                ("an account with folders gets its special uses",
                 prepopulated),
                ("Dovecot's subscriptions are taken over", from_dovecot),
                ("Courier's subscriptions are taken over", from_courier),
                ("POP3 may come first", pop3_first),
                ("deleted folders stay deleted", deleted_stay_deleted)):
            with check(name):
                test(server)
    lib.finish()


if __name__ == "__main__":
    main()
