#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The family of processes: their users, the death of each of them, reload, and
shutdown."""

import contextlib
import os
import re
import signal
import socket
import time

import family
import lib
from lib import Closed, Imap, Pop3, check, expect, expect_in, expect_match, \
    expect_not_in, need, wait_for

USERS = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")


class Family(lib.Server):
    """A server with a worker of each daemon."""

    def __init__(self, conf=""):
        super().__init__(" ".join(USERS), conf)
        self.imapd, self.pop3d = family.parents(self)
        Imap(self, "imaps", "alice").close()
        Pop3(self, "pop3s", "alice").close()

    def of_role(self, role):
        """The processes of imapd with that role."""
        return family.of_role(self.imapd, role)


def limits(pid):
    """{name: hard limit} of a process."""
    with open(f"/proc/{pid}/limits") as f:
        return {line[:26].strip(): line[47:68].strip()
                for line in f.readlines()[1:]}


def login_works(server):
    """A new login works.  A killed process may need time to be replaced."""
    def attempt():
        try:
            with Imap(server, "imaps", "bob") as c:
                c.ok("NOOP")
            return True
        except (AssertionError, Closed, ConnectionError):
            return False
    wait_for("login", attempt)


# What a process may do.

def titled(parent):
    """{pid: title} of all children, as soon as each has dropped its
    privileges, which it does before it has a title."""
    wait_for("titles", lambda: all(
        ": " in title for title in family.children(parent).values()))
    kids = family.children(parent)
    # A process that was just forked may not have dropped its privileges yet.
    wait_for("confined", lambda: os.geteuid() != 0 or all(
        family.status(pid).get("Uid", "1")[0] != "0" and
        family.status(pid).get("NoNewPrivs", "1") == "1" for pid in kids))
    return kids


def expect_complete(server):
    for parent in family.parents(server):
        expect(len(family.of_role(parent, "auth")), 1, "auth processes")
        for role in ("front", "check"):
            need(family.of_role(parent, role), f"no {role} process")


def expect_confined(server):
    for parent in family.parents(server):
        for pid, name in [*titled(parent).items(), (parent, "parent")]:
            expect(family.status(pid)["NoNewPrivs"], "1",
                   f"{name}: NoNewPrivs")
            expect(limits(pid)["Max core file size"], "0",
                   f"{name}: core dumps")
            # If a process may be dumped or traced, this file belongs to its
            # user.
            if os.geteuid() == 0:
                expect(os.stat(f"/proc/{pid}/environ").st_uid, 0,
                       f"{name}: who may trace it")


def expect_ids(server):
    if os.geteuid() != 0:
        return
    for parent in family.parents(server):
        for pid, name in titled(parent).items():
            want = "61002"
            if ": front" in name:
                want = "61001"
            if ": mail" in name:
                want = os.environ.get("OWNER", "61003:61003").split(":")[0]
            fields = family.status(pid)
            expect(fields["Uid"].split(), [want] * 4, f"{name}: ids")
            expect(len(fields["Groups"].split()), 1, f"{name}: groups")
            for word in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                expect(int(fields[word], 16), 0, f"{name}: {word}")


def expect_shut_in(server):
    if os.geteuid() != 0:
        return
    for parent in family.parents(server):
        for pid, name in titled(parent).items():
            if ": mail" in name:
                continue
            expect(limits(pid)["Max processes"], "0", f"{name}: processes")
            expect(os.readlink(f"/proc/{pid}/root"), server.path("empty"),
                   f"{name}: root")


def expect_separate(server):
    """All that holds of the processes of a server."""
    expect_complete(server)
    expect_confined(server)
    expect_ids(server)
    expect_shut_in(server)


NOT_ROOT = "" if os.geteuid() == 0 else \
    "without root all processes have the same user"


@check("a daemon has one auth process, and fronts and checkers")
def complete(server):
    expect_complete(server)


@check("no process gains privileges, dumps core or can be traced")
def confined(server):
    expect_confined(server)


@check("each process has the ids of its role, one group and no capability",
       skip=NOT_ROOT)
def ids(server):
    expect_ids(server)


@check("fronts, auth and checkers see an empty root and cannot fork",
       skip=NOT_ROOT)
def shut_in(server):
    expect_shut_in(server)


@check("a process of role {} has no other files open than it needs",
       with_each=("front", "check", "auth", "mail"))
def nothing_else_is_open(server, role):
    with Imap(server, "imaps", "alice"), Pop3(server, "pop3s", "bob"):
        for parent in family.parents(server):
            pids = family.of_role(parent, role)
            need(pids, f"no {role} process")
            for pid in pids:
                more = family.files(pid)
                if role == "auth":
                    more -= {server.path("users")}
                if role == "mail":
                    more = {path for path in more if not
                            path.startswith(server.path("mail") + "/")}
                expect(more, set(), f"other files of {family.title(pid)}")


@check("a checker can have 64 descriptors at most")
def checkers_files(server):
    for parent in family.parents(server):
        for pid in family.of_role(parent, "check"):
            most = int(limits(pid)["Max open files"])
            need(most <= 64, f"want 64 at most, got {most}")


# Death.

def anew(server, role, old):
    """Wait until imapd has as many processes of that role as before, without
    the old one."""
    count = len(server.of_role(role))

    def complete_again():
        now = server.of_role(role)
        return old not in now and len(now) >= count
    wait_for(f"a new {role}", complete_again)


def through_each(server, fronts, *users):
    """Connections as these users through each front: (front, connection).
    The kernel chooses the front for a connection, so all others are stopped
    meanwhile."""
    for front in fronts:
        others = [pid for pid in fronts if pid != front]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            for user in users:
                yield front, Imap(server, "imaps", user)
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)


@check("when a front dies, TLS sessions through it end, and no others")
def front_dies(server):
    fronts = server.of_role("front")
    through = list(through_each(server, fronts, "alice"))
    os.kill(fronts[0], signal.SIGKILL)
    anew(server, "front", fronts[0])
    for front, c in through:
        if front == fronts[0]:
            need(c.closed(), "a session through it is closed")
        else:
            c.ok("NOOP")
        c.close()
    login_works(server)
    expect_separate(server)


@check("when a process of role {} dies, sessions go on, and a new one starts "
       "under the same user", with_each=("auth", "check"))
def helper_dies(server, role):
    with Imap(server, "imaps", "alice") as c, \
            Imap(server, "imap", "bob") as other:
        pid = server.of_role(role)[0]
        os.kill(pid, signal.SIGKILL)
        anew(server, role, pid)
        c.ok("NOOP")
        other.ok("NOOP")
    login_works(server)
    expect_separate(server)


def worker_of(server, user):
    """The pid of the process that serves a user's sessions."""
    return int(re.findall(rf"imapd-mail\[(\d+)\]: \d+ login user={user} ",
                          server.log_text())[-1])


@check("when a worker dies, its sessions end and no others, and its users can "
       "log in again")
def worker_dies(server):
    sessions = {user: Imap(server, "imaps", user) for user in USERS}
    workers = {user: worker_of(server, user) for user in USERS}
    need(len(set(workers.values())) > 1, f"want several workers: {workers}")
    os.kill(workers["alice"], signal.SIGKILL)
    for user, c in sessions.items():
        if workers[user] == workers["alice"]:
            need(c.closed(), f"the session of {user} is closed")
        else:
            c.ok("NOOP")
        c.close()
    with Imap(server, "imaps", "alice") as c:
        c.ok("SELECT INBOX")
    expect_separate(server)


@check("a login that the parent hears of together with the death of the user's "
       "worker is served by another one")
def worker_just_died(server):
    # In about half of the rounds epoll(7) names the channel of auth first.
    for number in range(4):
        with Imap(server) as new, \
                Imap(server, source=f"127.0.0.{10 + number}") as other, \
                Imap(server, user="alice"), Imap(server, user="alice") as c:
            worker = worker_of(server, "alice")
            os.kill(server.imapd, signal.SIGSTOP)
            try:
                os.kill(worker, signal.SIGKILL)
                need(c.closed(), "the session is closed")
                new.send(f"n LOGIN alice {lib.PASSWORD}\r\n")
                # Auth answers this after it has told the parent of the other.
                other.fails("NO", "LOGIN alice wrong")
            finally:
                os.kill(server.imapd, signal.SIGCONT)
            expect(new.collect("n").status, "OK", "LOGIN")
    expect_separate(server)


@check("a signal that a terminal or service manager sends to all processes "
       "ends no child ({})", with_each=("SIGINT", "SIGTERM", "SIGHUP"))
def signals_to_all(server, name):
    with Imap(server, "imaps", "alice") as c:
        kids = family.children(server.imapd)
        for pid in kids:
            os.kill(pid, signal.Signals[name])
        c.ok("NOOP")
        login_works(server)
        expect(set(kids) - set(family.children(server.imapd)), set(),
               "children that have ended")


# Reload.

def signal_reload(server):
    """Send SIGHUP to imapd, and wait until it says what came of it."""
    said = ("is in force", "reload failed")
    before = [server.log_text().count(text) for text in said]
    os.kill(server.imapd, signal.SIGHUP)

    def after():
        now = [server.log_text().count(text) for text in said]
        return now != before and now
    return dict(zip(said, (b > a for a, b in
                           zip(before, wait_for("a reload", after, 120,
                                                0.005)))))


def reload(server):
    done = signal_reload(server)
    need(done["is in force"] and not done["reload failed"],
         "want a reload, got a failure")


def reload_fails(server):
    done = signal_reload(server)
    need(done["reload failed"] and not done["is in force"],
         "want a failure, got a reload")


@contextlib.contextmanager
def edited(path):
    """A file that gets its text back, which it yields."""
    with open(path) as f:
        text = f.read()
    try:
        yield text
    finally:
        write(path, text)


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


@contextlib.contextmanager
def configuration(server):
    """A configuration that may be changed, and is in force again at the
    end."""
    with edited(server.path("penfold.conf")) as text:
        yield text
    reload(server)


def configure(server, text):
    write(server.path("penfold.conf"), text)


def greeting(server):
    with Imap(server, "imap") as c:
        return c.greeting


@check("a reload changes what new connections get, and ends no session")
def reload_keeps_sessions(server):
    with configuration(server) as text, Imap(server, "imaps", "alice") as c:
        configure(server, text + 'greeting "Hello anew."\n')
        reload(server)
        wait_for("the new greeting",
                 lambda: b"Hello anew." in greeting(server))
        c.ok("NOOP")
        login_works(server)


@check("a configuration with an error changes nothing")
def wrong_reload_keeps_the_old(server):
    before = greeting(server)
    with configuration(server) as text, Imap(server, "imaps", "alice") as c:
        configure(server, 'greeting "Not this."\n' +
                  text.replace("hostname", "hostnome"))
        reload_fails(server)
        c.ok("NOOP")
        expect(greeting(server), before, "greeting")
        login_works(server)


@check("a certificate with a broken key changes nothing")
def reload_with_a_broken_key(server):
    with edited(server.path("server.key")):
        write(server.path("server.key"), "no key\n")
        reload_fails(server)
        login_works(server)


@check("a configuration that is too large to be sent changes nothing")
def reload_with_too_much(server):
    with open(server.path("server.crt")) as f:
        padded = f.read() + "# padding\n" * 90000
    for i in range(14):
        write(server.path(f"padded{i}.crt"), padded)
    with configuration(server) as text, Imap(server, "imaps", "alice") as c:
        configure(server, text + "".join(
            f'certificate "{server.path(f"padded{i}.crt")}" '
            f'key "{server.path("server.key")}"\n' for i in range(14)))
        reload_fails(server)
        expect_match(r"octets; \d+ is the most", server.log_text(),
                     "the log")
        c.ok("NOOP")
        login_works(server)


def resize(server, text, fronts, checkers):
    """Reload with so many fronts and checkers, and wait for the latter, since
    no session keeps them."""
    configure(server, "".join(
        line for line in text.splitlines(True)
        if not line.startswith(("fronts ", "checkers "))) +
        f"fronts {fronts}\ncheckers {checkers}\n")
    reload(server)
    wait_for(f"{checkers} checkers",
             lambda: len(server.of_role("check")) == checkers)


@check("fronts that are too many after a reload keep their sessions, accept no "
       "connection, and end with the last session")
def fewer_and_more(server):
    with configuration(server) as text:
        resize(server, text, 4, 3)
        wait_for("four fronts", lambda: len(server.of_role("front")) == 4)
        # Half of the connections are not logged in yet.
        held = [c for _, c in through_each(
            server, server.of_role("front"), "alice", None)]
        resize(server, text, 1, 1)
        for _ in range(8):
            login_works(server)
        expect(len(server.of_role("front")), 4, "fronts that are in use")
        for c in held:
            if c.count:
                c.ok("NOOP")
            else:
                c.login("bob")
        # The numbers of old fronts are in use, so new fronts get others.
        resize(server, text, 2, 2)
        wait_for("five fronts", lambda: len(server.of_role("front")) == 5)
        for c in held:
            c.ok("LOGOUT")
            c.close()
        wait_for("two fronts", lambda: len(server.of_role("front")) == 2)
        login_works(server)
        expect_not_in("ended with status", server.log_text().split(
            "is in force")[-1], "the log")


@check("many reloads leave no descriptor and no memory in use")
def many_reloads(server):
    def now():
        pids = [server.imapd, *server.of_role("front"),
                *server.of_role("auth")]
        return {pid: (int(family.status(pid)["VmRSS"].split()[0]),
                      len(family.descriptors(pid) or ())) for pid in pids}

    def reloads(count):
        for _ in range(count):
            reload(server)
        login_works(server)

    def descriptors_are_back():
        # Old listeners stay open until each front has read its messages.
        return all(count <= before[pid][1] + 2
                   for pid, (_, count) in now().items())

    with Imap(server, "imaps", "alice") as c:
        before = now()
        reloads(30)
        wait_for("descriptors as before", descriptors_are_back)
        before = now()
        reloads(100)
        wait_for("descriptors as before", descriptors_are_back)
        after = now()
        c.ok("NOOP")
    for pid, (memory, _) in after.items():
        if lib.sanitized():	# ASan keeps freed memory for a while
            continue
        need(memory < before[pid][0] + 1024, f"{family.title(pid)}: "
             f"{memory} KB, {before[pid][0]} before")


# Shutdown.

def expect_ended(pids):
    wait_for("all have ended",
             lambda: not any(family.title(pid) for pid in pids))


@check("SIGTERM: each client gets BYE or -ERR [SYS/TEMP], and all processes "
       "end (RFC 3501 7.1.5, RFC 3206)")
def sigterm_says_goodbye(server):
    kids = [*family.children(server.imapd), *family.children(server.pop3d)]
    imap = Imap(server, "imaps", "alice")
    pop3 = Pop3(server, "pop3s", "bob")
    waiting = Imap(server, "imap")
    pop3_waiting = Pop3(server, "pop3")
    os.kill(server.imapd, signal.SIGTERM)
    os.kill(server.pop3d, signal.SIGTERM)
    expect_match(rb"^\* BYE", imap.line(), "IMAP")
    need(imap.closed(), "the connection is closed")
    expect_match(rb"^\* BYE", waiting.line(), "IMAP before login")
    expect_match(rb"^-ERR \[SYS/TEMP\]", pop3.line(), "POP3")
    expect_match(rb"^-ERR \[SYS/TEMP\]", pop3_waiting.line(),
                 "POP3 before login")
    expect_ended(kids)
    expect_not_in("has not finished", server.log_text(), "the log")


@check("the death of the parent ends all processes")
def parent_death_ends_all(server):
    with Imap(server, "imaps", "alice") as c:
        kids = list(family.children(server.imapd))
        os.kill(server.imapd, signal.SIGKILL)
        need(c.closed(), "the connection is closed")
    expect_ended(kids)


# Servers of another kind.

@check("a new auth process knows how many sessions a user has, and which of "
       "them end")
def counts_survive(server):
    held = [Imap(server, "imaps", "carol") for _ in range(3)]
    held.append(Imap(server, "imap", "carol"))
    pid = server.of_role("auth")[0]
    os.kill(pid, signal.SIGKILL)
    anew(server, "auth", pid)
    login_works(server)
    with Imap(server, "imaps") as c:
        c.fails("NO", "LOGIN carol testpass").says("[LIMIT]")
    for c in held[:2]:
        c.ok("LOGOUT")
    held[2:] += [Imap(server, "imaps", "carol") for _ in range(2)]
    with Imap(server, "imaps") as c:
        c.fails("NO", "LOGIN carol testpass")
    for c in held[2:]:
        c.ok("LOGOUT")
        c.close()
    login_works(server)


@contextlib.contextmanager
def few_descriptors():
    """A server whose fronts may have 64 descriptors."""
    os.environ["SERVE"] = "sh -c 'ulimit -n 64; exec sh tests/serve $0'"
    try:
        server = Family()
    finally:
        del os.environ["SERVE"]
    with server:
        yield server


def full(server, fronts):
    """Does each front have as many descriptors as it may?  The log shows only
    that it once had."""
    if os.geteuid() == 0:
        return all(len(os.listdir(f"/proc/{pid}/fd")) >=
                   int(limits(pid)["Max open files"]) for pid in fronts)
    said = re.findall(r"imapd-front\[(\d+)\]: .*accept: Too many open files",
                      server.log_text())
    return len(set(said)) == len(fronts)


def logs_in(server, user):
    with contextlib.suppress(Closed, OSError), Imap(server, "imaps") as c:
        return c.command(f"LOGIN {user} {lib.PASSWORD}").status == "OK"


@check("fronts without a free descriptor say [UNAVAILABLE], keep their "
       "sessions, and serve again when there is one (RFC 5530 3)",
       skip="SERVE is set" if "SERVE" in os.environ else "")
def no_descriptors(server):
    login_works(server)
    titled(server.imapd)
    fronts = server.of_role("front")
    if any(int(limits(pid)["Max open files"]) > 64 for pid in fronts):
        raise lib.Skip("root may have as many as it wants here")
    held = []
    with Imap(server, "imaps", "alice") as c, Imap(server, "imaps") as d:
        while not full(server, fronts):
            held.append(socket.create_connection(
                (lib.HOST, server.ports["imap"]), 10))
            need(len(held) < 1000, "descriptors without end")
            time.sleep(0.01)
        # No descriptor is left for the relay's socket pair.
        d.fails("NO", f"LOGIN bob {lib.PASSWORD}").says("[UNAVAILABLE]")
        c.ok("NOOP")
        for s in held[1:]:
            s.close()
        wait_for("a login", lambda: logs_in(server, "bob"), pause=0.3)
        d.ok("NOOP")
        held[0].settimeout(10)
        expect_match(rb"^\* OK", held[0].recv(100), "greeting of the first")
        held[0].close()
    login_works(server)


def main():
    lib.on(Family, complete, confined, ids, shut_in, nothing_else_is_open,
           checkers_files, front_dies, helper_dies, worker_dies,
           worker_just_died, signals_to_all, reload_keeps_sessions, wrong_reload_keeps_the_old,
           reload_with_a_broken_key, reload_with_too_much, fewer_and_more, many_reloads)
    lib.on(Family, sigterm_says_goodbye)
    lib.on(Family, parent_death_ends_all)
    lib.on(lambda: Family("connections per user 4\n"), counts_survive)
    lib.on(few_descriptors, no_descriptors)
    lib.finish()


if __name__ == "__main__":
    main()
