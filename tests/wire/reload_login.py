# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The options of logins that change at a reload; for test_reload.py."""

import contextlib
import os
import re
import subprocess

import lib
from lib import Closed, expect, expect_in, need
from reloads import BUILD, SLOW

#
# Authentication
#

def auth_mechanisms(r):
    for value, want in (("login", [b"LOGIN"]),
                        ("plain scram-sha-256", [b"PLAIN",
                                                 b"SCRAM-SHA-256"])):
        r.set("auth mechanisms " + value)
        with r.imap() as c:
            got = c.ok("CAPABILITY").untagged[0]
            expect(sorted(re.findall(rb"AUTH=(\S+)", got)), want, "IMAP")
        with r.pop3() as c:
            line = [x for x in c.capa() if x.startswith("SASL ")][0]
            expect(sorted(line.encode().split()[1:]), want, "POP3")


def hash_time(r):
    """CPU ticks used by the processes that compute hashes."""
    total = 0
    for pid in r.role("check"):
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total


def hashed(r, user):
    """Whether a login costs a hash, as those of slow1 and slow2 do."""
    before = hash_time(r)
    r.imap(user).close()
    return hash_time(r) - before > 3


def slow_hashes(r):
    if "slow1:{BLF" in open(r.server.path("users")).read():
        return
    for user in SLOW:
        subprocess.run([os.path.join(BUILD, "bin", "mailctl"), "-f", r.conf,
                        "user", "passwd", "-s", "BLF-CRYPT", user],
                       input=lib.PASSWORD + "\n", text=True, check=True,
                       capture_output=True)


def auth_cache_lifetime(r):
    slow_hashes(r)
    r.set("auth cache lifetime 0")
    for nth in ("first", "second"):
        need(hashed(r, "slow1"), f"no cache: a hash the {nth} time")
    r.set("auth cache lifetime 2m")
    need(hashed(r, "slow1"), "a hash the first time")
    need(not hashed(r, "slow1"), "no hash the second time")
    r.set("auth cache lifetime 0")
    need(hashed(r, "slow1"), "a hash: what was cached is forgotten")


def auth_cache_size(r):
    """The smallest cache has four entries."""
    slow_hashes(r)
    r.set("auth cache size 4")
    every, none = [True] * len(SLOW), [False] * len(SLOW)
    expect([hashed(r, user) for user in SLOW], every, "hashes at first")
    need(hashed(r, SLOW[0]), "a hash: there is no room for all")
    r.set("auth cache size 1000")
    expect([hashed(r, user) for user in SLOW], every, "hashes at first")
    expect([hashed(r, user) for user in SLOW], none, "hashes from then on")


def user_names(r):
    for value, status in (("exact", "NO"), ("lower", "OK")):
        r.set("user names " + value)
        with r.imap() as c:
            expect(c.command(f"LOGIN ALICE {lib.PASSWORD}").status, status,
                   value)


def default_domain(r):
    """The default domain is also added to names in the users file."""
    for value, name in (("example.org", "alice@example.org"), ("", "alice")):
        r.set(f'default domain "{value}"')
        seen = len(r.server.log_text())
        r.imap("alice").close()
        expect_in(f"login user={name} ", r.server.log_text()[seen:],
                  "the log")


#
# Limits before login
#

def login_timeout(r):
    def times_out():
        r.set("login timeout 5s")
        with r.imap() as c:
            # The option is reset, but this connection keeps its time limit.
            r.set()
            need(c.closed(), "the connection is closed")
    took = lib.quick("a timeout of 5 s", 20, times_out)
    need(took > 4, f"want 5 s, got {took} s")


def connected(r, n):
    """How many of n connections are served."""
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(n):
            with contextlib.suppress(Closed, OSError):
                clients.append(stack.enter_context(r.imap()))
        served = 0
        for c in clients:
            with contextlib.suppress(Closed):
                c.ok("NOOP")
                served += 1
        return served


def connections(r):
    r.set("connections 2", "connections before login 2")
    expect(connected(r, 3), 2, "connections that are served")
    r.set("connections 3", "connections before login 3")
    expect(connected(r, 3), 3, "connections that are served")


def connections_before_login(r):
    r.set("connections before login 2")
    served = connected(r, 4)
    need(served <= 2, f"want 2 to be served, got {served}")
    r.set("connections before login 4")
    expect(connected(r, 4), 4, "connections that are served")


def connections_per_address(r):
    r.set("connections per address 2")
    expect(connected(r, 3), 2, "connections that are served")
    r.set("connections per address 3")
    expect(connected(r, 3), 3, "connections that are served")


def connections_per_user(r):
    with r.imap("bob"):
        for n, status in ((1, "NO"), (2, "OK")):
            r.set(f"connections per user {n}")
            with r.imap() as c:
                expect(c.command(f"LOGIN bob {lib.PASSWORD}").status, status,
                       "another session")


def failed_logins(r):
    for n in (1, 2):
        r.set(f"failed logins {n}")
        with r.imap() as c:
            for _ in range(n):
                c.command("LOGIN alice wrong")
            need(c.closed(), "the connection is closed")


def failed_login_delay(r):
    def fails():
        with r.imap() as c:
            c.fails("NO", "LOGIN alice wrong")
    for value, low, high in (("1s", 1, 60), ("0", 0, 1)):
        r.set("failed login delay " + value)
        took = lib.quick("the delay", high, fails) + 0.05
        need(took >= low, f"want {value}, got {took} s")


def bad_commands(r):
    """The limit applies before login, and after it in an open session."""
    with r.imap("alice") as open_before, r.imap() as c:
        r.set("bad commands 2")
        for client in (open_before, c):
            with contextlib.suppress(Closed):
                for _ in range(5):
                    client.command("FROB")
                raise AssertionError("still open")
    r.set("bad commands 20")
    with r.imap() as c:
        for _ in range(5):
            c.fails("BAD", "FROB")


def login_line_size(r):
    line = "USER " + "x" * 2000
    for size, toobig in (("1K", True), ("8K", False)):
        r.set("login line size " + size)
        with r.imap() as c:
            expect("[TOOBIG]" in c.fails("BAD", line).text, toobig, "IMAP")
        with r.pop3() as c:
            expect("too long, or" in c.err(line), toobig, "POP3")


def login_literal_size(r):
    for size, start in (("1K", b"t BAD [TOOBIG]"), ("8K", b"+")):
        r.set("login literal size " + size)
        with r.imap() as c:
            c.send("t LOGIN {2000}\r\n")
            expect(c.line()[:len(start)], start, size)


EFFECTS = {
    "auth mechanisms": auth_mechanisms,
    "auth cache lifetime": auth_cache_lifetime,
    "auth cache size": auth_cache_size,
    "user names": user_names,
    "default domain": default_domain,
    "login timeout": login_timeout,
    "connections": connections,
    "connections before login": connections_before_login,
    "connections per address": connections_per_address,
    "connections per user": connections_per_user,
    "failed logins": failed_logins,
    "failed login delay": failed_login_delay,
    "bad commands": bad_commands,
    "login line size": login_line_size,
    "login literal size": login_literal_size,
}
