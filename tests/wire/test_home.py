#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""A user's mail is moved, removed, replaced or restored while sessions have it
open: they end and are told why, and the next login finds what is there."""

import contextlib
import itertools
import os
import re
import shutil
import sqlite3
import subprocess
import threading
import time

import lib
from lib import Closed, Imap, Pop3, check, expect, expect_in, expect_match, \
    expect_not_in, listed, message, need, wait_for

USES = {"Drafts", "Sent", "Trash", "Junk", "Archive"}
WORDS = "moved, removed or replaced"
names = (f"u{n}" for n in itertools.count(1))


class Home(lib.Server):
    """A server with many users, of whom each check takes one."""

    def __init__(self):
        # Lists are written as soon as a mailbox is idle.
        super().__init__(" ".join(f"u{n}" for n in range(1, 31)),
                         "index idle timeout 1s\n")

    def sh(self, command):
        """Run a command of an administrator in the folder above the mail."""
        subprocess.run(["sh", "-ec", command], cwd=self.path("mail"),
                       check=True)


def owned(server, *paths):
    """Give new files and folders to the owner of the mail."""
    owner = os.stat(server.path("mail"))
    for path in paths:
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)


def fill(server, user, what="first"):
    """Give a user some mail, a folder, a special use, and a subscription.
    Waits until all of it is in files that a backup has."""
    with Imap(server, user=user) as c:
        c.append("INBOX", message(what + " 1"), "(\\Seen)")
        c.append("INBOX", message(what + " 2"), "(kept)")
        c.append("INBOX", message(what + " 3"))
        c.ok("CREATE Work")
        c.ok("SUBSCRIBE Work")
        c.ok("UNSUBSCRIBE Junk")
        c.ok("CREATE Starred (USE (\\Flagged))")
        c.append("Work", message(what + " in Work"), "(\\Flagged)")
        c.append("Sent", message(what + " in Sent"))
        c.ok("SELECT INBOX")
        c.ok("STORE 3 +FLAGS (\\Deleted)")
        c.ok("EXPUNGE")
        c.append("INBOX", message(what + " 4"))
        c.ok("CLOSE")
    root = server.maildir(user)

    def written():
        with contextlib.suppress(FileNotFoundError):
            return all((
                b"\n4 :" in read(root, "dovecot-uidlist"),
                b"\n1 :" in read(root, ".Work", "dovecot-uidlist"),
                b"\n1 :" in read(root, ".Sent", "dovecot-uidlist"),
                b"subscribed Work\n" in read(root, "penfold", "control"),
                b"subscribed Junk\n" not in read(root, "penfold", "control"),
                any(name.endswith(":2,S")
                    for name in os.listdir(os.path.join(root, "cur")))))
        return False
    wait_for("lists and control are written", written)


def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def state(server, user):
    """All that a client can see, on a new connection."""
    found = {}
    with Imap(server, user=user) as c:
        boxes = listed(c.ok('LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)'))
        for name, (attributes, _) in sorted(boxes.items()):
            answer = c.ok(f"SELECT {name}")
            mail = {}
            validity = int(answer.has(r"UIDVALIDITY (\d+)")[1])
            if answer.find(r"\* 0 EXISTS") is None:
                for row in c.ok("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS"
                                " (SUBJECT)])").all("FETCH"):
                    uid = int(re.search(rb"UID (\d+)", row)[1])
                    flags = set(re.search(rb"FLAGS \((.*?)\)", row)[1].split())
                    subject = re.search(rb"Subject: ([^\r]*)", row)[1]
                    mail[uid] = (subject.decode(), flags - {b"\\Recent"})
            found[name] = (validity, mail, attributes & {
                "\\Subscribed", "\\Flagged", *("\\" + use for use in USES)})
    return found


def inbox(server, user):
    """The subjects of the messages in INBOX."""
    return [subject for subject, _ in state(server, user)["INBOX"][1].values()]


class Sessions:
    """Sessions that have a user's mail open: one has selected INBOX, one waits
    in IDLE, one has selected nothing, and one is POP3."""

    def __init__(self, server, user):
        self.server = server
        self.all = [Imap(server, user=user) for _ in range(3)]
        self.selected, self.idle, self.login = self.all
        for c in self.selected, self.idle:
            c.ok("SELECT INBOX")
        self.idle.idle()
        self.pop3 = Pop3(server, user=user)
        self.pop3.ok("DELE 1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for c in [*self.all, self.pop3]:
            c.close()

    def end(self):
        """All of them end, and say why; those of IMAP without being asked, if
        they have something selected."""
        for c in self.selected, self.idle:
            ended(c)
        self.login.push("t LIST \"\" *\r\n")
        ended(self.login)
        self.pop3.push("QUIT\r\n")
        line = self.pop3.line().decode()
        expect_match(r"^-ERR \[SYS/TEMP\] .*" + WORDS, line, "POP3")
        need(self.pop3.closed(), "POP3 ends")


def ended(c):
    """The session ends with BYE, and a word why."""
    line = b""
    with contextlib.suppress(Closed):
        while not line.startswith(b"* BYE"):
            line = c.line()
            need(not re.match(rb"(t|t\d+) ", line), f"no tagged {line}")
    expect_match(r"^\* BYE \[UNAVAILABLE\] .*" + WORDS, line.decode(), "BYE")
    need(c.closed(), "the connection ends")


def log_has(server, user, why):
    """The log has a line for the administrator that says what has happened:
    one for each process that had the mail open."""
    lines = [line for line in server.log_text().splitlines()
             if "store home user=" + user + " " in line]
    need(1 <= len(lines) <= 2, f"one line or two: {lines}")
    for line in lines:
        expect_match(why, line, "the log")


def check_new_use(server, user, mailbox="INBOX"):
    """What is there now can be used: what is appended stays there."""
    with Imap(server, user=user) as c:
        c.append(mailbox, message("afterwards"))
    found = [subject for subject, _ in state(server, user)[mailbox][1].values()]
    expect(found.count("afterwards"), 1, "messages that were appended")


def login_again(server, user):
    """Log in as soon as that is possible: while there is nothing, a login is
    told to come again."""
    def login():
        with Imap(server) as c:
            answer = c.command(f'LOGIN "{user}" "testpass"')
            if answer.status == "OK":
                return True
            answer.says("[UNAVAILABLE]")
            return False
    wait_for("a login", login)


# A backup of the whole home.

@check("a restored backup has its UIDs, special uses and subscriptions")
def backup(server):
    user = next(names)
    fill(server, user)
    before = state(server, user)
    expect_in("\\Flagged", before["Starred"][2], "the special use")
    with Sessions(server, user) as sessions:
        server.sh(f"tar -cf {user}.tar {user}; rm -rf {user}; "
                  f"tar -xf {user}.tar")
        sessions.end()
    expect(state(server, user), before, "what was restored")
    log_has(server, user, "moved or removed|another folder|index.db was rem")
    check_new_use(server, user)


@check("a backup restored over a running home is what clients see")
def backup_over(server):
    user = next(names)
    fill(server, user)
    before = state(server, user)
    server.sh(f"tar -cf {user}.tar {user}")
    with Imap(server, user=user) as c:
        c.append("INBOX", message("later"))
        c.ok("SUBSCRIBE Starred")
    with Sessions(server, user) as sessions:
        server.sh(f"tar -xf {user}.tar")
        sessions.end()
    after = state(server, user)
    later = {uid: mail for uid, mail in after["INBOX"][1].items()
             if mail[0] == "later"}
    expect(len(later), 1, "messages that were not in the backup")
    need(min(later) > max(before["INBOX"][1]), "its UID is above all others")
    del after["INBOX"][1][min(later)]
    expect(after, before, "what was restored")
    check_new_use(server, user)


# One home for another.

def swap(server, user, other):
    """Another home comes to the path of a user's mail."""
    server.sh(f"mv {user} {user}.away; mv {other} {user}")


@check("after a swap of homes nobody sees or changes the one that was moved "
       "away")
def swapped(server):
    user, other = next(names), next(names)
    fill(server, user)
    fill(server, other, "second")
    before, want = state(server, user), state(server, other)
    with Sessions(server, user) as sessions:
        swap(server, user, other)
        sessions.end()
    log_has(server, user, "moved or removed|another folder")
    expect(state(server, user), want, "the home that came")
    check_new_use(server, user)
    server.sh(f"mv {user} {other}; mv {user}.away {user}")
    expect(state(server, user), before, "the home that was moved away")
    check_new_use(server, user)


@check("an APPEND whose message comes after a swap is not in the home that was "
       "moved away")
def append_during_swap(server):
    user, other = next(names), next(names)
    fill(server, user)
    fill(server, other, "second")
    text = message("in between")
    with Imap(server, user=user) as c:
        c.send("t1 APPEND INBOX {%d}\r\n" % len(text))
        need(c.line().startswith(b"+"), "the message may be sent")
        swap(server, user, other)
        c.push(text + b"\r\n")
        ended(c)
    for home in user + ".away", user:
        for sub in "cur", "new":
            for name in os.listdir(server.path("mail", home, sub)):
                expect_not_in(b"in between",
                              read(server.path("mail", home, sub), name),
                              "a message that was refused")


@check("a home that was moved away is not made anew at once")
def moved_away(server):
    user = next(names)
    fill(server, user)
    before = state(server, user)
    with Sessions(server, user) as sessions:
        server.sh(f"mv {user} {user}.away")
        sessions.end()
    with Imap(server) as c:
        c.fails("NO", f'LOGIN "{user}" "testpass"').says("[UNAVAILABLE]")
    with Pop3(server) as c:
        c.ok("USER " + user)
        expect_match(r"^\[SYS/TEMP\]", c.err("PASS testpass"), "PASS")
    need(not os.path.exists(server.maildir(user)), "no new home")
    server.sh(f"mv {user}.away {user}")
    expect(state(server, user), before, "the home that came back")


# A user who is removed and comes back.

@check("a home that was removed and made anew is that of a new user")
def recreated(server):
    user = next(names)
    fill(server, user)
    old = state(server, user)["INBOX"][0]
    # Those of mailboxes that are made in one second follow each other, and run
    # ahead of the clock, which is all that a new home has to go by.
    wait_for("the clock is beyond UIDVALIDITY", lambda: time.time() > old + 1)
    root = server.maildir(user)
    with Sessions(server, user) as sessions:
        shutil.rmtree(root)
        made = [root] + [os.path.join(root, sub)
                         for sub in ("cur", "new", "tmp")]
        for path in made:
            os.mkdir(path, 0o700)
        owned(server, *made)
        sessions.end()
    new = state(server, user)
    expect({name[1:] for box in new.values() for name in box[2]
            if name != "\\Subscribed"}, USES, "special uses")
    expect(sum(len(box[1]) for box in new.values()), 0, "messages")
    need(new["INBOX"][0] > old, "UIDVALIDITY is greater than before")
    check_new_use(server, user)


@check("a home that stays away is made anew after a while")
def removed(server):
    user = next(names)
    fill(server, user)
    shutil.rmtree(server.maildir(user))
    login_again(server, user)
    expect(len(state(server, user)["INBOX"][1]), 0, "messages")


# The index.

def mail_of(found, flags=()):
    """The mail, and these attributes of mailboxes.  A mailbox that never had
    mail gets another UIDVALIDITY with a new index."""
    return {name: (validity if mail else 0, mail, kept & set(flags))
            for name, (validity, mail, kept) in found.items()}


@check("without penfold/ the UIDs are those of dovecot-uidlist")
def no_penfold(server):
    user = next(names)
    fill(server, user)
    before = state(server, user)
    with Sessions(server, user) as sessions:
        server.sh(f"rm -rf {user}/penfold")
        sessions.end()
    login_again(server, user)
    after = state(server, user)
    expect(mail_of(after), mail_of(before), "the mail")
    for use in USES:
        expect_in("\\" + use, after[use][2], use)
    log_has(server, user, "penfold/")
    check_new_use(server, user)


@check("without {} the index is made anew from control and the lists",
       with_each=["index.db", "index.db*"])
def no_index(server, files):
    user = next(names)
    fill(server, user)
    before = state(server, user)
    with Sessions(server, user) as sessions:
        server.sh(f"rm {user}/penfold/{files}")
        sessions.end()
    kept = {"\\Subscribed", "\\Flagged", *("\\" + use for use in USES)}
    expect(mail_of(state(server, user), kept), mail_of(before, kept),
           "what was kept")
    log_has(server, user, "index.db was removed")
    check_new_use(server, user)


@check("a backup of index.db without a WAL is restored over the index of a new "
       "account, {}", with_each=["in use", "while the daemons are stopped"])
def backup_without_wal(server, when):
    user = next(names)
    fill(server, user)
    before = state(server, user)
    index = server.path("mail", user, "penfold", "index.db")
    saved = server.path("mail", user + ".db")
    with contextlib.closing(sqlite3.connect(index)) as db, \
            contextlib.closing(sqlite3.connect(saved)) as copy:
        db.backup(copy)
    os.chmod(saved, 0o600)
    owned(server, saved)
    server.sh(f"rm -rf {user}/penfold")
    login_again(server, user)
    with Imap(server, user=user) as c:
        expect_not_in("\\Flagged", state(server, user)["Starred"][2],
                      "the new account")
        c.append("Work", message("in between"))
        c.ok("SUBSCRIBE Starred")
    if when == "in use":
        with Sessions(server, user) as sessions:
            os.rename(saved, index)
            sessions.end()
    else:
        server.restart(lambda: os.rename(saved, index))
    after = state(server, user)
    validity, mail, kept = after["Work"]
    more = [uid for uid in mail if mail[uid][0] == "in between"]
    expect(len(more), 1, "messages that are not in the backup")
    del mail[more[0]]
    after["Work"] = validity, mail, kept
    expect(after, before, "what was restored")
    check_new_use(server, user)


@check("{} removed while both daemons use the index: both go on",
       with_each=["index.db-shm", "index.db-wal", "index.db-*"])
def files_in_use(server, files):
    user = next(names)
    fill(server, user)
    before = inbox(server, user)
    with Imap(server, user=user) as c, Pop3(server, user=user) as pop3:
        c.ok("SELECT INBOX")
        pop3.ok("DELE 1")
        c.append("INBOX", message("in the WAL"))
        server.sh(f"rm {user}/penfold/{files}")
        with Imap(server, user=user) as d:
            d.append("INBOX", message("after that"))
        pop3.ok("QUIT")
        c.append("INBOX", message("at the end"))
    server.restart(lambda: None)
    expect(inbox(server, user),
           before[1:] + ["in the WAL", "after that", "at the end"],
           "the messages in INBOX")
    check_new_use(server, user)


@check("penfold/ of last week comes back, with messages that came since")
def old_penfold(server):
    user = next(names)
    fill(server, user)
    server.sh(f"cp -a {user}/penfold {user}.penfold")
    with Imap(server, user=user) as c:
        c.append("INBOX", message("this week"))
        c.ok("SELECT INBOX")
        c.ok("STORE 1 +FLAGS (\\Deleted)")
        c.ok("EXPUNGE")
        c.ok("CREATE Later")
        c.append("Later", message("in Later"))
    root = server.maildir(user)
    wait_for("the lists and control have it", lambda: all((
        b"\n5 :" in read(root, "dovecot-uidlist"),
        os.path.exists(os.path.join(root, ".Later", "dovecot-uidlist")),
        b".Later\n" in read(root, "penfold", "control"))))
    before = state(server, user)
    with Sessions(server, user) as sessions:
        server.sh(f"rm -rf {user}/penfold; mv {user}.penfold {user}/penfold")
        sessions.end()
    login_again(server, user)
    expect(mail_of(state(server, user)), mail_of(before), "the mail")
    check_new_use(server, user)


# A folder.

@check("a folder that is removed by {} and put back is the same mailbox",
       with_each=["mv", "tar"])
def folder(server, how):
    user = next(names)
    fill(server, user)
    before = state(server, user)
    with Imap(server, user=user) as idle, Imap(server, user=user) as c:
        for each in idle, c:
            each.ok("SELECT Work")
        idle.idle()
        if how == "mv":
            server.sh(f"mv {user}/.Work {user}.Work")
        else:
            server.sh(f"cd {user}; tar -cf ../{user}.tar .Work; rm -rf .Work")
        wait_for("LIST lacks it", lambda: "Work" not in listed(
            c.ok('LIST "" *')))
        c.ok("SELECT INBOX")
        if how == "mv":
            server.sh(f"mv {user}.Work {user}/.Work")
        else:
            server.sh(f"cd {user}; tar -xf ../{user}.tar")
        wait_for("LIST has it", lambda: "Work" in listed(c.ok('LIST "" *')))
        c.ok("SELECT Work")
        c.fetch("1", "BODY.PEEK[]").has("in Work")
    expect(state(server, user), before, "after it came back")
    check_new_use(server, user, "Work")


# Swaps without a pause.

class Client(threading.Thread):
    """Appends messages to a user's INBOX, in sessions that end whenever the
    home does, and notes each that was acknowledged."""

    def __init__(self, server, user, name, swaps):
        super().__init__()
        self.server, self.user, self.swaps = server, user, swaps
        self.name, self.acked, self.wrong = name, [], []

    def run(self):
        count = itertools.count(1)
        while not self.swaps.over:
            with contextlib.suppress(Closed, ConnectionError):
                with Imap(self.server) as c:
                    answer = c.command(f'LOGIN "{self.user}" "testpass"')
                    if answer.status == "OK":
                        self.session(c, count)
                    elif "[UNAVAILABLE]" not in answer.text:
                        self.wrong.append(repr(answer))

    def session(self, c, count):
        while not self.swaps.over:
            subject = f"{self.name} {next(count)}."
            before = self.swaps.now
            answer = c.command("APPEND INBOX {}", message(subject))
            if answer.status == "OK":
                self.acked.append((subject, before, self.swaps.now))
                self.swaps.acked += 1
            elif not re.search(r"\[(UNAVAILABLE|INUSE)\]", answer.text):
                self.wrong.append(repr(answer))


class Swaps:
    """Which home is at the path: now is the number of the swap that has begun
    last, and a half while none goes on."""

    def __init__(self):
        self.now, self.acked, self.over = 0.5, 0, False


SWAPS = 40


@check("what is acknowledged after a swap is in the home at the path, whatever "
       "is going on")
def many_swaps(server):
    user, other = next(names), next(names)
    fill(server, user)
    fill(server, other, "second")
    swaps = Swaps()
    clients = [Client(server, user, name, swaps) for name in "abc"]
    for c in clients:
        c.start()
    try:
        for _ in range(SWAPS):
            enough = swaps.acked + 4
            wait_for("clients append", lambda: swaps.acked >= enough,
                     pause=0.001)
            swaps.now += 0.5
            server.sh(f"mv {user} {user}.x; mv {other} {user}; "
                      f"mv {user}.x {other}")
            swaps.now += 0.5
    finally:
        swaps.over = True
        for c in clients:
            c.join()
    expect([c.wrong for c in clients], [[], [], []], "other answers")
    homes = [subjects(server, user), subjects(server, other)]
    for c in clients:
        for subject, before, after in c.acked:
            found = [home.count(subject) for home in homes]
            expect(sum(found), 1, f"{subject} is there")
            if before == after and before % 1:
                # Home 0 is at the path after an even number of swaps.
                expect(found[int(before) % 2], 1,
                       f"{subject} is in the right home")


def subjects(server, user):
    """The subjects of INBOX on disk."""
    found = []
    for sub in "cur", "new":
        folder = os.path.join(server.maildir(user), sub)
        for name in os.listdir(folder):
            found.append(re.search(rb"Subject: ([^\r\n]*)",
                                   read(folder, name))[1].decode())
    return found


def main():
    lib.on(Home, backup, backup_over, swapped, append_during_swap, moved_away,
           recreated, removed, no_penfold, no_index, backup_without_wal,
           files_in_use, old_penfold, folder, many_swaps)
    lib.finish()


if __name__ == "__main__":
    main()
