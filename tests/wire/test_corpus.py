#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""5,000 messages put into a Maildir as files, most with bare LF as an MTA
writes them, and then listed, fetched, searched and expunged over IMAP and
POP3, with every byte compared."""

import collections
import contextlib
import functools
import os
import random
import re
import time

import lib
from lib import Imap, Pop3, check, expect, expect_match, need

COUNT = 5000
SEED = 20261124


@functools.cache
def corpus():
    """[(file name, flag letters, bytes as on disk)].  The same seed gives the
    same corpus."""
    rng = random.Random(SEED)
    words = ["alpha", "bravo", "Köln", "delta", "日本", "foxtrot", "golf"]
    found = []
    for number in range(1, COUNT + 1):
        text = f"Message {number} says {rng.choice(words)}.\n" + "".join(
            " ".join(rng.choice(words) for _ in range(9)) + "\n"
            for _ in range(rng.randrange(30)))
        if number % 50 == 0:
            text += f"rare{number}needle\n.\n..\n"
        raw = lib.message(
            f"Number {number}", text,
            html="<p>x</p>" if number % 7 == 0 else None,
            attachment=("a.bin", rng.randbytes(3000))
            if number % 31 == 0 else None,
            date="Tue, 05 May 2026 10:11:12 +0200")
        if number % 5:				# the others keep their CRLF
            raw = raw.replace(b"\r\n", b"\n")
        if number % 97 == 0:
            raw = raw.rstrip(b"\r\n")		# no line end at the end
        found.append((f"{1700000000 + number}.M{number}P1.test",
                      "S" if number % 3 == 0 else "", raw))
    return found


def wire(raw):
    return re.sub(rb"(?<!\r)\n", b"\r\n", raw)


def put(server, messages):
    server.imap("alice").logout()		# makes the folders
    root = server.maildir("alice")
    owner = os.stat(root)
    for number, (name, flags, raw) in enumerate(messages):
        path = os.path.join(root, "new", name) if number % 2 and not flags \
            else os.path.join(root, "cur", f"{name}:2,{flags}")
        with open(path, "wb") as f:
            f.write(raw)
        os.chown(path, owner.st_uid, owner.st_gid)


def bodies(imap):
    """{subject number: body} of everything in the mailbox."""
    found = {}
    for response in imap.ok("FETCH 1:* (BODY.PEEK[])").untagged:
        head, _, rest = response.partition(b"\r\n")
        size = int(re.search(rb"\{(\d+)\}$", head)[1])
        body = rest[:size]
        found[int(re.search(rb"Subject: Number (\d+)", body)[1])] = body
    return found


@contextlib.contextmanager
def selected(server):
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        yield c


@check("SELECT tells of all messages, and FETCH FLAGS has those of the file "
       "names")
def flags_of_names(server):
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX").has(f"^\\* {COUNT} EXISTS", "SELECT")
        flags = c.ok("FETCH 1:* (FLAGS)")
        expect(len(flags.all("FETCH")), COUNT, "FETCH responses")
        expect(len(flags.all(r"\\Seen")), COUNT // 3, "those with \\Seen")


@check("RFC822.SIZE of each message is its size with CRLF (RFC 3501 2.3.4)")
def sizes(server):
    with selected(server) as c:
        got = [int(re.search(rb"RFC822.SIZE (\d+)", response)[1])
               for response in c.ok("FETCH 1:* (RFC822.SIZE)").untagged]
    want = [len(text) for text in server.want.values()]
    expect(sum(got), sum(want), "the sum of all sizes")
    expect(len(got), COUNT, "sizes")
    wrong = collections.Counter(got) - collections.Counter(want)
    expect(dict(wrong), {}, "sizes that no such message has")


@check("FETCH BODY[] of each message is its file with CRLF, octet by octet")
def whole_bodies(server):
    with selected(server) as c:
        got = bodies(c)
    expect(len(got), COUNT, "bodies")
    for number, body in got.items():
        expect(body, server.want[number], f"message {number}")


@check("a partial FETCH of a file with bare LF is that piece of the message "
       "with CRLF")
def pieces(server):
    with selected(server) as c:
        body = c.ok("FETCH 3 BODY.PEEK[]").untagged[0]
        whole = body.partition(b"\r\n")[2][:-1]
        number = int(re.search(rb"Subject: Number (\d+)", whole)[1])
        need(number % 5, f"want a file with bare LF, got file {number}")
        for off, size in ((0, 10), (10, 90), (100, 7), (3, 400), (50, 1),
                          (len(whole) - 5, 100), (len(whole) + 9, 5)):
            part = c.ok(f"FETCH 3 BODY.PEEK[]<{off}.{size}>").untagged[0]
            if part.rstrip(b")").endswith(b'""'):
                got = b""
            else:
                got = part.partition(b"\r\n")[2][:-1]
            expect(got, whole[off:off + size], f"<{off}.{size}>")


def found_by(c, keys, *literals):
    """How many messages a SEARCH finds."""
    answer = c.ok("SEARCH " + keys, *literals)
    return len(answer.has(rb"^\* SEARCH(.*)", "SEARCH")[1].split())


@check("SEARCH BODY and SUBJECT find each message with that text, and no other")
def search(server):
    with selected(server) as c:
        expect(found_by(c, "BODY needle"), COUNT // 50, "BODY")
        expect(found_by(c, 'SUBJECT "Number 4999"'), 1, "SUBJECT")
        expect(found_by(c, "TEXT xyzzyplugh"), 0, "what is not there")


@check("SEARCH TEXT finds a word in any case and any encoding")
def search_text(server):
    forms = "Köln".encode(), b"K=C3=B6ln", b"S8O2bG4"
    count = sum(1 for raw in server.want.values()
                if any(form in raw for form in forms))
    with selected(server) as c:
        got = found_by(c, "CHARSET UTF-8 TEXT {}", "köln".encode())
    need(got >= count, f"want {count} messages or more, got {got}")


@check("a SEARCH with more keys than a time slice has time for is right")
def search_many_keys(server):
    with selected(server) as c:
        answer = c.ok("SEARCH RETURN (COUNT) " + " ".join(
            f"NOT {n},{n + 1000}:{n + 1002}" for n in range(1, 491)))
        answer.has(f"COUNT {COUNT - 490 - 492}$", "SEARCH")


@check("STAT counts each line end as CRLF (RFC 1939 11)")
def stat(server):
    # RETR also ends the last line.
    octets = sum(len(text) + 2 * (not text.endswith(b"\r\n"))
                 for text in server.want.values())
    with Pop3(server, user="alice") as c:
        expect(c.ok("STAT").strip(), f"{COUNT} {octets}", "STAT")


@check("RETR sends the file with CRLF, octet by octet")
def retr(server):
    with Pop3(server, user="alice") as c:
        for number in list(range(1, 60)) + [97, 4999, 5000]:
            c.ok(f"RETR {number}")
            body = b"".join(x + b"\r\n" for x in c.lines())
            subject = int(expect_match(rb"Subject: Number (\d+)", body,
                                       f"message {number}")[1])
            if not server.want[subject].endswith(b"\r\n"):
                body = body[:-2]
            expect(body, server.want[subject], f"RETR {number}")


def expect_left(c, count, what):
    """The mailbox has so many messages."""
    c.ok("NOOP")
    c.ok("STATUS INBOX (MESSAGES)").has(f"MESSAGES {count}\\)", what)


@check("what is expunged over IMAP, and then over POP3 beside it, is gone from "
       "mailbox and Maildir; the rest is there")
def expunge(server):
    with selected(server) as c, Pop3(server, user="alice") as p:
        c.ok("STORE 1:2000 +FLAGS.SILENT (\\Deleted)")
        c.ok("EXPUNGE")
        expect_left(c, COUNT - 2000, "after EXPUNGE")
        for number in range(COUNT, COUNT - 1000, -1):
            p.ok(f"DELE {number}")
        p.ok("QUIT")
        expect_left(c, COUNT - 3000, "after QUIT")
        c.ok("NOOP")
        expect(len(bodies(c)), COUNT - 3000, "bodies")
    root = server.maildir("alice")
    names = os.listdir(os.path.join(root, "cur")) + os.listdir(
        os.path.join(root, "new"))
    expect(len(names), COUNT - 3000, "files in the Maildir")


@contextlib.contextmanager
def delivered():
    """A server with all messages in alice's Maildir; want has them by number
    as they are sent."""
    messages = corpus()
    with lib.Server("alice") as server:
        put(server, messages)
        server.want = {n: wire(raw)
                       for n, (_, _, raw) in enumerate(messages, 1)}
        begun = time.monotonic()
        yield server
        print(f"# {time.monotonic() - begun:.1f} s")


def main():
    lib.on(delivered, flags_of_names, sizes, whole_bodies, pieces, search,
           search_text, search_many_keys, stat, retr)
    lib.on(delivered, expunge)
    lib.finish()


if __name__ == "__main__":
    main()
