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
from lib import Closed, Imap, check, need, same

LINE = b"x" * 98 + b"\n"
HEAD = b"From: a@example.org\nSubject: changing\n\n"


def put(server, name, raw):
    """Put a message into cur/ under a name by which its file can be found."""
    root = server.maildir("alice")
    owner = os.stat(root)
    path = os.path.join(root, "cur", f"{name}:2,S")
    with open(path, "wb") as f:
        f.write(raw)
    os.chown(path, owner.st_uid, owner.st_gid)


def path_of(server, name):
    found = glob.glob(os.path.join(server.maildir("alice"), "*", name + "*"))
    same(len(found), 1, "files of " + name)
    return found[0]


def wire(raw):
    return re.sub(rb"(?<!\r)\n", b"\r\n", raw)


def numbers(c):
    """{name: message number}, by a header field that the index keeps."""
    found = {}
    for response in c.fetch("1:*", "BODY.PEEK[HEADER.FIELDS (Keywords)]"
                            ).untagged:
        name = re.search(rb"Keywords: (\S+)", response)
        if name:
            found[name[1].decode()] = int(response.split()[1])
    return found


def fill(server, names, lines=2000):
    for name in names:
        put(server, name, b"Keywords: %s\n" % name.encode() + HEAD +
            LINE * lines)
    return b"Keywords: %s\n" + HEAD + LINE * lines


def before(server):
    """A file changed before it is fetched gives NO; the others are fetched."""
    template = fill(server, ("short", "long", "gone", "whole", "lines"))
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        at = numbers(c)
        with open(path_of(server, "short"), "r+b") as f:
            f.truncate(5000)
        with open(path_of(server, "long"), "ab") as f:
            f.write(LINE * 1000)
        os.unlink(path_of(server, "gone"))
        for name in ("short", "long"):
            need("[CORRUPTION]" in c.fails(
                "NO", f"FETCH {at[name]} BODY.PEEK[]").text, name)
        c.fails("NO", f"FETCH {at['gone']} BODY.PEEK[]")
        answer = c.command("FETCH 1:* BODY.PEEK[]")
        same(answer.status, "NO", "all of them")
        need(answer.find(re.escape(wire(template % b"whole"))), "the whole")
        # What the index holds is still answered.
        c.ok(f"FETCH {at['short']} (FLAGS ENVELOPE BODYSTRUCTURE "
             "RFC822.SIZE)")

        # The same file size with other line ends: the wire's size differs.
        path = path_of(server, "lines")
        raw = template % b"lines"
        for change in (raw.replace(LINE * 10, LINE[:49] * 20, 1).replace(
                LINE[:49] * 20, (LINE[:49] + b"\n") * 19 + LINE[:40], 1)[
                :len(raw)], raw[:300] + b"\n" * 100 + raw[400:]):
            with open(path, "r+b") as f:
                f.write(change)
            answer = c.ok(f"FETCH {at['lines']} BODY.PEEK[]")
            same(len(answer.untagged[0].partition(b"\r\n")[2]) - 1,
                 len(wire(raw)), "the literal")
        with open(path, "r+b") as f:
            f.write(raw[:300] + raw[300:].replace(b"\n", b"y"))
        short(c, f"FETCH {at['lines']} BODY.PEEK[]", len(wire(raw)))


def short(c, text, announced):
    """The session ends within the literal: fewer octets than announced arrive,
    all of them the message's."""
    c.send(f"z {text}\r\n")
    data = c.line()
    size = int(re.search(rb"\{(\d+)\}$", data)[1])
    same(size, announced, "announced")
    data = c.file.read()
    need(len(data) < size, f"{len(data)} of {size} octets")
    need(b"BYE" not in data and b"z OK" not in data, data[-100:])


def during(server):
    """The file is changed while it is being sent."""
    lines = 300000
    template = fill(server, ("cut", "grown"), lines)
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        at = numbers(c)
        for name in ("grown", "cut"):
            c.send(f"z FETCH {at[name]} BODY.PEEK[]\r\n")
            size = int(re.search(rb"\{(\d+)\}$", c.line())[1])
            same(size, len(wire(template % name.encode())), "announced")
            same(len(c.read(1 << 20)), 1 << 20, "the beginning")
            if name == "grown":
                with open(path_of(server, name), "ab") as f:
                    f.write(LINE * lines)
                rest = c.read(size - (1 << 20))
                need(rest.endswith(wire(LINE)), "the end")
                same(c.line(), b")", "behind the literal")
                same(c.collect("z").status, "OK", "FETCH")
                continue
            with open(path_of(server, name), "r+b") as f:
                f.truncate(2 << 20)
            data = c.file.read()
            need(len(data) < size - (1 << 20), "cut short")
            need(b"z OK" not in data and b"BYE" not in data, data[-100:])
            try:
                c.line()
            except Closed:
                pass
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        c.fails("NO", f"FETCH {at['cut']} BODY.PEEK[]")
        c.ok(f"FETCH {at['whole'] if 'whole' in at else 1} FLAGS")


def partial(server):
    """Partial fetches of a message with bare LF that changes in between."""
    fill(server, ("pieces",), 20000)
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        number = numbers(c)["pieces"]
        for off in range(0, 1000000, 100000):
            answer = c.ok(f"FETCH {number} BODY.PEEK[]<{off}.100000>")
            same(len(answer.untagged[0].partition(b"\r\n")[2]) - 1, 100000,
                 "a piece")
            with open(path_of(server, "pieces"), "r+b") as f:
                f.seek(off // 2)
                f.write(b"\n" * 50)


def main():
    with lib.Server("alice") as server:
        server.imap("alice").logout()		# makes the folders
        with check("changed before FETCH"):
            before(server)
        with check("changed during FETCH"):
            during(server)
        with check("changed between pieces"):
            partial(server)
        with check("the log names the message that ended early"):
            with open(server.path("log"), errors="replace") as f:
                need("ended early" in f.read(), "in the log")
    lib.finish()


if __name__ == "__main__":
    main()
