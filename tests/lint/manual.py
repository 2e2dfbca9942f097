# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""What manual and pages say of the programs; for lint.py."""

import os
import re
import shutil
import subprocess
import tempfile

from tree import BUILD, FILES, TOP, lists, read


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
