#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Children are killed and configurations reloaded at random while clients log
in, break off and send noise: the family recovers each time, no count of a
closed connection remains, and no descriptor leaks."""

import contextlib
import os
import random
import signal
import threading
import time

import family
import lib
from lib import Closed, Imap, Pop3, check, expect, need, wait_for

SECONDS = 15
CLIENTS = 8
PER_USER = 12
PORTS = ("imap", "imaps", "pop3", "pop3s")


def spare(parent):
    """The descriptors of a parent beside those for each of its children: a
    channel and the pipe of its log."""
    fds = family.descriptors(parent)
    return None if fds is None else len(fds) - 2 * len(family.children(parent))


class Storm(lib.Server):
    """A server, and the clients and the trouble that it has."""

    def __init__(self):
        super().__init__("alice bob carol", f"connections per user {PER_USER}"
                         "\nfronts 3\nfailed login delay 0\n")
        self.logins = 0
        self.spare = {pid: spare(pid) for pid in family.parents(self)}

    def client(self, seed):
        rng = random.Random(seed)
        while self.goes_on():
            # Errors are expected here: the client's front may just have died.
            with contextlib.suppress(OSError, AssertionError, Closed):
                self.visit(rng)

    def visit(self, rng):
        port = rng.choice(PORTS)
        cls = Imap if port.startswith("imap") else Pop3
        with cls(self, port, timeout=5) as c:
            kind = rng.random()
            if kind < 0.2:
                c.push(os.urandom(rng.randrange(1, 3000)))
                return
            if kind < 0.4:
                c.push("a LOGIN {5}\r\n" if cls is Imap else "USER x\r\n")
                return
            if port == "imap":
                c.starttls()
            elif port == "pop3":
                c.stls()
            c.login(rng.choice(("alice", "bob", "carol")))
            c.ok("NOOP")
            self.logins += 1
            if rng.random() < 0.5:	# stay for a moment
                c.sock.settimeout(0.2)
                c.sock.recv(10)

    def disturb(self, parents):
        rng = random.Random(3)
        while self.goes_on():
            time.sleep(rng.random() * 0.5)
            parent = rng.choice(parents)
            if rng.random() < 0.5:
                os.kill(parent, signal.SIGHUP)
                continue
            kids = family.of_role(parent, rng.choice(
                ("front", "auth", "check", "mail")))
            with contextlib.suppress(ProcessLookupError):
                if kids:
                    os.kill(rng.choice(kids), signal.SIGKILL)

    def rage(self):
        self.goes_on = lib.lasts(SECONDS, lambda: self.logins > CLIENTS)
        threads = [threading.Thread(target=self.client, args=(i,))
                   for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        self.disturb(family.parents(self))
        for thread in threads:
            thread.join()


@check("clients can log in while processes die and the configuration is "
       "reloaded")
def logins(server):
    server.rage()
    print(f"# {server.logins} logins")
    need(server.logins > CLIENTS, f"{server.logins} logins of {CLIENTS} "
         "clients")


@check("no process dies of what happens to others")
def nothing_died_of_it(server):
    """All processes that ended were killed by the test."""
    expect([line for line in server.log_text().splitlines() if
            ("was killed by signal" in line and "signal 9" not in line) or
            "ended with status" in line or "fatal: " in line], [],
           "lines of the log")


@check("closed sessions are not counted: a user can have as many as before")
def counts(server):
    def as_many_as_before():
        with contextlib.ExitStack() as stack:
            try:
                for _ in range(PER_USER):
                    c = stack.enter_context(Imap(server, "imaps", "alice"))
                    stack.callback(c.push, "x LOGOUT\r\n")
            except (OSError, AssertionError, Closed):
                return False
            return True
    wait_for(f"{PER_USER} sessions", as_many_as_before, pause=1)


@check("a parent has no descriptor of a child that died")
def descriptors(server):
    for pid, before in server.spare.items():
        if before is None:
            raise lib.Skip("this user may not see descriptors")
        wait_for(f"{family.title(pid)} has {before} descriptors beside those "
                 "of its children", lambda: spare(pid) == before)


def main():
    # The checks after the first see what the storm has left.
    lib.story(Storm, logins, nothing_died_of_it, counts, descriptors)
    lib.finish()


if __name__ == "__main__":
    main()
