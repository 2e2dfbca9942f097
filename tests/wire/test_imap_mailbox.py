#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""IMAP: mailboxes and LIST."""

import re

import lib
from lib import Imap, check, expect, expect_in, expect_not_in, listed, need


def names(c, text, what=b"LIST"):
    return sorted(listed(c.ok(text), what))


def attributes(c, text, name):
    boxes = listed(c.ok(text))
    expect_in(name, boxes, text)
    return boxes[name][0]


# A fresh account; these look at the server before anything is made.

@check("a fresh account has folders with their special uses (RFC 6154)")
def fresh_folders(server):
    with Imap(server, user="carol") as c:
        boxes = listed(c.ok('LIST "" "*"'))
        expect(sorted(boxes), ["Archive", "Drafts", "INBOX", "Junk", "Sent",
                               "Trash"], "mailboxes")
        for name in ("Drafts", "Sent", "Trash", "Junk", "Archive"):
            expect_in("\\" + name, boxes[name][0], name)
        expect_in("\\HasNoChildren", boxes["INBOX"][0], "INBOX")
        expect(names(c, 'LIST (SPECIAL-USE) "" "*"'),
               ["Archive", "Drafts", "Junk", "Sent", "Trash"],
               "LIST (SPECIAL-USE)")


@check("a fresh account is subscribed to its folders")
def fresh_subscriptions(server):
    with Imap(server, user="carol") as c:
        expect_in("Sent", names(c, 'LSUB "" "*"', b"LSUB"), "LSUB")
        expect_in("\\Subscribed", attributes(
            c, 'LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)', "Sent"),
            "Sent")


@check('LIST "" "" tells the separator (RFC 3501 6.3.8)')
def separator(server):
    with Imap(server, user="carol") as c:
        expect(c.ok('LIST "" ""').untagged,
               [b'* LIST (\\Noselect) "/" ""'], "separator")


# CREATE and DELETE.

@check("CREATE makes mailboxes and the levels above; what is there is NO "
       "[ALREADYEXISTS] (RFC 3501 6.3.3)")
def create(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE cr/c/d")
        c.fails("NO", "CREATE cr/c/d").says("[ALREADYEXISTS]")
        c.fails("NO", "CREATE INBOX")
        c.ok("CREATE cr/e/")
        c.ok("CREATE {}", b"cr/with space")
        expect(names(c, 'LIST "" "cr*"'),
               ["cr", "cr/c", "cr/c/d", "cr/e", "cr/with space"], "names")
        expect_in("\\HasChildren", attributes(c, 'LIST "" "cr/*"', "cr/c"),
                  "cr/c")


@check("CREATE takes modified UTF-7, and refuses what is none "
       "(RFC 3501 5.1.3)")
def create_utf7(server):
    with Imap(server, user="alice") as c:
        c.ok('CREATE "Entw&APw-rfe"')
        expect(names(c, 'LIST "" "Entw*"'), ["Entw&APw-rfe"], "names")
        for name in ('"bad&name"', '""'):
            c.fails("NO", "CREATE " + name)


@check("LIST patterns: % is a level, * is all, a reference comes first "
       "(RFC 3501 6.3.8)")
def patterns(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE pat/c/d")
        expect(names(c, 'LIST "" "pa%"'), ["pat"], "%")
        expect(names(c, 'LIST "" "pat*"'), ["pat", "pat/c", "pat/c/d"], "*")
        expect(names(c, 'LIST "pat/" "%"'), ["pat/c"], "a reference and %")
        expect(names(c, 'LIST pat/ "*d"'), ["pat/c/d"], "a reference and *")


@check("INBOX has no case in names and patterns, its children have "
       "(RFC 3501 5.1)")
def inbox_case(server):
    with Imap(server, user="alice") as c:
        expect(names(c, 'LIST "" inbox'), ["INBOX"], "a name")
        c.ok("CREATE inbox/child")
        for pattern in ("inbox/%", "InBox*", "INBOX/child", "inb%/CHILD"):
            expect("INBOX/child" in names(c, f'LIST "" "{pattern}"'),
                   "CHILD" not in pattern, pattern)
        c.ok("DELETE Inbox/child")


@check("DELETE of a mailbox with children leaves a \\Noselect name "
       "(RFC 3501 6.3.4)")
def delete_parent(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE dp/c/d")
        c.ok("DELETE dp/c")
        expect_in("\\Noselect", attributes(c, 'LIST "" "dp*"', "dp/c"),
                  "dp/c")
        c.fails("NO", "SELECT dp/c")
        c.ok("SELECT dp/c/d")


@check("DELETE of INBOX and of what is not there is NO (RFC 3501 6.3.4)")
def delete(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE gone")
        c.ok("DELETE gone")
        c.fails("NO", "DELETE gone").says("[NONEXISTENT]")
        c.fails("NO", "SELECT gone").says("[NONEXISTENT]")
        c.fails("NO", "DELETE INBOX")


@check("a SELECT that fails leaves no mailbox selected (RFC 3501 6.3.1)")
def select_fails(server):
    with Imap(server, user="alice") as c:
        for name in ("nowhere", '"bad&name"'):
            c.ok("SELECT INBOX")
            c.fails("NO", "EXAMINE " + name)
            c.fails("BAD", "CHECK")


# RENAME.

@check("RENAME takes messages and children along, and makes levels above "
       "(RFC 3501 6.3.5)")
def rename(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE r/one")
        c.append("r/one", lib.message("In r/one"))
        c.ok("RENAME r s/t")
        expect(names(c, 'LIST "" "s*"'), ["s", "s/t", "s/t/one"], "names")
        expect(names(c, 'LIST "" "r*"'), [], "old names")
        c.ok("STATUS s/t/one (MESSAGES)").has(r"MESSAGES 1\)")


@check("RENAME to a name that is there, or of none, is NO (RFC 3501 6.3.5)")
def rename_refused(server):
    with Imap(server, user="alice") as c:
        c.ok("CREATE rr")
        c.fails("NO", "RENAME rr Sent").says("[ALREADYEXISTS]")
        c.fails("NO", "RENAME nowhere somewhere").says("[NONEXISTENT]")


@check("RENAME of INBOX moves its messages and leaves it empty "
       "(RFC 3501 6.3.5)")
def rename_inbox(server):
    with Imap(server, user="alice") as c:
        c.append("INBOX", lib.message("To be moved"))
        c.ok("RENAME INBOX old")
        c.ok("STATUS INBOX (MESSAGES)").has(r"MESSAGES 0\)")
        c.ok("STATUS old (MESSAGES)").has(r"MESSAGES 1\)")


# Subscriptions and LIST-EXTENDED (RFC 5258).

@check("LSUB with % tells a parent of what is subscribed as \\Noselect "
       "(RFC 3501 6.3.9)")
def lsub(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE ls/bar")
        c.ok("SUBSCRIBE ls/bar")
        boxes = listed(c.ok('LSUB "" "l%"'), b"LSUB")
        expect_in("\\Noselect", boxes["ls"][0], "%")
        expect(names(c, 'LSUB "" "l*"', b"LSUB"), ["ls/bar"], "*")


@check("RECURSIVEMATCH tells CHILDINFO of a parent, and not that it is "
       "subscribed (RFC 5258 5, examples 5 and 8)")
def recursivematch(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE rm/bar")
        c.ok("CREATE rm2/bar1")
        c.ok("SUBSCRIBE rm/bar")
        boxes = listed(c.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" "rm%"'))
        expect(sorted(boxes), ["rm"], "names")
        expect(boxes["rm"][1], '("CHILDINFO" ("SUBSCRIBED"))', "rm")
        expect_not_in("\\Subscribed", boxes["rm"][0], "rm")


@check("RETURN (SUBSCRIBED CHILDREN) tells both of each name (RFC 5258 4)")
def list_return(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE lr/bar")
        c.ok("CREATE lr2/bar1")
        c.ok("SUBSCRIBE lr/bar")
        boxes = listed(c.ok('LIST "" "lr*" RETURN (SUBSCRIBED CHILDREN)'))
        expect_in("\\Subscribed", boxes["lr/bar"][0], "lr/bar")
        expect_not_in("\\Subscribed", boxes["lr2/bar1"][0], "lr2/bar1")
        expect_in("\\HasNoChildren", boxes["lr2/bar1"][0], "lr2/bar1")
        expect_in("\\HasChildren", boxes["lr2"][0], "lr2")


@check("LIST takes several patterns (RFC 5258 6)")
def several_patterns(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE sp/bar1")
        expect(names(c, 'LIST "" ("INBOX" "sp/%")'), ["INBOX", "sp/bar1"],
               "names")


@check("RECURSIVEMATCH tells no CHILDINFO of a child that is listed anyway "
       "(RFC 5258 5, example 9)")
def example_9(server):
    with Imap(server, user="dave") as c:
        for name in ("foo2/bar1", "foo2/bar2", "baz2/bar2", "baz2/bar22",
                     "eps2", "eps2/mamba", "qux2/bar2"):
            c.ok("CREATE " + name)
            c.ok("SUBSCRIBE " + name)
        boxes = listed(c.ok('LIST (RECURSIVEMATCH SUBSCRIBED) "" "*2"'))
        expect(sorted(boxes), ["baz2/bar2", "baz2/bar22", "eps2", "foo2",
                               "foo2/bar2", "qux2/bar2"], "names")
        for name, (_, rest) in boxes.items():
            expect(rest, '("CHILDINFO" ("SUBSCRIBED"))' if name in
                   ("eps2", "foo2") else "", name)


@check("no STATUS is told of what only has a child that is selected "
       "(RFC 5819 3)")
def no_status_of_parent(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE ns/bar1")
        c.ok("SUBSCRIBE ns/bar1")
        answer = c.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" ns '
                      'RETURN (STATUS (MESSAGES))')
        answer.has(r"^\* LIST .* ns ")
        answer.lacks(r"^\* STATUS")


@check("RECURSIVEMATCH without another option is BAD, REMOTE alone is not "
       "(RFC 5258 3)")
def list_options(server):
    with Imap(server, user="bob") as c:
        c.fails("BAD", 'LIST (RECURSIVEMATCH) "" "*"')
        c.fails("BAD", 'LIST (RECURSIVEMATCH REMOTE) "" "*"')
        c.ok('LIST (REMOTE) "" "*"')
        c.ok('LIST () "" "*" RETURN ()')


@check("a pattern that is too long is BAD")
def long_pattern(server):
    with Imap(server, user="bob") as c:
        c.fails("BAD", 'LIST "" {}', b"*a" * 3000)
        c.ok("NOOP")


@check("a subscription outlives its mailbox, as \\NonExistent "
       "(RFC 5258 3, RFC 3501 6.3.9)")
def subscription_outlives(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE so")
        c.ok("SUBSCRIBE so")
        c.ok("DELETE so")
        expect_in("\\NonExistent", attributes(
            c, 'LIST (SUBSCRIBED) "" "so"', "so"), "so")
        expect(names(c, 'LIST "" "so"'), [], "LIST")
        c.ok("UNSUBSCRIBE so")
        expect(names(c, 'LSUB "" "so"', b"LSUB"), [], "LSUB")


# STATUS.

@check("STATUS counts messages, unseen and recent ones, and tells UIDNEXT "
       "and UIDVALIDITY (RFC 3501 6.3.10)")
def status(server):
    with Imap(server, user="bob") as c:
        name = c.fresh([], select=False)
        c.append(name, lib.message("One"))
        answer = c.append(name, lib.message("Two"), "(\\Seen)")
        validity = re.search(r"APPENDUID (\d+) 2", answer.text)[1]
        expect(c.ok(f"STATUS {name} (MESSAGES UNSEEN UIDNEXT UIDVALIDITY "
                    "RECENT)").untagged,
               [f"* STATUS {name} (MESSAGES 2 RECENT 2 UIDNEXT 3 "
                f"UIDVALIDITY {validity} UNSEEN 1)".encode()], "STATUS")


@check("STATUS of no mailbox is NO, with an unknown item BAD")
def status_refused(server):
    with Imap(server, user="bob") as c:
        c.fails("NO", "STATUS nowhere (MESSAGES)").says("[NONEXISTENT]")
        c.fails("BAD", "STATUS INBOX (FOO)")


@check("LIST RETURN (STATUS) tells a STATUS of each selectable mailbox "
       "(RFC 5819 2)")
def list_status(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE st/sub")
        c.append("st/sub", lib.message("One"))
        answer = c.ok('LIST "" "*" RETURN (STATUS (MESSAGES))')
        answer.has(rb"^\* STATUS st/sub \(MESSAGES 1\)")
        expect(len(answer.all(rb"^\* STATUS")), len(
            [x for x in answer.all(rb"^\* LIST") if b"\\No" not in x]),
            "STATUS responses")


# CREATE-SPECIAL-USE (RFC 6154, 3).

@check("CREATE (USE) gives a use; one that we do not know is NO [USEATTR] "
       "and makes nothing (RFC 6154 3)")
def special_use(server):
    with Imap(server, user="bob") as c:
        c.ok("CREATE Wichtig (USE (\\Important))")
        expect_in("\\Important", attributes(c, 'LIST "" Wichtig',
                                            "Wichtig"), "Wichtig")
        c.fails("NO", "CREATE su (USE (\\Foo))").says("[USEATTR]")
        expect(names(c, 'LIST "" su'), [], "it was not made")
        c.fails("BAD", "CREATE su (FOO)")


# Limits.

@check("no command makes more mailboxes than there may be; each is NO "
       "[LIMIT] (RFC 5530 3)")
def limits(server):
    with Imap(server, user="alice") as c:
        count = len(names(c, 'LIST "" *'))
        for number in range(12 - count):
            c.ok(f"CREATE n{number}")
        for text in ("CREATE more", "CREATE n0/a/b", "RENAME n0 a/b/c",
                     "RENAME INBOX more"):
            c.fails("NO", text).says("[LIMIT]", text)
        c.ok("RENAME n0 last")
        c.ok("DELETE last")
        c.fails("NO", "CREATE n1/a/b").says("[LIMIT]", "two levels")
        boxes = names(c, 'LIST "" *')
        need(len(boxes) == 11 and "n1/a" not in boxes,
             f"nothing is half made: {boxes}")
        c.ok("CREATE n1/a")


def main():
    lib.on(lambda: lib.Server("alice bob carol dave"),
           fresh_folders, fresh_subscriptions, separator, create,
           create_utf7, patterns, inbox_case, delete_parent, delete,
           select_fails, rename, rename_refused, rename_inbox, lsub,
           recursivematch, list_return, several_patterns, example_9,
           no_status_of_parent, list_options, long_pattern,
           subscription_outlives, status, status_refused, list_status,
           special_use)
    lib.on(lambda: lib.Server("alice", "mailboxes per user 12\n"), limits)
    lib.finish()


if __name__ == "__main__":
    main()
