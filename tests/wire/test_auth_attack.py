#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The auth process under attack: thousands of failures, exchanges that are
abandoned at each step, and names with a meaning in a path, a template, a users
file or a log."""

import os

import family
import lib
from lib import Imap, Pop3, check, expect, expect_match, expect_not_in, \
    need, plain
from sasl import b64

LOGINS = 10000
ABORTS = 1000


def auths(server):
    """Resident KB of the auth processes of both daemons."""
    return {parent: sum(int(family.status(pid)["VmRSS"].split()[0])
                        for pid in family.of_role(parent, "auth"))
            for parent in family.parents(server)}


def bounded(server, before, limit_kb, what):
    """Neither auth process has grown by more.  Not checked under ASan, which
    keeps freed memory for a while."""
    grown = max(kb - before[parent] for parent, kb in auths(server).items())
    print(f"# {what}: {grown} KB more")
    need(grown < limit_kb or lib.sanitized(),
         f"{what}: want less than {limit_kb} KB more, got {grown} KB")


def fail(server, count, name_of):
    """Fail many logins on one connection after the other, at full speed."""
    done = 0
    while done < count:
        with Imap(server, "imap") as c:
            lines = [f"t LOGIN {name_of(done + i)} x\r\n" for i in range(100)]
            c.send("".join(lines))
            for line in lines:
                expect(c.collect("t").status, "NO", line)
            done += len(lines)


@check("failed logins take little memory in auth, and a user logs in after "
       "them: 10,000 with {0}", with_each=[
           ("one name", lambda n: "nobody", 1024),
           # A failure is remembered for half a minute in a hundred bytes.
           ("a name each", lambda n: f"nobody{n}@example.org", 7168)])
def failures(server, row):
    names, name_of, limit_kb = row
    fail(server, 1000, lambda n: "nobody")
    before = auths(server)
    fail(server, LOGINS, name_of)
    bounded(server, before, limit_kb, f"{LOGINS} failures with {names}")
    with Imap(server) as c:
        c.login("alice")


STEPS = {
    # mechanism: responses to send before the exchange is abandoned
    "PLAIN": [],
    "LOGIN": [b"alice"],
    "SCRAM-SHA-256": [b"n,,n=scram,r=abc"],
}
BROKEN = ["*", "!", "=", "A", "AA=A", "====", "AAAA=", b64(b"\0" * 4000),
          b64(b"n,,n=a,r=b"), b64(b"p=tls-unique,,n=a,r=b"),
          b64(b"c=biws,r=x,p=AAAA"), b64(b"n,a=,n=,r="), b64(b"\xff\xfe"),
          b64(b"n,,n=alice,r=" + b"x" * 3000), "A" * 6000, "\x80", ""]


def abandon(server, number):
    """Begin an exchange, and abandon it at some step or send an invalid
    response.  The number chooses mechanism, step and response."""
    mech = list(STEPS)[number % len(STEPS)]
    steps = number // len(STEPS) % (len(STEPS[mech]) + 1)
    with Pop3(server, "pop3") as c:
        c.send(f"AUTH {mech}\r\n")
        expect_match(rb"^\+ ", c.line(), f"AUTH {mech}")
        for response in STEPS[mech][:steps]:
            c.send(b64(response) + "\r\n")
            expect_match(rb"^\+ ", c.line(), f"{mech}, {response}")
        if number % 7 == 0:
            return			# close without a word
        broken = BROKEN[number % len(BROKEN)]
        c.send(broken + "\r\n")
        answer = c.line()
        while answer.startswith(b"+ "):
            c.send("*\r\n")
            answer = c.line()
        expect_match(rb"^-ERR", answer,
                     f"{mech}, response {steps + 1} is {broken!r:.60}")
        c.ok("CAPA")
        c.lines()
        c.ok("AUTH PLAIN " + plain("alice"))


@check("an exchange with an invalid response at any step ends with -ERR, and "
       "the connection can log in (RFC 5034 4)")
def aborts(server):
    for number in range(ABORTS):
        abandon(server, number)


@check("exchanges that are abandoned leave no memory behind in auth")
def aborts_leak_nothing(server):
    for number in range(200):
        abandon(server, number)
    before = auths(server)
    for number in range(200, ABORTS):
        abandon(server, number)
    bounded(server, before, 1024, f"{ABORTS - 200} abandoned exchanges")


# Tried with the right password: only the name keeps the client out.
NAMES = ["../alice", "alice/../bob", "..", ".", "/etc/passwd", "alice/", "a\\b",
         "%u", "%d", "%n", "%h", "%%", "alice%s%s%s%n", "${USER}", "`id`",
         "$(id)", "alice\n", "alice:", "al ice", "'or'1'='1", "alice\0", "#",
         "\u202ealice", "\ufeffalice", "alice\u0301", "al\u00adice", "@",
         "@example.org", "alice@", "alice@@b", "alice@../x", "*", "-",
         "-v", "x" * 255, "x" * 256, "x" * 3000, "\x7f", "\x1b[2J",
         "user=alice addr=1.2.3.4 reason=ok", "alice\r\nimapd: login",
         "\udcff", "\udcc0\udcaf", "\udced\udca0\udc80"]
KINDS = {
    # daemon: client, command, refusals
    "imap": (Imap, "t AUTHENTICATE PLAIN ", rb"^t (NO|BAD)"),
    "pop3": (Pop3, "AUTH PLAIN ", rb"^-ERR"),
}


def try_names(server, daemon):
    client, command, refusal = KINDS[daemon]
    for name in NAMES:
        raw = name.encode(errors="surrogateescape")
        with client(server, daemon) as c:
            c.send(command + b64(b"\0" + raw + b"\0testpass") + "\r\n")
            expect_match(refusal, c.line(), f"the name {name!r}")


@check("{}: names with a meaning in a path, a template, a shell, SQL or the "
       "log are refused, and users log in after them", with_each=KINDS)
def names_refused(server, daemon):
    try_names(server, daemon)
    with Imap(server) as c:
        c.login("alice")


@check("no file and no folder is made for a name that is refused")
def names_make_nothing(server):
    folders = server.path("mail"), server.path()
    before = [sorted(os.listdir(folder)) for folder in folders]
    for daemon in KINDS:
        try_names(server, daemon)
    for folder, names in zip(folders, before):
        expect(sorted(os.listdir(folder)), names, folder)


@check("a name that is refused is escaped in the log, and ends no line")
def names_in_the_log(server):
    for daemon in KINDS:
        try_names(server, daemon)
    for line in server.log_text().splitlines():
        # The last is what log_text() makes of octets that are not UTF-8.
        for char in "\x1b\u202e\0\ufffd":
            expect_not_in(char, line, "a line of the log")
        if line != "configuration OK":
            expect(line[:2], "20", f"the year that begins {line!r}")


def main():
    # ASan's quarantine would look like a leak.
    lib.on(lambda: lib.Server(
        "alice bob", "failed login delay 0\nfailed logins 100\n"
        "auth mechanisms plain login scram-sha-256\n", PLAINTEXT="yes",
        ASAN_OPTIONS="detect_leaks=0:abort_on_error=0:quarantine_size_mb=1"),
        failures, aborts, aborts_leak_nothing, names_refused,
        names_make_nothing, names_in_the_log)
    lib.finish()


if __name__ == "__main__":
    main()
