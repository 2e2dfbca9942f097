#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Compares how Penfold and Debian's dovecot-imapd serve the same Maildir.

    python3 tests/differential/differential.py [-s SEED] [-n COUNT]

$BUILD is the build tree [build].  Compares RFC822.SIZE, ENVELOPE, BODY,
BODYSTRUCTURE, every section of each message, partial sections, and header
fields, for the messages of corpus.py and COUNT mutations of them.  Differences
that an RFC explains are in explained.py; any other difference fails the test.
Without Dovecot the test is skipped.  It never starts or changes a service of
the system.
"""

import argparse
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

import corpus
import explained

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
IMAP = "/usr/lib/dovecot/imap"
NOBODY = 65534

DOVECOT_23 = """\
base_dir = %(dir)s/run
log_path = %(dir)s/log
mail_location = maildir:%(dir)s/mail
ssl = no
protocols = imap
default_internal_user = %(user)s
default_login_user = %(user)s
stats_writer_socket_path =
"""

DOVECOT_24 = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = %(dir)s/run
log_path = %(dir)s/log
mail_driver = maildir
mail_path = %(dir)s/mail
ssl = no
protocols = imap
default_internal_user = %(user)s
default_login_user = %(user)s
stats_writer_socket_path =
import_environment {
  USER = %(user)s
  HOME = %(dir)s
}
"""

LIMIT = 10		# how many differences of each kind to show

FIELDS = "BODY.PEEK[HEADER.FIELDS (Subject to X-Missing Content-Type)]"
FIELDS_NOT = "BODY.PEEK[HEADER.FIELDS.NOT (Subject to)]"


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


def version():
    """The version of Dovecot, since some differences depend on it."""
    return subprocess.run(["dovecot", "--version"], text=True, check=True,
                          stdout=subprocess.PIPE).stdout


class Dovecot(Client):
    """Dovecot's imap program, run directly: it needs no login."""

    def __init__(self, directory):
        uid = os.geteuid() or NOBODY
        conf = os.path.join(directory, "dovecot.conf")
        os.makedirs(os.path.join(directory, "run"), exist_ok=True)
        self.user = user = subprocess.run(
            ["id", "-un", str(uid)], text=True,
            stdout=subprocess.PIPE).stdout.strip()
        with open(conf, "w") as f:
            text = DOVECOT_24 if version() >= "2.4" else DOVECOT_23
            f.write(text % {"dir": directory, "user": user})
        cmd = [IMAP, "-c", conf]
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "%d:%d" % (uid, uid), directory],
                           check=True)
            cmd = ["setpriv", "--reuid", str(uid), "--regid", str(uid),
                   "--clear-groups"] + cmd
        self.cmd, self.home = cmd, directory
        self.start()

    def start(self):
        self.proc = subprocess.Popen(
            self.cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"USER": self.user, "HOME": self.home,
                 "PATH": os.environ["PATH"]})
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
    """Penfold, run by tests/serve, over implicit TLS."""

    def __init__(self, directory, build):
        env = dict(os.environ, BUILD=build, USERS="user1")
        self.proc = subprocess.Popen(
            ["sh", os.path.join(TOP, "tests/serve"), directory], env=env,
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            for line in self.proc.stdout:
                if line.strip() == "ready":
                    break
            else:
                raise RuntimeError("tests/serve did not get ready")
            with open(os.path.join(directory, "ports")) as f:
                ports = dict(w.split("=", 1) for w in f.read().split())
            ctx = ssl.create_default_context(
                cafile=os.path.join(directory, "ca.pem"))
            ctx.check_hostname = False
            raw = socket.create_connection(
                ("127.0.0.1", int(ports["imaps"])), 60)
            self.sock = ctx.wrap_socket(raw)
            super().__init__(self.sock.sendall,
                             lambda: self.sock.recv(65536))
            self.response()
            self.command("LOGIN user1 testpass")
        except BaseException:
            self.close()
            raise

    def close(self):
        self.proc.send_signal(signal.SIGTERM)
        self.proc.wait(30)


def put_maildir(path, messages):
    for sub in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, sub), exist_ok=True)
    for i, (_, m) in enumerate(messages):
        name = "%d.M%06d.host:2,S" % (1700000000 + i, i)
        with open(os.path.join(path, "cur", name), "wb") as f:
            f.write(m)


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


def all_items(structure):
    items = ["BODY.PEEK[]", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]",
             "BODY.PEEK[]<5.20>", "BODY.PEEK[TEXT]<3.1000000>",
             "BODY.PEEK[]<1000000.5>", FIELDS, FIELDS_NOT]
    # Parts can only be compared if both servers see the same structure.
    names = list(sections(structure))[:60] if structure else []
    for s in names:
        items.append("BODY.PEEK[%s]" % s)
    for s in names[:4]:
        items.append("BODY.PEEK[%s]<2.9>" % s)
    return items


class Report:
    """Counts for each kind of item: same, explained, different."""

    def __init__(self, version):
        self.version = version
        self.counts = {}

    def compare(self, name, message, item, dovecot, penfold):
        kind = "SECTION" if item.startswith("BODY[") else item
        count = self.counts.setdefault(kind, [0, 0, 0])
        if dovecot == penfold:
            count[0] += 1
        elif explained.reason(item, dovecot, penfold, message,
                              self.version):
            count[1] += 1
        else:
            count[2] += 1
            if count[2] <= LIMIT:
                print("# %s: %s\n#  message %r\n#  dovecot %r\n"
                      "#  penfold %r" % (name, item, message[:400], dovecot,
                                         penfold))

    def finish(self):
        for kind, (same, explained_, failed) in sorted(self.counts.items()):
            print("# %s: %d agree, %d differ as explained" % (
                kind, same, explained_))
            if failed:
                print("not ok %s: %d differ" % (kind, failed))
            else:
                print("ok %s" % kind)
        return any(c[2] for c in self.counts.values())


def compare_all(report, messages, dovecot, penfold):
    items = "RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE"
    theirs, ours = dovecot.fetch("1:*", items), penfold.fetch("1:*", items)
    for i, (name, m) in enumerate(messages, 1):
        d, p = theirs.get(i, {}), ours.get(i, {})
        for item in items.split():
            report.compare(name, m, item, d.get(item), p.get(item))
        structure = p.get("BODYSTRUCTURE")
        if structure is None or structure != d.get("BODYSTRUCTURE"):
            structure = None
        wanted = all_items(structure)
        d, p = {}, {}
        for at in range(0, len(wanted), 30):
            some = " ".join(wanted[at:at + 30])
            one = dovecot.fetch_again(str(i), some)
            if one is None:
                print("# %s ends Dovecot: %r" % (name, m[:200]))
                continue
            d.update(one.get(i, {}))
            p.update(penfold.fetch(str(i), some).get(i, {}))
        for item in sorted(set(d) | set(p)):
            # NIL and "" both mean that there is nothing (nstring).
            report.compare(name, m, item, d.get(item, "none") or b"",
                           p.get(item, "none") or b"")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("-s", dest="seed", type=int, default=1)
    ap.add_argument("-n", dest="count", type=int, default=300)
    args = ap.parse_args()
    if not os.path.exists(IMAP) or not shutil.which("setpriv"):
        print("skip differential: there is no dovecot-imapd here")
        return 0
    build = os.environ.get("BUILD", os.path.join(TOP, "build"))
    messages = list(corpus.named())
    messages += list(corpus.mutated(args.seed, args.count))
    top = tempfile.mkdtemp(prefix="penfold-diff.")
    os.chmod(top, 0o755)
    report = Report(version())
    try:
        put_maildir(os.path.join(top, "d", "mail"), messages)
        put_maildir(os.path.join(top, "p", "mail", "user1"), messages)
        subprocess.run(["chmod", "-R", "a+rX", top], check=True)
        if os.geteuid() == 0:
            owner = os.environ.get("OWNER", "61003:61003")
            subprocess.run(["chown", "-R", owner,
                            os.path.join(top, "p", "mail")], check=True)
        dovecot = Dovecot(os.path.join(top, "d"))
        penfold = Penfold(os.path.join(top, "p"), os.path.abspath(build))
        try:
            penfold.command("EXAMINE INBOX")
            compare_all(report, messages, dovecot, penfold)
        finally:
            penfold.close()
            dovecot.close()
    finally:
        shutil.rmtree(top, ignore_errors=True)
    return 1 if report.finish() else 0


if __name__ == "__main__":
    sys.exit(main())
