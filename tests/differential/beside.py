# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Penfold and Dovecot for the mail of one user, and what clients see."""

import imaplib
import os
import re
import shlex

import dovecot
import harness
from harness import expect


class Server(harness.Server):
    """A server, and Dovecot, for the mail of one user."""

    def __init__(self, user):
        super().__init__(user, OWNER=f"{dovecot.UID}:{dovecot.UID}")
        self.user = user
        self.dovecot = dovecot.Program(self.path("dovecot"),
                                       self.maildir(user))

    def theirs(self):
        """A session with Dovecot."""
        env = self.dovecot.env
        return imaplib.IMAP4_stream(
            f"USER={env['USER']} HOME={env['HOME']} exec " +
            shlex.join(self.dovecot.command))

    def ours(self):
        """A session with Penfold."""
        return self.imap(self.user)

    def stop(self):
        """Stop the server, but keep the mail."""
        self.process.terminate()
        self.process.wait(20)

    def lists_all(self, mailbox, messages):
        """Whether the uidlist has a line for each message."""
        path = os.path.join(self.maildir(self.user), mailbox,
                            "dovecot-uidlist")
        if not os.path.exists(path):
            return False
        with open(path) as f:
            return len(f.readlines()) >= messages + 1


def append(c, mailbox, subject):
    status, data = c.append(mailbox, None, None,
                            f"Subject: {subject}\r\n\r\n"
                            f"{subject}\r\n".encode())
    expect(status, "OK", f"APPEND {data}")


def numbers(c, mailbox):
    """Return UIDVALIDITY and {subject: (UID, flags)}."""
    expect(c.select(mailbox)[0], "OK", "SELECT " + mailbox)
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
