# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The processes of a running server, read from /proc."""

import os
import re


def parents(server):
    """Pids of imapd and pop3d."""
    with open(server.path("pids")) as f:
        return [int(pid) for pid in f.read().split()]


def status(pid):
    """{field: value} of /proc/PID/status; empty if the process has gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            return dict(line.rstrip("\n").split(":\t", 1)
                        for line in f if ":\t" in line)
    except (FileNotFoundError, ProcessLookupError):
        return {}


def limits(pid):
    """{name: (soft, hard)} of /proc/PID/limits, without the units."""
    with open(f"/proc/{pid}/limits") as f:
        rows = [re.split(r"\s{2,}", line.strip()) for line in f][1:]
    return {row[0]: tuple(float("inf") if n == "unlimited" else int(n)
                          for n in row[1:3]) for row in rows}


def title(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read().split(b"\0")[0].decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(parent):
    """{pid: title} of the living children of a process."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        fields = status(entry)
        if fields.get("PPid") == str(parent) and \
                not fields["State"].startswith("Z"):
            found[int(entry)] = title(entry)
    return found


def of_role(parent, role):
    """Pids of the children whose title names this role."""
    return sorted(pid for pid, name in children(parent).items()
                  if f": {role} " in name)


def descriptors(pid):
    """Numbers of a process's open descriptors, none if it has gone; None if
    they can't be read, as by users other than root where tracing is
    forbidden."""
    try:
        return [int(fd) for fd in os.listdir(f"/proc/{pid}/fd")]
    except (FileNotFoundError, ProcessLookupError):
        return []
    except PermissionError:
        return None


def files(pid):
    """The regular files and folders that a process has open."""
    found = set()
    for fd in descriptors(pid) or ():
        try:
            path = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue
        if path.startswith("/") and path != "/dev/null":
            found.add(path.removesuffix(" (deleted)"))
    return found
