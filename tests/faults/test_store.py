#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Faults: a full disk, a lock that is held, no inotify instances, an unclean
shutdown, an interrupted MOVE, a damaged index."""

import contextlib
import ctypes
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "wire"))
import family
import lib
from lib import Imap, Pop3, check, expect, expect_in, expect_match, need, \
    wait_for

ROOT = "" if os.geteuid() == 0 else "wants root"
OWNER = 61003
# The response codes that a client may get when the disk is full (RFC 5530).
FULL = ("[OVERQUOTA]", "[LIMIT]", "[UNAVAILABLE]")


CONF = "lock timeout 2s\npoll interval 1s\nindex idle timeout 2s\n"


def text(key, size=0):
    line = b"x" * 70 + b"\r\n"
    return f"Subject: {key}\r\n\r\n".encode() + line * (size // 72)


def subjects(c, mailbox):
    """Return {subject: UID}.  No subject may occur twice."""
    answer = c.ok(f"SELECT {mailbox}")
    if answer.find(r"^\* 0 EXISTS"):
        return {}
    found = {}
    for row in c.ok("FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])") \
            .untagged:
        if m := re.search(rb"UID (\d+).*Subject: (\S+)", row, re.S):
            key = m[2].decode()
            need(key not in found, f"{key} is there twice in {mailbox}")
            found[key] = int(m[1])
    return found


def kill_workers(server):
    """Kill the mail workers; the parent forks others."""
    for parent in family.parents(server):
        for pid in family.of_role(parent, "mail"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def again(server, user="alice"):
    """Log in as soon as the workers are back."""
    def login():
        try:
            return Imap(server, user=user)
        except (lib.Closed, OSError, AssertionError):
            return None
    return wait_for("workers are back", login)


@contextlib.contextmanager
def small_disk(server, user, size):
    """Put the user's mail on a file system of that size."""
    root = server.maildir(user)
    os.makedirs(root, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o",
                    f"size={size},uid={OWNER},gid={OWNER},mode=700", "none",
                    root], check=True)
    try:
        yield root
    finally:
        subprocess.run(["umount", "-l", root], check=True)


class Server(lib.Server):
    """A server of users each of whom one check uses."""

    def __init__(self):
        super().__init__("bob carol dave erin frank grace heidi ivan judy",
                         CONF)


def fill(root):
    """Fill the disk to the last block."""
    with contextlib.suppress(OSError), \
            open(os.path.join(root, "fill"), "wb", 0) as f:
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
                 family.log(disk.server), "the log")


@check("on a disk without a free block each command is done or refused, and "
       "the session goes on", skip=ROOT)
def disk_is_full(disk):
    fill(disk.root)
    disk.c.ok("SELECT INBOX")
    for command in ("STORE 1:* +FLAGS (\\Deleted one two)",
                    "COPY 1:* box", "MOVE 1:* box",
                    "CREATE another/one", "DELETE box", "EXPUNGE",
                    "SUBSCRIBE INBOX/x", "RENAME box crate"):
        answer = disk.c.command(command)
        if answer.status != "OK" and "NONEXISTENT" not in answer.text:
            expect_refused(answer, command)
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


@check("on a full disk, what was expunged more than a minute ago makes room",
       skip=ROOT)
def room_again(server):
    with small_disk(server, "heidi", "6m") as root:
        expunged = os.path.join(root, "penfold", "expunged")
        with Imap(server, user="heidi") as c:
            for n in range(30):
                c.append("INBOX", text(f"m{n}", 60000))
            c.ok("SELECT INBOX")
            c.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
            c.ok("EXPUNGE")
            expect(len(os.listdir(expunged)), 30, "files kept aside")
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


# A lock that is held.

@contextlib.contextmanager
def locked(server, user):
    """Another program has the user's index locked."""
    db = sqlite3.connect(os.path.join(server.maildir(user), "penfold",
                                      "index.db"), timeout=20,
                         isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
        db.close()


@check("a change of a locked index is NO [INUSE] after the lock timeout, and "
       "delays no neighbour (RFC 5530 3)")
def lock_held(server):
    with Imap(server, user="bob") as c, Imap(server, user="carol") as other:
        name = c.fresh(1)
        with locked(server, "bob"):
            beside = []

            def refused():
                c.send("s STORE 1 +FLAGS (\\Flagged)\r\n")
                other.ok("NOOP")
                beside.append(not c.readable())
                answer = c.collect("s")
                expect(answer.status, "NO", "STORE")
                answer.says("[INUSE]")
            # Until the neighbour has its turn within the 2 s, once.
            for _ in range(10):
                took = lib.quick("INUSE", 8, refused)
                need(took > 1.5, f"want about 2 s, got {took:.1f} s")
                if beside[-1]:
                    break
            need(any(beside), "a neighbour is answered before STORE")
            c.fails("NO", "CREATE x")
        c.ok(f"STATUS {name} (MESSAGES)")


@check("reading does not wait for a locked index, and changes work once it is "
       "unlocked")
def lock_and_readers(server):
    with Imap(server, user="bob") as c:
        name = c.fresh(1)
        with locked(server, "bob"):
            c.ok("FETCH 1 (FLAGS RFC822.SIZE)")
        c.ok("STORE 1 +FLAGS (\\Flagged)")
        c.ok(f"CREATE {name}/x")


# A kernel that watches no more.

def exhaust_inotify(uid, go_on):
    """Start a process that uses up the user's inotify instances, until go_on
    is set."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgid(uid)
            os.setuid(uid)
            libc = ctypes.CDLL(None)
            while libc.inotify_init1(0) != -1:
                pass
            os.write(write_fd, b"x")
            go_on.wait()
        finally:
            os._exit(0)
    need(os.read(read_fd, 1) == b"x", "no instances are left")
    os.close(read_fd)
    os.close(write_fd)
    return pid


@contextlib.contextmanager
def without_inotify():
    uid, go_on = 61777, threading.Event()
    pid = exhaust_inotify(uid, go_on)
    try:
        with lib.Server("alice bob", CONF, OWNER=f"{uid}:{uid}") as server:
            yield server
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@check("without inotify the log names the sysctl", skip=ROOT)
def sysctl(server):
    with Imap(server, user="alice"):
        expect_in("max_user_instances", family.log(server), "the log")


@check("without inotify a delivery is told to an idle session, and seen by "
       "others", skip=ROOT)
def polled_delivery(server):
    with Imap(server, user="alice") as c, Imap(server, user="alice") as d:
        c.ok("SELECT INBOX")
        c.idle()

        def told():
            server.deliver(b"Subject: polled\n\nx\n")
            while not c.line().endswith(b"EXISTS"):
                pass
        lib.quick("a poll interval of 1 s", 8, told)
        c.done()
        expect(set(subjects(d, "INBOX")), {"polled"}, "the other session")


@check("without inotify what another process expunges is told", skip=ROOT)
def polled_expunge(server):
    with Imap(server, user="bob") as c:
        c.append("INBOX", text("one"))
        c.ok("SELECT INBOX")
        # The POP3 worker is another process.
        with Pop3(server, user="bob") as p:
            p.ok("DELE 1")
            p.ok("QUIT")
        wait_for("the expunge is told", lambda: any(
            b"EXPUNGE" in line for line in c.ok("NOOP").untagged))


# Boots and crashes.

@check("after an unclean boot UIDNEXT and HIGHESTMODSEQ jump, once, and "
       "UIDVALIDITY and UIDs stay")
def unclean_boot(server):
    def numbers(c):
        answer = c.ok("STATUS INBOX (UIDNEXT HIGHESTMODSEQ UIDVALIDITY)")
        return [int(answer.has(name + rb" (\d+)")[1]) for name in
                (b"UIDNEXT", b"HIGHESTMODSEQ", b"UIDVALIDITY")]
    with Imap(server, user="dave") as c:
        c.append("INBOX", text("one"))
        before = numbers(c)
        uids = subjects(c, "INBOX")
    kill_workers(server)
    # The boot id in the index is another than that of the machine.
    index = os.path.join(server.maildir("dave"), "penfold", "index.db")
    db = sqlite3.connect(index, timeout=20)
    changed = db.execute("UPDATE meta SET value = 'another' "
                         "WHERE key IN ('boot', 'counted')").rowcount
    db.commit()
    db.close()
    expect(changed, 2, "rows of meta")
    with again(server, "dave") as c:
        after = numbers(c)
        expect(after[0], before[0] + 10000, "UIDNEXT")
        need(after[1] > before[1], f"want HIGHESTMODSEQ over {before[1]}, "
             f"got {after[1]}")
        expect(after[2], before[2], "UIDVALIDITY")
        expect(subjects(c, "INBOX"), uids, "UIDs")
        c.append("INBOX", text("two"))
        uid = subjects(c, "INBOX")["two"]
        need(uid >= before[0] + 10000, f"want a UID from {before[0] + 10000} "
             f"on, got {uid}")
    with Imap(server, user="dave") as c:
        expect(numbers(c)[0], after[0] + 1, "UIDNEXT in the next session")


@check("when SIGKILL interrupts a MOVE, each message is in one of both "
       "mailboxes")
def cut_move(server):
    count, rng = 300, random.Random(3)
    with Imap(server, user="erin") as c:
        c.ok("CREATE box")
        for n in range(count):
            server.deliver(b"Subject: m%d\n\nx\n" % n, "erin")
        expect(len(subjects(c, "INBOX")), count, "messages")
    there = ["INBOX", "box"]
    for _ in range(6):
        c = again(server, "erin")
        here = max(there, key=lambda box: len(subjects(c, box)))
        to = "box" if here == "INBOX" else "INBOX"
        c.ok(f"SELECT {here}")
        timer = threading.Timer(rng.uniform(0.001, 0.06), kill_workers,
                                [server])
        timer.start()
        with contextlib.suppress(lib.Closed, OSError):
            c.command(f"MOVE 1:* {to}")
        timer.join()
        c.close()
        with again(server, "erin") as c:
            found = [subjects(c, box) for box in there]
            expect(sorted([*found[0], *found[1]]),
                   sorted(f"m{n}" for n in range(count)), "after the cut")


# A lost index.

def index_open(server, user):
    """Whether a worker has the index open."""
    path = os.path.join(server.maildir(user), "penfold", "index.db")
    for parent in family.parents(server):
        for pid in family.of_role(parent, "mail"):
            fds = f"/proc/{pid}/fd"
            for fd in os.listdir(fds):
                with contextlib.suppress(OSError):
                    if os.readlink(os.path.join(fds, fd)) == path:
                        return True
    return False


def overwrite(server, user):
    """Overwrite the index and its WAL with garbage, while they are closed.  A
    worker with the mailbox in memory notices it when it reads them again."""
    wait_for("the index is closed",
             lambda: not index_open(server, user))
    for end in ("", "-wal"):
        path = os.path.join(server.maildir(user), "penfold", "index.db" + end)
        with open(path, "r+b") as f:
            size = os.fstat(f.fileno()).st_size
            f.write(b"\xa5" * max(size, 65536))


def replace(server, user):
    """Set the index aside, as a process does that finds it damaged."""
    folder = os.path.join(server.maildir(user), "penfold")
    for name in ("index.db", "index.db-wal", "index.db-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(os.path.join(folder, name),
                      os.path.join(folder, "old." + name))


@check("when the index of a running session is {0}, no message seems "
       "expunged, sessions end with BYE [UNAVAILABLE], and new ones find the "
       "same UIDs",
       with_each=(("overwritten", "frank", overwrite),
                  ("replaced", "grace", replace)))
def index_lost(server, row):
    _, user, damage = row

    def numbers(c):
        found = subjects(c, "INBOX")
        return found, c.ok("STATUS INBOX (UIDVALIDITY)").has(
            rb"UIDVALIDITY (\d+)")[1]
    with Imap(server, user=user) as c:
        for n in range(20):
            c.append("INBOX", text(f"m{n}"))
        c.ok("UNSUBSCRIBE Junk")
        c.ok("SELECT INBOX")
        c.ok("STORE 5 +FLAGS (\\Deleted)")
        c.ok("EXPUNGE")
        before = numbers(c)
    root = server.maildir(user)

    def written():
        if not os.path.exists(os.path.join(root, "penfold", "control")):
            return False
        with open(os.path.join(root, "dovecot-uidlist")) as f, \
                open(os.path.join(root, "penfold", "control")) as g:
            return "\n20 :" in f.read() and "subscribed Junk" not in g.read()
    wait_for("the list is written", written)
    with Imap(server, user=user) as c, Imap(server, user=user) as idle:
        c.ok("SELECT INBOX")
        idle.ok("SELECT INBOX")
        idle.idle()
        damage(server, user)
        told = []
        try:
            for n in range(6):
                answer = c.command(("STORE 1 +FLAGS (\\Flagged)",
                                    "UID FETCH 1:* (FLAGS RFC822.SIZE)",
                                    "NOOP")[n % 3])
                told += answer.untagged
            raise AssertionError(f"the session goes on: {told}")
        except lib.Closed:
            pass
        expect([line for line in told if b"EXPUNGE" in line], [], "expunged")
        expect_match(rb"^\* BYE \[UNAVAILABLE\]", idle.line(), "IDLE")
    with again(server, user) as c:
        expect(numbers(c), before, "UIDs and UIDVALIDITY")
        expect(c.ok('LIST (SUBSCRIBED) "" Junk').untagged, [],
               "LIST (SUBSCRIBED)")
        c.append("INBOX", text("new"))
        uid = subjects(c, "INBOX")["new"]
        need(uid > 1000, f"want a UID that was never told, got {uid}")


FILES = ("index.db", "index.db-wal", "index.db-shm")


@check("a copy that is written over the files of an index while they are in "
       "use ends that user's sessions at most, and no worker", skip=ROOT)
def copied_over(server):
    before = len(family.log(server))
    penfold = os.path.join(server.maildir("judy"), "penfold")
    neighbours = [Imap(server, user=user) for user in ("bob", "carol", "dave")]
    with Imap(server, user="judy") as c:
        c.append("INBOX", text("first"))
    saved = {name: open(os.path.join(penfold, name), "rb").read()
             for name in FILES}
    with Imap(server, user="judy") as c:
        for n in range(10):
            c.append("INBOX", text(f"m{n}"))
        for _ in range(3):
            for name in FILES:
                # As cp does: the file becomes shorter first.
                with open(os.path.join(penfold, name), "wb", 0) as f:
                    with contextlib.suppress(lib.Closed, OSError):
                        c.command("STATUS INBOX (MESSAGES UNSEEN)")
                    f.write(saved[name])
                with contextlib.suppress(lib.Closed, OSError):
                    c.command("SELECT INBOX")
                    c.command("STORE 1 +FLAGS (\\Flagged)")
    for other in neighbours:
        other.ok("NOOP")
        other.ok("SELECT INBOX")
        other.close()
    need("was killed" not in family.log(server)[before:], "a worker died")

    def whole():
        with again(server, "judy") as d:
            return d.command("SELECT INBOX").status == "OK" and \
                len(subjects(d, "INBOX")) == 11
    wait_for("all messages are there", whole)


def main():
    lib.story(full_disk, disk_fills, disk_is_full, disk_has_room,
              disk_reopened)
    lib.on(Server, room_again, no_inode, lock_held, lock_and_readers,
           unclean_boot, cut_move, index_lost, copied_over)
    lib.on(without_inotify, sysctl, polled_delivery, polled_expunge)
    lib.finish()


if __name__ == "__main__":
    main()
