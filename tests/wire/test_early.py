#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Input before the login, and around STARTTLS."""

import contextlib
import re
import socket

import lib
from lib import Closed, Imap, Pop3, check, expect, expect_in, expect_match, \
    need


@check("complete commands before the end of the input are run")
def half_close(server):
    with lib.Raw(server, "imap") as c:
        c.line()
        c.send("a CAPABILITY\r\nb NOOP\r\nc LOGO")
        c.sock.shutdown(socket.SHUT_WR)
        found = []
        with contextlib.suppress(Closed):
            while True:
                found.append(c.line()[:5])
        expect_in(b"b OK ", found, "answers")


@check("commands that are sent with the login are run in order")
def early_bytes(server):
    with Imap(server, "imaps") as c:
        c.send(f"x LOGIN alice {lib.PASSWORD}\r\n" +
               "".join(f"n{i} NOOP\r\n" for i in range(500)))
        expect(c.collect("x").status, "OK", "LOGIN")
        for i in range(500):
            expect(c.collect(f"n{i}").status, "OK", f"NOOP {i}")


@check("{}: many commands can be sent at once before login, though the "
       "answers are far longer", with_each=("imap", "imaps"))
def early_pipeline(server, port):
    with Imap(server, port) as c:
        c.send("".join(f"n{i} CAPABILITY\r\n" for i in range(3000)))
        for i in range(3000):
            expect(c.collect(f"n{i}").status, "OK", f"CAPABILITY {i}")


@check("too many bad commands end a connection")
def too_many_bad_commands(server):
    with Imap(server, "imap") as c:
        c.push("x FROB\r\n" * 1000)
        need(c.closed(), "the connection is closed")


@check("a line without an end gets BAD or BYE, and harms nobody")
def endless_line(server):
    with Imap(server, "imap") as c:
        c.push("x" * 1000000 + "\r\n")
        with contextlib.suppress(Closed):
            expect_match(rb"BAD|^\* BYE", c.line(), "answer")
    Imap(server, "imaps", "alice").close()


def rest(c):
    """The lines that still come; a reset may take some of them."""
    lines = []
    with contextlib.suppress(Closed, ConnectionError):
        while True:
            lines.append(c.line())
    return lines


@check("{}: a line without an end is closed after some hundred KiB",
       with_each=("imap", "imaps", "pop3", "pop3s"))
def endless_line_closed(server, port):
    cls = Pop3 if port.startswith("pop3") else Imap
    sent = 0
    with cls(server, port) as c:
        with contextlib.suppress(OSError):
            while sent < 64 << 20:
                sent += c.sock.send(b"x" * 65536)
    # What the kernel and the closing take in counts, too.
    need(sent < 16 << 20, f"{sent} octets were taken")


@check("{0}: what comes with {1} ends the connection, and nothing is said in "
       "the clear after its OK", with_each=(
           ("imap", "STARTTLS", b"a STARTTLS\r\n", b"a OK "),
           ("pop3", "STLS", b"STLS\r\n", b"+OK ")))
def pipelined_starttls(server, row):
    port, _, command, answer = row
    more = {"imap": b"b NOOP\r\n", "pop3": b"NOOP\r\n"}[port]
    for early in (more, more[:1], b"\x16\x03\x01"):
        with lib.Raw(server, port) as c:
            c.line()
            c.send(command + early)
            expect_match(b"^" + re.escape(answer), c.line(), "the answer")
            expect(rest(c), [], "after the answer")


@check("a literal of a command that is not allowed before login is not asked "
       "for")
def early_literal(server):
    with Imap(server, "imaps") as c:
        for i, command in enumerate(("APPEND INBOX", "FROB", "STATUS")):
            c.send(f"x{i} {command} {{1000}}\r\n")
            expect_match(rf"^x{i} BAD ".encode(), c.line(), command)
        c.send("y APPEND INBOX {3+}\r\nabc\r\nz NOOP\r\n")
        expect(c.collect("y").status, "BAD", "a literal that is not waited for")
        expect(c.collect("z").status, "OK", "NOOP")


def main():
    lib.on(lib.Server, half_close, early_bytes, early_pipeline,
           too_many_bad_commands, endless_line, endless_line_closed,
           pipelined_starttls, early_literal)
    lib.finish()


if __name__ == "__main__":
    main()
