# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Clients that change mail at random and keep a journal of what was answered,
and the judgement of what is there in the end.

A message is known by the key in its subject, and belongs to the one client that
made it.  Its state is the set of outcomes that are right: an outcome is the
sorted tuple of the mailboxes that have a copy.  An answer OK leaves one, NO
changes nothing, and a command without an answer may have been done or not;
after that the client leaves the message alone.
"""

import collections
import contextlib
import imaplib
import os
import poplib
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "wire"))
import lib

USER = "alice"
FLAGS = ("\\Flagged", "\\Answered", "\\Draft", "blue", "$Later")
ERRORS = (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto)


class Journal:
    """What clients have tried, and what was answered."""

    def __init__(self):
        self.outcomes = {}	# {key: set of outcomes}
        self.names = {}		# {mailbox: set of names that it may have}
        self.uids = {}		# {(key, mailbox): (UIDVALIDITY, UID)}
        self.flags = {}		# {(key, mailbox): [(time, flags)]}
        self.told = {}		# {(mailbox, UIDVALIDITY, UID): key}
        self.changed_hands = []
        self.removed = collections.defaultdict(set)	# {(key, mailbox): UIDs}
        self.done = collections.Counter()
        self.history = collections.defaultdict(list)	# of a key, as text
        self.lock = threading.Lock()
        self.time = 0		# counts changes of flags
        self.synced = 0		# those until this time are on disk
        self.losses = 0		# of the index

    def add_mailbox(self, mailbox):
        self.names[mailbox] = {mailbox}

    def tell(self, key, mailbox, where):
        """A client is told of a message under this UID."""
        if self.told.setdefault((mailbox, *where), key) != key:
            self.changed_hands.append((mailbox, *where, key))

    def set_flags(self, key, mailbox, flags):
        with self.lock:
            self.time += 1
            self.flags.setdefault((key, mailbox), []).append(
                (self.time, frozenset(flags)))

    def right_flags(self, key, mailbox, cut):
        """The sets of flags that a message may have; None if any.  If the
        power was cut, changes may be lost that were not synced."""
        rows = self.flags.get((key, mailbox))
        if not rows:
            return None
        first = len(rows) - 1
        while cut and first > 0 and rows[first][0] > self.synced:
            first -= 1
        return {flags for _, flags in rows[first:]}

    def forget_flags(self):
        """The index is lost: file names may have older flags."""
        with self.lock:
            self.losses += 1
            self.flags.clear()


def stored(data, uid, sign, flag):
    """Whether the responses to STORE say that this message has the flag now, or
    has it no longer.  If they don't, the message has another UID, and nothing
    was changed; there may be responses for other messages."""
    for row in data:
        if row and re.search(rb"\bUID %d\b" % uid, row):
            flags = {f.decode() for f in imaplib.ParseFlags(row)}
            if (flag in flags) == (sign == "+"):
                return True
    return False


class Change:
    """A command under way that makes one outcome from another."""

    def __init__(self, journal, key, what, add=(), remove=()):
        self.journal, self.key, self.what = journal, key, what
        self.remove = remove
        self.before = journal.outcomes.get(key, {()})
        self.after = set()
        for outcome in self.before:
            left = list(outcome)
            for mailbox in remove:
                if mailbox in left:
                    left.remove(mailbox)
            self.after.add(tuple(sorted([*left, *add])))
        journal.outcomes[key] = self.before | self.after
        journal.history[key].append(
            f"{what} {','.join(remove)}>{','.join(add)}")

    def answered(self, ok):
        """It was answered OK, or refused."""
        for mailbox in self.remove if ok else ():
            self.journal.removed[self.key, mailbox].add(
                self.journal.uids.get((self.key, mailbox)))
        self.journal.outcomes[self.key] = self.after if ok else self.before
        self.journal.history[self.key][-1] += " OK" if ok else " NO"
        if ok:
            self.journal.done[self.what] += 1
        return ok


def connect(server, stop):
    """An IMAP session, as soon as the server can be reached; None if stop is
    set before."""
    while not stop.is_set():
        try:
            c = imaplib.IMAP4(lib.HOST, server.ports["imap"], timeout=20)
            c.login(USER, lib.PASSWORD)
            return c
        except ERRORS:
            time.sleep(0.05)
    return None


class Client:
    """A user's client, in IMAP and POP3."""

    flags = FLAGS

    def __init__(self, server, name, journal):
        self.server, self.name, self.journal = server, name, journal
        self.random = random.Random(name)
        self.moving = "R" + name	# a mailbox that is renamed
        self.moved = self.moving	# its name now
        self.mailboxes = ["INBOX", "B" + name, self.moving]
        self.count = 0
        self.live = []			# [(key, mailbox, UID)], all sure
        for mailbox in self.mailboxes:
            journal.add_mailbox(mailbox)

    def start(self, stop):
        """Work in a thread until stop is set."""
        self.stop = stop
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def join(self):
        self.thread.join()

    def connect(self):
        """A session, as soon as the server can be reached; None if the client
        has to stop before."""
        return connect(self.server, self.stop)

    def log_in(self):
        """A session, which must come about within two minutes."""
        stop = threading.Event()
        timer = threading.Timer(120, stop.set)
        timer.start()
        try:
            c = connect(self.server, stop)
        finally:
            timer.cancel()
        lib.need(c, "nobody can log in")
        return c

    def create(self, c):
        for mailbox in self.mailboxes[1:]:
            c.create(mailbox)

    def name_of(self, mailbox):
        return self.moved if mailbox == self.moving else mailbox

    def append(self, c):
        j, self.count = self.journal, self.count + 1
        key = f"{self.name}-{self.count}"
        mailbox = self.random.choice(self.mailboxes)
        text = f"Subject: {key}\r\n\r\nbody of {key}\r\n".encode()
        before, change = j.time, Change(j, key, "append", add=[mailbox])
        c.response("APPENDUID")
        if change.answered(c.append(self.name_of(mailbox), None, None,
                                    text)[0] == "OK"):
            # Its commit came after those of all flags until then.
            j.synced = max(j.synced, before)
            self.arrived(key, mailbox, c.response("APPENDUID")[1][0])
            j.set_flags(key, mailbox, ())

    def arrived(self, key, mailbox, code):
        """A message came to a mailbox, and code says under which UID."""
        if code is None:
            return
        words = code.split()
        where = int(words[0]), int(words[-1])
        self.journal.history[key].append(where[1])
        self.journal.tell(key, mailbox, where)
        self.journal.uids[key, mailbox] = where
        self.live.append((key, mailbox, where[1]))

    def change_flags(self, c, key, mailbox, uid):
        j, flag = self.journal, self.random.choice(self.flags)
        sign = self.random.choice("+-")
        rows, losses = j.flags.pop((key, mailbox), None), j.losses
        status, data = c.uid("STORE", str(uid), sign + "FLAGS", f"({flag})")
        if rows and status == "OK" and losses == j.losses and \
                stored(data, uid, sign, flag):
            j.flags[key, mailbox] = rows
            now = rows[-1][1]
            j.set_flags(key, mailbox, now | {flag} if sign == "+"
                        else now - {flag})
            j.done["flags"] += 1

    def copy(self, c, key, mailbox, uid, move):
        """COPY or MOVE to a mailbox that has no copy."""
        j = self.journal
        has = {m for k, m, _ in self.live if k == key}
        to = self.random.choice(sorted(set(self.mailboxes) - has) or [None])
        if to is None:
            return
        rows = j.flags.get((key, mailbox))
        change = Change(j, key, "move" if move else "copy", [to],
                        [mailbox] if move else [])
        c.response("COPYUID")
        answer = c.uid("MOVE" if move else "COPY", str(uid), self.name_of(to))
        code = c.response("COPYUID")[1][0]
        if answer[0] == "OK" and code is None:
            return		# another UID since the index was lost
        done = change.answered(answer[0] == "OK")
        if done and move:
            self.live.remove((key, mailbox, uid))
        if done:
            self.arrived(key, to, code)
            if rows and j.flags.get((key, mailbox)) is rows:
                j.set_flags(key, to, rows[-1][1])

    def expunge(self, c, key, mailbox, uid):
        j = self.journal
        j.flags.pop((key, mailbox), None)
        change = Change(j, key, "expunge", [], [mailbox])
        status, data = c.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
        if status != "OK":
            change.answered(False)
        elif stored(data, uid, "+", "\\Deleted") and \
                change.answered(c.uid("EXPUNGE", str(uid))[0] == "OK"):
            self.live.remove((key, mailbox, uid))

    def dele(self, key, mailbox, uid):
        """Remove a message of INBOX over POP3."""
        where = self.journal.uids[key, mailbox]
        p = poplib.POP3(lib.HOST, self.server.ports["pop3"], timeout=20)
        try:
            p.user(USER)
            p.pass_(lib.PASSWORD)
            uidl = b"%08x%08x" % (where[1], where[0])
            for line in p.uidl()[1]:
                number, name = line.split()
                if name.lower() == uidl:
                    self.journal.flags.pop((key, "INBOX"), None)
                    change = Change(self.journal, key, "dele", [], ["INBOX"])
                    p.dele(int(number))
                    p.quit()
                    change.answered(True)
                    self.live.remove((key, mailbox, uid))
                    return
        finally:
            p.close()

    def rename(self, c):
        """Give the second mailbox another name."""
        j = self.journal
        to = self.moving if self.moved != self.moving else self.moving + "x"
        j.names[self.moving] = {self.moved, to}
        c.select("INBOX")
        if c.rename(self.moved, to)[0] == "OK":
            self.moved = to
            j.done["rename"] += 1
        j.names[self.moving] = {self.moved}

    def find_name(self, c):
        """After a RENAME without an answer, see which name there is."""
        names = self.journal.names[self.moving]
        there = {n for n in names if c.status(n, "(MESSAGES)")[0] == "OK"}
        if len(names) > 1 and len(there) == 1:
            self.moved = there.pop()
            self.journal.names[self.moving] = {self.moved}

    def leave_unsure(self):
        """Do no more to messages of which a command was not answered."""
        self.live = [row for row in self.live
                     if len(self.journal.outcomes[row[0]]) == 1]

    def step(self, c):
        self.leave_unsure()
        self.append(c)
        what = self.random.random()
        if what < 0.05 and self.moving in self.mailboxes:
            self.rename(c)
        if what < 0.3 or not self.live:
            return
        row = self.random.choice(self.live)
        if c.select(self.name_of(row[1]))[0] != "OK":
            return
        if what < 0.55:
            self.change_flags(c, *row)
        elif what < 0.8:
            self.copy(c, *row, move=what < 0.7)
        elif what < 0.9 and row[1] == "INBOX":
            self.dele(*row)
        else:
            self.expunge(c, *row)

    def run(self):
        c = self.connect()
        while c is not None and not self.stop.is_set():
            try:
                self.step(c)
            except ERRORS:
                c = self.connect()
                try:
                    if c is not None:
                        self.find_name(c)
                except ERRORS:
                    pass
        # A program that runs still has the locks that it has left behind.
        if c is not None:
            with contextlib.suppress(*ERRORS):
                c.shutdown()


def contents(c, mailbox):
    """[(key, (UIDVALIDITY, UID), flags)] of a mailbox; None if it can't be
    selected."""
    if c.select(mailbox, readonly=True)[0] != "OK":
        return None
    validity = int(c.response("UIDVALIDITY")[1][0])
    if c.response("EXISTS")[1] == [b"0"]:
        return []
    found = []
    for row in c.fetch("1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)"
                       "])")[1]:
        if isinstance(row, tuple):
            key = re.search(rb"Subject: (\S+)", row[1])[1].decode()
            uid = int(re.search(rb"UID (\d+)", row[0])[1])
            flags = {f.decode() for f in imaplib.ParseFlags(row[0])}
            found.append((key, (validity, uid),
                          frozenset(flags & set(FLAGS))))
    return found


class Aftermath:
    """What is there in the end, held against the journal.

    A message may get another UID in those mailboxes that are shared with
    another server, as doc/store.md says.  What a client did to it just then,
    under its old UID, removed nothing.
    """

    def __init__(self, c, journal, cut=False, shared=()):
        self.journal, self.cut, self.shared = journal, cut, shared
        self.rows = []			# (key, mailbox, where, flags)
        self.misnamed = []		# mailboxes with no name, or two
        for mailbox, names in journal.names.items():
            there = {n: rows for n in sorted(names)
                     if (rows := contents(c, n)) is not None}
            if len(there) != 1:
                self.misnamed.append((mailbox, sorted(there)))
            self.rows += [(key, mailbox, where, flags)
                          for rows in there.values()
                          for key, where, flags in rows]
        self.found = collections.defaultdict(list)	# {key: mailboxes}
        for key, mailbox, where, _ in self.rows:
            if not self.renumbered(key, mailbox, where):
                self.found[key].append(mailbox)

    def renumbered(self, key, mailbox, where):
        """It is under another UID than that which was removed, and the same
        message."""
        removed = self.journal.removed.get((key, mailbox))
        return mailbox in self.shared and removed and where not in removed \
            and all(mailbox not in right
                    for right in self.journal.outcomes.get(key, ()))

    def doubled(self):
        return [(key, places, self.journal.history[key])
                for key, places in self.found.items()
                if len(places) > len(set(places))]

    def lost(self):
        return [key for key, right in self.journal.outcomes.items()
                if () not in right and key not in self.found]

    def misplaced(self):
        """Messages that are not where the answers say."""
        return [(key, sorted(self.found.get(key, ())), sorted(right),
                 self.journal.history[key])
                for key, right in self.journal.outcomes.items()
                if tuple(sorted(self.found.get(key, ()))) not in right]

    def changed_flags(self):
        return [(key, mailbox, sorted(flags), [sorted(r) for r in right])
                for key, mailbox, _, flags in self.rows
                if (right := self.journal.right_flags(
                    key, mailbox, self.cut)) and flags not in right]

    def settle(self, clients):
        """What is there now must stay."""
        j = self.journal
        for client in clients:
            client.leave_unsure()
        for key in j.outcomes:
            j.outcomes[key] = {tuple(sorted(self.found.get(key, ())))}
        j.flags.clear()
        for key, mailbox, where, flags in self.rows:
            j.tell(key, mailbox, where)
            j.uids[key, mailbox] = where
            j.set_flags(key, mailbox, flags)

    def wrong(self):
        """{what is wrong: messages}, for all that is."""
        return {name: rows for name, rows in (
            ("mailboxes without a name, or with two", self.misnamed),
            ("doubled", self.doubled()), ("lost", self.lost()),
            ("in another mailbox", self.misplaced()),
            ("with other flags", self.changed_flags()),
            ("under a UID of another", self.changed_hands())) if rows}

    def changed_hands(self):
        """UIDs that mean another message than a client was told."""
        return self.journal.changed_hands + [
            (mailbox, *where, key) for key, mailbox, where, _ in self.rows
            if self.journal.told.get((mailbox, *where), key) != key]

    def changed_uids(self):
        """Messages with another UID than a client was told."""
        return [(key, mailbox, where, was, self.journal.history[key])
                for key, mailbox, where, _ in
                self.rows if (was := self.journal.uids.get((key, mailbox)))
                and was != where and self.journal.outcomes.get(key) ==
                {tuple(sorted(self.found[key]))}]
