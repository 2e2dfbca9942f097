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
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "wire"))
import family
import lib
from lib import Imap, Pop3, check, need, same, wait_for

ROOT = os.geteuid() == 0
OWNER = 61003
# The response codes that a client may get when the disk is full (RFC 5530).
FULL = ("[OVERQUOTA]", "[LIMIT]", "[UNAVAILABLE]")


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


def refused(answer):
    return answer.status == "NO" and any(c in answer.text for c in FULL)


def full_disk(server):
    with small_disk(server, "alice", "6m") as root:
        with open(os.path.join(root, "ballast"), "wb") as f:
            f.write(b"x" * 1000000)
        with Imap(server, user="alice") as c:
            c.ok("CREATE box")
            kept = {}
            for n in range(200):
                answer = c.command("APPEND INBOX {}", text(f"m{n}", 60000))
                if answer.status != "OK":
                    break
                kept[f"m{n}"] = int(re.search(r"APPENDUID \d+ (\d+)",
                                              answer.text)[1])
            need(refused(answer), f"APPEND: {answer!r}")
            same(os.listdir(os.path.join(root, "tmp")), [], "tmp/")
            need(re.search(r"store error path=\S+/alice/tmp/\S+ errno=28: ",
                           family.log(server)), "path and errno in the log")
            # Fill the disk to the last block.
            with contextlib.suppress(OSError), \
                    open(os.path.join(root, "fill"), "wb") as f:
                while True:
                    f.write(b"x" * 4096)
                    f.flush()
            c.ok("SELECT INBOX")
            for command in ("STORE 1:* +FLAGS (\\Deleted one two)",
                            "COPY 1:* box", "MOVE 1:* box",
                            "CREATE another/one", "DELETE box", "EXPUNGE",
                            "SUBSCRIBE INBOX/x", "RENAME box crate"):
                answer = c.command(command)
                need(answer.status == "OK" or refused(answer) or
                     "NONEXISTENT" in answer.text, f"{command}: {answer!r}")
            answer = c.command("APPEND INBOX {}", text("late", 60000))
            need(refused(answer), f"APPEND: {answer!r}")
            c.ok("NOOP")
        os.unlink(os.path.join(root, "ballast"))
        with Imap(server, user="alice") as c:
            there = {}
            for box in ("INBOX", "box", "crate"):
                if c.command(f"STATUS {box} (MESSAGES)").status == "OK":
                    there.update(subjects(c, box))
            need("late" not in there, "what was refused is there")
            c.ok("SELECT INBOX")
            c.ok("CREATE afterwards")
            c.append("afterwards", text("after"))
            same(list(subjects(c, "afterwards")), ["after"], "afterwards")
        kill_workers(server)
        with again(server) as c:
            c.ok("STATUS INBOX (MESSAGES)")


def room_again(server):
    """On a full disk, messages expunged a minute ago are removed."""
    with small_disk(server, "heidi", "6m") as root:
        expunged = os.path.join(root, "penfold", "expunged")
        with Imap(server, user="heidi") as c:
            for n in range(30):
                c.append("INBOX", text(f"m{n}", 60000))
            c.ok("SELECT INBOX")
            c.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
            c.ok("EXPUNGE")
            same(len(os.listdir(expunged)), 30, "files kept aside")
            db = sqlite3.connect(os.path.join(root, "penfold", "index.db"))
            with db:
                db.execute("UPDATE expunged SET time = time - 61 "
                           "WHERE uid <= 20")
            db.close()
            with contextlib.suppress(OSError), \
                    open(os.path.join(root, "fill"), "wb", 0) as f:
                while f.write(b"x" * 4096):
                    pass
            late = text("late", 60000)
            need(refused(c.command("APPEND INBOX {}", late)), "no full disk")
            wait_for("room", lambda: c.command(
                "APPEND INBOX {}", late).status == "OK")
            wait_for("all 20 files are gone", lambda: len(
                os.listdir(expunged)) == 10)


def lock_held(server):
    """Another program keeps the index locked: changes get NO [INUSE], and
    commands that only read do not wait."""
    with Imap(server, user="bob") as c, Imap(server, user="carol") as other:
        c.append("INBOX", text("one"))
        c.ok("SELECT INBOX")
        db = sqlite3.connect(os.path.join(server.maildir("bob"), "penfold",
                                          "index.db"), timeout=20,
                             isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        c.send("s STORE 1 +FLAGS (\\Flagged)\r\n")
        other.ok("NOOP")
        need(time.monotonic() - begun < 1, "a neighbour waits, too")
        answer = c.collect("s")
        took = time.monotonic() - begun
        need(answer.status == "NO" and "[INUSE]" in answer.text, answer)
        need(1.5 < took < 8, f"after {took:.1f} s")
        c.ok("FETCH 1 (FLAGS RFC822.SIZE)")
        c.fails("NO", "CREATE x")
        db.execute("ROLLBACK")
        db.close()
        c.ok("STORE 1 +FLAGS (\\Flagged)")
        c.ok("CREATE x")


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


def polling(server):
    """Without inotify, deliveries and changes by other processes are seen."""
    with Imap(server, user="alice") as c, Imap(server, user="alice") as d:
        need("max_user_instances" in family.log(server),
             "the log names the sysctl")
        c.ok("SELECT INBOX")
        c.idle()
        server.deliver(b"Subject: polled\n\nx\n")
        begun = time.monotonic()
        while not c.line().endswith(b"EXISTS"):
            pass
        need(time.monotonic() - begun < 8, "within the interval")
        c.done()
        same(set(subjects(d, "INBOX")), {"polled"}, "the other session")
        # The POP3 worker is another process: its deletion is seen, too.
        p = Pop3(server, user="alice")
        p.ok("DELE 1")
        p.ok("QUIT")
        wait_for("the expunge is told", lambda: any(
            b"EXPUNGE" in line for line in c.ok("NOOP").untagged), 10, 0.2)


def unclean_boot(server):
    """If the boot id is not the stored one, numbers jump ahead."""
    def numbers(c):
        answer = c.ok("STATUS INBOX (UIDNEXT HIGHESTMODSEQ UIDVALIDITY)")
        m = answer.find(rb"UIDNEXT (\d+)")
        return (int(m[1]), int(answer.find(rb"HIGHESTMODSEQ (\d+)")[1]),
                int(answer.find(rb"UIDVALIDITY (\d+)")[1]))
    with Imap(server, user="dave") as c:
        c.append("INBOX", text("one"))
        before = numbers(c)
        uids = subjects(c, "INBOX")
    kill_workers(server)
    index = os.path.join(server.maildir("dave"), "penfold", "index.db")
    db = sqlite3.connect(index, timeout=20)
    db.execute("UPDATE meta SET value = 'another' WHERE key = 'boot'")
    db.commit()
    db.close()
    with again(server, "dave") as c:
        after = numbers(c)
        same(after[0], before[0] + 10000, "UIDNEXT")
        need(after[1] > before[1], "HIGHESTMODSEQ")
        same(after[2], before[2], "UIDVALIDITY")
        same(subjects(c, "INBOX"), uids, "what was there")
        c.append("INBOX", text("two"))
        need(subjects(c, "INBOX")["two"] >= before[0] + 10000, "the next UID")
    # They jump only once.
    with Imap(server, user="dave") as c:
        same(numbers(c)[0], after[0] + 1, "UIDNEXT")


def cut_move(server):
    """SIGKILL interrupts a MOVE of many messages: each is in one place."""
    count, rng = 300, random.Random(3)
    with Imap(server, user="erin") as c:
        c.ok("CREATE box")
        for n in range(count):
            server.deliver(b"Subject: m%d\n\nx\n" % n, "erin")
        same(len(subjects(c, "INBOX")), count, "messages")
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
            same(sorted([*found[0], *found[1]]),
                 sorted(f"m{n}" for n in range(count)), "after the cut")


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
             lambda: not index_open(server, user), 60)
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


def index_lost(server, user, damage):
    """When the index is lost, sessions end, and none is told that its mailbox
    is empty.  New sessions find the same numbers as before."""
    def numbers(c):
        found = subjects(c, "INBOX")
        return found, c.ok("STATUS INBOX (UIDVALIDITY)").find(
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
        need(not any(b"EXPUNGE" in line for line in told), told)
        line = idle.line()
        need(line.startswith(b"* BYE [UNAVAILABLE]"), line)
    with again(server, user) as c:
        same(numbers(c), before, "after the index was lost")
        need(not c.ok('LIST (SUBSCRIBED) "" Junk').untagged, "subscribed")
        c.append("INBOX", text("new"))
        need(subjects(c, "INBOX")["new"] > 1000, "a UID that was never told")


def damaged(server):
    index_lost(server, "frank", overwrite)


def replaced(server):
    index_lost(server, "grace", replace)


def main():
    with tempfile.NamedTemporaryFile("w") as conf:
        conf.write("lock timeout 2s\npoll interval 1s\n"
                   "index idle timeout 2s\n")
        conf.flush()
        os.chmod(conf.name, 0o644)
        users = "alice bob carol dave erin frank grace heidi"
        with lib.Server(users, CONF_EXTRA=conf.name) as server:
            for name, test, needs_root in (
                    ("a full disk", full_disk, True),
                    ("room on a full disk", room_again, True),
                    ("a lock that is held", lock_held, False),
                    ("an unclean boot", unclean_boot, False),
                    ("a MOVE that is cut", cut_move, False),
                    ("a damaged index", damaged, False),
                    ("another index in its place", replaced, False)):
                if needs_root and not ROOT:
                    print(f"skip {name}: wants root")
                    continue
                with check(name):
                    test(server)
        if not ROOT:
            print("skip no inotify: wants root")
            lib.finish()
        uid, go_on = 61777, threading.Event()
        pid = exhaust_inotify(uid, go_on)
        try:
            with lib.Server("alice", CONF_EXTRA=conf.name,
                            OWNER=f"{uid}:{uid}") as server:
                with check("the kernel watches no more"):
                    polling(server)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    lib.finish()


if __name__ == "__main__":
    main()
