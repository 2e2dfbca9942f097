#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Floods of connections that do not log in: they do not delay users who do,
the limits count the connections of all fronts together, and a connection in
the middle of a login is never evicted."""

import base64
import contextlib
import os
import resource
import signal
import socket
import tempfile
import threading
import time

import family
import lib
from lib import Closed, HOST, Imap, Pop3, check, need, same, wait_for

# Begins like a TLS handshake, but is not one.
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 60

SLOW = {
    # name: port, and the text that each connection sends octet by octet
    "silent": ("imap", b""),
    "a letter now and then": ("imap", b"a" * 1000),
    "commands now and then": ("imap", b"a NOOP\r\n" * 1000),
    "silent on a TLS port": ("imaps", b""),
    "half a TLS handshake": ("imaps", HELLO),
    "silent POP3": ("pop3", b""),
}


class Flood:
    """Connections from many addresses, and a thread that sends on them."""

    def __init__(self, server, count, addresses, kind):
        port, self.text = SLOW[kind]
        self.socks = []
        self.ending = threading.Event()
        for i in range(count):
            s = socket.socket()
            s.bind((addresses[i % len(addresses)], 0))
            s.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                s.connect((HOST, server.ports[port]))
            self.socks.append(s)
        self.thread = threading.Thread(target=self.speak)
        self.thread.start()

    def speak(self):
        at = 0
        while not self.ending.wait(0.05):
            octet = self.text[at:at + 1]
            at += 1
            for s in self.socks:
                with contextlib.suppress(OSError):
                    s.send(octet)

    def open(self):
        """The number of connections that the server has not closed."""
        count = 0
        for s in self.socks:
            try:
                while s.recv(4096):
                    pass
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        for s in self.socks:
            s.close()


def addresses(count):
    return [f"127.0.{1 + i // 200}.{1 + i % 200}" for i in range(count)]


def slowest_login(server, times=8):
    """The time in seconds of the slowest of some logins over all ports."""
    worst = 0
    for i in range(times):
        for cls, port in ((Imap, "imap"), (Imap, "imaps"), (Pop3, "pop3"),
                          (Pop3, "pop3s")):
            begun = time.monotonic()
            with cls(server, port, "alice") as c:
                c.ok("NOOP")
            worst = max(worst, time.monotonic() - begun)
    return worst


def no_delay(server, kind, count, addrs):
    with Flood(server, count, addresses(addrs), kind) as flood:
        taken = wait_for("the flood", lambda: flood.open())
        worst = slowest_login(server)
        print(f"# {count} {kind} from {addrs} addresses: {taken} are in, "
              f"slowest login {worst:.3f} s")
        need(worst < 1, f"a login took {worst:.3f} s")


def one_limit(server):
    """An address has its limit once, not once for each front."""
    with Flood(server, 150, ["127.0.0.9"], "silent") as flood:
        def settled():
            before = flood.open()
            time.sleep(0.3)
            return before == flood.open() and before < 150
        wait_for("a stand", settled)
        # Two fronts that accept at the same time may exceed the limit by one
        # each.
        need(100 <= flood.open() <= 102, f"{flood.open()} are in, not 100")
        # Other addresses are served.
        slowest_login(server, 1)


def dead_front(server):
    """The places that a dead front had counted are free again."""
    parent = family.parents(server)[0]
    with Flood(server, 150, ["127.0.0.9"], "silent"):
        fronts = family.of_role(parent, "front")
        for pid in fronts:
            os.kill(pid, signal.SIGKILL)
        wait_for("new fronts", lambda: len(set(family.of_role(
            parent, "front")) - set(fronts)) == len(fronts))

    def all_in():
        with Flood(server, 100, ["127.0.0.9"], "silent") as flood:
            time.sleep(0.3)
            return flood.open() == 100
    wait_for("room for as many as before", all_in)


def full_house(server, kind):
    """With all places taken, a new client can log in because another
    connection is evicted; but a client that waits for an answer, or has just
    been asked for one, stays."""
    with Imap(server) as waiting, Imap(server) as asked:
        # A failed login is answered late, so auth still holds this one.
        waiting.send("w LOGIN alice wrong\r\n")
        with Flood(server, 500, addresses(50), kind) as flood:
            wait_for("a full house", lambda: flood.open() < 500)
            asked.send("a AUTHENTICATE PLAIN\r\n")
            need(asked.line().startswith(b"+"), "a challenge")
            asked.send(base64.b64encode(
                f"\0alice\0{lib.PASSWORD}".encode()) + b"\r\n")
            same(asked.collect("a").status, "OK", "after a challenge")
            worst = slowest_login(server)
            print(f"# full of {kind}: slowest login {worst:.3f} s")
            need(worst < 1, f"a login took {worst:.3f} s")
            same(waiting.collect("w").status, "NO", "who waited")
            # Each of the three fronts may always use its third of the limit.
            need(flood.open() <= 200 + 2 * 67 + 2, f"{flood.open()} are in")


def goodbye(server):
    """The connection that has been silent for longest is evicted, with a
    BYE."""
    fronts = family.of_role(family.parents(server)[0], "front")
    for pid in fronts[1:]:
        os.kill(pid, signal.SIGSTOP)
    try:
        with Imap(server, "imap") as first, Imap(server, "imap") as second:
            second.ok("NOOP")
            with Flood(server, 300, addresses(40), "silent"):
                same(first.line(), b"* BYE [LIMIT] Too many connections.")
                second.ok("NOOP")
    finally:
        for pid in fronts[1:]:
            os.kill(pid, signal.SIGCONT)


def admitted(server):
    """Is there room?  Without room, the new connection may just be closed."""
    try:
        with Imap(server, "imap") as c:
            return c.command(f"LOGIN alice {lib.PASSWORD}").status == "OK"
    except (Closed, ConnectionError):
        return False


def total(server):
    """The limit counts all sessions, including those that no front relays."""
    held = [Imap(server, port, "alice") for port in
            ("imap", "imaps", "imap", "imaps", "imap")]
    plain = Imap(server, "imap")
    plain.login("alice")
    with Imap(server, "imap") as c:
        need("[LIMIT]" in c.fails(
            "NO", f"LOGIN alice {lib.PASSWORD}").text, "a seventh")
    plain.ok("LOGOUT")
    wait_for("room", lambda: admitted(server))
    for c in held:
        c.ok("LOGOUT")


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with lib.Server() as server:
        for kind in SLOW:
            for count, addrs in ((500, 1), (500, 50)):
                with check(f"500 {kind}, {addrs} addresses"):
                    no_delay(server, kind, count, addrs)
    with tempfile.NamedTemporaryFile("w") as extra:
        extra.write("fronts 3\nconnections before login 200\n"
                    "connections per address 100\n")
        extra.flush()
        with lib.Server(CONF_EXTRA=extra.name) as server:
            for test in (one_limit, dead_front, goodbye):
                with check(test.__name__):
                    test(server)
            for kind in ("silent", "commands now and then",
                         "half a TLS handshake"):
                with check(f"full of {kind}"):
                    full_house(server, kind)
    with tempfile.NamedTemporaryFile("w") as extra:
        extra.write("connections 6\nconnections before login 6\n")
        extra.flush()
        with lib.Server(CONF_EXTRA=extra.name, PLAINTEXT="yes") as server:
            with check("connections in all"):
                total(server)
    lib.finish()


if __name__ == "__main__":
    main()
