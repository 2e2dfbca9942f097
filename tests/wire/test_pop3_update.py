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
from lib import Imap, Pop3, check, expect, expect_in, expect_match, \
    expect_not_in, need, wait_for

USERS = [f"user{n}" for n in range(24)]
next_user = iter(USERS)


def subjects(server, user, mailbox="INBOX"):
    return sorted(server.snapshot(user, mailbox) or [])


def filled(server, names):
    """A user with messages of these subjects, whom no other check uses."""
    user = next(next_user)
    server.append([lib.message(name) for name in names], user)
    return user


def raw(c, line):
    """A multi-line answer as received, without the final dot."""
    c.ok(line)
    got = b""
    while not got.endswith(b"\r\n.\r\n") and got != b".\r\n":
        got += c.file.read1(1 << 20)
    return got[:-3]


def sizes(c):
    return [int(line.split()[1]) for line in c.multi("LIST")]


# Octets.

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


def dotted():
    """Messages with dots at the borders of read buffers."""
    messages = [HEAD + body for body in BODIES]
    rng = random.Random(1)
    for size in (4096, 8192, 16384, 32768, 65536, 131072):
        for shift in range(-3, 4):
            pad = size + shift - len(HEAD) - 4
            messages.append(HEAD + b"x" * pad + b"\r\n..\r\n.\r\n")
            messages.append(HEAD + b"".join(
                rng.choice((b".", b"\r\n.", b"\r\n", b"y"))
                for _ in range(pad)) + b"\r\n")
    return [m.replace(b"\r\n", b"\n").replace(b"\r", b"").replace(
        b"\n", b"\r\n") for m in messages]


DOTTED = dotted()
# Files have CRLF if they were appended, and LF if they were delivered.
WAYS = ("appended", "delivered")


def with_dots(server, way):
    """The user to whom the messages with dots came that way."""
    if way not in server.dotted:
        server.dotted[way] = user = next(next_user)
        if way == "appended":
            server.append(DOTTED, user)
        else:
            for message in DOTTED:
                server.deliver(message, user)
    return server.dotted[way]


@check("RETR sends the octets of {} messages and LIST tells their number, "
       "wherever dots and line ends fall (RFC 1939 3)", with_each=WAYS)
def retr(server, way):
    with Pop3(server, user=with_dots(server, way)) as c:
        listed = sizes(c)
        expect(len(listed), len(DOTTED), "messages")
        for number, size in enumerate(listed, 1):
            lines = raw(c, f"RETR {number}").splitlines(True)
            for line in lines:
                need(line == b"\r\n" or line[:1] != b"." or
                     line[:2] == b"..", f"RETR {number} has {line!r}")
            plain = b"".join(x[1:] if x[:1] == b"." else x for x in lines)
            expect(len(plain), size, f"size of {number}")
            # A message without a final line end gets one (RFC 1939, 3).
            want = DOTTED[number - 1]
            expect(plain, want if want.endswith(b"\r\n") else
                   want + b"\r\n", f"octets of {number}")


@check("TOP sends as many lines of {} messages as it is asked for, wherever "
       "dots and line ends fall (RFC 1939 7)", with_each=WAYS)
def top(server, way):
    with Pop3(server, user=with_dots(server, way)) as c:
        for number in (1, 4, len(DOTTED)):
            lines = DOTTED[number - 1][len(HEAD):].splitlines(True)
            for count in (0, 1, 21844, 21845, 21846, 70000, 4294967295):
                want = stuffed(HEAD + b"".join(lines[:count]))
                expect(raw(c, f"TOP {number} {count}").removesuffix(b"\r\n"),
                       want.removesuffix(b"\r\n"), f"TOP {number} {count}")


# Headers for a session without UTF8 (RFC 6856).

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
WITH_UTF8 = [head + end + body for head, _ in HEADERS
             for end, body in ((b"\r\n", b"Body \xc3\xab.\r\n"),
                               (b"\r\n", b"no end"), (b"", b""))]
HUGE = b"Subject: " + UTF8 + b"\r\n" + b"X-Pad: nothing\r\n" * 70000
MODES = ("with", "without")


def utf8_session(server, mode):
    """A session of carol, who has HUGE and then WITH_UTF8, appended and
    delivered."""
    if not server.carol_filled:
        server.carol_filled = True
        server.append([HUGE + b"\r\nx\r\n"] + WITH_UTF8, "carol")
        for message in WITH_UTF8:
            server.deliver(message, "carol")
    c = Pop3(server)
    if mode == "with":
        c.ok("UTF8")
    c.login("carol")
    return c


@check("LIST, STAT and RETR {} UTF8 agree to the octet (RFC 6856 2.1)",
       with_each=MODES)
def utf8_sizes(server, mode):
    with utf8_session(server, mode) as c:
        listed = sizes(c)
        expect(len(listed), 2 * len(WITH_UTF8) + 1, "messages")
        expect(int(c.ok("STAT").split()[1]), sum(listed), "STAT")
        for number, size in enumerate(listed[1:], 2):
            expect(int(c.ok(f"RETR {number}").split()[0]), size,
                   f"status of {number}")
            data = b"".join(x + b"\r\n" for x in c.lines())
            expect(len(data), size, f"octets of {number}")


def headers(server, mode):
    """Each message as RETR sends it, its header as it was stored, and the part
    of it that a session without UTF8 may not get."""
    with utf8_session(server, mode) as c:
        for number in range(2, 2 * len(WITH_UTF8) + 2):
            data = b"".join(x + b"\r\n" for x in c.multi(f"RETR {number}"))
            yield data, *HEADERS[(number - 2) % len(WITH_UTF8) // 3]


@check("with UTF8 headers are sent as they are (RFC 6856 2.1)")
def utf8_unchanged(server):
    for data, head, _ in headers(server, "with"):
        expect(data[:len(head)], head, "header")


@check("without UTF8 headers have no UTF-8, and octets of no standard are "
       "sent as they are (RFC 6856 2.1)")
def utf8_converted(server):
    for data, head, hidden in headers(server, "without"):
        if hidden is None:
            expect(data[:len(head)], head, "header")
        else:
            expect_not_in(hidden, data.split(b"\r\n\r\n")[0], "header")


@check("a header that is too long to be converted gets [UTF8] (RFC 6856 5), "
       "and is sent with UTF8")
def utf8_huge(server):
    with utf8_session(server, "with") as c:
        expect(len(raw(c, "RETR 1")), sizes(c)[0], "octets")
    with utf8_session(server, "without") as c:
        for line in ("RETR 1", "TOP 1 0"):
            expect_match(r"^\[UTF8\] ", c.err(line), line)


# Other sessions.

@contextlib.contextmanager
def disturbed(server):
    """A maildrop of A to E, and what IMAP sessions did to its mailbox since
    it was opened."""
    user = filled(server, "ABCDE")
    with Imap(server, user=user) as c, Pop3(server, user=user) as pop:
        c.ok("CREATE Elsewhere")
        pop.before = pop.ok("STAT"), pop.multi("UIDL")
        c.ok("SELECT INBOX")
        c.ok("STORE 1 +FLAGS (\\Deleted)")
        c.ok("EXPUNGE")				# A
        c.ok("MOVE 1 Elsewhere")		# B
        c.ok("STORE 1 +FLAGS (\\Deleted \\Flagged)")	# C
        c.append("INBOX", lib.message("F"))
        server.deliver(lib.message("G"), user)
        c.ok("NOOP")
        yield user, pop, c


@check("what IMAP sessions expunge, move, flag and append changes nothing in "
       "a maildrop that is open (RFC 1939 4)")
def beside(server):
    with disturbed(server) as (_, pop, _):
        expect((pop.ok("STAT"), pop.multi("UIDL")), pop.before,
               "STAT and UIDL")
        for number, subject in enumerate("ABCDE", 1):
            expect_in(b"Subject: " + subject.encode(),
                      pop.multi(f"RETR {number}"), f"RETR {number}")


@check("QUIT deletes what is marked and still there, and nothing else; IMAP "
       "sessions are told (RFC 1939 6)")
def quit_beside(server):
    with disturbed(server) as (user, pop, c):
        for number in (1, 2, 4):
            pop.ok(f"DELE {number}")
        pop.ok("RSET")
        for number in (1, 2, 3):
            pop.ok(f"DELE {number}")
        pop.ok("QUIT")
        c.ok("NOOP").has(r"^\* \d+ EXPUNGE", "NOOP")
    expect(subjects(server, user), ["D", "E", "F", "G"], "INBOX")
    expect(subjects(server, user, "Elsewhere"), ["B"], "Elsewhere")


@check("of two sessions that delete, the later one finds some messages gone, "
       "and deletes the others")
def two_drops(server):
    user = filled(server, "ABC")
    with Pop3(server, user=user) as one, Pop3(server, user=user) as two:
        one.ok("DELE 1")
        one.ok("DELE 2")
        two.ok("DELE 2")
        two.ok("DELE 3")
        one.ok("QUIT")
        expect_in(b"Subject: A", two.multi("RETR 1"), "RETR 1")
        two.ok("QUIT")
    expect(subjects(server, user), [], "INBOX")


# Connections that end.

@check("a connection that ends after {!r} deletes nothing (RFC 1939 6)",
       with_each=("", "QUIT", "QUIT\r", "QUI", "NOOP\r\n", "RETR 1\r\n",
                  "DELE 2\r\nRETR 1\r\nQUIT", "XQUIT\r\n",
                  "QUIT now\r\n"))
def cut(server, what):
    user = filled(server, "AB")
    for port in ("pop3s", "pop3"):
        with Pop3(server, port, user=user) as c:
            c.ok("DELE 1")
            c.send(what)
    wait_for("both sessions have ended without QUIT", lambda:
             server.log_text().count(f"logout user={user} quit=no") == 2)
    expect(subjects(server, user), ["A", "B"], "INBOX")


@check("QUIT deletes although the client does not wait for its answer")
def quit_unheard(server):
    user = filled(server, "AB")
    with Pop3(server, user=user) as c:
        c.ok("DELE 1")
        c.send("QUIT\r\n")
    wait_for("it is deleted", lambda: subjects(server, user) == ["B"])


# Deletions that fail.

@contextlib.contextmanager
def unwritable(path):
    """Make a folder unwritable, even for its owner."""
    mode = os.stat(path).st_mode
    os.chmod(path, 0o500)
    try:
        yield
    finally:
        os.chmod(path, mode)


@check("a QUIT that cannot write to {} says [SYS/PERM] and keeps all messages "
       "(RFC 1939 6, RFC 3206)", with_each=("cur", "penfold/expunged"))
def refused(server, folder):
    user = filled(server, "AB")
    root = server.maildir(user)
    os.makedirs(os.path.join(root, "penfold", "expunged"), exist_ok=True)
    with Pop3(server, user=user) as c:
        c.ok("DELE 1")
        with unwritable(os.path.join(root, folder)):
            expect_match(r"^\[SYS/PERM\] ", c.err("QUIT"), "QUIT")
            need(c.closed(), "the connection is closed")
    expect(subjects(server, user), ["A", "B"], "INBOX")
    with Pop3(server, user=user) as c:
        c.ok("DELE 1")
        c.ok("QUIT")
    expect(subjects(server, user), ["B"], "INBOX after the next QUIT")


@check("a message whose file was removed gets -ERR, and all others are served")
def vanished(server):
    user = filled(server, "ABC")
    cur = os.path.join(server.maildir(user), "cur")
    with Pop3(server, user=user) as c:
        c.multi("RETR 1")
        for name in os.listdir(cur):
            with open(os.path.join(cur, name), "rb") as f:
                if b"Subject: B" in f.read():
                    os.unlink(f.name)
        expect(len(os.listdir(cur)), 2, "files")
        c.err("RETR 2")
        c.err("TOP 2 0")
        expect_in(b"Subject: C", c.multi("RETR 3"), "RETR 3")
        c.ok("DELE 2")
        c.ok("DELE 3")
        c.ok("QUIT")
    expect(subjects(server, user), ["A"], "INBOX")


class Server(lib.Server):
    def __init__(self):
        super().__init__(" ".join(["carol", *USERS]))
        self.dotted = {}
        self.carol_filled = False


class SmallDisk(lib.Server):
    """A server with mail of alice on a file system of 8 MB."""

    def __init__(self):
        self.mounted = False
        super().__init__("alice")
        self.root = self.maildir("alice")
        os.makedirs(self.root, exist_ok=True)
        owner = os.stat(self.path("mail"))
        self.mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size=8m,mode=700,"
             f"uid={owner.st_uid},gid={owner.st_gid}", "none", self.root],
            capture_output=True).returncode == 0

    def close(self):
        self._stop()
        if self.mounted:
            subprocess.run(["umount", self.root], check=True)
        super().close()


def fill_disk(path):
    fd = os.open(path, os.O_CREAT | os.O_WRONLY)
    with contextlib.suppress(OSError):
        while True:
            os.write(fd, bytes(4096))
    os.close(fd)


@check("QUIT on a full disk deletes all, or keeps all and says [SYS/TEMP] "
       "(RFC 1939 6, RFC 3206)")
def full_disk(server):
    if not server.mounted:
        raise lib.Skip("no file system of that size can be had")
    names = [str(n) for n in range(60)]
    server.append([lib.message(name) for name in names])
    ballast = os.path.join(server.root, "ballast")
    with Pop3(server, user="alice") as c:
        for number in range(1, 61):
            c.ok(f"DELE {number}")
        fill_disk(ballast)
        answer = c.command("QUIT")
    os.unlink(ballast)
    if not answer.startswith("+OK"):
        expect_match(r"^-ERR \[SYS/TEMP\] ", answer, "QUIT")
    expect(subjects(server, "alice"),
           [] if answer.startswith("+OK") else sorted(names),
           f"INBOX after {answer}")


# Unique ids (RFC 1939, 7) last.  Each of these checks needs those before it.

class Ids(lib.Server):
    """A server, and the unique ids of alice as they were first told."""

    def __init__(self):
        super().__init__("alice")
        self.append([lib.message(name) for name in "ABCD"])
        self.deliver(lib.message("E"))
        self.want = self.ids()
        self.folder = os.path.join(self.maildir("alice"), "penfold")

    def ids(self):
        with Pop3(self, user="alice") as c:
            return [line.split()[1] for line in c.multi("UIDL")]


@check("unique ids of the others stay when a message is deleted")
def uidl_after_quit(server):
    with Pop3(server, user="alice") as c:
        c.ok("DELE 2")
        c.ok("QUIT")
    del server.want[1]
    expect(server.ids(), server.want, "UIDL")


@check("unique ids survive a restart")
def uidl_after_restart(server):
    server.restart()
    expect(server.ids(), server.want, "UIDL")


@check("unique ids survive the loss of the index")
def uidl_after_loss(server):
    def lose_index():
        for name in os.listdir(server.folder):
            if name.startswith(("index.db", "search.db")):
                os.unlink(os.path.join(server.folder, name))
    server.restart(lose_index)
    expect(server.ids(), server.want, "UIDL")


@check("no unique id is given out again, whatever was lost")
def uidl_never_again(server):
    with Pop3(server, user="alice") as c:
        for number in range(1, len(server.want) + 1):
            c.ok(f"DELE {number}")
        c.ok("QUIT")
    server.append([lib.message("F")])
    first = server.ids()
    expect(len(first), 1, "messages")
    expect_not_in(first[0], server.want, "UIDL")
    server.restart(lambda: shutil.rmtree(server.folder))
    second = server.ids()
    expect(len(second), 1, "messages")
    expect_not_in(second[0], server.want, "UIDL after all but mail was lost")


def main():
    lib.on(Server, retr, top, utf8_sizes, utf8_unchanged, utf8_converted,
           utf8_huge, beside, quit_beside, two_drops, cut, quit_unheard,
           refused, vanished)
    lib.on(SmallDisk, full_disk)
    lib.story(Ids, uidl_after_quit, uidl_after_restart, uidl_after_loss,
              uidl_never_again)
    lib.finish()


if __name__ == "__main__":
    main()
