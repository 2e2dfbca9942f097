# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The files of the tree and its rooms, for the checks of lint.py."""

import os
import re
import subprocess
import sys

TOP, BUILD = sys.argv[1:3]

COMMON = "common/base common/conf common/net common/proc "
STORAGE = "storage/mime storage/maildir storage/index storage/mailbox " \
    "storage/op storage/read storage "
ROOMS = {
    # Each room, and the rooms and single headers that its files may include
    # besides the room itself.  No file may include from a room that is not
    # listed here.
    "common/base": "",
    "common/conf": "common/base",
    "common/net": "common/base",
    "common/pass": "common/base",
    "common/sasl": "common/base common/conf common/pass",
    "common/proc": "common/base common/conf common/net",
    "common/parent": COMMON,
    "common/front": COMMON,
    "common/auth": COMMON + "common/pass common/sasl",
    "storage/mime": "common/base storage/types.h",
    "storage/maildir": "common/base storage/types.h",
    "storage/index": "common/base storage/types.h storage/maildir",
    "storage/mailbox": "common/base storage/types.h storage/maildir "
                       "storage/index",
    "storage/op": "common/base storage/types.h storage/mime storage/maildir "
                  "storage/index storage/mailbox",
    "storage/read": "common/base storage/types.h storage/mime "
                    "storage/maildir storage/index storage/mailbox "
                    "storage/op",
    "storage": "common/base " + STORAGE,
    "mail": COMMON + "storage/store.h",
    # Protocols print what storage/mime has parsed, and may include no other
    # room.
    "imapd": COMMON + "common/parent common/front mail storage/mime "
                      "storage/store.h",
    "pop3d": COMMON + "common/parent common/front mail storage/mime "
                      "storage/store.h",
    "mailctl": COMMON + "common/pass common/auth storage/store.h",
    "tests/unit": COMMON + "common/parent common/front common/pass "
                  "common/sasl common/auth mail imapd pop3d mailctl " +
                  STORAGE,
    "tests/unit/common": COMMON + "common/parent common/front common/pass "
                         "common/sasl common/auth tests/unit",
    "tests/unit/mime": "common/base storage/mime tests/unit",
    "tests/unit/storage": "common/base tests/unit " + STORAGE,
    "tests/faults": "common/base storage/store.h tests/unit " + STORAGE,
    "tests/bench": "",
}
FOLDERS = sorted({room.split("/")[0] for room in ROOMS} - {"tests"})
LIST_FOLDERS = FOLDERS + ["tests/unit"]


def tree():
    """All files of the tree: from git, or in a tarball from the folders."""
    git = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co",
         "--exclude-standard"],
        cwd=TOP, capture_output=True, text=True)
    if git.returncode == 0:
        names = git.stdout.splitlines()
    else:
        names = []
        for base, dirs, files in os.walk(TOP):
            dirs[:] = [d for d in dirs
                       if not d.startswith(("build", "__pycache__"))]
            names += [os.path.relpath(os.path.join(base, f), TOP)
                      for f in files]
    return sorted(n for n in names if os.path.isfile(os.path.join(TOP, n)))


FILES = tree()


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8",
              errors="replace") as f:
        return f.read()


def lists(folder):
    """The lists of a files.mk: {"BASE_SRCS": ["common/base/arena.c", ...]}."""
    found, current = {}, None
    for line in read(folder + "/files.mk").splitlines():
        line = line.split("#")[0].rstrip()
        start = re.match(r"([A-Z0-9_]+)\s*[+:]?=\s*(.*)", line)
        if start:
            current, line = start.group(1), start.group(2)
            found.setdefault(current, [])
        if current:
            found[current] += line.rstrip("\\").split()
            if not line.endswith("\\"):
                current = None
    return found


def c_files(*suffixes):
    return [f for f in FILES if f.endswith(suffixes or (".c", ".h", ".y"))]


def includes(name):
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', read(name), re.M)


def cc_line():
    found = {}
    for line in open(os.path.join(BUILD, "config.vars")):
        key, value = line.rstrip("\n").split("=", 1)
        found[key] = value.strip("'")
    return (found["CC"] + " " + found["CPPFLAGS"]).split() + \
        ["-std=gnu11", "-I.", "-I" + TOP]
