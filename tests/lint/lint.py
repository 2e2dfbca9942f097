#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""
Checks of the source tree that need not run the programs.

usage: lint.py TOP BUILD

Each check is a function check_NAME() that yields its complaints.  Prints
`ok NAME`, or `not ok NAME: complaint` for each complaint, and fails if there
is one.
"""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile

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


def check_rooms():
    """Files include only what ROOMS allows."""
    for name in c_files():
        room = os.path.dirname(name)
        if room not in ROOMS:
            if not name.startswith("have/"):
                yield f"{name}: {room} has no row in ROOMS"
            continue
        for inc in includes(name):
            if inc == "config.h" or inc.endswith(".tab.h"):
                continue
            if "/" not in inc:
                yield f'{name}: "{inc}" is not named from the top'
            elif inc not in FILES:
                yield f"{name}: {inc} does not exist"
            elif os.path.dirname(inc) not in (room, *ROOMS[room].split()) \
                    and inc not in ROOMS[room].split():
                yield f"{name}: {room} must not know {inc}"


def circles(knows):
    """The strongly connected components of a graph that have two or more
    members."""
    index, low, stack, on, found = {}, {}, [], set(), []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        on.add(v)
        for w in sorted(knows.get(v, ())):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in on:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            circle = stack[stack.index(v):]
            del stack[-len(circle):]
            on.difference_update(circle)
            if len(circle) > 1:
                found.append(sorted(circle))

    for v in sorted(knows):
        if v not in index:
            visit(v)
    return found


def module(name):
    """A .c and its .h are one module, and so is NAME_state.h, which shows the
    module's inside to its own room."""
    name = re.sub(r"\.[ch]$", "", name)
    public = re.sub(r"_state$", "", name)
    return public if public + ".h" in FILES else name


def check_circles_by_include():
    """Modules do not include each other, directly or through others."""
    knows = {}
    for name in c_files():
        if os.path.dirname(name) in ROOMS:
            of = {module(inc) for inc in includes(name) if "/" in inc}
            knows.setdefault(module(name), set()).update(of - {module(name)})
    for circle in circles(knows):
        ties = [f"{a} -> {b}" for a in circle
                for b in sorted(knows[a]) if b in circle]
        yield "; ".join(ties)


def objects():
    """The objects of the build, from the lists of files."""
    for folder in LIST_FOLDERS:
        for names in lists(folder).values():
            for name in names:
                name = "objs/" + re.sub(r"\.sql$", "_sql", re.sub(
                    r"\.y$", ".tab", re.sub(r"\.c$", "", name))) + ".o"
                if os.path.exists(os.path.join(BUILD, name)):
                    yield name


def symbols():
    """The symbols that each object defines and those that it needs from
    others: {symbol: object}, {object: {symbol}}."""
    defines, wants, names = {}, {}, sorted(objects())
    run = subprocess.run(["nm", "-A", "-g"] + names, cwd=BUILD, check=True,
                         capture_output=True, text=True)
    for line in run.stdout.splitlines():
        name, rest = line.split(":", 1)
        kind, symbol = rest.split()[-2:]
        if kind in "Uw":
            wants.setdefault(name, set()).add(symbol)
        else:
            defines[symbol] = name
    return defines, wants


def check_circles_by_call():
    """Objects do not call each other, directly or through others."""
    defines, wants = symbols()
    knows, ties = {}, {}
    for name, of in wants.items():
        for symbol in of:
            other = defines.get(symbol, name)
            if other != name and not name.startswith("objs/tests/"):
                knows.setdefault(name, set()).add(other)
                ties.setdefault((name, other), []).append(symbol)
    for circle in circles(knows):
        yield "; ".join(
            f"{a[5:-2]} -> {b[5:-2]} ({', '.join(sorted(ties[a, b]))})"
            for a in circle for b in circle if (a, b) in ties)


# Exported functions that no program calls, and why they exist.
UNUSED = {
    "SSL_CTX_callback_ctrl": "libtls calls it: see libtlsfix.c",
    "auth_cache_free": "lives as long as the process; tests free it",
    "auth_net_host": "a step of auth_net_key() with rows of its own",
    "auth_query_verified": "sources without hashes, to come, will answer",
    "auth_sources_add": "tests have a source of their own",
    "auth_tallies_count": "how tests see that old tallies go",
    "auth_tallies_free": "lives as long as the process; tests free it",
    "casefold_char": "a step of casefold(): tests ask it for all of Unicode",
    "census_free": "lives as long as the process; tests free it",
    "conf_distance": "a step of conf_near() with rows of its own",
    "conf_load_text": "tests have their configurations in strings",
    "crlf_count": "a step of crlf_skip() with rows of its own",
    "date_civil_day": "a step of the parsers: tests ask it for every day",
    "limit_free": "lives as long as the process; tests free it",
    "msg_name": "for log lines: tests ask it for every message",
    "pop3_surrogate_needed": "a step of pop3_surrogate_apply() with rows of its own",
    "sql_open_schema": "tests open an index of an older version",
    "tick_store_due": "tests compare the queue of due.c with it",
    "view_changed": "a step of waking that tests ask for directly",
    "watcher_free": "NOTIFY, which is to come, will need it",
    "watcher_new": "NOTIFY, which is to come, will need it",
    "wconn_set_stream": "COMPRESS, which is to come, will need it",
}


def check_unused():
    """Every exported function is used by another object."""
    defines, wants = symbols()
    shipped = set().union(*(of for name, of in wants.items()
                            if not name.startswith("objs/tests/")))
    tests = set().union(*wants.values()) - shipped
    for symbol, name in sorted(defines.items()):
        # Macros of yacc and tree.h define all their functions, used or not.
        if symbol in shipped or symbol == "main" or \
                name.startswith("objs/tests/") or \
                re.match(r"yy|.*_RB_", symbol):
            if symbol in UNUSED and symbol in shipped:
                yield f"{symbol} is used: take it out of UNUSED"
        elif symbol not in UNUSED:
            yield f"{name[5:-2]}: {symbol} " + (
                "is used by tests alone" if symbol in tests else
                "is used by no other object: static, or to be deleted")
    for symbol in UNUSED:
        if symbol not in defines:
            yield f"{symbol} of UNUSED is not defined"


# What a file exports besides names that begin like its own: the functions of
# an object that it defines, or that it shares with other files.
OBJECTS = {
    "common/base/xmalloc": "x",
    "common/front/front_conn": "fconn_",
    "common/front/front_login": "fconn_",
    "common/front/front_trace": "fconn_",
    "common/net/libtlsfix": "SSL_CTX_callback_ctrl",
    "common/parent/parent_kid": "kid_ kids",
    "common/proc/handoff": "user_record_",
    "common/proc/msg": "chan_",
    "common/proc/worker": "wconn_",
    "pop3d/reply": "ok okf err errf end numbers challenge",
    "storage/index/sync": "syncfile_ syncgroup_ syncjob_",
}


def check_names():
    """What a file exports begins with its name, or with the first words of its
    name: conf_lex.c has conf_lex_open() and conf_error().  A noun may be
    singular or plural: waiter.c has waiters_wake(), mailboxes.c has
    mailbox_ref().  In the daemons the name of the protocol may come first."""
    unused = {(name, start) for name in OBJECTS
              for start in OBJECTS[name].split()}
    for symbol, name in sorted(symbols()[0].items()):
        name = name[len("objs/"):-len(".o")]
        if name.startswith("tests/") or name.endswith((".tab", "_sql")) or \
                symbol == "main" or "_RB_" in symbol:
            continue
        short = re.sub(r"^(imap|pop3)_", "", symbol) \
            if name.startswith(("imapd/", "pop3d/")) else symbol
        words = os.path.basename(name).split("_")
        if any(re.match(re.sub("e?s$", "", "_".join(words[:n])) +
                        r"(e?s)?(_|$)", short)
               for n in range(1, len(words) + 1)):
            continue
        starts = [start for start in OBJECTS.get(name, "").split()
                  if short.startswith(start)]
        if not starts:
            yield f"{name}: {symbol} does not begin like the file"
        unused.difference_update((name, start) for start in starts)
    for name, start in sorted(unused):
        yield f"{name}: OBJECTS has {start}, which nothing begins with"


FILES_MAX = 60          # in one folder
# Folders that may have more: the commands of IMAP get a folder of their own
# with SORT, NOTIFY and METADATA.
FILES_ALSO = {"imapd": 90}
LINES_MAX = 700         # of one file
FUNCTION_MAX = 65       # lines between the braces of a function
# Files that are mostly a table, which is read row by row.
TABLES = {"common/conf/conf_option.c", "tests/unit/common/test_conf.c"}


def check_sizes():
    counts = {}
    for name in FILES:
        folder = os.path.dirname(name)
        counts[folder] = counts.get(folder, 0) + 1
    for folder, n in counts.items():
        if n > FILES_ALSO.get(folder, FILES_MAX):
            yield f"{folder} has {n} files"
    for name in c_files():
        lines = read(name).split("\n")
        if len(lines) - 1 > LINES_MAX and name not in TABLES:
            yield f"{name} has {len(lines) - 1} lines"
        start = None
        for number, line in enumerate(lines):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                if number - start - 1 > FUNCTION_MAX:
                    yield f"{name}:{start}: {lines[start - 1][:40]} has " \
                        f"{number - start - 1} lines"
                start = None


def check_statements():
    """Every SQL statement is used."""
    names = re.findall(r"^\t(SQL_\w+)", re.search(
        r"enum sql_stmt \{(.*?)\n\};", read("storage/index/sql.h"),
        re.S).group(1), re.M)
    text = "".join(re.sub(r"^\s*\[SQL_\w+\]", "", read(name), flags=re.M)
                   for name in c_files(".c") if name.startswith("storage/"))
    used = set(re.findall(r"\bSQL_\w+", text))
    for name in names:
        if name not in used:
            yield f"{name} is used nowhere"


def check_probes():
    """The probes of configure, the files in have/ and the HAVE_ macros that
    the code tests agree."""
    configure = read("configure")
    probed = set(re.findall(r"^(?:\t*|if )(?:probe|maybe) (\w+)", configure,
                            re.M)) | {"cc"}
    files = {os.path.basename(name)[:-2] for name in FILES
             if name.startswith("have/")}
    for name in sorted(probed ^ files):
        yield f"have/{name}.c and the probes of configure do not agree"
    defined = {"HAVE_" + name.upper() for name in
               re.findall(r"^maybe (\w+)", configure, re.M)}
    read_by = set(re.findall(r"\bHAVE_\w+", "".join(
        read(name) for name in c_files(".c", ".h", ".y"))))
    for name in sorted(defined ^ read_by):
        yield f"{name}: configure and the sources do not agree"


def check_fronts_without_storage():
    for folder, key in (("imapd", "IMAPD"), ("pop3d", "POP3D")):
        of = lists(folder)
        # Files of both lists are checked by linking the front, which has no
        # storage.
        for which in ("_SRCS", "_FRONT_SRCS"):
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
                    yield f"{folder}/files.mk: {name} is not there"
        for name, keys in listed.items():
            if len(keys) > 1:
                yield f"{folder}/files.mk: {name} is in {', '.join(keys)}"
        for name in FILES:
            if re.match(re.escape(folder) + r"/([^/]+/)?[^/]+\.(c|y|sql)$",
                        name) and name not in listed:
                yield f"{name} is in no list of {folder}/files.mk"


def check_suites():
    rows = re.findall(r"^SUITE\((\w+)\)", read("tests/unit/suites.h"), re.M)
    if rows != sorted(rows):
        yield "tests/unit/suites.h is not sorted"
    for name in FILES:
        m = re.match(r"tests/unit/(?:[a-z]+/)?test_(\w+)\.c$", name)
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
            # A manual page that is not installed (yet) may still be referred
            # to.
            if "referenced manual not found" in line or \
                    "RCS id missing" in line or \
                    "Mdocdate" in line or \
                    "lower case" in line and "NAME" not in line:
                continue
            yield line.replace("mandoc: ", "")


def check_man_of_each_program():
    """Each daemon and each tool has a man page.  A program that daemons start
    is described in the page of its daemon, or of all if they share it."""
    daemons = ("imapd", "pop3d")
    have = {os.path.basename(f) for f in FILES}
    for name in programs():
        if "-" not in name:
            if name + ".8" not in have and name + ".1" not in have:
                yield f"{name} has no man page"
            continue
        stem = name.split("-")[0]
        for daemon in [stem] if stem in daemons else daemons:
            if not re.search(rf"\.It .*\bNm {name}$",
                             read(f"man/{daemon}.8"), re.M):
                yield f"man/{daemon}.8 does not say what {name} is"


def programs():
    return sorted(os.listdir(os.path.join(BUILD, "bin")))


def check_words():
    """Unfinished work is in an issue, not in a comment."""
    bad = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    for name in FILES:
        if name.endswith((".eml", ".mbox")):
            continue
        for n, line in enumerate(read(name).splitlines(), 1):
            if bad.search(line):
                yield f"{name}:{n}: {line.strip()[:60]}"


def check_mailbox_walks():
    """Only mailboxes.c, which holds what it walks over, walks mailboxes."""
    for name in FILES:
        if not fnmatch.fnmatch(name, "storage/*.c") or name in (
                "storage/mailbox/mailboxes.c", "storage/store.c"):
            continue
        for n, line in enumerate(read(name).splitlines(), 1):
            if "->mailboxes" in line:
                yield f"{name}:{n}: {line.strip()}"


TOPS = "|".join(sorted({name.split("/")[0] for name in FILES if "/" in name}))
# A path from the top of the tree, as in etc/penfold.conf or imapd/cmd_NAME.c.
PATH = re.compile(rf"(?<![\w./$~-])((?:{TOPS})/[\w./*-]*)")


# Programs of the build, named from its top.
BUILT = {"tests/unit/unit", "tests/faults/faults"}


def there(path, known):
    """Whether a path or pattern names a file or folder of the tree.  A part in
    upper case, such as NAME, stands for any."""
    pattern = re.sub(r"[A-Z]{4,}", "*", path.rstrip(".-"))
    if pattern.endswith("/"):
        pattern += "*"
    return path in known or any(
        fnmatch.fnmatchcase(name, end) for name in FILES
        for end in (pattern, pattern + "/*"))


def check_files_named():
    """Each file and folder of the tree that a page or a comment names
    exists."""
    known = {*FILES, *map(os.path.basename, FILES), *BUILT}
    in_page = re.compile(r"`([a-z0-9_./*-]+\.(?:[chy58]|md|mk|py|sql))`|"
                         r"\]\(([\w./-]+)\)")
    in_comment = re.compile(r"(?<![\w./*<\"-])((?:[a-z0-9]+/)?[a-z0-9_]+"
                            r"\.[cy])\b")
    for name in FILES:
        text = read(name)
        if name.endswith(".md"):
            words = [word for found in in_page.findall(text) for word in found]
        elif name.endswith((".c", ".h", ".y")):
            text = "\n".join(re.findall(r"/\*.*?\*/", text, re.S))
            words = in_comment.findall(text)
        else:
            continue
        for word in sorted({*words, *PATH.findall(text)} - {""}):
            if not there(word, known):
                yield f"{name}: there is no {word}"


def check_licence():
    for name in c_files(".c", ".h", ".y", ".py", ".sql", ".sh"):
        if name.startswith("have/"):
            continue
        head = read(name)[:600]
        if "SPDX-License-Identifier: ISC" not in head or \
                "SPDX-FileCopyrightText: 2026 The Penfold maintainers" \
                not in head:
            yield f"{name}: not the two SPDX lines"


def check_functions():
    """No calls of libc functions that STYLE bans, or that a function here
    replaces."""
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


def check_errors_are_not_absence():
    """Only maildir.c says which errors mean that a file is gone, and goes
    through the names of a folder: readdir(3) tells an error from the end
    only by errno."""
    bad = re.compile(r"errno\w* *[!=]= *\(?(?:ENOENT|ENOTDIR)\b|"
                     r"\bcase (?:ENOENT|ENOTDIR)\b|"
                     r"\b(?:readdir|fdopendir|opendir)\((?!3\))")
    for name in c_files(".c"):
        if not name.startswith("storage/") or \
                name == "storage/maildir/maildir.c":
            continue
        for n, line in enumerate(read(name).splitlines(), 1):
            if bad.search(line):
                yield f"{name}:{n}: use maildir_gone() or maildir_next()"


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


def check_columns():
    """Lines of C have at most 80 columns, with tabs of 8."""
    for name in FILES:
        if not name.endswith((".c", ".h", ".y")):
            continue
        for number, line in enumerate(read(name).split("\n"), 1):
            if len(line.expandtabs(8)) > 80:
                yield f"{name}:{number}: {len(line.expandtabs(8))} columns"


# Rows of the tests are input, want and reason, which need no names.
POSITIONAL = "tests/"


def check_rows():
    """The rows of a table name their fields."""
    for name in c_files(".c", ".y"):
        if name.startswith(POSITIONAL):
            continue
        text = read(name)
        for table in re.finditer(r"^(\t*)\S.*\] = \{\n(.*?)^\1\};", text,
                                 re.M | re.S):
            for row in re.finditer(r"^\t+(?:\[\w+\] = )?\{ [^.].*$",
                                   table.group(2), re.M):
                at = table.start(2) + row.start()
                yield f"{name}:{text.count(chr(10), 0, at) + 1}: " \
                    f"{row.group().strip()}"


def check_comments():
    """A function in a header has a comment: above it or its group, or behind
    it."""
    for name in c_files(".h"):
        if name.startswith(("tests/", "have/")):
            continue
        lines = read(name).split("\n")
        for n, line in enumerate(lines):
            if not re.match(r"(?!typedef|static|extern)[a-z].*\b\w+\(", line) \
                    or lines[n - 1].strip():
                continue
            end = next(i for i in range(n, len(lines)) if ";" in lines[i])
            if "/*" not in lines[end]:
                yield f"{name}:{n + 1}: {line.expandtabs(1)}"


def check_includes():
    """Our own headers are included in alphabetical order."""
    for name in c_files():
        own = [inc for inc in includes(name)
               if inc != "config.h" and not inc.endswith(".tab.h")
               and not inc.endswith("/suites.h")]
        if own != sorted(own):
            yield f"{name}: the includes are not sorted"


LOCAL = re.compile(r"^\t+(?:(?:static|const|unsigned|signed|volatile|struct|"
                   r"enum|union|long) )*[A-Za-z_]\w*(?: const)?\t+ *\**\(?\**"
                   r"[A-Za-z_]\w*.*[;,{]$")


def check_locals():
    """A local has one space after its type; only fields and prototypes are
    aligned by tabs."""
    for name in c_files(".c"):
        body = fields = False
        for n, line in enumerate(read(name).split("\n"), 1):
            if line in ("{", "}"):
                body, fields = line == "{", False
            elif re.match(r"^\t+(?:(?:static|const) )*(?:struct|union)"
                          r"(?: \w+)? \{$", line):
                fields = True
            elif fields and re.match(r"^\t+\}", line):
                fields = False
            elif body and not fields and LOCAL.match(line) and \
                    not re.match(r"\t+(?:return|else|goto|case)\b", line):
                yield f"{name}:{n}: a local is aligned by a tab"


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
            # tests/run runs executable files only and ignores the others.
            if text.startswith("#!") != os.access(
                    os.path.join(TOP, name), os.X_OK):
                yield f"{name}: executable and #! do not agree"


def check_executable():
    """Test scripts are executable, since tests/run ignores those that are
    not."""
    for name in FILES:
        if re.match(r"tests/\w+/[^/]+\.py$", name):
            script = read(name).startswith("#!")
            if os.access(os.path.join(TOP, name), os.X_OK) != script:
                yield f"{name}: " + ("is not executable" if script else
                                     "is executable, but does not begin #!")


def check_packages():
    known = set(re.findall(r"^\w+\s+(\S+)$", read("etc/packages"), re.M))
    for quoted in re.findall(r'\bneed\s+(?:"[^"]*"|\S+)\s+("[^"]*"|\S+)',
                             read("configure")):
        first = re.sub(r"\(.*", "", quoted.strip('"')).split()
        for name in first:
            if re.match(r"[a-z0-9.+-]+$", name) and name not in known:
                yield f"configure names {name}, etc/packages does not"


UNITS = {
    "CONF_TIME": (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60),
                  ("s", 1)),
    "CONF_SIZE": (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)),
}
NUMBERS = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "MINUTE": 60,
           "HOUR": 3600, "DAY": 86400, "WEEK": 604800, "YEAR": 365 * 86400}


NUMBERS.update((name, int(value)) for name, value in re.findall(
    r"^#define (\w+)\s+(\d+)$", read("common/base/bounds.h"), re.M))


def quantity(text, kind):
    """A bound of an option row, in the largest unit that divides it."""
    n = eval(text, {}, NUMBERS)
    for suffix, factor in UNITS.get(kind, ()):
        if n and n % factor == 0:
            return f"{n // factor}{suffix}"
    return str(n)


def options():
    """The rows of conf_options[]: the name, and what the manual must say."""
    source = read("common/conf/conf_option.c")
    words = {
        m.group(1): re.findall(r'\{ \.name = "([^"]+)"', m.group(2))
        for m in re.finditer(r"conf_word (\w+)\[\] = \{(.*?)\n\};",
                             source, re.S)}
    words["mech_words"] = re.findall(
        r'^\tX\(\w+,[^)"]*"[^"]+",[^)"]*"([^"]+)"',
        read("common/conf/conf_mech.h"), re.M)
    ciphers = "".join(re.findall(r'"([^"]+)"', re.search(
        r"#define TLS_CIPHERS(.*?)\n\n", source, re.S).group(1)))
    body = re.search(r"conf_option conf_options\[\] = \{(.*?)\n\};", source,
                     re.S).group(1)
    for row in re.findall(r"^\t\{ (\.name = .*?) \},$", body, re.M | re.S):
        field = dict(re.findall(
            r'\.(\w+) = ((?:"(?:[^"\\]|\\.)*"\s*)+|[^",]+)', row))
        name, kind = field["name"].strip('"'), field["type"]
        default = field.get("def")
        if default is None:
            default = "found with.Xrgethostname3"
        elif default == "TLS_CIPHERS":
            default = ciphers
        else:
            default = default.strip('"') or '""'
        low, high = field.get("min", "0"), field.get("max", "0")
        low, high = quantity(low, kind), quantity(high, kind)
        list_words = ", ".join(words.get(field.get("words"), []))
        flags = field.get("flags", "")
        restart = "CONF_OPT_RESTART" in flags
        yield name, restart, f"Default: {default}; " + {
            "CONF_NUMBER": f"from {low} to {high}",
            "CONF_TIME": f"from {low} to {high}" +
                         (" or never" if "NEVER" in flags else ""),
            "CONF_SIZE": f"from {low} to {high}",
            "CONF_BOOL": "yes or no",
            "CONF_WORD": "one of " + list_words,
            "CONF_WORDS": "some of " + list_words,
            "CONF_STRING": f"from {low} to {high} octets",
            "CONF_PATH": "an absolute path" +
                         (", or one of " + list_words if list_words else ""),
            "CONF_ID": "a name or uid:gid",
        }[kind] + "."


def manual_items():
    """What penfold.conf(5) says of each option, in the order of the page."""
    page = read("man/penfold.conf.5")
    page = page[page.index(".Sh OPTIONS"):page.index(".Sh FILES")]
    for item in page.split("\n.It Ic ")[1:]:
        head, text = item.split("\n", 1)
        yield re.split(r" (?:Ar|Cm) ", head)[0], text


RESTART = "A change takes effect when the daemons are restarted."


def check_users():
    """Each kind of users is in the manual."""
    page = read("man/penfold.conf.5")
    words = re.findall(r'X\(\w+, auth_source_\w+, "([^"]+)"',
                       read("common/conf/conf_users.h"))
    for word in words or ["of conf_users.h, which has no rows"]:
        if f"\n.It Ic users {word} " not in page:
            yield f"penfold.conf(5) lacks users {word}"


def check_options():
    """Each option is in the manual, with its default and its range."""
    items, rows = list(manual_items()), list(options())
    if [i[0] for i in items] != [r[0] for r in rows]:
        missing = {r[0] for r in rows} ^ {i[0] for i in items}
        yield "penfold.conf(5) has not the options of conf_options[] in " \
            f"their order: {sorted(missing) or 'the order differs'}"
        return
    for (name, text), (_, restart, want) in zip(items, rows):
        if (RESTART in text) != restart:
            yield f"penfold.conf(5): {name}: CONF_OPT_RESTART and " \
                f"\"{RESTART}\" belong together"
        if re.sub(r"\s", "", want) not in re.sub(r"\s", "", text):
            yield f"penfold.conf(5): {name}: expected: {want}"
        if f".Dl {name} " not in text:
            yield f"penfold.conf(5): {name} has no example"


MINIMUM = (
    ("certificate ", 'certificate "/c" key "/k"'),
    ("users ", 'users passwd "/u"'),
    ("mail ", 'mail "/m/%d/%n"'),
    ("imap ", "imap listen on * port 31143 starttls"),
)


def examples():
    """The example configurations in penfold.conf(5) and etc/."""
    source = read("man/penfold.conf.5")
    # In the arguments of a macro, a bare quote is mdoc syntax and not shown.
    page = re.sub(r"^\.Dl .*$", lambda m: m[0].replace('"', ""), source,
                  flags=re.M)
    page = page.replace("\\(dq", '"').replace("\\e", "\\")
    for line in re.findall(r"^\.Dl (.*)$", page, re.M):
        rest = [text for first, text in MINIMUM if not line.startswith(first)]
        yield line, "\n".join([line] + rest) + "\n"
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page,
                            re.M | re.S):
        yield block.split("\n")[0] + "...", block
    yield "etc/penfold.conf", read("etc/penfold.conf")


def check_examples():
    """The parser accepts every example; what only this host lacks is
    ignored."""
    lacks = re.compile(r"cannot read|there is no user|for chroot|in use|"
                       r"none of this|is for root|error: /[^:]*: ")
    for what, text in examples():
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
            f.write(text)
            f.flush()
            run = subprocess.run(
                [os.path.join(BUILD, "bin/mailctl"), "-f", f.name, "check"],
                capture_output=True, text=True)
            if run.returncode not in (0, 1):
                yield f"{what}: mailctl check: {run.stderr}"
            for line in run.stdout.splitlines():
                if line.startswith(f"error: {f.name}") and \
                        not lacks.search(line.replace(f.name, "")):
                    yield f"{what}: {line}"


def extensions():
    """The tables of doc/extensions.md: {heading: [cells of a row, ...]}."""
    found, rows = {}, None
    for line in read("doc/extensions.md").splitlines():
        if line.startswith("## "):
            rows = found[line[3:]] = []
        elif line.startswith("| ") and rows is not None:
            cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
            if cells[1] != "RFC" and cells[0] != "---":
                rows.append(cells)
    return found


def check_extensions():
    """doc/extensions.md lists every extension that the code announces, with
    source and test files that exist."""
    told = extensions()
    announced = {
        "IMAP capabilities": re.findall(
            r'\[CAP_\w+\] = \{ \.name = "([^"]+)"',
            read("imapd/capability.c")),
        "SASL mechanisms": re.findall(
            r'X\(\w+, sasl_\w+, "([^"]+)"', read("common/conf/conf_mech.h")),
        "POP3 capabilities": re.findall(
            r'^\t\{ \.name = "([A-Z0-9-]+)"', read("pop3d/capability.c"),
            re.M),
    }
    for heading, names in announced.items():
        rows = told.get(heading, [])
        if [row[0] for row in rows] != names or not names:
            yield f"doc/extensions.md: {heading} has not the rows of the " \
                f"code in their order, which are {', '.join(names)}"
        for name, rfc, source, test in rows:
            if source not in FILES or test not in FILES:
                yield f"doc/extensions.md: {name}: no {source} or {test}"
                continue
            if rfc != "none" and not re.search(rf"\b{rfc}\b", read(source)):
                yield f"doc/extensions.md: {name}: {source} does not name " \
                    f"RFC {rfc}"
            if name not in read(test):
                yield f"doc/extensions.md: {name} is not in {test}"


def check_rooms_told():
    """The table of rooms in doc/hacking.md agrees with ROOMS, with short
    names."""
    told = dict(re.findall(r"^\| ([a-z0-9/]+) \|.*\| ([a-z. ]+) \|$",
                           read("doc/hacking.md"), re.M))
    for room, knows in ROOMS.items():
        short = [name.split("/")[-1] for name in knows.split()] or ["nothing"]
        if not room.startswith("tests/") and \
                set(told.get(room, "").split()) != set(short):
            yield f"doc/hacking.md: {room} may include {' '.join(short)}"


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
