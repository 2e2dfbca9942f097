#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""mbsync in both directions: mail on the server is fetched, new local mail is
uploaded, flags and deletions follow, and a second sync transfers nothing."""

import glob
import os
import re

import lib
from lib import check, expect, expect_in, expect_not_in

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


PORTS = {"imaps": "SSLType IMAPS", "imap": "SSLType STARTTLS"}
MESSAGES = [lib.message(f"Message {n}", f"Text {n}.\n" * n) for n in
            range(1, 21)]


class Mbsync(lib.Server):
    """A server with these messages, and the files of an mbsync that uses it
    on one port."""

    def __init__(self, port):
        super().__init__()
        self.append(MESSAGES)
        self.home = os.path.join(self.dir, "mbsync")
        os.makedirs(os.path.join(self.home, "mail"))
        self.config = os.path.join(self.home, "rc")
        with open(self.config, "w") as f:
            f.write(CONFIG.format(port=self.ports[port], tls=PORTS[port],
                                  password=lib.PASSWORD, ca=self.ca,
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


def uidnext(m):
    with m.imap() as client:
        client.select("INBOX", readonly=True)
        return client.response("UIDNEXT")[1]


@check("{}: mbsync fetches all messages, octet by octet", with_each=PORTS)
def down(m, _):
    m.sync()
    expect(len(m.files()), len(m.snapshot()), "files")
    expect(m.contents(), sorted(raw.replace(b"\r\n", b"\n")
                                for raw in MESSAGES), "contents")


@check("{}: a second mbsync transfers nothing", with_each=PORTS)
def again(m, _):
    before, names = uidnext(m), sorted(m.files())
    m.sync()
    expect(sorted(m.files()), names, "files")
    expect(uidnext(m), before, "UIDNEXT")


@check("{}: mbsync uploads a new message with its flag", with_each=PORTS)
def up(m, _):
    path = os.path.join(m.home, "mail", "INBOX", "cur", "1.local:2,F")
    with open(path, "wb") as f:
        f.write(lib.message("From below").replace(b"\r\n", b"\n"))
    m.sync()
    there = m.snapshot()
    expect_in("From below", there, "INBOX")
    expect_in("\\Flagged", there["From below"], "flags")


@check("{}: mbsync expunges what was deleted here", with_each=PORTS)
def deletion(m, _):
    expect_in("From below", m.snapshot(), "INBOX before")
    for name in m.files():
        with open(name, "rb") as f:
            if b"From below" in f.read():
                os.unlink(name)
    expect(len(m.files()), len(MESSAGES), "files")
    m.sync()
    expect_not_in("From below", m.snapshot(), "INBOX")


@check("{}: mbsync gets a new mailbox with its messages", with_each=PORTS)
def new_folder(m, _):
    with m.imap() as client:
        client.create('"New folder"')
        expect(client.append('"New folder"', None, None, MESSAGES[0])[0],
               "OK", "APPEND")
    m.sync()
    expect(m.contents("New folder"), [MESSAGES[0].replace(b"\r\n", b"\n")],
           "contents")


def main():
    # Each check goes on from where those before it have left both sides.
    for port, *some in zip(PORTS, down, again, up, deletion, new_folder):
        lib.story(lambda: Mbsync(port), *some)
    lib.finish()


if __name__ == "__main__":
    main()
