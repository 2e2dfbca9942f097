# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""How sources read: words, layout, comments, headers, scripts; for lint.py."""

import fnmatch
import os
import re
import subprocess

from tree import BUILD, FILES, FOLDERS, TOP, c_files, cc_line, includes, read


def check_words():
    """Unfinished work is in an issue, not in a comment."""
    bad = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    for name in FILES:
        if name.endswith((".eml", ".mbox")):
            continue
        for n, line in enumerate(read(name).splitlines(), 1):
            if bad.search(line):
                yield f"{name}:{n}: {line.strip()[:60]}"


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


def check_sockets_do_not_wait():
    """O_NONBLOCK belongs to a description that other processes may hold, and
    is not relied on: each call on a socket says MSG_DONTWAIT."""
    call = re.compile(r"\b(?:recv|send)(?:msg|mmsg|from|to)?\([^;{]*[;{]")
    for name in c_files(".c"):
        if name.startswith("tests/"):
            continue
        text = re.sub(r"/\*.*?\*/", "", read(name), flags=re.S)
        for found in call.findall(text):
            if "MSG_DONTWAIT" not in found:
                yield f"{name}: {found.splitlines()[0][:60]}"


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
