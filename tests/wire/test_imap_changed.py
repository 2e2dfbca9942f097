#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Message files that another program changes during a session: a literal is
never longer or shorter than announced, unless the session ends with it, and
all that can still be read is read."""

import glob
import os
import re

import lib
from lib import Imap, check, expect, expect_not_in, need

LINE = b"x" * 98 + b"\n"
HEAD = b"From: a@example.org\nSubject: changing\n\n"
LONG = 300000			# lines: more than all buffers on the way hold


def text_of(name, lines):
    return b"Keywords: %s\n" % name.encode() + HEAD + LINE * lines


def put(server, name, lines=2000):
    """Put a message into cur/ under a name by which its file can be found."""
    root = server.maildir("alice")
    owner = os.stat(root)
    path = os.path.join(root, "cur", f"{name}:2,S")
    with open(path, "wb") as f:
        f.write(text_of(name, lines))
    os.chown(path, owner.st_uid, owner.st_gid)


def path_of(server, name):
    found = glob.glob(os.path.join(server.maildir("alice"), "*", name + "*"))
    expect(len(found), 1, "files of " + name)
    return found[0]


def wire(raw):
    return re.sub(rb"(?<!\r)\n", b"\r\n", raw)


def number_of(c, name):
    """By a field that the index keeps, so that no file is opened again."""
    for response in c.fetch("1:*", "BODY.PEEK[HEADER.FIELDS (Keywords)]"
                            ).untagged:
        if re.search(rb"Keywords: %s\b" % name.encode(), response):
            return int(response.split()[1])
    raise AssertionError(f"{name} is not in the mailbox")


class Session(Imap):
    """A session that has seen a message, whose number is at."""

    def __init__(self, server, name, lines=2000):
        put(server, name, lines)
        super().__init__(server, user="alice")
        self.ok("SELECT INBOX")
        self.at = number_of(self, name)


def uid_of(c):
    response = c.ok(f"FETCH {c.at} UID").untagged[0]
    return int(re.search(rb"UID (\d+)", response)[1])


def literal_len(answer):
    return len(answer.untagged[0].partition(b"\r\n")[2]) - 1


def announced(c, text):
    """Ask for a message; the size of the literal that begins."""
    c.send(f"z {text}\r\n")
    return int(re.search(rb"\{(\d+)\}$", c.line())[1])


def ends_within(c, left):
    """The session ends before so many octets have come, and with nothing
    that is not of the literal."""
    data = c.file.read()
    need(len(data) < left, f"fewer than {left} octets, not {len(data)}")
    expect_not_in(b"BYE", data[-1000:], "the end")
    expect_not_in(b"z OK", data[-1000:], "the end")


@check("a message that became {} before FETCH is NO [EXPUNGEISSUED] (RFC "
       "5530 3), and then another message with a UID of its own",
       with_each=("shorter", "longer"))
def replaced(server, how):
    with Session(server, how) as c:
        path = path_of(server, how)
        if how == "shorter":
            os.truncate(path, 5000)
        else:
            with open(path, "ab") as f:
                f.write(LINE * 1000)
        with open(path, "rb") as f:
            raw = f.read()
        old = uid_of(c)
        c.fails("NO", f"FETCH {c.at} BODY.PEEK[]").says("[EXPUNGEISSUED]")
        c.ok("NOOP").has(rf"^\* {c.at} EXPUNGE", "NOOP")
        c.at = number_of(c, how)
        need(uid_of(c) > old, "a new UID")
        expect(literal_len(c.ok(f"FETCH {c.at} BODY.PEEK[]")), len(wire(raw)),
               "the new message")


@check("a message whose file is gone is NO, and what the index has of it is "
       "told")
def gone(server):
    with Session(server, "gone") as c:
        os.unlink(path_of(server, "gone"))
        c.fails("NO", f"FETCH {c.at} BODY.PEEK[]")
        c.ok(f"FETCH {c.at} (FLAGS ENVELOPE BODYSTRUCTURE RFC822.SIZE)")


@check("one message that cannot be read keeps none of the others back")
def others_come(server):
    put(server, "beside")
    with Session(server, "unreadable") as c:
        os.truncate(path_of(server, "unreadable"), 5000)
        answer = c.command("FETCH 1:* BODY.PEEK[]")
        expect(answer.status, "NO", "FETCH of all")
        answer.has(re.escape(wire(text_of("beside", 2000))), "the whole one")


@check("a message with other line ends in as many octets is sent as long as "
       "it was announced")
def other_lines(server):
    with Session(server, "lines") as c:
        raw = text_of("lines", 2000)
        for change in (raw.replace(LINE * 10, LINE[:49] * 20, 1).replace(
                LINE[:49] * 20, (LINE[:49] + b"\n") * 19 + LINE[:40], 1)[
                :len(raw)], raw[:300] + b"\n" * 100 + raw[400:]):
            with open(path_of(server, "lines"), "r+b") as f:
                f.write(change)
            expect(literal_len(c.ok(f"FETCH {c.at} BODY.PEEK[]")),
                   len(wire(raw)), "the literal")


@check("a message with too few line ends ends the session within the "
       "literal")
def too_few_lines(server):
    with Session(server, "endless") as c:
        raw = text_of("endless", 2000)
        with open(path_of(server, "endless"), "r+b") as f:
            f.write(raw[:300] + raw[300:].replace(b"\n", b"y"))
        size = announced(c, f"FETCH {c.at} BODY.PEEK[]")
        expect(size, len(wire(raw)), "announced")
        ends_within(c, size)


@check("a message that grows while it is sent is sent as it was announced")
def grows(server):
    with Session(server, "grown", LONG) as c:
        size = announced(c, f"FETCH {c.at} BODY.PEEK[]")
        expect(size, len(wire(text_of("grown", LONG))), "announced")
        c.read(1 << 20)
        with open(path_of(server, "grown"), "ab") as f:
            f.write(LINE * LONG)
        rest = c.read(size - (1 << 20))
        expect(rest[-200:], wire(LINE * 2), "the end of the literal")
        expect(c.line(), b")", "after the literal")
        expect(c.collect("z").status, "OK", "FETCH")


@check("a message that is cut while it is sent ends the session within the "
       "literal, and the log names it")
def is_cut(server):
    with Session(server, "cut", LONG) as c:
        size = announced(c, f"FETCH {c.at} BODY.PEEK[]")
        c.read(1 << 20)
        os.truncate(path_of(server, "cut"), 2 << 20)
        ends_within(c, size - (1 << 20))
    lib.wait_for("the log says so", lambda: re.search(
        r"ended early", server.log_text()))
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        c.fails("NO", f"FETCH {number_of(c, 'cut')} BODY.PEEK[]")
        c.ok("FETCH 1:* FLAGS")


@check("partials of a message that changes between them are as long as they "
       "should be")
def between_pieces(server):
    with Session(server, "pieces", 20000) as c:
        for off in range(0, 1000000, 100000):
            answer = c.ok(f"FETCH {c.at} BODY.PEEK[]<{off}.100000>")
            expect(literal_len(answer), 100000, f"octets from {off} on")
            with open(path_of(server, "pieces"), "r+b") as f:
                f.seek(off // 2)
                f.write(b"\n" * 50)


class Server(lib.Server):
    def __init__(self):
        super().__init__("alice")
        self.imap("alice").logout()		# makes the folders


def main():
    lib.on(Server, replaced, gone, others_come, other_lines, too_few_lines,
           grows, is_cut, between_pieces)
    lib.finish()


if __name__ == "__main__":
    main()
