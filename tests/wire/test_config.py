#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The daemons' handling of the configuration: a wrong file is refused with
file and line, SIGHUP reads it again without dropping a session, and if the new
one is wrong the old one is kept."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import tempfile

import family
import lib
from lib import Closed, Imap, Pop3, check, expect, expect_in, expect_not_in, \
    wait_for

BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))
DAEMONS = ("imapd", "pop3d")

# Wrong lines and their messages; the rest of the configuration is right.
WRONG = (
    ("hostnme \"x\"", ":1: unknown option \"hostnme\"; "
     "did you mean \"hostname\"?"),
    ("imap listen on * port 143 startls", ":1: expected \"starttls\", "
     "\"tls\" or \"plaintext\" after port, not \"startls\"; "
     "did you mean \"starttls\"?"),
    ("# comment\n\nidle timeout 2w", ":3: expected a time from 1s to 1w "
     "after \"idle timeout\", not \"2w\""),
    ("ssl_cert \"/x\"", ":1: unknown option \"ssl_cert\"; "
     "did you mean \"certificate\"?"),
    ("mail \"/x/%u", ":1: string has no closing \""),
    ("hostname $name", ":1: macro \"name\" is not defined"),
    ("certificate \"/nonexistent\" key \"/nonexistent\"",
     ":1: cannot read \"/nonexistent\": No such file or directory"),
    ("tls ciphers FOO", ": tls ciphers: no ciphers for 'FOO'"),
    ("tls curves FOO", ": tls curves: invalid ecdhe curve 'FOO'"),
    ("client ca \"/etc/passwd\"", ": client ca: no certificate can be read"),
)


def said(daemon, path, *flags):
    run = subprocess.run(
        [os.path.join(BUILD, "bin", daemon), *flags, "-f", path],
        capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


@check("{0} -n and -d refuse, with file and line, {1!r}",
       with_each=[(daemon, *row) for daemon in DAEMONS for row in WRONG])
def refused(server, row):
    daemon, lines, want = row
    with open(server.path("penfold.conf")) as f:
        good = f.read()
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write(lines + "\n" + good)
        f.flush()
        for flags in (("-n",), ("-d",)):
            code, text = said(daemon, f.name, *flags)
            expect(code, 1, f"exit code with {flags}, which says {text}")
            expect_in(f.name + want, text.splitlines(),
                      f"what {flags} says")
            expect_not_in("cannot be used", text, f"what {flags} says")


@check("{} -n takes a configuration without faults", with_each=DAEMONS)
def accepted(server, daemon):
    code, text = said(daemon, server.path("penfold.conf"), "-n")
    expect(code, 0, f"exit code with -n, which says {text}")


@check("{} -nv prints the configuration with all defaults, and prints the "
       "same for what it printed", with_each=DAEMONS)
def printed(server, daemon):
    code, text = said(daemon, server.path("penfold.conf"), "-nv")
    expect(code, 0, f"exit code with -nv, which says {text}")
    expect_in("idle timeout 30m", text.splitlines(), "what -nv says")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write(text)
        f.flush()
        code, again = said(daemon, f.name, "-nv")
        expect(code, 0, f"exit code with -nv, which says {again}")
        # The first lines that differ are shown.
        for got, want in zip(again.splitlines(), text.splitlines()):
            expect(got, want, "line of the second output")
        expect(again, text, "second output")


@check("{} prints its usage and exits with 2 for an unknown flag",
       with_each=DAEMONS)
def usage(_, daemon):
    code, text = said(daemon, "/x", "-z")
    expect(code, 2, f"exit code with -z, which says {text}")
    expect_in("usage: " + daemon, text, "what -z says")


@check("{} -n names a configuration that does not exist, and exits with 1",
       with_each=DAEMONS)
def no_such_file(_, daemon):
    code, text = said(daemon, "/nonexistent", "-n")
    expect(code, 1, f"exit code with -n, which says {text}")
    expect_in("/nonexistent: cannot read it: No such file", text,
              "what -n says")


@check("{} -V prints its name and version", with_each=(*DAEMONS, "mailctl"))
def version(_, program):
    want = subprocess.run(
        ["sh", os.path.join(lib.TOP, "configure"), "--version"],
        capture_output=True, text=True, check=True).stdout.split()[1]
    run = subprocess.run([os.path.join(BUILD, "bin", program), "-V"],
                         capture_output=True, text=True)
    expect((run.returncode, run.stdout, run.stderr),
           (0, f"{program} {want}\n", ""), "exit code, output, errors")


def reload(server, change, event):
    """Change the configuration, send SIGHUP, and wait for a line in the
    log."""
    path = server.path("penfold.conf")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(change(text))
    before = server.log_text().count(event)
    for pid in family.parents(server):
        os.kill(pid, signal.SIGHUP)
    wait_for(f"both daemons log {event!r}",
             lambda: server.log_text().count(event) >= before + 2)


def unchanged(conf):
    return conf


def set_greeting(server, text):
    """Reload with a greeting, until both daemons say it."""
    reload(server, lambda conf: re.sub("(?m)^greeting .*\n", "", conf) +
           f'greeting "{text}"\n', "is in force")
    wait_for("the new greeting", lambda: all(
        text in said for said in greetings(server)))


def greetings(server):
    with Imap(server) as imap, Pop3(server) as pop3:
        return imap.greeting.decode(), pop3.greeting.decode()


@check("after a reload new connections get the new greeting, and sessions go "
       "on")
def reload_keeps_sessions(server):
    with Imap(server, user="alice") as imap, Pop3(server, user="bob") as pop3:
        imap.ok("SELECT INBOX")
        pop3.ok("STAT")
        set_greeting(server, "Second")
        imap.ok("FETCH 1 FLAGS")
        pop3.ok("STAT")
        imap.ok("LOGOUT")
        pop3.ok("QUIT")


@check("a reload with a wrong configuration keeps the old one for sessions and "
       "new connections")
def reload_keeps_old_when_wrong(server):
    set_greeting(server, "Kept")
    with open(server.path("penfold.conf")) as f:
        good = f.read()
    try:
        with Imap(server, user="alice") as imap:
            reload(server, lambda conf: conf.replace(
                'greeting "Kept"', 'greting "Third"'),
                'did you mean "greeting"?')
            imap.ok("SELECT INBOX")
            for greeting in greetings(server):
                expect_in("Kept", greeting, "greeting")
            with Imap(server, user="bob") as other:
                other.ok("NOOP")
    finally:
        reload(server, lambda conf: good, "is in force")


@check("a reload with a certificate file that is not valid names it in the "
       "log, and TLS goes on with the old certificate")
def reload_keeps_old_certificate(server):
    path = server.path("server.crt")
    with open(path) as f:
        good = f.read()
    with open(path, "w") as f:
        f.write("no certificate\n")
    try:
        reload(server, unchanged, "stays in force")
        expect_in(path, server.log_text(), "the log")
        with Imap(server, user="alice") as imap:
            imap.ok("NOOP")
    finally:
        with open(path, "w") as f:
            f.write(good)


@check("after a reload logins are decided by the changed users file")
def reload_users(server):
    with open(server.path("users")) as f:
        text = f.read()
    with open(server.path("users"), "w") as f:
        f.write(text.replace("carol:{PLAIN}" + lib.PASSWORD,
                             "carol:{PLAIN}another"))
    for pid in family.parents(server):
        os.kill(pid, signal.SIGHUP)

    def login():
        with Imap(server) as imap:
            return imap.command("LOGIN carol another").status == "OK"

    wait_for("the new password", login)
    with Imap(server) as imap:
        imap.fails("NO", f"LOGIN carol {lib.PASSWORD}")


@check("a reload can open another port, and close it again while its sessions "
       "go on")
def listener_added(server):
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    line = f"imap listen on 127.0.0.1 port {port} tls\n"
    reload(server, lambda conf: conf + line, "is in force")
    server.ports["mores"] = port
    with Imap(server, "mores", user="bob") as imap:
        imap.ok("NOOP")
        reload(server, lambda conf: conf.replace(line, ""), "is in force")

        def refused_now():
            try:
                with Imap(server, "mores"):
                    return False
            except (OSError, Closed):
                return True

        wait_for("the port is closed", refused_now)
        imap.ok("NOOP")


@contextlib.contextmanager
def one_message():
    """A server whose first user has a message."""
    with lib.Server("alice bob carol") as server:
        server.append([lib.message("One")], "alice")
        yield server


def main():
    lib.on(one_message, refused, accepted, printed, reload_keeps_sessions,
           reload_keeps_old_when_wrong, reload_keeps_old_certificate,
           listener_added, reload_users)
    lib.on(contextlib.nullcontext, usage, no_such_file, version)
    lib.finish()


if __name__ == "__main__":
    main()
