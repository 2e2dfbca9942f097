#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Message files that another program changes during a session: a literal is
never longer or shorter than announced, unless the session ends with it, and
all that can still be read is read.

A change is noticed by the size of the file or by its mtime, of which the index
has the seconds (doc/store.md).  So each check says which time a changed file
gets, and does not leave it to the clock."""

import contextlib
import glob
import os
import re
import sqlite3

import lib
from lib import Imap, check, expect, expect_not_in, need, wait_for

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


def overwrite(path, at, data, later=0):
    """Change octets of a file in place.  Its mtime is then so many seconds
    later; 0 keeps it, so that nobody can see that the file was changed."""
    sb = os.stat(path)
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(data)
    expect(os.stat(path).st_size, sb.st_size, "the size of " + path)
    os.utime(path, ns=(sb.st_atime_ns, sb.st_mtime_ns + later * 10**9))


def wire(raw):
    return re.sub(rb"(?<!\r)\n", b"\r\n", raw)


def number_of(c, name):
    """By a field that the index keeps, so that no file is opened again."""
    for response in c.fetch("1:*", "BODY.PEEK[HEADER.FIELDS (Keywords)]"
                            ).untagged:
        if re.search(rb"Keywords: %s\b" % name.encode(), response):
            return int(response.split()[1])
    raise AssertionError(f"{name} is not in the mailbox")


def is_parsed(server, name):
    """Whether the index has the size of the message."""
    index = os.path.join(server.maildir("alice"), "penfold", "index.db")
    with contextlib.closing(sqlite3.connect(f"file:{index}?mode=ro", 60,
                                            uri=True)) as db:
        return db.execute(
            "SELECT content <> 0 FROM entry JOIN name USING (mailbox, uid) "
            "WHERE base = ?", (name.encode(),)).fetchone() == (1,)


class Session(Imap):
    """A session that has seen a message, whose number is at, and which is in
    the index.  FETCH does not wait until it can write what it found out there,
    and the next one parses the message again."""

    def __init__(self, server, name, lines=2000):
        put(server, name, lines)
        super().__init__(server, user="alice")
        self.ok("SELECT INBOX")

        def seen():
            self.at = number_of(self, name)
            return is_parsed(server, name)
        wait_for("the index has the size of " + name, seen)


def uid_of(c):
    response = c.ok(f"FETCH {c.at} UID").untagged[0]
    return int(re.search(rb"UID (\d+)", response)[1])


def size_of(c):
    response = c.ok(f"FETCH {c.at} RFC822.SIZE").untagged[0]
    return int(re.search(rb"RFC822.SIZE (\d+)", response)[1])


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


def change_shorter(path):
    os.truncate(path, 5000)


def change_longer(path):
    with open(path, "ab") as f:
        f.write(LINE * 1000)


def change_newer(path):
    overwrite(path, 2000, b"\n" * 50, later=1)


CHANGES = (("shorter", change_shorter), ("longer", change_longer),
           ("newer", change_newer))


def is_replaced(c, server, name, items):
    """FETCH says that the message is gone.  It is, and what is in its file now
    is another message, which c.at says from then on."""
    with open(path_of(server, name), "rb") as f:
        raw = wire(f.read())
    old = uid_of(c)
    c.fails("NO", f"FETCH {c.at} {items}").says("[EXPUNGEISSUED]")
    c.ok("NOOP").has(rf"^\* {c.at} EXPUNGE", "NOOP")
    c.at = number_of(c, name)
    need(uid_of(c) > old, "a new UID")
    expect(size_of(c), len(raw), "its size")
    expect(literal_len(c.ok(f"FETCH {c.at} BODY.PEEK[]")), len(raw),
           "the new message")


@check("a message that became {0} before FETCH is NO [EXPUNGEISSUED] (RFC "
       "5530 3), and then another message with a UID of its own",
       with_each=CHANGES)
def replaced(server, row):
    name, change = row
    with Session(server, name) as c:
        change(path_of(server, name))
        is_replaced(c, server, name, "BODY.PEEK[]")


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
            overwrite(path_of(server, "lines"), 0, change)
            expect(literal_len(c.ok(f"FETCH {c.at} BODY.PEEK[]")),
                   len(wire(raw)), "the literal")


@check("a message with too few line ends ends the session within the "
       "literal")
def too_few_lines(server):
    with Session(server, "endless") as c:
        raw = text_of("endless", 2000)
        overwrite(path_of(server, "endless"), 300,
                  raw[300:].replace(b"\n", b"y"))
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
    wait_for("the log says so", lambda: re.search(
        r"ended early", server.log_text()))
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        c.fails("NO", f"FETCH {number_of(c, 'cut')} BODY.PEEK[]")
        c.ok("FETCH 1:* FLAGS")


def pieces(c):
    """Fetch a message in pieces, each of which must have its full length."""
    for off in range(0, 1000000, 100000):
        answer = c.ok(f"FETCH {c.at} BODY.PEEK[]<{off}.100000>")
        expect(literal_len(answer), 100000, f"octets from {off} on")
        yield off


@check("partials of a message that changes between them, with nothing to see "
       "of it, are as long as they should be")
def between_pieces(server):
    with Session(server, "pieces", 20000) as c:
        for off in pieces(c):
            for at in (off // 2, off + 150000):
                overwrite(path_of(server, "pieces"), at, b"\n" * 50)


@check("partials of a message that changes between them end with NO "
       "[EXPUNGEISSUED], and the new message can be fetched")
def seen_between_pieces(server):
    with Session(server, "seen", 20000) as c:
        for off in pieces(c):
            if off == 400000:
                break
        overwrite(path_of(server, "seen"), off, b"\n" * 50, later=1)
        is_replaced(c, server, "seen", f"BODY.PEEK[]<{off}.100000>")
        for _ in pieces(c):
            pass


class Server(lib.Server):
    def __init__(self):
        super().__init__("alice")
        self.imap("alice").logout()		# makes the folders


def main():
    lib.on(Server, replaced, gone, others_come, other_lines, too_few_lines,
           grows, is_cut, between_pieces, seen_between_pieces)
    lib.finish()


if __name__ == "__main__":
    main()
