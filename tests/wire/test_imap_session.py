#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: logins, capabilities, and invalid input."""

import base64
import os
import re

import lib
from lib import Closed, Imap, check, expect, expect_in, expect_not_in, \
    expect_match, need, plain


def names(text):
    """The capability names in a greeting, a response or a code."""
    if isinstance(text, bytes):
        text = text.decode()
    text = text.split("CAPABILITY ", 1)[1]
    return text.split("]")[0].split()


def capability(c):
    return names(c.ok("CAPABILITY").untagged[0])


# Before TLS.

@check("before TLS the greeting offers STARTTLS, LOGINDISABLED and no AUTH= "
       "(RFC 3501 6.2.1)")
def greeting(server):
    with Imap(server, "imap") as c:
        expect_match(rb"^\* OK \[CAPABILITY ", c.greeting, "greeting")
        caps = names(c.greeting)
        expect(caps, ["IMAP4rev1", "LITERAL+", "SASL-IR", "ID", "STARTTLS",
                      "LOGINDISABLED"], "capabilities")
        expect(capability(c), caps, "CAPABILITY and the greeting")


@check("before TLS credentials are refused with PRIVACYREQUIRED before "
       "they are looked at (RFC 2595 9)")
def privacy_required(server):
    with Imap(server, "imap") as c:
        right = c.fails("NO", 'LOGIN "alice" "testpass"')
        right.says("[PRIVACYREQUIRED]", "LOGIN")
        expect(c.fails("NO", "LOGIN nobody x").text, right.text,
               "another user, the same answer")
        c.fails("NO", "AUTHENTICATE PLAIN " + plain("alice")).says(
            "[PRIVACYREQUIRED]", "AUTHENTICATE with an initial response")
        c.fails("NO", "AUTHENTICATE PLAIN").says(
            "[PRIVACYREQUIRED]", "AUTHENTICATE")
        c.fails("BAD", "SELECT INBOX")
        c.ok("ID NIL")


@check("before TLS no literal of LOGIN is asked for")
def no_literal_before_tls(server):
    with Imap(server, "imap") as c:
        answer = c.command("LOGIN {} {}", b"alice", b"testpass")
        expect(answer.status, "NO", "LOGIN with literals")
        answer.says("[PRIVACYREQUIRED]")
        c.send("x LOGIN {5+}\r\nalice {8+}\r\ntestpass\r\n")
        expect_match(rb"^x NO \[PRIVACYREQUIRED\]", c.line(), "LITERAL+")
        c.nothing_else()


@check("after STARTTLS the capabilities are new, and it is BAD "
       "(RFC 3501 6.2.1)")
def after_starttls(server):
    with Imap(server, "imap") as c:
        c.starttls()
        caps = capability(c)
        expect_not_in("STARTTLS", caps, "capabilities")
        expect_not_in("LOGINDISABLED", caps, "capabilities")
        expect_in("AUTH=PLAIN", caps, "capabilities")
        c.fails("BAD", "STARTTLS")
        c.login()


@check("what is sent with STARTTLS ends the connection (RFC 9051 6.2.1)")
def injection(server):
    with Imap(server, "imap") as c:
        c.send("a STARTTLS\r\nb NOOP\r\n")
        expect_match(rb"^a OK", c.line(), "STARTTLS")
        need(c.closed(), "the connection is closed")


@check("LOGOUT says BYE and closes (RFC 3501 6.1.3)")
def logout(server):
    for user in (None, "alice"):
        with Imap(server, user=user) as c:
            c.ok("LOGOUT").has(r"^\* BYE")
            need(c.closed(), "the connection is closed")


# Logins.

@check("LOGIN takes strings and literals of both kinds (RFC 3501 6.2.3)")
def login_strings(server):
    for port in ("imap", "imaps"):
        with Imap(server, port, user="alice") as c:
            c.ok("NOOP")
    with Imap(server) as c:
        c.ok("LOGIN {} {}", b"alice", b"testpass")
    with Imap(server) as c:
        c.send("a LOGIN {5+}\r\nalice {8+}\r\ntestpass\r\n")
        expect(c.collect("a").status, "OK", "LITERAL+")


@check("an unknown user and a wrong password get the same "
       "AUTHENTICATIONFAILED (RFC 5530 3)")
def wrong_login(server):
    with Imap(server) as c:
        answer = c.fails("NO", "LOGIN alice wrong")
        answer.says("[AUTHENTICATIONFAILED]")
        expect(c.fails("NO", "LOGIN nobody wrong").text, answer.text,
               "unknown user")
        c.login()


@check("AUTHENTICATE PLAIN with and without an initial response "
       "(RFC 4616, RFC 4959)")
def authenticate_plain(server):
    with Imap(server) as c:
        answer = c.ok("AUTHENTICATE PLAIN " + plain("alice"))
        expect_in("IDLE", names(answer.text), "capabilities after login")
    with Imap(server) as c:
        c.send("a AUTHENTICATE PLAIN\r\n")
        expect_match(rb"^\+ ", c.line(), "challenge")
        c.send(plain("alice") + "\r\n")
        expect(c.collect("a").status, "OK", "AUTHENTICATE")
        c.fails("BAD", "LOGIN alice testpass")


def sasl(c, mech, *responses):
    """Do a whole SASL exchange, each response after its challenge."""
    c.send(f"s AUTHENTICATE {mech}\r\n")
    for response in responses:
        expect_match(rb"^\+ ", c.line(), "challenge")
        c.send(base64.b64encode(response) + b"\r\n")
    expect(c.collect("s").status, "OK", mech)


@check("AUTHENTICATE LOGIN asks for user and password")
def authenticate_login(server):
    with Imap(server) as c:
        sasl(c, "LOGIN", b"alice", b"testpass")
        c.ok("SELECT INBOX")


@check("AUTHENTICATE cancelled is BAD, unknown is NO, broken is BAD; "
       "LOGIN still works (RFC 3501 6.2.2)")
def authenticate_failures(server):
    with Imap(server) as c:
        c.send("a AUTHENTICATE PLAIN\r\n")
        expect_match(rb"^\+ ", c.line(), "challenge")
        c.send("*\r\n")
        expect(c.collect("a").status, "BAD", "cancelled")
        c.fails("NO", "AUTHENTICATE X-UNKNOWN")
        c.fails("BAD", "AUTHENTICATE PLAIN !!!")
        c.login()


@check("nobody may act for another user (RFC 4616 2)")
def authorization_identity(server):
    with Imap(server) as c:
        c.fails("NO", "AUTHENTICATE PLAIN " + plain("alice", authzid="bob"))


@check("commands that are sent with LOGIN run after it")
def pipelined(server):
    with Imap(server) as c:
        c.send("a LOGIN alice testpass\r\nb SELECT INBOX\r\nc LOGOUT\r\n")
        for tag in ("a", "b", "c"):
            expect(c.collect(tag).status, "OK", "pipelined " + tag)


# Capabilities: each is proved by an exchange that fails without it.

def prove_imap4rev1(c, _):
    answer = c.ok("SELECT INBOX")
    for pattern in (r"^\* FLAGS \(", r"^\* \d+ EXISTS$", r"^\* \d+ RECENT$",
                    r"^\* OK \[UIDVALIDITY \d+\]", r"^\* OK \[UIDNEXT \d+\]"):
        answer.has(pattern)


def prove_literal_plus(c, _):
    c.send("a STATUS {5+}\r\nINBOX (MESSAGES)\r\n")
    expect_match(rb"^\* STATUS INBOX \(MESSAGES \d+\)$", c.line(),
                 "no continuation request before it")
    expect(c.collect("a").status, "OK", "STATUS")


def prove_id(c, _):
    c.ok("ID NIL").has(r'^\* ID \("name" "Penfold"')
    c.ok('ID ("name" "test" "version" NIL)').has(r"^\* ID \(")


def prove_enable(c, _):
    expect(c.ok("ENABLE CONDSTORE X-UNKNOWN").untagged,
           [b"* ENABLED CONDSTORE"], "ENABLE")
    expect(c.ok("ENABLE CONDSTORE").untagged, [b"* ENABLED"], "again")
    c.fails("BAD", "ENABLE")


def prove_idle(c, server):
    box = c.fresh()
    c.idle()
    with Imap(server, user="alice") as other:
        other.append(box, lib.message("idle"))
    expect(c.response(), b"* 1 EXISTS", "told without being asked")
    expect(c.done().status, "OK", "DONE")


def prove_namespace(c, _):
    expect(c.ok("NAMESPACE").untagged, [b'* NAMESPACE (("" "/")) NIL NIL'],
           "NAMESPACE")


def prove_children(c, _):
    c.ok("CREATE kids/one")
    c.ok('LIST "" kids').has(r"^\* LIST \([^)]*\\HasChildren\b")
    c.ok('LIST "" kids/one').has(r"^\* LIST \([^)]*\\HasNoChildren\b")


def prove_uidplus(c, _):
    box = c.fresh()
    answer = c.append(box, lib.message("one"))
    found = expect_match(r"\[APPENDUID (\d+) 1\]", answer.text, "APPEND")
    c.append(box, lib.message("two"))
    c.ok("NOOP")
    expect_match(rf"\[COPYUID {found[1]} 1:2 3:4\]",
                 c.ok(f"COPY 1:2 {box}").text, "COPY")
    c.ok("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    expect(c.ok("UID EXPUNGE 2:4").all("EXPUNGE"), [b"* 2 EXPUNGE"],
           "UID EXPUNGE leaves UID 1")


def prove_unselect(c, _):
    box = c.fresh(1)
    c.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    c.ok("UNSELECT")
    c.fails("BAD", "FETCH 1 FLAGS")
    c.ok(f"STATUS {box} (MESSAGES)").has(r"MESSAGES 1\)")


def prove_move(c, _):
    to = c.fresh()
    c.fresh(2)
    answer = c.ok(f"MOVE 1 {to}")
    answer.has(r"^\* OK \[COPYUID \d+ 1 1\]")
    expect(answer.all("EXPUNGE"), [b"* 1 EXPUNGE"], "EXPUNGE")
    c.ok(f"STATUS {to} (MESSAGES)").has(r"MESSAGES 1\)")


def prove_special_use(c, _):
    c.ok('LIST (SPECIAL-USE) "" Sent').has(r"\\Sent\b.* Sent$")
    expect(c.ok('LIST (SPECIAL-USE) "" INBOX').untagged, [],
           "INBOX has no use")
    c.ok('LIST "" Trash RETURN (SPECIAL-USE)').has(r"\\Trash\b.* Trash$")


def prove_create_special_use(c, _):
    c.ok("CREATE Everything (USE (\\All))")
    c.ok('LIST (SPECIAL-USE) "" Everything').has(r"\\All\b.* Everything$")


def prove_list_extended(c, _):
    c.ok("CREATE ext/sub")
    c.ok("SUBSCRIBE ext/sub")
    answer = c.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" ("ext" "nonesuch") '
                  "RETURN (CHILDREN)")
    expect(len(answer.untagged), 1, "responses")
    answer.has(r' ext \("?CHILDINFO"? \("SUBSCRIBED"\)\)$')


def prove_list_status(c, _):
    box = c.fresh(2)
    c.ok(f'LIST "" {box} RETURN (STATUS (MESSAGES UNSEEN))').has(
        rf"^\* STATUS {box} \(MESSAGES 2 UNSEEN 2\)$")


def prove_esearch(c, _):
    c.fresh(3)
    c.send("e UID SEARCH RETURN (MIN MAX COUNT) ALL\r\n")
    answer = c.collect("e")
    expect(answer.untagged,
           [b'* ESEARCH (TAG "e") UID MIN 1 MAX 3 COUNT 3'], "ESEARCH")


def prove_condstore(c, _):
    box = c.fresh(2)
    answer = c.ok(f"SELECT {box} (CONDSTORE)")
    was = int(answer.has(rb"^\* OK \[HIGHESTMODSEQ (\d+)\]")[1])
    c.ok("STORE 2 +FLAGS (\\Flagged)").has(r"^\* 2 FETCH .*MODSEQ")
    answer = c.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {was})")
    expect(len(answer.untagged), 1, "messages that changed")
    now = int(answer.has(rb"^\* 2 FETCH .*MODSEQ \((\d+)\)")[1])
    need(now > was, f"the mod-sequence grew: {was}, then {now}")


PROOF = {
    "IMAP4rev1": prove_imap4rev1,
    "LITERAL+": prove_literal_plus,
    "ID": prove_id,
    "ENABLE": prove_enable,
    "IDLE": prove_idle,
    "NAMESPACE": prove_namespace,
    "CHILDREN": prove_children,
    "UIDPLUS": prove_uidplus,
    "UNSELECT": prove_unselect,
    "MOVE": prove_move,
    "SPECIAL-USE": prove_special_use,
    "CREATE-SPECIAL-USE": prove_create_special_use,
    "LIST-EXTENDED": prove_list_extended,
    "LIST-STATUS": prove_list_status,
    "ESEARCH": prove_esearch,
    "CONDSTORE": prove_condstore,
}


@check("{} is offered after login, and works", with_each=PROOF)
def capability_works(server, name):
    with Imap(server) as c:
        expect_in(name, names(c.login().text), "capabilities")
        PROOF[name](c, server)


@check("the same capabilities are in the answer to LOGIN, in CAPABILITY, "
       "in imapd(8) and among the proofs")
def capabilities_agree(server):
    with Imap(server) as c:
        caps = names(c.login().text)
        expect(capability(c), caps, "CAPABILITY")
    expect(sorted(PROOF), sorted(caps), "proofs")
    with open(os.path.join(lib.TOP, "man", "imapd.8")) as f:
        text = f.read().split(".Ss What clients are offered")[1]
    told = re.findall(r"^\.It (\S+)$", text.split(".Ss")[0], re.M)
    expect(sorted(told + ["IMAP4rev1", "LITERAL+", "ID"]), sorted(caps),
           "the manual")


# The same for capabilities in greetings; some need TLS to work.
PROOF_BEFORE = {
    "IMAP4rev1": lambda c: c.ok("NOOP"),
    "LITERAL+": lambda c: c.ok('ID ("name" {4+}\r\ntest)'),
    "ID": lambda c: c.ok('ID ("name" "test")').has(r"^\* ID \("),
    "STARTTLS": lambda c: (c.starttls(), c.login()),
    "LOGINDISABLED": lambda c: c.fails("NO", "LOGIN alice testpass"),
    "SASL-IR": lambda c: c.command("AUTHENTICATE PLAIN " + plain("alice")),
    "AUTH=PLAIN": lambda c: sasl(c, "PLAIN", b"\0alice\0testpass"),
    "AUTH=LOGIN": lambda c: sasl(c, "LOGIN", b"alice", b"testpass"),
}


@check("each capability of the greeting of {} works",
       with_each=("imap", "imaps"))
def greeting_works(server, port):
    with Imap(server, port) as c:
        caps = names(c.greeting)
    need(len(caps) > 4, caps)
    for name in caps:
        with Imap(server, port) as c:
            answer = PROOF_BEFORE[name](c)
            if name == "SASL-IR" and port == "imaps":
                expect(answer.status, "OK", name)


# Bad input.

@check("before login {0!r:.30} closes the connection at once", with_each=[
    (first,) for first in ("GET / HTTP/1.1\r\n", "POST /x HTTP/1.0\r\n",
                           b"\x16\x03\x01\x02\x00\x01")])
def other_protocols(server, row):
    with Imap(server, "imap") as c:
        c.push(row[0])
        need(c.closed(), "the connection is closed")


@check("a NUL in a login is BAD (RFC 3501 9: CHAR8)")
def nul_in_login(server):
    with Imap(server) as c:
        c.send(b"a LOGIN {5}\r\n")
        expect_match(rb"^\+", c.line(), "literal")
        c.send(b"al\0ce testpass\r\n")
        expect(c.collect("a").status, "BAD", "NUL in a user name")
        c.send(b"b LOGIN alice {8+}\r\ntest\0ass\r\n")
        expect(c.collect("b").status, "BAD", "NUL in a password")
        c.send(b"c LOGIN alice \"te\0st\"\r\n")
        expect(c.collect("c").status, "BAD", "NUL in a quoted string")
        c.login()


@check("a literal over the limit before login is refused or swallowed, "
       "and never run")
def literals_before_login(server):
    with Imap(server) as c:
        for tag, size in ((b"a", b"999999999"), (b"b", b"-1"),
                          (b"c", b"99999999999999999999999")):
            c.send(tag + b" LOGIN {" + size + b"}\r\n")
            expect(c.collect(tag.decode()).status, "BAD", size)
        c.send(b"g LOGIN {100000+}\r\n" + b"h LOGIN alice testpass\r\n" *
               4000 + b"x" * 4000 + b"\r\n")
        expect(c.collect("g").status, "BAD", "swallowed literal")
        c.nothing_else()
        c.login()


@check("an overlong line before login is BAD or ends the connection")
def overlong_before_login(server):
    with Imap(server) as c:
        c.push(b"a NOOP " + b"x" * 200000 + b"\r\n")
        try:
            expect(c.collect("a").status, "BAD", "overlong line")
            c.login()
        except Closed:
            pass


@check("too many bad commands end the connection, {} login",
       with_each=("before", "after"))
def too_many_bad(server, when):
    with Imap(server, user="alice" if when == "after" else None) as c:
        c.push("x y\r\n" * 1000)
        need(c.closed(), "the connection is closed")


@check("an overlong line after login is BAD, and the next command runs")
def overlong_after_login(server):
    with Imap(server, user="alice") as c:
        c.send(b"a NOOP " + b"x" * 1000000 + b"\r\n")
        expect(c.collect("a").status, "BAD", "overlong line")
        c.nothing_else()


@check("a command that is none, or not now, is BAD (RFC 3501 7.1.3)")
def no_command(server):
    with Imap(server, user="alice") as c:
        for text in ("", "XYZZY", "UID NOOP", "FETCH 1 FLAGS"):
            c.fails("BAD", text)
            c.nothing_else()


@check("a NUL after login is BAD")
def nul_after_login(server):
    with Imap(server, user="alice") as c:
        c.send(b"b NOOP\0\r\n")
        expect(c.collect("b").status, "BAD", "in a line")
        c.send(b"c SELECT {5+}\r\nIN\0OX\r\n")
        expect(c.collect("c").status, "BAD", "in a literal")
        c.nothing_else()


@check("a literal that is too big is refused or swallowed, and never run")
def literals_after_login(server):
    with Imap(server, user="alice") as c:
        c.send(b"d SELECT {100000000000}\r\n")
        expect(c.collect("d").status, "BAD", "refused")
        data = b"e NOOP\r\n" * 300000
        c.send(b"d SELECT {%d+}\r\n" % len(data) + data + b"\r\n")
        expect(c.collect("d").status, "BAD", "swallowed")
        c.nothing_else()


@check("a non-synchronizing literal of an impossible size ends the "
       "connection")
def impossible_literal(server):
    with Imap(server, user="alice") as c:
        c.push("a SELECT {99999999999999999999+}\r\n")
        need(c.closed(), "the connection is closed")


@check("arguments that nest too deep or repeat too often are BAD")
def deep_arguments(server):
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        for text in ("SEARCH " + "(" * 1000 + "ALL" + ")" * 1000,
                     "SEARCH " + "NOT " * 1000 + "ALL",
                     "SEARCH " + "OR " * 1000 + "ALL",
                     "FETCH 1 BODY[" + "1." * 1000 + "1]",
                     "FETCH 1 BODY[HEADER.FIELDS (" + "a " * 1000 + "a)]",
                     "STORE 1 FLAGS " + "(" * 1000):
            c.fails("BAD", text)
            c.nothing_else()


@check("arguments that are missing, broken or too many are BAD")
def broken_arguments(server):
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        for text in ("FETCH", "FETCH 1", "FETCH 0 FLAGS", "FETCH 1: FLAGS",
                     "FETCH 1 (FLAGS", "FETCH 1 FLAGS)", "FETCH a FLAGS",
                     "STORE 1 FLAG (\\Seen)", "STORE 1 FLAGS (\\Recent)",
                     "SEARCH", "SEARCH FOO", "SEARCH SUBJECT",
                     "LIST", 'LIST ""', 'LIST (FOO) "" *', "STATUS INBOX",
                     "STATUS INBOX ()", "APPEND", "APPEND INBOX",
                     "APPEND INBOX \"x\"", "CREATE", "RENAME a", "COPY 1",
                     "IDLE x", "CAPABILITY x"):
            c.fails("BAD", text)
            c.nothing_else()


@check("a command may be as long as the limits say, to the octet")
def longest_command(server):
    head = b"e SEARCH SUBJECT {%d+}\r\n" % (1 << 20)
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        more = b" TEXT " + b"q" * ((64 << 10) - len(head) - 6)
        c.send(head + b"z" * (1 << 20) + more)
        c.send(b"\r\n")
        expect(c.collect("e").status, "BAD", "one octet too many")
        c.ok("NOOP")
        c.send(head + b"z" * (1 << 20) + more[:-2] + b"\r\n")
        expect(c.collect("e").status, "OK", "one that just fits")


@check("commands may come octet by octet or several at once")
def pieces(server):
    with Imap(server, user="alice") as c:
        for byte in b"z1 NOOP\r\n":
            c.send(bytes([byte]))
        expect(c.collect("z1").status, "OK", "octet by octet")
        c.send("z2 NOOP\r\nz3 CAPABILITY\r\nz4 NOOP\r\n")
        for tag in ("z2", "z3", "z4"):
            expect(c.collect(tag).status, "OK", tag)


@check("login and logout are logged, and no password is")
def logged(server):
    with Imap(server, user="alice") as c:
        c.ok("LOGOUT")

    def look():
        text = server.log_text()
        expect_not_in("testpass", text, "the log")
        return " login user=alice" in text and \
            " logout user=alice logout=yes" in text
    lib.wait_for("login and logout in the log", look)


def main():
    lib.on(lambda: lib.Server("alice bob"),
           greeting, privacy_required, no_literal_before_tls, after_starttls,
           injection, logout, login_strings, wrong_login, authenticate_plain,
           authenticate_login, authenticate_failures, authorization_identity,
           pipelined, capability_works, capabilities_agree, greeting_works,
           other_protocols, nul_in_login, literals_before_login,
           overlong_before_login, too_many_bad, overlong_after_login,
           no_command, nul_after_login, literals_after_login,
           impossible_literal, deep_arguments, broken_arguments,
           longest_command, pieces, logged)
    lib.finish()


if __name__ == "__main__":
    main()
