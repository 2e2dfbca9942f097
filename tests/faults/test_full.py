#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Faults: a full disk, and one without inodes."""

import contextlib
import os
import re
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "wire"))
import lib
from home import OWNER, again, kill_workers, small_disk, small_ext4, \
    subjects, text
from lib import Imap, Pop3, check, expect, expect_match, need, wait_for

ROOT = "" if os.geteuid() == 0 else "wants root"
# The response codes that a client may get when the disk is full (RFC 5530).
FULL = ("[OVERQUOTA]", "[LIMIT]", "[UNAVAILABLE]")


CONF = "lock timeout 2s\npoll interval 1s\nindex idle timeout 2s\n"


class Server(lib.Server):
    """A server of users each of whom one check uses."""

    def __init__(self):
        super().__init__("bob carol dave erin frank grace heidi ivan judy "
                         "karl", CONF)


def fill(root):
    """Fill the disk to the last block."""
    with contextlib.suppress(OSError), \
            open(os.path.join(root, "fill"), "ab", 0) as f:
        while f.write(b"x" * 4096):
            pass


def refused(answer):
    return answer.status == "NO" and any(c in answer.text for c in FULL)


def expect_refused(answer, command):
    need(refused(answer), f"{command}: want NO with one of {FULL}, "
         f"got {answer!r}")


# A full disk.  Each check goes on from where those before it have left it.

class FullDisk:
    """A user with a mailbox on a small disk, and what was acknowledged."""

    def __init__(self, server, root):
        self.server, self.root, self.kept = server, root, set()
        with open(os.path.join(root, "ballast"), "wb") as f:
            f.write(b"x" * 1000000)
        self.c = Imap(server, user="alice")
        self.c.ok("CREATE box")
        self.c.ok("CREATE copies")

    def append(self, key):
        answer = self.c.command("APPEND INBOX {}", text(key, 60000))
        if answer.status == "OK":
            expect_match(r"APPENDUID \d+ \d+", answer.text, "APPEND")
            self.kept.add(key)
        return answer


@contextlib.contextmanager
def full_disk():
    with lib.Server("alice", CONF) as server, \
            small_disk(server, "alice", "6m") as root:
        disk = FullDisk(server, root)
        try:
            yield disk
        finally:
            disk.c.close()


@check("APPEND that fills the disk is NO, leaves nothing in tmp/, and the log "
       "has path and errno (RFC 5530 3)", skip=ROOT)
def disk_fills(disk):
    for n in range(200):
        answer = disk.append(f"m{n}")
        if answer.status != "OK":
            break
    expect_refused(answer, "APPEND")
    expect(os.listdir(os.path.join(disk.root, "tmp")), [], "files in tmp/")
    expect_match(r"store error path=\S+/alice/tmp/\S+ errno=28: ",
                 disk.server.log_text(), "the log")


@check("on a disk without a free block each command is done or refused, and "
       "the session goes on", skip=ROOT)
def disk_is_full(disk):
    fill(disk.root)
    disk.c.ok("SELECT INBOX")
    for command in ("STORE 1:* +FLAGS (\\Deleted one two)",
                    "COPY 1:* copies", "MOVE 1:* box",
                    "CREATE another/one", "SUBSCRIBE INBOX/x",
                    "RENAME box crate"):
        answer = disk.c.command(command)
        if answer.status != "OK" and "NONEXISTENT" not in answer.text:
            expect_refused(answer, command)
    # STORE may have given up the reserve.
    fill(disk.root)
    expect_refused(disk.append("late"), "APPEND")
    disk.c.ok("NOOP")


@check("once the disk has room again, everything works and nothing refused is "
       "there", skip=ROOT)
def disk_has_room(disk):
    os.unlink(os.path.join(disk.root, "ballast"))
    with Imap(disk.server, user="alice") as c:
        there = set()
        for box in ("INBOX", "box", "crate"):
            if c.command(f"STATUS {box} (MESSAGES)").status == "OK":
                there.update(subjects(c, box))
        expect(there - disk.kept, set(), "messages that were refused")
        c.ok("SELECT INBOX")
        c.ok("CREATE afterwards")
        c.append("afterwards", text("after"))
        expect(list(subjects(c, "afterwards")), ["after"], "afterwards")


@check("an index that was used on a full disk can be opened again", skip=ROOT)
def disk_reopened(disk):
    kill_workers(disk.server)
    with again(disk.server) as c:
        c.ok("STATUS INBOX (MESSAGES)")


@contextlib.contextmanager
def some_expunged(server, user, n):
    """A small disk with 30 messages, of which the first n are expunged."""
    with small_disk(server, user, "6m") as root:
        with Imap(server, user=user) as c:
            for i in range(30):
                c.append("INBOX", text(f"m{i}", 60000))
            c.ok("SELECT INBOX")
            c.ok(f"STORE 1:{n} +FLAGS.SILENT (\\Deleted)")
            c.ok("EXPUNGE")
            expunged = os.path.join(root, "penfold", "expunged")
            expect(len(os.listdir(expunged)), n, "files kept aside")
            yield root, expunged, c


@check("on a full disk, what was expunged more than a minute ago makes room",
       skip=ROOT)
def room_again(server):
    with some_expunged(server, "heidi", 30) as (root, expunged, c):
        db = sqlite3.connect(os.path.join(root, "penfold", "index.db"))
        with db:
            db.execute("UPDATE expunged SET time = time - 61 "
                       "WHERE uid <= 20")
        db.close()
        fill(root)
        late = text("late", 60000)
        expect_refused(c.command("APPEND INBOX {}", late), "APPEND")
        wait_for("room", lambda: c.command(
            "APPEND INBOX {}", late).status == "OK")
        wait_for("10 files of 30 are left", lambda: len(
            os.listdir(expunged)) == 10)


@check("on a disk without a free block STORE and EXPUNGE succeed, and what was "
       "expunged before goes first", skip=ROOT)
def room_at_once(server):
    with some_expunged(server, "judy", 10) as (root, expunged, c):
        fill(root)
        c.ok("STORE 1:20 +FLAGS.SILENT (\\Flagged k1 k2 k3)")
        c.ok("STORE 1:10 +FLAGS.SILENT (\\Deleted)")
        c.ok("EXPUNGE")
        expect(os.listdir(expunged), [], "files kept aside")
        c.append("INBOX", text("late", 60000))
        expect(sorted(subjects(c, "INBOX")), sorted(
            [f"m{n}" for n in range(20, 30)] + ["late"]), "INBOX")


def reserve_is_there(root):
    path = os.path.join(root, "penfold", "reserve")
    wait_for("the reserve", lambda: os.path.exists(path) and
             os.path.getsize(path) == 262144)


def empty_wal(root):
    """Cut the WAL, so that each commit needs room."""
    db = sqlite3.connect(os.path.join(root, "penfold", "index.db"))
    expect(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall(),
           [(0, 0, 0)], "checkpoint")
    db.close()


def full_of_mail(server, user, root):
    """Fill the disk with mail, and the rest of it with something else."""
    n = 0
    reserve_is_there(root)
    ballast = os.path.join(root, "ballast")
    with open(ballast, "wb") as f:
        f.write(b"x" * 1000000)
    with Imap(server, user=user) as c:
        c.ok("CREATE box")
        c.ok("SUBSCRIBE box")
        while c.command("APPEND box {}", text(f"m{n}", 3000)).status == "OK":
            n += 1
        os.unlink(ballast)
        empty_wal(root)
        fill(root)
        expect_refused(c.command("APPEND box {}", text("no")), "APPEND")


def expunge_makes_room(server, user, root):
    Imap(server, user=user).close()
    full_of_mail(server, user, root)
    with Imap(server, user=user) as c:
        c.ok("SELECT box")
        c.ok("STORE 11:* +FLAGS.SILENT (\\Deleted)")
        c.ok("EXPUNGE")
        c.append("box", text("late", 60000))
    with Imap(server, user=user) as c:
        expect(set(subjects(c, "box")),
               {f"m{n}" for n in range(10)} | {"late"}, "messages")


@check("where nothing is kept that could go, EXPUNGE makes room all the same",
       skip=ROOT)
def nothing_kept(server):
    with small_disk(server, "bob", "6m") as root:
        expunge_makes_room(server, "bob", root)


@check("so it does on an ext4", skip=ROOT)
def nothing_kept_ext4(server):
    with small_ext4(server, "frank", 12 << 20) as root:
        expunge_makes_room(server, "frank", root)


def trash_makes_room(server, user, root):
    with Imap(server, user=user) as c:
        c.ok("CREATE bin")
        for n in range(5):
            c.append("INBOX", text(f"i{n}"))
        c.ok("SELECT INBOX")
        c.ok("MOVE 1:* bin")
    full_of_mail(server, user, root)
    with Imap(server, user=user) as c:
        c.ok("SELECT box")
        c.ok("MOVE 11:60 bin")
        # Whatever room there is goes to somebody else.
        fill(root)
        c.ok("SELECT bin")
        c.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        fill(root)
        c.ok("EXPUNGE")
        c.append("box", text("late", 60000))
    with Imap(server, user=user) as c:
        there = set(subjects(c, "box"))
        expect({key for key in ("m9", "m10", "m59", "m60", "late")
                if key in there}, {"m9", "m60", "late"}, "box")
        expect(subjects(c, "bin"), {}, "messages in the trash")


@check("so it does where mail was moved to the trash first", skip=ROOT)
def trash(server):
    with small_disk(server, "grace", "6m") as root:
        trash_makes_room(server, "grace", root)


@check("so it does where mail was moved to the trash of an ext4",
       skip=ROOT)
def trash_ext4(server):
    with small_ext4(server, "karl", 12 << 20) as root:
        trash_makes_room(server, "karl", root)


@check("so does QUIT of POP3", skip=ROOT)
def quit_makes_room(server):
    with small_disk(server, "carol", "6m") as root:
        with Imap(server, user="carol") as c:
            c.append("INBOX", text("one", 60000))
            c.append("INBOX", text("two", 60000))
        full_of_mail(server, "carol", root)
        with Pop3(server, user="carol") as c:
            c.ok("DELE 1")
            c.ok("QUIT")
        with Imap(server, user="carol") as c:
            c.append("INBOX", text("three", 30000))
            expect(set(subjects(c, "INBOX")), {"two", "three"}, "messages")


@check("so does DELETE of a mailbox", skip=ROOT)
def delete_makes_room(server):
    with small_disk(server, "erin", "6m") as root:
        Imap(server, user="erin").close()
        full_of_mail(server, "erin", root)
        with Imap(server, user="erin") as c:
            c.ok("DELETE box")
            wait_for("room", lambda: c.command(
                "APPEND INBOX {}", text("late", 500000)).status == "OK")


@check("on a disk without a free block one can log in and read, also after all "
       "processes were killed", skip=ROOT)
def full_disk_is_read(server):
    with small_disk(server, "dave", "6m") as root:
        Imap(server, user="dave").close()
        for n in range(20):
            path = os.path.join(root, "new", f"delivered.{n}.host")
            with open(path, "wb") as f:
                f.write(text(f"d{n}", 3000).replace(b"\r\n", b"\n"))
            os.chown(path, OWNER, OWNER)
        with Imap(server, user="dave") as c:
            c.ok("SELECT INBOX")
        full_of_mail(server, "dave", root)
        kill_workers(server)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(root, "penfold", "index.db-shm"))
        fill(root)
        with again(server, "dave") as c:
            need(c.ok("SELECT INBOX").find(r"^\* 20 EXISTS"), "want EXISTS")
            for n in range(1, 21):
                answer = c.ok(f"FETCH {n} (ENVELOPE BODYSTRUCTURE BODY[])")
                need(b"\r\nxxx" in b"".join(answer.untagged),
                     f"message {n}: want its text, got {answer!r}")
            expect(len(c.ok("SEARCH TEXT xxx").untagged[0].split()), 22,
                   "words of SEARCH")
            c.ok("LIST \"\" *")
            c.ok("STATUS box (MESSAGES UNSEEN)")
        with Pop3(server, user="dave") as c:
            expect(c.ok("STAT").split()[0], "20", "STAT")
            need(len(c.multi("RETR 1")) > 20, "want all lines of RETR")


class Crowd:
    """A user's mail on a file system without a free inode."""

    def __init__(self, server, user):
        self.server, self.user, self.kept = server, user, set()
        self.c = Imap(server, user=user)
        self.c.ok("CREATE box")
        self.c.ok("SELECT INBOX")

    def append(self, key, mailbox="INBOX"):
        answer = self.c.command(f"APPEND {mailbox} {{}}", text(key, 300))
        if answer.status == "OK":
            self.kept.add(key)
        else:
            expect_refused(answer, "APPEND")
        return answer.status == "OK"

    def work(self):
        """Change this and that; each command is done or refused."""
        n = 0
        while self.append(f"a{n}"):
            n += 1
        for i in range(8):
            self.append(f"b{i}")
            self.append(f"c{i}", "box")
            for command in (f"STORE {i + 1} +FLAGS (\\Flagged k{i})",
                            f"COPY {i + 1} box", f"CREATE new{i}"):
                answer = self.c.command(command)
                if answer.status != "OK":
                    expect_refused(answer, command)
            self.c.ok("NOOP")

    def judge(self):
        self.c.close()
        with Imap(self.server, user=self.user) as c:
            there = set(subjects(c, "INBOX"))
            for row in c.ok("LIST \"\" *").untagged:
                if b" box" in row:
                    c.ok("SELECT box")
                    there |= {m[1].decode() for m in re.finditer(
                        rb"Subject: (\S+)", b"".join(c.ok(
                            "UID FETCH 1:* (BODY.PEEK[HEADER])").untagged))}
            expect(there, self.kept, "messages")


@check("with no inode left each command is done or refused, and what was "
       "refused is not there afterwards", skip=ROOT)
def no_inode(server):
    with small_disk(server, "ivan", "6m,nr_inodes=90") as root:
        crowd = Crowd(server, "ivan")
        crowd.work()
        subprocess.run(["mount", "-o", "remount,nr_inodes=2000", root],
                       check=True)
        crowd.judge()


def main():
    lib.story(full_disk, disk_fills, disk_is_full, disk_has_room,
              disk_reopened)
    lib.on(Server, room_again, room_at_once, nothing_kept,
           nothing_kept_ext4, trash, trash_ext4, quit_makes_room,
           delete_makes_room, full_disk_is_read, no_inode)
    lib.finish()


if __name__ == "__main__":
    main()
