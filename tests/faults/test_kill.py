#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Faults: workers are killed while clients change mail.

Clients append, move and expunge messages, and keep a journal of everything that
was answered OK, while the workers are killed again and again.  Afterwards every
acknowledged change must be there, once, and no UID may mean another message
than before.  Set SECONDS in the environment to change how long this takes.
"""

import collections
import contextlib
import imaplib
import os
import random
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness
from harness import need, same

CLIENTS = 3


def workers(server):
    """The pids of our imapd's mail workers."""
    with open(server.path("pids")) as f:
        parent = f.read().split()[0]
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                above = f.read().rpartition(")")[2].split()[1]
            with open(f"/proc/{pid}/cmdline") as f:
                line = f.read()
        except OSError:
            continue
        if above == parent and "imapd-mail" in line:
            found.append(int(pid))
    return found


class Journal:
    """What clients have tried, and what was answered OK."""

    def __init__(self):
        self.uids = {}
        self.changed_hands = []
        self.appended = set()
        self.moved = {}
        self.tried_expunge = set()
        self.expunged = set()


class Client(threading.Thread):
    def __init__(self, server, number, journal, stop):
        super().__init__()
        self.server, self.journal, self.stop = server, journal, stop
        self.random = random.Random(number)
        self.number, self.box = number, f"B{number}"

    def connect(self):
        while True:
            try:
                c = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"],
                                  timeout=10)
                c.login("alice", harness.PASSWORD)
                return c
            except (OSError, imaplib.IMAP4.error):
                time.sleep(0.05)

    def step(self, c, key):
        j = self.journal
        text = f"Subject: {key}\r\n\r\nbody of {key}\r\n".encode()
        status, data = c.append("INBOX", None, None, text)
        if status != "OK":
            return
        uid = int(re.search(rb"APPENDUID \d+ (\d+)", data[0]).group(1))
        if j.uids.setdefault(uid, key) != key:
            j.changed_hands.append((uid, key))
        j.appended.add(key)
        what = self.random.random()
        if what > 0.5:
            return
        c.select("INBOX")
        if what < 0.25:
            if c.uid("MOVE", str(uid), self.box)[0] == "OK":
                j.moved[key] = self.box
            return
        j.tried_expunge.add(key)
        c.uid("STORE", str(uid), "+FLAGS", "\\Deleted")
        if c.uid("EXPUNGE", str(uid))[0] == "OK":
            j.expunged.add(key)

    def run(self):
        c, count = self.connect(), 0
        while not self.stop.is_set():
            count += 1
            try:
                self.step(c, f"{self.number}-{count}")
            except (OSError, imaplib.IMAP4.error):
                c = self.connect()


def contents(c, mailbox):
    """The keys and UIDs of the messages in a mailbox."""
    if c.select(mailbox)[0] != "OK":
        return []
    data = c.fetch("1:*", "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
    return [(re.search(rb"Subject: (\S+)", item[1]).group(1).decode(),
             int(re.search(rb"UID (\d+)", item[0]).group(1)))
            for item in data if isinstance(item, tuple)]


def main():
    seconds = float(os.environ.get("SECONDS", "8"))
    journal, stop, kills = Journal(), threading.Event(), 0
    with harness.Server("alice", PLAINTEXT="yes") as server:
        clients = [Client(server, n, journal, stop) for n in range(CLIENTS)]
        c = clients[0].connect()
        for client in clients:
            c.create(client.box)
        for client in clients:
            client.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(random.uniform(0.1, 0.5))
            for pid in workers(server):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
        stop.set()
        for client in clients:
            client.join()
        c = clients[0].connect()
        inbox = contents(c, "INBOX")
        boxes = {k.box: [key for key, _ in contents(c, k.box)]
                 for k in clients}
    there = collections.Counter([key for key, _ in inbox])
    for keys in boxes.values():
        there.update(keys)
    need(kills > 0 and journal.appended, "something happened")
    same([k for k, n in there.items() if n > 1], [], "doubled")
    same([k for k in journal.appended - journal.tried_expunge
          if k not in there], [], "lost")
    same([k for k in journal.expunged if k in there], [], "came back")
    same([k for k, box in journal.moved.items() if k not in boxes[box]],
         [], "moved elsewhere")
    same(journal.changed_hands, [], "UIDs that were given out twice")
    same([(uid, key) for key, uid in inbox
          if journal.uids.get(uid, key) != key], [], "UIDs that changed hands")
    print(f"ok {kills} kills, {len(journal.appended)} appended, "
          f"{len(journal.moved)} moved, {len(journal.expunged)} expunged")


if __name__ == "__main__":
    main()
