#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The auth process under attack: thousands of failures, exchanges that are
abandoned at each step, and names with a meaning in a path, a template, a users
file or a log."""

import base64
import os
import tempfile

import family
import lib
from lib import Imap, Pop3, check, need, plain, same

LOGINS = 10000
ABORTS = 1000


def b64(data):
    return base64.b64encode(data).decode()


def auths(server):
    """Resident KB of the auth processes of both daemons."""
    return {parent: sum(int(family.status(pid)["VmRSS"].split()[0])
                        for pid in family.of_role(parent, "auth"))
            for parent in family.parents(server)}


def grown(server, before):
    return max(kb - before[parent] for parent, kb in auths(server).items())


def bounded(kb, limit, what):
    """Memory has not grown by more.  Not checked under ASan, which keeps freed
    memory for a while."""
    need(kb < limit or lib.sanitized(), f"{kb} KB for {what}")


def fail(server, count, names):
    """Fail many logins on one connection after the other, at full speed."""
    done = 0
    while done < count:
        with Imap(server, "imap") as c:
            lines = [f"t LOGIN {names(done + i)} x\r\n" for i in range(100)]
            c.send("".join(lines))
            for _ in lines:
                same(c.collect("t").status, "NO", "login")
            done += len(lines)


def failures(server):
    """Ten thousand failures for one name, then for as many names."""
    fail(server, 1000, lambda n: "nobody")
    before = auths(server)
    fail(server, LOGINS, lambda n: "nobody")
    one = grown(server, before)
    fail(server, LOGINS, lambda n: f"nobody{n}@example.org")
    many = grown(server, before)
    print(f"# {LOGINS} failures: {one} KB more; of as many names: {many} KB")
    bounded(one, 1024, "one name")
    # A failure is remembered for half a minute and takes a hundred bytes.
    bounded(many, 8192, f"{LOGINS} names")
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


def aborts(server):
    """At each step the exchange is abandoned or gets an invalid response."""
    before = None
    for number in range(ABORTS):
        mech = list(STEPS)[number % len(STEPS)]
        steps = number // len(STEPS) % (len(STEPS[mech]) + 1)
        with Pop3(server, "pop3") as c:
            c.send(f"AUTH {mech}\r\n")
            need(c.line().startswith(b"+ "), mech)
            for response in STEPS[mech][:steps]:
                c.send(b64(response) + "\r\n")
                need(c.line().startswith(b"+ "), f"{mech} {response}")
            if number % 7 == 0:
                continue		# closed without a word
            c.send(BROKEN[number % len(BROKEN)] + "\r\n")
            answer = c.line()
            while answer.startswith(b"+ "):
                c.send("*\r\n")
                answer = c.line()
            need(answer.startswith(b"-ERR"), f"{answer}")
            c.ok("CAPA")
            c.lines()
            c.ok("AUTH PLAIN " + plain("alice"))
        if number == 200:
            before = auths(server)
    more = grown(server, before)
    print(f"# {ABORTS} exchanges given up: {more} KB more")
    bounded(more, 1024, "aborted exchanges")


# Tried with the right password: only the name keeps the client out.
NAMES = ["../alice", "alice/../bob", "..", ".", "/etc/passwd", "alice/", "a\\b",
         "%u", "%d", "%n", "%h", "%%", "alice%s%s%s%n", "${USER}", "`id`",
         "$(id)", "alice\n", "alice:", "al ice", "'or'1'='1", "alice\0", "#",
         "\u202ealice", "\ufeffalice", "alice\u0301", "al\u00adice", "@",
         "@example.org", "alice@", "alice@@b", "alice@../x", "*", "-",
         "-v", "x" * 255, "x" * 256, "x" * 3000, "\x7f", "\x1b[2J",
         "user=alice addr=1.2.3.4 reason=ok", "alice\r\nimapd: login",
         "\udcff", "\udcc0\udcaf", "\udced\udca0\udc80"]


def names(server):
    """No such name gets in or has a file made, and each is one line of the
    log."""
    before = sorted(os.listdir(server.path("mail")))
    top = sorted(os.listdir(server.path()))
    for name in NAMES:
        raw = name.encode(errors="surrogateescape")
        for kind, port, line in (
                (Imap, "imap", "t AUTHENTICATE PLAIN "),
                (Pop3, "pop3", "AUTH PLAIN ")):
            with kind(server, port) as c:
                c.send(line + b64(b"\0" + raw + b"\0testpass") + "\r\n")
                answer = c.line()
                need(answer.startswith((b"t NO", b"t BAD", b"-ERR")),
                     f"{name!r}: {answer}")
    same(sorted(os.listdir(server.path("mail"))), before, "mail folders")
    same(sorted(os.listdir(server.path())), top, "files")
    log = family.log(server)
    need("\x1b" not in log and "\u202e" not in log and "\0" not in log,
         "nothing is in the log as it came")
    for line in log.splitlines():
        need(line[:2] == "20" or line == "configuration OK", f"{line!r}")
    # Ordinary users can still log in.
    with Imap(server) as c:
        c.login("alice")


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as extra:
        extra.write("failed login delay 0\nfailed logins 100\n"
                    "auth mechanisms plain login scram-sha-256\n")
        extra.flush()
        # ASan's quarantine would look like a leak.
        with lib.Server("alice bob", PLAINTEXT="yes", CONF_EXTRA=extra.name,
                        ASAN_OPTIONS="detect_leaks=0:abort_on_error=0:"
                        "quarantine_size_mb=1") as server:
            for test in (failures, aborts, names):
                with check(test.__name__):
                    test(server)
    lib.finish()


if __name__ == "__main__":
    main()
