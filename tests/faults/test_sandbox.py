#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The sandbox of each process: system calls that its role does not need are
made by the running process itself, and fail (doc/privsep.md)."""

import ctypes
import errno
import os
import platform
import shutil
import signal
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "wire"))
import family
import inject
import lib
from lib import Closed, Imap, Pop3, check, expect, expect_in, expect_match, \
    message, need, wait_for

ROLES = ("front", "auth", "check", "mail")
AT_FDCWD, CLONE_NEWUSER, SO_ATTACH_FILTER = -100, 0x10000000, 26
O_NONBLOCK, F_GETFD, F_GETFL, F_SETFL = 0o4000, 1, 3, 4
SHELL = b"/bin/sh"
ADDRESS = struct.pack("<HH4sQ", socket.AF_INET, 25 << 8, b"\x7f\0\0\1", 0)

# Calls that no role may make: number, arguments.
NOBODY = {
    "execve": (59, SHELL, 0, 0),
    "execveat": (322, AT_FDCWD, SHELL, 0, 0, 0),
    "fork": (57,),
    "vfork": (58,),
    "clone without a thread": (56, signal.SIGCHLD, 0, 0, 0, 0),
    "clone3": (435, b"\0" * 88, 88),
    "socket": (41, socket.AF_INET, socket.SOCK_STREAM, 0),
    "socket of a path": (41, socket.AF_UNIX, socket.SOCK_STREAM, 0),
    "connect": (42, 3, ADDRESS, 16),
    "bind": (49, 3, ADDRESS, 16),
    "listen": (50, 3, 5),
    "kill": (62, 1, 0),
    "tkill": (200, 1, 0),
    "tgkill of another": (234, 1, 1, 0),
    "ptrace": (101, 0, 0, 0, 0),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "prlimit64 that sets": (302, 0, 7, b"\xff" * 16, 0),
    "setrlimit": (160, 7, b"\xff" * 16),
    "setpriority": (141, 0, 0, -5),
    "sched_setscheduler": (144, 0, 1, b"\1\0\0\0"),
    "fcntl F_SETFL": (72, 3, F_SETFL, O_NONBLOCK),
    "setsockopt SO_ATTACH_FILTER": (54, 3, socket.SOL_SOCKET,
                                    SO_ATTACH_FILTER, b"\0" * 16, 16),
    "setuid": (105, 0),
    "setgroups": (116, 0, 0),
    "chroot": (161, b"/"),
    "mount": (165, b"none", b"/", b"tmpfs", 0, 0),
    "unshare": (272, CLONE_NEWUSER),
    "prctl": (157, 4, 1, 0, 0, 0),
    "seccomp": (317, 1, 0, 0),
    "bpf": (321, 0, 0, 0),
    "perf_event_open": (298, 0, 0, 0, 0, 0),
    "io_uring_setup": (425, 1, b"\0" * 120),
    "userfaultfd": (323, 0),
    "keyctl": (250, 0, 0, 0, 0, 0),
    "memfd_create": (319, b"x", 0),
    "mknod": (133, b"/x", 0o10600, 0),
    "symlink": (88, b"/x", b"/y"),
    "chown": (92, b"/x", 0, 0),
    "reboot": (169, 0, 0, 0, 0),
    "init_module": (175, 0, 0, b""),
}
# Calls that only a mail worker may make.
FILES = {
    "open": (2, b"/etc/passwd", 0, 0),
    "openat": (257, AT_FDCWD, b"/etc/passwd", 0, 0),
    "openat2": (437, AT_FDCWD, b"/etc/passwd", b"\0" * 24, 24),
    "creat": (85, b"/x", 0o600),
    "stat": (4, b"/", 0),
    "mkdir": (83, b"/x", 0o700),
    "unlink": (87, b"/x"),
    "rename": (82, b"/x", b"/y"),
    "link": (86, b"/x", b"/y"),
    "chmod": (90, b"/", 0o777),
    "chdir": (80, b"/"),
    "ftruncate of the log": (77, 2, 0),
    "truncate": (76, b"/x", 0),
    "fallocate": (285, 2, 0, 0, 1),
    "inotify_init1": (294, 0),
    "flock": (73, 2, 2),
}
# Calls that only fronts may make.
FRONTS = {
    "accept4": (288, 3, 0, 0, 0),
    "socketpair": (53, socket.AF_UNIX, socket.SOCK_STREAM, 0, b"\0" * 8),
}
# How such a call fails.
ERRORS = {-errno.EPERM, -errno.ENOSYS, -errno.ENOENT}
# Limits of each role, as /proc/PID/limits says them: the most, soft and hard.
PROCESSES, FILES_OPEN = "Max processes", "Max open files"
FILE_SIZE = "Max file size"
LIMITS = {
    "parent": {"Max core file size": 0},
    "front": {"Max core file size": 0, PROCESSES: 0, FILE_SIZE: 0},
    "auth": {"Max core file size": 0, PROCESSES: 0, FILE_SIZE: 0,
             FILES_OPEN: 2880},
    "check": {"Max core file size": 0, PROCESSES: 0, FILE_SIZE: 0,
              FILES_OPEN: 64, "Max data size": 2 << 30},
    "mail": {"Max core file size": 0},
}


class Server(lib.Server):
    """With a worker of each daemon."""

    def __init__(self):
        super().__init__("alice")
        self.held = [Imap(self, "imaps", "alice"), Pop3(self, "pop3s", "alice")]

    def of_role(self, role):
        if role == "parent":
            return family.parents(self)
        return [pid for parent in family.parents(self)
                for pid in family.of_role(parent, role)]


def forbidden(role):
    calls = dict(NOBODY)
    if role != "mail":
        calls |= FILES
    if role != "front":
        calls |= FRONTS
    return calls


SKIP = ("" if platform.system() == "Linux" else "Linux only") or (
    "only root may trace these processes" if os.geteuid() != 0 else
    inject.missing())


def landlock():
    """The version of Landlock that the kernel has; less than 1 for none."""
    return inject.libc.syscall(444, None, ctypes.c_size_t(0), 1)


UNCONFINED = SKIP or ("" if landlock() >= 2 else "Landlock is missing")


@check("{}: each system call that the role does not need fails, and the "
       "process goes on", with_each=ROLES, skip=SKIP)
def calls_fail(server, role):
    pids = server.of_role(role)
    need(pids, f"no process is a {role}")
    for pid in pids:
        with inject.stopped(pid) as p:
            made = {name: p.call(*call)
                    for name, call in forbidden(role).items()}
            # What is allowed works, so that the failures mean something.
            expect(p.call(72, 2, F_GETFD) >= 0, True, "fcntl F_GETFD")
            expect(p.call(39), pid, "getpid")
        expect({name: result for name, result in made.items()
                if result not in ERRORS}, {}, f"{role} {pid}: what worked")
    for c in server.held:
        c.ok("NOOP")
    Imap(server, "imap", "alice").close()


@check("a filter of system calls and no new privileges: {}", with_each=ROLES,
       skip=SKIP)
def status(server, role):
    for pid in server.of_role(role):
        found = family.status(pid)
        expect((found["Seccomp"].strip(), found["NoNewPrivs"].strip()),
               ("2", "1"), f"{role} {pid}")


@check("resource limits: {}", with_each=LIMITS,
       skip="" if platform.system() == "Linux" else "Linux only")
def limits(server, role):
    pids = server.of_role(role)
    need(pids, f"no process is a {role}")
    for pid in pids:
        found = family.limits(pid)
        expect({name: max(found[name]) for name, most in LIMITS[role].items()
                if max(found[name]) > most}, {}, f"{role} {pid}: too high")


@check("{}: it can't cut the log, and a line that it writes has its name and "
       "pid, whatever it says", with_each=ROLES, skip=SKIP)
def log_is_the_parents(server, role):
    forged = b"2 one\n2026-11-27T12:00:00.000Z imapd[1]: \x1b[0mtwo\n"
    before = len(server.log_text())
    pid = server.of_role(role)[0]
    with inject.stopped(pid) as p:
        expect(p.call(1, 2, forged, len(forged)), len(forged), "write")
        need(p.call(77, 2, 0) < 0, "ftruncate")
        need(p.call(72, 2, F_GETFL) & os.O_ACCMODE == os.O_WRONLY, "not read")
    name = rf"(?m)^\S+Z [a-z0-9-]+\[{pid}\]: "
    expect_match(name + r"one\n\S+Z [a-z0-9-]+\[" + str(pid) + r"\]: warning: "
                 r"2026-11-27T12:00:00\.000Z imapd\[1\]: \\x1b\[0mtwo\n",
                 server.log_text()[before:], "the log")


@check("a checker can hold no more descriptors than it needs", skip=SKIP)
def descriptors_end(server):
    pid = server.of_role("check")[0]
    before = set(family.descriptors(pid))
    with inject.stopped(pid) as p:
        for _ in range(LIMITS["check"][FILES_OPEN]):
            if (result := p.call(32, 2)) < 0:
                break
        for fd in set(family.descriptors(pid)) - before:
            p.call(3, fd)
    expect(result, -errno.EMFILE, "dup")
    Imap(server, "imap", "alice").close()


def threads(pid):
    return sorted(int(tid) for tid in os.listdir(f"/proc/{pid}/task"))


def owned(server, path, folder=False):
    """Make a file or folder of the mail's owner."""
    mail = os.stat(server.path("mail"))
    if folder:
        os.makedirs(path, exist_ok=True)
    else:
        with open(path, "w"):
            pass
    os.chown(path, mail.st_uid, mail.st_gid)
    return path


def outside(server):
    """A folder of the mail's owner beside the mail root."""
    return owned(server, server.path("outside"), folder=True)


def files_outside(server):
    """Calls by which the owner of the mail reaches files outside."""
    folder = outside(server)
    there = owned(server, os.path.join(folder, "file")).encode()
    new = os.path.join(folder, "new").encode()
    ours = owned(server, server.path("mail", "alice", "note")).encode()
    return {
        "read": (2, there, os.O_RDONLY, 0),
        "write": (2, there, os.O_WRONLY, 0),
        "cut": (2, there, os.O_WRONLY | os.O_TRUNC, 0),
        "make": (2, new, os.O_WRONLY | os.O_CREAT, 0o600),
        "list": (2, folder.encode(), os.O_RDONLY | os.O_DIRECTORY, 0),
        "list /": (2, b"/", os.O_RDONLY | os.O_DIRECTORY, 0),
        "read /etc/passwd": (2, b"/etc/passwd", os.O_RDONLY, 0),
        "mkdir": (83, new, 0o700),
        "remove": (87, there),
        "rename": (82, there, new),
        "move out": (82, ours, new),
        "move in": (82, there, ours + b".new"),
        "link out": (86, ours, new),
        "link in": (86, there, ours + b".new"),
    }


@check("a mail worker can reach no file outside the mail root, in any of its "
       "threads", skip=UNCONFINED)
def files_are_out_of_reach(server):
    calls = files_outside(server)
    inside = server.path("mail", "alice").encode()
    for pid in server.of_role("mail"):
        need(len(threads(pid)) > 1, f"{pid} has no helper threads")
        for tid in threads(pid):
            with inject.stopped(tid) as p:
                made = {name: p.call(*call) for name, call in calls.items()}
                fd = p.call(2, inside, os.O_RDONLY | os.O_DIRECTORY, 0)
                expect(p.call(3, fd), 0, "close of a folder in the mail root")
            expect({name: result for name, result in made.items()
                    if result not in (-errno.EACCES, -errno.EXDEV)}, {},
                   f"{pid} thread {tid}: what worked")
    expect(os.listdir(outside(server)), ["file"], "outside")


CHARSETS = {"iso-2022-jp": "日本語", "euc-jp": "日本語", "shift_jis": "日本語",
            "gb18030": "中文信息", "big5": "中文信息", "euc-kr": "한국어",
            "koi8-r": "привет", "windows-1252": "déjà"}


@check("a confined mail worker converts {}", with_each=CHARSETS,
       skip=UNCONFINED)
def charsets(server, charset):
    """Its tables are files outside of the mail root."""
    with Imap(server, "imap", "alice") as c:
        c.ok(f"CREATE {charset}")
        c.append(charset, b"Subject: x\r\nContent-Type: text/plain; charset="
                 + charset.encode() + b"\r\nContent-Transfer-Encoding: 8bit"
                 b"\r\n\r\n" + CHARSETS[charset].encode(charset) + b"\r\n")
        c.ok(f"SELECT {charset}")
        c.ok("SEARCH CHARSET UTF-8 BODY {}", CHARSETS[charset].encode()).has(
            rb"SEARCH 1\b")


@check("a user whose mail is outside the mail root is served by a worker of "
       "its own", skip=UNCONFINED)
def mail_elsewhere(server):
    folder = outside(server)
    server.change_users(lambda text: text + text.split("\n")[0].replace(
        "alice", "carol", 1) + f" userdb_mail=maildir:{folder}/carol\n")
    workers = set(server.of_role("mail"))
    with Imap(server, "imap", "carol") as c:
        c.append("INBOX", message("Elsewhere"))
        c.ok("SELECT INBOX").has(rb"\* 1 EXISTS")
    expect(len(set(server.of_role("mail")) - workers), 1, "workers more")
    expect_in("cur", os.listdir(os.path.join(folder, "carol")), "her home")


@check("workers are replaced when another folder takes the place of the mail "
       "root: {}", with_each=("imap", "pop3"), skip=UNCONFINED)
def another_root(server, protocol):
    """As when a file system is mounted there after the start."""
    def serves():
        try:
            if protocol == "imap":
                with Imap(server, "imap", "bob") as c:
                    c.ok("SELECT INBOX")
            else:
                with Pop3(server, "pop3", "bob") as c:
                    c.ok("STAT")
        except (AssertionError, Closed, OSError):
            return False
        return True

    need(serves(), "bob is not served before")
    mail = server.path("mail")
    shutil.copytree(mail, mail + ".new", copy_function=shutil.copy2)
    for path, folders, files in os.walk(mail):
        for name in [path] + [os.path.join(path, f) for f in folders + files]:
            st = os.lstat(name)
            os.chown(mail + ".new" + name[len(mail):], st.st_uid, st.st_gid)
    os.rename(mail, f"{mail}.before.{protocol}")
    os.rename(mail + ".new", mail)
    wait_for("bob is served again", serves)
    expect_in("another folder has taken the place of the mail root",
              server.log_text(), "log")


class Replaced(lib.Server):
    """A server whose mail root is replaced."""


def main():
    lib.on(Server, calls_fail, status, limits, log_is_the_parents,
           descriptors_end, files_are_out_of_reach, charsets, mail_elsewhere)
    lib.on(Replaced, another_root)
    lib.finish()


if __name__ == "__main__":
    main()
