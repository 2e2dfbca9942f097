#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: mailboxes and LIST."""

import re
import tempfile

import lib
from lib import Imap, check, need, same


def listed(answer, what=b"LIST"):
    """{name: (attributes, rest)} of LIST responses."""
    found = {}
    for line in answer.untagged:
        m = re.match(rb'\* ' + what + rb' \(([^)]*)\) "/" '
                     rb'("[^"]*"|[^ ]+)(.*)$', line)
        if m:
            found[m[2].strip(b'"').decode()] = (
                set(m[1].decode().split()), m[3].decode().strip())
    return found


def fresh(server):
    """A new account has its special folders and is subscribed to them."""
    with Imap(server, user="alice") as c:
        boxes = listed(c.ok('LIST "" "*"'))
        for name in ("Drafts", "Sent", "Trash", "Junk", "Archive"):
            need(name in boxes, f"{name}: {boxes}")
            need("\\" + name in boxes[name][0], boxes[name])
        need("\\HasNoChildren" in boxes["INBOX"][0], boxes)
        subscribed = listed(c.ok('LSUB "" "*"'), b"LSUB")
        need("Sent" in subscribed, subscribed)
        boxes = listed(c.ok('LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)'))
        need("\\Subscribed" in boxes["Sent"][0], boxes)
        boxes = listed(c.ok('LIST (SPECIAL-USE) "" "*"'))
        need("INBOX" not in boxes and len(boxes) == 5, boxes)
        same(c.ok('LIST "" ""').untagged,
             [b'* LIST (\\Noselect) "/" ""'], "separator")


def create_delete(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE a")
        need("[ALREADYEXISTS]" in c.fails("NO", "CREATE a").text, "exists")
        c.fails("NO", "CREATE INBOX")
        c.ok("CREATE b/c/d")
        c.ok("CREATE e/")
        c.ok("CREATE {}", b"with space")
        c.ok('CREATE "Entw&APw-rfe"')
        c.fails("NO", 'CREATE "bad&name"')
        c.fails("NO", 'CREATE ""')
        boxes = listed(c.ok('LIST "" "*"'))
        for name in ("a", "b/c/d", "e", "with space", "Entw&APw-rfe"):
            need(name in boxes, f"{name}: {boxes}")
        need("\\HasChildren" in boxes["b/c"][0], boxes)
        boxes = listed(c.ok('LIST "" "%"'))
        need("b" in boxes and "b/c" not in boxes, boxes)
        need("b/c" in listed(c.ok('LIST "b/" "%"')), "reference")
        need("b/c/d" in listed(c.ok('LIST b/ "*d"')), "reference")
        need("INBOX" in listed(c.ok('LIST "" inbox')), "any case")
        c.ok("CREATE inbox/child")
        for pattern in ("inbox/%", "InBox*", "INBOX/child", "inb%/CHILD"):
            same("INBOX/child" in listed(c.ok(f'LIST "" "{pattern}"')),
                 "CHILD" not in pattern, pattern)
        c.ok("DELETE Inbox/child")
        c.ok("SELECT b/c/d")
        c.ok("UNSELECT")
        c.ok("DELETE b/c")
        boxes = listed(c.ok('LIST "" "b*"'))
        need("\\Noselect" in boxes["b/c"][0], boxes)
        need("b/c/d" in boxes, boxes)
        need("NONEXISTENT" in c.fails("NO", "SELECT nowhere").text, "code")
        # A SELECT that fails leaves no mailbox selected (RFC 3501, 6.3.1).
        for name in ("nowhere", '"bad&name"'):
            c.ok("SELECT INBOX")
            c.fails("NO", "EXAMINE " + name)
            c.fails("BAD", "CHECK")
        c.fails("NO", "DELETE nowhere")
        c.fails("NO", "DELETE INBOX")
        c.ok("DELETE a")
        c.fails("NO", "SELECT a")


def rename(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE r/one")
        c.append("r/one", lib.message("In r/one"))
        c.ok("RENAME r s/t")
        boxes = listed(c.ok('LIST "" "*"'))
        need("s/t/one" in boxes and "r/one" not in boxes, boxes)
        c.ok("SELECT s/t/one")
        same(len(c.fetch("1:*", "FLAGS").untagged), 1, "message went along")
        c.ok("UNSELECT")
        c.fails("NO", "RENAME s/t Sent")
        c.fails("NO", "RENAME nowhere somewhere")
        c.append("INBOX", lib.message("To be moved"))
        c.ok("RENAME INBOX old")
        c.ok("SELECT INBOX")
        same(c.fetch("1:*", "FLAGS").untagged, [], "INBOX is empty")
        need(c.ok("STATUS old (MESSAGES)").find("MESSAGES [1-9]"), "moved")


def subscriptions(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE foo/bar")
        c.ok("CREATE foo2/bar1")
        c.ok("SUBSCRIBE foo/bar")
        boxes = listed(c.ok('LSUB "" "%"'), b"LSUB")
        need("\\Noselect" in boxes["foo"][0], boxes)
        boxes = listed(c.ok('LSUB "" "*"'), b"LSUB")
        need("foo/bar" in boxes and "foo" not in boxes, boxes)
        # RFC 5258, 5, examples 5, 8 and 9
        boxes = listed(c.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"'))
        need('("CHILDINFO" ("SUBSCRIBED"))' == boxes["foo"][1], boxes)
        need("\\Subscribed" not in boxes["foo"][0], boxes)
        need("foo2" not in boxes, boxes)
        boxes = listed(c.ok('LIST "" "foo*" RETURN (SUBSCRIBED CHILDREN)'))
        need("\\Subscribed" in boxes["foo/bar"][0], boxes)
        need("\\Subscribed" not in boxes["foo2/bar1"][0], boxes)
        need("\\HasNoChildren" in boxes["foo2/bar1"][0], boxes)
        boxes = listed(c.ok('LIST "" ("INBOX" "foo2/%")'))
        same(sorted(boxes), ["INBOX", "foo2/bar1"], "patterns")
        # RFC 5258, 5, example 9: no CHILDINFO for what is listed anyway
        for name in ("baz2/bar2", "baz2/bar22", "eps2", "eps2/mamba",
                     "qux2/bar2", "foo2/bar2"):
            c.ok("CREATE " + name)
            c.ok("SUBSCRIBE " + name)
        c.ok("SUBSCRIBE foo2/bar1")
        boxes = listed(c.ok('LIST (RECURSIVEMATCH SUBSCRIBED) "" "*2"'))
        same(sorted(boxes), ["baz2/bar2", "baz2/bar22", "eps2", "foo2",
                             "foo2/bar2", "qux2/bar2"], "example 9")
        for name, (_, rest) in boxes.items():
            same(rest, '("CHILDINFO" ("SUBSCRIBED"))' if name in
                 ("eps2", "foo2") else "", name)
        # RFC 5819, 3: no STATUS for a name that is listed only for its child
        answer = c.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" foo2 '
                      'RETURN (STATUS (MESSAGES))')
        need(answer.find(r"^\* LIST .* foo2 ") and
             not answer.find(r"^\* STATUS"), answer)
        c.fails("BAD", 'LIST "" {}', b"*a" * 3000)
        c.fails("BAD", 'LIST (RECURSIVEMATCH) "" "*"')
        c.fails("BAD", 'LIST (RECURSIVEMATCH REMOTE) "" "*"')
        c.ok('LIST (REMOTE) "" "*"')
        c.ok('LIST () "" "*" RETURN ()')
        c.ok("DELETE foo/bar")
        boxes = listed(c.ok('LIST (SUBSCRIBED) "" "*"'))
        need("\\NonExistent" in boxes["foo/bar"][0], boxes)
        need("foo/bar" not in listed(c.ok('LIST "" "*"')), "is gone")
        c.ok("UNSUBSCRIBE foo/bar")
        need("foo/bar" not in listed(c.ok('LSUB "" "*"'), b"LSUB"),
             "unsubscribed")


def status(server):
    with Imap(server, user="bob") as c:
        c.append("INBOX", lib.message("One"))
        c.append("INBOX", lib.message("Two"), "(\\Seen)")
        answer = c.ok("STATUS inbox (MESSAGES UNSEEN UIDNEXT UIDVALIDITY "
                      "RECENT)")
        m = answer.find(rb"^\* STATUS \"?INBOX\"? \((.*)\)$")
        words = m[1].split()
        pairs = dict(zip(words[::2], map(int, words[1::2])))
        same((pairs[b"MESSAGES"], pairs[b"UNSEEN"], pairs[b"RECENT"]),
             (2, 1, 2), "STATUS")
        need(pairs[b"UIDNEXT"] > 2 and pairs[b"UIDVALIDITY"], "STATUS")
        need(c.ok("STATUS INBOX (HIGHESTMODSEQ)").find(
            rb"HIGHESTMODSEQ [1-9]"), "HIGHESTMODSEQ")
        answer = c.ok('LIST "" "*" RETURN (STATUS (MESSAGES))')
        need(answer.find(rb"^\* STATUS \"?INBOX\"? \(MESSAGES 2\)"),
             "LIST-STATUS")
        same(len(answer.all(rb"^\* STATUS")), len(
            [x for x in answer.all(rb"^\* LIST") if b"\\No" not in x]),
            "each selectable one")
        c.fails("NO", "STATUS nowhere (MESSAGES)")
        c.fails("BAD", "STATUS INBOX (FOO)")


def special_use(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE Wichtig (USE (\\Important))")
        boxes = listed(c.ok('LIST "" "Wichtig"'))
        need("\\Important" in boxes["Wichtig"][0], boxes)
        need("[USEATTR]" in c.fails("NO", "CREATE x (USE (\\Foo))").text,
             "RFC 6154, 3")
        need("x" not in listed(c.ok('LIST "" *')), "it was not made")
        c.fails("BAD", "CREATE x (FOO)")


def limits(server):
    """No command gets past the mailbox limit, or leaves anything half made."""
    with Imap(server, user="alice") as c:
        count = len(listed(c.ok('LIST "" *')))
        for number in range(12 - count):
            c.ok(f"CREATE n{number}")
        for text in ("CREATE more", "CREATE n0/a/b", "RENAME n0 a/b/c",
                     "RENAME INBOX more"):
            need("[LIMIT]" in c.fails("NO", text).text, text)
        c.ok("RENAME n0 last")
        c.ok("DELETE last")
        need("[LIMIT]" in c.fails("NO", "CREATE n1/a/b").text, "two levels")
        boxes = listed(c.ok('LIST "" *'))
        same(len(boxes), 11, "mailboxes")
        need("n1/a" not in boxes, boxes)
        c.ok("CREATE n1/a")


def main():
    with lib.Server("alice bob") as server:
        with check("a fresh account"):
            fresh(server)
        with check("CREATE, DELETE, LIST"):
            create_delete(server)
        with check("RENAME"):
            rename(server)
        with check("subscriptions and LIST-EXTENDED"):
            subscriptions(server)
        with check("STATUS and LIST-STATUS"):
            status(server)
        with check("CREATE-SPECIAL-USE"):
            special_use(server)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write("mailboxes per user 12\n")
        f.flush()
        with lib.Server("alice", CONF_EXTRA=f.name) as server:
            with check("mailboxes are bounded"):
                limits(server)
    lib.finish()


if __name__ == "__main__":
    main()
