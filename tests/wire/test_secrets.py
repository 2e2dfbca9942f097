#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Passwords in every place where a dialogue can have them, most of them wrong
in some way, with the most verbose log: afterwards none is in the log, or in
the title or environment of a process."""

import base64

import family
import lib
from lib import Imap, Pop3, check, expect_in, need

# A mark that no message of ours contains.  It can be found in base64, too:
# after a multiple of three bytes its own encoding appears unchanged.
MARK = "zQ9secretX7"


def b64(*parts):
    return base64.b64encode("\0".join(parts).encode()).decode()


def marks(user="alice"):
    """The texts that must not show up."""
    return [MARK, MARK.lower(), MARK.upper(), MARK.encode().hex(),
            b64(MARK), b64("", user, MARK), b64(user, user, MARK),
            b64("", user, MARK)[8:20], b64("", "nobody", MARK)]


IMAP = [
    f"a LOGIN alice {MARK}",
    f'a LOGIN "alice" "{MARK}"',
    f'a LOGIN "nobody" "{MARK}"',
    f"a LOGIN alice {MARK} more",
    f"a LOGIN {MARK}",
    f'a LOGIN alice "{MARK}',
    f'a LOGIN alice "{MARK}\\x"',
    f"a LOGIN alice {{11+}}\r\n{MARK}",
    f"a LOGIN {{5+}}\r\nalice {{11+}}\r\n{MARK}",
    f"a LOGIN alice {{11}}\r\n{MARK}",
    f"a LOGIN alice {{99999999}}\r\n{MARK}",
    f"a LOGIN alice {{8}}\r\n{MARK}",
    f"a LOGINN alice {MARK}",
    f"LOGIN alice {MARK}",
    f"{MARK}",
    f"a AUTHENTICATE PLAIN {b64('', 'alice', MARK)}",
    f"a AUTHENTICATE PLAIN {b64('', 'nobody', MARK)}",
    f"a AUTHENTICATE PLAIN {b64('alice', 'alice', MARK)}",
    f"a AUTHENTICATE PLAIN {b64('bob', 'alice', MARK)}",
    f"a AUTHENTICATE PLAIN {b64('', 'alice', MARK, '')}",
    f"a AUTHENTICATE PLAIN {b64(MARK)}",
    f"a AUTHENTICATE PLAIN {b64('', 'alice', MARK)}!",
    f"a AUTHENTICATE PLAIN {MARK}",
    f"a AUTHENTICATE {b64('', 'alice', MARK)}",
    f"a AUTHENTICATE PLAIN\r\n{b64('', 'alice', MARK)}",
    f"a AUTHENTICATE PLAIN\r\n{MARK}",
    f"a AUTHENTICATE PLAIN\r\n*\r\n{b64('', 'alice', MARK)}",
    f"a AUTHENTICATE LOGIN\r\n{b64('alice')}\r\n{b64(MARK)}",
    f"a AUTHENTICATE LOGIN\r\n{b64('alice')}\r\n{MARK}",
    f"a AUTHENTICATE LOGIN {b64('alice')}\r\n{b64(MARK)}",
    f"a AUTHENTICATE CRAM-MD5 {b64(MARK)}",
    f"a LOGIN alice {MARK}\r\nb LOGIN alice {MARK}\r\nc LOGIN bob {MARK}",
    "a LOGIN alice " + MARK * 2000,
    f"a ID (\"password\" \"x\")\r\nb LOGIN alice {MARK}",
]

POP3 = [
    f"USER alice\r\nPASS {MARK}",
    f"USER nobody\r\nPASS {MARK}",
    f"PASS {MARK}",
    f"USER alice\r\nPASS  {MARK}  {MARK}",
    f"USER alice\r\nPASS\t{MARK}",
    f"USER alice\r\nPASSW {MARK}",
    f"USER alice\r\n{MARK}",
    f"USER alice\r\nPASS {MARK}\0",
    f"USER alice\r\nPASS {MARK}\udcff",
    "USER alice\r\nPASS " + MARK * 2000,
    f"APOP alice {MARK}",
    f"AUTH PLAIN {b64('', 'alice', MARK)}",
    f"AUTH PLAIN {b64('bob', 'alice', MARK)}",
    f"AUTH PLAIN {b64('', 'alice', MARK)} x",
    f"AUTH PLAIN {MARK}",
    f"AUTH {MARK}",
    f"AUTH PLAIN\r\n{b64('', 'alice', MARK)}",
    f"AUTH PLAIN\r\n{MARK}!",
    f"AUTH PLAIN\r\n{MARK * 2000}",
    f"AUTH LOGIN\r\n{b64('alice')}\r\n{b64(MARK)}",
    f"AUTH LOGIN\r\n{b64('alice')}\r\n*\r\n{b64(MARK)}",
    f"AUTH LOGIN {b64('alice')}\r\n{b64(MARK)}",
]


def say(kind, server, port, text):
    with kind(server, port) as c:
        c.push(text.encode(errors="surrogateescape") + b"\r\n")
        c.push("x NOOP\r\nQUIT\r\n" if kind is Pop3 else "x LOGOUT\r\n")
        try:
            if not port.endswith("s"):
                c.sock.shutdown(1)
            c.sock.settimeout(2)
            while c.file.read1(65536):
                pass
        except OSError:
            pass


class Said(lib.Server):
    """A server that has heard all these dialogues."""

    def __init__(self, plaintext):
        super().__init__("alice bob", "log level debug\n"
                         "failed login delay 0\ntrace address \"127.0.0.1\"\n"
                         "trace user carol\nauth cache lifetime 0\n",
                         PLAINTEXT=plaintext, FLAGS="-d")
        # Not in USERS, since that variable is in the environment.
        with open(self.path("users"), "a") as f:
            f.write(f"carol:{{PLAIN}}{MARK}\n")
        for kind, ports, dialogues in ((Imap, ("imap", "imaps"), IMAP),
                                       (Pop3, ("pop3", "pop3s"), POP3)):
            for port in ports:
                for text in dialogues:
                    say(kind, self, port, text)
        # A right password, too.
        with Imap(self) as c:
            c.login("carol", MARK)
        with Pop3(self) as c:
            c.login("carol", MARK)
            c.ok("QUIT")


def expect_no_mark(text, where):
    for mark in marks():
        at = text.find(mark)
        need(at == -1, f"{where} has {mark}: "
             f"{text[max(0, at - 80):at + 40]!r}")


@check("dialogues and logins are in the log, plaintext {}",
       with_each=("yes", "no"))
def log_tells(server, _):
    log = server.log_text()
    expect_in("user=alice", log, "the log")
    expect_in("debug: ", log, "the log")
    failed = log.count("login failed")
    need(failed >= 15, f"want 15 lines with \"login failed\", got {failed}")


@check("no password is in the log, plaintext {}", with_each=("yes", "no"))
def log_has_none(server, _):
    expect_no_mark(server.log_text(), "the log")


@check("no password is in standard output, plaintext {}",
       with_each=("yes", "no"))
def output_has_none(server, _):
    expect_no_mark(server.output(), "standard output")


@check("no password is in title, environment or status of a process, "
       "plaintext {}", with_each=("yes", "no"))
def processes_have_none(server, _):
    seen = 0
    for parent in family.parents(server):
        for pid in [parent, *family.children(parent)]:
            for name in ("cmdline", "environ", "comm", "status"):
                path = f"/proc/{pid}/{name}"
                try:
                    with open(path, "rb") as f:
                        text = f.read().decode(errors="replace")
                except OSError:
                    continue
                seen += 1
                expect_no_mark(text, path)
    need(seen > 6, f"only {seen} files of processes can be read")


def main():
    for plaintext, *some in zip(("yes", "no"), log_tells, log_has_none,
                                output_has_none, processes_have_none):
        lib.on(lambda: Said(plaintext), *some)
    lib.finish()


if __name__ == "__main__":
    main()
