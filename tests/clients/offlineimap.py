#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""offlineimap3: a full sync, a second one that transfers nothing, and changes
in both directions."""

import glob
import os

import lib
from lib import check, need, same

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


def main():
    with lib.Server() as server:
        server.append(MESSAGES)
        home = os.path.join(server.dir, "offlineimap")
        os.makedirs(home)
        config = os.path.join(home, "rc")
        with open(config, "w") as f:
            f.write(CONFIG.format(home=home, port=server.ports["imaps"],
                                  password=lib.PASSWORD, ca=server.ca))

        def sync():
            return lib.run(["offlineimap", "-o", "-u", "basic", "-c", config],
                           env=dict(os.environ, HOME=home))

        def files(folder="INBOX"):
            return sorted(glob.glob(f"{home}/mail/{folder}/cur/*") +
                          glob.glob(f"{home}/mail/{folder}/new/*"))

        with check("down"):
            sync()
            same(len(files()), len(MESSAGES), "files")
        with check("a second sync transfers nothing"):
            before = files()
            text = sync()
            same(files(), before, "files")
            need("Copy message" not in text, "nothing is copied")
        with check("up: a new message and a flag"):
            with open(f"{home}/mail/INBOX/cur/1.new.local:2,F", "wb") as f:
                f.write(lib.message("From below").replace(b"\r\n", b"\n"))
            sync()
            need("\\Flagged" in server.snapshot()["From below"], "flag")
        with check("down: flags and an expunge"):
            with server.imap() as client:
                client.select("INBOX")
                client.store("1", "+FLAGS", "(\\Answered)")
                client.store("2", "+FLAGS", "(\\Deleted)")
                client.expunge()
            sync()
            same(len(files()), len(MESSAGES), "files")
            need(any("R" in name.rsplit(":2,", 1)[1] for name in files()
                     if ":2," in name), "answered")
    lib.finish()


if __name__ == "__main__":
    main()
