# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The options of mailboxes, the store, answers and POP3 that change at a
reload; for test_reload.py."""

import os
import sqlite3

import family
import lib
from lib import expect, expect_in, expect_match, need, wait_for
from reloads import FRESH

#
# Mailboxes and the store
#

def separator(r):
    """A client that knows names with one separator keeps that separator."""
    with r.imap("alice") as c:
        r.set('separator "."')
        c.ok('LIST "" ""').has(rb'"/" ""')
        with r.imap("alice") as other:
            other.ok('LIST "" ""').has(rb'"\." ""')


def folder(option, use):
    def test(r):
        name = "Made by " + option
        r.set(f'{option} "{name}"')
        with r.imap(FRESH[option]) as c:
            c.ok('LIST "" *').has(rf'\{use}[^"]*\) "/" "{name}"')
    return test


def lock_timeout(r):
    """Another process holds the write lock and never releases it."""
    with r.imap("alice") as c:
        for seconds in (1, 2):
            r.set(f"lock timeout {seconds}s")
            db = sqlite3.connect(os.path.join(r.server.maildir("alice"),
                                              "penfold", "index.db"),
                                 isolation_level=None)
            db.execute("BEGIN IMMEDIATE")
            took = lib.quick("INUSE", 9, lambda: c.fails(
                "NO", "CREATE locked").says("[INUSE]"))
            db.execute("ROLLBACK")
            db.close()
            need(took > seconds - 0.1, f"want {seconds} s, got {took} s")


def index_idle_timeout(r):
    """The session is open but idle."""
    with r.imap("alice") as c:
        c.ok("NOOP")
        pid = r.role("mail")[0]

        def is_open():
            return any(path.endswith("/alice/penfold/index.db")
                       for path in family.files(pid))
        if family.descriptors(pid) is None:
            raise lib.Skip("this user may not see descriptors")
        need(is_open(), "the index is open")
        r.set("index idle timeout 1s")
        wait_for("it is closed", lambda: not is_open())


#
# What is said
#

def greeting(r):
    for text in ("First.", "Second."):
        r.set(f'greeting "{text}"')
        with r.imap() as i, r.pop3() as p:
            expect_in(text.encode(), i.greeting, "IMAP")
            expect_in(text.encode(), p.greeting, "POP3")


def id_fields(r):
    with r.imap("alice") as after, r.imap() as before:
        for fields in ("name", "name version"):
            r.set("id fields " + fields)
            for c in (before, after):
                expect(b'"version"' in c.ok("ID NIL").untagged[0],
                       "version" in fields, fields)


def id_log(r):
    with r.imap("alice") as c:
        for value, want in (("no", 0), ("yes", 1)):
            r.set("id log " + value)
            # Once in a session, however often the client says it.
            for _ in range(3):
                c.ok(f'ID ("name" "log {value}")')
            expect(r.server.log_text().count(f"log {value}"), want, value)


#
# POP3
#

def pop3_expire(r):
    with r.pop3("alice") as c:
        for value, want in (("30d", "EXPIRE 30"), ("never", "EXPIRE NEVER")):
            r.set("pop3 expire " + value)
            expect_in(want, c.capa(), "CAPA")


def pop3_login_delay(r):
    r.set("pop3 login delay 1h")
    with r.pop3("bob") as c:
        expect_in("LOGIN-DELAY 3600", c.capa(), "CAPA")
    with r.pop3() as c:
        c.ok("USER bob")
        expect_in("[LOGIN-DELAY]", c.err("PASS " + lib.PASSWORD), "PASS")
    r.set("pop3 login delay 0")
    r.pop3("bob").close()


def pop3_uidl(r):
    """Unique ids do not change within a session."""
    with r.pop3("alice") as c:
        first = c.multi("UIDL")
        r.set("pop3 uidl courier")
        expect(c.multi("UIDL"), first, "in the old session")
        expect(c.ok("UIDL 1").split()[-1].encode(), first[0].split()[1],
               "one of them")
    with r.pop3("alice") as c:
        expect_match(rb"^1 \d+-\d+$", c.multi("UIDL")[0], "a new session")


def pop3_delete(r):
    with r.pop3("alice") as c:
        c.ok("DELE 1")
        r.set("pop3 delete trash")
        c.ok("QUIT")
    with r.imap("alice") as c:
        c.ok("STATUS Trash (MESSAGES)").has(rb"MESSAGES [1-9]")


def pop3_seen(r):
    for value in ("no", "yes"):
        with r.pop3("alice") as c:
            r.set("pop3 seen " + value)
            c.multi("RETR 1")
            c.ok("QUIT")
        with r.imap("alice") as c:
            c.ok("SELECT INBOX")
            expect(bool(c.fetch(1, "FLAGS").find(rb"\\Seen")), value == "yes",
                   f"{value}: \\Seen")


EFFECTS = {
    "separator": separator,
    "drafts folder": folder("drafts folder", r"\Drafts"),
    "sent folder": folder("sent folder", r"\Sent"),
    "trash folder": folder("trash folder", r"\Trash"),
    "junk folder": folder("junk folder", r"\Junk"),
    "archive folder": folder("archive folder", r"\Archive"),
    "lock timeout": lock_timeout,
    "index idle timeout": index_idle_timeout,
    "greeting": greeting,
    "id fields": id_fields,
    "id log": id_log,
    "pop3 expire": pop3_expire,
    "pop3 login delay": pop3_login_delay,
    "pop3 uidl": pop3_uidl,
    "pop3 delete": pop3_delete,
    "pop3 seen": pop3_seen,
}
