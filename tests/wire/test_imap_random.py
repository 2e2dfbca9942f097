#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: commands and messages with random damage, which depends on a seed.
SEED and SECONDS in the environment choose another run.

Several sessions send damaged commands of the whole grammar, while another
program delivers mail, sets flags and removes files.  Each command must be
answered and leave a session that answers NOOP, each response must follow the
grammar, and the number of messages must agree with the responses.  After that
come messages of malformed MIME: all that FETCH returns for a message must be
consistent, octet by octet."""

import contextlib
import functools
import os
import random
import re
import socket
import sys
import time

import family
import lib
from lib import HOST, PASSWORD, Imap, check, expect, expect_match, \
    expect_not_in, need

sys.path.insert(0, os.path.join(lib.TOP, "tests", "differential"))
import corpus			# noqa: E402

SEED = int(os.environ.get("SEED", 20261125))
SECONDS = float(os.environ.get("SECONDS", 6))

COMMANDS = [x.encode("latin-1") for x in (
    "NOOP", "CAPABILITY", "NAMESPACE", "ID NIL",
    'ID ("name" "x" "version" NIL)', "ENABLE CONDSTORE", "CHECK",
    "SELECT INBOX", "SELECT box (CONDSTORE)", "EXAMINE INBOX", "CLOSE",
    "UNSELECT", "IDLE", "EXPUNGE", "UID EXPUNGE 1:*",
    "CREATE a/b", 'CREATE "c d" (USE (\\Sent))', "DELETE a/b", "DELETE a",
    "RENAME a/b e/f", "RENAME e a", "SUBSCRIBE box", "UNSUBSCRIBE a/b",
    'LIST "" *', 'LIST "" (% "a/%") RETURN (CHILDREN STATUS (MESSAGES))',
    'LIST (SUBSCRIBED RECURSIVEMATCH SPECIAL-USE) "a/" "%" '
    'RETURN (SUBSCRIBED)', 'LSUB "" %', 'LSUB "a" "*"',
    "STATUS box (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)",
    "FETCH 1:* (FLAGS UID INTERNALDATE RFC822.SIZE MODSEQ)", "FETCH 1 FULL",
    "FETCH 2:* (ENVELOPE BODYSTRUCTURE)", "FETCH 1 BODY.PEEK[]<0.2048>",
    "FETCH * (BODY[HEADER.FIELDS (Subject From)] BODY[1.2.MIME]<3.9>)",
    "FETCH 3 (RFC822 RFC822.HEADER RFC822.TEXT)",
    "UID FETCH 1:9,17:* (FLAGS) (CHANGEDSINCE 12345)",
    "UID FETCH 1:* BODY.PEEK[2.1.HEADER.FIELDS.NOT (X)]",
    "STORE 1 +FLAGS (\\Seen $label1)", "STORE 2:3 -FLAGS.SILENT \\Deleted",
    "UID STORE 1:* (UNCHANGEDSINCE 0) FLAGS (\\Deleted)",
    "STORE 1:* FLAGS (\\Answered \\Draft k1 k2)",
    "SEARCH ALL", "SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN",
    "SEARCH OR (FROM a NOT TO b) (SUBJECT x LARGER 10 SINCE 1-Jan-2020)",
    'SEARCH CHARSET UTF-8 TEXT "x" HEADER Subject "" UID 1:*',
    "UID SEARCH RETURN () MODSEQ 1 BODY hello KEYWORD k1 1:*",
    "COPY 1 box", "UID COPY 1:2 INBOX", "MOVE 1 box", "UID MOVE 2 INBOX",
    "APPEND box (\\Seen) \"01-Jan-2026 10:00:00 +0100\" {12+}\r\n"
    "A: b\r\n\r\nxy\r\n",
    "APPEND INBOX {3+}\r\nabc", "STATUS {3+}\r\nbox (MESSAGES)",
    "LOGOUT", "LOGIN alice x", "UID", "UID FETCH", "XYZZY 1 2 3",
)]

PIECES = [x.encode("latin-1") for x in (
    "(", ")", "((((", "))))", '"', '""', '"\\"', "\\", "{", "}", "{5}",
    "{5+}\r\nabcde", "{0+}\r\n", "{3}\r\nabc", "~{2+}\r\nab", "{-1}", "{+}",
    "{99999999999999999999}", "{4294967296}", "{18446744073709551615}",
    "{1048577}", "[", "]", "<", ">", "<0.0>", "<1.4294967295>",
    "<99999999999.1>", "*", "%", "*" * 200, "%" * 200, "*%" * 50, ":", ",",
    "1:*", "*:*", "0", "4294967295", "4294967296", "99999999999999999999",
    "-1", "1:2:3", ",1", "1,", "$", "+", "-", "~", "&", "&-", "&AOk-", "&AOk",
    "&AGE-", "\xe9", "\xff\xfe", "\xc3\xa9", "\xf0\x9f\x98\x80", "\0", "\r",
    "\n", "\t", "\x7f", " ", "  ", "NIL", "nil", "INBOX", "inbox", "/", "//",
    "..", "../../x", ".", "a" * 300, "x/" * 150, "BODY[", "BODY.PEEK[",
    "[1.1.1.1.1.1.1.1]", "HEADER.FIELDS (", "MIME", "TEXT", "0.1", "1.0",
    "RETURN (", "NOT ", "OR ", "(1", "CHARSET X ", "CHARSET UTF-8 ",
    "\\Seen", "\\Recent", "\\*", "\\Foo", "%n%s%x", "1-Jan-2026",
    '"31-Feb-2026 99:99:99 +9999"', "\r\nzz NOOP", "DONE", "\r\nDONE",
)]


def damage(rng, line):
    """Make one to four changes to a command, or make a monstrous one."""
    kind = rng.randrange(40)
    if kind == 0:
        deep = rng.choice((10, 31, 32, 33, 1000))
        word = rng.choice((b"(", b"NOT ", b"OR ", b"NOT (", b"OR (1 2) "))
        return b"SEARCH " + word * deep + b"ALL" + \
            b")" * (deep if b"(" in word else 0)
    if kind == 1:
        return b"FETCH " + b",".join(
            b"%d" % rng.randrange(1, 1 << 32) for _ in range(
                rng.choice((10, 1000, 5000)))) + b" FLAGS"
    if kind == 2:
        return b"UID FETCH " + b",".join(
            b"%d:%d" % (n, n + 1) for n in range(1, 3 * rng.choice(
                (10, 500, 3000)), 3)) + b" UID"
    if kind == 3:
        return line + b" " + rng.choice(PIECES) * rng.choice((100, 30000))
    if kind == 4:
        return rng.choice((b"STORE 1 +FLAGS (", b"FETCH 1 (")) + b" ".join(
            b"%s%d" % (rng.choice((b"k", b"BODY[", b"\\")), n)
            for n in range(rng.choice((60, 70, 300)))) + b")"
    if kind == 5:
        return b"SEARCH " + b" ".join(
            b"%s {%d+}\r\n%s" % (rng.choice((b"TEXT", b"BODY", b"FROM")),
                                 n, b"q" * n)
            for n in rng.choices((0, 1, 100, 40000), k=6))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(line) + 1)
        what = rng.randrange(6)
        if what <= 2:
            line = line[:at] + rng.choice(PIECES) + line[at:]
        elif what == 3:
            line = line[:at] + line[at + rng.randint(1, 8):]
        elif what == 4:
            other = rng.choice(COMMANDS)
            cut = rng.randrange(len(other))
            line = line[:at] + other[cut:]
        elif line:
            at = min(at, len(line) - 1)
            line = line[:at] + bytes([rng.randrange(256)]) + line[at + 1:]
    return line


class Malformed(Exception):
    """Raised for text that is no response of RFC 3501, section 9."""


def value(text, at):
    """The position after one value of a response: list, string, literal,
    atom."""
    first = text[at:at + 1]
    if first == b"(":
        at += 1
        while text[at:at + 1] != b")":
            at = value(text, at)
            if text[at:at + 1] == b" ":
                at += 1
        return at + 1
    if first == b'"':
        found = re.compile(rb'"(?:[^"\\\r\n\0]|\\["\\])*"').match(text, at)
        if not found:
            raise Malformed(f"quoted string {text[at:at + 60]!r}")
        return found.end()
    if first == b"{":
        found = re.compile(rb"\{(\d+)\}\r\n").match(text, at)
        if not found or found.end() + int(found[1]) > len(text):
            raise Malformed(f"literal {text[at:at + 60]!r}")
        end = found.end() + int(found[1])
        if b"\0" in text[found.end():end]:
            raise Malformed("NUL in a literal")
        return end
    found = ATOM.match(text, at)
    if not found:
        raise Malformed(f"atom {text[at:at + 60]!r}")
    if not text.startswith(b"BODY[", at):
        return found.end()
    at += 5
    while text[at:at + 1] != b"]":
        at = value(text, at) if text[at:at + 1] in (b"(", b'"', b"{") else \
            at + 1
        if at >= len(text):
            raise Malformed("section")
    return re.compile(rb"\](?:<\d+>)?").match(text, at).end()


ATOM = re.compile(rb"[^ ()\"{\r\n\0\x80-\xff]+")
TEXTUAL = re.compile(rb"\* (?:OK|NO|BAD|BYE) (?:\[[A-Z-]+(?: [^\]\r\n]+)?\] )?"
                     rb"[\x01-\x09\x0b\x0c\x0e-\x7f]+$")
PERMANENT = re.compile(rb"\* OK \[PERMANENTFLAGS \([^()]*\)\] ")


def well_formed(response):
    if TEXTUAL.match(response) or PERMANENT.match(response):
        return
    if not response.startswith(b"* "):
        raise Malformed(f"{response[:80]!r}")
    at = 2
    while at < len(response):
        at = value(response, at)
        if at < len(response) and response[at:at + 1] != b" ":
            raise Malformed(f"{response[max(0, at - 60):at + 20]!r}")
        at += 1


class Victim(Imap):
    """A session that keeps the number of messages it was told of."""

    def __init__(self, server, user):
        super().__init__(server, "imap", user=None)
        self.login(user)
        self.user = user
        self.exists = 0
        self.asks_last = False
        self.number = 0
        self.pending = 0

    def take(self, response):
        if response.startswith(b"+"):
            return
        well_formed(response)
        found = re.match(rb"\* (\d+) (EXISTS|EXPUNGE|FETCH|RECENT)", response)
        if not found:
            return
        number = int(found[1])
        if found[2] == b"EXISTS":
            need(number >= self.exists or self.pending,
                 f"EXISTS: want {self.exists} or more, got {number}")
            self.exists = number
        elif found[2] == b"EXPUNGE":
            need(1 <= number <= self.exists,
                 f"EXPUNGE: want 1 to {self.exists}, got {number}")
            self.exists -= 1
        elif found[2] == b"FETCH":
            need(1 <= number <= self.exists,
                 f"FETCH: want 1 to {self.exists}, got {number}")
            if self.asks_last and re.search(rb" \(UID \d+\)$", response):
                expect(number, self.exists, "the number of the last message")

    def throw(self, line):
        """Send a line and whatever it takes to get a NOOP answered; False if
        the session is over."""
        self.number += 1
        mark = b"zn%d" % self.number
        noop = b"\r\nDONE\r\n" + mark + b" NOOP\r\n"
        # After SELECT and EXAMINE the count starts again.
        self.pending = bool(re.search(rb"(?i)select|examine|close", line))
        self.sock.settimeout(0.4)
        try:
            self.send(b"t%d " % self.number + line + noop)
            for attempt in range(20):
                try:
                    return self.until(mark)
                except TimeoutError:
                    self.push(noop * (1 << min(attempt, 11)))
        except (lib.Closed, ConnectionError):
            return False
        # A server that swallows gigabytes is as good as closed.
        if re.search(rb"\{\d{6,}\+\}\r?\n", line):
            return False
        raise AssertionError(f"no answer after {line[:200]!r}")

    def last(self):
        """Ask for the last message, whose number must be that of EXISTS, less
        what was expunged.  False if the session is over."""
        mark = b"zl%d" % self.number
        self.sock.settimeout(self.timeout)
        self.asks_last = True
        try:
            self.send(mark + b" FETCH * (UID)\r\n")
            return self.until(mark)
        except (lib.Closed, ConnectionError):
            return False
        finally:
            self.asks_last = False

    def until(self, mark):
        while True:
            response = self.peek()
            if response.startswith(b"* BYE"):
                return False
            if not response.startswith((b"*", b"+")):
                expect_match(rb"^[^ ]+ (?:OK|NO|BAD) [^\r\n\0]+$", response,
                             "tagged line")
                if response.startswith(mark + b" "):
                    return True
                continue
            self.take(response)

    def peek(self):
        """Read a response; a time-out in the middle of it loses nothing."""
        while True:
            found = self.whole()
            if found is not None:
                return found
            data = self.sock.recv(1 << 16)
            if not data:
                raise lib.Closed("end")
            self.got += data

    got = b""

    def whole(self):
        at = 0
        while True:
            end = self.got.find(b"\r\n", at)
            if end == -1:
                return None
            literal = re.search(rb"\{(\d+)\}$", self.got[at:end])
            if not literal:
                response, self.got = self.got[:end], self.got[end + 2:]
                return response
            at = end + 2 + int(literal[1])
            if at > len(self.got):
                return None


def processes(server):
    return {pid: name for parent in family.parents(server)
            for pid, name in family.children(parent).items()}


def expect_alive(server, before):
    """Each of these processes still runs."""
    after = processes(server)
    expect([name for pid, name in before.items() if pid not in after], [],
           "processes that died")


def disturb(server, rng):
    """Change the Maildir as other programs do."""
    root = server.maildir("alice")
    what = rng.randrange(3)
    if what == 0:
        server.deliver(rng.choice((b"Subject: new\n\nx\n", b"\n", b"x")))
        return
    cur = os.path.join(root, rng.choice(("cur", ".box/cur")))
    try:
        name = rng.choice(sorted(os.listdir(cur)))
        path = os.path.join(cur, name)
        if what == 1:
            os.rename(path, os.path.join(cur, name.split(":")[0] + ":2," +
                                         rng.choice(("", "S", "FS", "T"))))
        else:
            os.unlink(path)
    except (FileNotFoundError, IndexError):
        pass				# renamed by the server, or none


@check("each damaged command is answered, each response is well-formed, and "
       f"message numbers agree, seed {SEED}")
def commands(server):
    rng = random.Random(SEED)
    users = ("alice", "alice", "bob")
    sessions = [Victim(server, user) for user in users]
    before = processes(server)
    end = time.monotonic() + SECONDS
    count = 0
    while time.monotonic() < end:
        at = rng.randrange(len(sessions))
        if rng.random() < 0.3:
            line = rng.choice(COMMANDS[7:9])
            if not sessions[at].throw(line):
                sessions[at] = Victim(server, users[at])
        if rng.random() < 0.05:
            disturb(server, rng)
        line = damage(rng, rng.choice(COMMANDS))
        try:
            alive = sessions[at].throw(line)
            if alive and count % 4 == 0:
                alive = sessions[at].last()
        except Exception:
            print(f"# after {count} commands, {line!r}")
            raise
        if not alive:
            sessions[at].close()
            sessions[at] = Victim(server, users[at])
        count += 1
    for session in sessions:
        session.close()
    print(f"# {count} commands, seed {SEED}")
    expect_alive(server, before)


@check(f"damaged lines before login hurt nobody, seed {SEED}")
def logins(server):
    rng = random.Random(SEED + 1)
    lines = [b"LOGIN alice " + PASSWORD.encode(), b"AUTHENTICATE PLAIN",
             b"AUTHENTICATE LOGIN =", b"STARTTLS", b"ID NIL", b"NOOP",
             b"LOGIN {5+}\r\nalice {8+}\r\ntestpass", b"CAPABILITY",
             b"AUTHENTICATE SCRAM-SHA-256 biwsbj1hLHI9Yg=="]
    before = processes(server)
    for _ in range(150):
        with socket.create_connection((HOST, server.ports["imap"]), 10) as s:
            try:
                for _ in range(4):
                    s.sendall(b"a " + damage(rng, rng.choice(lines))[:9000] +
                              b"\r\n")
                s.shutdown(socket.SHUT_WR)
                while s.recv(1 << 16):
                    pass
            except OSError:
                pass			# the server has sent BYE
    with Imap(server, user="bob") as c:
        c.ok("NOOP")
    expect_alive(server, before)


def parse(text, at=0):
    """Parse a value into Python lists, bytes or None."""
    end = value(text, at)
    if text[at:at + 1] != b"(":
        raw = text[at:end]
        if raw.startswith(b'"'):
            raw = re.sub(rb"\\(.)", rb"\1", raw[1:-1])
        elif raw.startswith(b"{"):
            raw = raw.partition(b"\r\n")[2]
        return (None if raw == b"NIL" else raw), end
    found, at = [], at + 1
    while text[at:at + 1] != b")":
        item, at = parse(text, at)
        found.append(item)
        at += text[at:at + 1] == b" "
    return found, end


def items(response):
    """{item: value} of a FETCH response."""
    at = response.index(b"(") + 1
    found = {}
    while response[at:at + 1] != b")":
        end = value(response, at)
        name = response[at:end]
        found[name.decode()], at = parse(response, end + 1)
        at += response[at:at + 1] == b" "
    expect(at, len(response) - 1, "the end of the response")
    return found


def leaves(structure, path=""):
    """(number, octets) of each part in a BODYSTRUCTURE."""
    if isinstance(structure[0], list):
        for number, part in enumerate(structure, 1):
            if not isinstance(part, list):
                break
            yield from leaves(part, f"{path}{number}.")
        return
    path = path or "1."
    yield path[:-1], int(structure[6])
    if [x.lower() for x in structure[:2]] == [b"message", b"rfc822"]:
        inner = structure[8]
        yield from leaves(inner, path if isinstance(inner[0], list) else
                          path + "1.")


def malformed(function):
    """Make a check's function f(c, number, whole) run for each malformed
    message: its number in the mailbox, and its octets as they are sent."""
    @functools.wraps(function)
    def for_each(server):
        with Imap(server, user="carol") as c:
            c.ok("SELECT odd")
            for number, (name, raw) in enumerate(server.malformed, 1):
                whole = re.sub(rb"(?<!\r)\n", b"\r\n", raw).replace(
                    b"\0", b"\x80")
                try:
                    function(c, number, whole)
                except Exception:
                    print(f"# message {number}, {name}: {raw[:400]!r}")
                    raise
    return for_each


def fetched(c, number, names):
    return items(c.ok(f"FETCH {number} ({names})").untagged[0])


@check("BODY[] of a malformed message is its octets, and RFC822.SIZE their "
       "number")
@malformed
def body_and_size(c, number, whole):
    got = fetched(c, number, "RFC822.SIZE BODY.PEEK[]")
    expect(got["BODY[]"], whole, "BODY[]")
    expect(int(got["RFC822.SIZE"]), len(whole), "RFC822.SIZE")


@check("BODY[HEADER] and BODY[TEXT] of a malformed message make up the whole")
@malformed
def header_and_text(c, number, whole):
    got = fetched(c, number, "BODY.PEEK[HEADER] BODY.PEEK[TEXT]")
    expect(got["BODY[HEADER]"] + got["BODY[TEXT]"], whole, "both")


@check("all items of a malformed message can be fetched at once, and its "
       "ENVELOPE has ten fields (RFC 3501 7.4.2)")
@malformed
def all_items(c, number, whole):
    got = fetched(c, number, "RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE "
                  "BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT] "
                  "INTERNALDATE BODY.PEEK[HEADER.FIELDS (Subject)] "
                  "BODY.PEEK[HEADER.FIELDS.NOT (Subject)] "
                  "BODY.PEEK[1.MIME] BODY.PEEK[9.9.9]")
    expect(len(got["ENVELOPE"]), 10, "fields of ENVELOPE")
    expect(got["BODY[]"], whole, "BODY[] among others")


def parts_of(c, number):
    """(number, octets) of each part, from BODY and BODYSTRUCTURE."""
    got = fetched(c, number, "BODY BODYSTRUCTURE")
    return (list(leaves(got["BODY"]))[:40],
            list(leaves(got["BODYSTRUCTURE"]))[:40])


@check("BODY and BODYSTRUCTURE of a malformed message have the same parts")
@malformed
def same_parts(c, number, _):
    body, structure = parts_of(c, number)
    expect([name for name, _ in body], [name for name, _ in structure],
           "parts of BODY")


@check("each part of a malformed message is a stretch of it, as long as "
       "BODYSTRUCTURE says")
@malformed
def parts(c, number, whole):
    _, structure = parts_of(c, number)
    if not 1 <= len(structure) <= 30:
        return
    got = fetched(c, number, " ".join(
        f"BODY.PEEK[{name}] BODY.PEEK[{name}.MIME]" for name, _ in structure))
    for name, octets in structure:
        body, head = got[f"BODY[{name}]"], got[f"BODY[{name}.MIME]"]
        if body is None:		# the part in an empty multipart
            expect(octets, 0, f"octets of {name}")
            continue
        expect(len(body), octets, f"octets of {name}")
        need(head + body in whole,
             f"{name}: want a stretch of the message, got {head + body!r:.200}")


@check("a partial FETCH of a malformed message is that piece of it")
@malformed
def pieces(c, number, whole):
    for off, size in ((0, 1), (7, 80), (len(whole) - 3, 9),
                      (len(whole) // 2, 1000)):
        off = max(0, off)
        got = fetched(c, number, f"BODY.PEEK[]<{off}.{size}>")
        expect(got[f"BODY[]<{off}>"], whole[off:off + size],
               f"<{off}.{size}>")


@check("a SEARCH through malformed messages ends with OK")
def search(server):
    with Imap(server, user="carol") as c:
        c.ok("SELECT odd")
        c.ok('SEARCH OR TEXT "xyzzy" OR FROM a NOT SENTSINCE 1-Jan-2000')


# The last check, which looks at what the others have left.

@check("after all of this the log has no complaint of a sanitizer and no "
       "password")
def clean(server):
    for line in server.log_text().splitlines():
        for word in ("AddressSanitizer", "runtime error", PASSWORD):
            expect_not_in(word, line, "a line of the log")


def put(server, user, folder, messages):
    """Make a folder with these files in a Maildir."""
    server.imap(user).logout()		# makes the Maildir
    root = server.maildir(user)
    owner = os.stat(root)
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(root, folder, name))
    for number, (_, raw) in enumerate(messages):
        path = os.path.join(root, folder, "cur", f"{number:06}.test:2,")
        with open(path, "wb") as f:
            f.write(raw)
    for base, _, files in os.walk(os.path.join(root, folder)):
        for name in [base] + [os.path.join(base, x) for x in files]:
            os.chown(name, owner.st_uid, owner.st_gid)


@contextlib.contextmanager
def prepared():
    """A server with a mailbox of malformed messages, which are also in its
    attribute malformed, (name, octets) each."""
    with lib.Server("alice bob carol", "bad commands 10000\n"
                    "failed logins 100\nline size 64K\n"
                    "failed login delay 0\nmailboxes per user 300\n"
                    "connections per address 1000\nworker idle timeout 1h\n",
                    PLAINTEXT="yes") as server:
        server.append([m for _, m in corpus.mutated(SEED, 5)], "alice")
        with Imap(server, user="alice") as c:
            c.ok("CREATE box")
        server.malformed = list(corpus.mutated(SEED, 120)) + [
            (name, m) for name, m in corpus.named() if len(m) < 20000][::7]
        put(server, "carol", ".odd", server.malformed)
        print(f"# {len(server.malformed)} malformed messages, seed {SEED}")
        yield server


def main():
    lib.on(prepared, commands, logins, body_and_size, header_and_text,
           all_items, same_parts, parts, pieces, search, clean)
    lib.finish()


if __name__ == "__main__":
    main()
