#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""What belongs to one connection or user is nobody else's: faults that let
other servers mix connections, users or states."""

import base64
import os
import re
import socket
import ssl
import stat

import family
import lib
from lib import Imap, PASSWORD, Pop3, check, expect, \
    expect_not_in, listed, message, need

SECRET = base64.b64encode(b"\0alice\0" + PASSWORD.encode()).decode()


def resumed(server, port, session):
    """A TLS connection to a port that takes up an earlier session."""
    context = server.resuming
    sock = socket.create_connection((lib.HOST, server.ports[port]), 60)
    sock = context.wrap_socket(sock, server_hostname="localhost",
                               session=session)
    return sock, sock.makefile("rb")


class OneWorker(lib.Server):
    """All users are of one owner, and in one worker."""

    def __init__(self):
        super().__init__("alice bob", "workers 1\n")
        self.resuming = self.context()
        # Of TLS 1.3 a client of this library sees no session before a read.
        self.resuming.maximum_version = ssl.TLSVersion.TLSv1_2


@check("a TLS session that is taken up again is not logged in: {}",
       with_each=("imaps", "pop3s"))
def tickets_log_nobody_in(server, port):
    login, asks, refusal = {
        "imaps": (b"a LOGIN alice %s\r\n", b"b SELECT INBOX\r\n",
                  rb"b (BAD|NO)"),
        "pop3s": (b"USER alice\r\nPASS %s\r\n", b"STAT\r\n", rb"-ERR"),
    }[port]
    sock, file = resumed(server, port, None)
    file.readline()
    sock.sendall(login % PASSWORD.encode())
    while not re.match(rb"a OK|\+OK.*(mail|log|welcome)", line :=
                       file.readline(), re.I):
        need(line.startswith((b"+OK", b"*")), f"login: {line!r}")
    session = sock.session
    file.close()
    sock.close()
    sock, file = resumed(server, port, session)
    expect(sock.session_reused, True, "taken up again")
    file.readline()
    sock.sendall(asks)
    answer = file.readline()
    need(re.match(refusal, answer), f"want a refusal, got {answer!r}")
    file.close()
    sock.close()


@check("sessions of two users in one worker see and change only their own")
def users_are_apart(server):
    with Imap(server, user="alice") as a, Imap(server, user="bob") as b:
        for c, own in ((a, "alice"), (b, "bob")):
            c.ok(f"CREATE apart.{own}")
            c.ok("CREATE both")
            for n in range(3):
                c.append("both", message(f"{own} {n}"), f"(of{own})")
            c.ok("SELECT both")
        imapd = family.parents(server)[0]
        expect(len(family.of_role(imapd, "mail")), 1, "workers of imapd")
        for c, own, other in ((a, "alice", "bob"), (b, "bob", "alice")):
            expect_not_in(f"apart.{other}", str(c.ok('LIST "" *')), "LIST")
            c.fails("NO", f"SELECT apart.{other}")
            c.ok("SELECT both").has(r"\* 3 EXISTS")
            text = c.fetch("1:*", "(FLAGS ENVELOPE BODY.PEEK[])")
            text.has(f"of{own}")
            text.lacks(f"of{other}")
            text.lacks(rf"Subject: {other}")
            c.ok(f'SEARCH SUBJECT "{other} 1"').lacks(r"SEARCH \d")
        a.ok("STORE 1:* +FLAGS (\\Deleted)")
        a.ok("EXPUNGE")
        b.ok("NOOP").lacks("EXPUNGE")
        b.ok("SELECT both").has(r"\* 3 EXISTS")


# As other servers name the mailboxes of other users.
FOREIGN = ("user/bob", "user.bob", "user/bob/Sent", "Other Users/bob",
           "Other Users/bob/Sent", "#users/bob", "#user/bob", "~bob",
           "~bob/Sent", "bob/Sent", "/bob", "../bob/.Sent", "shared/bob",
           "*bob", "bob@localhost")


@check("another user's mailbox is answered as one that exists nowhere: {}",
       with_each=FOREIGN)
def others_do_not_exist(server, name):
    """So that nobody learns who and what exists (RFC 3501 5.1)."""
    nowhere = name.replace("bob", "nul")
    with Imap(server, user="alice") as c:
        for command in ("SELECT {}", "EXAMINE {}", "STATUS {} (MESSAGES)",
                        "DELETE {}", "RENAME {} elsewhere"):
            got = [(answer.status, answer.text.replace("nul", "bob"),
                    answer.untagged)
                   for answer in (c.command(command, n.encode())
                                  for n in (name, nowhere))]
            expect(got[0], got[1], command)
            expect(got[0][0] in ("NO", "BAD"), True, command)
        for n in (name, nowhere):
            expect(c.ok(f'LIST "" "{n}"').untagged, [], f"LIST of {n}")


# Commands by which other servers let one act for others, or run programs.
POWERS = ("GETACL INBOX", "SETACL INBOX bob lrswipkxtea", "MYRIGHTS INBOX",
          "PROXYAUTH bob", "SETQUOTA \"\" (STORAGE 1)", "RSH", "XLIST \"\" *",
          "URLFETCH \"imap://bob@localhost/INBOX;UID=1\"", "XSTATS", "DUMP bob",
          "RECONSTRUCT INBOX", "UNDUMP bob", "SCAN \"\" * x", "BBOARD x",
          "LOCALDELETE INBOX", "XAPPLEPUSHSERVICE", "COMPARATOR")


@check("there are no commands of administrators and for other users' rights")
def no_powers(server):
    with Imap(server, user="alice") as c:
        for command in POWERS[:8]:
            c.fails("BAD", command)
    with Imap(server, user="alice") as c:
        for command in POWERS[8:]:
            c.fails("BAD", command)


# Words with a meaning for SQLite, its full-text search, and printf(3).
QUERIES = ("x'; DROP TABLE entry; --", "' OR '1'='1", "x\" OR \"\" MATCH \"*",
           "NEAR(abc def)", "abc AND NOT def", "abc OR def", "subject : abc",
           "abc*", "^abc", "{abc def} : ghi", "-- abc", "/* abc */", "%s%n%p%x",
           "abc%", "a_c", "?1", ":name", "@abc", "$abc", "'''", "abc\\0def")


@check("text with a meaning for a database is text: {}", with_each=QUERIES)
def queries_are_text(server, words):
    """Mailbox names, keywords and what is searched are bound, never pasted."""
    with Imap(server, user="alice") as c:
        # What a query would find as well, were it more than text.
        c.fresh([message("one", "abc def ghi abcdef\n"),
                 message("two", f"before {words} after\n", cte="8bit"),
                 message("three", "def abc name entry\n")])
        text = c.ok("SEARCH CHARSET UTF-8 BODY {}", words.encode())
        expect(text.untagged, [b"* SEARCH 2"], "SEARCH BODY")
        for key in ("SUBJECT", "FROM", "HEADER Message-ID", "KEYWORD"):
            answer = c.command(f"SEARCH {key} {{}}", words.encode())
            if answer.status == "OK":
                expect(answer.untagged, [b"* SEARCH"], f"SEARCH {key}")
        had = listed(c.ok('LIST "" *'))
        answer = c.command("CREATE {}", words.encode())
        if answer.status == "OK":
            c.ok("STATUS {} (MESSAGES)", words.encode()).has("MESSAGES 0")
            c.ok("DELETE {}", words.encode())
        c.command("STORE 1 +FLAGS (" + re.sub(r"[^!-~]|[(){%*\"\\\]]", "",
                                              words) + ")")
        expect(set(listed(c.ok('LIST "" *'))) - set(had), set(),
               "names that are left over")
        c.ok("SELECT INBOX")


@check("an invalid response of one client hurts no login of others that is "
       "under way: {}", with_each=("imaps", "pop3s"))
def broken_logins(server, port):
    make, begin = {"imaps": (Imap, b"a AUTHENTICATE PLAIN\r\n"),
                   "pop3s": (Pop3, b"AUTH PLAIN\r\n")}[port]
    under_way = [make(server, port) for _ in range(8)]
    for c in under_way:
        c.send(begin)
        need(c.line().startswith(b"+"), "the exchange goes on")
    for response in (b"====", b"!", b"AAA", b"\xff\xfe", b"*", b"A" * 3000,
                     base64.b64encode(b"\0\xff\xfe\0x")):
        with make(server, port) as c:
            c.send(begin)
            need(c.line().startswith(b"+"), "the exchange goes on")
            c.send(response + b"\r\n")
            need(not re.match(rb"\+OK|a OK", c.line()), "a login")
    for c in under_way:
        c.send(SECRET + "\r\n")
        while not (line := c.line()).startswith((b"a ", b"+OK", b"-ERR")):
            pass
        need(re.match(rb"\+OK|a OK", line), f"want a login, got {line!r}")
        c.close()


@check("an ID before STARTTLS is forgotten (RFC 3501 6.2.1)")
def id_is_forgotten(server):
    """Who sits between client and server could have said it."""
    with Imap(server, "imap") as c:
        c.ok('ID ("name" "before-tls")')
        c.starttls()
        c.login()
    with Imap(server, "imap") as c:
        c.starttls()
        c.ok('ID ("name" "within-tls")')
        c.login()
        c.ok("LOGOUT")
    log = lib.wait_for("the second login is logged", lambda: "within-tls" in
                       (text := server.log_text()) and text)
    expect_not_in("before-tls", log, "log")


@check("a command without its line end is not run when the connection ends")
def cut_commands(server):
    with Imap(server, user="alice") as c:
        c.send(b"x CREATE whole\r\ny CREATE cut")
        c.sock.shutdown(socket.SHUT_WR)
        c.closed()
    with Imap(server, user="alice") as c:
        names = listed(c.ok('LIST "" *'))
        expect_not_in("cut", names, "LIST")
        need("whole" in names, f"want the whole command run, got {names}")


@check("what the server writes is for the owner alone")
def modes(server):
    with Imap(server, user="alice") as c:
        name = c.fresh(2)
        c.ok("CREATE modes")
        c.ok("COPY 1 modes")
        c.ok("MOVE 2 modes")
        c.ok("STORE 1 +FLAGS (\\Deleted keyword)")
        c.ok("EXPUNGE")
        c.ok("SUBSCRIBE modes")
        c.ok("SEARCH TEXT anything")
        c.ok(f"RENAME {name} renamed")
    owner = os.stat(server.maildir("alice")).st_uid
    found = 0
    for path, folders, files in os.walk(server.maildir("alice")):
        for entry in files + folders:
            st = os.lstat(os.path.join(path, entry))
            # What tests/serve delivered is not the server's.
            if st.st_uid == owner and "penfold-test" not in entry:
                found += 1
                expect(stat.S_IMODE(st.st_mode) & 0o077, 0,
                       f"others' rights to {os.path.join(path, entry)}")
    need(found > 20, f"want many files, got {found}")


@check("TLS handshakes for many names take no memory in a front")
def names_take_no_memory(server):
    def handshakes(numbers):
        for n in numbers:
            name = ".".join([f"n{n}"] + ["x" * 60] * 4)[:250]
            sock = socket.create_connection(
                (lib.HOST, server.ports["imaps"]), 60)
            with server.context().wrap_socket(sock, server_hostname=name) \
                    as tls:
                tls.recv(1)

    def memory():
        return {pid: int(family.status(pid)["VmRSS"].split()[0])
                for parent in family.parents(server)
                for pid in family.of_role(parent, "front")}

    handshakes(range(300))
    before = memory()
    handshakes(range(300, 1300))
    grown = max(kb - before[pid] for pid, kb in memory().items())
    need(grown < 4096 or lib.sanitized(),
         f"want less than 4 MB for 1,000 names, got {grown} KB")


def main():
    lib.on(OneWorker, tickets_log_nobody_in, users_are_apart,
           others_do_not_exist, no_powers, queries_are_text, broken_logins,
           id_is_forgotten, cut_commands, modes, names_take_no_memory)
    lib.finish()


if __name__ == "__main__":
    main()
