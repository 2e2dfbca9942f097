# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Who may know whom, what files export, how large they are, and the lists of
files; for lint.py."""

import fnmatch
import os
import re
import subprocess

from tree import BUILD, FILES, LIST_FOLDERS, ROOMS, c_files, includes, \
    lists, read


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
    "SSL_CTX_set_alpn_select_cb": "the same",
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
    "parent_secret_load": "a step of sending it: tests break the file",
    "parent_watch_look": "what a timer does: tests have no time",
    "pop3_surrogate_needed":
        "a step of pop3_surrogate_apply() with rows of its own",
    "sql_open_schema": "tests open an index of an older version",
    "tick_store_due": "tests compare the queue of due.c with it",
    "view_changed": "a step of waking that tests ask for directly",
    "usage_new": "QUOTA, which is to come, will need it",
    "usage_result": "QUOTA, which is to come, will need it",
    "view_follow": "CONTEXT, which is to come, will need it",
    "view_followed": "CONTEXT, which is to come, will need it",
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
    "common/net/libtlsfix": "SSL_CTX_",
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
    """Folders, files and functions are small enough to be read."""
    counts = {}
    for name in FILES:
        folder = os.path.dirname(name)
        counts[folder] = counts.get(folder, 0) + 1
    for folder, n in counts.items():
        if n > FILES_ALSO.get(folder, FILES_MAX):
            yield f"{folder} has {n} files"
    for name in c_files(".c", ".h", ".y", ".py"):
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
        r"enum sql_stmt \{(.*?)\n\};", read("storage/index/sql_text.h"),
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


def check_mailbox_walks():
    """Only mailboxes.c, which holds what it walks over, walks mailboxes."""
    for name in FILES:
        if not fnmatch.fnmatch(name, "storage/*.c") or name in (
                "storage/mailbox/mailboxes.c", "storage/store.c"):
            continue
        for n, line in enumerate(read(name).splitlines(), 1):
            if "->mailboxes" in line:
                yield f"{name}:{n}: {line.strip()}"


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
