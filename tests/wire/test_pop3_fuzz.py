#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""POP3 dialogues that are bent at random: lines cut, doubled, swapped, filled
with octets that belong nowhere, sent in pieces.  Whatever comes, nobody dies,
answers are POP3, memory stays bounded and others are served.

SEED and SECONDS in the environment choose another run."""

import os
import random
import socket
import time

import family
import lib
from lib import Pop3, check, expect, expect_match, expect_not_in, need, \
    plain

SEED = int(os.environ.get("SEED", 1939))
SECONDS = float(os.environ.get("SECONDS", 10))

NUMBERS = [b"0", b"1", b"2", b"3", b"-1", b"01", b"4294967295",
           b"4294967296", b"18446744073709551616", b"9" * 300, b"x", b""]
BEFORE = [b"CAPA", b"UTF8", b"LANG", b"LANG *", b"LANG en-GB", b"AUTH",
          b"AUTH PLAIN", b"AUTH LOGIN", b"AUTH SCRAM-SHA-256", b"*",
          b"AUTH PLAIN =", b"AUTH PLAIN " + plain("alice").encode(),
          b"AUTH PLAIN " + plain("al\0ice").encode(), b"=", b"YWxpY2U=",
          b"biwsbj1hbGljZSxyPWFiYw==", b"USER alice", b"USER nobody",
          b"PASS testpass", b"PASS wrong", b"PASS", b"STLS", b"NOOP"]
AFTER = [b"STAT", b"LIST", b"UIDL", b"NOOP", b"RSET", b"CAPA", b"LANG"] + [
    word + b" " + n for word in (b"RETR", b"DELE", b"LIST", b"UIDL")
    for n in NUMBERS] + [
    b"TOP %s %s" % (n, m) for n in NUMBERS[:5] for m in NUMBERS]
OCTETS = [b"\0", b"\r", b"\n", b"\xff", b" ", b"\t", b".", b"\x1b[2J", b"%n",
          b"A" * 300, b"A" * 9000, b"A" * 70000, b"\r\n.\r\n", b"../", b"'"]


def bend(rng, data):
    """Make one random change to the lines, or none."""
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.randrange(1, 9))
    return rng.choice((
        lambda: data, lambda: data, lambda: data,
        lambda: data[:at] + data[end:],
        lambda: data[:at] + data[at:end] * 3 + data[end:],
        lambda: data[:at] + rng.choice(OCTETS) + data[at:],
        lambda: data[:at] + bytes(rng.randrange(256) for _ in range(4)) +
        data[at:],
        lambda: data[:at], lambda: data.swapcase()))()


def dialogue(rng):
    """The lines of one connection, and whether it logs in properly first."""
    login = rng.random() < 0.6
    pool = AFTER if login else BEFORE
    lines = [rng.choice(pool) for _ in range(rng.randrange(1, 12))]
    if rng.random() < 0.2:
        lines.append(b"QUIT")
    ends = [b"\r\n"] * 8 + [b"\n", b"\r", b""]
    return login, b"".join(bend(rng, line) + rng.choice(ends)
                           for line in lines)


STATUS = rb"^((\+OK|-ERR)( |$)|\+ [A-Za-z0-9+/]*=*$)"


def talk(rng, server):
    """Send a dialogue; returns the number of lines that came back."""
    login, data = dialogue(rng)
    lines = 0
    with Pop3(server, "pop3" if rng.random() < 0.8 else "pop3s") as c:
        c.sock.settimeout(20)
        if login:
            c.login(rng.choice(("alice", "bob")))
        try:
            while data:
                n = len(data) if rng.random() < 0.7 else \
                    rng.randrange(1, len(data) + 1)
                c.send(data[:n])
                data = data[n:]
            if rng.random() < 0.7 and not hasattr(c.sock, "unwrap"):
                c.sock.shutdown(socket.SHUT_WR)
            elif rng.random() < 0.5:
                return lines	# closed without reading
            else:
                # The star ends a SASL exchange if there is one.
                c.send("\r\n*\r\nQUIT\r\n")
            expect_match(STATUS, c.line(), "status line")
            lines += 1
            while True:
                line = c.line()
                lines += 1
                need(len(line) < 100000, f"a line of {len(line)} octets")
        except (lib.Closed, ConnectionError, OSError) as error:
            need(not isinstance(error, TimeoutError), "it hangs")
    return lines


def memory(server):
    """KB of each process of pop3d, by role."""
    pop3d = family.parents(server)[1]
    return {title: int(family.status(pid).get("VmRSS", "0 kB").split()[0])
            for pid, title in family.children(pop3d).items()}


class Fuzzed(lib.Server):
    """A server that both users have used, and what it was at the start."""

    def __init__(self):
        # ASan's quarantine would look like a leak.
        super().__init__("alice bob", "failed login delay 0\n"
                         "auth mechanisms plain login scram-sha-256\n",
                         PLAINTEXT="yes",
                         ASAN_OPTIONS="detect_leaks=0:abort_on_error=0:"
                         "quarantine_size_mb=1")
        for user in ("alice", "bob"):
            self.append([lib.message("One"), lib.message("Two", "x\n" * 9000),
                         b"Subject: 3\r\n\r\n..\r\n.\r\n"], user=user)
            with Pop3(self, user=user) as c:
                c.ok("STAT")
        self.pop3d = family.parents(self)[1]
        self.children = set(family.children(self.pop3d))
        self.memory = None	# after 50 dialogues


@check(f"bent dialogues get answers that are POP3, seed {SEED}")
def bent(server):
    rng = random.Random(SEED)
    dialogues = lines = 0
    goes_on = lib.lasts(SECONDS, lambda: dialogues > 50 and lines > 50)
    while goes_on():
        lines += talk(rng, server)
        dialogues += 1
        if dialogues == 50:
            server.memory = memory(server)
    print(f"# {dialogues} dialogues, {lines} lines of answers")
    need(dialogues > 50 and lines > 50, f"{dialogues} dialogues, {lines} "
         "lines, and that is too few")


@check("no process dies of a bent dialogue")
def nobody_died(server):
    expect(server.children - set(family.children(server.pop3d)), set(),
           "processes that died")


@check("bent dialogues leave no memory in use")
def no_leak(server):
    now = memory(server)
    print(f"# memory: {now}")
    for title, kb in now.items():
        grown = kb - server.memory.get(title, kb)
        need(grown < 16 * 1024, f"{title} has {grown} KB more")


@check("after bent dialogues no process complains of another")
def no_complaint(server):
    for line in server.log_text().splitlines():
        expect_not_in("fatal", line, "the log")
        expect_not_in("broke the protocol", line, "the log")


@check("after bent dialogues others are served")
def others(server):
    with Pop3(server, user="alice") as c:
        c.ok("STAT")


def main():
    # The checks after the first see what its dialogues have left.
    lib.story(Fuzzed, bent, nobody_died, no_leak, no_complaint, others)
    lib.finish()


if __name__ == "__main__":
    main()
