#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Faults: a lock that is held, no inotify instances, an unclean shutdown, an
interrupted MOVE, a damaged index."""

import contextlib
import ctypes
import os
import random
import signal
import sqlite3
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "wire"))
import family
import lib
from home import again, kill_workers, subjects, text
from lib import Imap, Pop3, check, expect, expect_in, expect_match, need, \
    wait_for

ROOT = "" if os.geteuid() == 0 else "wants root"
CONF = "lock timeout 2s\npoll interval 1s\nindex idle timeout 2s\n"


class Server(lib.Server):
    """A server of users each of whom one check uses."""

    def __init__(self):
        super().__init__("bob carol dave erin frank grace judy", CONF)


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
        expect_in("max_user_instances", server.log_text(), "the log")


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
    return any(path in family.files(pid) for parent in family.parents(server)
               for pid in family.of_role(parent, "mail"))


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
    before = len(server.log_text())
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
    need("was killed" not in server.log_text()[before:], "a worker died")

    def whole():
        with again(server, "judy") as d:
            return d.command("SELECT INBOX").status == "OK" and \
                len(subjects(d, "INBOX")) == 11
    wait_for("all messages are there", whole)


def main():
    lib.on(Server, lock_held, lock_and_readers, unclean_boot, cut_move,
           index_lost, copied_over)
    lib.on(without_inotify, sysctl, polled_delivery, polled_expunge)
    lib.finish()


if __name__ == "__main__":
    main()
