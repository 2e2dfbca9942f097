#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""SIGHUP: a new value of each option in penfold.conf(5) takes effect, in
running processes and open sessions, or the manual and the log say that it
needs a restart.

A new option needs a row in EFFECTS of one of the files reload_*.py, or in
ELSEWHERE or RESTART here."""

import os
import re
import subprocess

import family
import lib
from lib import check, expect, expect_in, expect_not_in, wait_for
import reload_login
import reload_mail
import reload_process
import reload_session
from reloads import BUILD, reloads

# Options, and a function that tests the effect of each.
EFFECTS = {**reload_process.EFFECTS, **reload_login.EFFECTS,
           **reload_session.EFFECTS, **reload_mail.EFFECTS}


@check("a new value of {0} is in force after SIGHUP",
       with_each=EFFECTS.items())
def in_force(r, row):
    try:
        row[1](r)
    finally:
        r.set()


# Options whose effect is tested elsewhere: the file, and a text in it.
ELSEWHERE = {
    # Only mailctl reads this option.
    "hostname": ("tests/wire/test_mailctl.py", "hostname"),
    "log to": ("tests/wire/test_daemon.py", "def goes_to"),
    "log level": ("tests/wire/test_daemon.py", "def level"),
    "trace user": ("tests/wire/test_trace.py", "trace user"),
    "trace address": ("tests/wire/test_trace.py", "trace address"),
    # These take an hour, or a kernel without file watching.
    "expunge keep": ("tests/unit/storage/test_storage.c",
                     "test_configure_expunged_keep"),
    "poll interval": ("tests/unit/storage/test_storage.c",
                      "test_configure_poll_interval"),
    "open indexes": ("tests/unit/storage/test_storage.c",
                     "test_configure_open_max"),
    # The minimum is ten minutes; the code is that of idle timeout.
    "pop3 timeout": ("tests/unit/common/test_worker.c", "test_worker_reload"),
}

# Options that need a restart, and a new value for each.
RESTART = {
    "front user": '"12345:12345"',
    "auth user": '"12346:12346"',
    "chroot": '"/"',
}


def rows():
    """(name, needs a restart) of each row of conf_options[]."""
    with open(os.path.join(lib.TOP, "common/conf/conf_option.c")) as f:
        source = f.read()
    return [(name, "CONF_OPT_RESTART" in row) for name, row in
            re.findall(r'^\t\{ \.name = "([^"]+)", \.type = (.*?) \},$',
                       source, re.M | re.S)]


@check("every option is tested here or elsewhere, and nothing else is")
def every_option(_):
    expect(sorted(name for name, restart in rows() if restart),
           sorted(RESTART), "need a restart")
    expect(sorted(name for name, restart in rows() if not restart),
           sorted([*EFFECTS, *ELSEWHERE]), "change at a reload")
    for path, name in ELSEWHERE.values():
        with open(os.path.join(lib.TOP, path)) as f:
            expect_in(name, f.read(), path)


@check("imapd -nv prints every option")
def printed(r):
    text = subprocess.run(
        [os.path.join(BUILD, "bin", "imapd"), "-nv", "-f", r.conf],
        capture_output=True, text=True, check=True).stdout
    expect([name for name, _ in rows() if not re.search(
        f"^{name} ", text, re.M)], [], "options that are not printed")


@check("options that need a restart keep their values, and the log says so")
def needs_restart(r):
    """The log names the changed options, and processes forked later have the
    same values as the others."""
    def ids():
        return {family.status(pid)["Uid"] for pid in
                r.role("front") + r.role("check")}
    before = ids()
    text = r.set(*(f"{name} {value}" for name, value in RESTART.items()),
                 "greeting \"Other.\"", "fronts 2", "checkers 2")
    expect(text.count("a restart is needed for changes of: " +
                      ", ".join(RESTART)), 2, "lines of the log")
    wait_for("more processes", lambda: len(r.role("front")) == 2 and
             len(r.role("check")) == 2)
    expect(ids(), before, "users of the processes")
    text = r.set()
    expect_not_in("a restart is needed", text, "the log afterwards")


@check("a new value of allow plaintext from is in force after SIGHUP")
def plaintext(r):
    for lines, status in (((), "NO"),
                          (("allow plaintext from 127.0.0.0/8",), "OK")):
        r.set(*lines)
        with r.imap(port="imap") as c:
            expect(c.command(f"LOGIN alice {lib.PASSWORD}").status, status,
                   "before TLS")


@check("a new value of mail is in force after SIGHUP, for sessions to come")
def mail_template(r):
    """A new login finds its mail at the new path, an open session at the
    old."""
    with r.imap("alice") as c:
        r.set(base=r.base.replace('/mail/%u"', '/mail/%u/elsewhere"'))
        with r.imap("alice") as other:
            other.ok("SELECT INBOX").has(rb"^\* 0 EXISTS")
        c.ok("SELECT INBOX").lacks(rb"^\* 0 EXISTS")


def main():
    lib.on(reloads, every_option, printed, in_force, plaintext, mail_template,
           needs_restart)
    lib.finish()


if __name__ == "__main__":
    main()
