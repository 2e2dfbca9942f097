#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""mailctl as an administrator runs it: accounts are added concurrently, lines
of a users file that are not edited stay, and check reports faults."""

import contextlib
import fcntl
import os
import pty
import resource
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time

import certs
import lib
from lib import check, expect, expect_in, expect_match, expect_not_in

BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))
MAILCTL = os.path.join(BUILD, "bin", "mailctl")
ROOT = os.geteuid() == 0
NOBODY = 65534

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
        self.program, self.ids = MAILCTL, {}
        self.port = free_port()
        self.conf = self.path("conf")
        self.write("conf", CONF.format(d=self.dir, port=self.port))
        self.write("more", "", 0o600)
        os.mkdir(self.path("empty"), 0o755)
        os.mkdir(self.path("mail"), 0o755)
        if ROOT:
            os.chown(self.path("mail"), 61003, 61003)
        self.certificate("a", "mail.example.org")

    def certificate(self, name, host, days=90, of=None, kind="ecdsa"):
        """Make a certificate, self-signed or signed by another."""
        key, crt = self.path(name + ".key"), self.path(name + ".crt")
        req = ["req", *certs.KINDS[kind], "-nodes", "-subj", "/CN=" + host,
               "-addext", "subjectAltName=DNS:" + host, "-keyout", key]
        if of is None:
            certs.openssl(*req, "-x509", "-days", str(days), "-out", crt)
        else:
            certs.openssl(*req, "-out", crt + ".req")
            certs.openssl(
                "x509", "-req", "-in", crt + ".req", "-days", str(days),
                "-CA", self.path(of + ".crt"), "-CAkey",
                self.path(of + ".key"), "-CAcreateserial",
                "-copy_extensions", "copy", "-out", crt)
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

    def leave_root(self):
        """From now on mailctl runs as an ordinary user, who owns all that is
        here.  That user might not reach the build tree."""
        self.program = shutil.copy(MAILCTL, self.dir)
        if ROOT:
            self.ids = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            for name in (".", *os.listdir(self.dir)):
                os.chown(self.path(name), NOBODY, NOBODY)

    def start(self, *args, password="secret", file_max=None):
        """Start mailctl, which a write beyond file_max octets kills."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_max, file_max))

        process = subprocess.Popen(
            [self.program, "-f", self.conf, *args], **self.ids,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="surrogateescape", encoding="utf-8",
            preexec_fn=None if file_max is None else limit)
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
        expect(process.returncode, code,
               f"exit code of {args!r:.60}, which says {out}{err}")
        return out + err

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir)


FAST = ("-s", "SHA256-CRYPT")


# Accounts.

@check("user add stores a lower-case name and a hash of bcrypt in a file that "
       "others cannot read")
def add(s):
    s.run("user", "add", "Alice@Example.ORG")
    expect_match(r"^alice@example\.org:\{BLF-CRYPT\}\$2", s.read(), "the file")
    expect_not_in("secret", s.read(), "the file")
    expect(oct(stat.S_IMODE(os.stat(s.path("users")).st_mode)), oct(0o600),
           "its mode")


@check("user add refuses a name that is there in other letters")
def add_twice(s):
    s.run("user", "add", *FAST, "Alice@Example.ORG")
    before = s.read()
    expect_in("already", s.run("user", "add", "alice@example.org", code=1),
              "what it says")
    expect(s.read(), before, "the file")


@check("user list has each user's scheme, owner and home")
def listed(s):
    s.run("user", "add", "alice@example.org")
    s.run("user", "add", *FAST, "-o", "500:501", "-d", "/h/bob", "bob")
    expect(s.run("user", "list").splitlines(),
           ["alice@example.org\tBLF-CRYPT\t-\t-",
            "bob\tSHA256-CRYPT\t500:501\t/h/bob"], "its lines")


def expect_no_users(s):
    expect(os.path.exists(s.path("users")), False, "there is a users file")


@check("user add refuses the name {!r:.20}", with_each=(
    "", "a b", "a:b", "a/b", "..", "a@b@c", "#x", "@x", "x\n", "a%n", "\udcff",
    "x" * 300))
def bad_name(s, name):
    s.run("user", "add", *FAST, name, code=1)
    expect_no_users(s)


@check("user add lists the schemes if it does not know the one of -s")
def bad_scheme(s):
    expect_in("BLF-CRYPT", s.run("user", "add", "-s", "ROT13", "x", code=1),
              "what it says")
    expect_no_users(s)


@check("user {} fails for a user that does not exist",
       with_each=("passwd", "del"))
def no_such_user(s, command):
    s.run("user", command, "nobody", code=1)
    expect_no_users(s)


@check("mailctl exits with 2 for the arguments {!r}", with_each=(
    "", "user", "user add", "user frob x", "user add x y", "user add -z x",
    "check x", "user list x"))
def usage(s, words):
    s.run(*words.split(), code=2)
    expect_no_users(s)


@check("user add refuses {0}, and says why", with_each=(
    ("an empty password", "", "empty"),
    ("a password of 600 octets", "x" * 600, "longer"),
    ("a password of 512 octets", "x" * 512, "longer"),
    ("a password with CR at its end", "x\r", "control"),
    ("a password with a tab", "a\tb", "control"),
    ("a password that is not UTF-8", "\udcff", "not UTF-8"),
    ("a password with NUL", "a\0b", "NUL")))
def bad_password(s, row):
    _, password, why = row
    expect_in(why, s.run("user", "add", *FAST, "x", password=password, code=1),
              "what it says")
    expect_no_users(s)


@check("user add -s PLAIN refuses a password with a colon, which would end the "
       "field")
def colon_in_plain(s):
    expect_in('":"', s.run("user", "add", "-s", "PLAIN", "x", password="a:b",
                           code=1), "what it says")
    expect_no_users(s)


@check("user add and user passwd warn of a short password")
def short_password(s):
    for command in ("add", "passwd"):
        expect_in("warning", s.run("user", command, *FAST, "x",
                                   password="short"), f"what {command} says")


@check("user add warns of a password that is the user's name: {}",
       with_each=("mary.jones", "mary.jones@b.org"))
def password_is_name(s, name):
    expect_in("warning", s.run("user", "add", *FAST, name,
                               password="Mary.Jones"), "what it says")


@check("user add takes any other password without a word")
def good_password(s):
    expect(s.run("user", "add", *FAST, "y", password="a:b cd:\u00e9 "), "",
           "what it says")


KEPT = """# our users

alice:{PLAIN}a:::::
  # indented
Bob:{PLAIN}b:1:2:Bob, B.:/h/b:/bin/sh:userdb_x=y:z
broken
carol:{PLAIN}c"""


def change_users(s):
    """Change, delete and add users in a file of others' making, behind a
    symbolic link."""
    s.write("users", KEPT, 0o640)
    if ROOT:
        os.chown(s.path("users"), 61002, 61001)
    os.rename(s.path("users"), s.path("real"))
    os.symlink("real", s.path("users"))
    before = os.stat(s.path("users"))
    s.run("user", "passwd", *FAST, "bob")
    s.run("user", "del", "alice")
    s.run("user", "add", "-s", "PLAIN", "dave", password="d")
    return before


@check("owner and mode of a users file stay when users are changed")
def owner_is_kept(s):
    before = change_users(s)
    after = os.stat(s.path("users"))
    expect((oct(after.st_mode), after.st_uid, after.st_gid),
           (oct(before.st_mode), before.st_uid, before.st_gid),
           "mode, owner, group")


@check("a symbolic link to a users file stays one when users are changed, and "
       "nothing is left beside it")
def link_is_kept(s):
    change_users(s)
    expect(os.path.islink(s.path("users")), True, "it is a link")
    expect(sorted(os.listdir(s.dir)),
           sorted(["a.crt", "a.key", "conf", "empty", "mail", "more", "real",
                   "users"]), "files")


@check("lines and fields of a users file that are not changed stay as they are")
def lines_are_kept(s):
    change_users(s)
    lines = s.read().split("\n")
    want = KEPT.replace("alice:{PLAIN}a:::::\n", "").split("\n")
    expect(lines[:3], want[:3], "comments")
    expect_match(r"^Bob:\{SHA256-CRYPT\}\$5\$[^:]*"
                 r":1:2:Bob, B\.:/h/b:/bin/sh:userdb_x=y:z$", lines[3],
                 "the line with the new password")
    expect(lines[4:6], want[4:6], "other lines")
    expect(lines[6:], ["dave:{PLAIN}d::::::", ""], "the end")


@check("a user is changed in the file that lists the user, and added to no "
       "other")
def second_file(s):
    s.write("users", "alice:{PLAIN}a\n", 0o600)
    s.write("more", "bob:{PLAIN}b\n", 0o600)
    s.run("user", "passwd", "-s", "PLAIN", "bob", password="new")
    expect(s.read("more"), "bob:{PLAIN}new\n", "his file after passwd")
    expect(s.read(), "alice:{PLAIN}a\n", "the other file")
    s.run("user", "add", *FAST, "bob", code=1)
    s.run("user", "del", "bob")
    expect(s.read("more"), "", "his file after del")


@check("users who are added at the same moment are all added, and of the same "
       "name only one")
def side_by_side(s):
    s.write("users", "# first\n", 0o600)
    names = [f"user{i}" for i in range(40)]
    running = [s.start("user", "add", "-s", "PLAIN", n) for n in names]
    running += [s.start("user", "add", "-s", "PLAIN", "same")
                for _ in range(8)]
    codes = [p.wait(60) for p in running]
    for p in running:
        p.communicate()
    expect(codes[:40], [0] * 40, "exit codes")
    expect(sorted(codes[40:]), [0] + [1] * 7, "exit codes for one name")
    lines = s.read().splitlines()
    expect(lines[0], "# first", "the comment")
    expect(sorted(line.split(":")[0] for line in lines[1:]),
           sorted(names + ["same"]), "names")


@check("a users file in a folder that cannot be written stays as it was")
def cannot_write(s):
    s.write("users", "alice:{PLAIN}a\n", 0o600)
    s.leave_root()
    os.chmod(s.dir, 0o500)
    try:
        expect_in("Permission denied", s.run("user", "del", "alice", code=1),
                  "what it says")
        expect(s.read(), "alice:{PLAIN}a\n", "the file")
    finally:
        os.chmod(s.dir, 0o700)
    s.run("user", "del", "alice")
    expect(s.read(), "", "the file, when its folder can be written")


@check("user del deletes each line with that name, so that no later line lets "
       "the user in")
def del_all(s):
    s.write("users", "a:{PLAIN}1\nb:{PLAIN}2\nA:{PLAIN}3\n", 0o600)
    s.write("more", "# more\na:{PLAIN}4\n", 0o600)
    s.run("user", "del", "a")
    expect(s.read(), "b:{PLAIN}2\n", "users")
    expect(s.read("more"), "# more\n", "more")


@check("a file with CRLF keeps its line ends, but for one that belonged to a "
       "changed password")
def crlf(s):
    with open(s.path("users"), "wb") as f:
        f.write(b"# x\r\na:{PLAIN}1:::::\r\nb:{PLAIN}2\r\n")
    s.run("user", "passwd", "-s", "PLAIN", "a", password="new")
    s.run("user", "passwd", "-s", "PLAIN", "b", password="neu")
    with open(s.path("users"), "rb") as f:
        expect(f.read(), b"# x\r\na:{PLAIN}new:::::\r\nb:{PLAIN}neu\n",
               "lines")
    expect(s.run("user", "list"), "a\tPLAIN\t-\t-\nb\tPLAIN\t-\t-\n",
           "what list says")


@check("while another editor holds the lock, mailctl waits and says so")
def lock(s):
    s.write("users", "a:{PLAIN}1\n", 0o600)
    with open(s.path("users")) as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        process = s.start("user", "del", "a")
        expect_in("waiting for the lock", process.stderr.readline(),
                  "what it says")
        expect(process.poll(), None, "its exit code while it waits")
        expect(s.read(), "a:{PLAIN}1\n", "the file while it waits")
    process.communicate(timeout=60)
    expect(process.returncode, 0, "its exit code")
    expect(s.read(), "", "the file")


@check("when mailctl is killed at any moment, the users file is whole and has "
       "each change that was acknowledged")
def killed(s):
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
        expect(lines[:1], ["# first"], "the comment")
        names = [line.split(":")[0] for line in lines[1:]]
        expect(names[:5000], [f"old{i}" for i in range(5000)],
               "names that were there")
        expect([name for name in added if name not in names], [],
               "added users who are not there")
        expect([line for line in lines[1:] if line.count("{PLAIN}") != 1], [],
               "lines that are not whole")


@check("when mailctl is killed amid its write of octet {}, the users file is "
       "as it was, and the next change succeeds", with_each=(0, 1, 50, 99))
def killed_in_write(s, octets):
    before = "".join(f"old{i}:{{PLAIN}}x\n" for i in range(10))
    s.write("users", before, 0o600)
    process = s.start("user", "add", "-s", "PLAIN", "new", file_max=octets)
    process.communicate(timeout=60)
    expect(process.returncode, -signal.SIGXFSZ, "exit code")
    expect(s.read(), before, "the file")
    s.run("user", "add", "-s", "PLAIN", "new", password="x")
    expect(s.read(), before + "new:{PLAIN}x::::::\n", "the file then")


@check("a left-over of a crash is replaced, and a symbolic link in its place "
       "is not followed")
def left_over(s):
    s.write("users", "# first\n", 0o600)
    s.write("victim", "untouched", 0o644)
    os.symlink("victim", s.path("users.mailctl"))
    s.run("user", "add", *FAST, "last")
    expect(s.read("victim"), "untouched", "the file that the link names")
    expect(oct(stat.S_IMODE(os.stat(s.path("victim")).st_mode)), oct(0o644),
           "its mode")
    expect(os.path.lexists(s.path("users.mailctl")), False,
           "there is something left")
    s.write("users.mailctl", "rubbish", 0o600)
    s.run("user", "add", *FAST, "laster")
    expect(os.path.lexists(s.path("users.mailctl")), False,
           "there is something left")
    expect([line.split(":")[0] for line in s.read().splitlines()],
           ["# first", "last", "laster"], "names")


# A terminal.

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


@check("on a terminal, user {0} does not ask for a password {1}", with_each=[
    ("add", "if the user exists", "old", "already"),
    ("passwd", "if there is no such user", "nobody", "no user")])
def not_asked(s, row):
    command, _, name, want = row
    s.write("users", "old:{PLAIN}x\n", 0o600)
    code, said = on_terminal(s, [], "user", command, *FAST, name)
    expect(code, 1, f"exit code, and it says {said}")
    expect_in(want, said, "what it says")


@check("on a terminal an empty password is refused")
def empty_on_terminal(s):
    s.write("users", "old:{PLAIN}x\n", 0o600)
    code, said = on_terminal(s, ["", ""], "user", "passwd", *FAST, "old")
    expect(code, 1, f"exit code, and it says {said}")
    expect_in("empty", said, "what it says")


@check("on a terminal, user {} does not echo the password",
       with_each=("passwd", "add"))
def no_echo(s, command):
    s.write("users", "alice:{PLAIN}x\n" if command == "passwd" else "", 0o600)
    code, said = on_terminal(s, ["hidden22", "hidden22"], "user", command,
                             *FAST, "alice")
    expect(code, 0, f"exit code, and it says {said}")
    expect_not_in("hidden", said, "what is on the terminal")
    expect_match(r"^alice:\{SHA256-CRYPT\}\$5\$[^\n]*\n$", s.read(), "the file")


@check("on a terminal, passwords that do not match add nobody")
def do_not_match(s):
    s.write("users", "", 0o600)
    code, said = on_terminal(s, ["one", "two"], "user", "add", *FAST, "bob")
    expect(code, 1, f"exit code, and it says {said}")
    expect_in("do not match", said, "what it says")
    expect(s.read(), "", "the file")


# mailctl check.

@check("check finds no error with a key of {}, and says that the certificate "
       "is self-signed", with_each=certs.KINDS)
def check_good(s, kind):
    s.certificate("a", "mail.example.org", kind=kind)
    s.write("users", "alice:{PLAIN}a\n", 0o600)
    said = s.run("check")
    expect_not_in("error", said.replace("0 errors", ""), "what it says")
    expect_in("self-signed", said, "what it says")
    expect_match(": 0 errors, 1 warning$", said.splitlines()[-1],
                 "the last line")


def expect_found(s, want, change, code):
    """After this change, check says this, and how to mend it."""
    s.write("users", "alice:{PLAIN}a\n", 0o600)
    result = change(s)
    try:
        said = s.run("check", code=code)
    finally:
        if hasattr(result, "close"):
            result.close()
    expect_in(want, said, "what it says")
    lines = said.splitlines()
    found = [n for n, line in enumerate(lines) if want in line]
    expect(len(found), 1, f"the number of lines with {want!r} in {said}")
    at = found[0]
    # A message with "did you mean" needs no separate fix.
    if "did you mean" not in lines[at]:
        expect_match("^    fix: ", lines[at + 1],
                     f"the line after {lines[at]!r}")


FAULTS = (
    # a name for it, what check says, and how to make it
    ("an unknown option",
     "conf:1: unknown option \"hostnme\"; did you mean \"hostname\"?",
     lambda s: s.write("conf", s.read("conf").replace("hostname",
                                                      "hostnme"))),
    ("ciphers that do not exist", "tls ciphers: no ciphers for 'FOO'",
     lambda s: s.write("conf", s.read("conf") + "tls ciphers FOO\n")),
    ("curves that do not exist", "tls curves: invalid ecdhe curve 'FOO'",
     lambda s: s.write("conf", s.read("conf") + "tls curves FOO\n")),
    ("a client CA that is none", "client ca: no certificate can be read",
     lambda s: s.write("conf", s.read("conf") +
                       f"client ca \"{s.conf}\"\n")),
    ("a key of another certificate", "does not belong to",
     lambda s: (s.certificate("b", "x"),
                os.rename(s.path("b.key"), s.path("a.key")))),
    ("a key file without a key", "no private key can be read",
     lambda s: s.write("a.key", "x", 0o600)),
    ("a certificate file without one", "no certificate can be read",
     lambda s: s.write("a.crt", "x")),
    ("a key that others can read", "others may read or write the key",
     lambda s: os.chmod(s.path("a.key"), 0o644)),
    ("a users file that others can read", "everybody may read or write it",
     lambda s: os.chmod(s.path("users"), 0o644)),
    ("a hash that is none",
     "users:1: user bob: not a hash of the scheme it names {SHA512-CRYPT}",
     lambda s: s.write("users", "bob:{SHA512-CRYPT}nohash\n", 0o600)),
    ("a user without a password", "users:2: ",
     lambda s: s.write("users", "a:{PLAIN}a\nnocolon\n", 0o600)),
    ("a name that is there twice", "users:3: ",
     lambda s: s.write("users", "a:{PLAIN}a\n#\na:{PLAIN}b\n", 0o600)),
    ("a missing mail folder", "/mail: No such file",
     lambda s: os.rmdir(s.path("mail"))),
    ("a missing users file", "conf:3: cannot read ",
     lambda s: os.unlink(s.path("users"))),
    ("a second users file that is missing", "conf:4: cannot read ",
     lambda s: os.unlink(s.path("more"))),
    ("a missing key file", "conf:2: cannot read ",
     lambda s: os.unlink(s.path("a.key"))),
    ("a missing certificate file", "conf:2: cannot read ",
     lambda s: os.unlink(s.path("a.crt"))),
    ("a folder in place of a users file", "is not a regular file",
     lambda s: (os.unlink(s.path("more")), os.mkdir(s.path("more")))),
    ("a mail folder that its owner cannot write to",
     "cannot write to the mail directory",
     lambda s: os.chmod(s.path("mail"), 0o555)),
    ("a mail folder that everybody can write to",
     "is writable by everybody",
     lambda s: os.chmod(s.path("mail"), 0o777)),
    ("a file in place of the mail folder", "is not a directory",
     lambda s: (os.rmdir(s.path("mail")), s.write("mail", ""))),
    ("an expired certificate", "the certificate has expired",
     lambda s: s.sign("a", "mail.example.org", expired=True)),
    ("an unknown scheme", "user a: unknown password scheme {CRAM-MD5}",
     lambda s: s.write("users", "a:{CRAM-MD5}x\nb:{PLAIN}x\n", 0o600)),
    ("a port that is taken", "is in use by python",
     lambda s: socket.create_server(("127.0.0.1", s.port))),
)

ROOT_FAULTS = (
    ("a missing chroot folder", "/empty: No such file",
     lambda s: os.rmdir(s.path("empty"))),
    ("a chroot folder of another owner", "is not owned by root",
     lambda s: os.chown(s.path("empty"), 61003, 61003)),
    ("a chroot folder that everybody can write to", "is not owned by root",
     lambda s: os.chmod(s.path("empty"), 0o777)),
)

WARNINGS = (
    ("a certificate whose issuer is not known",
     "clients may not trust the certificate: unable to get local issuer",
     lambda s: s.sign("a", "mail.example.org")),
    ("a self-signed certificate",
     "clients may not trust the certificate: self",
     lambda s: None),
    ("a certificate that expires soon", "expires in",
     lambda s: s.certificate("a", "mail.example.org", 5)),
    ("a host name that no certificate has",
     "no certificate is for \"mail.example.org\"",
     lambda s: s.certificate("a", "other.example.org")),
    ("a user in two files", "alice is also in ",
     lambda s: s.write("more", "alice:{PLAIN}b\n", 0o600)),
    ("a configuration without users", "there are no users",
     lambda s: s.write("users", "", 0o600)),
)


@check("check reports {0} and how to mend it, and exits with 1",
       with_each=FAULTS)
def fault(s, row):
    expect_found(s, *row[1:], code=1)


@check("check by root reports {0} and how to mend it, and exits with 1",
       with_each=ROOT_FAULTS, skip="" if ROOT else "only for root")
def root_fault(s, row):
    expect_found(s, *row[1:], code=1)


@check("check warns of {0}, says how to mend it and exits with 0",
       with_each=WARNINGS)
def warning(s, row):
    expect_found(s, *row[1:], code=0)


def main():
    # Each check has a configuration of its own.
    for one in lib.flat((
            add, add_twice, listed, bad_name, bad_scheme, no_such_user, usage,
            bad_password, colon_in_plain, short_password, password_is_name,
            good_password, owner_is_kept, link_is_kept, lines_are_kept,
            second_file, side_by_side, cannot_write, del_all, crlf, lock,
            killed, killed_in_write, left_over, not_asked, empty_on_terminal,
            no_echo, do_not_match, check_good, fault, root_fault, warning)):
        lib.on(Setup, one)
    lib.finish()


if __name__ == "__main__":
    main()
