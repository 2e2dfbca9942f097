#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Input that broke similar servers: names that lead out of the mail root,
endless keywords, and messages made to harm their parser.  Each is answered,
and all other users are served."""

import os
import re

import lib
from lib import Imap, Pop3, check, need, same

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


def names_stay_inside(server):
    """A mailbox name is not a path (RFC 3501, 5.1)."""
    root = server.maildir("alice")
    mail = os.path.dirname(root)
    before = {p for p in tree(mail) if not p.startswith("alice")}
    with Imap(server, user="alice") as c:
        for name in OUTSIDE:
            for command in ("CREATE {}", "SUBSCRIBE {}", "SELECT {}",
                            "STATUS {} (MESSAGES)", "RENAME {} moved",
                            "RENAME Sent {}", "RENAME {} Sent", "DELETE {}"):
                answer = c.command(command, name.encode())
                need(answer.status in ("OK", "NO", "BAD"), answer)
            c.command("APPEND {} {}", name.encode(), lib.message("Out"))
        c.ok('LIST "" *')
        c.ok('LSUB "" *')
        c.ok("NOOP")
    same({p for p in tree(mail) if not p.startswith("alice")}, before,
         "what is beside the mail root")
    for entry in os.listdir(root):
        need(entry in OURS or (entry.startswith(".") and "/" not in entry and
                               entry.strip(".")),
             f"{entry} is no Maildir++ folder")
    for path in tree(root):
        need(not os.path.islink(os.path.join(root, path)), path)


def keywords_have_a_bound(server):
    """Of 5,000 keywords a mailbox takes 64, and refuses the others with a
    message."""
    with Imap(server, user="alice") as c:
        c.append("INBOX", lib.message("Tagged"))
        c.ok("SELECT INBOX")
        refused = 0
        for i in range(0, 5000, 50):
            names = " ".join(f"k{n}" for n in range(i, i + 50))
            answer = c.command(f"STORE 1 +FLAGS ({names})")
            if answer.status == "NO":
                need("[LIMIT]" in answer.text, answer)
                refused += 1
        need(refused > 90, f"{refused} of 100 were refused")
        flags = c.fetch("1", "FLAGS").find(rb"FLAGS \(([^)]*)\)")[1].split()
        need(len(flags) <= 64 + 6, f"{len(flags)} flags")
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


def hostile_messages(server):
    """Messages delivered as files, so that no server checks them before."""
    names = list(HOSTILE)
    Imap(server, user="bob").close()
    for name in names:
        server.deliver(HOSTILE[name], "bob")
        with Imap(server, user="bob", timeout=60) as c:
            count = int(c.ok("SELECT INBOX").find(rb"\* (\d+) EXISTS")[1])
            need(count == names.index(name) + 1, f"{name}: {count}")
            for items in FETCHES:
                need(c.command(f"FETCH {count} {items}").status in
                     ("OK", "NO"), f"{name}: {items}")
            whole = c.fetch(count, "(RFC822.SIZE BODY.PEEK[])")
            body = whole.find(rb"BODY\[\] (?:\{\d+\}\r\n(.*)\)|\"(.*)\"\))$")
            want = on_the_wire(HOSTILE[name])
            same((body[1] or body[2] or b"") == want, True,
                 f"{name}: the octets of BODY[] are right")
            same(int(whole.find(rb"RFC822.SIZE (\d+)")[1]), len(want),
                 f"{name}: RFC822.SIZE")
            for key in ("SUBJECT x", "BODY innermost", "TEXT nowhere",
                        "HEADER X-5 y", "TO a1@example"):
                c.ok(f"SEARCH {key}")
    with Pop3(server, user="bob", timeout=60) as c:
        for number, name in enumerate(names, 1):
            c.multi(f"TOP {number} 1")
    with Imap(server, user="alice") as c:
        c.ok("SELECT INBOX")


def main():
    with lib.Server("alice bob") as server:
        with check("names stay inside"):
            names_stay_inside(server)
        with check("keywords have a bound"):
            keywords_have_a_bound(server)
        with check("hostile messages"):
            hostile_messages(server)
    lib.finish()


if __name__ == "__main__":
    main()
