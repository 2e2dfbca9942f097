#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""A front that was taken over does its worst (doc/privsep.md): it gains the
sessions that pass through it, ends nobody else's, and is replaced."""

import base64
import hashlib
import hmac
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sys
import tempfile

import family
import lib
from lib import Closed, Imap, check, expect, need, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))


class Hostile(lib.Server):
    """A server whose first imapd-front is hostile_front.py.  The other front
    accepts all clients."""

    def __init__(self, conf=""):
        programs = os.path.join(BUILD, "bin")
        self.build = tempfile.mkdtemp(prefix="penfold-test.")
        os.chmod(self.build, 0o755)
        os.mkdir(os.path.join(self.build, "bin"))
        for name in os.listdir(programs):
            if name != "imapd-front":
                os.symlink(os.path.join(programs, name),
                           os.path.join(self.build, "bin", name))
        self.script = os.path.join(self.build, "bin", "imapd-front")
        self.real = os.path.join(programs, "imapd-front")
        super().__init__("alice bob carol", "fronts 2\n" + conf,
                         BUILD=self.build)
        self.imapd, self.pop3d = family.parents(self)
        self.control = socket.socket(socket.AF_UNIX)
        self.control.connect(os.path.join(self.dir, "control"))
        self.lines = self.control.makefile("rwb")
        self.front = next(pid for pid, title in
                          family.children(self.imapd).items()
                          if "python" in os.readlink(f"/proc/{pid}/exe"))

    def _start(self):
        with open(self.script, "w") as f:
            f.write("#!/bin/sh\nexec " + shlex.join([
                sys.executable, "-B", os.path.join(HERE, "hostile_front.py"),
                self.dir, self.real]) + ' "$@"\n')
        os.chmod(self.script, 0o755)
        super()._start()

    def tell(self, *request):
        """Have the front do something."""
        self.lines.write(json.dumps(request).encode() + b"\n")
        self.lines.flush()

    def ask(self, *request):
        """The same, and wait for the answer."""
        self.tell(*request)
        return json.loads(self.lines.readline())

    def close(self):
        if hasattr(self, "control"):
            self.lines.close()
            self.control.close()
        super().close()
        shutil.rmtree(self.build, ignore_errors=True)


def login_works(server, user="bob"):
    def attempt():
        try:
            with Imap(server, "imaps", user) as c:
                c.ok("NOOP")
            return True
        except (AssertionError, Closed, ConnectionError):
            return False
    wait_for("login", attempt)


def expect_replaced(server):
    """The hostile front has ended, and another one runs."""
    wait_for("the front has ended", lambda: not family.title(server.front))
    wait_for("two fronts",
             lambda: len(family.of_role(server.imapd, "front")) == 2)
    login_works(server)


NOT_ROOT = "" if os.geteuid() == 0 else \
    "without root, descriptors of other processes can't be counted"

LEAKS = {
    "two to the parent": ("parent", "READY", 2),
    "many to the parent": ("parent", "READY", 100),
    "one to the parent, without a message": ("parent", None, 1),
    "two to auth": ("auth", "AUTH_ABORT", 2),
    "many to auth": ("auth", "AUTH_ABORT", 100),
    "one to auth, without a message": ("auth", None, 1),
}


@check("descriptors that a front sends, {}, are not kept, and end the front",
       with_each=LEAKS, skip=NOT_ROOT)
def leak(server, kind):
    whom, name, fds = LEAKS[kind]
    pid = server.imapd if whom == "parent" else \
        family.of_role(server.imapd, "auth")[0]
    login_works(server)
    before = len(family.descriptors(pid))
    server.tell("leak", whom, name, fds, 100)
    expect_replaced(server)
    wait_for("descriptors as before",
             lambda: len(family.descriptors(pid)) <= before + 2)


WRONG = {
    "a message of the parent": ("auth", "SHUTDOWN", 0),
    "a message that is too long": ("auth", "AUTH_CONT", 4097),
    "half a message": ("auth", "HANDOFF", 100),
    "a session for the parent": ("parent", "SESSION_END", 0),
}


@check("a front that breaks a rule ends: {}", with_each=WRONG)
def wrong(server, kind):
    with Imap(server, "imaps", "alice") as c:
        server.tell("send_wrong", *WRONG[kind])
        expect_replaced(server)
        c.ok("NOOP")


@check("a front that closes its channel to auth ends")
def hang_up(server):
    server.tell("hang_up")
    expect_replaced(server)


@check("a front that forges a token ends")
def forge(server):
    server.tell("forge", "alice", lib.PASSWORD)
    expect_replaced(server)


@check("a front that makes a worker's socket blocking stops no other session")
def block(server):
    with Imap(server, "imaps", "bob") as c:
        server.ask("block", "alice", lib.PASSWORD)
        c.ok("SELECT INBOX")
        for user in ("alice", "bob", "carol"):
            login_works(server, user)
        c.ok("NOOP")


@check("ports that a front shuts down are open again, though it {}",
       with_each=("ends", "stays"))
def shut_ports(server, what):
    server.tell("shut_ports", what == "ends")
    for port in ("imap", "imaps"):
        def answers():
            try:
                with Imap(server, port):
                    return True
            except (Closed, OSError):
                return False
        wait_for(f"port {port}", answers)
    login_works(server)


@check("a worker that stands still is ended, and its users can log in again",
       skip="it takes half a minute" if "QUICK" in os.environ else "")
def stands_still(server):
    imapd = family.parents(server)[0]
    held = Imap(server, "imaps", "bob")
    worker, = family.of_role(imapd, "mail")
    os.kill(worker, signal.SIGSTOP)
    wait_for("it has ended", lambda: not family.title(worker), 300)
    need(held.closed(), "its session is closed")
    login_works(server)
    need(worker not in family.of_role(imapd, "mail"), "another worker")


@check("a SCRAM nonce of {} octets harms no login, of whatever front",
       with_each=("4037", "4040", "4087", "257", "256"))
def long_nonce(server, length):
    first = base64.b64encode(b"n,,n=u,r=" + b"A" * int(length)).decode()
    for port in ("imaps", "pop3s"):
        for _ in range(8):
            with lib.Raw(server, port) as c:
                c.line()
                word = "a AUTHENTICATE" if port == "imaps" else "AUTH"
                c.send(f"{word} SCRAM-SHA-256 {first}\r\n")
                answer = c.line()
                need(answer.startswith(b"+ " if length == "256" else
                                       (b"a BAD", b"-ERR")), answer)
        for _ in range(4):
            with Imap(server, "imaps", "bob") as c:
                c.ok("NOOP")
    expect(server.log_text().count("not permitted"), 0, "broken rules")


def salt_of(server, port, user):
    """The salt that a stranger is told for a user."""
    first = base64.b64encode(f"n,,n={user},r=abcdef".encode()).decode()
    with lib.Raw(server, port) as c:
        c.line()
        word = "a AUTHENTICATE" if port == "imaps" else "AUTH"
        c.send(f"{word} SCRAM-SHA-256 {first}\r\n")
        said = base64.b64decode(c.line()[2:]).decode()
        c.send("*\r\n")
    return base64.b64decode(re.search(r",s=([^,]*)", said)[1])


@check("what SCRAM tells a stranger of unknown users is the same in both "
       "daemons, survives a restart, and follows from no password")
def oracle(server):
    told = {port: salt_of(server, port, "stranger")
            for port in ("imaps", "pop3s")}
    expect(told["imaps"], told["pop3s"], "salts of the daemons")
    need(told["imaps"] != salt_of(server, "imaps", "other"),
         "another name has another salt")
    stored = "{PLAIN}" + lib.PASSWORD
    key = hmac.digest(hashlib.sha256(stored.encode()).digest(), b"salt",
                      "sha256")
    need(not hmac.digest(key, b"stranger", "sha256")
         .startswith(told["imaps"]), "a salt that follows from a password")
    expect(os.stat(server.path("scram.key")).st_mode & 0o7777, 0o600,
           "mode of the key")
    server.restart()
    expect(salt_of(server, "imaps", "stranger"), told["imaps"],
           "salt after a restart")


def each_on_its_own(*tests):
    """The front is used up by each test."""
    for test in tests:
        lib.on(Hostile, test)


def main():
    each_on_its_own(*leak, *wrong, hang_up, forge, *shut_ports)
    lib.on(lambda: Hostile("workers 1\n"), block)
    lib.on(lambda: lib.Server("bob", "auth mechanisms plain login "
                              "scram-sha-256\nfronts 2\n"), long_nonce, oracle)
    lib.on(lambda: lib.Server("bob", "workers 1\n"), stands_still)
    lib.finish()


if __name__ == "__main__":
    main()
