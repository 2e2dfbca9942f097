#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The family of processes: their users, the death of each of them, reload, and
shutdown."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time

import family
import lib
from lib import Closed, Imap, Pop3, check, need, same, wait_for


BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))


def limits(pid):
    """{name: hard limit} of a process."""
    with open(f"/proc/{pid}/limits") as f:
        return {line[:26].strip(): line[47:68].strip()
                for line in f.readlines()[1:]}


def files(pid):
    """The regular files and folders that a process has open."""
    found = set()
    for fd in family.descriptors(pid) or ():
        try:
            path = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue
        if path.startswith("/") and path != "/dev/null":
            found.add(path.removesuffix(" (deleted)"))
    return found


def titles(parent):
    """Wait until all children have a title: they have dropped their privileges
    before that."""
    wait_for("titles", lambda: all(
        ": " in title for title in family.children(parent).values()))


def users_are_separate(server):
    """User ids, root folder, and other limits that show from outside."""
    for parent in family.parents(server):
        same(len(family.of_role(parent, "auth")), 1, "auth processes")
        need(len(family.of_role(parent, "front")) >= 1, "fronts")
        need(len(family.of_role(parent, "check")) >= 1, "checkers")
        titles(parent)
        kids = family.children(parent)
        # A process that was just forked may not have dropped its privileges
        # yet.
        wait_for("confined", lambda: os.geteuid() != 0 or all(
            family.status(pid).get("Uid", "1")[0] != "0" and
            family.status(pid).get("NoNewPrivs", "1") == "1"
            for pid in kids))
        for pid, name in [(parent, "parent"), *kids.items()]:
            fields = family.status(pid)
            same(fields["NoNewPrivs"], "1", f"{name}: NoNewPrivs")
            same(limits(pid)["Max core file size"], "0",
                 f"{name}: core dumps")
            if os.geteuid() != 0:
                continue
            # If a process may be dumped or traced, this file belongs to its
            # user.
            same(os.stat(f"/proc/{pid}/environ").st_uid, 0,
                 f"{name}: who may trace it")
            if pid == parent:
                continue
            want = "61002"
            if ": front" in name:
                want = "61001"
            if ": mail" in name:
                want = os.environ.get("OWNER", "61003:61003").split(":")[0]
            same(fields["Uid"].split(), [want] * 4, f"{name}: ids")
            same(len(fields["Groups"].split()), 1, f"{name}: groups")
            for word in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                same(int(fields[word], 16), 0, f"{name}: {word}")
            if ": mail" in name:
                continue
            same(limits(pid)["Max processes"], "0", f"{name}: processes")
            same(os.readlink(f"/proc/{pid}/root"),
                 server.path("empty"), f"{name}: chroot")


def nothing_else_is_open(server):
    """A process has only those files open that its role needs."""
    log, users = server.path("log"), server.path("users")
    allowed = {
        "front": {log}, "check": {log}, "auth": {log, users},
    }
    with Imap(server, "imaps", "alice"), Pop3(server, "pop3s", "bob"):
        for parent in family.parents(server):
            for role, want in allowed.items():
                for pid in family.of_role(parent, role):
                    need(files(pid) <= want, f"{role}: {files(pid) - want}")
            need(all(int(limits(pid)["Max open files"]) <= 64 for pid in
                     family.of_role(parent, "check")), "checkers' files")
            for pid in family.of_role(parent, "mail"):
                outside = {path for path in files(pid) - {log} if not
                           path.startswith(server.path("mail") + "/")}
                need(not outside, f"mail: {outside}")


def a_session_of(server, parent_index):
    if parent_index == 0:
        return Imap(server, "imaps", "alice")
    return Pop3(server, "pop3s", "alice")


def anew(parent, role, old):
    """Wait until that role is complete again, without the old pid."""
    count = len(family.of_role(parent, role))

    def check_it():
        now = family.of_role(parent, role)
        return old not in now and len(now) >= count
    wait_for(f"a new {role}", check_it)


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


USERS = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")


def worker_of(server, user):
    """The pid of the process that serves a user's sessions."""
    return int(re.findall(rf"imapd-mail\[(\d+)\]: \d+ login user={user} ",
                          family.log(server))[-1])


def death_of(server, role):
    """Sessions go on, and a new process starts soon, under the right user."""
    parent = family.parents(server)[0]
    with Imap(server, "imaps", "alice") as c, \
            Imap(server, "imap", "bob") as other:
        pid = family.of_role(parent, role)[0]
        os.kill(pid, signal.SIGKILL)
        anew(parent, role, pid)
        c.ok("NOOP")
        other.ok("NOOP")
    login_works(server)
    users_are_separate(server)


def counts_survive(server):
    """A new auth knows how many sessions a user has, and which of them end."""
    parent = family.parents(server)[0]
    held = [Imap(server, "imaps", "carol") for _ in range(3)]
    held.append(Imap(server, "imap", "carol"))
    pid = family.of_role(parent, "auth")[0]
    os.kill(pid, signal.SIGKILL)
    anew(parent, "auth", pid)
    login_works(server)
    with Imap(server, "imaps") as c:
        need("[LIMIT]" in c.fails("NO", "LOGIN carol testpass").text,
             "a fifth session")
    for c in held[:2]:
        c.ok("LOGOUT")
    held[2:] += [Imap(server, "imaps", "carol") for _ in range(2)]
    with Imap(server, "imaps") as c:
        c.fails("NO", "LOGIN carol testpass")
    for c in held[2:]:
        c.ok("LOGOUT")
        c.close()
    login_works(server)


def death_of_a_front(server):
    """Only the TLS sessions through the dead front are lost."""
    parent = family.parents(server)[0]
    fronts = family.of_role(parent, "front")
    pid = fronts[0]
    through = []
    # The kernel chooses the front for a connection, so stop all but one.
    for front in fronts:
        others = [f for f in fronts if f != front]
        for f in others:
            os.kill(f, signal.SIGSTOP)
        try:
            through.append((front, Imap(server, "imaps", "alice")))
        finally:
            for f in others:
                os.kill(f, signal.SIGCONT)
    os.kill(pid, signal.SIGKILL)
    anew(parent, "front", pid)
    for front, c in through:
        if front == pid:
            need(c.closed(), "closed")
        else:
            c.ok("NOOP")
        c.close()
    login_works(server)
    users_are_separate(server)


def death_of_a_worker(server):
    """Its sessions are closed and no others; its users can log in again."""
    sessions = {user: Imap(server, "imaps", user) for user in USERS}
    workers = {user: worker_of(server, user) for user in USERS}
    need(len(set(workers.values())) > 1, "several workers")
    os.kill(workers["alice"], signal.SIGKILL)
    for user, c in sessions.items():
        if workers[user] == workers["alice"]:
            need(c.closed(), f"{user}: closed")
        else:
            c.ok("NOOP")
        c.close()
    with Imap(server, "imaps", "alice") as c:
        c.ok("SELECT INBOX")
    users_are_separate(server)


def messages_to_the_family(server):
    """Signals that a terminal or service manager sends to all processes do not
    end a child."""
    parent = family.parents(server)[0]
    with Imap(server, "imaps", "alice") as c:
        for pid in family.children(parent):
            for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(pid, sig)
        c.ok("NOOP")


def edit(server, old, new):
    path = server.path("penfold.conf")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace(old, new))


def greeting(server):
    with Imap(server, "imap") as c:
        return c.greeting


def reload_keeps_sessions(server):
    parent = family.parents(server)[0]
    with Imap(server, "imaps", "alice") as c:
        edit(server, "hostname", 'greeting "Hello anew."\nhostname')
        os.kill(parent, signal.SIGHUP)
        wait_for("the new greeting",
                 lambda: b"Hello anew." in greeting(server))
        c.ok("NOOP")
    login_works(server)


def wrong_reload_keeps_the_old(server):
    parent = family.parents(server)[0]
    with Imap(server, "imaps", "alice") as c:
        edit(server, "hostname", "hostnome")
        os.kill(parent, signal.SIGHUP)
        wait_for("the log says so", lambda: "reload failed" in
                 family.log(server))
        c.ok("NOOP")
        need(b"Hello anew." in greeting(server), "old greeting")
        login_works(server)
        edit(server, "hostnome", "hostname")


def reload_with_a_broken_key(server):
    """A certificate with a broken key is refused before anything changes."""
    parent = family.parents(server)[0]
    key = server.path("server.key")
    with open(key) as f:
        good = f.read()
    before = family.log(server).count("reload failed")
    try:
        with open(key, "w") as f:
            f.write("no key\n")
        os.kill(parent, signal.SIGHUP)
        wait_for("the log says so", lambda:
                 family.log(server).count("reload failed") > before)
        login_works(server)
    finally:
        with open(key, "w") as f:
            f.write(good)


def family_size(server, fronts, checkers):
    """The numbers of processes after a reload, as far as sessions allow."""
    parent = family.parents(server)[0]
    with open(server.path("penfold.conf")) as f:
        lines = [line for line in f if not line.startswith(
            ("fronts ", "checkers "))]
    with open(server.path("penfold.conf"), "w") as f:
        f.writelines(lines + [f"fronts {fronts}\n",
                              f"checkers {checkers}\n"])
    before = family.log(server).count("is in force")
    os.kill(parent, signal.SIGHUP)
    wait_for("the reload", lambda: family.log(server).count(
        "is in force") > before)
    wait_for("checkers", lambda: len(family.of_role(
        parent, "check")) == checkers)
    return family.of_role(parent, "front")


def fewer_and_more(server):
    """Surplus fronts keep their sessions and accept no new ones."""
    parent = family.parents(server)[0]
    four = family_size(server, 4, 3)
    wait_for("four fronts", lambda: len(family.of_role(
        parent, "front")) == 4)
    four = family.of_role(parent, "front")
    held = []
    for front in four:
        others = [f for f in four if f != front]
        for f in others:
            os.kill(f, signal.SIGSTOP)
        try:
            held.append(Imap(server, "imaps", "alice"))
            held.append(Imap(server, "imaps"))	# not logged in yet
        finally:
            for f in others:
                os.kill(f, signal.SIGCONT)
    family_size(server, 1, 1)
    for _ in range(8):
        login_works(server)
    same(len(family.of_role(parent, "front")), 4, "all are in use")
    for c in held:
        if c.count:
            c.ok("NOOP")
        else:
            c.login("bob")
    # The numbers of old fronts are in use, so new fronts get others.
    wait_for("more again", lambda: len(family_size(server, 2, 2)) == 5)
    for c in held:
        c.ok("LOGOUT")
        c.close()
    wait_for("two are left", lambda: len(family.of_role(
        parent, "front")) == 2)
    login_works(server)
    need("ended with status" not in family.log(server).split(
        "is in force")[-1], "no front failed")


def full(server, fronts):
    """Does each front have as many descriptors as it may?  The log shows only
    that it once had."""
    if os.geteuid() == 0:
        return all(len(os.listdir(f"/proc/{pid}/fd")) >=
                   int(limits(pid)["Max open files"]) for pid in fronts)
    said = re.findall(r"imapd-front\[(\d+)\]: .*accept: Too many open files",
                      family.log(server))
    return len(set(said)) == len(fronts)


def no_descriptors(server):
    """Fronts without free descriptors refuse with a message, keep their
    sessions, and serve again when descriptors are free."""
    imapd = family.parents(server)[0]
    login_works(server)
    titles(imapd)
    fronts = family.of_role(imapd, "front")
    if any(int(limits(pid)["Max open files"]) > 64 for pid in fronts):
        print("skip no descriptors: root may have as many as it wants here")
        return
    held = []
    with Imap(server, "imaps", "alice") as c, Imap(server, "imaps") as d:
        while not full(server, fronts):
            held.append(socket.create_connection(
                (lib.HOST, server.ports["imap"]), 10))
            need(len(held) < 1000, "descriptors without end")
            time.sleep(0.01)
        # No descriptor is left for the relay's socket pair.
        text = d.fails("NO", f"LOGIN bob {lib.PASSWORD}").text
        need("[UNAVAILABLE]" in text, text)
        c.ok("NOOP")
        for s in held[1:]:
            s.close()
        wait_for("a login", lambda: d.command(
            f"LOGIN bob {lib.PASSWORD}").status == "OK", pause=0.3)
        d.ok("NOOP")
        held[0].settimeout(10)
        need(held[0].recv(100).startswith(b"* OK"), "the first is greeted")
        held[0].close()
    login_works(server)


def asan():
    """Whether the programs are built with ASan.  Asks ldd, since only root can
    read /proc of a process that nobody may trace."""
    run = subprocess.run(["ldd", os.path.join(BUILD, "bin", "imapd")],
                         stdout=subprocess.PIPE, text=True)
    return "libasan" in run.stdout


def many_reloads(server):
    """Many reloads leak no memory and no descriptors."""
    imapd = family.parents(server)[0]

    def stand():
        pids = [imapd, *family.of_role(imapd, "front"),
                *family.of_role(imapd, "auth")]
        return {pid: (int(family.status(pid)["VmRSS"].split()[0]),
                      len(family.descriptors(pid) or ())) for pid in pids}

    def reloads(count):
        for _ in range(count):
            before = family.log(server).count("is in force")
            os.kill(imapd, signal.SIGHUP)
            wait_for("a reload", lambda: family.log(server).count(
                "is in force") > before, pause=0.005)
        login_works(server)

    def descriptors_are_back():
        # Old listeners stay open until each front has read its messages.
        return all(count <= before[pid][1] + 2
                   for pid, (_, count) in stand().items())

    with Imap(server, "imaps", "alice") as c:
        before = stand()
        reloads(30)
        wait_for("descriptors as before", descriptors_are_back)
        before = stand()
        reloads(100)
        wait_for("descriptors as before", descriptors_are_back)
        after = stand()
        c.ok("NOOP")
    for pid, (memory, _) in after.items():
        if asan():		# ASan keeps freed memory for a while
            continue
        need(memory < before[pid][0] + 1024, f"{family.title(pid)}: "
             f"{memory} KB, {before[pid][0]} before")


def half_close(server):
    """Complete commands before the end of the input are still run."""
    with lib.Raw(server, "imap") as c:
        c.line()
        c.send("a CAPABILITY\r\nb NOOP\r\nc LOGO")
        c.sock.shutdown(1)
        found = []
        try:
            while True:
                found.append(c.line())
        except Closed:
            pass
        need(any(x.startswith(b"b OK") for x in found), f"{found}")


def early_bytes(server):
    """Commands pipelined after the login reach the worker in order."""
    with Imap(server, "imaps") as c:
        c.send(f'x LOGIN alice {lib.PASSWORD}\r\n' +
               "".join(f"n{i} NOOP\r\n" for i in range(500)))
        need(c.collect("x").status == "OK", "login")
        for i in range(500):
            need(c.collect(f"n{i}").status == "OK", "NOOP")


def early_pipeline(server):
    """Pipelining works before login, too, though the answers are far
    longer."""
    for port in ("imap", "imaps"):
        with Imap(server, port) as c:
            c.send("".join(f"n{i} CAPABILITY\r\n" for i in range(3000)))
            for i in range(3000):
                need(c.collect(f"n{i}").status == "OK", "CAPABILITY")


def too_many_bad_commands(server):
    with Imap(server, "imap") as c:
        c.push("x FROB\r\n" * 1000)
        need(c.closed(), "closed")


def endless_line(server):
    with Imap(server, "imap") as c:
        c.push("x" * 1000000 + "\r\n")
        try:
            line = c.line()
            need(b"BAD" in line or line.startswith(b"* BYE"), f"{line}")
        except Closed:
            pass
    login_works(server)


def sigterm_says_goodbye(server):
    imapd, pop3d = family.parents(server)
    kids = list(family.children(imapd)) + list(family.children(pop3d))
    imap = Imap(server, "imaps", "alice")
    pop3 = Pop3(server, "pop3s", "bob")
    waiting = Imap(server, "imap")
    pop3_waiting = Pop3(server, "pop3")
    os.kill(imapd, signal.SIGTERM)
    os.kill(pop3d, signal.SIGTERM)
    need(imap.line().startswith(b"* BYE"), "BYE")
    need(imap.closed(), "closed")
    need(waiting.line().startswith(b"* BYE"), "BYE before login")
    need(pop3.line().startswith(b"-ERR [SYS/TEMP]"), "-ERR")
    need(pop3_waiting.line().startswith(b"-ERR [SYS/TEMP]"), "-ERR before")
    wait_for("all have ended", lambda:
             not any(family.title(pid) for pid in kids), 8)


def parent_death_ends_all(server):
    imapd = family.parents(server)[0]
    with Imap(server, "imaps", "alice") as c:
        kids = list(family.children(imapd))
        os.kill(imapd, signal.SIGKILL)
        need(c.closed(), "closed")
    wait_for("all have ended", lambda:
             not any(family.title(pid) for pid in kids), 8)


with lib.Server(" ".join(USERS)) as s:
    with check("a session exists beside the checks"):
        Imap(s, "imaps", "alice").close()
        Pop3(s, "pop3s", "alice").close()
    for name, test in (
            ("users are separate", users_are_separate),
            ("nothing else is open", nothing_else_is_open),
            ("a front dies", death_of_a_front),
            ("auth dies", lambda s: death_of(s, "auth")),
            ("a checker dies", lambda s: death_of(s, "check")),
            ("a worker dies", death_of_a_worker),
            ("signals to the whole family", messages_to_the_family),
            ("many reloads", many_reloads),
            ("half close", half_close),
            ("early bytes", early_bytes),
            ("a pipeline before login", early_pipeline),
            ("too many bad commands", too_many_bad_commands),
            ("an endless line", endless_line),
            ("reload keeps sessions", reload_keeps_sessions),
            ("a wrong reload keeps the old", wrong_reload_keeps_the_old),
            ("a reload with a broken key", reload_with_a_broken_key),
            ("fewer processes and more", fewer_and_more),
            ("SIGTERM says goodbye", sigterm_says_goodbye)):
        with check(name):
            test(s)
if "SERVE" not in os.environ:
    os.environ["SERVE"] = "sh -c 'ulimit -n 64; exec sh tests/serve $0'"
    with lib.Server() as s:
        with check("no descriptors"):
            no_descriptors(s)
    del os.environ["SERVE"]
with tempfile.NamedTemporaryFile("w") as extra:
    extra.write("connections per user 4\n")
    extra.flush()
    with lib.Server(" ".join(USERS), CONF_EXTRA=extra.name) as s:
        with check("counts of sessions survive auth"):
            counts_survive(s)
with lib.Server() as s:
    with check("parent death ends all"):
        parent_death_ends_all(s)
lib.finish()
