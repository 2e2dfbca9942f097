#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""What the log shows a developer of the messages between processes (-d -d),
and an administrator of a dialogue (`trace user`, `trace address`); and the
passwords, responses and mail that it must not show."""

import base64
import os
import re
import signal

import family
import lib
from lib import Imap, Pop3, check, expect, expect_match, expect_not_in, \
    finish, need, plain, story, wait_for
from sasl import Scram, b64, scram_stored

# A mark in mail and in other places that must not be shown.
MARK = "zQ9secretX7"
BODY = b"Subject: " + MARK.encode() + b"\r\n\r\n" + MARK.encode() + \
    b" says\r\n* 1 FETCH (FLAGS ())\r\n+OK " + MARK.encode() + b"\r\n"
# More than is written at once, and a subject that has to be escaped.
BIG = b"Subject: \"" + MARK.encode() + b"\" \\ " + MARK.encode() + \
    b"\r\n\r\n" + BODY * 5000


def secrets():
    """No password or other secret is shown, however it was sent."""
    yield lib.PASSWORD
    yield MARK
    for user in ("alice", "bob"):
        for text in (plain(user), plain(user, MARK)):
            yield text
            yield text[4:-4]
    for text in (lib.PASSWORD, MARK):
        yield b64(text).rstrip("=")[:8]


@check("-d -d logs each message between processes by name and length")
def messages(server):
    with Imap(server, "imap") as c:
        c.starttls()
        c.login()
        c.ok("LOGOUT")
    wait_for("the end of the session",
             lambda: " SESSION_END " in server.log_text())
    log = server.log_text()
    at = 0
    for line in (r"parent -> imapd-front CONF_DONE id=0 octets=\d+",
                 r"front \d+ -> auth 0 AUTH_START id=\d+ octets=\d+",
                 r"auth -> front \d+ AUTH_ACCEPTED id=\d+ octets=\d+",
                 r"front \d+ -> auth 0 HANDOFF id=\d+ octets=\d+ fd=yes",
                 r"auth 0 -> parent SESSION id=\d+ octets=\d+ fd=yes",
                 r"parent -> \S+( \d+)? SESSION id=\d+ octets=\d+ fd=yes",
                 r"mail \d+ -> parent SESSION_END id=\d+ octets=0"):
        found = re.compile(rf"^\S+ \S+\[\d+\]: message {line}$",
                           re.M).search(log, at)
        need(found, f"want {line} after {log[at:at + 80]!r}, got none")
        at = found.start()


class Dialogues:
    """The lines of dialogues logged since this object was made."""

    def __init__(self, server):
        self.server = server
        self.start = len(server.log_text())

    def lines(self):
        log = self.server.log_text()[self.start:]
        return re.findall(r"^\S+ \S+\[\d+\]: (?:\d+|peer \S+) ([CS]: .*)$",
                          log, re.M)

    def expect(self, *want):
        """Exactly these lines were logged; * at the end matches anything."""
        def complete():
            return len(self.lines()) >= len(want)
        try:
            wait_for("lines", complete)
        except AssertionError:
            pass
        got = self.lines()
        for have, line in zip(got, want):
            fits = have.startswith(line[:-1]) if line.endswith("*") else \
                have == line
            need(fits, f"got {have!r}, want {line!r} in {got}")
        expect(len(got), len(want), "lines")


@check("each line of an IMAP dialogue is in the log, but no literal, subject "
       "or password")
def imap(server):
    d = Dialogues(server)
    with Imap(server, "imap") as c:
        c.fails("BAD", f"LOGINN alice {MARK}")
        c.fails("NO", f"LOGIN alice {MARK}")
        c.ok("LOGIN {} {}", b"alice", lib.PASSWORD.encode())
        c.append("INBOX", BODY)
        c.ok("SELECT {}", b"INBOX")
        c.ok("FETCH 1 (UID BODY.PEEK[])")
        c.ok("FETCH 1 (ENVELOPE RFC822.SIZE)")
        c.append("INBOX", BIG)
        c.ok("FETCH 2 (BODY.PEEK[TEXT] ENVELOPE BODY.PEEK[])")
        # A second LOGIN, or a line with only the password, is no command.
        c.fails("BAD", f"LOGIN alice {MARK}")
        c.fails("BAD", MARK)
        c.fails("BAD", "SEARCH SUBJECT \"a\tb\" " + "x" * 300)
        c.idle()
        c.done()
        c.ok("LOGOUT")
    d.expect(
        "S: * OK [CAPABILITY *",
        "C: ? (27 octets)",
        "S: BAD Unknown command, or not allowed before login.",
        "C: LOGIN (26 octets)",
        "S: NO [AUTHENTICATIONFAILED] Wrong user name or password.",
        "S: + (4 octets)",
        "S: + (4 octets)",
        "C: LOGIN (33 octets)",
        "S: t3 OK [CAPABILITY *",
        f"C: t4 APPEND INBOX {{{len(BODY)}}}",
        "S: + OK",
        "S: t4 OK [APPENDUID *",
        "S: + OK",
        "C: t5 SELECT {5}",
        "S: * FLAGS *",
        "S: * OK [PERMANENTFLAGS *",
        "S: * 1 EXISTS",
        "S: * 1 RECENT",
        "S: * OK [UNSEEN 1] *",
        "S: * OK [UIDVALIDITY *",
        "S: * OK [UIDNEXT *",
        "S: * OK [HIGHESTMODSEQ *",
        "S: t5 OK [READ-WRITE] *",
        "C: t6 FETCH 1 (UID BODY.PEEK[])",
        f"S: * 1 FETCH (UID 1 BODY[] {{{len(BODY)}}})",
        "S: t6 OK FETCH completed.",
        "C: t7 FETCH 1 (ENVELOPE RFC822.SIZE)",
        "S: * 1 FETCH (ENVELOPE (NIL \"...\" NIL *",
        "S: t7 OK FETCH completed.",
        f"C: t8 APPEND INBOX {{{len(BIG)}}}",
        "S: + OK",
        "S: * 2 EXISTS",
        "S: * 2 RECENT",
        "S: t8 OK [APPENDUID *",
        "C: t9 FETCH 2 (BODY.PEEK[TEXT] ENVELOPE BODY.PEEK[])",
        f"S: * 2 FETCH (BODY[TEXT] {{{5000 * len(BODY)}}} ENVELOPE (NIL "
        "\"...\" NIL NIL NIL NIL NIL NIL NIL NIL) BODY[] "
        f"{{{len(BIG)}}})",
        "S: t9 OK FETCH completed.",
        "C: ? (27 octets)",
        "S: t10 BAD *",
        "C: ? (15 octets)",
        "S: t11 BAD *",
        "C: t12 SEARCH SUBJECT \"a\\x09b\" " + "x" * 172 + "...",
        "S: t12 BAD *",
        "C: t13 IDLE",
        "S: + *",
        "C: DONE",
        "S: t13 OK *",
        "C: t14 LOGOUT",
        "S: * BYE *",
        "S: t14 OK *")


@check("only the lengths of responses to AUTHENTICATE PLAIN are in the log")
def imap_mechanisms(server):
    d = Dialogues(server)
    with Imap(server, "imap") as c:
        c.fails("NO", f"AUTHENTICATE PLAIN {plain('alice', MARK)}")
        c.send("a AUTHENTICATE PLAIN\r\n")
        expect(c.line(), b"+ ", "challenge")
        c.send(plain("alice") + "\r\n")
        expect_match(rb"^a OK ", c.line(), "AUTHENTICATE")
    d.expect(
        "S: * OK *",
        "C: AUTHENTICATE (*",
        "S: NO [AUTHENTICATIONFAILED] *",
        "C: AUTHENTICATE (20 octets)",
        "S: + (1 octets)",
        f"C: response ({len(plain('alice'))} octets)",
        "S: a OK *")


@check("no message of SCRAM is in the log, though none has a password "
       "(RFC 7677)")
def scram(server):
    with open(server.path("users"), "a") as f:
        f.write(f"scram:{scram_stored(lib.PASSWORD)}::::::\n")
    client = Scram("scram", lib.PASSWORD)
    d = Dialogues(server)
    with Imap(server, "imap") as c:
        c.send(f"a AUTHENTICATE SCRAM-SHA-256 {b64(client.first)}\r\n")
        first = c.line().decode()[2:]
        proof = client.final(base64.b64decode(first).decode())
        c.send(b64(proof) + "\r\n")
        expect(base64.b64decode(verifier := c.line().decode()[2:]).decode(),
             f"v={b64(client.signature)}", "verifier")
        c.send("\r\n")
        expect_match(rb"^a OK ", c.line(), "AUTHENTICATE")
    d.expect(
        "S: * OK *",
        "C: AUTHENTICATE (*",
        "S: + (*",
        "C: response (*",
        "S: + (*",
        "C: response (0 octets)",
        "S: a OK *")
    log = server.log_text()[d.start:]
    for secret in (first, verifier, proof, proof[-20:], b64(proof),
                   b64(client.first), b64(client.signature)):
        expect_not_in(secret, log, "the log")


@check("each line of a POP3 dialogue is in the log, but no message, list or "
       "password")
def pop3(server):
    server.append([BODY])
    d = Dialogues(server)
    with Pop3(server, "pop3") as c:
        c.err(f"PASSS {MARK}")
        c.ok("USER alice")
        c.err(f"PASS {MARK}")
        c.err(f"AUTH PLAIN {plain('alice', MARK)}")
        c.send("AUTH PLAIN\r\n")
        expect(c.line(), b"+ ", "challenge")
        c.send(plain("alice") + "\r\n")
        expect_match(rb"^\+OK ", c.line(), "AUTH PLAIN")
        c.multi("RETR 1")
        c.multi("UIDL")
        c.err(f"PASS {MARK}")
        c.ok("QUIT")
    d.expect(
        "S: +OK *",
        "C: ? (17 octets)",
        "S: -ERR *",
        "C: USER (10 octets)",
        "S: +OK *",
        "C: PASS (16 octets)",
        "S: -ERR [AUTH] *",
        "C: AUTH (*",
        "S: -ERR [AUTH] *",
        "C: AUTH (10 octets)",
        "S: + (1 octets)",
        "C: response (*",
        "S: +OK *",
        "C: RETR 1",
        f"S: +OK {len(BODY)} octets",
        "C: UIDL",
        "S: +OK *",
        "C: ? (16 octets)",
        "S: -ERR *",
        "C: QUIT",
        "S: +OK *")


def reload(server, text):
    with open(server.path("penfold.conf"), "w") as f:
        f.write(text)
    before = server.log_text().count("is in force")
    for pid in family.parents(server):
        os.kill(pid, signal.SIGHUP)
    wait_for("reload", lambda: server.log_text().count("is in force") ==
             before + 2)


@check("a reload begins and ends a trace of one user between two commands")
def of_a_user(server):
    with open(server.path("penfold.conf")) as f:
        good = f.read()
    with Imap(server, user="alice") as c, Imap(server, user="bob") as other, \
            Pop3(server, user="alice") as p:
        c.append("INBOX", BODY)
        c.ok("SELECT INBOX")
        # The reload comes while the answer is in the middle of a literal.
        c.append("INBOX", BODY * 40000)
        c.send("x UID FETCH * BODY.PEEK[]\r\n")
        c.line()
        reload(server, good + 'trace user "alice"\n')
        c.collect("x")
        # A worker that shows a line has read the configuration.
        d = Dialogues(server)
        wait_for("the first line", lambda: c.ok("NOOP") and d.lines())
        wait_for("that of POP3", lambda: p.ok("NOOP") and
                 "C: NOOP" in d.lines())
        d = Dialogues(server)
        other.ok("NOOP")
        c.ok("STATUS INBOX (MESSAGES)")
        p.ok("STAT")
        d.expect(f"C: t{c.count} STATUS INBOX (MESSAGES)",
                 "S: * STATUS INBOX *", f"S: t{c.count} OK *",
                 "C: STAT", "S: +OK *")
        reload(server, good)

        def silent():
            before = len(d.lines())
            c.ok("NOOP")
            p.ok("NOOP")
            return len(d.lines()) == before
        wait_for("silence", silent)
        before = len(d.lines())
        with Imap(server, user="alice") as new:
            new.ok("LOGOUT")
            need(new.closed(), "the connection ends")
        expect(len(d.lines()), before, "lines of a new session")


@check("no password, response or mail is in the log after {}", with_each=[
    "messages between processes", "dialogues", "a trace that a reload began"])
def none_left(server, _):
    for text in (server.log_text(), server.output()):
        for secret in secrets():
            at = text.find(secret)
            need(at == -1, f"{secret}: {text[max(0, at - 80):at + 40]!r}")


def main():
    # The last check of each story looks at the log of those before it.
    in_messages, in_dialogues, after_reload = none_left
    story(lambda: lib.Server("alice", FLAGS="-d"), messages, in_messages)
    story(lambda: lib.Server("alice", 'trace address "127.0.0.1"\n'
                             "failed login delay 0\nauth mechanisms plain "
                             "login scram-sha-256\n", PLAINTEXT="yes"),
          imap, imap_mechanisms, scram, pop3, in_dialogues)
    story(lambda: lib.Server("alice bob"), of_a_user, after_reload)
    finish()


if __name__ == "__main__":
    main()
