#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""mailctl as an administrator runs it: accounts are added concurrently, lines
of a users file that are not edited stay, and check reports faults."""

import contextlib
import fcntl
import os
import pty
import shutil
import socket
import stat
import subprocess
import tempfile
import time

import lib
from lib import check, need, same

BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))
MAILCTL = os.path.join(BUILD, "bin", "mailctl")

CONF = """hostname "mail.example.org"
certificate "{d}/a.crt" key "{d}/a.key"
users passwd "{d}/users"
users passwd "{d}/more"
mail "{d}/mail/%n" owner "61003:61003"
front user "61001:61001"
auth user "61002:61002"
chroot "{d}/empty"
imap listen on 127.0.0.1 port {port} starttls
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Setup:
    """A configuration and all files it names, in a folder of its own."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="penfold-mailctl.")
        self.port = free_port()
        self.conf = self.path("conf")
        self.write("conf", CONF.format(d=self.dir, port=self.port))
        self.write("more", "", 0o600)
        os.mkdir(self.path("empty"), 0o755)
        os.mkdir(self.path("mail"), 0o755)
        if os.geteuid() == 0:
            os.chown(self.path("mail"), 61003, 61003)
        self.certificate("a", "mail.example.org")

    def certificate(self, name, host, days=90, of=None):
        """Make a certificate, self-signed or signed by another."""
        key, crt = self.path(name + ".key"), self.path(name + ".crt")
        req = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj",
               "/CN=" + host, "-addext", "subjectAltName=DNS:" + host,
               "-keyout", key]
        if of is None:
            subprocess.run(req + ["-x509", "-days", str(days), "-out", crt],
                           check=True, capture_output=True)
        else:
            subprocess.run(req + ["-out", crt + ".req"], check=True,
                           capture_output=True)
            subprocess.run(
                ["openssl", "x509", "-req", "-in", crt + ".req", "-days",
                 str(days), "-CA", self.path(of + ".crt"), "-CAkey",
                 self.path(of + ".key"), "-CAcreateserial",
                 "-copy_extensions", "copy", "-out", crt], check=True,
                capture_output=True)
        os.chmod(self.path(name + ".key"), 0o600)

    def sign(self, name, host, expired=False):
        """Make a certificate signed through an intermediate one."""
        self.certificate("root", "Root")
        self.certificate("inter", "Inter", of="root", days=90)
        self.certificate(name, host, of="inter", days=1)
        if expired:
            # OpenSSL 3.5 refuses an end before the start, so let it end now.
            self.certificate(name, host, of="inter", days=0)
            end = int(time.time())
            lib.wait_for("its end", lambda: int(time.time()) > end)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def read(self, name="users"):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def start(self, *args, password="secret"):
        process = subprocess.Popen(
            [MAILCTL, "-f", self.conf, *args], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="surrogateescape", encoding="utf-8")
        # The process may have ended already.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(password + "\n")
            process.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None
        return process

    def run(self, *args, password="secret", code=0):
        process = self.start(*args, password=password)
        out, err = process.communicate(timeout=60)
        same(process.returncode, code, f"exit of {args}: {out}{err}")
        return out + err

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir)


FAST = ("-s", "SHA256-CRYPT")


def test_add():
    with Setup() as s:
        s.run("user", "add", "Alice@Example.ORG")
        need(s.read().startswith("alice@example.org:{BLF-CRYPT}$2"), s.read())
        same(stat.S_IMODE(os.stat(s.path("users")).st_mode), 0o600, "mode")
        need("secret" not in s.read(), "password in the file")
        need("already" in s.run("user", "add", "alice@example.org", code=1),
             "twice")
        s.run("user", "add", *FAST, "-o", "500:501", "-d", "/h/bob", "bob")
        same(s.run("user", "list").splitlines(),
             ["alice@example.org\tBLF-CRYPT\t-\t-",
              "bob\tSHA256-CRYPT\t500:501\t/h/bob"], "list")


def test_refused():
    with Setup() as s:
        for name in ("", "a b", "a:b", "a/b", "..", "a@b@c", "#x", "@x",
                     "x\n", "a%n", "\udcff", "x" * 300):
            s.run("user", "add", *FAST, name, code=1)
        need("BLF-CRYPT" in s.run("user", "add", "-s", "ROT13", "x", code=1),
             "schemes are listed")
        need("empty" in s.run("user", "add", "x", password="", code=1),
             "empty")
        need("longer" in s.run("user", "add", "x", password="x" * 600,
                               code=1), "long")
        s.run("user", "passwd", "nobody", code=1)
        s.run("user", "del", "nobody", code=1)
        for args in ((), ("user",), ("user", "add"), ("user", "frob", "x"),
                     ("user", "add", "x", "y"), ("user", "add", "-z", "x"),
                     ("check", "x"), ("user", "list", "x")):
            s.run(*args, code=2)
        need(not os.path.exists(s.path("users")), "nothing was made")


KEPT = """# our users

alice:{PLAIN}a:::::
  # indented
Bob:{PLAIN}b:1:2:Bob, B.:/h/b:/bin/sh:userdb_x=y:z
broken
carol:{PLAIN}c"""


def test_rest_is_kept():
    with Setup() as s:
        s.write("users", KEPT, 0o640)
        if os.geteuid() == 0:
            os.chown(s.path("users"), 61002, 61001)
        os.rename(s.path("users"), s.path("real"))
        os.symlink("real", s.path("users"))
        before = os.stat(s.path("users"))
        s.run("user", "passwd", *FAST, "bob")
        s.run("user", "del", "alice")
        s.run("user", "add", "-s", "PLAIN", "dave", password="d")
        after = os.stat(s.path("users"))
        same((after.st_mode, after.st_uid, after.st_gid),
             (before.st_mode, before.st_uid, before.st_gid), "owner, mode")
        need(os.path.islink(s.path("users")), "symlink stays")
        lines = s.read().split("\n")
        want = KEPT.replace("alice:{PLAIN}a:::::\n", "").split("\n")
        same(lines[:3], want[:3], "comments")
        need(lines[3].startswith("Bob:{SHA256-CRYPT}$5$") and
             lines[3].endswith(":1:2:Bob, B.:/h/b:/bin/sh:userdb_x=y:z"),
             lines[3])
        same(lines[4:6], want[4:6], "other lines")
        same(lines[6:], ["dave:{PLAIN}d::::::", ""], "end")
        same(sorted(os.listdir(s.dir)),
             sorted(["a.crt", "a.key", "conf", "empty", "mail", "more",
                     "real", "users"]), "nothing is left beside it")


def test_second_file():
    with Setup() as s:
        s.write("users", "alice:{PLAIN}a\n", 0o600)
        s.write("more", "bob:{PLAIN}b\n", 0o600)
        s.run("user", "passwd", "-s", "PLAIN", "bob", password="new")
        same(s.read("more"), "bob:{PLAIN}new\n", "changed where it stands")
        same(s.read(), "alice:{PLAIN}a\n", "the other one")
        s.run("user", "add", *FAST, "bob", code=1)
        s.run("user", "del", "bob")
        same(s.read("more"), "", "removed")


def test_side_by_side():
    with Setup() as s:
        s.write("users", "# first\n", 0o600)
        names = [f"user{i}" for i in range(40)]
        running = [s.start("user", "add", "-s", "PLAIN", n) for n in names]
        running += [s.start("user", "add", "-s", "PLAIN", "same")
                    for _ in range(8)]
        codes = [p.wait(60) for p in running]
        for p in running:
            p.communicate()
        same(codes[:40], [0] * 40, "all were added")
        same(sorted(codes[40:]), [0] + [1] * 7, "one of the same")
        lines = s.read().splitlines()
        same(lines[0], "# first", "comment")
        same(sorted(line.split(":")[0] for line in lines[1:]),
             sorted(names + ["same"]), "names")


def test_cannot_write():
    """If the folder is not writable, the file stays as it was."""
    if os.geteuid() == 0:
        return
    with Setup() as s:
        s.write("users", "alice:{PLAIN}a\n", 0o600)
        os.chmod(s.dir, 0o500)
        try:
            s.run("user", "del", "alice", code=1)
            same(s.read(), "alice:{PLAIN}a\n", "unchanged")
        finally:
            os.chmod(s.dir, 0o700)


def on_terminal(s, answers, *args):
    """Run mailctl on a terminal; returns exit code and output."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(MAILCTL, [MAILCTL, "-f", s.conf, *args])
    said = b""
    for answer in answers:
        while not said.rstrip(b" ").endswith(b":"):
            said += os.read(fd, 4096)
        said += b"\n"
        os.write(fd, answer.encode() + b"\n")
    with contextlib.suppress(OSError):
        while more := os.read(fd, 4096):
            said += more
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode()


def test_del_all():
    """A deleted user can't log in by a later line with his name."""
    with Setup() as s:
        s.write("users", "a:{PLAIN}1\nb:{PLAIN}2\nA:{PLAIN}3\n", 0o600)
        s.write("more", "# more\na:{PLAIN}4\n", 0o600)
        s.run("user", "del", "a")
        same(s.read(), "b:{PLAIN}2\n", "users")
        same(s.read("more"), "# more\n", "more")


def test_crlf():
    """A file with CRLF keeps its line ends in unchanged lines."""
    with Setup() as s:
        with open(s.path("users"), "wb") as f:
            f.write(b"# x\r\na:{PLAIN}1:::::\r\nb:{PLAIN}2\r\n")
        s.run("user", "passwd", "-s", "PLAIN", "a", password="new")
        s.run("user", "passwd", "-s", "PLAIN", "b", password="neu")
        with open(s.path("users"), "rb") as f:
            same(f.read(), b"# x\r\na:{PLAIN}new:::::\r\nb:{PLAIN}neu\n",
                 "lines")
        same(s.run("user", "list"), "a\tPLAIN\t-\t-\nb\tPLAIN\t-\t-\n",
             "list")


BAD_PASSWORDS = (("", "empty"), ("x" * 512, "longer"), ("x\r", "control"),
                 ("a\tb", "control"), ("\udcff", "not UTF-8"),
                 ("a\0b", "NUL"))


def test_passwords():
    with Setup() as s:
        for password, why in BAD_PASSWORDS:
            need(why in s.run("user", "add", *FAST, "x", password=password,
                              code=1), f"{password!r}: {why}")
        need('":"' in s.run("user", "add", "-s", "PLAIN", "x",
                            password="a:b", code=1), "no field of its own")
        need(not os.path.exists(s.path("users")), "nothing was made")
        need("warning" in s.run("user", "add", *FAST, "x", password="short"),
             "weak")
        need("warning" in s.run("user", "passwd", *FAST, "x",
                                password="short"), "weak")
        for name in ("mary.jones", "mary.jones@b.org"):
            need("warning" in s.run("user", "add", *FAST, name,
                                    password="Mary.Jones"), "the name")
        same(s.run("user", "add", *FAST, "y", password="a:b cd:\u00e9 "), "",
             "anything else is taken without a word")


def test_lock():
    """While another editor holds the lock, mailctl waits and says so."""
    with Setup() as s:
        s.write("users", "a:{PLAIN}1\n", 0o600)
        with open(s.path("users")) as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            process = s.start("user", "del", "a")
            line = process.stderr.readline()
            need("waiting for the lock" in line, line)
            same(process.poll(), None, "it waits")
            same(s.read(), "a:{PLAIN}1\n", "and does nothing")
        process.communicate(timeout=60)
        same(process.returncode, 0, "exit")
        same(s.read(), "", "and then does it")


def test_killed():
    """mailctl is killed at any moment: the file is complete and holds every
    acknowledged change.  A left-over of a crash is reused, and no symbolic
    link is followed."""
    with Setup() as s:
        s.write("users", "# first\n" + "".join(
            f"old{i}:{{PLAIN}}x\n" for i in range(5000)), 0o600)
        added = []
        for number in range(60):
            process = s.start("user", "add", "-s", "PLAIN", f"u{number}")
            time.sleep(number % 20 / 1000)
            process.kill()
            process.communicate()
            if process.returncode == 0:
                added.append(f"u{number}")
            lines = s.read().splitlines()
            same(lines[0], "# first", "comment")
            names = [line.split(":")[0] for line in lines[1:]]
            same(names[:5000], [f"old{i}" for i in range(5000)], "old ones")
            need(set(added) <= set(names), f"{added}")
            need(all(line.count("{PLAIN}") == 1 for line in lines[1:]),
                 "whole lines")
        s.write("victim", "untouched", 0o644)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(s.path("users.mailctl"))
        os.symlink("victim", s.path("users.mailctl"))
        s.run("user", "add", *FAST, "last")
        same(s.read("victim"), "untouched", "what the link named")
        same(stat.S_IMODE(os.stat(s.path("victim")).st_mode), 0o644, "mode")
        need(not os.path.lexists(s.path("users.mailctl")), "nothing is left")


def test_terminal():
    with Setup() as s:
        s.write("users", "old:{PLAIN}x\n", 0o600)
        code, said = on_terminal(s, [], "user", "add", *FAST, "old")
        need(code == 1 and "already" in said, said)
        code, said = on_terminal(s, [], "user", "passwd", *FAST, "nobody")
        need(code == 1 and "no user" in said, said)
        code, said = on_terminal(s, ["", ""], "user", "passwd", *FAST, "old")
        need(code == 1 and "empty" in said, said)
        code, said = on_terminal(s, ["hidden22", "hidden22"], "user",
                                 "passwd", *FAST, "old")
        need(code == 0 and "hidden" not in said, said)
        s.write("users", "", 0o600)
        code, said = on_terminal(s, ["hidden1", "hidden1"], "user", "add",
                                 *FAST, "alice")
        same(code, 0, said)
        need("hidden" not in said, "no echo: " + said)
        code, said = on_terminal(s, ["one", "two"], "user", "add", *FAST,
                                 "bob")
        same(code, 1, said)
        need("do not match" in said, said)
        same([line.split(":")[0] for line in s.read().splitlines()],
             ["alice"], "users")


def test_check_good():
    with Setup() as s:
        s.write("users", "alice:{PLAIN}a\n", 0o600)
        out = s.run("check")
        need("error" not in out.replace("0 errors", ""), out)
        need("self-signed" in out, out)


def fault(want, change, code=1, fix=None):
    with Setup() as s:
        s.write("users", "alice:{PLAIN}a\n", 0o600)
        result = change(s)
        try:
            out = s.run("check", code=code)
        finally:
            if hasattr(result, "close"):
                result.close()
        lines = out.splitlines()
        at = next((n for n, line in enumerate(lines) if want in line), None)
        need(at is not None, f"{want!r} is not in: {out}")
        # A message with "did you mean" needs no separate fix.
        need("did you mean" in lines[at] or
             lines[at + 1].startswith("    fix: "), f"no fix: {out}")
        if fix:
            need(fix in lines[at + 1], f"{fix!r} is not in: {lines[at + 1]}")


FAULTS = (
    ("conf:1: unknown option \"hostnme\"; did you mean \"hostname\"?",
     lambda s: s.write("conf", s.read("conf").replace("hostname",
                                                      "hostnme"))),
    ("does not belong to",
     lambda s: (s.certificate("b", "x"),
                os.rename(s.path("b.key"), s.path("a.key")))),
    ("no private key can be read", lambda s: s.write("a.key", "x", 0o600)),
    ("no certificate can be read", lambda s: s.write("a.crt", "x")),
    ("others may read or write the key",
     lambda s: os.chmod(s.path("a.key"), 0o644)),
    ("everybody may read or write it",
     lambda s: os.chmod(s.path("users"), 0o644)),
    ("users:1: user bob: not a hash of the scheme it names {SHA512-CRYPT}",
     lambda s: s.write("users", "bob:{SHA512-CRYPT}nohash\n", 0o600)),
    ("users:2: ", lambda s: s.write("users", "a:{PLAIN}a\nnocolon\n", 0o600)),
    ("users:3: ",
     lambda s: s.write("users", "a:{PLAIN}a\n#\na:{PLAIN}b\n", 0o600)),
    ("/mail: No such file", lambda s: os.rmdir(s.path("mail"))),
    ("conf:3: cannot read ", lambda s: os.unlink(s.path("users"))),
    ("conf:4: cannot read ", lambda s: os.unlink(s.path("more"))),
    ("conf:2: cannot read ", lambda s: os.unlink(s.path("a.key"))),
    ("conf:2: cannot read ", lambda s: os.unlink(s.path("a.crt"))),
    ("is not a regular file",
     lambda s: (os.unlink(s.path("more")), os.mkdir(s.path("more")))),
    ("cannot write to the mail directory",
     lambda s: os.chmod(s.path("mail"), 0o555)),
    ("is writable by everybody",
     lambda s: os.chmod(s.path("mail"), 0o777)),
    ("is not a directory",
     lambda s: (os.rmdir(s.path("mail")), s.write("mail", ""))),
    ("the certificate has expired",
     lambda s: s.sign("a", "mail.example.org", expired=True)),
    ("user a: unknown password scheme {CRAM-MD5}",
     lambda s: s.write("users", "a:{CRAM-MD5}x\nb:{PLAIN}x\n", 0o600)),
    ("is in use by python",
     lambda s: socket.create_server(("127.0.0.1", s.port))),
)

ROOT_FAULTS = (
    ("/empty: No such file",
     lambda s: os.rmdir(s.path("empty"))),
    ("is not owned by root",
     lambda s: os.chown(s.path("empty"), 61003, 61003)),
    ("is not owned by root",
     lambda s: os.chmod(s.path("empty"), 0o777)),
)

WARNINGS = (
    ("clients may not trust the certificate: unable to get local issuer",
     lambda s: s.sign("a", "mail.example.org")),
    ("clients may not trust the certificate: self",
     lambda s: None),
    ("expires in", lambda s: s.certificate("a", "mail.example.org", 5)),
    ("no certificate is for \"mail.example.org\"",
     lambda s: s.certificate("a", "other.example.org")),
    ("alice is also in ",
     lambda s: s.write("more", "alice:{PLAIN}b\n", 0o600)),
    ("there are no users",
     lambda s: s.write("users", "", 0o600)),
)


def main():
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            with check(name[5:]):
                test()
    for want, change in FAULTS + (ROOT_FAULTS if os.geteuid() == 0 else ()):
        with check("check says: " + want):
            fault(want, change)
    for want, change in WARNINGS:
        with check("check warns: " + want):
            fault(want, change, 0)
    lib.finish()


if __name__ == "__main__":
    main()
