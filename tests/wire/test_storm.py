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
import tempfile
import threading
import time

import family
import lib
from lib import Closed, Imap, Pop3, check, need, wait_for

SECONDS = 15
CLIENTS = 8
PER_USER = 12
PORTS = ("imap", "imaps", "pop3", "pop3s")


class Storm:
    def __init__(self, server):
        self.server = server
        self.end = time.monotonic() + SECONDS
        self.logins = 0

    def client(self, seed):
        rng = random.Random(seed)
        while time.monotonic() < self.end:
            # Errors are expected here: the client's front may just have died.
            with contextlib.suppress(OSError, AssertionError, Closed):
                self.visit(rng)

    def visit(self, rng):
        port = rng.choice(PORTS)
        cls = Imap if port.startswith("imap") else Pop3
        with cls(self.server, port, timeout=5) as c:
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
        while time.monotonic() < self.end:
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

    def run(self):
        threads = [threading.Thread(target=self.client, args=(i,))
                   for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        self.disturb(family.parents(self.server))
        for thread in threads:
            thread.join()
        print(f"# {self.logins} logins")
        need(self.logins > CLIENTS, "hardly any login")


def as_many_as_before(server):
    """A user can have all sessions of the limit again."""
    with contextlib.ExitStack() as stack:
        try:
            for _ in range(PER_USER):
                c = stack.enter_context(Imap(server, "imaps", "alice"))
                stack.callback(c.push, "x LOGOUT\r\n")
        except (OSError, AssertionError, Closed):
            return False
        return True


def nothing_died_of_it(server):
    """All processes that ended were killed by the test."""
    bad = [line for line in family.log(server).splitlines() if
           ("was killed by signal" in line and "signal 9" not in line) or
           "ended with status" in line or "fatal: " in line]
    need(not bad, " | ".join(bad)[-300:])


def main():
    with tempfile.NamedTemporaryFile("w") as extra:
        extra.write(f"connections per user {PER_USER}\nfronts 3\n"
                    "failed login delay 0\n")
        extra.flush()
        with lib.Server("alice bob carol", CONF_EXTRA=extra.name) as server:
            with check("clients log in during all of it"):
                Storm(server).run()
            with check("nothing else died"):
                nothing_died_of_it(server)
            with check("counts are right again"):
                wait_for("all sessions of the limit",
                         lambda: as_many_as_before(server), 60, 1)
            with check("no descriptor is left over"):
                for pid in family.parents(server):
                    wait_for("few descriptors", lambda p=pid: len(
                        family.descriptors(p) or ()) < 40)
    lib.finish()


if __name__ == "__main__":
    main()
