#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Input that broke similar servers: names that lead out of the mail root,
endless keywords, and messages made to harm their parser.  Each is answered,
and all other users are served."""

import os
import re

import lib
from lib import Imap, Pop3, check, expect, expect_in, need

OUTSIDE = ("../x", "../../x", "a/../../x", "..", ".", "/x", "//x", "a//x",
           "./x", "x/.", "x/..", "cur", "new", "tmp", "penfold",
           "penfold/index.db", "~", "~alice/x", "%u", "%n%n%n", "%d/%s",
           "a.b", ".hidden", "..hidden", "dovecot-uidlist", "&AC8-etc",
           "&AC4AL-", "x\\..\\y", "$HOME", "`id`", "x" * 300,
           "/".join("y" * 40 for _ in range(12)), "deep/" * 60 + "x")
OURS = {"cur", "new", "tmp", "penfold", "dovecot-uidlist", "subscriptions",
        "dovecot-uidlist.lock"}


def tree(folder):
    """Every path below a folder, links not followed."""
    found = set()
    for path, folders, files in os.walk(folder):
        found.update(os.path.relpath(os.path.join(path, name), folder)
                     for name in folders + files)
    return found


def beside(mail):
    """Every path in the mail root that is not alice's."""
    return {path for path in tree(mail) if not path.startswith("alice")}


@check("the mailbox name {!r:.50} is no path: it makes only Maildir++ folders, "
       "and in its user's folder (RFC 3501 5.1)",
       with_each=OUTSIDE)
def names_stay_inside(server, name):
    root = server.maildir("alice")
    mail = os.path.dirname(root)
    before, had = beside(mail), tree(root)
    with Imap(server, user="alice") as c:
        for command in ("CREATE {}", "SUBSCRIBE {}", "SELECT {}",
                        "STATUS {} (MESSAGES)", "RENAME {} moved",
                        "RENAME Sent {}", "RENAME {} Sent", "DELETE {}"):
            answer = c.command(command, name.encode())
            expect_in(answer.status, ("OK", "NO", "BAD"), command)
        c.command("APPEND {} {}", name.encode(), lib.message("Out"))
        c.ok('LIST "" *')
        c.ok('LSUB "" *')
        c.ok("NOOP")
    expect(beside(mail) ^ before, set(), "changed beside the user's folder")
    for path in tree(root) - had:
        entry = path.split("/")[0]
        need(entry in OURS or (entry.startswith(".") and entry.strip(".")),
             f"want only Maildir++ folders, got {path}")
        expect(os.path.islink(os.path.join(root, path)), False,
               f"{path} is a link")


@check("a mailbox takes 64 of 5,000 keywords: STORE of others is NO [LIMIT], "
       "and of \\Seen OK")
def keywords_have_a_bound(server):
    with Imap(server, user="alice") as c:
        c.fresh(1)
        refused = 0
        for i in range(0, 5000, 50):
            names = " ".join(f"k{n}" for n in range(i, i + 50))
            answer = c.command(f"STORE 1 +FLAGS ({names})")
            if answer.status == "NO":
                answer.says("[LIMIT]")
                refused += 1
        need(refused > 90, f"want more than 90 of 100 refused, got {refused}")
        flags = c.fetch("1", "FLAGS").find(rb"FLAGS \(([^)]*)\)")[1].split()
        need(len(flags) <= 64 + 6, f"want 70 flags or fewer, got {len(flags)}")
        c.command("STORE 1 +FLAGS (" + "k" * 2000 + ")")
        c.ok("STORE 1 +FLAGS (\\Seen)")


def headers(*lines):
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def multipart(count):
    return headers(b"Subject: parts", b"Content-Type: multipart/mixed; "
                   b"boundary=b") + b"--b\r\n\r\nx\r\n" * count + b"--b--\r\n"


def nested(depth):
    text = b""
    for i in range(depth):
        text += headers(b"Content-Type: multipart/mixed; boundary=b%d" % i) \
            + b"--b%d\r\n" % i
    return text + b"\r\ninnermost\r\n"


HOSTILE = {
    "50,000 parts": multipart(50000),
    "2,000 levels": nested(2000),
    "2,000 messages in messages":
        headers(b"Content-Type: message/rfc822") * 2000 + b"end\r\n",
    "a boundary that begins others": headers(
        b"Content-Type: multipart/mixed; boundary=b") + b"".join(
            b"--b" + b"b" * (n % 70) + b"\r\n\r\nx\r\n"
            for n in range(2000)),
    "100,000 addresses":
        headers(b"To: " + b", ".join(b"<a%d@example.org>" % n
                                     for n in range(100000))) + b"x\r\n",
    "30,000 address headers": headers(*[b"To: a%d@example.org" % n
                                        for n in range(30000)]) + b"x\r\n",
    "groups without end": headers(b"To: " + b"g:" * 50000) + b"x\r\n",
    "100,000 comments": headers(b"To: " + b"(" * 100000) + b"x\r\n",
    "a comment that ends in a backslash": headers(
        b"From: a@example.org (x\\", b"To: \"x\\", b"Cc: (\\") + b"x\r\n",
    "20,000 parameters of RFC 2231": headers(
        b"Content-Type: text/plain" + b"".join(
            b";\r\n name*%d*=utf-8''%%41" % n for n in range(20000)))
        + b"x\r\n",
    "a parameter number beyond 64 bits": headers(
        b"Content-Disposition: attachment; filename*%s*=x" % (b"9" * 40))
        + b"x\r\n",
    "a header of 3 MB": headers(b"Subject: " + b"x" * 3000000) + b"x\r\n",
    "100,000 header lines": headers(*[b"X-%d: y" % n
                                      for n in range(100000)]) + b"x\r\n",
    "cut UTF-8 in encoded words": headers(
        b"Subject: =?utf-8?q?=E2=82?= =?utf-8?b?4oI?= =?utf-8?b?4oI",
        b"From: =?utf-8?q?=F0?= <a@example.org>") + b"x\r\n",
    "encoded words in encoded words": headers(
        b"Subject: " + b"=?utf-8?q?=3D?=" * 20000) + b"x\r\n",
    "NULs": headers(b"Subject: a\0b", b"\0: x") + b"\0" * 1000 + b"\r\n",
    "bare CR and LF": b"Subject: a\rb\nTo: x\r\r\n\n\r\r\n\r",
    "no end": b"Subject",
    "nothing": b"",
    "a body of line ends": headers(b"Subject: ends") + b"\n" * 100000,
}
FETCHES = ("(FLAGS RFC822.SIZE INTERNALDATE ENVELOPE)", "BODYSTRUCTURE",
           "BODY.PEEK[1.1.1.1.1]", "BODY.PEEK[HEADER.FIELDS (SUBJECT TO)]",
           "BODY.PEEK[2.MIME]", "BODY.PEEK[1.HEADER]",
           "BODY.PEEK[TEXT]<100.100>")


def on_the_wire(data):
    """A message stored with LF is sent with CRLF, and NULs are sent as
    0x80."""
    data = data.replace(b"\r\n", b"\n").replace(b"\0", b"\x80")
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


@check("a message made to harm a parser is served octet by octet, searched, "
       "and harms nobody: {}", with_each=HOSTILE)
def hostile_messages(server, name):
    """It is delivered as a file, so that no server checks it before."""
    want = on_the_wire(HOSTILE[name])
    with Imap(server, user="bob", timeout=60) as c:
        before = int(c.ok("SELECT INBOX").has(rb"\* (\d+) EXISTS")[1])
        server.deliver(HOSTILE[name], "bob")
        count = int(c.ok("SELECT INBOX").has(rb"\* (\d+) EXISTS")[1])
        expect(count, before + 1, "messages after the delivery")
        for items in FETCHES:
            expect_in(c.command(f"FETCH {count} {items}").status,
                      ("OK", "NO"), items)
        whole = c.fetch(count, "(RFC822.SIZE BODY.PEEK[])")
        body = whole.has(rb"BODY\[\] (?:\{\d+\}\r\n(.*)\)|\"(.*)\"\))$")
        expect(body[1] or body[2] or b"", want, "BODY[]")
        expect(int(whole.has(rb"RFC822.SIZE (\d+)")[1]), len(want),
               "RFC822.SIZE")
        for key in ("SUBJECT x", "BODY innermost", "TEXT nowhere",
                    "HEADER X-5 y", "TO a1@example"):
            c.ok(f"SEARCH {key}")
    with Pop3(server, user="bob", timeout=60) as c:
        c.multi(f"TOP {count} 1")
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")


def main():
    lib.on(lib.Server, names_stay_inside, keywords_have_a_bound,
           hostile_messages)
    lib.finish()


if __name__ == "__main__":
    main()
