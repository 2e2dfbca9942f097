#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""POP3: every command, every capability, and rules that must hold."""

import lib
from lib import Imap, Pop3, check, expect, expect_in, expect_match, need, \
    plain

MESSAGES = [
    lib.message("First", "One.\n"),
    lib.message("Second", ".dot\n..dots\n\n.\nend\n"),
    lib.message("Third", "Line\n" * 5000),
]
USERS = [f"user{n}" for n in range(24)]
next_user = iter(USERS)


def filled(server):
    """A user who has these messages and whom no other check uses."""
    user = next(next_user)
    server.append(MESSAGES, user)
    return user


def retr(c, number):
    c.ok(f"RETR {number}")
    return b"".join(line + b"\r\n" for line in c.lines())


def stat(c):
    return int(c.ok("STAT").split()[0])


# Before TLS.

@check("before TLS neither USER nor SASL is offered (RFC 2595 9)")
def capa_before_tls(server):
    with Pop3(server, "pop3") as c:
        expect_match(rb"^\+OK", c.greeting, "greeting")
        capa = c.capa()
        expect_in("STLS", capa, "CAPA")
        expect([x for x in capa if x.startswith(("USER", "SASL"))], [],
               "passwords in CAPA")


@check("before TLS credentials are refused before they are looked at "
       "(RFC 2595 9)")
def refused_before_tls(server):
    with Pop3(server, "pop3") as c:
        expect(c.err("USER alice"), c.err("USER nobody"), "another user")
        c.err("PASS " + lib.PASSWORD)
        expect(c.err("AUTH PLAIN " + plain("alice")),
               c.err("AUTH PLAIN " + plain("alice", "wrong")),
               "another password")
        c.err("AUTH PLAIN")
        c.err("STAT")


@check("after STLS there is no STLS, and USER before it is forgotten "
       "(RFC 2595 4)")
def stls(server):
    with Pop3(server, "pop3") as c:
        c.stls()
        c.err("STLS")
        c.err("PASS " + lib.PASSWORD)
        c.login()
        c.ok("QUIT")


@check("what is sent with STLS ends the connection (RFC 2595 4)")
def injection(server):
    with Pop3(server, "pop3") as c:
        c.send("STLS\r\nUSER alice\r\n")
        need(c.closed(), "the connection is closed")


# Capabilities.

@check("CAPA is the same before and after login within TLS (RFC 2449 5)")
def capabilities(server):
    want = ["CAPA", "TOP", "UIDL", "USER", "SASL PLAIN LOGIN", "PIPELINING",
            "RESP-CODES", "AUTH-RESP-CODE", "UTF8 USER", "LANG",
            "EXPIRE NEVER", "IMPLEMENTATION Penfold"]
    with Pop3(server) as c:
        expect(sorted(c.capa()), sorted(want), "before login")
        c.login()
        expect(sorted(c.capa()), sorted(want), "after login")


@check("UTF8, LANG and AUTH alone answer as their RFCs say (RFC 6856, "
       "RFC 5034)")
def small_commands(server):
    with Pop3(server) as c:
        c.ok("UTF8")
        expect_match("^en ", c.ok("LANG *"), "LANG *")
        expect(c.multi("LANG"), [b"en English"], "LANG")
        c.err("LANG tlh")
        expect(c.multi("AUTH"), [b"PLAIN", b"LOGIN"], "AUTH alone")
        c.err("AUTH CRAM-MD5")


# Arguments.

BEFORE = (
    # line, and whether it is taken
    ("CAPA x", False), ("UTF8 x", False), ("QUIT x", False),
    ("LANG * x", False), ("LANG en-GB", True), ("LANG EN", True),
    ("USER", False), ("USER ", False), ("PASS", False), ("NOOP", False),
    ("RSET", False), ("STAT", False), (" USER alice", False),
    ("USER\talice", False), ("USER al\udcffice", False), ("", False),
    ("USER " + "x" * 249, True), ("APOP a b", False),
    ("USER " + "x" * 4000, False), ("AUTH PLAIN =", False),
    ("AUTH =", False), ("AUTH PLAIN =AAA", False), ("AUTH PLAIN YQ", False),
    ("AUTH PLAIN AAA=BBB", False),
    ("AUTH PLAIN " + plain("alice") + " x", False),
    ("AUTH PLAIN  " + plain("alice"), False), ("AUTH " + "A" * 5000, False),
    ("AUTH PLAIN " + "A" * 6000, False),
    ("auth plain " + plain("bob"), True),
)
AFTER = (
    ("CAPA x", False), ("UTF8", False), ("STAT x", False),
    ("NOOP x", False), ("RSET x", False), ("QUIT x", False),
    ("AUTH PLAIN " + plain("alice"), False), ("USER alice", False),
    ("PASS x", False), ("STLS", False), ("LANG en", True), ("LIST", True),
    ("LIST 1", True), ("LIST 0", False), ("LIST 2", False),
    ("LIST -1", False), ("LIST +1", False), ("LIST 1 1", False),
    ("LIST 1.", False), ("LIST 4294967297", False), ("LIST 0x1", False),
    ("LIST 18446744073709551617", False), ("LIST " + "9" * 200, False),
    ("LIST x", False), ("RETR", False), ("RETR 2", False),
    ("RETR 1 2", False), ("DELE", False), ("DELE 0", False),
    ("DELE 4294967297", False), ("DELE 1 1", False), ("UIDL 0", False),
    ("UIDL a", False), ("UIDL 1", True), ("UIDL", True), ("TOP", False),
    ("TOP 1", False), ("TOP 1 -1", False), ("TOP 1 x", False),
    ("TOP 2 0", False), ("TOP 1 0 0", False),
    ("TOP 1 18446744073709551616", False), ("TOP 1 0", True),
    ("TOP 1 4294967295", True), ("XYZZY", False), ("stat", True),
)


@check("arguments {} login are taken or refused, and the dialogue goes on",
       with_each=("before", "after"))
def arguments(server, when):
    for line, taken in BEFORE if when == "before" else AFTER:
        with Pop3(server, user="bob" if when == "after" else None) as c:
            c.send(line.encode(errors="surrogateescape") + b"\r\n")
            status = c.line()
            expect(status.startswith(b"+OK"), taken, f"{line!r}: {status}")
            need(len(status) <= 510, f"RFC 2449, 4: {len(status)} octets")
            expect_match(rb"^(\+OK|-ERR) ", status, line)
            if taken and (line in ("LIST", "UIDL") or line[:3] == "TOP"):
                c.lines()
            c.ok("LANG en")


# Logins.

@check("a wrong password and an unknown user get [AUTH], and PASS needs "
       "USER (RFC 3206)")
def logins(server):
    with Pop3(server) as c:
        c.err("PASS x")
        for user in ("alice", "nobody"):
            c.ok("USER " + user)
            expect_match(r"^\[AUTH\] ", c.err("PASS wrong"), user)
        c.login()


@check("AUTH with challenges, cancelled and broken ones (RFC 5034 4)")
def auth(server):
    with Pop3(server) as c:
        expect(c.command("AUTH PLAIN"), "+ ", "challenge")
        expect_match("^-ERR", c.command("*"), "cancelled")
        expect(c.command("AUTH PLAIN"), "+ ", "challenge")
        expect_match("^-ERR", c.command("!!!"), "no base64")
        expect(c.command("AUTH LOGIN"), "+ VXNlcm5hbWU6", "Username:")
        expect(c.command("YWxpY2U="), "+ UGFzc3dvcmQ6", "Password:")
        expect_match(r"^\+OK", c.command("dGVzdHBhc3M="), "AUTH LOGIN")


@check("nobody may act for another user (RFC 4616 2)")
def authorization_identity(server):
    with Pop3(server) as c:
        c.err("AUTH PLAIN " + plain("alice", authzid="bob"))
        c.ok("AUTH PLAIN " + plain("alice", authzid="alice"))


# Commands.

@check("STAT and LIST tell the octets that RETR sends (RFC 1939 5, 11)")
def sizes(server):
    with Pop3(server, user=filled(server)) as c:
        expect(c.ok("STAT"), f"3 {sum(map(len, MESSAGES))}", "STAT")
        want = [b"%d %d" % (n, len(m)) for n, m in enumerate(MESSAGES, 1)]
        expect(c.multi("LIST"), want, "LIST")
        expect(c.ok("LIST 2").encode(), want[1], "LIST 2")


@check("RETR sends the message that was stored, dots and all (RFC 1939 3)")
def retrieve(server):
    with Pop3(server, user=filled(server)) as c:
        for number, raw in enumerate(MESSAGES, 1):
            expect(retr(c, number), raw, f"RETR {number}")


@check("TOP sends the header, an empty line and so many lines (RFC 1939 7)")
def top(server):
    head = MESSAGES[2].split(b"\r\n\r\n")[0] + b"\r\n\r\n"
    with Pop3(server, user=filled(server)) as c:
        for count in (0, 1, 7, 100000):
            got = b"".join(x + b"\r\n" for x in c.multi(f"TOP 3 {count}"))
            body = MESSAGES[2][len(head):].split(b"\r\n")[:-1][:count]
            expect(got, head + b"".join(x + b"\r\n" for x in body),
                   f"TOP 3 {count}")


@check("UIDL has a unique id for each message, the same in the next session "
       "(RFC 1939 7)")
def uidl(server):
    user = filled(server)
    with Pop3(server, user=user) as c:
        ids = [line.split()[1].decode() for line in c.multi("UIDL")]
        expect(len(set(ids)), 3, "unique ids")
        for one in ids:
            expect_match(r"^[0-9a-f]{16}$", one, "%08Xu%08Xv")
        expect(c.ok("UIDL 2"), "2 " + ids[1], "UIDL 2")
        c.ok("DELE 1")
        c.ok("QUIT")
    with Pop3(server, user=user) as c:
        expect(c.ok("UIDL 1"), "1 " + ids[1], "after DELE 1 and QUIT")


@check("DELE hides a message from all commands, and RSET brings it back "
       "(RFC 1939 5)")
def dele_rset(server):
    with Pop3(server, user=filled(server)) as c:
        c.ok("DELE 2")
        for text in ("DELE 2", "RETR 2", "LIST 2", "UIDL 2", "TOP 2 0"):
            c.err(text)
        expect(len(c.multi("LIST")), 2, "LIST")
        expect(stat(c), 2, "STAT")
        c.ok("RSET")
        expect(stat(c), 3, "STAT after RSET")


@check("QUIT closes (RFC 1939 6)")
def quit_closes(server):
    with Pop3(server, user="bob") as c:
        c.ok("NOOP")
        c.ok("QUIT")
        need(c.closed(), "the connection is closed")


@check("commands that are sent together are answered in order (RFC 2449 6.6)")
def pipelining(server):
    user = filled(server)
    with Pop3(server, user=user) as c:
        c.send("STAT\r\nRETR 1\r\nNOOP\r\nRETR 3\r\nUIDL 1\r\nSTAT\r\n")
        first = c.line()
        for number in (1, 3):
            expect_match(rb"^\+OK", c.line(), f"RETR {number}")
            expect(b"".join(line + b"\r\n" for line in c.lines()),
                   MESSAGES[number - 1], f"RETR {number}")
            expect_match(rb"^\+OK", c.line(), "NOOP, UIDL")
        expect(c.line(), first, "STAT")
    with Pop3(server) as c:
        c.send(f"USER {user}\r\nPASS testpass\r\nSTAT\r\nLIST 1\r\nQUIT\r\n")
        for what in ("USER", "PASS", "STAT", "LIST", "QUIT"):
            expect_match(rb"^\+OK", c.line(), what)


# A maildrop is a snapshot (RFC 1939, 4).

@check("what IMAP sessions expunge and append changes no maildrop, and can "
       "be retrieved (RFC 1939 4)")
def snapshot(server):
    user = filled(server)
    with Pop3(server, user=user) as c, Imap(server, user=user) as imap:
        imap.ok("SELECT INBOX")
        imap.ok("STORE 1 +FLAGS (\\Deleted)")
        imap.ok("EXPUNGE")
        imap.append("INBOX", lib.message("Came later"))
        expect(stat(c), 3, "STAT")
        expect(retr(c, 1), MESSAGES[0], "what was expunged")


@check("nothing is deleted before QUIT, and IMAP sessions are told then "
       "(RFC 1939 6)")
def update(server):
    user = filled(server)
    with Pop3(server, user=user) as c, Imap(server, user=user) as imap:
        imap.ok("SELECT INBOX")
        c.ok("DELE 1")
        c.ok("DELE 3")
        imap.ok("STATUS INBOX (MESSAGES)").has(r"MESSAGES 3\)")
        c.ok("QUIT")
        expect(len(imap.ok("NOOP").all("EXPUNGE")), 2, "EXPUNGE")
    with Pop3(server, user=user) as c:
        expect(stat(c), 1, "STAT")


@check("a connection that is cut deletes nothing (RFC 1939 6)")
def cut(server):
    user = filled(server)
    with Pop3(server, user=user) as c:
        c.ok("DELE 1")
    with Pop3(server, user=user) as c:
        expect(stat(c), 3, "STAT")


# Bad input.

@check("a line that is too long, or has a NUL, is an error, and the next one "
       "is not")
def bad_lines(server):
    with Pop3(server) as c:
        expect_match("^-ERR", c.command(b"X" * 100000 + b"\r\n"), "long")
        expect_match("^-ERR", c.command(b"USER al\0ice\r\n"), "NUL")
        c.login("bob")
        expect_match("^-ERR", c.command(b"X" * 1000000 + b"\r\n"), "long")
        expect_match("^-ERR", c.command(b"STAT\0\r\n"), "NUL")
        c.ok("STAT")


@check("too many bad commands end the connection, {} login",
       with_each=("before", "after"))
def too_many_bad(server, when):
    with Pop3(server, user="bob" if when == "after" else None) as c:
        c.push("FOO\r\n" * 1000)
        need(c.closed(), "the connection is closed")


class Server(lib.Server):
    def __init__(self):
        super().__init__(" ".join(["alice", "bob", *USERS]))
        self.append(MESSAGES[:1], "bob")


def main():
    lib.on(Server, capa_before_tls, refused_before_tls, stls, injection,
           capabilities, small_commands, arguments, logins, auth,
           authorization_identity, sizes, retrieve, top, uidl, dele_rset,
           quit_closes, pipelining, snapshot, update, cut, bad_lines,
           too_many_bad)
    lib.finish()


if __name__ == "__main__":
    main()
