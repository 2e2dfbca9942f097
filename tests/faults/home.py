# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""A user's mail and the workers that serve it, for the tests of faults."""

import contextlib
import os
import re
import shutil
import signal
import subprocess

import family
import lib
from lib import Imap, need, wait_for

OWNER = 61003


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


@contextlib.contextmanager
def small_ext4(server, user, size):
    """Put the user's mail on an ext4 of that many bytes, on a loop device."""
    root, image = server.maildir(user), server.maildir(user) + ".ext4"
    if shutil.which("mkfs.ext4") is None:
        raise lib.Skip("there is no mkfs.ext4 here")
    os.makedirs(root, exist_ok=True)
    with open(image, "wb") as f:
        f.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, root],
                      stderr=subprocess.DEVNULL).returncode != 0:
        raise lib.Skip("there are no loop devices here")
    try:
        os.chown(root, OWNER, OWNER)
        os.chmod(root, 0o700)
        yield root
    finally:
        subprocess.run(["umount", "-l", root], check=True)
