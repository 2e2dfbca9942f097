#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""POP3 with configurations other than the sample: each capability is tried in
each state, and each option does what the manual says."""

import contextlib
import os
import re
import sqlite3
import tempfile
import time

import lib
from lib import Imap, Pop3, check, need, plain, same


@contextlib.contextmanager
def server(conf, users="alice bob", **env):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as extra:
        extra.write("failed login delay 0\nfailed logins 100\n" + conf)
        extra.flush()
        with lib.Server(users, CONF_EXTRA=extra.name, **env) as s:
            yield s


def taken(c, line):
    """Whether a line is answered with +OK; the whole answer is read."""
    status = c.command(line)
    if status.startswith("+OK") and line.split()[0] in ("TOP", "CAPA"):
        c.lines()
    return not status.startswith("-ERR")


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
                need(c.command("AUTH " + value).startswith("+ "), value)
                need(c.command("*").startswith("-ERR"), "cancel")
            return bool(values)
        if name == "STLS":
            c.stls()
            return taken(c, "CAPA")
        if name == "UTF8":
            same(values, ["USER"], "UTF8")
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
    same(len(names), len(before), "each once")
    need(names <= KNOWN, f"a test for each: {names}")
    for name, there in want.items():
        same(name in names, there, f"{name} on {port} {before}")
    for capability in before:
        need(probe_login(server, port, tls, capability), capability)
    # Capabilities that are not announced are refused.
    with Pop3(server, port) as c:
        if tls and port == "pop3":
            c.stls()
        if "USER" not in names:
            need(not taken(c, "USER alice"), "USER")
            need(not taken(c, "PASS testpass"), "PASS")
        if "STLS" not in names:
            need(not taken(c, "STLS"), "STLS")
        for mech in ("PLAIN", "LOGIN", "SCRAM-SHA-256"):
            if f"SASL {' '.join(mechs)}" in before and mech in mechs:
                continue
            need(not taken(c, "AUTH " + mech), mech)
        if "USER" in names:
            need(taken(c, "USER alice") and taken(c, "PASS testpass"), "in")
            after = c.capa()
            same(after, before, "the same in both states")
            for capability in after:
                need(probe_session(c, capability), capability)
            need(not taken(c, "UTF8"), "UTF8 is for before")


def capabilities():
    with server("auth mechanisms plain login scram-sha-256\n") as s:
        s.append([lib.message("One")])
        mechs = ["PLAIN", "LOGIN", "SCRAM-SHA-256"]
        secure = {"USER": True, "SASL": True, "STLS": False}
        walk(s, "pop3", False, mechs,
             {"USER": False, "SASL": False, "STLS": True,
              "EXPIRE": True, "LOGIN-DELAY": False})
        walk(s, "pop3", True, mechs, secure)
        walk(s, "pop3s", True, mechs, secure)
    with server("", PLAINTEXT="yes") as s:
        s.append([lib.message("One")])
        walk(s, "pop3", False, ["PLAIN", "LOGIN"],
             {"USER": True, "SASL": True, "STLS": True})


def no_passwords():
    """Without plain and login, USER and LOGIN are off, too: they carry a
    password, which the administrator did not want to be sent."""
    with server("auth mechanisms scram-sha-256\n", PLAINTEXT="yes") as s:
        for port, tls in (("pop3", False), ("pop3", True), ("pop3s", True)):
            walk(s, port, tls, ["SCRAM-SHA-256"],
                 {"USER": False, "SASL": True})
        for port in ("imap", "imaps"):
            with Imap(s, port) as c:
                caps = c.ok("CAPABILITY").find(r"CAPABILITY (.*)")[1].split()
                need(b"LOGINDISABLED" in caps, f"{caps}")
                need(b"AUTH=SCRAM-SHA-256" in caps, f"{caps}")
                need(b"AUTH=PLAIN" not in caps, f"{caps}")
                for password in ("testpass", "wrong"):
                    answer = c.fails("NO", f"LOGIN alice {password}")
                    need("[CANNOT]" in answer.text, repr(answer))
                # The server does not ask for the literal.
                answer = c.fails("NO", "LOGIN alice {}", b"testpass")
                need("[CANNOT]" in answer.text, repr(answer))
                c.fails("NO", "AUTHENTICATE PLAIN " + plain("alice"))
        with open(s.path("log")) as f:
            need("login failed" not in f.read(), "nothing was looked at")
    with server("auth mechanisms login\n") as s:
        with Pop3(s) as c:
            need({"USER", "SASL LOGIN"} <= set(c.capa()), "with login alone")
            need(taken(c, "USER alice") and taken(c, "PASS testpass"), "USER")
        with Imap(s) as c:
            c.login("alice")


def subjects(server, user="alice", mailbox="INBOX"):
    return sorted(server.snapshot(user, mailbox) or [])


def age(server, user, subject, days):
    """Make a message in the index older than it is."""
    root = server.maildir(user)
    with server.imap(user) as c:
        c.select("INBOX")
        found = c.uid("SEARCH", "SUBJECT", lib.quote(subject))[1][0].split()
    database = os.path.join(root, "penfold", "index.db")
    with contextlib.closing(sqlite3.connect(database, 30)) as db:
        for uid in found:
            db.execute(
                "UPDATE entry SET savedate = savedate - ? WHERE uid = ? AND "
                "mailbox = (SELECT id FROM mailbox WHERE folder = x'')",
                (days * 86400, int(uid)))
        db.commit()


def expire():
    """EXPIRE 2: messages that were read and are old are deleted at QUIT, no
    others."""
    with server("pop3 expire 2d\n") as s:
        s.append([lib.message(x) for x in
                  ("Old read", "Old unread", "New read", "Old now",
                   "New now")])
        with s.imap() as c:
            c.select("INBOX")
            c.store("1,3", "+FLAGS", "\\Seen")
        for name in ("Old read", "Old unread", "Old now"):
            age(s, "alice", name, 2)
        with Pop3(s) as c:
            need("EXPIRE 2" in c.capa(), f"in days: {c.capa()}")
        with Pop3(s, user="alice") as c:
            for number in (4, 5):
                c.ok(f"RETR {number}")
                c.lines()
        same(len(subjects(s)), 5, "nothing without QUIT")
        with Pop3(s, user="alice") as c:
            for number in (4, 5):
                c.ok(f"RETR {number}")
                c.lines()
            c.ok("QUIT")
        same(subjects(s), ["New now", "New read", "Old unread"], "EXPIRE 2")
    with server("pop3 expire 0\n") as s:
        s.append([lib.message(x) for x in ("Read before", "Fetched", "Top")])
        with s.imap() as c:
            c.select("INBOX")
            c.store("1", "+FLAGS", "\\Seen")
        with Pop3(s) as c:
            need("EXPIRE 0" in c.capa(), "EXPIRE 0")
        with Pop3(s, user="alice") as c:
            c.ok("RETR 2")
            c.lines()
            c.multi("TOP 3 1")
            c.ok("QUIT")
        same(subjects(s), ["Read before", "Top"], "EXPIRE 0")


def trash():
    """Deleted mail is moved to the trash, which is created if missing."""
    with server('pop3 delete trash\ntrash folder "Bin/Old"\npop3 seen no\n') \
            as s:
        s.append([lib.message("One"), lib.message("Two")])
        with s.imap() as c:
            c.delete('"Bin/Old"')
        with Pop3(s, user="alice") as c:
            c.ok("RETR 1")
            c.lines()
            c.ok("DELE 1")
        same(subjects(s), ["One", "Two"], "nothing without QUIT")
        same(s.snapshot("alice"), {"One": set(), "Two": set()}, "seen no")
        with Pop3(s, user="alice") as c:
            c.ok("DELE 1")
            c.ok("QUIT")
        same(subjects(s), ["Two"], "INBOX")
        same(subjects(s, mailbox="Bin/Old"), ["One"], "trash")
        need("\\Trash" in s.folders()["Bin/Old"], f"{s.folders()}")
        with Pop3(s, user="alice") as c:
            c.ok("DELE 1")
            c.ok("QUIT")
        same(subjects(s, mailbox="Bin/Old"), ["One", "Two"], "trash")


def seen():
    with server("") as s:
        s.append([lib.message("One"), lib.message("Two")])
        with Pop3(s, user="alice") as c:
            c.ok("RETR 1")
            c.lines()
            c.multi("TOP 2 0")
            c.ok("QUIT")
        same(s.snapshot(), {"One": {"\\Seen"}, "Two": set()}, "pop3 seen yes")


def login_delay():
    with server("pop3 login delay 2s\n") as s:
        with Pop3(s) as c:
            need("LOGIN-DELAY 2" in c.capa(), "LOGIN-DELAY 2")
            c.login()
            need("LOGIN-DELAY 2" in c.capa(), "in both states")
            c.ok("QUIT")
        with Pop3(s) as c:
            c.ok("USER alice")
            need(c.err("PASS testpass").startswith("[LOGIN-DELAY] "), "PASS")
            need(c.err("AUTH PLAIN " + plain("alice")).startswith(
                "[LOGIN-DELAY] "), "AUTH")
            c.ok("USER alice")
            # Only a client with the right password learns of the reason.
            need(c.err("PASS wrong").startswith("[AUTH] "), "wrong password")
        with Pop3(s, user="bob"):
            pass
        for _ in range(2):
            with Imap(s, user="alice"):
                pass
        end = time.monotonic() + 20
        while True:
            with Pop3(s) as c:
                if c.command("AUTH PLAIN " + plain("alice")).startswith(
                        "+OK"):
                    break
            need(time.monotonic() < end, "never again")
            time.sleep(0.2)


def limits():
    with server("connections per user 2\n") as s:
        held = [Pop3(s, user="alice") for _ in range(2)]
        with Pop3(s) as c:
            c.ok("USER alice")
            need(c.err("PASS testpass").startswith("[IN-USE] "), "PASS")
            c.ok("USER alice")
            need(c.err("PASS wrong").startswith("[AUTH] "), "wrong password")
            c.login("bob")
        held.pop().close()
        lib.wait_for("a place", lambda: can_login(s))
        for c in held:
            c.close()


def can_login(server):
    with Pop3(server) as c:
        return c.command("AUTH PLAIN " + plain("alice")).startswith("+OK")


def autologout():
    """RFC 1939, section 3: the connection is closed without an answer."""
    with server("login timeout 5s\n") as s:
        with Pop3(s) as c:
            start = time.monotonic()
            same(c.file.read(), b"", "silent")
            need(time.monotonic() - start > 3, "not before its time")


UIDLS = {
    "dovecot": (r"[0-9a-f]{16}", lambda v, u: f"{u:08x}{v:08x}"),
    "uw": (r"[0-9a-f]{16}", lambda v, u: f"{v:08x}{u:08x}"),
    "cyrus": (r"\d+\.\d+", lambda v, u: f"{v}.{u}"),
    "courier": (r"\d+-\d+", lambda v, u: f"{v}-{u}"),
}


def uidl():
    for word, (pattern, form) in UIDLS.items():
        with server(f"pop3 uidl {word}\n", users="alice") as s:
            s.append([lib.message("One"), lib.message("Two")])
            with Imap(s, user="alice") as c:
                answer = c.ok("STATUS INBOX (UIDVALIDITY)")
                validity = int(answer.find(rb"UIDVALIDITY (\d+)")[1])
            with Pop3(s, user="alice") as c:
                ids = [x.split()[1].decode() for x in c.multi("UIDL")]
            need(all(re.fullmatch(pattern, x) for x in ids), f"{word} {ids}")
            same(ids, [form(validity, 1), form(validity, 2)], word)
    with server("pop3 uidl file\n", users="alice") as s:
        s.append([lib.message("One")])
        s.deliver(lib.message("Two"))
        names = {x.split(":")[0] for d in ("new", "cur")
                 for x in os.listdir(os.path.join(s.maildir("alice"), d))}
        with Pop3(s, user="alice") as c:
            ids = {x.split()[1].decode() for x in c.multi("UIDL")}
        same(ids, names, "file")


def main():
    for test in (capabilities, no_passwords, expire, trash, seen, login_delay,
                 limits, autologout, uidl):
        with check(test.__name__.replace("_", " ")):
            test()
    lib.finish()


if __name__ == "__main__":
    main()
