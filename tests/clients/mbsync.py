#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""mbsync in both directions: mail on the server is fetched, new local mail is
uploaded, flags and deletions follow, and a second sync transfers nothing."""

import glob
import os
import re

import lib
from lib import check, need, same

CONFIG = """
IMAPAccount test
Host localhost
Port {port}
User alice
Pass {password}
{tls}
CertificateFile {ca}

IMAPStore far
Account test

MaildirStore near
Path {home}/mail/
Inbox {home}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
Sync All
CopyArrivalDate yes
SyncState *
"""


class Mbsync:
    def __init__(self, server, port, tls):
        self.home = os.path.join(server.dir, "mbsync-" + port)
        os.makedirs(os.path.join(self.home, "mail"))
        self.config = os.path.join(self.home, "rc")
        with open(self.config, "w") as f:
            f.write(CONFIG.format(port=server.ports[port], tls=tls,
                                  password=lib.PASSWORD, ca=server.ca,
                                  home=self.home))

    def sync(self):
        lib.run(["mbsync", "-q", "-c", self.config, "-a"],
                env=dict(os.environ, HOME=self.home))

    def files(self, folder="INBOX"):
        return glob.glob(os.path.join(self.home, "mail", folder, "cur", "*")) \
            + glob.glob(os.path.join(self.home, "mail", folder, "new", "*"))

    def contents(self, folder="INBOX"):
        found = []
        for name in self.files(folder):
            with open(name, "rb") as f:
                data = f.read()
            found.append(re.sub(rb"X-TUID:.*\r?\n", b"", data))
        return sorted(d.replace(b"\r\n", b"\n") for d in found)


MESSAGES = [lib.message(f"Message {n}", f"Text {n}.\n" * n) for n in
            range(1, 21)]


def main():
    with lib.Server() as server:
        server.append(MESSAGES)
        for port, tls in (("imaps", "SSLType IMAPS"),
                          ("imap", "SSLType STARTTLS")):
            m = Mbsync(server, port, tls)
            label = port + ": "
            with check(label + "down"):
                m.sync()
                want = len(server.snapshot())
                same(len(m.files()), want, "files")
                for raw in MESSAGES:
                    need(raw.replace(b"\r\n", b"\n") in m.contents(),
                         "contents are the same")
            with check(label + "a second sync transfers nothing"):
                with server.imap() as client:
                    client.select("INBOX", readonly=True)
                    before = client.response("UIDNEXT")[1]
                names = sorted(m.files())
                m.sync()
                same(sorted(m.files()), names, "files")
                with server.imap() as client:
                    client.select("INBOX", readonly=True)
                    same(client.response("UIDNEXT")[1], before, "UIDNEXT")
            with check(label + "new mail goes up and a flag follows"):
                raw = lib.message(f"From below by {port}")
                path = os.path.join(m.home, "mail", "INBOX", "cur",
                                    f"1.{port}.local:2,F")
                with open(path, "wb") as f:
                    f.write(raw.replace(b"\r\n", b"\n"))
                m.sync()
                need("\\Flagged" in
                     server.snapshot()[f"From below by {port}"], "flag")
            with check(label + "a deletion goes up, a new folder comes down"):
                with server.imap() as client:
                    client.create(f"Folder {port}".join('""'))
                    same(client.append(f'"Folder {port}"', None, None,
                                       MESSAGES[0])[0], "OK")
                os.unlink([n for n in m.files() if f"1.{port}" in n or
                           f"by {port}".encode() in open(n, "rb").read()][0])
                m.sync()
                need(f"From below by {port}" not in server.snapshot(),
                     "it is gone on the server")
                same(len(m.files(f"Folder {port}")), 1, "in the new folder")
    lib.finish()


if __name__ == "__main__":
    main()
