#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Logins: every mechanism on both daemons, logins that must be refused, and
facts that a stranger must not learn."""

import base64
import contextlib
import hashlib
import hmac
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib			# noqa: E402
from lib import Imap, Pop3, check, need, plain, same	# noqa: E402

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


def b64(data):
    return base64.b64encode(data.encode() if isinstance(data, str)
                            else data).decode()


def scram_stored(password, salt=b"0123456789abcdef", rounds=4096):
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    client = hmac.digest(salted, b"Client Key", "sha256")
    return "{SCRAM-SHA-256}%d,%s,%s,%s" % (
        rounds, b64(salt), b64(hashlib.sha256(client).digest()),
        b64(hmac.digest(salted, b"Server Key", "sha256")))


class Scram:
    """The client side of SCRAM (RFC 5802)."""

    def __init__(self, user, password):
        self.password = password
        self.bare = f"n={user},r=clientnonce"
        self.first = "n,," + self.bare

    def final(self, server_first):
        fields = dict(f.split("=", 1) for f in server_first.split(","))
        need(fields["r"].startswith("clientnonce"), "nonce")
        self.salt = base64.b64decode(fields["s"])
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(),
                                     self.salt, int(fields["i"]))
        head = f"c=biws,r={fields['r']}"
        message = f"{self.bare},{server_first},{head}".encode()
        client = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client).digest(), message,
                                "sha256")
        self.signature = hmac.digest(
            hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        proof = bytes(a ^ b for a, b in zip(client, signature))
        return f"{head},p={b64(proof)}"


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
    same(t.start("PLAIN"), ("+", ""), "empty challenge")
    return t.respond(data)


def mech_login(t, user, password, initial):
    if initial:
        got = t.start("LOGIN", user)
    else:
        same(t.start("LOGIN"), ("+", "Username:"), "challenge")
        got = t.respond(user)
    same(got, ("+", "Password:"), "challenge")
    return t.respond(password)


def mech_scram(t, user, password, initial):
    scram = Scram(user, password)
    if initial:
        got = t.start("SCRAM-SHA-256", scram.first)
    else:
        same(t.start("SCRAM-SHA-256"), ("+", ""), "empty challenge")
        got = t.respond(scram.first)
    same(got[0], "+", "server first")
    t.salt = scram.final(got[1]) and scram.salt
    got = t.respond(scram.final(got[1]))
    if got[0] != "+":
        return got
    same(got[1], "v=" + b64(scram.signature), "the server proves itself")
    return t.respond("")


MECHS = {"PLAIN": mech_plain, "LOGIN": mech_login,
         "SCRAM-SHA-256": mech_scram}


def mechanisms(server, daemon):
    for name, mech in MECHS.items():
        for initial in (False, True):
            with Talk(server, daemon) as t:
                got = mech(t, "scram", SECRET, initial)
                same(got[0], "OK", f"{name} initial={initial} {got}")
            with Talk(server, daemon) as t:
                got = mech(t, "scram", "wrong", initial)
                same(got[0], "NO", f"{name} wrong password")
                need("AUTH" in got[1], f"response code of {got}")


def offered(server, daemon):
    with Talk(server, daemon) as t:
        if daemon == "imap":
            caps = t.c.ok("CAPABILITY").find(r"CAPABILITY (.*)")[1].decode()
            names = {c[5:] for c in caps.split() if c.startswith("AUTH=")}
        else:
            sasl = [c for c in t.c.capa() if c.startswith("SASL ")]
            names = set(sasl[0].split()[1:])
        same(names, set(MECHS), "mechanisms offered")


def schemes(server):
    """Each kind of hash is verified, in the sandboxed process."""
    with open(server.path("log")) as f:
        log = f.read()
    no_argon2 = "unknown password scheme {ARGON2" in log
    for i, stored in enumerate(SCHEMES):
        if "ARGON2" in stored and no_argon2:
            print("# built without libsodium: no Argon2", flush=True)
            continue
        with Imap(server) as c:
            c.fails("NO", f"LOGIN scheme{i} wrong")
            need(c.command(f"LOGIN scheme{i} {SECRET}").status == "OK", stored)
    for i, scheme in enumerate(UNKNOWN):
        with Imap(server) as c:
            c.fails("NO", f"LOGIN unknown{i} x")
        with open(server.path("users")) as f:
            line = next(n for n, text in enumerate(f, 1)
                        if text.startswith(f"unknown{i}:"))
        need(f"users:{line}: user unknown{i}: unknown password scheme "
             f"{{{scheme}}}" in log, f"{scheme} is in the log")


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
    change_users(server, lambda text: text + "".join(
        f"dove-{name}:{made[name]}::::::\n" for name in known))
    for name in known:
        with Imap(server) as c:
            c.fails("NO", f"LOGIN dove-{name} wrong")
            need(c.command(f"LOGIN dove-{name} {SECRET}").status == "OK",
                 made[name])


def cancel_and_syntax(server, daemon):
    with Talk(server, daemon) as t:
        for name in MECHS:
            same(t.start(name)[0], "+", name)
            need(t.say("*")[0] in ("BAD", "NO"), "cancelled")
        for bad in ("!", "YQ", "YQ==YQ=="):
            same(t.start("PLAIN")[0], "+", "PLAIN")
            need(t.say(bad)[0] in ("BAD", "NO"), f"not base64: {bad}")
        got = t.start("CRAM-MD5")
        need(got[0] in ("NO", "BAD"), f"unknown mechanism: {got}")
        # The connection can still log in.
        same(mech_plain(t, "alice", SECRET, True)[0], "OK", "afterwards")
    for data in ("", "x", "\0\0pw", "\0alice\0test\0pass",
                 "\0alice\0testpass\0"):
        with Talk(server, daemon) as t:
            got = t.start("PLAIN", data)
            need(got[0] in ("BAD", "NO"), f"PLAIN {data!r}: {got}")


def authzid(server, daemon):
    with Talk(server, daemon) as t:
        same(t.start("PLAIN", f"alice\0alice\0{SECRET}")[0], "OK", "oneself")
    with Talk(server, daemon) as t:
        same(t.start("PLAIN", f"ALICE\0alice\0{SECRET}")[0], "OK",
             "oneself in another spelling")
    with Talk(server, daemon) as t:
        same(t.start("PLAIN", f"bob\0alice\0{SECRET}")[0], "NO",
             "another user")


def names(server, daemon):
    for name in ("x" * 3000, "../alice", "alice/../bob", "%u", ".alice",
                 "al\u00ef", "\u202ealice", "a" * 256):
        with Talk(server, daemon) as t:
            same(t.start("PLAIN", f"\0{name}\0{SECRET}")[0], "NO", name)
    with Talk(server, daemon) as t:
        same(t.login("ALICE", SECRET)[0], "OK", "case of a name")
    with Talk(server, daemon) as t:
        same(t.start("PLAIN", f"\0nologin\0{SECRET}")[0], "NO", "nologin")
    with Talk(server, daemon) as t:
        same(t.start("PLAIN", f"\0elsewhere\0{SECRET}")[0], "NO",
             "allow_nets of elsewhere")
    with Talk(server, daemon) as t:
        same(t.start("PLAIN", f"\0here\0{SECRET}")[0], "OK", "allow_nets")


def nul_is_bad(server):
    with Imap(server) as c:
        c.fails("BAD", "LOGIN {} {}", b"ali\0ce", b"testpass")
    with Imap(server) as c:
        c.fails("BAD", "LOGIN {} {}", b"alice", b"test\0pass")


def same_answer(server, daemon):
    """Unknown user, wrong password and disabled user get the same words."""
    answers = set()
    for user, password in (("alice", "wrong"), ("nosuch", "wrong"),
                           ("nologin", SECRET), ("../x", "wrong"),
                           ("bcrypt", "wrong"), ("elsewhere", SECRET)):
        with Talk(server, daemon) as t:
            answers.add(t.start("PLAIN", f"\0{user}\0{password}"))
    same(len(answers), 1, f"answers {answers}")


def same_time(server):
    """Users and strangers wait equally long, where most hashes are slow."""
    times = {"bcrypt2": [], "nosuch": []}
    for _ in range(6):
        for user, seen in times.items():
            with Talk(server, "imap") as t:
                start = time.monotonic()
                same(t.start("PLAIN", f"\0{user}\0wrong")[0], "NO", user)
                seen.append(time.monotonic() - start)
    fast = {user: min(seen) for user, seen in times.items()}
    need(min(fast.values()) > 0.5 * max(fast.values()), f"times {fast}")


def fake_salt(server):
    """A name that does not exist has a salt, which is always the same."""
    salts = []
    for user in ("nosuch", "nosuch", "other"):
        with Talk(server, "imap") as t:
            same(mech_scram(t, user, SECRET, True)[0], "NO", user)
            salts.append(t.salt)
    same(salts[0], salts[1], "the salt of a name")
    need(salts[0] != salts[2], "names have different salts")
    same(len(salts[0]), 16, "length of a salt")


def before_tls(server):
    """Without TLS all logins are refused unseen, right and wrong ones
    alike."""
    for daemon in ("imap", "pop3"):
        answers = set()
        for user, password in (("alice", SECRET), ("alice", "x"),
                               ("nosuch", "x")):
            with Talk(server, daemon, port=daemon) as t:
                got = t.login(user, password)
                same(got[0], "NO", f"{daemon} {user}")
                answers.add(got)
            for name in MECHS:
                with Talk(server, daemon, port=daemon) as t:
                    if name == "SCRAM-SHA-256":
                        continue
                    got = t.start(name, f"\0{user}\0{password}")
                    need(got[0] in ("NO", "BAD"), f"{daemon} {name} {got}")
        same(len(answers), 1, f"answers {answers}")
    with Imap(server, port="imap") as c:
        caps = c.ok("CAPABILITY").find(r"CAPABILITY (.*)")[1].decode()
        need("LOGINDISABLED" in caps and "AUTH=PLAIN" not in caps, caps)
        answer = c.fails("NO", "LOGIN alice testpass")
        need("PRIVACYREQUIRED" in answer.text, repr(answer))
    with open(server.path("log")) as f:
        need("login failed" not in f.read(), "nothing was looked at")


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


def cache(server):
    """Five logins of one client cost one hash."""
    before = check_cpu(server)
    with Imap(server) as c:
        c.login("bcrypt")
    one = check_cpu(server) - before
    need(one > 0, "a bcrypt hash costs something")
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
        same(c.collect("x").status, "OK", "login")
        c.close()
    together = check_cpu(server) - before
    need(together < one * 2.5, f"one {one}, five together {together}")


def cost_of_logins(server, count, user):
    before = check_cpu(server)
    for _ in range(count):
        with Imap(server) as c:
            c.login(user)
    return check_cpu(server) - before


def cache_options(conf, kept):
    """auth cache lifetime, auth cache size: when a hash is computed again."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as extra:
        extra.write("failed login delay 0\n" + conf)
        extra.flush()
        with lib.Server("alice", CONF_EXTRA=extra.name) as server:
            change_users(server, lambda text: text + "".join(
                f"b{i}:{BCRYPT}\n" for i in range(40)))
            one = cost_of_logins(server, 1, "b0")
            need(one > 0, "a hash costs something")
            start = time.monotonic()
            again = cost_of_logins(server, 4, "b0")
            if kept:
                # On a slow machine the entry may have expired meanwhile.
                need(again < one or time.monotonic() - start > 1.5,
                     f"kept: {one} then {again}")
            else:
                need(again > one * 2, f"not kept: {one} then {again}")
            if "size" in conf:
                # A set has four entries: forty other logins evict this one.
                for number in range(1, 40):
                    cost_of_logins(server, 1, f"b{number}")
                need(cost_of_logins(server, 1, "b0") > one / 3, "pushed out")
            elif kept:
                time.sleep(2.5)
                need(cost_of_logins(server, 1, "b0") > one / 3, "forgotten")


def users_change(server):
    """A users file replaced by mailctl or an editor takes effect at once."""
    with Imap(server) as c:
        c.fails("NO", "LOGIN late testpass")
    change_users(server, lambda text: text + "late:{PLAIN}testpass::::::\n")
    with Imap(server) as c:
        c.login("late")
    change_users(server, lambda text: text.replace("late:{PLAIN}testpass",
                                                   "late:{PLAIN}other"))
    with Imap(server) as c:
        c.fails("NO", "LOGIN late testpass")
    with Imap(server) as c:
        c.login("late", "other")


def change_users(server, change):
    path = server.path("users")
    with open(path) as f:
        text = change(f.read())
    with open(path + ".new", "w") as f:
        f.write(text)
    os.chmod(path + ".new", 0o600)
    os.rename(path + ".new", path)


def never_in_the_log(server):
    with Imap(server) as c:
        c.fails("NO", "LOGIN alice hunter2secret")
    with Imap(server) as c:
        c.fails("NO", 'AUTHENTICATE PLAIN ' + plain("al\nice",
                                                   "hunter2secret"))
    with open(server.path("log")) as f:
        log = f.read()
    for secret in (SECRET, "hunter2secret", "Xq0mB8rVwCkD3nLhJtYsPe"):
        need(secret not in log, f"{secret} is in the log")
    need('user=alice peer=127.0.0.1:' in log, "user and address are")
    need('reason="wrong password"' in log, "and the reason")
    need("al\\x0aice" in log, "client text is escaped")


def limits(server):
    held = [Imap(server, user="carol") for _ in range(5)]
    with Imap(server) as c:
        answer = c.fails("NO", "LOGIN carol testpass")
        need("[LIMIT]" in answer.text, repr(answer))
    with Imap(server) as c:
        c.login("alice")
    held.pop().close()
    lib.wait_for("a place comes free", lambda: login_status(server, "carol"))
    for c in held:
        c.close()


def login_status(server, user):
    with Imap(server) as c:
        return c.command(f"LOGIN {user} testpass").status == "OK"


def throttle(server):
    """Failures slow down the address that they come from and lock nobody out:
    a right password from elsewhere is answered while a wrong one for the same
    name still waits.  Only lower bounds are timed; the rest follows from the
    order of the answers."""
    for number in range(1, 5):
        with Imap(server) as c:
            start = time.monotonic()
            c.fails("NO", "LOGIN alice wrong")
            waited = time.monotonic() - start
        need(waited > number - 0.1, f"failure {number} after {waited} s")
    with Imap(server) as waits:
        waits.send("w LOGIN alice wrong\r\n")
        with Imap(server, address="::1") as c:
            c.login("alice")
        with Imap(server) as c:
            c.login("bob")
        waits.silent(0.01)
        same(waits.collect("w").status, "NO", "in the end")


def queue(server):
    """Many connections from an address that failed often guess no faster than
    one: one password is checked each second, and a right one must wait its
    turn, too."""
    talks = [Imap(server, source="127.0.0.5") for _ in range(12)]
    start = time.monotonic()
    for c in talks:
        c.send("g LOGIN carol wrong\r\n")
    # These go first, since five failures are let through at once.
    for c in talks[:5]:
        same(c.collect("g").status, "NO", "guess")
    late = Imap(server, source="127.0.0.5")
    late.send("g LOGIN carol testpass\r\n")
    with Imap(server, source="127.0.0.6") as c:
        c.login("carol")
    same(late.collect("g").status, "OK", "right, when its turn comes")
    waited = time.monotonic() - start
    need(waited > 2, f"it had to queue: {waited} s")
    for c in talks + [late]:
        c.close()


def turns(server):
    """Sixty connections that guess at a slow hash delay nobody else."""
    talks = [Imap(server, source="127.0.0.7") for _ in range(60)]
    other = Imap(server, source="127.0.0.8")
    for number, c in enumerate(talks):
        c.send(f"g LOGIN slow wrong{number}\r\n")
    same(talks[0].collect("g").status, "NO", "the first guess")
    other.login("slow")
    pending = [c for c in talks[1:] if not select.select([c.sock], [], [],
                                                         0)[0]]
    need(len(pending) > 20, f"answered before their turn: {len(pending)}")
    for c in talks + [other]:
        c.close()


def same_time_for_all_hashes(server):
    """A hash that costs less than most does not show that its user exists:
    refusals are sent at a fixed time, whatever was computed before."""
    times = {"cheap": [], "dear": [], "nosuch": [], "nologin": []}
    for number in range(4):
        for user, seen in times.items():
            # Each login is from an address without failures, with a new name.
            source = f"127.0.{1 + number}.{1 + len(user)}"
            with Imap(server, source=source) as c:
                start = time.monotonic()
                c.fails("NO", f"LOGIN {user}{number} wrong")
                seen.append(time.monotonic() - start)
    fast = {user: min(seen) for user, seen in times.items()}
    need(max(fast.values()) - min(fast.values()) < 0.03, f"times {times}")


def users(server):
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
    change_users(server, lambda text: text + "\n".join(lines) + "\n")


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as extra:
        extra.write("auth mechanisms plain, login, scram-sha-256\n"
                    "failed login delay 0\nconnections per user 5\n"
                    "bad commands 1000\n")
        extra.flush()
        with lib.Server("alice bob carol", CONF_EXTRA=extra.name) as server:
            users(server)
            with check("before TLS nothing is looked at"):
                before_tls(server)
            for daemon in ("imap", "pop3"):
                with check(f"{daemon}: mechanisms are offered"):
                    offered(server, daemon)
                with check(f"{daemon}: every mechanism"):
                    mechanisms(server, daemon)
                with check(f"{daemon}: cancelled, malformed"):
                    cancel_and_syntax(server, daemon)
                with check(f"{daemon}: authorization identity"):
                    authzid(server, daemon)
                with check(f"{daemon}: names"):
                    names(server, daemon)
                with check(f"{daemon}: one answer for all"):
                    same_answer(server, daemon)
            with check("every kind of hash"):
                schemes(server)
            with check("what doveadm makes"):
                doveadm(server)
            with check("NUL in a login is BAD"):
                nul_is_bad(server)
            with check("strangers take as long"):
                same_time(server)
            with check("invented salts"):
                fake_salt(server)
            with check("one hash for many connections"):
                cache(server)
            with check("a changed users file"):
                users_change(server)
            with check("connections per user"):
                limits(server)
            with check("passwords are not logged"):
                never_in_the_log(server)
    for conf, kept in (("auth cache lifetime 0\n", False),
                       ("auth cache lifetime 2s\n", True),
                       ("auth cache size 4\n", True)):
        with check("cache: " + conf.rstrip()):
            cache_options(conf, kept)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as extra:
        extra.write("failed login delay 1s\n")
        extra.flush()
        with lib.Server("alice bob carol", CONF_EXTRA=extra.name) as server:
            with check("guessing is slowed down"):
                throttle(server)
            with check("guesses queue"):
                queue(server)
            dear = BCRYPT.replace("$2b$10$", "$2b$12$")
            change_users(server, lambda text: text + "".join(
                f"cheap{i}:{{PLAIN}}x\ndear{i}:{dear}\nmost{i}:{BCRYPT}\n"
                f"most{i}x:{BCRYPT}\nnologin{i}:{BCRYPT}::::::nologin\n"
                for i in range(4)))
            with check("strangers take as long, whatever the hash"):
                same_time_for_all_hashes(server)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as extra:
        extra.write("failed login delay 0\ncheckers 1\n")
        extra.flush()
        with lib.Server("alice", CONF_EXTRA=extra.name) as server:
            change_users(server, lambda text: text +
                         f"slow:{BCRYPT}\n")
            with check("addresses take turns"):
                turns(server)
    lib.finish()


if __name__ == "__main__":
    main()
