#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The daemons in unattended use: in the background, with a pid file and a log
file that is rotated."""

import contextlib
import os
import signal
import socket
import subprocess

import family
import lib
from lib import Imap, check, expect, expect_match, need, wait_for

BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))


class Daemon:
    """An imapd next to a server, whose files and users it shares.  Checks
    begin and end with a daemon that does not run."""

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
        """Replace the configuration."""
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
        expect(done.returncode, code, f"exit code of imapd, which says {text}")
        return text

    @contextlib.contextmanager
    def running(self):
        """Start it with a new log, and stop it in the end."""
        for path in (self.log, self.log + ".1", self.log + ".other"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        try:
            self.start()
            wait_for("the pid file", lambda: os.path.getsize(self.pidfile))
            wait_for("a login", self.answers)
            yield
        finally:
            with contextlib.suppress(FileNotFoundError):
                wait_for("the pid file",
                         lambda: os.path.getsize(self.pidfile))
                pid = self.pid()
                os.kill(pid, signal.SIGTERM)
                wait_for("its end", lambda: not family.title(pid))

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


@check("a daemon goes to the background, writes its number to the pid file and "
       "logs to its file, which others cannot read")
def starts(daemon):
    with daemon.running():
        expect_match("imapd$", family.title(daemon.pid()),
                     "the process of the pid file")
        expect(oct(os.stat(daemon.log).st_mode & 0o777), oct(0o640),
               "mode of the log")
        for name in ("imapd", "imapd-mail"):
            expect_match(rf"(?m)^\S+ {name}\[\d+\]: ", daemon.logged(),
                         "the log")


@check("a second daemon with the same pid file does not start, and leaves the "
       "file alone")
def one_only(daemon):
    with daemon.running():
        before = daemon.pid()
        expect_match("locked by a running daemon|in use",
                     daemon.start(code=1), "what it says")
        expect(daemon.pid(), before, "the number in the pid file")
        daemon.login()


@check("after the log is renamed and SIGHUP sent, each process writes to a new "
       "file{0}", with_each=[
           ("", ""),
           (", though the configuration is wrong", "no such line\n")])
def rotation(daemon, row):
    old = daemon.log + ".1"
    good = daemon.text
    with daemon.running(), Imap(daemon.server, "daemons", "alice") as c:
        os.rename(daemon.log, old)
        daemon.login()
        need(os.path.getsize(old) > 0,
             "without a signal the processes go on in the old file")
        daemon.write(good + row[1])
        try:
            os.kill(daemon.pid(), signal.SIGHUP)
            wait_for("a new file", lambda: os.path.exists(daemon.log))

            def all_there():
                everybody(daemon)
                text = daemon.logged()
                return all(f" {name}[" in text for name in
                           ("imapd-mail", "penfold-auth"))
            wait_for("lines of all", all_there)
            c.ok("NOOP")
            size = os.path.getsize(old)
            daemon.login()
            expect(os.path.getsize(old), size, "size of the old file")
        finally:
            daemon.write(good)


@check("a reload changes the log level of the daemon and its children")
def level(daemon):
    good = daemon.text

    def quiet():
        before = len(daemon.logged())
        daemon.login()
        return len(daemon.logged()) == before

    with daemon.running():
        try:
            daemon.write(good + "log level debug\n")
            os.kill(daemon.pid(), signal.SIGHUP)
            wait_for("debug lines", lambda: "debug: " in daemon.logged())
            daemon.write(good + "log level warn\n")
            os.kill(daemon.pid(), signal.SIGHUP)
            wait_for("silence", quiet)
        finally:
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
    """After a reload, each process logs to where, which logged() reads, and
    after another one to the file again."""
    good = daemon.text
    with daemon.running():
        daemon.write(good.replace(f'log to "{daemon.log}"',
                                  f"log to {where}"))
        try:
            os.kill(daemon.pid(), signal.SIGHUP)

            def all_there():
                everybody(daemon)
                return all(f"{role}[" in logged() for role in ROLES)
            wait_for("lines of all", all_there)
            size = os.path.getsize(daemon.log)
            everybody(daemon)
            expect(os.path.getsize(daemon.log), size, "size of the old file")
        finally:
            daemon.write(good)
        os.kill(daemon.pid(), signal.SIGHUP)
        wait_for("lines in the file again", lambda: everybody(daemon) or
                 os.path.getsize(daemon.log) > size)


@check("a reload with another `log to` moves each process to that file, and "
       "the next one moves it back")
def another_file(daemon):
    other = daemon.log + ".other"
    goes_to(daemon, f'"{other}"', lambda: daemon.logged(other))


@check("a reload with a FIFO as `log to` that nobody reads stops no login")
def unread_log(daemon):
    """Neither opening it nor writing to it may wait for a reader."""
    fifo = daemon.log + ".fifo"
    os.mkfifo(fifo)
    good = daemon.text
    with daemon.running():
        daemon.write(good.replace(f'log to "{daemon.log}"',
                                  f'log to "{fifo}"'))
        try:
            os.kill(daemon.pid(), signal.SIGHUP)
            wait_for("a line in the log",
                     lambda: f"log {fifo}: " in daemon.logged())
            everybody(daemon)
        finally:
            daemon.write(good)


@check("a reload with `log to stderr` leaves nothing of a daemon in the "
       "background in the old file")
def nowhere(daemon):
    """It has no standard error whose text could be checked."""
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


# Only if a socket can be made there and no syslogd is disturbed.
@check("a reload with `log to syslog` moves each process there", skip=""
       if os.access("/dev", os.W_OK) and not os.path.exists("/dev/log")
       else "/dev/log is in use, or cannot be made")
def syslog(daemon):
    with syslogd() as text:
        goes_to(daemon, "syslog", text)


@check("SIGTERM ends a daemon, which removes its pid file and logs it")
def stops(daemon):
    with daemon.running():
        pid = daemon.pid()
        os.kill(pid, signal.SIGTERM)
        wait_for("its end", lambda: not family.title(pid))
        expect(os.path.exists(daemon.pidfile), False, "the pid file exists")
        expect_match(r"(?m) imapd\[\d+\]: .*stopped", daemon.logged(),
                     "the log")


@check("the pid file of a daemon that was killed does not prevent a start")
def left_behind(daemon):
    daemon.start()
    wait_for("a login", daemon.answers)
    pid = daemon.pid()
    kids = list(family.children(pid))
    os.kill(pid, signal.SIGKILL)
    wait_for("its end", lambda: not any(
        family.title(kid) for kid in [pid, *kids]))
    with daemon.running():
        need(daemon.pid() != pid, f"want another number than {pid}")


@contextlib.contextmanager
def beside():
    with lib.Server(conf="failed login delay 0\n") as server:
        yield Daemon(server)


def main():
    lib.on(beside, starts, one_only, rotation, level, another_file,
           unread_log, nowhere, syslog, stops, left_behind)
    lib.finish()


if __name__ == "__main__":
    main()
