#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Compares how Penfold and Debian's dovecot-imapd serve the same Maildir: what
FETCH answers for the messages of corpus.py and mutations of them.

Differences that an RFC explains are in explained.py; any other difference
fails the check.  SEED and COUNT in the environment choose other mutations, and
how many."""

import contextlib
import functools
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import corpus
import dovecot
import explained
import harness
from harness import HOST, PASSWORD, check, expect, finish, need, on

SEED = int(os.environ.get("SEED", 1))
COUNT = int(os.environ.get("COUNT", 300))
LIMIT = 10		# how many differences each check shows


def parse(b, i):
    """Parse the value at offset i of a response.  Returns the value and the
    offset after it."""
    c = b[i:i + 1]
    if c == b"(":
        out, i = [], i + 1
        while b[i:i + 1] != b")":
            if b[i:i + 1] == b" ":
                i += 1
                continue
            v, i = parse(b, i)
            out.append(v)
        return out, i + 1
    if c == b'"':
        s, i = bytearray(), i + 1
        while b[i:i + 1] != b'"':
            if b[i:i + 1] == b"\\":
                i += 1
            s += b[i:i + 1]
            i += 1
        return bytes(s), i + 1
    if c == b"{":
        j = b.index(b"}", i)
        n = int(b[i + 1:j])
        return b[j + 3:j + 3 + n], j + 3 + n
    j, depth = i, 0
    while j < len(b) and (depth or b[j:j + 1] not in b" ()\r\n"):
        depth += (b[j:j + 1] == b"[") - (b[j:j + 1] == b"]")
        j += 1
    if j == i:
        raise ValueError("no value at %r" % b[i:i + 40])
    w = b[i:j]
    if w.upper() == b"NIL":
        return None, j
    return (int(w) if w.isdigit() else w.decode("latin-1").upper()), j


class Client:
    """Enough IMAP to FETCH.  send and recv are functions of the transport."""

    def __init__(self, send, recv):
        self.send, self.recv = send, recv
        self.buf = b""
        self.tag = 0

    def need(self, n):
        while len(self.buf) < n:
            more = self.recv()
            if not more:
                raise EOFError("connection ended after %r" % self.buf[-200:])
            self.buf += more

    def response(self):
        """Read one response, including its literals."""
        at = 0
        while True:
            while b"\r\n" not in self.buf[at:]:
                self.need(len(self.buf) + 1)
            end = self.buf.index(b"\r\n", at) + 2
            line = self.buf[at:end - 2]
            if not line.endswith(b"}") or b"{" not in line:
                break
            n = int(line[line.rindex(b"{") + 1:-1])
            at = end + n
            self.need(at)
        r, self.buf = self.buf[:end], self.buf[end:]
        return r

    def command(self, text, must=True):
        self.tag += 1
        tag = b"t%d" % self.tag
        self.send(tag + b" " + text.encode() + b"\r\n")
        out = []
        while True:
            r = self.response()
            if r.startswith(tag + b" "):
                if must and not r.startswith(tag + b" OK"):
                    raise RuntimeError("%s: %r" % (text, r))
                return r, out
            out.append(r)

    def fetch(self, msgs, items, must=True):
        """{message: {item: value}}"""
        res = {}
        for r in self.command("FETCH %s (%s)" % (msgs, items), must)[1]:
            words = r.split(b" ", 3)
            if len(words) < 4 or words[2] != b"FETCH":
                continue
            v = parse(r, len(b" ".join(words[:3])) + 1)[0]
            got = res.setdefault(int(words[1]), {})
            for name, value in zip(v[::2], v[1::2]):
                got[name] = value
        return res


class Dovecot(Client):
    """Dovecot's imap program on a Maildir."""

    def __init__(self, folder, maildir):
        self.program = dovecot.Program(folder, maildir)
        self.start()

    def start(self):
        self.proc = subprocess.Popen(
            self.program.command, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=self.program.env)
        super().__init__(self.write, lambda: self.proc.stdout.read1(65536))
        self.response()
        self.command("EXAMINE INBOX")

    def fetch_again(self, msgs, items):
        """fetch().  If the program ends, restart it and return None."""
        try:
            return self.fetch(msgs, items)
        except (EOFError, BrokenPipeError):
            self.proc.wait(20)
            self.start()
            return None

    def write(self, data):
        self.proc.stdin.write(data)
        self.proc.stdin.flush()

    def close(self):
        self.proc.stdin.close()
        self.proc.wait(20)


class Penfold(Client):
    """Penfold, over implicit TLS."""

    def __init__(self, server):
        raw = socket.create_connection((HOST, server.ports["imaps"]), 60)
        self.sock = server.context().wrap_socket(raw)
        super().__init__(self.sock.sendall, lambda: self.sock.recv(65536))
        self.response()
        self.command("LOGIN alice " + PASSWORD)
        self.command("EXAMINE INBOX")

    def close(self):
        self.sock.close()


def put_maildir(path, messages, owner):
    for sub in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, sub), exist_ok=True)
    for i, (_, m) in enumerate(messages):
        name = "%d.M%06d.host:2,S" % (1700000000 + i, i)
        with open(os.path.join(path, "cur", name), "wb") as f:
            f.write(m)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", owner, path], check=True)


class Both:
    """Both servers with the same messages, a list of (name, octets)."""

    def __init__(self, messages, theirs, ours):
        self.messages, self.dovecot, self.penfold = messages, theirs, ours

    @functools.cached_property
    def structures(self):
        """The BODYSTRUCTURE of each message on which both agree, or None."""
        theirs, ours = (c.fetch("1:*", "BODYSTRUCTURE")
                        for c in (self.dovecot, self.penfold))
        found = []
        for i in range(1, len(self.messages) + 1):
            mine = ours.get(i, {}).get("BODYSTRUCTURE")
            same = mine == theirs.get(i, {}).get("BODYSTRUCTURE")
            found.append(mine if same else None)
        return found


@contextlib.contextmanager
def both():
    messages = [*corpus.named(), *corpus.mutated(SEED, COUNT)]
    with harness.Server("alice") as server:
        maildir = server.path("dovecot", "mail")
        put_maildir(maildir, messages, f"{dovecot.UID}:{dovecot.UID}")
        put_maildir(server.maildir("alice"), messages,
                    os.environ.get("OWNER", "61003:61003"))
        with contextlib.closing(Dovecot(server.path("dovecot"),
                                        maildir)) as theirs, \
                contextlib.closing(Penfold(server)) as ours:
            yield Both(messages, theirs, ours)


# Sections.

def sections(structure, path=()):
    """The names of all sections in a BODYSTRUCTURE."""
    if isinstance(structure[0], list):
        for i, part in enumerate(structure):
            if not isinstance(part, list):
                break
            yield from part_sections(part, path + (i + 1,))
    elif path == ():
        yield from part_sections(structure, (1,))


def part_sections(part, path):
    name = ".".join(map(str, path))
    yield name
    yield name + ".MIME"
    is_message = (not isinstance(part[0], list) and part[0] == b"message" and
                  part[1] == b"rfc822")
    if is_message:
        yield name + ".HEADER"
        yield name + ".TEXT"
        inner = part[8]
        if isinstance(inner[0], list):
            yield from sections(inner, path)
        else:
            yield from part_sections(inner, path + (1,))
    elif isinstance(part[0], list):
        yield from sections(part, path)


def whole(_):
    return ["BODY.PEEK[]", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]"]


def fields(_):
    return ["BODY.PEEK[HEADER.FIELDS (Subject to X-Missing Content-Type)]",
            "BODY.PEEK[HEADER.FIELDS.NOT (Subject to)]"]


def names(structure):
    """Parts can be compared only if both servers see the same structure."""
    return list(sections(structure))[:60] if structure else []


def parts(structure):
    return [f"BODY.PEEK[{name}]" for name in names(structure)]


def partials(structure):
    return ["BODY.PEEK[]<5.20>", "BODY.PEEK[TEXT]<3.1000000>",
            "BODY.PEEK[]<1000000.5>"] + [
                f"BODY.PEEK[{name}]<2.9>" for name in names(structure)[:4]]


# Comparison.

class Report:
    """Counts what is the same, explained by an RFC, or different."""

    def __init__(self):
        self.version = dovecot.version()
        self.agree = self.explained = 0
        self.different = []

    def compare(self, name, message, item, theirs, ours):
        if theirs == ours:
            self.agree += 1
        elif explained.reason(item, theirs, ours, message, self.version):
            self.explained += 1
        else:
            self.different.append(f"{item} of {name}")
            if len(self.different) <= LIMIT:
                print(f"# {name}: {item}\n#  message {message[:400]!r}\n"
                      f"#  want {theirs!r}\n#  got {ours!r}")

    def expect_agreement(self):
        print(f"# {self.agree} agree, {self.explained} differ as explained")
        need(self.agree, "nothing agrees, if anything was compared")
        expect(self.different, [], "other differences from Dovecot")


@check("FETCH {} of each message is what Dovecot answers, or an RFC explains "
       "the difference", skip=dovecot.MISSING,
       with_each=("RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE"))
def facts(b, item):
    report = Report()
    theirs, ours = b.dovecot.fetch("1:*", item), b.penfold.fetch("1:*", item)
    expect(sorted(ours), list(range(1, len(b.messages) + 1)), "messages")
    for i, (name, message) in enumerate(b.messages, 1):
        report.compare(name, message, item, theirs.get(i, {}).get(item),
                       ours[i].get(item))
    report.expect_agreement()


@check("FETCH of {0} is what Dovecot answers, or an RFC explains the "
       "difference", skip=dovecot.MISSING, with_each=[
           ("messages, headers and texts", whole),
           ("header fields", fields), ("parts", parts),
           ("partials", partials)])
def octets(b, row):
    report = Report()
    for i, (name, message) in enumerate(b.messages, 1):
        wanted = row[1](b.structures[i - 1])
        theirs, ours = {}, {}
        for at in range(0, len(wanted), 30):
            some = " ".join(wanted[at:at + 30])
            answer = b.dovecot.fetch_again(str(i), some)
            if answer is None:
                print(f"# {name} ends Dovecot: {message[:200]!r}")
                continue
            theirs.update(answer.get(i, {}))
            ours.update(b.penfold.fetch(str(i), some).get(i, {}))
        for item in sorted(set(theirs) | set(ours)):
            # NIL and "" both mean that there is nothing (nstring).
            report.compare(name, message, item,
                           theirs.get(item, "none") or b"",
                           ours.get(item, "none") or b"")
    report.expect_agreement()


def main():
    on(both, facts, octets)
    finish()


if __name__ == "__main__":
    main()
