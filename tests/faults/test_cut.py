#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Faults: real file systems whose power is cut while clients change mail.

The mail is on a file system of its own, on a loop device.  At a random moment
the file system is told to stop (FS_IOC_GOINGDOWN) without writing what is in
memory, and the daemons are killed.  Then it is mounted again, which replays its
journal, and the daemons start as after another boot.  What clients were
answered must be there.  Set ROUNDS in the environment for more cuts.
"""

import contextlib
import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "wire"))
import family
import journal
import lib
from lib import check, need, wait_for

ROUNDS = int(os.environ.get("ROUNDS", 3))
CLIENTS = 3
OWNER = 61003
BOOT_ID = "/proc/sys/kernel/random/boot_id"
# In a mount namespace of our own, nobody else sees our mounts.
PRIVATE = "PENFOLD_TEST_PRIVATE"

# EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are one number, _IOR('X', 125, u32).
GOINGDOWN = 0x8004587d
NO_LOG_FLUSH = 2

MKFS = {
    "ext4": ["mkfs.ext4", "-q", "-F"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
}


def run(*command):
    """Run a command; Skip with what it said if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise lib.Skip(f"{command[0]}: {done.stdout.strip()[:200]}")


class Disk:
    """A file system in a file, for one user's mail."""

    def __init__(self, kind, folder, root):
        self.image, self.root = os.path.join(folder, "image"), root
        with open(self.image, "wb") as f:
            f.truncate(320 << 20)
        if shutil.which(MKFS[kind][0]) is None:
            raise lib.Skip(f"there is no {MKFS[kind][0]} here")
        run(*MKFS[kind], self.image)
        self.mount()
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(os.path.join(root, "lost+found"))
        os.chown(root, OWNER, OWNER)
        os.chmod(root, 0o700)
        # What was done here is on disk, too.
        self.umount()
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", self.image, self.root)

    def umount(self):
        wait_for(f"{self.root} is not busy", lambda: subprocess.run(
            ["umount", self.root], stderr=subprocess.DEVNULL).returncode == 0)

    def cut(self):
        fd = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, GOINGDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(fd)


class Machine:
    """A server whose power can be cut."""

    def __init__(self, kind, folder):
        self.boot_id = os.path.join(folder, "boot_id")
        self.boot()
        run("mount", "--bind", self.boot_id, BOOT_ID)
        try:
            self.server = lib.Server(journal.USER, PLAINTEXT="yes",
                                     OWNER=f"{OWNER}:{OWNER}")
            try:
                self.disk = Disk(kind, folder,
                                 self.server.maildir(journal.USER))
            except BaseException:
                self.server.close()
                raise
        except BaseException:
            self.close_boot_id()
            raise

    def boot(self):
        with open(self.boot_id, "w") as f:
            f.write(f"{uuid.uuid4()}\n")

    def close_boot_id(self):
        subprocess.run(["umount", BOOT_ID], check=True)

    def power_cut(self):
        self.disk.cut()
        for parent in family.parents(self.server):
            for pid in [parent, *family.children(parent)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        os.killpg(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait()

    def power_on(self):
        self.disk.umount()
        self.boot()
        self.disk.mount()
        self.server.restart()

    def close(self):
        lib.servers.discard(self.server)
        self.server._stop()
        self.disk.umount()
        shutil.rmtree(self.server.dir, ignore_errors=True)
        self.close_boot_id()


@contextlib.contextmanager
def machine(kind):
    ram = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="penfold-cut.",
                                     dir=ram) as folder:
        m = Machine(kind, folder)
        try:
            yield m
        finally:
            m.close()


def work(m, clients, seconds, enough):
    """Let clients work for so many seconds, and until they have done enough.
    Then the power is cut."""
    goes_on = lib.lasts(seconds, enough)
    stop = threading.Event()
    for client in clients:
        client.start(stop)
    try:
        while goes_on():
            time.sleep(seconds / 50)
        m.power_cut()
    finally:
        stop.set()
        for client in clients:
            client.join()


@check("{}: after a power cut, what was acknowledged is there once, under its "
       "UID, and what was refused is not", with_each=tuple(MKFS),
       skip="" if os.geteuid() == 0 else "wants root")
def power_cut(_, kind):
    if PRIVATE not in os.environ:
        raise lib.Skip("there are no mount namespaces here")
    rng = random.Random(kind)
    book = journal.Journal()
    with machine(kind) as m:
        clients = [journal.Client(m.server, str(n), book)
                   for n in range(CLIENTS)]
        c = clients[0].log_in()
        for client in clients:
            client.create(c)
        for number in range(ROUNDS):
            appended = book.done["append"]
            work(m, clients, rng.uniform(0.5, 3),
                 lambda: book.done["append"] > appended + 1)
            m.power_on()
            found = journal.Aftermath(clients[0].log_in(), book, cut=True)
            wrong = found.wrong()
            if rows := found.changed_uids():
                wrong["with another UID"] = rows
            need(not wrong, f"after cut {number + 1}: " + "; ".join(
                f"{name}: {len(rows)}, such as {rows[0]}"
                for name, rows in wrong.items()))
            found.settle(clients)
    print(f"# {kind}: {ROUNDS} cuts, " + ", ".join(
        f"{n} {what}" for what, n in sorted(book.done.items())))
    need(book.done["append"] > ROUNDS, "hardly a message was appended")


def enter_namespace():
    """Go on in a mount namespace of our own, if there are any."""
    command = ["unshare", "--mount", "--propagation", "private"]
    if PRIVATE not in os.environ and os.geteuid() == 0 and \
            shutil.which("unshare") and subprocess.run(
                command + ["true"], stderr=subprocess.DEVNULL
            ).returncode == 0:
        os.environ[PRIVATE] = "yes"
        os.execvp(command[0], command + [sys.executable, *sys.argv])


def main():
    lib.on(contextlib.nullcontext, power_cut)
    lib.finish()


if __name__ == "__main__":
    enter_namespace()
    main()
