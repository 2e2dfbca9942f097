#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Input that no client should send: it gets the protocol's error or a closed
connection, costs bounded memory, hurts nobody else, and leaves no password in
the log."""

import contextlib
import functools
import os
import random
import re
import socket
import struct

import family
import lib
from lib import HOST, Closed, Imap, Pop3, check, expect, expect_in, \
    expect_match, expect_not_in, need, wait_for

SECRETS = ("hunter2hunter2", "s3cretliteral", "aHVudGVyMmh1bnRlcjI=")
# How a command ends that must not succeed.
REFUSED = ("BAD", "NO", "closed")


def memory(server):
    """Resident KB of all processes of both daemons."""
    total = 0
    for parent in family.parents(server):
        for pid in [parent, *family.children(parent)]:
            total += int(family.status(pid).get("VmRSS", "0").split()[0])
    return total


def bounded(server, before, growth_kb):
    """Memory has not grown by more.  Not checked under ASan, which keeps freed
    memory in quarantine."""
    grown = memory(server) - before
    print(f"# {grown} KB more")
    need(grown < growth_kb or lib.sanitized(),
         f"memory: want less than {growth_kb} KB more, got {grown} KB")


def alive(server):
    """Another user's session works."""
    with Imap(server, user="bob") as c:
        c.ok("NOOP")
    with Pop3(server, user="bob") as c:
        c.ok("NOOP")


def answered(c, tag="t"):
    """The status of the tagged answer, or "closed"."""
    try:
        return c.collect(tag).status
    except Closed:
        return "closed"


def ended(pids):
    return {pid for pid in pids
            if family.status(pid).get("State", "Z").startswith("Z")}


def no_process_dies(function):
    """A decorator for a check: none of the daemons' children has died."""
    @functools.wraps(function)
    def checked(server, *row):
        before = server.children - ended(server.children)
        function(server, *row)
        gone = ended(before)
        need(not gone, f"ended: {sorted(gone)}: " + " | ".join(
            line for line in server.log_text().splitlines()
            if re.search("signal|ended|exit", line))[-300:])
    return checked


# Lines to send before login: never OK.
BEFORE_LOGIN = (
    b"t LOGIN", b"t LOGIN alice", b"t LOGIN alice hunter2hunter2 x",
    b"t LOGIN \"alice hunter2hunter2", b"t LOGIN alice \"hunter2\"hunter2",
    b"t LOGIN ali\0ce hunter2hunter2", b"t LOGIN alice hunter2\0hunter2",
    b"t LOGIN {-1}", b"t LOGIN {18446744073709551616}", b"t LOGIN {4294967296}",
    b"t LOGIN {99999999999999999999999999}",
    b"t LOGIN {5", b"t LOGIN {}", b"t LOGIN {+}", b"t LOGIN {1-}",
    b"t AUTHENTICATE", b"t AUTHENTICATE FOO", b"t AUTHENTICATE PLAIN =x",
    b"t AUTHENTICATE PLAIN ====", b"t FROB", b"t \xff\xfe", b"t", b"t ",
    b"t SELECT INBOX", b"t FETCH 1 ALL", b"t ID (((((",
    b"t ENABLE", b"t NOOP NOOP", b"t CAPABILITY \0",
)

# Lines to send after login, in a selected mailbox.
AFTER_LOGIN = (
    b"t FETCH 0 FLAGS", b"t FETCH -1 FLAGS", b"t FETCH 4294967296 FLAGS",
    b"t FETCH 1:2:3 FLAGS", b"t FETCH 1 (" + b"(" * 1000 + b")" * 1001,
    b"t SEARCH " + b"(" * 1000 + b"ALL" + b")" * 1000,
    b"t SEARCH " + b"NOT " * 1000 + b"(",
    b"t FETCH 1 BODY[" + b"1." * 1000 + b"]",
    b"t FETCH 1 BODY[HEADER.FIELDS ()]", b"t FETCH 1 BODY[]<0.0>",
    b"t FETCH 1 BODY[]<-1.1>", b"t FETCH 1 BODY[]<4294967296.1>",
    b"t LIST (((((", b"t LIST \"\" \"", b"t STORE 1 FLAGS (\\",
    b"t STORE 1 FLAGS " + b"(" * 1000, b"t COPY 1", b"t UID", b"t UID FOO 1",
    b"t APPEND INBOX {-5}", b"t APPEND INBOX {18446744073709551616}",
    b"t APPEND INBOX {99999999999}", b"t SELECT {99999999999}",
    b"t CREATE \0", b"t STATUS INBOX (" + b"MESSAGES " * 5000,
    b"t SORT (", b"t ID (\"a\" {99999999}", b"t SELECT \"\xff\xfe\"",
    b"t LOGIN alice hunter2hunter2",
)


@check("IMAP before login, {!r:.50} is refused or ends the connection",
       with_each=BEFORE_LOGIN)
@no_process_dies
def imap_before_login(server, line):
    with Imap(server, timeout=20) as c:
        c.push(line + b"\r\n")
        # The literal that the server asks for is not sent: the line ends here.
        c.push(b"\r\nx LOGOUT\r\n")
        text = b""
        with contextlib.suppress(Closed):
            while not text.startswith(b"x ") and b"\nx " not in text:
                got = c.line()
                need(not got.startswith(b"t OK"), f"want no OK, got {got}")
                text += got + b"\n"
        expect_match(rb"t BAD|t NO|\* BAD|\* BYE|\+", text, "the answers")


@check("IMAP after login, {!r:.50} is refused or ends the connection",
       with_each=AFTER_LOGIN)
@no_process_dies
def imap_after_login(server, line):
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        c.push(line + b"\r\n")
        status = answered(c)
        expect_in(status, REFUSED, "the answer")
        if status != "closed":
            with contextlib.suppress(Closed):
                c.ok("NOOP")


@check("{0}: a line of 20 MB is refused or ends the connection, and takes "
       "little memory", with_each=[
           ("IMAP before login", Imap, None, b"t NOOP "),
           ("IMAP after login", Imap, "alice", b"t NOOP "),
           ("POP3", Pop3, None, b"USER ")])
@no_process_dies
def overlong_line(server, row):
    _, client, user, command = row
    with client(server, user=user) as c:
        before = memory(server)
        c.push(command + b"x" * (20 << 20) + b"\r\n")
        if client is Imap:
            expect_in(answered(c), REFUSED, "the answer")
        else:
            with contextlib.suppress(Closed):
                expect_match(rb"^-ERR", c.line(), "the answer")
        bounded(server, before, 10 << 10)


@check("a line without end takes little memory")
@no_process_dies
def endless_line(server):
    before = memory(server)
    with Imap(server) as c:
        with contextlib.suppress(Closed, OSError):
            for _ in range(300):
                c.send(b"y" * 65536)
        bounded(server, before, 32 << 10)


@check("literals that are too big together are refused, and take bounded "
       "memory")
@no_process_dies
def many_literals(server):
    with Imap(server, user="alice") as c:
        before = memory(server)
        literal = b" SUBJECT {200000+}\r\n" + b"z" * 200000
        c.push(b"t SEARCH" + literal * 61 + b"\r\n")
        expect_in(answered(c), REFUSED, "the answer")
        bounded(server, before, 64 << 10)


@check("a literal of LOGIN that is too large is refused, and nothing in it "
       "runs as a command")
@no_process_dies
def large_literal_of_login(server):
    with Imap(server) as c:
        inner = b"t2 NOOP\r\nt2 LOGIN bob testpass\r\n" * 3600
        c.push(b"t LOGIN {%d+}\r\n" % len(inner) + inner + b" x\r\n")
        expect_in(answered(c), REFUSED, "the answer")
        heard = []
        with contextlib.suppress(Closed):
            c.send(b"t3 NOOP\r\n")
            while not heard or not heard[-1].startswith(b"t3 "):
                heard.append(c.line())
        expect([line for line in heard if line.startswith(b"t2 ")], [],
               "answers to commands in the literal")


@check("{}: a literal that nobody will read is refused at once, with a BYE",
       with_each=("imap", "imaps"))
@no_process_dies
def refused_at_once(server, port):
    toobig = b"t NO" if port == "imap" else b"t BAD [TOOBIG]"
    for line, status in (
            (b"t LOGIN {1000000000+}", toobig),
            (b"t LOGIN alice {9223372036854775807+}", toobig),
            (b"t FROB {140000+}", b"t BAD"),
            (b"t NOOP " + b"x" * 9000 + b" {1000000000+}", b"t BAD")):
        what = f"the answer to {line[:40]!r}"

        def refused():
            with Imap(server, port) as c:
                c.send(line + b"\r\n")
                expect_match(b"^" + re.escape(status), c.line(), what)
                expect_match(rb"^\* BYE", c.line(), what)
                need(c.closed(), "the connection is closed")
        lib.quick(what, 3, refused)


@check("{0}: a client that is closed while it sends {1} hears each answer, "
       "the BYE and an end, and no reset", with_each=[
           (port, *row) for port in ("imap", "imaps") for row in (
               ("a literal", b"t FROB {900000+}\r\n" + b"x" * 900000, 1),
               ("commands", b"t FROB\r\n" * 5000, 21))])
@no_process_dies
def last_words_are_heard(server, row):
    """After a reset many systems throw away data that came before it."""
    port, _, sends, bad = row
    with lib.Raw(server, port) as c:
        c.line()
        data = c.exchange(sends)
        expect([line[:5] for line in data.splitlines()],
               [b"t BAD"] * bad + [b"* BYE"], "the lines heard")


@check("nothing in the literal of a refused APPEND runs as a command")
@no_process_dies
def rejected_literal_is_no_command(server):
    with Imap(server, user="alice") as c:
        inner = b"t2 CREATE smuggled\r\n"
        c.send(b"t APPEND nosuchbox {%d+}\r\n" % len(inner) + inner + b"\r\n")
        expect(answered(c), "NO", "APPEND to no mailbox")
        expect(c.ok("LIST \"\" smuggled").untagged, [], "LIST of the mailbox")


@check("{0} login, nothing in a literal runs as a command, however its size "
       "and line are written", with_each=[("before", None), ("after", "alice")])
@no_process_dies
def literal_after_a_long_line_is_no_command(server, row):
    inner = b"c NOOP\r\n"
    for filler in (b"x", b"x" * 200000):
        for digits in (1, 19, 20, 41, 5000):
            with Imap(server, user=row[1]) as c:
                c.push(b"t NOOP %s {%0*d+}\r\n%s\r\nd NOOP\r\n"
                       % (filler, digits, len(inner), inner))
                what = f"{len(filler)} octets, a size of {digits} digits"
                expect(answered(c), "BAD", what)
                got = c.collect("d")
                expect(got.status, "OK", f"the next command after {what}")
                expect(got.untagged, [], f"what else ran after {what}")


@check("{0}: fewer than 50 unknown commands end the connection", with_each=[
    ("IMAP before login", Imap, None), ("IMAP after login", Imap, "alice"),
    ("POP3", Pop3, None)])
@no_process_dies
def unknown_until_closed(server, row):
    _, client, user = row
    with client(server, user=user) as c:
        count = 0
        with contextlib.suppress(Closed):
            while count < 200:
                c.command("FROB")
                count += 1
        need(0 < count < 50, f"want 1 to 49 commands, got {count}")


FOREIGN = (
    b"GET / HTTP/1.1\r\n", b"POST /x HTTP/1.0\r\n", b"OPTIONS * HTTP/1.1\r\n",
    b"CONNECT mail.example.org:143 HTTP/1.1\r\n",
    b"GET http://mail.example.org/ HTTP/1.1\r\n",
    b"PRI * HTTP/2.0\r\n", b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)


@check("{}: a client of HTTP or TLS is told so and disconnected at once, and "
       "no command after its first line runs",
       with_each=("imap", "pop3", "imaps", "pop3s"))
@no_process_dies
def other_protocols(server, port):
    """Web pages can make a browser send commands after the first line."""
    for text in FOREIGN:
        what = f"the answer to {text[:20]!r}"

        def told():
            with lib.Raw(server, port) as c:
                c.line()
                c.push(text + b"Host: x\r\n\r\na LOGOUT\r\nQUIT\r\n")
                lines = []
                with contextlib.suppress(Closed):
                    while True:
                        lines.append(c.line())
                expect(len(lines), 1, f"lines of {what}, {lines}")
                expect_in(b"This is not", lines[0], what)
        lib.quick(what, 3, told)


@check("a command whose tag is the name of an HTTP method is a command")
@no_process_dies
def resembles_http(server):
    with Imap(server) as c:
        c.send("GET NOOP\r\n")
        expect_match(rb"^GET OK", c.line(), "the answer")


# POP3 lines to send before login.
POP3_LINES = (
    "", " ", "USER", "PASS", "PASS x", "FROB", "STAT", "RETR 1", "AUTH FOO",
    "AUTH PLAIN =x", "USER \0", "APOP x y", "LIST -1", "\xff\xfe", "TOP 1",
)

POP3_AFTER = (
    "RETR", "RETR 0", "RETR -1", "RETR 4294967297", "RETR 99999999999999999999",
    "RETR 1 2", "TOP 1", "TOP 1 -1", "TOP 1 99999999999999999999x", "DELE x",
    "LIST 0", "UIDL 99", "USER x", "STLS", "STAT 1 2 3",
)


def pop3_line(server, line, user=None):
    with Pop3(server, user=user) as c:
        c.push(line.encode("latin-1") + b"\r\n")
        with contextlib.suppress(Closed):
            expect_match(rb"^-ERR", c.line(), "the answer")


@check("POP3 before login, {!r} is refused or ends the connection",
       with_each=POP3_LINES)
@no_process_dies
def pop3_before_login(server, line):
    pop3_line(server, line)


@check("POP3 after login, {!r} is refused or ends the connection",
       with_each=POP3_AFTER)
@no_process_dies
def pop3_after_login(server, line):
    pop3_line(server, line, "alice")


def client_hello():
    """Octets that begin like a ClientHello."""
    return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(100)


@check("connections that stop within the TLS handshake delay nobody")
@no_process_dies
def half_handshakes(server):
    held = []
    for port in ("imaps", "pop3s"):
        for data in (b"", b"\x16", client_hello()):
            for _ in range(10):
                s = socket.create_connection((HOST, server.ports[port]), 10)
                s.sendall(data)
                held.append(s)
    lib.quick("two sessions", 10, lambda: alive(server))
    for s in held:
        s.close()
    alive(server)


@check("{}: a command in clear text ends the connection, and others are "
       "served", with_each=("imaps", "pop3s"))
@no_process_dies
def cleartext_on_tls_port(server, port):
    with socket.create_connection((HOST, server.ports[port]), 10) as s:
        s.sendall(b"a LOGIN alice hunter2hunter2\r\n")
        with contextlib.suppress(ConnectionError):
            while s.recv(4096):
                pass
    alive(server)


@check("connections that are reset amid commands and literals hurt nobody")
@no_process_dies
def reset_while_busy(server):
    rng = random.Random(7)
    for _ in range(40):
        c = Imap(server, user="alice")
        c.push(b"a SELECT INBOX\r\nb FETCH 1:* (ENVELOPE BODY[])\r\n"
               b"c APPEND INBOX {1000}\r\n" + b"x" * rng.randrange(0, 900))
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
        c.close()
    alive(server)


@check("a message whose literal is cut by the end of the connection is not "
       "appended")
@no_process_dies
def cut_literal_is_not_appended(server):
    with Imap(server, user="alice") as c:
        before = c.ok("STATUS INBOX (MESSAGES)").find(rb"MESSAGES (\d+)")[1]
        c.send(b"t APPEND INBOX {1000}\r\n")
        expect_match(rb"^\+", c.response(), "the continuation")
        c.push(b"Subject: cut\r\n\r\n")
    with Imap(server, user="alice") as c:
        after = c.ok("STATUS INBOX (MESSAGES)").find(rb"MESSAGES (\d+)")[1]
        expect(after, before, "messages")


@check("connections that send words of IMAP in any order end after LOGOUT, "
       "and others are served")
@no_process_dies
def noise(server):
    rng = random.Random(5)
    words = [b"FETCH", b"(", b")", b"{3}", b"{9+}", b"\"", b"\\", b"1:*",
             b"BODY[", b"]", b"<", b">", b"\0", b"\xff", b"*", b"%", b" ",
             b"SEARCH", b"OR", b"NOT", b"STORE", b"UID", b"~{4}", b"+", b"-"]
    for _ in range(30):
        with Imap(server, user=rng.choice((None, "alice"))) as c:
            for _ in range(20):
                c.push(b"t " + b" ".join(rng.choices(words, k=12)) + b"\r\n")
            c.push(b"x LOGOUT\r\n")
            with contextlib.suppress(OSError):
                c.sock.shutdown(socket.SHUT_WR)
            need(c.closed(), "the connection ends")
    alive(server)


@contextlib.contextmanager
def unreadable(root):
    """The Maildir is one that the user's processes may not read."""
    before = os.stat(root)
    if os.geteuid() == 0:
        os.chown(root, 0, 0)
    else:
        os.chmod(root, 0)
    try:
        yield
    finally:
        if os.geteuid() == 0:
            os.chown(root, before.st_uid, before.st_gid)
        os.chmod(root, 0o700)


def expect_logged(server, daemon, root):
    """The daemon's worker has logged the path and the error."""
    expect_match(rf"(?m) {daemon}-mail\[\d+\]: [^\n]*{re.escape(root)}"
                 r"[^\n]*: Permission denied", server.log_text(), "the log")


@check("IMAP: a Maildir that cannot be read is NO [SERVERBUG] or "
       "[UNAVAILABLE] (RFC 5530), and the log has path and error")
@no_process_dies
def unreadable_maildir_imap(server):
    root = server.maildir("carol")
    with unreadable(root), Imap(server) as c:
        answer = c.command(f"LOGIN carol {lib.PASSWORD}")
        if answer.status == "OK":
            answer = c.command("SELECT INBOX")
        expect(answer.status, "NO", "the answer")
        expect_match(r"\[(SERVERBUG|UNAVAILABLE)\]", answer.text, "the answer")
    expect_logged(server, "imapd", root)


@check("POP3: a Maildir that cannot be read is -ERR [SYS/PERM] (RFC 3206), "
       "and the log has path and error")
@no_process_dies
def unreadable_maildir_pop3(server):
    root = server.maildir("carol")
    with unreadable(root), Pop3(server) as c:
        c.ok("USER carol")
        expect_in("[SYS/PERM]", c.err("PASS " + lib.PASSWORD), "the answer")
    expect_logged(server, "pop3d", root)


# What follows looks at all that the server was sent before.

@check("no password of a login is in the log, whatever was wrong with it")
@no_process_dies
def nothing_secret_in_log(server):
    with Imap(server) as c:
        c.command("LOGIN alice hunter2hunter2")
        c.command("LOGIN {} {}", b"alice", b"s3cretliteral")
        c.push("t AUTHENTICATE PLAIN aHVudGVyMmh1bnRlcjI=\r\n")
        answered(c)
        c.push("hunter2hunter2 LOGIN hunter2hunter2\r\n")
    with Pop3(server) as c:
        c.push("USER alice\r\nPASS hunter2hunter2\r\n"
               "AUTH PLAIN aHVudGVyMmh1bnRlcjI=\r\n"
               "FROB hunter2hunter2\r\n")
        c.push("QUIT\r\n")
        need(c.closed(), "the connection ends")
    alive(server)
    for line in server.log_text().splitlines():
        for secret in SECRETS:
            expect_not_in(secret, line, "a line of the log")


@check("after all of this no process has died")
def same_processes(server):
    expect(ended(server.children), set(), "children that ended")


@check("after all of this other users are served")
def others_are_served(server):
    wait_for("a session", lambda: alive(server) is None)


@contextlib.contextmanager
def attacked():
    with lib.Server("alice bob carol", "log level debug\n"
                    "failed login delay 0\nworker idle timeout 1h\n"
                    "connections per address 1000\n") as server:
        server.append([lib.message("One")], "alice")
        alive(server)
        server.children = {pid for parent in family.parents(server)
                           for pid in family.children(parent)}
        yield server


def main():
    lib.on(attacked, overlong_line, endless_line, large_literal_of_login,
           refused_at_once, last_words_are_heard, many_literals,
           rejected_literal_is_no_command,
           literal_after_a_long_line_is_no_command, unknown_until_closed,
           other_protocols, resembles_http, half_handshakes,
           cleartext_on_tls_port, reset_while_busy,
           cut_literal_is_not_appended, noise, unreadable_maildir_imap,
           unreadable_maildir_pop3, imap_before_login, imap_after_login,
           pop3_before_login, pop3_after_login, nothing_secret_in_log,
           same_processes, others_are_served)
    lib.finish()


if __name__ == "__main__":
    main()
