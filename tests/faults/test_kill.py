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

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "wire"))
import family
import lib
from lib import check, expect, need

SECONDS = float(os.environ.get("SECONDS", 8))
CLIENTS = 3


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
                c = imaplib.IMAP4(lib.HOST, self.server.ports["imap"],
                                  timeout=10)
                c.login("alice", lib.PASSWORD)
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


class Aftermath:
    """What is there after the storm, and what the clients know."""

    def __init__(self, journal, kills, inbox, boxes):
        self.journal, self.kills = journal, kills
        self.inbox, self.boxes = inbox, boxes
        self.count = collections.Counter([key for key, _ in inbox])
        for keys in boxes.values():
            self.count.update(keys)


def storm(server):
    """Kill the workers of imapd again and again; returns how many."""
    kills, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(random.uniform(0.1, 0.5))
        for pid in family.of_role(family.parents(server)[0], "mail"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                kills += 1
    return kills


@contextlib.contextmanager
def aftermath():
    journal, stop = Journal(), threading.Event()
    with lib.Server("alice", PLAINTEXT="yes") as server:
        clients = [Client(server, n, journal, stop) for n in range(CLIENTS)]
        c = clients[0].connect()
        for client in clients:
            c.create(client.box)
        for client in clients:
            client.start()
        try:
            kills = storm(server)
        finally:
            stop.set()
            for client in clients:
                client.join()
        c = clients[0].connect()
        inbox = contents(c, "INBOX")
        boxes = {k.box: [key for key, _ in contents(c, k.box)]
                 for k in clients}
    print(f"# {kills} kills, {len(journal.appended)} appended, "
          f"{len(journal.moved)} moved, {len(journal.expunged)} expunged")
    yield Aftermath(journal, kills, inbox, boxes)


@check("workers are killed while messages are appended, moved and expunged")
def happened(a):
    need(a.kills, "no worker was killed")
    for what in ("appended", "moved", "expunged"):
        need(getattr(a.journal, what), f"no message was {what}")


@check("no message is duplicated, whenever a worker is killed")
def doubled(a):
    expect([key for key, n in a.count.items() if n > 1], [], "doubled")


@check("no message whose APPEND was acknowledged is lost")
def lost(a):
    expect([key for key in a.journal.appended - a.journal.tried_expunge
            if key not in a.count], [], "lost")


@check("no message whose EXPUNGE was acknowledged comes back")
def came_back(a):
    expect([key for key in a.journal.expunged if key in a.count], [],
           "came back")


@check("a message whose MOVE was acknowledged is where it was moved to")
def moved(a):
    expect([key for key, box in a.journal.moved.items()
            if key not in a.boxes[box]], [], "not in its mailbox")


@check("no UID is given out twice")
def uids_once(a):
    expect(a.journal.changed_hands, [], "given out twice")


@check("a UID means the same message as before")
def uids_last(a):
    expect([(uid, key) for key, uid in a.inbox
            if a.journal.uids.get(uid, key) != key], [], "another message")


def main():
    lib.on(aftermath, happened, doubled, lost, came_back, moved, uids_once,
           uids_last)
    lib.finish()


if __name__ == "__main__":
    main()
