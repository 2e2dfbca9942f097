#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""5,000 messages put into a Maildir as files, most with bare LF as an MTA
writes them, and then listed, fetched, searched and expunged over IMAP and
POP3, with every byte compared."""

import os
import random
import re
import time

import lib
from lib import Imap, Pop3, check, need, same

COUNT = 5000
SEED = 20261124


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


def bodies(imap, pattern="BODY.PEEK[]"):
    """{subject number: body} of everything in the mailbox."""
    found = {}
    for response in imap.ok(f"FETCH 1:* ({pattern})").untagged:
        head, _, rest = response.partition(b"\r\n")
        size = int(re.search(rb"\{(\d+)\}$", head)[1])
        body = rest[:size]
        found[int(re.search(rb"Subject: Number (\d+)", body)[1])] = body
    return found


def by_imap(server, messages):
    want = {n: wire(raw) for n, (_, _, raw) in enumerate(messages, 1)}
    with Imap(server, user="alice") as c:
        answer = c.ok("SELECT INBOX")
        need(answer.find(f"^\\* {COUNT} EXISTS"), "EXISTS")
        flags = c.ok("FETCH 1:* (FLAGS)")
        same(len(flags.all("FETCH")), COUNT, "FLAGS of all")
        same(len(flags.all(r"\\Seen")), COUNT // 3, "\\Seen of names")
        sizes = [int(r.split(b"RFC822.SIZE ")[1].split(b")")[0].split()[0])
                 for r in c.ok("FETCH 1:* (RFC822.SIZE)").untagged]
        same(sum(sizes), sum(map(len, want.values())), "sizes")
        got = bodies(c)
        same(len(got), COUNT, "bodies")
        for number, body in got.items():
            same(body, want[number], f"message {number}")
        # Partial fetches of a file with bare LF, in random order.
        body = c.ok("FETCH 3 BODY.PEEK[]").untagged[0]
        whole = body.partition(b"\r\n")[2][:-1]
        for off, size in ((0, 10), (10, 90), (100, 7), (3, 400), (50, 1),
                          (len(whole) - 5, 100), (len(whole) + 9, 5)):
            part = c.ok(f"FETCH 3 BODY.PEEK[]<{off}.{size}>").untagged[0]
            if part.rstrip(b")").endswith(b'""'):
                same(whole[off:off + size], b"", "piece")
            else:
                same(part.partition(b"\r\n")[2][:-1],
                     whole[off:off + size], "piece")
        found = c.ok("SEARCH BODY needle").find(rb"SEARCH(.*)")[1].split()
        same(len(found), COUNT // 50, "SEARCH BODY")
        found = c.ok('SEARCH SUBJECT "Number 4999"').find(rb"SEARCH(.*)")
        same(len(found[1].split()), 1, "SEARCH SUBJECT")
        found = c.ok("SEARCH CHARSET UTF-8 TEXT {}", "köln".encode())
        numbers = sum(1 for raw in want.values() if "Köln".encode() in raw
                      or b"K=C3=B6ln" in raw or b"S8O2bG4" in raw)
        need(len(found.find(rb"SEARCH(.*)")[1].split()) >= numbers,
             "SEARCH TEXT, case and encoding aside")
        # More keys than one slice has time for.
        found = c.ok("SEARCH RETURN (COUNT) " + " ".join(
            f"NOT {n},{n + 1000}:{n + 1002}" for n in range(1, 491)))
        need(found.find(f"COUNT {COUNT - 490 - 492}$"), found)
        same(c.ok("SEARCH TEXT xyzzyplugh").find(rb"SEARCH(.*)")[1], b"",
             "SEARCH of what is not there")
    return want


def by_pop3(server, want):
    # RETR sends CRLF at line ends, and the announced size counts it.
    octets = sum(len(text) + 2 * (not text.endswith(b"\r\n"))
                 for text in want.values())
    with Pop3(server, user="alice") as c:
        same(c.ok("STAT").strip(), f"{COUNT} {octets}", "STAT")
        for number in list(range(1, 60)) + [97, 4999, 5000]:
            c.ok(f"RETR {number}")
            body = b"".join(x + b"\r\n" for x in c.lines())
            subject = int(re.search(rb"Subject: Number (\d+)", body)[1])
            if not want[subject].endswith(b"\r\n"):
                body = body[:-2]
            same(body, want[subject], f"RETR {number}")


def expunge(server, messages):
    with Imap(server, user="alice") as c, Pop3(server, user="alice") as p:
        c.ok("SELECT INBOX")
        c.ok("STORE 1:2000 +FLAGS.SILENT (\\Deleted)")
        c.ok("EXPUNGE")
        need(c.ok("NOOP") and c.ok("STATUS INBOX (MESSAGES)").find(
            f"MESSAGES {COUNT - 2000}"), "expunged over IMAP")
        for number in range(COUNT, COUNT - 1000, -1):
            p.ok(f"DELE {number}")
        p.ok("QUIT")
        c.ok("NOOP")
        need(c.ok("STATUS INBOX (MESSAGES)").find(
            f"MESSAGES {COUNT - 3000}"), "expunged over POP3")
        c.ok("NOOP")
        same(len(bodies(c)), COUNT - 3000, "left")
    root = server.maildir("alice")
    names = os.listdir(os.path.join(root, "cur")) + os.listdir(
        os.path.join(root, "new"))
    same(len(names), COUNT - 3000, "files left in the Maildir")


def main():
    messages = corpus()
    with lib.Server("alice") as server:
        put(server, messages)
        want = {}
        was = time.monotonic()
        with check("over IMAP"):
            want = by_imap(server, messages)
        with check("over POP3"):
            by_pop3(server, want)
        with check("expunged"):
            expunge(server, messages)
        print(f"# {time.monotonic() - was:.1f} s")
    lib.finish()


if __name__ == "__main__":
    main()
