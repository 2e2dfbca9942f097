#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold authors
"""
What can be said about the tree without running it.

usage: lint.py TOP BUILD

Each check is a function check_NAME() that yields its complaints.  Prints
`ok NAME` or a `not ok NAME: complaint` for each, and fails if there is one.
"""

import os
import re
import shutil
import subprocess
import sys

TOP, BUILD = sys.argv[1:3]
FOLDERS = {
    # folder: the folders whose headers it may include
    "common": {"common"},
    "storage": {"storage", "common"},   # and only the base part of common
    "mail": {"mail", "common", "storage"},
    "imapd": {"imapd", "mail", "common", "storage"},
    "pop3d": {"pop3d", "mail", "common", "storage"},
    "mailctl": {"mailctl", "common", "storage"},
}
LIST_FOLDERS = list(FOLDERS) + ["tests/unit"]


def tree():
    """Every file of the tree, as git or, in a tarball, the folders tell."""
    git = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co",
         "--exclude-standard"],
        cwd=TOP, capture_output=True, text=True)
    if git.returncode == 0:
        names = git.stdout.splitlines()
    else:
        names = []
        for base, dirs, files in os.walk(TOP):
            dirs[:] = [d for d in dirs if not d.startswith("build")]
            names += [os.path.relpath(os.path.join(base, f), TOP)
                      for f in files]
    return sorted(n for n in names if os.path.isfile(os.path.join(TOP, n)))


FILES = tree()


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8",
              errors="replace") as f:
        return f.read()


def lists(folder):
    """The lists of a files.mk: {"BASE_SRCS": ["common/arena.c", ...]}."""
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


def base_headers():
    """Headers of common's base part: of a base source, or of none at all
    and including no other than these."""
    sources = {f for fs in lists("common").values() for f in fs}
    base = {f[:-2] + ".h" for f in lists("common").get("BASE_SRCS", [])}
    alone = {f for f in FILES if re.match(r"common/[^/]*\.h$", f)
             and f[:-2] + ".c" not in sources
             and f[:-2] + ".y" not in sources}
    while True:
        more = {h for h in alone - base
                if all(i in base or i == "config.h" for i in includes(h))}
        if not more:
            return base
        base |= more


def check_layers():
    base = base_headers()
    for name in c_files():
        folder = name.split("/")[0]
        if folder not in FOLDERS:
            continue
        for inc in includes(name):
            other = inc.split("/")[0]
            if inc == "config.h" or inc.endswith(".tab.h"):
                continue
            if "/" not in inc:
                yield f'{name}: "{inc}" is not named from the top'
            elif inc not in FILES:
                yield f"{name}: {inc} does not exist"
            elif other not in FOLDERS[folder]:
                yield f"{name}: {folder} must not know {inc}"
            elif folder == "storage" and other == "common" and \
                    inc not in base:
                yield f"{name}: {inc} is not of common's base part"
    for name in lists("common").get("BASE_SRCS", []):
        if name in FILES:
            for inc in includes(name):
                if inc.startswith("common/") and inc not in base:
                    yield f"{name}: {inc} is not of the base part"


def check_fronts_without_storage():
    for folder, key in (("imapd", "IMAPD"), ("pop3d", "POP3D")):
        of = lists(folder)
        for which in ("_SRCS", "_FRONT_SRCS", "_PROTO_SRCS"):
            for name in of.get(key + which, []):
                if name not in FILES:
                    continue
                for inc in includes(name):
                    if inc.startswith("storage/"):
                        yield f"{name} is linked without storage: {inc}"


def check_lists():
    for folder in LIST_FOLDERS:
        listed = {}
        for key, names in lists(folder).items():
            if names != sorted(names):
                yield f"{folder}/files.mk: {key} is not sorted"
            for name in names:
                listed.setdefault(name, []).append(key)
                if not name.startswith(folder + "/"):
                    yield f"{folder}/files.mk: {name} is not in {folder}"
                elif name not in FILES:
                    print(f"skip lists: {name} is not written yet")
        for name, keys in listed.items():
            if len(keys) > 1:
                yield f"{folder}/files.mk: {name} is in {', '.join(keys)}"
        for name in FILES:
            if re.match(re.escape(folder) + r"/[^/]+\.(c|y|sql)$", name) \
                    and name not in listed:
                yield f"{name} is in no list of {folder}/files.mk"


def check_suites():
    rows = re.findall(r"^SUITE\((\w+)\)", read("tests/unit/suites.h"), re.M)
    if rows != sorted(rows):
        yield "tests/unit/suites.h is not sorted"
    for name in FILES:
        m = re.match(r"tests/unit/test_(\w+)\.c$", name)
        if m and m.group(1) not in rows:
            yield f"{name} has no row in tests/unit/suites.h"


def check_man():
    pages = [f for f in FILES if re.search(r"\.[158]$", f)]
    if not shutil.which("mandoc"):
        print("skip man: no mandoc")
        return
    for page in pages:
        run = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "style", page],
            cwd=TOP, capture_output=True, text=True)
        for line in run.stdout.splitlines():
            # Names that are not installed (yet) are none of its business.
            if "referenced manual not found" in line or \
                    "RCS id missing" in line or \
                    "Mdocdate" in line or \
                    "lower case" in line and "NAME" not in line:
                continue
            yield line.replace("mandoc: ", "")


def check_man_of_each_program():
    have = {os.path.basename(f) for f in FILES}
    for name in programs():
        if name + ".8" not in have and name + ".1" not in have:
            yield f"{name} has no man page"


def programs():
    return sorted(os.listdir(os.path.join(BUILD, "bin")))


def check_words():
    """What is left undone is an issue, not a comment."""
    bad = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    for name in FILES:
        if name.endswith((".eml", ".mbox")):
            continue
        for n, line in enumerate(read(name).splitlines(), 1):
            if bad.search(line):
                yield f"{name}:{n}: {line.strip()[:60]}"


def check_licence():
    for name in c_files(".c", ".h", ".y", ".py", ".sql", ".sh"):
        if name.startswith("have/"):
            continue
        head = read(name)[:600]
        if "SPDX-License-Identifier: ISC" not in head or \
                "SPDX-FileCopyrightText:" not in head:
            yield f"{name}: no SPDX lines"


def check_functions():
    """Functions of libc that STYLE bans, or that have a better one here."""
    bad = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|atoi|atol|strtok|"
                     r"alloca|gets|tmpnam|mktemp)\s*\(")
    for name in c_files(".c", ".h", ".y"):
        text = re.sub(r"/\*.*?\*/|\"(\\.|[^\"\\\n])*\"",
                      lambda m: re.sub(r"[^\n]", " ", m.group()),
                      read(name), flags=re.S)
        for n, line in enumerate(text.splitlines(), 1):
            m = bad.search(line)
            if m:
                yield f"{name}:{n}: {m.group(1)}"


def check_headers_stand_alone():
    compiler = cc_line()
    headers = [f for f in c_files(".h") if f.split("/")[0] in FOLDERS]
    source = "".join(f'#include "{h}"\n' for h in headers)
    for text, name in [(source, "all")] + [
            (f'#include "config.h"\n#include "{h}"\n', h) for h in headers]:
        if name == "all":
            continue
        run = subprocess.run(
            compiler + ["-fsyntax-only", "-x", "c", "-"], cwd=BUILD,
            input=text, capture_output=True, text=True)
        if run.returncode != 0:
            yield f"{name}: {run.stderr.splitlines()[0]}"


def cc_line():
    found = {}
    for line in open(os.path.join(BUILD, "config.vars")):
        key, value = line.rstrip("\n").split("=", 1)
        found[key] = value.strip("'")
    return (found["CC"] + " " + found["CPPFLAGS"]).split() + \
        ["-std=gnu11", "-I.", "-I" + TOP]


def check_scripts():
    for name in FILES:
        text = read(name)
        if text.startswith(("#!/bin/sh", "#!/bin/bash")):
            shell = text.split("\n")[0][2:]
            run = subprocess.run([shell, "-n", os.path.join(TOP, name)],
                                 capture_output=True, text=True)
            if run.returncode != 0:
                yield f"{name}: {run.stderr.strip()}"
        elif name.endswith(".py"):
            try:
                compile(text, name, "exec")
            except SyntaxError as e:
                yield f"{name}: {e}"


def check_packages():
    known = set(re.findall(r"^\w+\s+(\S+)$", read("etc/packages"), re.M))
    for quoted in re.findall(r'\bneed\s+(?:"[^"]*"|\S+)\s+("[^"]*"|\S+)',
                             read("configure")):
        first = re.sub(r"\(.*", "", quoted.strip('"')).split()
        for name in first:
            if re.match(r"[a-z0-9.+-]+$", name) and name not in known:
                yield f"configure names {name}, etc/packages does not"


def main():
    failures = 0
    for key, check in sorted(globals().items()):
        if not key.startswith("check_"):
            continue
        name, bad = key[len("check_"):], 0
        for complaint in check():
            print(f"not ok {name}: {complaint}")
            bad += 1
        if not bad:
            print(f"ok {name}")
        failures += bad
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
