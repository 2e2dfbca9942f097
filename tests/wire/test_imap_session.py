#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: logins, capabilities, and input that is none."""

import base64
import os
import re

import lib
from lib import Closed, Imap, check, need, plain, same

# What each capability after login is proved by: commands that need it.
PROOF = {
    "IMAP4rev1": ["NOOP"],
    "LITERAL+": ["STATUS {5+}\r\nINBOX (MESSAGES)"],
    "ID": ["ID NIL", 'ID ("name" "test" "version" NIL)'],
    "ENABLE": ["ENABLE CONDSTORE", "ENABLE X-UNKNOWN"],
    "IDLE": [],				# test_imap_sync.py
    "NAMESPACE": ["NAMESPACE"],
    "CHILDREN": ['LIST "" INBOX'],
    "UIDPLUS": ["SELECT INBOX", "UID EXPUNGE 1:*"],
    "UNSELECT": ["SELECT INBOX", "UNSELECT"],
    "MOVE": ["SELECT INBOX", "UID MOVE 999999 INBOX"],
    "SPECIAL-USE": ['LIST (SPECIAL-USE) "" "*"',
                    'LIST "" "*" RETURN (SPECIAL-USE)'],
    "CREATE-SPECIAL-USE": ["CREATE Everything (USE (\\All))"],
    "LIST-EXTENDED": ['LIST (SUBSCRIBED) "" ("*" "INBOX") '
                      'RETURN (CHILDREN)'],
    "LIST-STATUS": ['LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN))'],
    "ESEARCH": ["SELECT INBOX", "UID SEARCH RETURN (COUNT) ALL"],
    "CONDSTORE": ["SELECT INBOX (CONDSTORE)",
                  "FETCH 1:* (FLAGS) (CHANGEDSINCE 1)",
                  "UID SEARCH MODSEQ 1"],
}


def names(text):
    """The capabilities of a greeting, a response or a code."""
    if isinstance(text, bytes):
        text = text.decode()
    text = text.split("CAPABILITY ", 1)[1]
    return text.split("]")[0].split()


def before_tls(server):
    with Imap(server, "imap") as c:
        need(c.greeting.startswith(b"* OK [CAPABILITY "), "greeting")
        caps = names(c.greeting)
        for name in ("IMAP4rev1", "LITERAL+", "SASL-IR", "ID", "STARTTLS",
                     "LOGINDISABLED"):
            need(name in caps, f"{name} in {caps}")
        need(not any(x.startswith("AUTH=") for x in caps), "no AUTH=")
        same(names(c.ok("CAPABILITY").untagged[0]), caps, "CAPABILITY")
        right = c.fails("NO", 'LOGIN "alice" "testpass"')
        wrong = c.fails("NO", "LOGIN nobody x")
        same(right.text, wrong.text, "the same answer")
        need("[PRIVACYREQUIRED]" in right.text, right.text)
        # Refused by its name: nobody is asked for the literal.
        answer = c.command("LOGIN {} {}", b"alice", b"testpass")
        same((answer.status, answer.text), ("NO", right.text), "literal")
        c.send("x LOGIN {5+}\r\nalice {8+}\r\ntestpass\r\n")
        same(c.line(), b"x NO " + right.text.encode(), "LITERAL+")
        need("PRIVACYREQUIRED" in
             c.fails("NO", "AUTHENTICATE PLAIN " + plain("alice")).text,
             "AUTHENTICATE")
        need("PRIVACYREQUIRED" in c.fails("NO", "AUTHENTICATE PLAIN").text,
             "AUTHENTICATE")
        c.fails("BAD", "SELECT INBOX")
        c.ok("ID NIL")
        c.ok("NOOP")
        c.starttls()
        caps = names(c.ok("CAPABILITY").untagged[0])
        need("STARTTLS" not in caps and "LOGINDISABLED" not in caps, caps)
        need("AUTH=PLAIN" in caps, caps)
        c.fails("BAD", "STARTTLS")
        c.login()
        need(c.ok("LOGOUT").find(r"^\* BYE"), "BYE")
        need(c.closed(), "LOGOUT closes")
    with Imap(server, "imap") as c:
        c.send("a STARTTLS\r\nb NOOP\r\n")
        need(c.line().startswith(b"a OK"), "STARTTLS")
        need(c.closed(), "what came with STARTTLS ends the connection")


def logins(server):
    for port in ("imap", "imaps"):
        with Imap(server, port, user="alice") as c:
            c.ok("NOOP")
    with Imap(server) as c:
        answer = c.fails("NO", "LOGIN alice wrong")
        need("[AUTHENTICATIONFAILED]" in answer.text, answer.text)
        same(c.fails("NO", "LOGIN nobody wrong").text, answer.text,
             "unknown user, same answer")
    with Imap(server) as c:
        c.ok("LOGIN {} {}", b"alice", b"testpass")
    with Imap(server) as c:
        c.send("a LOGIN {5+}\r\nalice {8+}\r\ntestpass\r\n")
        same(c.collect("a").status, "OK", "LITERAL+")
    with Imap(server) as c:
        answer = c.ok("AUTHENTICATE PLAIN " + plain("alice"))
        need("IDLE" in names(answer.text), answer.text)
    with Imap(server) as c:
        c.send("a AUTHENTICATE PLAIN\r\n")
        need(c.line().startswith(b"+ "), "challenge")
        c.send(plain("alice") + "\r\n")
        same(c.collect("a").status, "OK", "AUTHENTICATE")
    with Imap(server) as c:
        c.send("a AUTHENTICATE LOGIN\r\n")
        need(c.line().startswith(b"+ "), "user name")
        c.send(base64.b64encode(b"alice") + b"\r\n")
        need(c.line().startswith(b"+ "), "password")
        c.send(base64.b64encode(b"testpass") + b"\r\n")
        same(c.collect("a").status, "OK", "AUTHENTICATE LOGIN")
        c.fails("BAD", "LOGIN alice testpass")
    with Imap(server) as c:
        c.send("a AUTHENTICATE PLAIN\r\n")
        c.line()
        c.send("*\r\n")
        same(c.collect("a").status, "BAD", "cancelled")
        c.fails("NO", "AUTHENTICATE X-UNKNOWN")
        c.fails("BAD", "AUTHENTICATE PLAIN !!!")
        c.login()
    with Imap(server) as c:
        c.fails("NO", "AUTHENTICATE PLAIN " + plain("alice", authzid="bob"))
    with Imap(server) as c:
        c.send("a LOGIN alice testpass\r\nb SELECT INBOX\r\nc LOGOUT\r\n")
        for tag in ("a", "b", "c"):
            same(c.collect(tag).status, "OK", "pipelined " + tag)


def capabilities(server):
    """Each name in CAPABILITY works."""
    with Imap(server) as c:
        answer = c.login()
        caps = names(answer.text)
        same(names(c.ok("CAPABILITY").untagged[0]), caps, "CAPABILITY")
    same(sorted(caps), sorted(PROOF), "every capability has its proof")
    with open(os.path.join(lib.TOP, "man", "imapd.8")) as f:
        text = f.read().split(".Ss What clients are offered")[1]
    told = re.findall(r"^\.It (\S+)$", text.split(".Ss")[0], re.M)
    same(sorted(told + ["IMAP4rev1", "LITERAL+", "ID"]), sorted(caps),
         "the manual has them all")
    for name, commands in PROOF.items():
        with Imap(server, user="alice") as c:
            for command in commands:
                c.ok(command)
    with Imap(server, user="alice") as c:
        same(c.ok("ENABLE CONDSTORE X").untagged[0], b"* ENABLED CONDSTORE",
             "ENABLE")
        same(c.ok("ENABLE CONDSTORE").untagged[0], b"* ENABLED", "again")
        c.fails("BAD", "ENABLE")
        need(c.ok("ID NIL").find(r'^\* ID \("name" "Penfold"'), "ID")
        same(c.ok("NAMESPACE").untagged[0],
             b'* NAMESPACE (("" "/")) NIL NIL', "NAMESPACE")


def sasl(c, mech, *responses):
    """A whole exchange, each response after its challenge."""
    c.send(f"s AUTHENTICATE {mech}\r\n")
    for response in responses:
        need(c.line().startswith(b"+ "), "challenge")
        c.send(base64.b64encode(response) + b"\r\n")
    same(c.collect("s").status, "OK", mech)


# The same for what stands in greetings; some need TLS to work.
PROOF_BEFORE = {
    "IMAP4rev1": lambda c: c.ok("NOOP"),
    "LITERAL+": lambda c: c.ok('ID ("name" {4+}\r\ntest)'),
    "ID": lambda c: c.ok('ID ("name" "test")'),
    "STARTTLS": lambda c: (c.starttls(), c.login()),
    "LOGINDISABLED": lambda c: c.fails("NO", "LOGIN alice testpass"),
    "SASL-IR": lambda c: c.command("AUTHENTICATE PLAIN " + plain("alice")),
    "AUTH=PLAIN": lambda c: sasl(c, "PLAIN", b"\0alice\0testpass"),
    "AUTH=LOGIN": lambda c: sasl(c, "LOGIN", b"alice", b"testpass"),
}


def capabilities_before(server):
    """Each name in the greeting works."""
    for port, only in (("imap", {"STARTTLS", "LOGINDISABLED"}),
                       ("imaps", {"AUTH=PLAIN", "AUTH=LOGIN"})):
        with Imap(server, port) as c:
            caps = names(c.greeting)
        same(only - set(caps), set(), port)
        for name in caps:
            with Imap(server, port) as c:
                PROOF_BEFORE[name](c)
    with Imap(server) as c:
        same(PROOF_BEFORE["SASL-IR"](c).status, "OK", "SASL-IR")


def bad_before_login(server):
    for first in ("GET / HTTP/1.1\r\n", "POST /x HTTP/1.0\r\n",
                  b"\x16\x03\x01\x02\x00\x01"):
        with Imap(server, "imap") as c:
            c.push(first)
            need(c.closed(), f"{first} closes")
    with Imap(server) as c:
        c.send(b"a LOGIN {5}\r\n")
        need(c.line().startswith(b"+"), "literal")
        c.send(b"al\0ce testpass\r\n")
        same(c.collect("a").status, "BAD", "NUL in a login")
        c.send(b"b LOGIN alice {8+}\r\ntest\0ass\r\n")
        same(c.collect("b").status, "BAD", "NUL in a password")
        c.send(b"c LOGIN alice \"te\0st\"\r\n")
        same(c.collect("c").status, "BAD", "NUL in a quoted string")
        c.send(b"d LOGIN {999999999}\r\n")
        same(c.collect("d").status, "BAD", "huge literal is refused")
        c.send(b"e LOGIN {-1}\r\n")
        same(c.collect("e").status, "BAD", "negative literal")
        c.send(b"f LOGIN {99999999999999999999999}\r\n")
        same(c.collect("f").status, "BAD", "impossible literal")
        c.send(b"g LOGIN {100000+}\r\n" + b"h LOGIN alice testpass\r\n" *
               4000 + b"x" * 4000 + b"\r\n")
        same(c.collect("g").status, "BAD", "swallowed literal")
        c.login()
    with Imap(server) as c:
        c.push(b"a NOOP " + b"x" * 200000 + b"\r\n")
        try:
            same(c.collect("a").status, "BAD", "overlong line")
            c.login()
        except Closed:
            pass
    with Imap(server) as c:
        c.push("x y\r\n" * 1000)
        need(c.closed(), "too many bad commands")


def bad_after_login(server):
    with Imap(server, user="alice") as c:
        c.send(b"a NOOP " + b"x" * 1000000 + b"\r\n")
        same(c.collect("a").status, "BAD", "overlong line")
        c.fails("BAD", "")
        c.fails("BAD", "XYZZY")
        c.fails("BAD", "UID NOOP")
        c.fails("BAD", "FETCH 1 FLAGS")		# nothing is selected
        c.ok("NOOP")
        c.send(b"b NOOP\0\r\n")
        same(c.collect("b").status, "BAD", "NUL")
        c.send(b"c SELECT {5+}\r\nIN\0OX\r\n")
        same(c.collect("c").status, "BAD", "NUL in a literal")
        c.ok("NOOP")
        c.send(b"d SELECT {100000000000}\r\n")
        same(c.collect("d").status, "BAD", "huge literal")
        data = b"e NOOP\r\n" * 300000
        c.send(b"d SELECT {%d+}\r\n" % len(data) + data + b"\r\n")
        same(c.collect("d").status, "BAD", "swallowed literal")
        need(c.silent(), "none of it was a command")
        c.ok("SELECT INBOX")
        c.ok("NOOP")
        c.fails("BAD", "SEARCH " + "(" * 1000 + "ALL" + ")" * 1000)
        c.fails("BAD", "SEARCH " + "NOT " * 1000 + "ALL")
        c.fails("BAD", "SEARCH " + "OR " * 1000 + "ALL")
        c.ok("NOOP")
        c.fails("BAD", "FETCH 1 BODY[" + "1." * 1000 + "1]")
        c.fails("BAD", "FETCH 1 BODY[HEADER.FIELDS (" + "a " * 1000 + "a)]")
        c.fails("BAD", "STORE 1 FLAGS " + "(" * 1000)
        c.ok("NOOP")
        for text in ("FETCH", "FETCH 1", "FETCH 0 FLAGS", "FETCH 1: FLAGS",
                     "FETCH 1 (FLAGS", "FETCH 1 FLAGS)", "FETCH a FLAGS"):
            c.fails("BAD", text)
            c.ok("NOOP")
        for text in ("STORE 1 FLAG (\\Seen)", "STORE 1 FLAGS (\\Recent)",
                     "SEARCH", "SEARCH FOO", "SEARCH SUBJECT",
                     "LIST", 'LIST ""', 'LIST (FOO) "" *', "STATUS INBOX",
                     "STATUS INBOX ()", "APPEND", "APPEND INBOX",
                     "APPEND INBOX \"x\"", "CREATE", "RENAME a", "COPY 1",
                     "IDLE x", "CAPABILITY x"):
            c.fails("BAD", text)
            c.ok("NOOP")
    # As long as a command may be, to the octet, and then one more.
    head = b"e SEARCH SUBJECT {%d+}\r\n" % (1 << 20)
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")
        more = b" TEXT " + b"q" * ((64 << 10) - len(head) - 6)
        c.send(head + b"z" * (1 << 20) + more)
        c.send(b"\r\n")
        same(c.collect("e").status, "BAD", "a command that fills its limits")
        c.ok("NOOP")
        c.send(head + b"z" * (1 << 20) + more[:-2] + b"\r\n")
        same(c.collect("e").status, "OK", "one that just fits")
    with Imap(server, user="alice") as c:
        c.push("x y\r\n" * 1000)
        need(c.closed(), "too many bad commands after login")
    with Imap(server, user="alice") as c:
        c.push("a SELECT {99999999999999999999+}\r\n")
        need(c.closed(), "a literal that cannot be")
    with Imap(server, user="alice") as c:
        for byte in b"z1 NOOP\r\n":
            c.send(bytes([byte]))
        same(c.collect("z1").status, "OK", "octet by octet")
        c.send("z2 NOOP\r\nz3 CAPABILITY\r\nz4 NOOP\r\n")
        for tag in ("z2", "z3", "z4"):
            same(c.collect(tag).status, "OK", tag)


def logged(server):
    with Imap(server, user="alice") as c:
        c.ok("LOGOUT")

    def look():
        with open(server.path("log"), encoding="utf-8",
                  errors="replace") as log:
            text = log.read()
        need("testpass" not in text, "no password in the log")
        return " login user=alice" in text and \
            " logout user=alice logout=yes" in text
    lib.wait_for("login and logout in the log", look)


def main():
    with lib.Server("alice bob") as server:
        with check("before TLS nothing is taken"):
            before_tls(server)
        with check("logins"):
            logins(server)
        with check("capabilities before login are true"):
            capabilities_before(server)
        with check("capabilities are true"):
            capabilities(server)
        with check("bad input before login"):
            bad_before_login(server)
        with check("bad input after login"):
            bad_after_login(server)
        with check("login and logout are logged"):
            logged(server)
    lib.finish()


if __name__ == "__main__":
    main()
