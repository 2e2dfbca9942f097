#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""How long commands that take much work hold up another session.

python3 tests/bench/holdup.py [--write FILE] [WORD ...]: run the cases whose
names have a WORD, or all, and print a row for each: how long the command took,
and the worst answer to the NOOPs of somebody else whose session is in the same
worker: how long it took, and the processor time of the worker meanwhile.  The
latter says the same on a busy machine.  With --write, the table goes into a page
of doc/.  With MAX_MS=50, exit 1 if a NOOP cost the worker more than that.
"""

import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "wire"))

import lib  # noqa: E402
from lib import Imap, need  # noqa: E402

CASES = []
KOI = [b"koi8-r", b"cp1251", b"big5", b"euc-jp", b"cp1255", b"tis-620"]
CONF = "workers 1\nworker idle timeout 1h\nline size 64k\n"


def case(function):
    CASES.append(function)
    return function


def worker_of(server, user):
    return re.findall(rf"imapd-mail\[(\d+)\].* login user={user} ",
                      server.log_text())[-1]


class Neighbour(threading.Thread):
    """Says NOOP without a pause, and keeps the worst times in milliseconds."""

    def __init__(self, server):
        super().__init__()
        self.session = Imap(server, user="bob")
        self.session.ok("SELECT INBOX")
        self.pid = worker_of(server, "bob")
        need(self.pid == worker_of(server, "alice"), "want one worker")
        self.wall = self.cpu = 0.0
        self.stop = False

    def now(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/schedstat") as f:
            return time.monotonic() * 1e3, int(f.read().split()[0]) / 1e6

    def run(self):
        while not self.stop:
            wall, cpu = self.now()
            self.session.ok("NOOP")
            end = self.now()
            self.wall = max(self.wall, end[0] - wall)
            self.cpu = max(self.cpu, end[1] - cpu)


class Bench:
    def __init__(self, server):
        self.server = server
        self.late = []
        self.rows = []
        self.boxes = 0

    def session(self, mailbox="INBOX"):
        c = Imap(self.server, user="alice", timeout=900)
        if mailbox:
            c.ok(f"SELECT {mailbox}")
        return c

    def mail(self, *messages):
        """A session in a new mailbox with these messages, none parsed yet."""
        c = self.session(None)
        self.boxes += 1
        name = f"box{self.boxes}"
        c.ok(f"CREATE {name}")
        folder = os.path.join(self.server.maildir("alice"), "." + name)
        for n, text in enumerate(messages):
            path = os.path.join(folder, "tmp", f"{n}.x.x")
            with open(path, "wb") as f:
                f.write(text)
            os.chmod(path, 0o666)
            os.rename(path, os.path.join(folder, "new", f"{n}.x.x"))
        c.ok(f"SELECT {name}")
        return c

    def time(self, name, c, *command):
        n = Neighbour(self.server)
        n.start()
        time.sleep(0.05)
        n.wall = n.cpu = 0.0
        start = time.monotonic()
        answer = c.command(*command)
        took = time.monotonic() - start
        n.stop = True
        n.join()
        self.rows.append(f"| {name} | {took:.2f} s | {n.wall:.0f} ms "
                         f"| {n.cpu:.0f} ms |")
        print(self.rows[-1], answer.status, answer.text[:40], flush=True)
        if n.cpu > float(os.environ.get("MAX_MS", "inf")):
            self.late.append(name)


@case
def nothing(b):
    b.time("FETCH of one message, for comparison",
           b.mail(b"From: a@b\r\n\r\nx\r\n"), "FETCH 1 (ENVELOPE)")


@case
def list_patterns(b):
    c = b.session(None)
    for n in range(50):
        c.ok(f"CREATE {'a' * 240}{n:02d}")
    b.time("LIST, 64 patterns *%aaa..b, 50 mailboxes", c,
           'LIST "" (' + " ".join(["*%" + "a" * 118 + "b"] * 64) + ")")
    b.time("LIST, 64 patterns (*a%)*b", c,
           'LIST "" (' + " ".join(["*a%" * 60 + "b"] * 64) + ")")
    b.time("LIST, 64 patterns of 4 KB of %a", c,
           'LIST "" (' + " ".join(["{}"] * 64) + ")",
           *[b"%a" * 2047 + b"b"] * 64)


@case
def charsets(b):
    words = b" ".join(b"=?%s?q?abcdef?=" % KOI[n % 6] for n in range(4000))
    subject = b"From: a@b\r\nSubject: " + words[:60000] + b"\r\n\r\nx\r\n"
    c = b.mail(*[subject] * 10)
    b.time("FETCH, 10 new mails, 60 KB in 6 charsets", c,
           "FETCH 1:* (ENVELOPE)")
    c = b.mail(b"From: a@b\r\nComments: " + words + words + words +
               b"\r\n\r\nx\r\n")
    c.ok("FETCH 1 (ENVELOPE)")
    b.time("SEARCH TEXT, 300 KB in 6 charsets", c, "SEARCH TEXT zzz")
    b.time("SEARCH HEADER, 300 KB in 6 charsets", c,
           "SEARCH HEADER Comments zzz")


@case
def parts(b):
    head = b"From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    c = b.mail(head + b"--b\r\n\r\nx\r\n" * 10500,
               head + b"".join(
                   b"--b\r\nContent-Type: text/plain; charset=%s\r\n\r\nx\r\n"
                   % KOI[n % 6] for n in range(9000)))
    b.time("FETCH, two new mails of 10,000 parts", c, "FETCH 1:* (ENVELOPE)")
    b.time("FETCH BODYSTRUCTURE of them", c, "FETCH 1:* (BODYSTRUCTURE)")
    b.time("FETCH, 60 sections of them", c, "FETCH 1:* (" + " ".join(
        f"BODY.PEEK[{n * 100 + 1}]" for n in range(60)) + ")")
    b.time("SEARCH BODY, 9,000 parts in 6 charsets", c, "SEARCH BODY zzz")


@case
def headers(b):
    many = b.mail(b"From: a@b\r\n" + b"a:\n" * 3300000 + b"\r\nx\r\n")
    b.time("FETCH, new mail, 10 MB of header fields", many,
           "FETCH 1 (ENVELOPE)")
    b.time("FETCH HEADER.FIELDS of it", many,
           "FETCH 1 (BODY.PEEK[HEADER.FIELDS (X-A X-B X-C)])")
    b.time("FETCH, 20 HEADER.FIELDS.NOT of it", many, "FETCH 1 (" + " ".join(
        f"BODY.PEEK[HEADER.FIELDS.NOT (X-{n})]<0.1>" for n in range(20)) + ")")
    b.time("SEARCH HEADER of it", many, "SEARCH HEADER X-foo bar")
    b.time("SEARCH TEXT of it", many, "SEARCH TEXT zzz")
    b.time("FETCH, new mail, 10 MB of To:",
           b.mail(b"From: a@b\r\nTo: " + b'"a" ' * 2600000 + b"\r\n\r\nx\r\n"),
           "FETCH 1 (ENVELOPE)")
    fields = b.mail(b"From: a@b\r\n" + b"Comments: a\n" * 80000 +
                    b"\r\nx\r\n")
    b.time("FETCH, new mail, 960 KB of Comments:", fields,
           "FETCH 1 (ENVELOPE)")
    b.time("SEARCH, 490 keys HEADER Comments of it", fields, "SEARCH " +
           " ".join(f"NOT HEADER Comments zz{n}" for n in range(490)))
    b.time("SEARCH, 490 keys HEADER X-n of it", fields, "SEARCH " +
           " ".join(f"NOT HEADER X-{n} zz" for n in range(490)))


@case
def header_keys(b):
    keys = "SEARCH " + " ".join(
        f"NOT HEADER Comments zz{n}" for n in range(490))
    words = b" ".join(b"=?%s?q?abcdefgh?=" % KOI[n % 6] for n in range(2500))
    c = b.mail(b"From: a@b\r\nComments: " + words + b"\r\n\r\nx\r\n")
    c.ok("FETCH 1 (ENVELOPE)")
    b.time("SEARCH, 490 keys, 60 KB of encoded words", c, keys)
    c = b.mail(b"From: a@b\r\n" + b"a:\n" * 13000 + b"\r\nx\r\n")
    c.ok("FETCH 1 (ENVELOPE)")
    b.time("SEARCH, 490 keys, 13,000 fields", c, keys)


@case
def trees(b):
    root = b.server.maildir("alice")
    for n in range(-1, 3000):
        folder = os.path.join(root, f".top.m{n}" if n >= 0 else ".top")
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(folder, sub))
    owner = os.stat(root)
    os.system(f"chown -R {owner.st_uid}:{owner.st_gid} {root}")
    c = b.session(None)
    b.time("LIST of 3,000 new folders", c, 'LIST "" *')
    b.time("LIST of 3,000 mailboxes", c, 'LIST "" *')
    b.time("LIST-STATUS of 3,000 mailboxes", c,
           'LIST "" * RETURN (STATUS (MESSAGES))')
    b.time("RENAME of a tree of 3,000", c, "RENAME top top2")
    b.time("LIST after it", c, 'LIST "" *')
    b.time("LSUB", c, 'LSUB "" *')
    b.time("LIST (SUBSCRIBED RECURSIVEMATCH)", c,
           'LIST (SUBSCRIBED RECURSIVEMATCH) "" *')
    b.time("RENAME, into 3,000 names that exist", c, "RENAME top2 INBOX")
    for n in range(60):
        c.send(f"x{n} DELETE top2/m{n}\r\n")
    b.time("60 DELETEs", c, "NOOP")


@case
def sets(b):
    box = os.path.join(b.server.maildir("alice"), ".Big")
    count = 50000
    for sub in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(box, sub))
    base = os.path.join(box, "cur", "1.M0P1.x:2,")
    with open(base, "w") as f:
        f.write("From: a@b\n\nx\n")
    for n in range(1, count):
        os.link(base, os.path.join(box, "cur", f"1.M{n}P1.x:2,"))
    with open(os.path.join(box, "dovecot-uidlist"), "w") as f:
        f.write(f"3 V12345 N{2 * count + 10}\n")
        for n in range(count):
            f.write(f"{2 * n + 1} :1.M{n}P1.x\n")
    owner = os.stat(b.server.maildir("alice"))
    os.system(f"chown -R {owner.st_uid}:{owner.st_gid} {box}")
    c = b.session(None)
    b.time("SELECT of 50,000 new messages", c, "SELECT Big")
    b.time("SEARCH UID 1:*", c, "SEARCH UID 1:*")
    b.time("SEARCH, 999 keys UID 1:*", c,
           "SEARCH " + " ".join(["UID 1:*"] * 999))
    b.time("SEARCH, 999 keys 1:*", c, "SEARCH " + " ".join(["1:*"] * 999))
    b.time("SEARCH, 999 keys of 2 ranges", c, "SEARCH " + " ".join(
        f"NOT {n},{n + 1000}:{n + 1002}" for n in range(1, 400)))
    b.time("SEARCH, 490 keys NOT KEYWORD", c, "SEARCH " + " ".join(
        f"NOT KEYWORD zz{n}" for n in range(490)))
    b.time("SEARCH, 490 keys NOT BODY, 200 messages", c, "SEARCH 1:200 " +
           " ".join(f"NOT BODY zz{n}" for n in range(490)))
    b.time("SEARCH RETURN (ALL) 1:*", c, "SEARCH RETURN (ALL) 1:*")
    b.time("FETCH 1:* FLAGS", c, "FETCH 1:* (FLAGS)")
    b.time("UID FETCH of 9,000 UIDs, reversed", c, "UID FETCH " +
           ",".join(str(n) for n in range(9000, 1, -1)) + " (FLAGS)")
    b.time("FETCH 1:* CHANGEDSINCE", c, "FETCH 1:* (FLAGS) (CHANGEDSINCE 1)")
    b.time("STORE 1:*", c, "STORE 1:* +FLAGS.SILENT (zz1 zz2 \\Flagged)")
    b.time("STORE 1:* UNCHANGEDSINCE", c,
           "STORE 1:* (UNCHANGEDSINCE 1) +FLAGS.SILENT (zz1)")
    b.time("FETCH 1:*, all that the index has", c,
           "FETCH 1:* (UID ENVELOPE BODYSTRUCTURE RFC822.SIZE)")
    c.ok("CREATE Big2")
    b.time("COPY 1:20000", c, "COPY 1:20000 Big2")
    b.time("MOVE 1:10000", c, "MOVE 1:10000 Big2")
    b.time("STORE 1:* \\Deleted", c, "STORE 1:* +FLAGS.SILENT (\\Deleted)")
    b.time("EXPUNGE of 40,000", c, "EXPUNGE")


@case
def boundaries(b):
    head = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n"
        % (n, n + 1) for n in range(100))
    c = b.mail(b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + head +
               b"--\n" * 6000000)
    b.time("FETCH, new mail, 100 boundaries, 18 MB of --", c,
           "FETCH 1 (BODYSTRUCTURE)")


@case
def texts(b):
    c = b.mail(*[b"Subject: s\r\n\r\n" + b"ab " * 200000] * 3)
    c.ok("FETCH 1:* (ENVELOPE)")
    b.time("SEARCH CHARSET koi8-r, 800 KB of text", c,
           "SEARCH CHARSET koi8-r BODY {}", b"\xc1 " * 400000)
    b.time("SEARCH, 490 keys BODY of 1,800 octets", c, "SEARCH " +
           " ".join(["NOT BODY {}"] * 490), *[b"ab " * 600 + b"c"] * 490)
    c = b.mail(*[b"Subject: " + b"ab " * 4000 + b"\r\n\r\nx"] * 200)
    c.ok("FETCH 1:* (ENVELOPE)")
    b.time("SEARCH, 490 keys SUBJECT, 200 of 12 KB", c, "SEARCH " +
           " ".join(f"NOT SUBJECT bb{n}" for n in range(490)))


@case
def append(b):
    c = b.session()
    words = b" ".join(b"=?%s?q?abcdef?=" % KOI[n % 6] for n in range(4000))
    for name, text in (
            ("10 MB of header fields", b"a:\r\n" * 2600000),
            ("10 MB of To:", b"To: " + b'"a" ' * 2600000 + b"\r\n"),
            ("60 KB in 6 charsets",
             b"Subject: " + words[:60000] + b"\r\n"),
            ("10,000 parts",
             b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
             b"--b\r\n\r\nx\r\n" * 10500)):
        b.time(f"APPEND, {name}", c, "APPEND INBOX {}",
               b"From: a@b\r\n" + text + b"\r\nx\r\n")


@case
def items(b):
    c = b.mail(b"From: a@b\r\n\r\nx\r\n")
    b.time("SEARCH, nested 30 OR", c, "SEARCH " + "OR ALL " * 30 + "ALL")
    b.time("FETCH, 60 HEADER.FIELDS of 100 names", c, "FETCH 1 (" + " ".join(
        "BODY.PEEK[HEADER.FIELDS (" +
        " ".join(f"f{m}-{n}" for n in range(100)) + ")]"
        for m in range(60)) + ")")


def write(path, rows):
    with open(path) as f:
        head, _, rest = f.read().partition("<!-- neighbours -->\n")
    with open(path, "w") as f:
        f.write("\n".join([head + "<!-- neighbours -->",
                           "| command | takes | NOOP | CPU |",
                           "| --- | ---: | ---: | ---: |"] + rows) +
                "\n<!-- end of neighbours -->" +
                rest.partition("<!-- end of neighbours -->")[2])


def main():
    words = sys.argv[1:]
    path = None
    if words[:1] == ["--write"]:
        path, words = words[1], words[2:]
    with lib.Server("alice bob", conf=CONF) as server:
        bench = Bench(server)
        for function in CASES:
            if not words or any(w in function.__name__ for w in words):
                function(bench)
    if path:
        write(path, bench.rows)
    if bench.late:
        print("late:", ", ".join(bench.late))
        sys.exit(1)


if __name__ == "__main__":
    main()
