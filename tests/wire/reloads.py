# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""A server whose configuration changes while it runs, for test_reload.py and
reload_*.py."""

import contextlib
import os
import signal

import family
import lib
from lib import Imap, Pop3, expect_not_in, wait_for

BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))

# Always set: one process of each role, no delays, and a log that says which
# process is ready.
BASE = """log level debug
fronts 1
workers 1
checkers 1
failed login delay 0
worker idle timeout 1h
connections per address 1000
"""

# Users with a hashed password.
SLOW = [f"slow{i}" for i in range(1, 6)]

# Users whose index is first made by the test of that folder's option.
FRESH = {"drafts folder": "fresh1", "sent folder": "fresh2",
         "trash folder": "fresh3", "junk folder": "fresh4",
         "archive folder": "fresh5"}


class Reload:
    """A server whose configuration is changed while it runs."""

    def __init__(self, server):
        self.server = server
        self.conf = server.path("penfold.conf")
        with open(self.conf) as f:
            self.base = f.read()

    def processes(self):
        return {pid for parent in family.parents(self.server)
                for pid in family.children(parent)}

    def set(self, *lines, base=None):
        """Set exactly these extra lines, and wait until all processes have
        them."""
        with open(self.conf, "w") as f:
            f.write((base or self.base) +
                    "".join(line + "\n" for line in lines))
        seen = len(self.server.log_text())
        pids = self.processes()
        for parent in family.parents(self.server):
            os.kill(parent, signal.SIGHUP)

        def all_ready():
            text = self.server.log_text()[seen:]
            expect_not_in("stays in force", text[-300:], "the log")
            return text.count("is in force") == 2 and all(
                f"pid {pid} is ready" in text or not family.title(pid)
                for pid in pids)
        wait_for("all processes have the configuration", all_ready)
        return self.server.log_text()[seen:]

    def role(self, role):
        """The processes of imapd with that role."""
        return family.of_role(family.parents(self.server)[0], role)

    def imap(self, user=None, **more):
        return Imap(self.server, user=user, **more)

    def pop3(self, user=None):
        return Pop3(self.server, user=user)


@contextlib.contextmanager
def reloads():
    """A server whose configuration can be changed."""
    with lib.Server("alice bob " + " ".join([*SLOW, *FRESH.values()]),
                    BASE) as server:
        server.append([lib.message(f"No. {i}") for i in range(3)], "alice")
        server.append([lib.message("One")], "bob")
        yield Reload(server)
