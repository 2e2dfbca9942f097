#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Faults: workers are killed, and the index is damaged, while clients and other
programs change mail.

Clients append, mark, copy, move, expunge and rename, over IMAP and POP3, and
keep a journal of everything that was answered OK, while the workers are killed
again and again.  Another program and Dovecot do the same in the Maildir.
Afterwards every acknowledged change must be there, once, and no UID may mean
another message than before.  Set SECONDS in the environment to change how long
this takes.
"""

import contextlib
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "wire"))
import family
import journal
import lib
import others
from lib import check, expect, need, wait_for

SECONDS = float(os.environ.get("SECONDS", 12))
CLIENTS = 3
WITH_DOVECOT = not others.dovecot.MISSING
# What has to happen, however long it takes.
WANTED = {"append", "flags", "copy", "move", "expunge", "deliver", "marked",
          "moved"} | ({"by Dovecot"} if WITH_DOVECOT else set())


def workers(server):
    return [pid for parent in family.parents(server)
            for pid in family.of_role(parent, "mail")]


def kill(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def damage(server, book, way):
    """Damage the index while no worker runs.  What follows later than the
    answer, flags in file names, may be lost with it."""
    parents = family.parents(server)
    for pid in parents:
        os.kill(pid, signal.SIGSTOP)
    try:
        kill(workers(server))
        wait_for("the workers are gone", lambda: not workers(server))
        book.forget_flags()
        path = os.path.join(server.maildir(journal.USER), "penfold",
                            "index.db")
        way(path)
        book.forget_flags()
    finally:
        for pid in parents:
            os.kill(pid, signal.SIGCONT)


def remove(path):
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path + end)


def overwrite(path):
    for end in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError), \
                open(path + end, "r+b") as f:
            f.write(b"\xa5" * 65536)


def cut(path):
    with contextlib.suppress(FileNotFoundError):
        os.truncate(path, os.path.getsize(path) // 2)


def storm(server, book):
    """Kill the workers of both daemons again and again, and damage the index
    now and then.  Returns how often each was done."""
    rng = random.Random(1)
    kills = losses = 0
    goes_on = lib.lasts(SECONDS, lambda: kills and losses and
                        not WANTED - set(book.done))
    damage_at = time.monotonic() + SECONDS / 4
    while goes_on():
        time.sleep(rng.uniform(0.1, 0.5))
        if time.monotonic() > damage_at:
            damage(server, book, (remove, overwrite, cut)[losses % 3])
            losses += 1
            damage_at = time.monotonic() + max(SECONDS / 12, 3)
        else:
            kill(pids := workers(server))
            kills += len(pids)
    return kills, losses


class Storm:
    """A server in trouble, and what its clients know afterwards."""

    def __init__(self, server):
        self.journal, stop = journal.Journal(), threading.Event()
        clients = [journal.Client(server, str(n), self.journal)
                   for n in range(CLIENTS)]
        c = clients[0].log_in()
        programs = [others.Renamer(server, self.journal)]
        if WITH_DOVECOT:
            programs.append(others.Dovecot(server, self.journal))
            programs[-1].create(c)
        c.create("Other")
        for client in clients:
            client.create(c)
        c.logout()
        for each in clients + programs:
            each.start(stop)
        try:
            self.kills, self.losses = storm(server, self.journal)
        finally:
            stop.set()
            for each in clients + programs:
                each.join()
        self.found = journal.Aftermath(
            clients[0].log_in(), self.journal,
            shared={"INBOX"} if WITH_DOVECOT else ())
        print(f"# {self.kills} kills, {self.losses} damaged indexes, " +
              ", ".join(f"{n} {what}" for what, n in
                        sorted(self.journal.done.items())))


@contextlib.contextmanager
def aftermath():
    owner = {"OWNER": f"{others.dovecot.UID}:{others.dovecot.UID}"} \
        if WITH_DOVECOT else {}
    with lib.Server(journal.USER, PLAINTEXT="yes", **owner) as server:
        yield Storm(server)


@check("workers are killed, and the index is damaged, while mail changes in "
       "all ways")
def happened(s):
    need(s.kills, "no worker was killed")
    need(s.losses, "no index was damaged")
    expect(WANTED - set(s.journal.done), set(), "what did not happen")


@check("no message is duplicated, whenever a worker is killed")
def doubled(s):
    expect(s.found.doubled(), [], "doubled")


@check("no acknowledged message is lost")
def lost(s):
    expect(s.found.lost(), [], "lost")


@check("each message is where the acknowledged COPY, MOVE, EXPUNGE, DELE or "
       "rename(2) put it")
def misplaced(s):
    expect(s.found.misplaced(), [], "in other mailboxes than right")


@check("acknowledged flags are there")
def flags(s):
    expect(s.found.changed_flags(), [], "with other flags")


@check("a mailbox whose RENAME was acknowledged has its new name, and only "
       "that")
def names(s):
    expect(s.found.misnamed, [], "mailboxes and their names")


@check("a UID never means another message than before")
def uids(s):
    expect(s.found.changed_hands(), [], "another message")


def main():
    lib.on(aftermath, happened, doubled, lost, misplaced, flags, names, uids)
    lib.finish()


if __name__ == "__main__":
    main()
