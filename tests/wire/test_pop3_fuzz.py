#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""POP3 dialogues that are bent at random: lines cut, doubled, swapped, filled
with octets that belong nowhere, sent in pieces.  Whatever comes, nobody dies,
answers are POP3, memory stays bounded and others are served.

SEED and SECONDS in the environment choose another run."""

import os
import random
import re
import socket
import tempfile
import time

import family
import lib
from lib import Pop3, check, need, plain, same

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


STATUS = re.compile(rb"(\+OK|-ERR)( |$)|\+ [A-Za-z0-9+/]*=*$")


def talk(rng, server, stats):
    login, data = dialogue(rng)
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
                return		# closed without reading
            else:
                # The star ends a SASL exchange if there is one.
                c.send("\r\n*\r\nQUIT\r\n")
            first = c.line()
            need(STATUS.match(first), f"no status line: {first!r}")
            stats["lines"] += 1
            while True:
                line = c.line()
                stats["lines"] += 1
                need(len(line) < 100000, "a line without an end")
        except (lib.Closed, ConnectionError, OSError) as error:
            need(not isinstance(error, TimeoutError), "it hangs")


def memory(server):
    """KB of each process of pop3d, by role."""
    pop3d = family.parents(server)[1]
    return {title: int(family.status(pid).get("VmRSS", "0 kB").split()[0])
            for pid, title in family.children(pop3d).items()}


def fuzz(server):
    pop3d = family.parents(server)[1]
    rng = random.Random(SEED)
    for user in ("alice", "bob"):
        server.append([lib.message("One"), lib.message("Two", "x\n" * 9000),
                       b"Subject: 3\r\n\r\n..\r\n.\r\n"], user=user)
    stats = {"dialogues": 0, "lines": 0}
    for user in ("alice", "bob"):
        with Pop3(server, user=user) as c:
            c.ok("STAT")
    children = set(family.children(pop3d))
    begin = None
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        talk(rng, server, stats)
        stats["dialogues"] += 1
        if stats["dialogues"] == 50:
            begin = memory(server)
    print("# {dialogues} dialogues, {lines} lines of answers".format(**stats))
    need(stats["dialogues"] > 50 and stats["lines"] > 50, f"{stats}")
    same(set(family.children(pop3d)) & children, children, "nobody died")
    print(f"# memory: {memory(server)}")
    grown = {k: v - begin.get(k, v) for k, v in memory(server).items()}
    need(max(grown.values()) < 16 * 1024, f"KB more: {grown}")
    log = family.log(server)
    need("fatal" not in log and "broke the protocol" not in log,
         "no process complains of another")
    with Pop3(server, user="alice") as c:
        c.ok("STAT")


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as extra:
        extra.write("failed login delay 0\n"
                    "auth mechanisms plain login scram-sha-256\n")
        extra.flush()
        # ASan's quarantine would look like a leak.
        with lib.Server("alice bob", PLAINTEXT="yes", CONF_EXTRA=extra.name,
                        ASAN_OPTIONS="detect_leaks=0:abort_on_error=0:"
                        "quarantine_size_mb=1") as server:
            with check(f"bent dialogues, seed {SEED}"):
                fuzz(server)
    lib.finish()


if __name__ == "__main__":
    main()
