#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The daemons in unattended use: in the background, with a pid file and a log
file that is rotated."""

import contextlib
import os
import re
import signal
import socket
import subprocess

import family
import lib
from lib import Imap, check, need, same, wait_for

BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))


class Daemon:
    """An imapd next to a server, whose files and users it shares."""

    def __init__(self, server):
        self.server = server
        self.log = server.path("daemon.log")
        self.pidfile = server.path("imapd.pid")
        self.conf = server.path("daemon.conf")
        self.port = self.free_port()
        with open(server.path("penfold.conf")) as f:
            lines = [line for line in f if " listen on " not in line]
        self.write("".join(lines) + f'log to "{self.log}"\n'
                   f"imap listen on {lib.HOST} port {self.port} tls\n")
        server.ports["daemons"] = self.port

    @staticmethod
    def free_port():
        with socket.create_server((lib.HOST, 0)) as s:
            return s.getsockname()[1]

    def write(self, text):
        self.text = text
        with open(self.conf, "w") as f:
            f.write(text)

    def start(self, code=0):
        done = subprocess.run(
            [os.path.join(BUILD, "bin", "imapd"), "-f", self.conf, "-L",
             os.path.join(BUILD, "bin"), "-p", self.pidfile],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=60)
        text = done.stdout.decode()
        same(done.returncode, code, text)
        return text

    def pid(self):
        with open(self.pidfile) as f:
            return int(f.read())

    def logged(self, path=None):
        with contextlib.suppress(FileNotFoundError):
            with open(path or self.log, errors="replace") as f:
                return f.read()
        return ""

    def login(self):
        with Imap(self.server, "daemons", "alice") as c:
            c.ok("LOGOUT")

    def answers(self):
        with contextlib.suppress(OSError):
            self.login()
            return True
        return False


def starts(daemon):
    daemon.start()
    wait_for("the pid file", lambda: os.path.getsize(daemon.pidfile))
    wait_for("a login", daemon.answers)
    need(family.title(daemon.pid()).endswith("imapd"), "its number")
    same(os.stat(daemon.log).st_mode & 0o777, 0o640, "mode of the log")
    for name in ("imapd", "imapd-mail"):
        need(re.search(rf"^\S+ {name}\[\d+\]: ", daemon.logged(), re.M),
             f"{name} logs there")


def one_only(daemon):
    """A second daemon with the same pid file does not start, and does no
    harm."""
    before = daemon.pid()
    text = daemon.start(code=1)
    need("locked by a running daemon" in text or "in use" in text, text)
    same(daemon.pid(), before, "the number")


def rotation(daemon, spoil=None):
    """After the log is renamed and SIGHUP sent, every process writes to a new
    file."""
    old = daemon.log + ".1"
    good = daemon.text
    with Imap(daemon.server, "daemons", "alice") as c:
        os.rename(daemon.log, old)
        daemon.login()
        size = os.path.getsize(old)
        need(size > 0, "without a signal they go on in the old file")
        if spoil:
            daemon.write(good + spoil)
        os.kill(daemon.pid(), signal.SIGHUP)
        wait_for("a new file", lambda: os.path.exists(daemon.log))

        def all_there():
            daemon.login()
            with Imap(daemon.server, "daemons") as other:
                other.command("LOGIN alice wrong")
            text = daemon.logged()
            return all(f" {name}[" in text for name in
                       ("imapd-mail", "penfold-auth"))
        wait_for("lines of all", all_there)
        c.ok("NOOP")
        size = os.path.getsize(old)
        daemon.login()
        same(os.path.getsize(old), size, "nothing more in the old file")
    daemon.write(good)
    os.unlink(old)


def level(daemon):
    """A reload changes the log level of every process."""
    good = daemon.text
    daemon.write(good + "log level debug\n")
    os.kill(daemon.pid(), signal.SIGHUP)
    wait_for("debug lines", lambda: "debug: " in daemon.logged())
    daemon.write(good + "log level warn\n")
    os.kill(daemon.pid(), signal.SIGHUP)

    def quiet():
        before = len(daemon.logged())
        daemon.login()
        return len(daemon.logged()) == before
    wait_for("silence", quiet)
    daemon.write(good)
    os.kill(daemon.pid(), signal.SIGHUP)
    wait_for("info lines", lambda: not quiet())


# A front logs nothing about a session without errors.
ROLES = ("imapd", "imapd-mail", "penfold-auth")


def everybody(daemon):
    """Make processes of all roles log something."""
    daemon.login()
    with Imap(daemon.server, "daemons") as other:
        other.command("LOGIN alice wrong")


def goes_to(daemon, where, logged):
    """After a reload, every process logs to where, which logged() reads."""
    good = daemon.text
    daemon.write(good.replace(f'log to "{daemon.log}"', f"log to {where}"))
    size = 0
    try:
        os.kill(daemon.pid(), signal.SIGHUP)

        def all_there():
            everybody(daemon)
            return all(f"{role}[" in logged() for role in ROLES)
        wait_for("lines of all", all_there)
        size = os.path.getsize(daemon.log)
        everybody(daemon)
        same(os.path.getsize(daemon.log), size, "lines in the old file")
    finally:
        daemon.write(good)
        os.kill(daemon.pid(), signal.SIGHUP)
        wait_for("lines in the file again", lambda: everybody(daemon) or
                 os.path.getsize(daemon.log) > size)


def another_file(daemon):
    other = daemon.log + ".other"
    goes_to(daemon, f'"{other}"', lambda: daemon.logged(other))


def nowhere(daemon):
    """A daemon in the background has no standard error to log to, so the only
    check is that nothing more goes to the old file."""
    goes_to(daemon, "stderr", lambda: "".join(f"{r}[" for r in ROLES))


@contextlib.contextmanager
def syslogd():
    """A socket in place of syslogd's; yields a function for the received
    text."""
    heard = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind("/dev/log")
        try:
            os.chmod("/dev/log", 0o666)
            s.setblocking(False)

            def text():
                with contextlib.suppress(BlockingIOError):
                    while True:
                        heard.append(s.recv(65536).decode(errors="replace"))
                return "".join(heard)
            yield text
        finally:
            os.unlink("/dev/log")


def stops(daemon):
    pid = daemon.pid()
    os.kill(pid, signal.SIGTERM)
    wait_for("its end", lambda: not family.title(pid), 10)
    need(not os.path.exists(daemon.pidfile), "the pid file is gone")
    need("stopped" in daemon.logged(), "logged")


def left_behind(daemon):
    """The pid file of a killed daemon does not prevent a start."""
    daemon.start()
    wait_for("a login", daemon.answers)
    pid = daemon.pid()
    kids = list(family.children(pid))
    os.kill(pid, signal.SIGKILL)
    wait_for("its end", lambda: not any(
        family.title(kid) for kid in [pid, *kids]), 10)
    daemon.start()
    wait_for("a login", daemon.answers)
    need(daemon.pid() != pid, "a new number")


def main():
    with lib.Server() as server:
        daemon = Daemon(server)
        try:
            with check("in the background, with a log and a pid file"):
                starts(daemon)
            with check("one only"):
                one_only(daemon)
            with check("the log is rotated"):
                rotation(daemon)
            with check("the log is rotated, though the configuration is "
                       "wrong"):
                rotation(daemon, "no such line\n")
            with check("the level of the log"):
                level(daemon)
            with check("the log goes to another file"):
                another_file(daemon)
            with check("the log goes to standard error"):
                nowhere(daemon)
            with check("the end"):
                stops(daemon)
            # Only if a socket can be made there and no syslogd is disturbed.
            if os.access("/dev", os.W_OK) and not os.path.exists("/dev/log"):
                with syslogd() as text, check("the log goes to syslogd"):
                    starts(daemon)
                    goes_to(daemon, "syslog", text)
                    stops(daemon)
            with check("what a killed one leaves behind"):
                left_behind(daemon)
        finally:
            with contextlib.suppress(OSError, ValueError):
                os.kill(daemon.pid(), signal.SIGTERM)
                wait_for("the end", lambda: not os.path.exists(
                    daemon.pidfile))
    lib.finish()


if __name__ == "__main__":
    main()
