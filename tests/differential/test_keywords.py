#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Keywords are shared with Dovecot.

Dovecot's imap program and Penfold use a Maildir at the same time.  A keyword
that one of them sets, or removes, is seen by the other, under its name.
"""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import dovecot
from beside import Server, append, numbers
from harness import check, expect, finish, on, wait_for

MESSAGES = 6
NAMES = ["Work", "$label1", "Junk", "k-4", "five", "$Forwarded", "seven"]


def keywords(c):
    """Return the keywords of each message, of mail for any client."""
    c.noop()
    return {subject: {f for f in flags if not f.startswith("\\")}
            for subject, (_, flags) in numbers(c, "INBOX")[1].items()}


def both_say(d, p, want, what):
    def same():
        return keywords(p) == want and keywords(d) == want
    try:
        wait_for(what, same, pause=0.3)
    except Exception:
        expect(keywords(p), want, f"of Penfold, {what}")
        expect(keywords(d), want, f"of Dovecot, {what}")
        raise


@check("keywords that Dovecot and Penfold set and remove in turn are seen by "
       "both", skip=dovecot.MISSING)
def in_turn(server):
    rng = random.Random(11)
    want = {f"m{n}": set() for n in range(MESSAGES)}
    with server.theirs() as d, server.ours() as p:
        for subject in want:
            append(p, "INBOX", subject)
        # Otherwise Dovecot gives the messages other UIDs.
        wait_for("the list is written",
                 lambda: server.lists_all("", MESSAGES))
        both_say(d, p, want, "no message has a keyword")
        for n in range(14):
            who, c = rng.choice((("Dovecot", d), ("Penfold", p)))
            message = rng.randrange(MESSAGES)
            name = rng.choice(NAMES)
            has = want[f"m{message}"]
            how = "-FLAGS" if name in has else "+FLAGS"
            expect(c.store(str(message + 1), how, f"({name})")[0], "OK",
                   f"STORE by {who}")
            has ^= {name}
            both_say(d, p, want, f"{who}: STORE {message + 1} {how} {name}")


@check("new keywords that Dovecot and Penfold make at the same time do not "
       "become each other", skip=dovecot.MISSING)
def at_once(server):
    want = {f"m{n}": set() for n in range(MESSAGES)}
    with server.theirs() as d, server.ours() as p:
        for subject in want:
            append(d, "INBOX", subject)
        both_say(d, p, want, "no message has a keyword")
        for n in range(8):
            for c, who, first in ((p, "ours", 0), (d, "theirs", 3)):
                message = first + n % 3
                c.store(str(message + 1), "+FLAGS", f"({who}{n})")
                want[f"m{message}"].add(f"{who}{n}")
        both_say(d, p, want, "each has its own")
    path = os.path.join(server.maildir(server.user), "dovecot-keywords")
    with open(path) as f:
        lines = f.read().splitlines()
    expect(len({line.split(" ", 1)[0] for line in lines}), len(lines),
           f"letters in {lines}")
    expect({line.split(" ", 1)[1] for line in lines},
           {f"{who}{n}" for who in ("ours", "theirs") for n in range(8)},
           "names in the file")


def main():
    on(lambda: Server("alice"), in_turn)
    on(lambda: Server("bob"), at_once)
    finish()


if __name__ == "__main__":
    main()
