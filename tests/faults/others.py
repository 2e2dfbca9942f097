# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Other programs in a user's Maildir, which keep the journal of journal.py: one
that delivers, marks and moves messages by renaming files, and Dovecot."""

import imaplib
import os
import random
import shlex
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..",
                                "differential"))
import dovecot
import journal


class Renamer:
    """A mail program without a server."""

    def __init__(self, server, book):
        self.root, self.journal = server.maildir(journal.USER), book
        self.random = random.Random(0)
        self.count, self.live = 0, []	# [(key, base name)], in INBOX
        book.add_mailbox("INBOX")
        book.add_mailbox("Other")

    def start(self, stop):
        self.stop = stop
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def join(self):
        self.thread.join()

    def deliver(self):
        self.count += 1
        key = f"other-{self.count}"
        base = f"{int(time.time())}.M{self.count:06}P{os.getpid()}.other"
        path = os.path.join(self.root, "tmp", base)
        with open(path, "w") as f:
            f.write(f"Subject: {key}\n\nbody of {key}\n")
        owner = os.stat(self.root)
        os.chown(path, owner.st_uid, owner.st_gid)
        change = journal.Change(self.journal, key, "deliver", ["INBOX"])
        os.rename(path, os.path.join(self.root, "new", base))
        change.answered(True)
        self.live.append((key, base))

    def find(self, base):
        """The file of a message in INBOX; None if it is just being renamed."""
        for folder in ("new", "cur"):
            for name in os.listdir(os.path.join(self.root, folder)):
                if name.partition(":")[0] == base:
                    return os.path.join(self.root, folder, name)
        return None

    def rename(self, base, folder, flag):
        """Move a message and add a flag to it.  Returns whether it was
        found."""
        for _ in range(100):
            path = self.find(base)
            flags = (path or "").partition(":2,")[2]
            try:
                if path:
                    os.rename(path, os.path.join(
                        self.root, folder, "cur",
                        base + ":2," + "".join(sorted({*flags, *flag}))))
                    return True
            except FileNotFoundError:
                pass
            time.sleep(0.01)
        return False

    def run(self):
        while not self.stop.is_set():
            self.deliver()
            self.stop.wait(self.random.uniform(0.05, 0.3))
            if self.random.random() < 0.5:
                continue
            key, base = self.live.pop(self.random.randrange(len(self.live)))
            if self.random.random() < 0.6:
                if self.rename(base, "", "F"):
                    self.journal.set_flags(key, "INBOX", {"\\Flagged"})
                    self.journal.done["marked"] += 1
                continue
            change = journal.Change(self.journal, key, "moved", ["Other"],
                                    ["INBOX"])
            if self.rename(base, ".Other", ""):
                change.answered(True)


class Dovecot(journal.Client):
    """Dovecot's imap program, as a client of its own."""

    flags = ("\\Flagged", "\\Answered", "\\Draft")

    def __init__(self, server, book):
        super().__init__(server, "dovecot", book)
        self.mailboxes.remove(self.moving)
        del book.names[self.moving]
        self.program = dovecot.Program(server.path("dovecot"),
                                       server.maildir(journal.USER))

    def connect(self):
        env = self.program.env
        while not self.stop.is_set():
            try:
                return imaplib.IMAP4_stream(
                    f"USER={env['USER']} HOME={env['HOME']} exec " +
                    shlex.join(self.program.command) + " 2>/dev/null")
            except journal.ERRORS:
                time.sleep(0.1)
        return None

    def dele(self, key, mailbox, uid):
        """It has no POP3."""

    def step(self, c):
        super().step(c)
        self.journal.done["by Dovecot"] += 1
        self.stop.wait(0.1)
