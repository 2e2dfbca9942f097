#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""POP3 with configurations other than the sample: each capability is tried in
each state, and each option does what the manual says."""

import contextlib
import functools
import os
import sqlite3
import time

import lib
from lib import Imap, Pop3, check, expect, expect_in, expect_match, \
    expect_not_in, need, plain


def server(conf, users="alice bob", **env):
    return lib.Server(users, "failed login delay 0\nfailed logins 100\n" + conf,
                      **env)


def taken(c, line):
    """Whether a line is answered with +OK; the whole answer is read."""
    status = c.command(line)
    if status.startswith("+OK") and line.split()[0] in ("TOP", "CAPA"):
        c.lines()
    return not status.startswith("-ERR")


def subjects(server, user="alice", mailbox="INBOX"):
    return sorted(server.snapshot(user, mailbox) or [])


# RFC 2449, section 5: capabilities announced in the AUTHORIZATION state are
# announced in both, and each works in the states that it is for.

def probe_login(server, port, tls, capability):
    """Try what a capability offers before login."""
    name, *values = capability.split()
    with Pop3(server, port) as c:
        if tls and port == "pop3":
            c.stls()
        if name == "USER":
            return taken(c, "USER alice") and taken(c, "PASS testpass")
        if name == "SASL":
            for value in values:
                expect_match(r"^\+ ", c.command("AUTH " + value), value)
                expect_match("^-ERR", c.command("*"), "cancelled")
            return bool(values)
        if name == "STLS":
            c.stls()
            return taken(c, "CAPA")
        if name == "UTF8":
            expect(values, ["USER"], "UTF8")
            return taken(c, "UTF8")
        return True


def probe_session(c, capability):
    """Try what a capability offers in a session."""
    name = capability.split()[0]
    lines = {"TOP": "TOP 1 0", "UIDL": "UIDL 1", "LANG": "LANG en",
             "CAPA": "CAPA"}
    if name in lines:
        return taken(c, lines[name])
    if name == "PIPELINING":
        c.send("NOOP\r\nLIST 1\r\nNOOP\r\n")
        return all(c.line().startswith(b"+OK") for _ in range(3))
    return True


KNOWN = {"CAPA", "TOP", "UIDL", "USER", "SASL", "STLS", "PIPELINING",
         "RESP-CODES", "AUTH-RESP-CODE", "UTF8", "LANG", "EXPIRE",
         "LOGIN-DELAY", "IMPLEMENTATION"}


def walk(server, port, tls, mechs, want):
    with Pop3(server, port) as c:
        if tls and port == "pop3":
            c.stls()
        before = c.capa()
    names = {line.split()[0] for line in before}
    expect(len(names), len(before), "each capability once")
    expect(names - KNOWN, set(), "capabilities without a test")
    for name, there in want.items():
        expect(name in names, there, f"{name} on {port} in {before}")
    for capability in before:
        need(probe_login(server, port, tls, capability),
             f"{capability} works on {port}")
    # Capabilities that are not announced are refused.
    with Pop3(server, port) as c:
        if tls and port == "pop3":
            c.stls()
        if "USER" not in names:
            need(not taken(c, "USER alice"), "USER is refused")
            need(not taken(c, "PASS testpass"), "PASS is refused")
        if "STLS" not in names:
            need(not taken(c, "STLS"), "STLS is refused")
        for mech in ("PLAIN", "LOGIN", "SCRAM-SHA-256"):
            if f"SASL {' '.join(mechs)}" in before and mech in mechs:
                continue
            need(not taken(c, "AUTH " + mech), f"AUTH {mech} is refused")
        if "USER" in names:
            c.login()
            after = c.capa()
            expect(after, before, "CAPA after login")
            for capability in after:
                need(probe_session(c, capability), f"{capability} works")
            need(not taken(c, "UTF8"), "UTF8 is for before login")


SECURE = {"USER": True, "SASL": True, "STLS": False}
MECHS = ["PLAIN", "LOGIN", "SCRAM-SHA-256"]


@check("CAPA {} is true, and what it lacks is refused (RFC 2449 5)",
       with_each=("before STLS", "after STLS", "on the TLS port"))
def capa(s, where):
    if where == "before STLS":
        walk(s, "pop3", False, MECHS,
             {"USER": False, "SASL": False, "STLS": True, "EXPIRE": True,
              "LOGIN-DELAY": False})
    else:
        walk(s, "pop3" if where == "after STLS" else "pop3s", True, MECHS,
             SECURE)


@check("CAPA before STLS offers passwords where plaintext is allowed")
def capa_plaintext(s):
    walk(s, "pop3", False, ["PLAIN", "LOGIN"],
         {"USER": True, "SASL": True, "STLS": True})


# Without plain and login, USER and LOGIN are off too: a password that they
# carry is what the administrator did not want sent.

@check("without plain and login, CAPA has no USER {}",
       with_each=("before STLS", "after STLS", "on the TLS port"))
def no_user(s, where):
    walk(s, "pop3s" if where == "on the TLS port" else "pop3",
         where != "before STLS", ["SCRAM-SHA-256"],
         {"USER": False, "SASL": True})


@check("without plain and login, LOGIN on {} is NO [CANNOT] and nothing is "
       "looked at", with_each=("imap", "imaps"))
def no_login(s, port):
    with Imap(s, port) as c:
        caps = c.ok("CAPABILITY").has(r"CAPABILITY (.*)")[1].split()
        expect_in(b"LOGINDISABLED", caps, "capabilities")
        expect_in(b"AUTH=SCRAM-SHA-256", caps, "capabilities")
        expect_not_in(b"AUTH=PLAIN", caps, "capabilities")
        for password in ("testpass", "wrong"):
            c.fails("NO", f"LOGIN alice {password}").says("[CANNOT]")
        # The literal is not asked for.
        c.fails("NO", "LOGIN alice {}", b"testpass").says("[CANNOT]")
        c.fails("NO", "AUTHENTICATE PLAIN " + plain("alice"))
    expect_not_in("login failed", s.log_text(), "the log")


@check("with login alone, USER and LOGIN work")
def login_alone(s):
    with Pop3(s) as c:
        expect({"USER", "SASL LOGIN"} - set(c.capa()), set(),
               "missing in CAPA")
        c.login()
    with Imap(s) as c:
        c.login("alice")


# EXPIRE.

def age(server, user, subject, days):
    """Make a message in the index older than it is."""
    root = server.maildir(user)
    with server.imap(user) as c:
        c.select("INBOX")
        found = c.uid("SEARCH", "SUBJECT", lib.quote(subject))[1][0].split()
    database = os.path.join(root, "penfold", "index.db")
    with contextlib.closing(sqlite3.connect(database, 120)) as db:
        for uid in found:
            db.execute(
                "UPDATE entry SET savedate = savedate - ? WHERE uid = ? AND "
                "mailbox = (SELECT id FROM mailbox WHERE folder = x'')",
                (days * 86400, int(uid)))
        db.commit()


@check("EXPIRE 2: what was read and is two days old goes at QUIT, nothing "
       "else (RFC 2449 6.7)")
def expire_days(s):
    s.append([lib.message(x) for x in
              ("Old read", "Old unread", "New read", "Old now", "New now")])
    with s.imap() as c:
        c.select("INBOX")
        c.store("1,3", "+FLAGS", "\\Seen")
    for name in ("Old read", "Old unread", "Old now"):
        age(s, "alice", name, 2)
    with Pop3(s) as c:
        expect_in("EXPIRE 2", c.capa(), "CAPA")
    for leave in (False, True):
        with Pop3(s, user="alice") as c:
            for number in (4, 5):
                c.ok(f"RETR {number}")
                c.lines()
            if not leave:
                continue
            expect(len(subjects(s)), 5, "before QUIT")
            c.ok("QUIT")
    expect(subjects(s), ["New now", "New read", "Old unread"], "after QUIT")


@check("EXPIRE 0: what was retrieved goes at QUIT, nothing else "
       "(RFC 2449 6.7)")
def expire_now(s):
    s.append([lib.message(x) for x in ("Read before", "Fetched", "Top")])
    with s.imap() as c:
        c.select("INBOX")
        c.store("1", "+FLAGS", "\\Seen")
    with Pop3(s) as c:
        expect_in("EXPIRE 0", c.capa(), "CAPA")
    with Pop3(s, user="alice") as c:
        c.ok("RETR 2")
        c.lines()
        c.multi("TOP 3 1")
        c.ok("QUIT")
    expect(subjects(s), ["Read before", "Top"], "after QUIT")


# Options.

@check("pop3 delete trash: deleted mail goes to the trash at QUIT, which is "
       "made if it is not there")
def trash(s):
    s.append([lib.message("One"), lib.message("Two")])
    with s.imap() as c:
        c.delete('"Bin/Old"')
    with Pop3(s, user="alice") as c:
        c.ok("DELE 1")
    expect(subjects(s), ["One", "Two"], "without QUIT")
    for want in (["One"], ["One", "Two"]):
        with Pop3(s, user="alice") as c:
            c.ok("DELE 1")
            c.ok("QUIT")
        expect(subjects(s, mailbox="Bin/Old"), want, "trash")
    expect(subjects(s), [], "INBOX")
    expect_in("\\Trash", s.folders()["Bin/Old"], "attributes of the trash")


@check("pop3 seen {}: RETR sets \\Seen, or not; TOP does not",
       with_each=("yes", "no"))
def seen(_, word):
    with server(f"pop3 seen {word}\n") as s:
        s.append([lib.message("One"), lib.message("Two")])
        with Pop3(s, user="alice") as c:
            c.ok("RETR 1")
            c.lines()
            c.multi("TOP 2 0")
            c.ok("QUIT")
        expect(s.snapshot(), {"One": {"\\Seen"} if word == "yes" else set(),
                              "Two": set()}, "flags")


@check("LOGIN-DELAY: a second login too soon is refused with that code, "
       "after the password was right (RFC 2449 8.1.1)")
def login_delay(s):
    with Pop3(s) as c:
        expect_in("LOGIN-DELAY 30", c.capa(), "CAPA before login")
        c.login()
        expect_in("LOGIN-DELAY 30", c.capa(), "CAPA after login")
        c.ok("QUIT")
    with Pop3(s) as c:
        c.ok("USER alice")
        expect_match(r"^\[LOGIN-DELAY\] ", c.err("PASS testpass"), "PASS")
        expect_match(r"^\[LOGIN-DELAY\] ",
                     c.err("AUTH PLAIN " + plain("alice")), "AUTH")
        c.ok("USER alice")
        expect_match(r"^\[AUTH\] ", c.err("PASS wrong"), "wrong password")
    with Pop3(s, user="bob"):
        pass
    for _ in range(2):
        with Imap(s, user="alice"):
            pass


@check("LOGIN-DELAY is over after its time")
def login_delay_ends(s):
    with Pop3(s, user="alice") as c:
        c.ok("QUIT")
    lib.wait_for("a login", lambda: can_login(s))


@check("connections per user: one too many is refused with [IN-USE], after "
       "the password was right (RFC 2449 8.1.2)")
def limits(s):
    held = [Pop3(s, user="alice") for _ in range(2)]
    with Pop3(s) as c:
        c.ok("USER alice")
        expect_match(r"^\[IN-USE\] ", c.err("PASS testpass"), "PASS")
        expect_match(rb"^-ERR \[SYS/TEMP\] ", c.line(), "the end")
        need(c.closed(), "the connection is closed")
    with Pop3(s) as c:
        c.ok("USER alice")
        expect_match(r"^\[AUTH\] ", c.err("PASS wrong"), "wrong password")
        c.login("bob")
    held.pop().close()
    lib.wait_for("a place", lambda: can_login(s))
    for c in held:
        c.close()


def can_login(server):
    with Pop3(server) as c:
        return c.command("AUTH PLAIN " + plain("alice")).startswith("+OK")


@check("login timeout: no answer, and the connection is closed "
       "(RFC 1939 3)")
def autologout(s):
    with Pop3(s) as c:
        start = time.monotonic()
        expect(c.file.read(), b"", "what was said")
        need(time.monotonic() - start > 3, "not before its time")


UIDLS = {
    "dovecot": lambda v, u: f"{u:08x}{v:08x}",
    "uw": lambda v, u: f"{v:08x}{u:08x}",
    "cyrus": lambda v, u: f"{v}.{u}",
    "courier": lambda v, u: f"{v}-{u}",
}


@check("pop3 uidl {} makes the ids that this server makes", with_each=UIDLS)
def uidl(_, word):
    with server(f"pop3 uidl {word}\n", users="alice") as s:
        s.append([lib.message("One"), lib.message("Two")])
        with Imap(s, user="alice") as c:
            validity = int(c.ok("STATUS INBOX (UIDVALIDITY)").has(
                rb"UIDVALIDITY (\d+)")[1])
        with Pop3(s, user="alice") as c:
            ids = [x.split()[1].decode() for x in c.multi("UIDL")]
        expect(ids, [UIDLS[word](validity, n) for n in (1, 2)], word)


@check("pop3 uidl file makes the names of the files")
def uidl_file(s):
    s.append([lib.message("One")])
    s.deliver(lib.message("Two"))
    names = {x.split(":")[0] for d in ("new", "cur")
             for x in os.listdir(os.path.join(s.maildir("alice"), d))}
    with Pop3(s, user="alice") as c:
        ids = {x.split()[1].decode() for x in c.multi("UIDL")}
    expect(ids, names, "ids")


class one_message:
    """A server whose user alice has a message."""

    def __init__(self, conf, **env):
        self.stack, self.conf, self.env = contextlib.ExitStack(), conf, env

    def __enter__(self):
        s = self.stack.enter_context(server(self.conf, **self.env))
        s.append([lib.message("One")])
        return s

    def __exit__(self, *error):
        return self.stack.__exit__(*error)


def main():
    on = lib.on
    every = "auth mechanisms plain login scram-sha-256\n"
    on(functools.partial(one_message, every), capa)
    on(functools.partial(one_message, "", PLAINTEXT="yes"), capa_plaintext)
    on(functools.partial(server, "auth mechanisms scram-sha-256\n",
                         PLAINTEXT="yes"), no_user, no_login)
    on(functools.partial(server, "auth mechanisms login\n"), login_alone)
    on(functools.partial(server, "pop3 expire 2d\n"), expire_days)
    on(functools.partial(server, "pop3 expire 0\n"), expire_now)
    on(functools.partial(
        server, 'pop3 delete trash\ntrash folder "Bin/Old"\n'), trash)
    on(contextlib.nullcontext, seen, uidl)
    on(functools.partial(server, "pop3 login delay 30s\n"), login_delay)
    on(functools.partial(server, "pop3 login delay 2s\n"), login_delay_ends)
    on(functools.partial(server, "connections per user 2\n"), limits)
    on(functools.partial(server, "login timeout 5s\n"), autologout)
    on(functools.partial(server, "pop3 uidl file\n"), uidl_file)
    lib.finish()


if __name__ == "__main__":
    main()
