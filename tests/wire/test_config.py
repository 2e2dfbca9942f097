#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The daemons' handling of the configuration: a wrong file is refused with
file and line, SIGHUP reads it again without dropping a session, and if the new
one is wrong the old one is kept."""

import os
import signal
import subprocess
import tempfile

import family
import lib
from lib import Closed, Imap, Pop3, check, need, same, wait_for

BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))

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
)


def said(daemon, path, *flags):
    run = subprocess.run(
        [os.path.join(BUILD, "bin", daemon), *flags, "-f", path],
        capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


def refused(server, daemon, lines, want):
    with open(server.path("penfold.conf")) as f:
        good = f.read()
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write(lines + "\n" + good)
        f.flush()
        for flags in (("-n",), ("-d",)):
            code, text = said(daemon, f.name, *flags)
            same(code, 1, f"{daemon} {flags}: {text}")
            need((f.name + want) in text.splitlines(),
                 f"{want!r} is no line of {text!r}")


def accepted(server, daemon):
    path = server.path("penfold.conf")
    code, text = said(daemon, path, "-n")
    same(code, 0, text)
    code, text = said(daemon, path, "-nv")
    same(code, 0, text)
    need("idle timeout 30m" in text, "defaults are printed")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write(text)
        f.flush()
        code, again = said(daemon, f.name, "-nv")
        same(code, 0, again)
        same(again, text, "what is printed reads as the same")


def usage(daemon):
    code, text = said(daemon, "/x", "-z")
    same(code, 2, text)
    need("usage: " + daemon in text, text)
    code, text = said(daemon, "/nonexistent", "-n")
    same(code, 1, text)
    need("/nonexistent: cannot read it: No such file" in text, text)


def version(program):
    want = subprocess.run(
        ["sh", os.path.join(lib.TOP, "configure"), "--version"],
        capture_output=True, text=True, check=True).stdout.split()[1]
    run = subprocess.run([os.path.join(BUILD, "bin", program), "-V"],
                         capture_output=True, text=True)
    same((run.returncode, run.stdout, run.stderr),
         (0, f"{program} {want}\n", ""), "version")


def reload(server, change, event):
    """Change the configuration, send SIGHUP, and wait for a line in the
    log."""
    path = server.path("penfold.conf")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(change(text))
    before = family.log(server).count(event)
    for pid in family.parents(server):
        os.kill(pid, signal.SIGHUP)
    wait_for(f"both daemons log {event!r}",
             lambda: family.log(server).count(event) >= before + 2)


def set_greeting(text):
    return lambda conf: conf + f'greeting "{text}"\n'


def greetings(server):
    with Imap(server) as imap, Pop3(server) as pop3:
        return imap.greeting.decode(), pop3.greeting.decode()


def reload_keeps_sessions(server):
    with Imap(server, user="alice") as imap, Pop3(server, user="bob") as pop3:
        imap.ok("SELECT INBOX")
        pop3.ok("STAT")
        reload(server, set_greeting("Second"), "is in force")
        wait_for("the new greeting", lambda: all(
            "Second" in text for text in greetings(server)))
        imap.ok("FETCH 1 FLAGS")
        pop3.ok("STAT")
        imap.ok("LOGOUT")
        pop3.ok("QUIT")


def reload_keeps_old_when_wrong(server):
    good = None

    def spoil(conf):
        nonlocal good
        good = conf
        return conf.replace('greeting "Second"', 'greting "Third"')

    with Imap(server, user="alice") as imap:
        reload(server, spoil, 'did you mean "greeting"?')
        imap.ok("SELECT INBOX")
        need(all("Second" in text for text in greetings(server)),
             "the old configuration is kept")
        with Imap(server, user="bob") as other:
            other.ok("NOOP")
        reload(server, lambda conf: good, "is in force")


def reload_keeps_old_certificate(server):
    """A certificate file that is no longer valid must not end TLS."""
    path = server.path("server.crt")
    with open(path) as f:
        good = f.read()
    with open(path, "w") as f:
        f.write("no certificate\n")
    try:
        reload(server, lambda conf: conf, "stays in force")
        need(path in family.log(server), "the log names the file")
        with Imap(server, user="alice") as imap:
            imap.ok("NOOP")
    finally:
        with open(path, "w") as f:
            f.write(good)


def reload_users(server):
    """A changed users file takes effect at the next login."""
    with open(server.path("users")) as f:
        text = f.read()
    with open(server.path("users"), "w") as f:
        f.write(text.replace("alice:{PLAIN}" + lib.PASSWORD,
                             "alice:{PLAIN}another"))
    for pid in family.parents(server):
        os.kill(pid, signal.SIGHUP)

    def login():
        with Imap(server) as imap:
            return imap.command("LOGIN alice another").status == "OK"

    wait_for("the new password", login)
    with Imap(server) as imap:
        imap.fails("NO", f"LOGIN alice {lib.PASSWORD}")


def listener_added(server):
    """A reload can open another port and close it again."""
    import socket
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


def main():
    with lib.Server() as server:
        for daemon in ("imapd", "pop3d"):
            for lines, want in WRONG:
                with check(f"{daemon} refuses {lines!r}"):
                    refused(server, daemon, lines, want)
            with check(f"{daemon} takes and prints a good one"):
                accepted(server, daemon)
            with check(f"{daemon} says how it is called"):
                usage(daemon)
        for program in ("imapd", "pop3d", "mailctl"):
            with check(f"{program} prints its version"):
                version(program)
        server.append([lib.message("One")], "alice")
        for test in (reload_keeps_sessions, reload_keeps_old_when_wrong,
                     reload_keeps_old_certificate, listener_added,
                     reload_users):
            with check(test.__name__):
                test(server)
    lib.finish()


if __name__ == "__main__":
    main()
