#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""POP3: every command, every capability, and rules that must hold."""

import re

import lib
from lib import Pop3, check, need, plain, same

MESSAGES = [
    lib.message("First", "One.\n"),
    lib.message("Second", ".dot\n..dots\n\n.\nend\n"),
    lib.message("Third", "Line\n" * 5000),
]


def before_tls(server):
    with Pop3(server, "pop3") as c:
        need(c.greeting.startswith(b"+OK"), "greeting")
        capa = c.capa()
        need("STLS" in capa, "STLS is offered")
        need(not any(x.startswith(("USER", "SASL")) for x in capa),
             "no password is invited")
        same(c.err("USER alice"), c.err("USER nobody"), "same answer")
        c.err("PASS " + lib.PASSWORD)
        right, wrong = plain("alice"), plain("alice", "wrong")
        same(c.err("AUTH PLAIN " + right), c.err("AUTH PLAIN " + wrong),
             "same answer")
        c.err("AUTH PLAIN")
        c.err("STAT")
        c.stls()
        c.err("STLS")
        c.err("PASS " + lib.PASSWORD)
        c.login()
        c.ok("QUIT")
    with Pop3(server, "pop3") as c:
        c.send("STLS\r\nUSER alice\r\n")
        need(c.closed(), "what came with STLS ends the connection")


def capabilities(server):
    """Each name in CAPA works."""
    with Pop3(server) as c:
        before = c.capa()
        c.ok("UTF8")
        need(c.ok("LANG *").startswith("en "), "LANG *")
        same(c.multi("LANG"), [b"en English"], "LANG")
        c.err("LANG tlh")
        same(c.multi("AUTH"), [b"PLAIN", b"LOGIN"], "AUTH alone")
        need(c.err("AUTH CRAM-MD5"), "AUTH with what is not offered")
        c.ok("AUTH PLAIN " + plain("alice"))
        after = c.capa()
        c.ok("QUIT")
    for name in ("CAPA", "TOP", "UIDL", "USER", "SASL PLAIN LOGIN",
                 "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE", "UTF8 USER",
                 "LANG", "EXPIRE NEVER", "IMPLEMENTATION Penfold"):
        need(name in before, f"{name} before login: {before}")
        need(name in after, f"{name} after login: {after}")
    need("STLS" not in before + after, "no STLS within TLS")
    same(len(before), 12, "and no more")


ARGUMENTS = (
    # state, line, and whether it is accepted
    ("before", "CAPA x", False), ("before", "UTF8 x", False),
    ("before", "QUIT x", False), ("before", "LANG * x", False),
    ("before", "LANG en-GB", True), ("before", "LANG EN", True),
    ("before", "USER", False), ("before", "USER ", False),
    ("before", "PASS", False), ("before", "NOOP", False),
    ("before", "RSET", False), ("before", "STAT", False),
    ("before", " USER alice", False), ("before", "USER\talice", False),
    ("before", "USER al\udcffice", False), ("before", "", False),
    ("before", "USER " + "x" * 249, True), ("before", "APOP a b", False),
    ("before", "USER " + "x" * 4000, False),
    ("before", "AUTH PLAIN =", False), ("before", "AUTH =", False),
    ("before", "AUTH PLAIN =AAA", False), ("before", "AUTH PLAIN YQ", False),
    ("before", "AUTH PLAIN AAA=BBB", False),
    ("before", "AUTH PLAIN " + plain("alice") + " x", False),
    ("before", "AUTH PLAIN  " + plain("alice"), False),
    ("before", "AUTH " + "A" * 5000, False),
    ("before", "AUTH PLAIN " + "A" * 6000, False),
    ("before", "auth plain " + plain("bob"), True),
    ("after", "CAPA x", False), ("after", "UTF8", False),
    ("after", "STAT x", False), ("after", "NOOP x", False),
    ("after", "RSET x", False), ("after", "QUIT x", False),
    ("after", "AUTH PLAIN " + plain("alice"), False),
    ("after", "USER alice", False), ("after", "PASS x", False),
    ("after", "STLS", False), ("after", "LANG en", True),
    ("after", "LIST", True), ("after", "LIST 1", True),
    ("after", "LIST 0", False), ("after", "LIST 2", False),
    ("after", "LIST -1", False), ("after", "LIST +1", False),
    ("after", "LIST 1 1", False), ("after", "LIST 1.", False),
    ("after", "LIST 4294967297", False), ("after", "LIST 0x1", False),
    ("after", "LIST 18446744073709551617", False),
    ("after", "LIST " + "9" * 200, False),
    ("after", "RETR", False), ("after", "RETR 2", False),
    ("after", "DELE", False), ("after", "DELE 0", False),
    ("after", "DELE 4294967297", False), ("after", "DELE 1 1", False),
    ("after", "UIDL 0", False), ("after", "UIDL a", False),
    ("after", "UIDL 1", True), ("after", "UIDL", True),
    ("after", "TOP", False), ("after", "TOP 1", False),
    ("after", "TOP 1 -1", False), ("after", "TOP 1 x", False),
    ("after", "TOP 2 0", False), ("after", "TOP 1 0 0", False),
    ("after", "TOP 1 18446744073709551616", False),
    ("after", "TOP 1 0", True), ("after", "TOP 1 4294967295", True),
)


def arguments(server):
    """Each line is sent alone and followed by a good one, which must be
    answered."""
    server.append([MESSAGES[0]], user="bob")
    for state, line, taken in ARGUMENTS:
        with Pop3(server, user="bob" if state == "after" else None) as c:
            c.send(line.encode(errors="surrogateescape") + b"\r\n")
            status = c.line()
            same(status.startswith(b"+OK"), taken, f"{line!r}: {status}")
            need(len(status) <= 510, "RFC 2449, section 4")
            need(status.startswith((b"+OK ", b"-ERR ")), f"{status}")
            if taken and line in ("LIST", "UIDL") or line[:3] == "TOP":
                while taken and c.line() != b".":
                    pass
            c.ok("LANG en")


def logins(server):
    with Pop3(server) as c:
        need(c.err("PASS x") is not None, "PASS without USER")
        c.ok("USER alice")
        need(c.err("PASS wrong").startswith("[AUTH] "), "[AUTH]")
        c.ok("USER nobody")
        need(c.err("PASS wrong").startswith("[AUTH] "), "[AUTH]")
    with Pop3(server) as c:
        same(c.command("AUTH PLAIN"), "+ ", "challenge")
        need(c.command("*").startswith("-ERR"), "cancelled")
        same(c.command("AUTH PLAIN"), "+ ", "challenge")
        need(c.command("!!!").startswith("-ERR"), "no base64")
        same(c.command("AUTH LOGIN"), "+ VXNlcm5hbWU6", "Username:")
        same(c.command("YWxpY2U="), "+ UGFzc3dvcmQ6", "Password:")
        need(c.command("dGVzdHBhc3M=").startswith("+OK"), "AUTH LOGIN")
    with Pop3(server) as c:
        c.err("AUTH PLAIN " + plain("alice", authzid="bob"))
        c.ok("AUTH PLAIN " + plain("alice", authzid="alice"))


def commands(server):
    with Pop3(server, user="alice") as c:
        same(c.ok("STAT"), f"3 {sum(map(len, MESSAGES))}", "STAT")
        want = [b"%d %d" % (n, len(m)) for n, m in enumerate(MESSAGES, 1)]
        same(c.multi("LIST"), want, "LIST")
        same(c.ok("LIST 2").encode(), want[1], "LIST 2")
        c.err("LIST 4")
        c.err("LIST 0")
        c.err("LIST -1")
        c.err("LIST 99999999999999999999")
        c.err("LIST x")
        for number, raw in enumerate(MESSAGES, 1):
            c.ok(f"RETR {number}")
            got = b"".join(line + b"\r\n" for line in c.lines())
            same(got, raw, f"RETR {number}")
        c.err("RETR")
        c.err("RETR 1 2")
        head = MESSAGES[2].split(b"\r\n\r\n")[0] + b"\r\n\r\n"
        for count in (0, 1, 7, 100000):
            got = b"".join(x + b"\r\n" for x in c.multi(f"TOP 3 {count}"))
            body = MESSAGES[2][len(head):].split(b"\r\n")[:-1][:count]
            same(got, head + b"".join(x + b"\r\n" for x in body),
                 f"TOP 3 {count}")
        c.err("TOP 3")
        c.err("TOP 3 -1")
        ids = [line.split()[1].decode() for line in c.multi("UIDL")]
        same(len(set(ids)), 3, "UIDL")
        need(all(re.fullmatch(r"[0-9a-f]{16}", x) for x in ids),
             "%08Xu%08Xv")
        same(c.ok("UIDL 2"), "2 " + ids[1], "UIDL 2")
        c.ok("DELE 2")
        c.err("DELE 2")
        c.err("RETR 2")
        c.err("LIST 2")
        same(len(c.multi("LIST")), 2, "LIST without it")
        same(c.ok("STAT").split()[0], "2", "STAT without it")
        c.ok("RSET")
        same(c.ok("STAT").split()[0], "3", "STAT after RSET")
        c.ok("NOOP")
        c.err("NOOP x")
        c.err("USER alice")
        c.err("STLS")
        c.err("XYZZY")
        same(c.ok("stat").split()[0], "3", "any case")
        c.ok("QUIT")
        need(c.closed(), "QUIT closes")
    return ids


def pipelining(server):
    with Pop3(server, user="alice") as c:
        c.send("STAT\r\nRETR 1\r\nNOOP\r\nRETR 3\r\nUIDL 1\r\nSTAT\r\n")
        first = c.line()
        for number in (1, 3):
            need(c.line().startswith(b"+OK"), "RETR")
            got = b"".join(line + b"\r\n" for line in c.lines())
            same(got, MESSAGES[number - 1], "message")
            need(c.line().startswith(b"+OK"), "NOOP, UIDL")
        same(c.line(), first, "STAT")
    with Pop3(server) as c:
        c.send("USER alice\r\nPASS testpass\r\nSTAT\r\nLIST 1\r\nQUIT\r\n")
        for what in ("USER", "PASS", "STAT", "LIST", "QUIT"):
            need(c.line().startswith(b"+OK"), what)


def snapshot(server, ids):
    """IMAP sessions change the mailbox while a maildrop is open."""
    with Pop3(server, user="alice") as c, lib.Imap(
            server, user="alice") as imap:
        imap.ok("SELECT INBOX")
        imap.ok("STORE 1 +FLAGS (\\Deleted)")
        imap.ok("EXPUNGE")
        imap.append("INBOX", lib.message("Came later"))
        same(c.ok("STAT").split()[0], "3", "nothing changes")
        c.ok("RETR 1")
        same(b"".join(x + b"\r\n" for x in c.lines()), MESSAGES[0],
             "still readable")
        c.ok("DELE 1")
        c.ok("DELE 3")
        c.send("")
        imap.ok("NOOP")
        same(imap.ok("STATUS INBOX (MESSAGES)").find(rb"MESSAGES (\d+)")[1],
             b"3", "nothing is deleted before QUIT")
        c.ok("QUIT")
        answer = imap.ok("NOOP")
        need(answer.find("EXPUNGE"), "the IMAP session is told")
    with Pop3(server, user="alice") as c:
        same(c.ok("STAT").split()[0], "2", "what is left")
        same(c.ok("UIDL 1"), "1 " + ids[1], "the same unique id")


def cut(server):
    with Pop3(server, user="alice") as c:
        c.ok("DELE 1")
    with Pop3(server, user="alice") as c:
        same(c.ok("STAT").split()[0], "2", "a cut connection deletes nothing")


def bad_input(server):
    with Pop3(server) as c:
        need(c.command(b"X" * 100000 + b"\r\n").startswith("-ERR"), "long")
        c.ok("USER alice")
        c.ok("PASS testpass")
        need(c.command(b"X" * 1000000 + b"\r\n").startswith("-ERR"), "long")
        need(c.command(b"STAT\0\r\n").startswith("-ERR"), "NUL")
        c.ok("STAT")
    with Pop3(server) as c:
        need(c.command(b"USER al\0ice\r\n").startswith("-ERR"), "NUL")
        c.push("FOO\r\n" * 1000)
        need(c.closed(), "too many bad commands")
    with Pop3(server, user="alice") as c:
        c.push("FOO\r\n" * 1000)
        need(c.closed(), "too many bad commands after login")


def main():
    with lib.Server("alice bob") as server:
        server.append(MESSAGES)
        with check("before TLS nothing is taken"):
            before_tls(server)
        with check("CAPA, UTF8, LANG"):
            capabilities(server)
        with check("logins"):
            logins(server)
        with check("arguments"):
            arguments(server)
        ids = []
        with check("commands"):
            ids = commands(server)
        with check("pipelining"):
            pipelining(server)
        with check("a maildrop is a snapshot"):
            snapshot(server, ids)
        with check("a cut connection"):
            cut(server)
        with check("bad input"):
            bad_input(server)
    lib.finish()


if __name__ == "__main__":
    main()
