#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Logins: every mechanism on both daemons, logins that must be refused, and
facts that a stranger must not learn."""

import base64
import contextlib
import hashlib
import os
import select
import shutil
import subprocess
import time

import lib
from lib import Imap, Pop3, check, expect, expect_in, expect_not_in, need, \
    plain
from sasl import Scram, b64, scram_stored

# Hashes of the password "testpass", made by doveadm pw and crypt(3).
BCRYPT = "{BLF-CRYPT}$2b$10$Xq0mB8rVwCkD3nLhJtYsPegrmXkkcRhRglHOwvsGdYef6DxIWMfTi"
SECRET = "testpass"
SHA512 = hashlib.sha512(SECRET.encode())
SALTED = hashlib.sha256(SECRET.encode() + b"salt").digest() + b"salt"
SCHEMES = [
    BCRYPT,
    "{BLF-CRYPT}$2y$05$tC252DaJuAop7oSxf.ckd.pxterg6UECfprd.J1y3jNaj0HIUQ/DC",
    "{CRYPT}$2y$05$zmCbyyY.fUbh1Bk1RRGEhOJGjSZbJp3mxx.kQXqbppwDFotWOIU.y",
    "{YESCRYPT}$y$j75$abcdefghijkl$4OhnqdI7pHl/A4UfafRqgOYdsVm0HuPAlwhhg.II"
    "1R0",
    "{SHA512-CRYPT}$6$rounds=1000$abcdefgh$9BNYJP63Yz8pbBMpzbU6oHyeENuO3yrBr"
    "uE58Hz0UOp0vMNWE1jwUUrMm7MLaUnKKBQ4oSVciYda3.en0LRQ6/",
    "{SHA512-CRYPT}$6$u.qqNYRm85Jr15c.$OVOQm3aMhlCnSI3NQmAMsQHhtxNhfyDqyuvOC"
    "bskFPxZbyd1tihAyeB/DbX7oP5AjP8MDsoglJDZdl585ZJEH.",
    "{SHA256-CRYPT}$5$rounds=1000$abcdefgh$Ku3S0W5c.4iar24RcRLONQHgP1.UU7pa6"
    "tb4ySgEo90",
    "{SHA256-CRYPT}$5$9M3tgx9Q0pdRt235$4irsTrzHjzqAoYl8ppPDxczQ4xdTHlDUHRaCj"
    "XBQ0pC",
    "$1$abcdefgh$6gJwl2Gq42UpQ648BHSDI0",
    "{MD5-CRYPT}$1$ZkFGQnyu$LRfuVqlaqbqBRYRpepxZQ1",
    "{MD5}$1$GgfDC9wL$g2CFbYTgn8XcshEepGVBP.",
    "{DES-CRYPT}ZLAVGeg/S9Ank",
    "{SSHA}3Ao+CSECoW6AMOHPQ1DdpdfmAzvq6cnD",
    "{SSHA256}hhubsLrO/Aje9F/kJrgv5ZLE40UmTrVWvI7Dt6InP99zYWx0",
    "{SSHA256.HEX}" + SALTED.hex(),
    "{ssha256.b64}" + base64.b64encode(SALTED).decode(),
    "{SSHA512}Wj2558xWZ7tSf9jEXUjapoUQ3lkGOWAkRZLwtzx2C/CJGIJgtnetOgj7D1JHd"
    "YKxbEdgSGzmlznXx9KKyAaaOFe4umI=",
    "{SHA512}" + base64.b64encode(SHA512.digest()).decode(),
    "{SHA512}" + SHA512.hexdigest(),
    "{SHA512.HEX}" + SHA512.hexdigest().upper(),
    "{SMD5}NG/8KMrq7BfCDFQtabJnwenGYe4=",
    "{LDAP-MD5}F5rUXGziy5fPECniEgRugQ==",
    "{PLAIN-MD5}179ad45c6ce2cb97cf1029e212046e81",
    "{PBKDF2}$1$lSVFjC4mLTm4FTvh$5000$7734c74de6a4acf0676982eef349a83a530a34"
    "5c",
    "{CLEAR}testpass",
    "{SCRAM-SHA-256}4096,1pibjvcbv24c3G51lOzNYg==,wt7Bi6q/UsUTQkEdRDYALB4ZX5"
    "Ga5ZNB9vW035Mr62M=,CQauKNKOASg+Y4P+PwL0AkMWZG9NBlE1XQcNg8BawAE=",
    "{ARGON2ID}$argon2id$v=19$m=8192,t=2,p=1$4nsiexNPDeIWFXmUte9zew$F1EqOw7I"
    "gFdizJeoq0w+8xV07T23ovnQ3Zwbk+8solk",
    "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$er2Do5hGb5o/ewc+U5qaDw$5hOTpeC"
    "0YxYB+IfWmuesaP4ggcSSoewuXc88LHU46pI",
    "{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$LJ3OCUUg+Hck3mTlKU3Q0A$wzlpmSdlT"
    "gIgLQ9qPKOyb0H4KJM+s1TBaP/76c2AkIQ",
    "{ARGON2}$argon2i$v=19$m=32768,t=4,p=1$LJ3OCUUg+Hck3mTlKU3Q0A$wzlpmSdlT"
    "gIgLQ9qPKOyb0H4KJM+s1TBaP/76c2AkIQ",
]

# Schemes of doveadm pw -l that we lack, and some that nobody has.
UNKNOWN = ["HMAC-MD5", "OTP", "PLAIN-MD4", "SCRAM-SHA-1", "CRAM-MD5",
           "PLAIN-TRUNC", "DIGEST-MD5", "ROT13", "SSHA.ROT13"]


class Talk:
    """AUTHENTICATE or AUTH, with the same results for both daemons: a
    challenge, "OK", "NO" or "BAD"."""

    def __init__(self, server, daemon, port=None):
        self.daemon = daemon
        kind = Imap if daemon == "imap" else Pop3
        self.c = kind(server, port or daemon + "s")

    def start(self, mech, initial=None):
        if self.daemon == "imap":
            self.tag = self.c.tag()
            line = f"{self.tag} AUTHENTICATE {mech}"
        else:
            line = f"AUTH {mech}"
        if initial is not None:
            line += " " + (b64(initial) or "=")
        return self.say(line)

    def say(self, line):
        self.c.send(line + "\r\n")
        while True:
            got = self.c.line().decode()
            if got.startswith("* "):
                continue
            if got == "+" or got.startswith("+ "):
                return ("+", base64.b64decode(got[2:]).decode())
            if self.daemon == "imap":
                need(got.startswith(self.tag + " "), got)
                word = got.split(" ", 2)
                return (word[1], word[2])
            status, _, text = got.partition(" ")
            return ("OK" if status == "+OK" else "NO", text)

    def respond(self, data):
        return self.say(b64(data))

    def login(self, user, password):
        if self.daemon == "imap":
            self.tag = self.c.tag()
            return self.say(f'{self.tag} LOGIN "{user}" "{password}"')
        got = self.say("USER " + user)
        return self.say("PASS " + password) if got[0] == "OK" else got

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.c.close()


def mech_plain(t, user, password, initial):
    data = f"\0{user}\0{password}"
    if initial:
        return t.start("PLAIN", data)
    expect(t.start("PLAIN"), ("+", ""), "empty challenge")
    return t.respond(data)


def mech_login(t, user, password, initial):
    if initial:
        got = t.start("LOGIN", user)
    else:
        expect(t.start("LOGIN"), ("+", "Username:"), "challenge")
        got = t.respond(user)
    expect(got, ("+", "Password:"), "challenge")
    return t.respond(password)


def mech_scram(t, user, password, initial):
    scram = Scram(user, password)
    if initial:
        got = t.start("SCRAM-SHA-256", scram.first)
    else:
        expect(t.start("SCRAM-SHA-256"), ("+", ""), "empty challenge")
        got = t.respond(scram.first)
    expect(got[0], "+", "server first")
    t.salt = scram.final(got[1]) and scram.salt
    got = t.respond(scram.final(got[1]))
    if got[0] != "+":
        return got
    expect(got[1], "v=" + b64(scram.signature), "the server proves itself")
    return t.respond("")


DAEMONS = ("imap", "pop3")
ROUNDS = 40
MECHS = {"PLAIN": mech_plain, "LOGIN": mech_login,
         "SCRAM-SHA-256": mech_scram}


@check("{}: each mechanism logs in with and without an initial response, and "
       "refuses a wrong password (RFC 4422)", with_each=DAEMONS)
def mechanisms(server, daemon):
    for name, mech in MECHS.items():
        for initial in (False, True):
            with Talk(server, daemon) as t:
                got = mech(t, "scram", SECRET, initial)
                expect(got[0], "OK", f"{name} initial={initial} {got}")
            with Talk(server, daemon) as t:
                got = mech(t, "scram", "wrong", initial)
                expect(got[0], "NO", f"{name} wrong password")
                expect_in("AUTH", got[1], "response code")


@check("{}: the mechanisms of the configuration are offered, and no others",
       with_each=DAEMONS)
def offered(server, daemon):
    with Talk(server, daemon) as t:
        if daemon == "imap":
            caps = t.c.ok("CAPABILITY").find(r"CAPABILITY (.*)")[1].decode()
            names = {c[5:] for c in caps.split() if c.startswith("AUTH=")}
        else:
            sasl = [c for c in t.c.capa() if c.startswith("SASL ")]
            names = set(sasl[0].split()[1:])
        expect(names, set(MECHS), "mechanisms offered")


@check("each kind of stored hash lets its password in, and an unknown one "
       "nobody; the log names it")
def schemes(server):
    """Each kind of hash is verified, in the sandboxed process."""
    log = server.log_text()
    no_argon2 = "unknown password scheme {ARGON2" in log
    for i, stored in enumerate(SCHEMES):
        if "ARGON2" in stored and no_argon2:
            print("# built without libsodium: no Argon2", flush=True)
            continue
        with Imap(server) as c:
            c.fails("NO", f"LOGIN scheme{i} wrong")
            expect(c.command(f"LOGIN scheme{i} {SECRET}").status, "OK", stored)
    for i, scheme in enumerate(UNKNOWN):
        with Imap(server) as c:
            c.fails("NO", f"LOGIN unknown{i} x")
        with open(server.path("users")) as f:
            line = next(n for n, text in enumerate(f, 1)
                        if text.startswith(f"unknown{i}:"))
        expect_in(f"users:{line}: user unknown{i}: unknown password scheme "
                  f"{{{scheme}}}", log, "the log")


@check("what doveadm pw makes of a password lets it in")
def doveadm(server):
    """Hashes that doveadm makes now, if it is installed."""
    if not shutil.which("doveadm"):
        print("# no doveadm here", flush=True)
        return
    names = subprocess.run(["doveadm", "pw", "-l"], capture_output=True,
                           text=True, check=True).stdout.split()
    known = sorted(set(names) - set(UNKNOWN))
    need(len(known) > 15, f"{known}")
    made = {name: subprocess.run(
        ["doveadm", "pw", "-s", name, "-u", "x", "-p", SECRET],
        capture_output=True, text=True, check=True).stdout.strip()
        for name in known}
    server.change_users(lambda text: text + "".join(
        f"dove-{name}:{made[name]}::::::\n" for name in known))
    for name in known:
        with Imap(server) as c:
            c.fails("NO", f"LOGIN dove-{name} wrong")
            expect(c.command(f"LOGIN dove-{name} {SECRET}").status, "OK",
                   made[name])


@check("{}: an exchange that is cancelled or broken leaves the connection "
       "good for a login (RFC 4422 3)", with_each=DAEMONS)
def cancel_and_syntax(server, daemon):
    with Talk(server, daemon) as t:
        for name in MECHS:
            expect(t.start(name)[0], "+", name)
            expect_in(t.say("*")[0], ("BAD", "NO"), "cancelled")
        for bad in ("!", "YQ", "YQ==YQ=="):
            expect(t.start("PLAIN")[0], "+", "PLAIN")
            expect_in(t.say(bad)[0], ("BAD", "NO"), f"not base64: {bad}")
        got = t.start("CRAM-MD5")
        expect_in(got[0], ("NO", "BAD"), "unknown mechanism")
        # The connection can still log in.
        expect(mech_plain(t, "alice", SECRET, True)[0], "OK", "afterwards")
    for data in ("", "x", "\0\0pw", "\0alice\0test\0pass",
                 "\0alice\0testpass\0"):
        with Talk(server, daemon) as t:
            got = t.start("PLAIN", data)
            expect_in(got[0], ("BAD", "NO"), f"PLAIN {data!r}")


@check("{}: a response of more octets than any mechanism needs is refused as "
       "such", with_each=DAEMONS)
def long_response(server, daemon):
    for initial in (False, True):
        with Talk(server, daemon) as t:
            got = mech_plain(t, "alice", "x" * 5000, initial)
            expect_in(got[0], ("BAD", "NO"), "too long")
            expect_in("Invalid response for this mechanism", got[1], "why")
            expect(mech_plain(t, "alice", SECRET, True)[0], "OK", "go on")


@check("{}: one may act for oneself, in any spelling, and for nobody else "
       "(RFC 4616 2)", with_each=DAEMONS)
def authzid(server, daemon):
    with Talk(server, daemon) as t:
        expect(t.start("PLAIN", f"alice\0alice\0{SECRET}")[0], "OK", "oneself")
    with Talk(server, daemon) as t:
        expect(t.start("PLAIN", f"ALICE\0alice\0{SECRET}")[0], "OK",
             "oneself in another spelling")
    with Talk(server, daemon) as t:
        expect(t.start("PLAIN", f"bob\0alice\0{SECRET}")[0], "NO",
             "another user")


@check("{}: names that reach out of a folder are refused, and nologin and "
       "allow_nets are obeyed", with_each=DAEMONS)
def names(server, daemon):
    for name in ("x" * 3000, "../alice", "alice/../bob", "%u", ".alice",
                 "al\u00ef", "\u202ealice", "a" * 256):
        with Talk(server, daemon) as t:
            expect(t.start("PLAIN", f"\0{name}\0{SECRET}")[0], "NO", name)
    with Talk(server, daemon) as t:
        expect(t.login("ALICE", SECRET)[0], "OK", "case of a name")
    with Talk(server, daemon) as t:
        expect(t.start("PLAIN", f"\0nologin\0{SECRET}")[0], "NO", "nologin")
    with Talk(server, daemon) as t:
        expect(t.start("PLAIN", f"\0elsewhere\0{SECRET}")[0], "NO",
             "allow_nets of elsewhere")
    with Talk(server, daemon) as t:
        expect(t.start("PLAIN", f"\0here\0{SECRET}")[0], "OK", "allow_nets")


@check("a NUL in a literal of LOGIN is BAD")
def nul_is_bad(server):
    with Imap(server) as c:
        c.fails("BAD", "LOGIN {} {}", b"ali\0ce", b"testpass")
    with Imap(server) as c:
        c.fails("BAD", "LOGIN {} {}", b"alice", b"test\0pass")


@check("{}: unknown user, wrong password and disabled user get the same "
       "answer", with_each=DAEMONS)
def same_answer(server, daemon):
    """Unknown user, wrong password and disabled user get the same words."""
    answers = set()
    for user, password in (("alice", "wrong"), ("nosuch", "wrong"),
                           ("nologin", SECRET), ("../x", "wrong"),
                           ("bcrypt", "wrong"), ("elsewhere", SECRET)):
        with Talk(server, daemon) as t:
            answers.add(t.start("PLAIN", f"\0{user}\0{password}"))
    expect(len(answers), 1, f"answers {answers}")


def alike(users, take, enough):
    """Measure until the least times of all users are alike.  On a machine
    that is busy it needs some rounds until nothing was in the way."""
    fast = {}
    for number in range(ROUNDS):
        for user in users:
            seconds = take(user, number)
            fast[user] = min(seconds, fast.get(user, seconds))
        if number > 2 and enough(fast):
            return
    raise AssertionError(f"the least of {ROUNDS} times each: {fast}")


@check("an unknown user takes as long as one with a slow hash")
def same_time(server):
    def one(user, _):
        with Talk(server, "imap") as t:
            start = time.monotonic()
            expect(t.start("PLAIN", f"\0{user}\0wrong")[0], "NO", user)
            return time.monotonic() - start
    alike(("bcrypt2", "nosuch"), one,
          lambda fast: min(fast.values()) > 0.5 * max(fast.values()))


@check("an unknown user has a salt in SCRAM, its own and always the same")
def fake_salt(server):
    """A name that does not exist has a salt, which is always the same."""
    salts = []
    for user in ("nosuch", "nosuch", "other"):
        with Talk(server, "imap") as t:
            expect(mech_scram(t, user, SECRET, True)[0], "NO", user)
            salts.append(t.salt)
    expect(salts[0], salts[1], "the salt of a name")
    need(salts[0] != salts[2], "names have different salts")
    expect(len(salts[0]), 16, "length of a salt")


@check("before TLS no credentials are looked at, right and wrong alike (RFC "
       "2595 9)")
def before_tls(server):
    failed = server.log_text().count("login failed")
    for daemon in DAEMONS:
        answers = set()
        for user, password in (("alice", SECRET), ("alice", "x"),
                               ("nosuch", "x")):
            with Talk(server, daemon, port=daemon) as t:
                got = t.login(user, password)
                expect(got[0], "NO", f"{daemon} {user}")
                answers.add(got)
            for name in MECHS:
                with Talk(server, daemon, port=daemon) as t:
                    if name == "SCRAM-SHA-256":
                        continue
                    got = t.start(name, f"\0{user}\0{password}")
                    expect_in(got[0], ("NO", "BAD"), f"{daemon} {name}")
        expect(len(answers), 1, f"answers {answers}")
    with Imap(server, port="imap") as c:
        caps = c.ok("CAPABILITY").find(r"CAPABILITY (.*)")[1].decode()
        expect_in("LOGINDISABLED", caps, "capabilities")
        expect_not_in("AUTH=PLAIN", caps, "capabilities")
        c.fails("NO", "LOGIN alice testpass").says("[PRIVACYREQUIRED]")
    expect(server.log_text().count("login failed"), failed,
           "failed logins in the log")


def children(server):
    """{pid: command line} of all processes below the two parents."""
    with open(server.path("pids")) as f:
        family = {int(pid) for pid in f.read().replace("=", " ").split()
                  if pid.isdigit()}
    found = {}
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/stat") as f:
                ppid = int(f.read().rsplit(")", 1)[1].split()[1])
            if ppid in family:
                with open(f"/proc/{pid}/cmdline") as f:
                    found[int(pid)] = f.read().replace("\0", " ")
    return found


def check_cpu(server):
    """CPU seconds that the check processes have used."""
    total = 0
    for pid, command in children(server).items():
        if "check" in command:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


@check("many connections of one user cost one hash, also at the same moment")
def cache(server):
    """Five logins of one client cost one hash."""
    before = check_cpu(server)
    with Imap(server) as c:
        c.login("bcrypt")
    one = check_cpu(server) - before
    need(one > 0, f"a bcrypt hash costs something, not {one} s")
    before = check_cpu(server)
    for _ in range(5):
        with Imap(server) as c:
            c.login("bcrypt")
    more = check_cpu(server) - before
    need(more < one / 2 + 0.02, f"one login {one}, five more {more}")
    with Imap(server) as c:
        c.fails("NO", "LOGIN bcrypt wrongpass")
    # Equal checks that are in flight at the same time cost one hash.
    before = check_cpu(server)
    talks = [Imap(server) for _ in range(5)]
    for c in talks:
        c.send("x LOGIN bcrypt3 testpass\r\n")
    for c in talks:
        expect(c.collect("x").status, "OK", "login")
        c.close()
    together = check_cpu(server) - before
    need(together < one * 2.5, f"one {one}, five together {together}")


def cost_of_logins(server, count, user):
    before = check_cpu(server)
    for _ in range(count):
        with Imap(server) as c:
            c.login(user)
    return check_cpu(server) - before


class Cached(lib.Server):
    """A server with that option of the cache, and forty users."""

    def __init__(self, conf):
        super().__init__("alice", "failed login delay 0\n" + conf)
        self.change_users(lambda text: text + "".join(
            f"b{i}:{BCRYPT}\n" for i in range(40)))


@check("auth cache lifetime 0: each login computes a hash")
def cache_off(server):
    one = cost_of_logins(server, 1, "b0")
    again = cost_of_logins(server, 4, "b0")
    need(again > one * 2, f"one {one} s, four more {again} s")


@check("auth cache lifetime: within it no hash is computed, after it one is")
def cache_lifetime(server):
    start = time.monotonic()
    one = cost_of_logins(server, 1, "b0")
    again = cost_of_logins(server, 4, "b0")
    # Unless the machine is so slow that it was forgotten.
    need(again < one or time.monotonic() - start > 1.5,
         f"one {one} s, four more {again} s")
    time.sleep(2.5)
    after = cost_of_logins(server, 1, "b0")
    need(after > one / 3, f"one {one} s, after the lifetime {after} s")


@check("auth cache size: forty others push a login out of a cache of four")
def cache_size(server):
    one = cost_of_logins(server, 1, "b0")
    for number in range(1, 40):
        cost_of_logins(server, 1, f"b{number}")
    after = cost_of_logins(server, 1, "b0")
    need(after > one / 3, f"one {one} s, after forty others {after} s")


@check("a users file that was replaced is read at the next login")
def users_change(server):
    """A users file replaced by mailctl or an editor takes effect at once."""
    with Imap(server) as c:
        c.fails("NO", "LOGIN late testpass")
    server.change_users(lambda text: text + "late:{PLAIN}testpass::::::\n")
    with Imap(server) as c:
        c.login("late")
    server.change_users(lambda text: text.replace("late:{PLAIN}testpass",
                                                   "late:{PLAIN}other"))
    with Imap(server) as c:
        c.fails("NO", "LOGIN late testpass")
    with Imap(server) as c:
        c.login("late", "other")


@check("a FIFO in place of a users file stops no login")
def users_fifo(server):
    """The parent, which opens the file, must not wait for a writer."""
    path = server.path("users")
    os.rename(path, path + ".kept")
    os.mkfifo(path)
    try:
        with Imap(server) as c:
            c.login("alice")
        lib.wait_for("a line in the log", lambda:
                     f"{path}: not a regular file" in server.log_text())
        with Imap(server) as c:
            c.login("bob")
    finally:
        os.rename(path + ".kept", path)


@check("no password is in the log; user, address and reason are, escaped")
def never_in_the_log(server):
    with Imap(server) as c:
        c.fails("NO", "LOGIN alice hunter2secret")
    with Imap(server) as c:
        c.fails("NO", 'AUTHENTICATE PLAIN ' + plain("al\nice",
                                                   "hunter2secret"))
    log = server.log_text()
    for secret in (SECRET, "hunter2secret", "Xq0mB8rVwCkD3nLhJtYsPe"):
        expect_not_in(secret, log, "the log")
    expect_in("user=alice peer=127.0.0.1:", log, "the log")
    expect_in('reason="wrong password"', log, "the log")
    expect_in("al\\x0aice", log, "the log")


@check("one connection over `connections per user` is NO [LIMIT] and closed, "
       "which is no failed login, and other users log in")
def limits(server):
    held = [Imap(server, user="carol") for _ in range(5)]
    failed = server.log_text().count("login failed")
    with Imap(server) as c:
        c.fails("NO", "LOGIN carol testpass").says("[LIMIT]")
        expect(c.line(), b"* BYE [LIMIT] Too many connections.", "the end")
        need(c.closed(), "the connection is closed")
    log = server.log_text()
    expect(log.count("login failed"), failed, "failed logins in the log")
    expect_in('login refused user=carol', log, "the log")
    with Imap(server) as c:
        c.login("alice")
    held.pop().close()
    lib.wait_for("a place comes free", lambda: login_status(server, "carol"))
    for c in held:
        c.close()


def login_status(server, user):
    with Imap(server) as c:
        return c.command(f"LOGIN {user} testpass").status == "OK"


@check("a refusal takes as long, whatever the hash of its user costs")
def same_time_for_all_hashes(server):
    def one(user, number):
        # Each from an address that has not failed, with a new name.
        source = f"127.0.{1 + number}.{1 + len(user)}"
        with Imap(server, source=source) as c:
            start = time.monotonic()
            c.fails("NO", f"LOGIN {user}{number} wrong")
            return time.monotonic() - start
    alike(("cheap", "dear", "nosuch", "nologin"), one,
          lambda fast: max(fast.values()) - min(fast.values()) < 0.03)


def users():
    """Users in addition to those of tests/serve."""
    lines = [f"{name}:{BCRYPT}::::::" for name in
             ("bcrypt", "bcrypt2", "bcrypt3", *(f"b{i}" for i in range(20)))]
    lines += [f"scheme{i}:{hash}::::::" for i, hash in enumerate(SCHEMES)]
    lines += [f"unknown{i}:{{{scheme}}}x::::::"
              for i, scheme in enumerate(UNKNOWN)]
    lines += [f"scram:{scram_stored(SECRET)}::::::",
              f"nologin:{{PLAIN}}{SECRET}::::::nologin",
              f"elsewhere:{{PLAIN}}{SECRET}::::::allow_nets=192.0.2.0/24",
              f"here:{{PLAIN}}{SECRET}::::::allow_nets=192.0.2.0/24,"
              "127.0.0.0/8"]
    return lines


class Server(lib.Server):
    """A server with these lines in its configuration and its users file."""

    def __init__(self, conf, names="alice bob carol", more=lambda: []):
        super().__init__(names, conf)
        self.change_users(lambda text: text + "".join(
            line + "\n" for line in more()))


def cheap_and_dear():
    """Users for each round, whose hashes cost less and more than most.  Those
    that cost more take less than the delay also on a busy machine."""
    most, dear = BCRYPT.replace("$2b$10$", "$2b$08$"), BCRYPT
    for i in range(ROUNDS):
        yield f"cheap{i}:{{PLAIN}}x"
        yield f"dear{i}:{dear}"
        yield f"most{i}:{most}"
        yield f"most{i}x:{most}"
        yield f"nologin{i}:{most}::::::nologin"


def main():
    lib.on(lambda: Server("auth mechanisms plain, login, scram-sha-256\n"
                          "failed login delay 0\nconnections per user 5\n"
                          "bad commands 1000\n", more=users),
           before_tls, offered, mechanisms, cancel_and_syntax, long_response,
           authzid, names, same_answer, schemes, doveadm, nul_is_bad, same_time,
           fake_salt, cache, users_change, users_fifo, limits,
           never_in_the_log)
    lib.on(lambda: Cached("auth cache lifetime 0\n"), cache_off)
    lib.on(lambda: Cached("auth cache lifetime 2s\n"), cache_lifetime)
    lib.on(lambda: Cached("auth cache size 4\n"), cache_size)
    lib.on(lambda: Server("failed login delay 1s\n", more=cheap_and_dear),
           same_time_for_all_hashes)
    lib.finish()


if __name__ == "__main__":
    main()
