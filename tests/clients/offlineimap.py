#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""offlineimap3: a full sync, a second one that transfers nothing, and changes
in both directions."""

import glob
import os

import lib
from lib import check, expect, expect_in, expect_not_in, need

CONFIG = """
[general]
accounts = test
metadata = {home}/state
socktimeout = 60
[Account test]
localrepository = local
remoterepository = remote
[Repository local]
type = Maildir
localfolders = {home}/mail
[Repository remote]
type = IMAP
remotehost = localhost
remoteport = {port}
remoteuser = alice
remotepass = {password}
ssl = yes
sslcacertfile = {ca}
"""

MESSAGES = [lib.message(f"Message {n}", f"Text {n}.\n") for n in range(9)]


class Offlineimap(lib.Server):
    """A server with these messages, and the files of an offlineimap."""

    def __init__(self):
        super().__init__()
        self.append(MESSAGES)
        self.home = os.path.join(self.dir, "offlineimap")
        os.makedirs(self.home)
        self.config = os.path.join(self.home, "rc")
        with open(self.config, "w") as f:
            f.write(CONFIG.format(home=self.home, port=self.ports["imaps"],
                                  password=lib.PASSWORD, ca=self.ca))

    def sync(self):
        return lib.run(["offlineimap", "-o", "-u", "basic", "-c",
                        self.config], env=dict(os.environ, HOME=self.home))

    def files(self):
        return sorted(glob.glob(f"{self.home}/mail/INBOX/cur/*") +
                      glob.glob(f"{self.home}/mail/INBOX/new/*"))


@check("offlineimap fetches all messages")
def down(o):
    o.sync()
    expect(len(o.files()), len(MESSAGES), "files")


@check("a second offlineimap transfers nothing")
def again(o):
    before = o.files()
    text = o.sync()
    expect(o.files(), before, "files")
    expect_not_in("Copy message", text, "output")


@check("offlineimap uploads a new message with its flag")
def up(o):
    with open(f"{o.home}/mail/INBOX/cur/1.new.local:2,F", "wb") as f:
        f.write(lib.message("From below").replace(b"\r\n", b"\n"))
    o.sync()
    there = o.snapshot()
    expect_in("From below", there, "INBOX")
    expect_in("\\Flagged", there["From below"], "flags")


@check("offlineimap follows flags and an expunge")
def follow(o):
    with o.imap() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", "(\\Answered)")
        client.store("2", "+FLAGS", "(\\Deleted)")
        client.expunge()
    o.sync()
    expect(len(o.files()), len(MESSAGES), "files after one came and one went")
    flags = [name.rsplit(":2,", 1)[1] for name in o.files() if ":2," in name]
    need(any("R" in f for f in flags), f"want R in one of {flags}")


def main():
    # Each check goes on from where those before it have left both sides.
    lib.story(Offlineimap, down, again, up, follow)
    lib.finish()


if __name__ == "__main__":
    main()
