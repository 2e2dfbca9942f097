#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The counters that SIGUSR1 writes to the log: each counts exactly its own
events, to the octet, and killing a child loses none of its counts."""

import contextlib
import os
import re
import signal
import socket

import family
import lib
from lib import Imap, Pop3, check, expect, expect_match, finish, message, \
    need, on, plain, wait_for

MESSAGE = message("counted")


class Counting:
    """A mix-in for clients that counts the octets of a dialogue, without
    TLS."""

    sent = heard = 0

    def send(self, data):
        super().send(data)
        self.sent += len(data)

    def line(self):
        line = super().line()
        self.heard += len(line) + 2
        return line

    def read(self, count):
        self.heard += count
        return super().read(count)


class CountedImap(Counting, Imap):
    pass


class CountedPop3(Counting, Pop3):
    pass


class Counters:
    """The counters of one daemon of a server."""

    def __init__(self, server, daemon):
        self.server = server
        self.pid = family.parents(server)[("imapd", "pop3d").index(daemon)]
        self.pattern = re.compile(
            rf"^\S+ {daemon}\[{self.pid}\]: stats (\w+)=(\d+)$", re.M)
        self.settle()

    def settle(self):
        """Start from what is counted when nothing more is."""
        self.start = self.now()

        def still():
            before, self.start = self.start, self.now()
            return before == self.start
        wait_for("counters stand still", still)

    def now(self):
        """{name: value}, from the lines logged on a signal."""
        before = len(self.pattern.findall(self.server.log_text()))
        os.kill(self.pid, signal.SIGUSR1)

        def lines():
            found = self.pattern.findall(self.server.log_text())[before:]
            # The table is complete when its last row is there.
            return found and found[-1][0] == "messages_expunged" and found
        return {name: int(value)
                for name, value in wait_for("counters", lines)}

    def moved(self):
        """The counters that changed since the start."""
        now = self.now()
        return {name: now[name] - self.start[name] for name in now
                if now[name] != self.start[name]}

    def expect(self, **want):
        """The counters may follow a moment after the client's view."""
        with contextlib.suppress(AssertionError):
            wait_for("counters", lambda: self.moved() == want, 20)
        expect(self.moved(), want, "counters")
        self.start = self.now()


@check("each counter of an IMAP session moves by what was done")
def imap_session(server):
    counters = Counters(server, "imapd")
    c = CountedImap(server)
    c.login()
    c.append("INBOX", MESSAGE)
    c.append("INBOX", MESSAGE)
    c.ok("SELECT INBOX")
    c.ok("FETCH 1 (FLAGS UID RFC822.SIZE)")
    c.ok("FETCH 1:2 (BODY.PEEK[HEADER] BODY.PEEK[TEXT])")
    c.fails("BAD", "NONSENSE")
    counters.expect(connections=1, logins=1, sessions_open=1, commands=6,
                    octets_in=c.sent, octets_out=c.heard,
                    messages_appended=2, messages_fetched=2)
    c.sent = c.heard = 0
    c.ok("STORE 1 +FLAGS (\\Deleted)")
    c.ok("EXPUNGE")
    c.ok("STORE 1 +FLAGS (\\Deleted)")
    c.ok("CLOSE")
    c.ok("LOGOUT")
    need(c.closed(), "the connection ends")
    counters.expect(sessions_open=-1, commands=5, octets_in=c.sent,
                    octets_out=c.heard, messages_expunged=2)
    c.close()


def cleartext_session(server):
    """A client sends all its commands at once, with the login."""
    counters = Counters(server, "imapd")
    c = CountedImap(server, "imap")
    c.send(f"a LOGIN alice {lib.PASSWORD}\r\nb NOOP\r\nc LOGOUT\r\n")
    need(c.closed(), "the connection ends")
    c.close()
    counters.expect(connections=1, logins=1, commands=2, octets_in=c.sent,
                    octets_out=c.heard)


@check("octets that are sent together with a login in the clear are counted "
       "once")
def imap_cleartext(server):
    cleartext_session(server)


@check("each counter of a POP3 session moves by what was done")
def pop3_session(server):
    server.append([MESSAGE, MESSAGE, MESSAGE])
    counters = Counters(server, "pop3d")
    with CountedPop3(server) as c:
        c.login()
        c.ok("STAT")
        c.multi("RETR 1")
        c.multi("TOP 2 0")
        c.ok("DELE 1")
        c.ok("DELE 3")
        c.err("NONSENSE")
        c.ok("QUIT")
    counters.expect(connections=1, logins=1, commands=7, octets_in=c.sent,
                    octets_out=c.heard, messages_fetched=2,
                    messages_expunged=2)


@check("each login that fails is counted")
def logins_that_fail(server):
    counters = Counters(server, "imapd")
    with CountedImap(server) as c:
        c.fails("NO", "LOGIN alice wrong")
        c.fails("NO", "LOGIN nobody wrong")
        c.fails("NO", f"AUTHENTICATE PLAIN {plain('alice', 'wrong')}")
    counters.expect(connections=1, logins_failed=3, octets_in=c.sent,
                    octets_out=c.heard)


@check("each TLS handshake that fails is counted")
def handshakes_that_fail(server):
    counters = Counters(server, "imapd")
    for data in (b"", b"GET / HTTP/1.0\r\n\r\n"):
        with socket.create_connection(
                (lib.HOST, server.ports["imaps"]), 10) as s:
            # The server may close the connection first.
            with contextlib.suppress(OSError):
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while s.recv(4096):
                    pass
    counters.expect(connections=2, tls_failed=2)


@check("each connection that is closed since there are too many is counted")
def evicted(server):
    counters = Counters(server, "pop3d")
    held = [CountedPop3(server, "pop3") for _ in range(12)]
    # Before login a newcomer takes the place of an older connection, which has
    # heard its last line by the time the newcomer is greeted.
    gone = [c for c in held if c.readable()]
    need(len(gone) >= 6, f"want 6 or more of 12 evicted, got {len(gone)}")
    for c in gone:
        expect_match(rb"^-ERR", c.line(), "the last line")
        need(c.closed(), "the connection ends")
    counters.expect(connections=12, connections_refused=len(gone),
                    octets_out=sum(c.heard for c in held))
    for c in held:
        c.close()


@check("a killed child's counts stay, and its sessions are no longer counted "
       "as open")
def killed(server):
    counters = Counters(server, "imapd")
    c = CountedImap(server, "imap", user=None)
    c.login()
    c.ok("NOOP")
    counters.expect(connections=1, logins=1, sessions_open=1, commands=1,
                    octets_in=c.sent, octets_out=c.heard)
    for role in ("mail", "front", "auth"):
        for pid in family.of_role(counters.pid, role):
            os.kill(pid, signal.SIGKILL)
            wait_for("its end", lambda: not family.title(pid))
    need(c.closed(), "the session ends")
    c.close()
    counters.expect(sessions_open=-1)
    wait_for("other processes", lambda: answers(server))
    counters.start = counters.now()
    cleartext_session(server)


def answers(server):
    try:
        with Imap(server, "imap") as c:
            c.login()
            c.ok("LOGOUT")
        return True
    except (OSError, lib.Closed, AssertionError):
        return False


@check("SIGHUP starts no count anew")
def reload(server):
    counters = Counters(server, "imapd")
    before = server.log_text().count("is in force")
    os.kill(counters.pid, signal.SIGHUP)
    wait_for("reload", lambda: server.log_text().count("is in force") >
             before)
    counters.expect()


class Server(lib.Server):
    def __init__(self):
        super().__init__("alice", "failed login delay 0\n"
                         "connections per address 5\nfailed logins 10\n",
                         PLAINTEXT="yes")
        # tests/serve connects to each port, and closes it at once.
        for daemon in ("imapd", "pop3d"):
            counters = Counters(self, daemon)
            wait_for("the connections of tests/serve are counted",
                     lambda: counters.now()["connections"] == 2 and
                     counters.now()["tls_failed"] == 1)


def main():
    on(Server, imap_session, imap_cleartext, pop3_session, logins_that_fail,
       handshakes_that_fail, evicted, reload, killed)
    finish()


if __name__ == "__main__":
    main()
