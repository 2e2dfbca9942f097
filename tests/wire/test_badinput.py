#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Input that no client should send: it gets the protocol's error or a closed
connection, costs bounded memory, hurts nobody else, and leaves no password in
the log."""

import contextlib
import os
import random
import socket
import struct
import tempfile
import time

import family
import lib
from lib import HOST, Closed, Imap, Pop3, check, need, same, wait_for

SECRETS = ("hunter2hunter2", "s3cretliteral", "aHVudGVyMmh1bnRlcjI=")


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
    if lib.sanitized():
        return
    grown = memory(server) - before
    need(grown < growth_kb, f"memory has grown by {grown} KB")


def alive(server):
    """Another user's session works."""
    with Imap(server, user="bob") as c:
        c.ok("NOOP")
    with Pop3(server, user="bob") as c:
        c.ok("NOOP")


def answered(c, tag="t"):
    """The tagged answer, or "closed"."""
    try:
        return c.collect(tag).status
    except Closed:
        return "closed"


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


def imap_before_login(server, line):
    with Imap(server, timeout=20) as c:
        c.push(line + b"\r\n")
        # The literal that the server asks for is not sent: the line ends here.
        c.push(b"\r\nx LOGOUT\r\n")
        try:
            text = b""
            while True:
                got = c.line()
                text += got + b"\n"
                need(not got.startswith(b"t OK"), f"OK: {line[:60]!r}")
                if got.startswith(b"x "):
                    break
        except Closed:
            pass
        need(b"t BAD" in text or b"t NO" in text or b"* BAD" in text
             or b"* BYE" in text or b"+" in text,
             f"no answer to {line[:60]!r}: {text!r}")


def imap_after_login(server, line):
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        c.push(line + b"\r\n")
        status = answered(c)
        need(status in ("BAD", "NO", "closed"), f"{line[:60]!r}: {status}")
        if status != "closed":
            try:
                c.ok("NOOP")
            except Closed:
                pass


def overlong_line(server):
    before = memory(server)
    for user in (None, "alice"):
        with Imap(server, user=user) as c:
            c.push(b"t NOOP " + b"x" * (20 << 20) + b"\r\n")
            need(answered(c) in ("BAD", "NO", "closed"), "an overlong line")
    with Pop3(server) as c:
        c.push(b"USER " + b"x" * (20 << 20) + b"\r\n")
        try:
            need(c.line().startswith(b"-ERR"), "an overlong line")
        except Closed:
            pass
    bounded(server, before, 32 << 10)


def endless_line(server):
    """A line without end: the connection ends, or nothing is kept."""
    before = memory(server)
    with Imap(server) as c:
        try:
            for _ in range(300):
                c.send(b"y" * 65536)
        except (Closed, OSError):
            pass
        bounded(server, before, 32 << 10)


def many_literals(server):
    """Many literals, each of them small, but too big together."""
    with Imap(server, user="alice") as c:
        before = memory(server)
        c.push(b"t SEARCH" + b" SUBJECT {200000+}\r\n" + b"z" * 200000 +
               b"".join(b" SUBJECT {200000+}\r\n" + b"z" * 200000
                        for _ in range(60)) + b"\r\n")
        need(answered(c) in ("BAD", "NO", "closed"), "literals in all")
        bounded(server, before, 64 << 10)


def large_literal_of_login(server):
    """A large literal of LOGIN is swallowed or the connection closed; it never
    runs as a command."""
    with Imap(server) as c:
        inner = b"t2 LOGIN bob testpass\r\n" * 5000
        c.push(b"t LOGIN {%d+}\r\n" % len(inner) + inner + b" x\r\n")
        need(answered(c) in ("BAD", "NO", "closed"), "a large literal")
        with contextlib.suppress(Closed):
            need(not c.ok("NOOP").find(b"t2 "), "it ran as a command")


def refused_at_once(server):
    """A literal that nobody will read is answered without waiting for it."""
    for port in ("imap", "imaps"):
        for line, status in (
                (b"t LOGIN {1000000000+}", b"t NO" if port == "imap" else
                 b"t BAD [TOOBIG]"),
                (b"t LOGIN alice {9223372036854775807+}", b"t NO" if
                 port == "imap" else b"t BAD [TOOBIG]"),
                (b"t FROB {140000+}", b"t BAD"),
                (b"t NOOP " + b"x" * 9000 + b" {1000000000+}", b"t BAD")):
            with Imap(server, port) as c:
                begun = time.monotonic()
                c.send(line + b"\r\n")
                need(c.line().startswith(status), f"{line[:40]!r}")
                need(c.line().startswith(b"* BYE"), "BYE")
                need(c.closed(), "closed")
                need(time.monotonic() - begun < 3, "it takes its time")


def last_words_are_heard(server):
    """A client that is still sending when it is closed sees an end and no
    reset: after a reset many systems throw away data that came before it."""
    for sends, bad in ((b"t FROB {900000+}\r\n" + b"x" * 900000, 1),
                       (b"t FROB\r\n" * 5000, 21)):
        for port in ("imap", "imaps"):
            with lib.Raw(server, port) as c:
                c.line()
                data = c.exchange(sends)
                same([line[:5] for line in data.splitlines()],
                     [b"t BAD"] * bad + [b"* BYE"], "what it hears")


def rejected_literal_is_no_command(server):
    with Imap(server, user="alice") as c:
        inner = b"t2 CREATE smuggled\r\n"
        c.send(b"t APPEND nosuchbox {%d+}\r\n" % len(inner) + inner + b"\r\n")
        same(answered(c), "NO", "APPEND to no mailbox")
        need(not c.ok("LIST \"\" smuggled").untagged, "it ran as a command")


def literal_after_a_long_line_is_no_command(server):
    """The octets of a literal never run as a command, however its size is
    written and however the line is read."""
    inner = b"c NOOP\r\n"
    for user in (None, "alice"):
        for filler in (b"x", b"x" * 200000):
            for digits in (1, 19, 20, 41, 5000):
                with Imap(server, user=user) as c:
                    c.push(b"t NOOP %s {%0*d+}\r\n%s\r\nd NOOP\r\n"
                           % (filler, digits, len(inner), inner))
                    same(answered(c), "BAD", "the line")
                    got = c.collect("d")
                    same(got.status, "OK", "the next command")
                    need(not got.untagged, f"it ran: {got.untagged}")


def unknown_until_closed(server):
    for client in (lambda: Imap(server), lambda: Imap(server, user="alice")):
        with client() as c:
            count = 0
            try:
                while count < 200:
                    c.command("FROB")
                    count += 1
            except Closed:
                pass
            need(0 < count < 50, f"closed after {count}")
    with Pop3(server) as c:
        count = 0
        try:
            while count < 200:
                c.command("FROB")
                count += 1
        except Closed:
            pass
        need(0 < count < 50, f"closed after {count}")


FOREIGN = (
    b"GET / HTTP/1.1\r\n", b"POST /x HTTP/1.0\r\n", b"OPTIONS * HTTP/1.1\r\n",
    b"CONNECT mail.example.org:143 HTTP/1.1\r\n",
    b"GET http://mail.example.org/ HTTP/1.1\r\n",
    b"PRI * HTTP/2.0\r\n", b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)


def other_protocols(server):
    """HTTP and TLS clients are disconnected at once, together with the
    commands that a web page may have put after the first line; over TLS,
    too."""
    for port in ("imap", "pop3", "imaps", "pop3s"):
        for text in FOREIGN:
            with lib.Raw(server, port) as c:
                c.line()
                begun = time.monotonic()
                c.push(text + b"Host: x\r\n\r\na LOGOUT\r\nQUIT\r\n")
                lines = []
                with contextlib.suppress(Closed):
                    while True:
                        lines.append(c.line())
                # POP3 recognizes only short lines as HTTP.
                if port.startswith("pop3") and len(text) > 1000:
                    continue
                same(len(lines), 1, f"{port} {text[:20]!r}: {lines}")
                need(b"This is not" in lines[0], f"{lines}")
                need(time.monotonic() - begun < 3, "at once")
    # A command that only resembles HTTP still works.
    with Imap(server) as c:
        c.send("GET NOOP\r\n")
        need(c.line().startswith(b"GET OK"), "a tag of three letters")


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
        try:
            got = c.line()
        except Closed:
            return
        need(got.startswith(b"-ERR"), f"{line!r}: {got!r}")


def client_hello():
    """Octets that begin like a ClientHello."""
    return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(100)


def half_handshakes(server):
    """Connections that stop within the handshake delay nobody."""
    held = []
    for port in ("imaps", "pop3s"):
        for data in (b"", b"\x16", client_hello()):
            for _ in range(10):
                s = socket.create_connection((HOST, server.ports[port]), 10)
                s.sendall(data)
                held.append(s)
    begun = time.monotonic()
    alive(server)
    need(time.monotonic() - begun < 10, "others wait")
    for s in held:
        s.close()
    for port in ("imaps", "pop3s"):
        with socket.create_connection((HOST, server.ports[port]), 10) as s:
            s.sendall(b"a LOGIN alice hunter2hunter2\r\n")
            with contextlib.suppress(ConnectionError):
                while s.recv(4096):
                    pass
    alive(server)


def reset_while_busy(server):
    """Connections that are reset at any moment."""
    rng = random.Random(7)
    for _ in range(40):
        c = Imap(server, user="alice")
        c.push(b"a SELECT INBOX\r\nb FETCH 1:* (ENVELOPE BODY[])\r\n"
               b"c APPEND INBOX {1000}\r\n" + b"x" * rng.randrange(0, 900))
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
        c.close()
    alive(server)


def cut_literal_is_not_appended(server):
    with Imap(server, user="alice") as c:
        before = c.ok("STATUS INBOX (MESSAGES)").find(rb"MESSAGES (\d+)")[1]
        c.send(b"t APPEND INBOX {1000}\r\n")
        need(c.response().startswith(b"+"), "goes on")
        c.push(b"Subject: cut\r\n\r\n")
    with Imap(server, user="alice") as c:
        after = c.ok("STATUS INBOX (MESSAGES)").find(rb"MESSAGES (\d+)")[1]
        same(after, before, "messages")


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
            need(c.closed(), "ends")
    alive(server)


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
        need(c.closed(), "ends")
    alive(server)
    log = family.log(server)
    for secret in SECRETS:
        need(secret not in log, f"{secret} is in the log")


def unreadable_maildir(server):
    """The client gets the protocol's error, and the log has path and errno."""
    root = server.maildir("carol")
    if os.geteuid() == 0:
        os.chown(root, 0, 0)
    else:
        os.chmod(root, 0)
    try:
        with Imap(server) as c:
            answer = c.command(f"LOGIN carol {lib.PASSWORD}")
            if answer.status == "OK":
                answer = c.command("SELECT INBOX")
            same(answer.status, "NO", "IMAP")
            need("[SERVERBUG]" in answer.text or
                 "[UNAVAILABLE]" in answer.text, answer.text)
        with Pop3(server) as c:
            c.ok("USER carol")
            need("[SYS/PERM]" in c.err("PASS " + lib.PASSWORD), "POP3")
        need(any(root in line and "Permission denied" in line
                 for line in family.log(server).splitlines()),
             "the log has path and errno")
    finally:
        os.chmod(root, 0o700)


def same_processes(server, before):
    """No child process died during the test."""
    now = {pid for parent in family.parents(server)
           for pid in family.children(parent)}
    gone = before - now
    need(not gone, f"ended: {sorted(gone)}: " + " | ".join(
        line for line in family.log(server).splitlines()
        if "signal" in line or "ended" in line or "exit" in line)[-300:])


TESTS = (
    overlong_line, endless_line, large_literal_of_login, refused_at_once,
    last_words_are_heard, many_literals,
    rejected_literal_is_no_command,
    literal_after_a_long_line_is_no_command, unknown_until_closed,
    other_protocols,
    half_handshakes, reset_while_busy, cut_literal_is_not_appended, noise,
    unreadable_maildir, nothing_secret_in_log,
)


def main():
    with tempfile.NamedTemporaryFile("w") as extra:
        extra.write("log level debug\nfailed login delay 0\n"
                    "worker idle timeout 1h\nconnections per address 1000\n")
        extra.flush()
        with lib.Server("alice bob carol",
                        CONF_EXTRA=extra.name) as server:
            server.append([lib.message("One")], "alice")
            alive(server)
            before = {pid for parent in family.parents(server)
                      for pid in family.children(parent)}
            for test in TESTS:
                with check(test.__name__):
                    test(server)
            for line in BEFORE_LOGIN:
                with check(f"IMAP before login: {line[:40]!r}"):
                    imap_before_login(server, line)
            for line in AFTER_LOGIN:
                with check(f"IMAP after login: {line[:40]!r}"):
                    imap_after_login(server, line)
            for line in POP3_LINES:
                with check(f"POP3 before login: {line!r}"):
                    pop3_line(server, line)
            for line in POP3_AFTER:
                with check(f"POP3 after login: {line!r}"):
                    pop3_line(server, line, "alice")
            with check("no process died"):
                same_processes(server, before)
            with check("others are served"):
                wait_for("a session", lambda: alive(server) is None)
    lib.finish()


if __name__ == "__main__":
    main()
