#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Guessing is slow, by the address that it comes from, and keeps nobody out."""

import contextlib
import select
import threading
import time

import lib
from lib import Imap, check, expect, need, wait_for

# The hash of a password, which takes a while to check.
BCRYPT = "{BLF-CRYPT}$2b$10$Xq0mB8rVwCkD3nLhJtYsPegrmXkkcRhRglHOwvsGdYef6DxIWMfTi"


@check("failures slow down the address that they come from, and lock nobody "
       "out")
def throttle(server):
    """Failures slow down the address that they come from and lock nobody out:
    a right password from elsewhere is answered while a wrong one for the same
    name still waits.  Only lower bounds are timed; the rest follows from the
    order of the answers."""
    for number in range(1, 5):
        with Imap(server) as c:
            start = time.monotonic()
            c.fails("NO", "LOGIN alice wrong")
            waited = time.monotonic() - start
        need(waited > number - 0.1, f"failure {number} after {waited} s")
    with Imap(server) as waits:
        start = time.monotonic()
        waits.send("w LOGIN alice wrong\r\n")
        with Imap(server, address="::1") as c:
            c.login("alice")
        with Imap(server) as c:
            c.login("bob")
        early = waits.readable()
        need(not early or time.monotonic() - start > 4, "it still waits")
        expect(waits.collect("w").status, "NO", "in the end")


@check("many connections of an address that failed guess no faster than one")
def queue(server):
    """Many connections from an address that failed often guess no faster than
    one: one password is checked each second, and a right one must wait its
    turn, too."""
    talks = [Imap(server, source="127.0.0.5") for _ in range(12)]
    start = time.monotonic()
    for c in talks:
        c.send("g LOGIN carol wrong\r\n")
    # These go first, since five failures are let through at once.
    for c in talks[:5]:
        expect(c.collect("g").status, "NO", "guess")
    late = Imap(server, source="127.0.0.5")
    late.send("g LOGIN carol testpass\r\n")
    with Imap(server, source="127.0.0.6") as c:
        c.login("carol")
    expect(late.collect("g").status, "OK", "right, when its turn comes")
    waited = time.monotonic() - start
    need(waited > 2, f"it had to queue: {waited} s")
    for c in talks + [late]:
        c.close()


class Guessers:
    """Threads that guess the password of one user from one address, and try
    again whatever they are told."""

    def __init__(self, server, count, source, user):
        self.server, self.source, self.user = server, source, user
        self.looked_at = self.refused = 0
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.guess)
                        for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def guess(self):
        while not self.ending.is_set():
            with contextlib.suppress(lib.Closed, OSError), \
                    Imap(self.server, source=self.source) as c:
                while not self.ending.is_set():
                    self.note(c.command(f"LOGIN {self.user} wrong"))

    def note(self, answer):
        with self.lock:
            if "[AUTHENTICATIONFAILED]" in answer.text:
                self.looked_at += 1
            else:
                self.refused += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()


@check("thirty connections that try again at once have no more passwords "
       "looked at than one, and keep out nobody else behind their address")
def pace(server):
    start = time.monotonic()
    with Guessers(server, 30, "127.0.0.9", "carol") as guessers:
        wait_for("refusals", lambda: guessers.refused > 100)
        with Imap(server, source="127.0.0.9") as c:
            c.login("bob")
        wait_for("more guesses", lambda: guessers.looked_at > 12)
        elapsed, looked_at = time.monotonic() - start, guessers.looked_at
    # Five together before the first has failed, and then one each second.
    need(looked_at <= 6 + elapsed,
         f"{looked_at} guesses were looked at in {elapsed:.1f} s")


@check("sixty guesses of a slow hash hold up nobody from another address")
def turns(server):
    """Sixty connections that guess at a slow hash delay nobody else."""
    talks = [Imap(server, source="127.0.0.7") for _ in range(60)]
    other = Imap(server, source="127.0.0.8")
    for number, c in enumerate(talks):
        c.send(f"g LOGIN slow wrong{number}\r\n")
    expect(talks[0].collect("g").status, "NO", "the first guess")
    other.login("slow")
    pending = [c for c in talks[1:] if not select.select([c.sock], [], [],
                                                         0)[0]]
    need(len(pending) > 20, f"answered before their turn: {len(pending)}")
    for c in talks + [other]:
        c.close()


class Slow(lib.Server):
    """With one check process, and a user whose hash is slow."""

    def __init__(self):
        super().__init__("alice", "failed login delay 0\ncheckers 1\n")
        self.change_users(lambda text: text + f"slow:{BCRYPT}::::::\n")


def main():
    lib.on(lambda: lib.Server("alice bob carol", "failed login delay 1s\n"),
           throttle, queue, pace)
    lib.on(Slow, turns)
    lib.finish()


if __name__ == "__main__":
    main()
