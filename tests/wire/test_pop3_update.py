#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""What a POP3 session sends and deletes: octets are exact wherever dots and
line ends fall, messages are deleted by QUIT alone, and IMAP sessions may
change the same mailbox meanwhile."""

import contextlib
import os
import random
import shutil
import subprocess

import lib
from lib import Imap, Pop3, check, need, same


def subjects(server, user="alice", mailbox="INBOX"):
    return sorted(server.snapshot(user, mailbox) or [])


def fill(server, names, user="alice"):
    """Fill INBOX with messages of these subjects, and no others."""
    with server.imap(user) as c:
        c.select("INBOX")
        c.store("1:*", "+FLAGS", "\\Deleted")
        c.expunge()
    server.append([lib.message(name) for name in names], user=user)


def raw(c, line):
    """A multi-line answer as received, without the final dot."""
    c.ok(line)
    got = b""
    while not got.endswith(b"\r\n.\r\n") and got != b".\r\n":
        got += c.file.read1(1 << 20)
    return got[:-3]


def stuffed(data):
    return b"".join(b"." + line if line.startswith(b".") else line
                    for line in data.splitlines(True))


# Sizes around those of buffers, with lines so short that a dot, a CR and an LF
# fall on each position.
HEAD = b"Subject: dots\r\n\r\n"
BODIES = [unit * (200000 // len(unit)) + tail
          for unit in (b".\r\n", b"..\r\n", b".a\r\n", b"\r\n.\r\n",
                       b".\r\n.\r\n\r\n", b"." * 61 + b"\r\n")
          for tail in (b"", b"x", b"xx", b".", b"\r\n")]


def dots(server):
    """Dots at the borders of read buffers, in files with CRLF and with LF."""
    messages = [HEAD + body for body in BODIES]
    rng = random.Random(1)
    for size in (4096, 8192, 16384, 32768, 65536, 131072):
        for shift in range(-3, 4):
            pad = size + shift - len(HEAD) - 4
            messages.append(HEAD + b"x" * pad + b"\r\n..\r\n.\r\n")
            messages.append(HEAD + b"".join(
                rng.choice((b".", b"\r\n.", b"\r\n", b"y"))
                for _ in range(pad)) + b"\r\n")
    messages = [m.replace(b"\r\n", b"\n").replace(b"\r", b"").replace(
        b"\n", b"\r\n") for m in messages]
    server.append(messages, user="bob")
    for message in messages:
        server.deliver(message, user="bob")
    with Pop3(server, user="bob") as c:
        sizes = [int(x.split()[1]) for x in c.multi("LIST")]
        same(len(sizes), 2 * len(messages), "messages")
        # A message without a final line end gets one (RFC 1939, section 3).
        want = sorted(m if m.endswith(b"\r\n") else m + b"\r\n"
                      for m in messages)
        got = []
        for number, size in enumerate(sizes, 1):
            data = raw(c, f"RETR {number}")
            lines = data.splitlines(True)
            need(all(x == b"\r\n" or x[:1] != b"." or x[:2] == b".."
                     for x in lines), f"unstuffed in {number}")
            plain = b"".join(x[1:] if x[:1] == b"." else x for x in lines)
            same(len(plain), size, f"size of {number}")
            got.append(plain)
        same(sorted(got[:len(want)]), want, "octets of appended ones")
        same(sorted(got[len(want):]), want, "octets of delivered ones")
        for number in (1, 4, len(messages)):
            lines = messages[number - 1][len(HEAD):].splitlines(True)
            for count in (0, 1, 21844, 21845, 21846, 70000, 4294967295):
                same(raw(c, f"TOP {number} {count}").removesuffix(b"\r\n"),
                     stuffed(HEAD + b"".join(lines[:count])).removesuffix(
                         b"\r\n"), f"TOP {number} {count}")


UTF8 = "Zo\u00eb".encode()
HEADERS = [
    # header, and the part that a session without UTF8 may not get unchanged
    (b"From: " + UTF8 + b" <zoe@example.org>\r\nSubject: One\r\n", UTF8),
    (b"Subject: " + UTF8 * 30 + b"\r\nTo: a@b\r\n", UTF8),
    (b"Subject: x\r\nX-Note: " + UTF8 + b"\r\n", UTF8),
    # Longer than what is read at once.
    (b"Subject: y\r\n" + b"X-Pad: " + b"x" * 900 + b"\r\n" * 1 +
     b"".join(b"X-Pad: %06d\r\n" % n for n in range(8000)) +
     b"X-Note: " + UTF8 + b"\r\n", UTF8),
    # This header is of no standard and is sent unchanged.
    (b"Subject: \xe9\xe8\r\n", None),
    (b"Subject: ASCII\r\n", None),
]
HUGE = b"Subject: " + UTF8 + b"\r\n" + b"X-Pad: nothing\r\n" * 70000


def utf8_sizes(server):
    """LIST, STAT and RETR agree to the octet, even if the header is converted
    when sent (RFC 6856, section 2.1)."""
    messages = [head + end + body for head, _ in HEADERS
                for end, body in ((b"\r\n", b"Body \xc3\xab.\r\n"),
                                  (b"\r\n", b"no end"), (b"", b""))]
    server.append([HUGE + b"\r\nx\r\n"] + messages, user="carol")
    for message in messages:
        server.deliver(message, user="carol")
    for utf8 in (False, True):
        with Pop3(server) as c:
            if utf8:
                c.ok("UTF8")
            c.login("carol")
            total = int(c.ok("STAT").split()[1])
            sizes = [int(x.split()[1]) for x in c.multi("LIST")]
            same(sum(sizes), total, "STAT")
            same(len(sizes), 2 * len(messages) + 1, "messages")
            for number, size in enumerate(sizes[1:], 2):
                same(int(c.ok(f"RETR {number}").split()[0]), size, "status")
                data = b"".join(x + b"\r\n" for x in c.lines())
                same(len(data), size, f"message {number}, UTF8 {utf8}")
                head, hidden = HEADERS[(number - 2) % len(messages) // 3]
                if utf8 or hidden is None:
                    need(data.startswith(head), "as it is")
                else:
                    need(hidden not in data.split(b"\r\n\r\n")[0],
                         "made over")
            if utf8:
                same(len(raw(c, "RETR 1")), sizes[0], "huge")
            else:
                for line in ("RETR 1", "TOP 1 0"):
                    need(c.err(line).startswith("[UTF8] "), line)
            c.ok("QUIT")


def beside(server):
    """IMAP sessions expunge, move, append and flag while a maildrop is
    open."""
    fill(server, ["A", "B", "C", "D", "E"])
    with server.imap() as c:
        c.create("Elsewhere")
    with Pop3(server, user="alice") as pop, Imap(server, user="alice") as c:
        stat = pop.ok("STAT")
        uidl = pop.multi("UIDL")
        c.ok("SELECT INBOX")
        c.ok("STORE 1 +FLAGS (\\Deleted)")
        c.ok("EXPUNGE")
        c.ok("MOVE 1 Elsewhere")		# B
        c.ok("STORE 1 +FLAGS (\\Deleted \\Flagged)")	# C
        c.append("INBOX", lib.message("F"))
        server.deliver(lib.message("G"))
        c.ok("NOOP")
        same(pop.ok("STAT"), stat, "STAT")
        same(pop.multi("UIDL"), uidl, "UIDL")
        for number, subject in enumerate("ABCDE", 1):
            pop.ok(f"RETR {number}")
            need(b"Subject: " + subject.encode() in pop.lines(), subject)
        for number in (1, 2, 4):
            pop.ok(f"DELE {number}")
        pop.ok("RSET")
        for number in (1, 2, 3):
            pop.ok(f"DELE {number}")
        pop.ok("QUIT")
        need(c.ok("NOOP").find("EXPUNGE"), "IMAP is told")
    same(subjects(server), ["D", "E", "F", "G"], "INBOX")
    same(subjects(server, mailbox="Elsewhere"), ["B"], "what was moved")


def two_drops(server):
    """Two sessions of one user: the later QUIT finds some messages gone."""
    fill(server, ["A", "B", "C"])
    with Pop3(server, user="alice") as one, Pop3(server, user="alice") as two:
        one.ok("DELE 1")
        one.ok("DELE 2")
        two.ok("DELE 2")
        two.ok("DELE 3")
        one.ok("QUIT")
        two.ok("RETR 1")
        two.lines()
        two.ok("QUIT")
    same(subjects(server), [], "all three are gone")


CUTS = (b"", b"QUIT", b"QUIT\r", b"QUI", b"NOOP\r\n", b"RETR 1\r\n",
        b"DELE 2\r\nRETR 1\r\nQUIT", b"XQUIT\r\n", b"QUIT now\r\n")


def cut(server):
    """A connection that ends before a complete QUIT deletes nothing; one that
    ends after it deletes."""
    fill(server, ["A", "B"])
    for what in CUTS:
        for port in ("pop3s", "pop3"):
            with Pop3(server, port, user="alice") as c:
                c.ok("DELE 1")
                c.send(what)
    lib.wait_for("sessions have ended", lambda: logouts(server, "no") >=
                 2 * len(CUTS))
    same(subjects(server), ["A", "B"], "nothing was deleted")
    with Pop3(server, user="alice") as c:
        c.ok("DELE 1")
        c.send("QUIT\r\n")
    lib.wait_for("QUIT without waiting deletes",
                 lambda: subjects(server) == ["B"])


def logouts(server, quit):
    with open(server.path("log"), errors="replace") as f:
        return f.read().count(f"logout user=alice quit={quit}")


@contextlib.contextmanager
def unwritable(path):
    """Make a folder unwritable, even for its owner."""
    mode = os.stat(path).st_mode
    os.chmod(path, 0o500)
    try:
        yield
    finally:
        os.chmod(path, mode)


def refused(server):
    """A QUIT that can't delete says so, and keeps all messages."""
    for folder in ("cur", os.path.join("penfold", "expunged")):
        fill(server, ["A", "B"])
        root = server.maildir("alice")
        os.makedirs(os.path.join(root, "penfold", "expunged"), exist_ok=True)
        with Pop3(server, user="alice") as c:
            c.ok("DELE 1")
            with unwritable(os.path.join(root, folder)):
                text = c.err("QUIT")
                need(text.startswith("[SYS/PERM] "), f"{folder}: {text}")
                need(c.closed(), "and ends")
        same(subjects(server), ["A", "B"], f"{folder}: kept")
        with Pop3(server, user="alice") as c:
            c.ok("DELE 1")
            c.ok("QUIT")
        same(subjects(server), ["B"], f"{folder}: the next one can")


def fill_disk(path):
    fd = os.open(path, os.O_CREAT | os.O_WRONLY)
    with contextlib.suppress(OSError):
        while True:
            os.write(fd, bytes(4096))
    os.close(fd)


def full_disk():
    """QUIT on a full disk keeps all with -ERR [SYS/TEMP], or deletes all."""
    with lib.Server("alice") as server:
        root = server.maildir("alice")
        os.makedirs(root, exist_ok=True)
        owner = os.stat(server.path("mail"))
        made = subprocess.run(["mount", "-t", "tmpfs", "-o",
                               f"size=8m,mode=700,uid={owner.st_uid},"
                               f"gid={owner.st_gid}", "none", root],
                              capture_output=True)
        if made.returncode != 0:
            print("skip full disk: no file system of that size can be had")
            return
        try:
            fill(server, [str(n) for n in range(60)])
            with Pop3(server, user="alice") as c:
                for number in range(1, 61):
                    c.ok(f"DELE {number}")
                fill_disk(os.path.join(root, "ballast"))
                answer = c.command("QUIT")
            os.unlink(os.path.join(root, "ballast"))
            left = subjects(server)
            if answer.startswith("+OK"):
                same(left, [], "done")
            else:
                need(answer.startswith("-ERR [SYS/TEMP] "), answer)
                same(len(left), 60, "all are kept")
        finally:
            server._stop()
            subprocess.run(["umount", root], check=True)


def vanished(server):
    """The number of a message whose file was removed gets -ERR; others
    work."""
    fill(server, ["A", "B", "C"])
    cur = os.path.join(server.maildir("alice"), "cur")
    with Pop3(server, user="alice") as c:
        c.ok("RETR 1")
        c.lines()
        victim, = (name for name in os.listdir(cur)
                   if b"Subject: B" in open(os.path.join(cur, name),
                                            "rb").read())
        os.unlink(os.path.join(cur, victim))
        c.err("RETR 2")
        c.err("TOP 2 0")
        c.ok("RETR 3")
        need(b"Subject: C" in c.lines(), "the next one")
        c.ok("DELE 2")
        c.ok("DELE 3")
        c.ok("QUIT")
    same(subjects(server), ["A"], "what is left")


def uidl_lasts():
    """Unique ids survive a restart and the loss of the index."""
    with lib.Server("alice") as server:
        fill(server, ["A", "B", "C", "D"])
        server.deliver(lib.message("E"))
        with Pop3(server, user="alice") as c:
            before = c.multi("UIDL")
            c.ok("DELE 2")
            c.ok("QUIT")
        del before[1]
        want = [x.split()[1] for x in before]
        index = os.path.join(server.maildir("alice"), "penfold")

        def ids():
            with Pop3(server, user="alice") as c:
                return [x.split()[1] for x in c.multi("UIDL")]

        same(ids(), want, "without message 2")
        server.restart()
        same(ids(), want, "after a restart")

        def lose_index():
            for name in os.listdir(index):
                if name.startswith(("index.db", "search.db")):
                    os.unlink(os.path.join(index, name))

        server.restart(lose_index)
        same(ids(), want, "after the index was lost")
        fill(server, ["F"])
        need(not set(ids()) & set(want), "no id is given out again")
        server.restart(lambda: shutil.rmtree(index))
        need(not set(ids()) & set(want), "nor then")


def main():
    with lib.Server("alice bob carol") as server:
        for test in (dots, utf8_sizes, beside, two_drops, cut, refused, vanished):
            with check(test.__name__.replace("_", " ")):
                test(server)
    for test in (full_disk, uidl_lasts):
        with check(test.__name__.replace("_", " ")):
            test()
    lib.finish()


if __name__ == "__main__":
    main()
