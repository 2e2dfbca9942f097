#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""What a developer sees of the messages between processes, and what must not
be in it."""

import re

import family
import lib
from lib import Imap, check, need, wait_for


def messages(server):
    """-d -d: each message between processes, by name and length."""
    with Imap(server, "imap") as c:
        c.starttls()
        c.login()
        c.ok("LOGOUT")
    wait_for("the end of the session",
             lambda: " SESSION_END " in family.log(server))
    log = family.log(server)
    at = 0
    for line in (r"parent -> imapd-front CONF_DONE id=0 octets=12",
                 r"front \d+ -> auth 0 AUTH_START id=\d+ octets=\d+",
                 r"auth -> front \d+ AUTH_ACCEPTED id=\d+ octets=\d+",
                 r"front \d+ -> auth 0 HANDOFF id=\d+ octets=\d+ fd=yes",
                 r"auth 0 -> parent SESSION id=\d+ octets=\d+ fd=yes",
                 r"parent -> \S+( \d+)? SESSION id=\d+ octets=\d+ fd=yes",
                 r"mail \d+ -> parent SESSION_END id=\d+ octets=0"):
        found = re.compile(rf"^\S+ \S+\[\d+\]: message {line}$",
                           re.M).search(log, at)
        need(found, f"after {at}: no {line}")
        at = found.start()
    need(lib.PASSWORD not in log, "the password")


def main():
    with lib.Server("alice", FLAGS="-d") as server:
        with check("messages between processes"):
            messages(server)
    lib.finish()


if __name__ == "__main__":
    main()
