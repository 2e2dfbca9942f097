#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Thunderbird reads, flags, moves and deletes mail over all four ports.  A
second connection checks everything that it does."""

import contextlib
import os
import re

import lib
import tbird
from lib import check, expect, expect_in, need, wait_for

FOLDER = "Prüfung & 日本"
TEXT = "Grüße aus Köln: 5 € und 日本語.\n.a line with a dot\n\nend\n"
ATTACHMENT = bytes(range(256)) * 700 + b"end"

# The value of socketType, and the ports.
STARTTLS, TLS = 2, 3
IMAP_PORTS = {"imap": STARTTLS, "imaps": TLS}
POP3_PORTS = {"pop3": STARTTLS, "pop3s": TLS}

MESSAGES = [
    lib.message("Plain one", "Only ASCII here.\n.a line with a dot\n..\n"),
    lib.message("Grüße und mehr", TEXT),
    lib.message("Both forms", "Text form.\n",
                html="<p>HTML <b>form</b> with é.</p>"),
    lib.message("With a file", "See the file.\n",
                attachment=("Anhang ä.bin", ATTACHMENT)),
    lib.message("To be moved", "Away with me.\n"),
    lib.message("To be deleted", "Into the trash.\n"),
    lib.message("To be tagged", "Important.\n"),
    lib.message("Long one",
                "0123456789" * 7 + "\n" + ("x" * 70 + "\n") * 9000),
]
SUBJECTS = ["Plain one", "Grüße und mehr", "Both forms", "With a file",
            "To be moved", "To be deleted", "To be tagged", "Long one"]


def discover(tb):
    tb.script("""
await urlDone(l => MailServices.imap.discoverAllFolders(root(), l, null));
await quiet();
await update(folder("INBOX"));
""")


def listing(tb, name):
    return tb.script(
        "return all(folder(args[0])).map(h => h.mime2DecodedSubject);", name)


def stripped(data):
    """Remove the lines that Thunderbird adds before a message in its files."""
    return re.sub(rb"\A(?:From - .*\n|X-Mozilla.*\n|X-Account.*\n"
                  rb"|X-UIDL.*\n)*", b"", data.replace(b"\r\n", b"\n"))


def body(tb, name, subject):
    return tb.script("""
const f = folder(args[0]);
return await source(f, message(f, args[1]));
""", name, subject).encode("latin-1")


@contextlib.contextmanager
def imap_account(port):
    """A Thunderbird with an IMAP account, whose INBOX has all messages."""
    with lib.Server() as server:
        server.append(MESSAGES)
        tb = tbird.Thunderbird(server, "imap")
        try:
            tb.start()
            tb.account("imap", server.ports[port], IMAP_PORTS[port], "alice")
            discover(tb)
            yield tb
            tb.quit()
        finally:
            tb.kill()


# Reading.

@check("{}: Thunderbird finds the folders of special uses (RFC 6154)",
       with_each=IMAP_PORTS)
def special_uses(tb, _):
    uses = tb.script("""
const F = Ci.nsMsgFolderFlags;
const found = {};
for (const name of ["SentMail", "Drafts", "Trash", "Junk", "Archive"])
  found[name] = root().getFoldersWithFlags(F[name]).map(f => f.name);
return found;
""")
    expect(uses, {"SentMail": ["Sent"], "Drafts": ["Drafts"],
                  "Trash": ["Trash"], "Junk": ["Junk"],
                  "Archive": ["Archive"]}, "special uses")


@check("{}: Thunderbird lists all messages", with_each=IMAP_PORTS)
def subjects(tb, _):
    expect(sorted(listing(tb, "INBOX")), sorted(SUBJECTS), "subjects")


@check("{0}: Thunderbird reads the octets of {1}", with_each=[
    (port, subject) for port in IMAP_PORTS for subject in SUBJECTS])
def read(tb, row):
    subject = row[1]
    expect(stripped(body(tb, "INBOX", subject)),
           stripped(MESSAGES[SUBJECTS.index(subject)]), subject)


@check("{}: Thunderbird reads the octets of an attachment",
       with_each=IMAP_PORTS)
def attachment(tb, _):
    data = tb.script("""
const f = folder("INBOX");
const uri = f.getUriForMsg(message(f, "With a file"));
const url = MailServices.messageServiceFromURI(uri)
    .getUrlForUri(uri, null).spec;
const part = url + (url.includes("?") ? "&" : "?") +
    "part=1.2&filename=Anhang.bin&type=application/octet-stream";
const channel = Services.io.newChannel(part, null, null, null,
    Services.scriptSecurityManager.getSystemPrincipal(), null,
    Ci.nsILoadInfo.SEC_ALLOW_CROSS_ORIGIN_SEC_CONTEXT_IS_NULL,
    Ci.nsIContentPolicy.TYPE_OTHER);
return await collect(l => channel.asyncOpen(l));
""").encode("latin-1")
    expect(data, ATTACHMENT, "attachment")


@check("{}: Thunderbird finds a message by a search on the server",
       with_each=IMAP_PORTS)
def search(tb, _):
    found = tb.script("""
const session = Cc["@mozilla.org/messenger/searchSession;1"]
    .createInstance(Ci.nsIMsgSearchSession);
session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, folder("INBOX"));
const term = session.createTerm();
term.attrib = Ci.nsMsgSearchAttrib.Body;
term.op = Ci.nsMsgSearchOp.Contains;
const value = term.value;
value.attrib = term.attrib;
value.str = "Köln";
term.value = value;
session.appendTerm(term);
const hits = [];
await new Promise(done => {
  session.registerListener({
    onSearchHit(hdr) { hits.push(hdr.mime2DecodedSubject); },
    onSearchDone() { done(); },
    onNewSearch() {},
  });
  session.search(null);
});
return hits;
""")
    expect(found, ["Grüße und mehr"], "found")


# Changing.

def mark(tb):
    """Flag a message, mark one as read, and tag one."""
    tb.script("""
const f = folder("INBOX");
f.markMessagesFlagged([message(f, "Plain one")], true);
f.markMessagesRead([message(f, "Both forms")], true);
f.addKeywordsToMessages([message(f, "To be tagged")], "$label1");
""")

    def marked():
        there = tb.server.snapshot()
        return "\\Flagged" in there["Plain one"] and \
            "\\Seen" in there["Both forms"] and \
            "$label1" in there["To be tagged"]
    wait_for("the server has flag, \\Seen and tag", marked)


@check("{}: Thunderbird flags a message, tags one, and marks one as read",
       with_each=IMAP_PORTS)
def marks(tb, _):
    mark(tb)


@check("{}: Thunderbird moves a message", with_each=IMAP_PORTS)
def move(tb, _):
    tb.script("""
const from = folder("INBOX"), to = folder("Archive");
await copyDone(l => MailServices.copy.copyMessages(from,
    [message(from, "To be moved")], to, true, l, null, false));
await quiet();
""")
    wait_for("it moved", lambda:
             "To be moved" in tb.server.snapshot(mailbox="Archive")
             and "To be moved" not in tb.server.snapshot())
    expect(tb.server.body("To be moved", mailbox="Archive"), MESSAGES[4],
           "octets")


@check("{}: Thunderbird deletes a message into the trash",
       with_each=IMAP_PORTS)
def delete(tb, _):
    tb.script("""
const f = folder("INBOX");
f.deleteMessages([message(f, "To be deleted")], null, false, false, null,
    false);
await quiet();
""")
    wait_for("it is in the trash", lambda:
             "To be deleted" in tb.server.snapshot(mailbox="Trash")
             and "To be deleted" not in tb.server.snapshot())


def create(tb, name):
    """Make a folder, and wait until the server and Thunderbird show it."""
    tb.script("root().createSubfolder(args[0], null); await quiet();", name)
    wait_for("the server has it", lambda:
             lib.utf7(name) in tb.server.folders())
    wait_for("it is subscribed", lambda:
             lib.utf7(name) in tb.server.subscribed())
    tb.script("""
await until("the folder is shown", () => root().descendants
    .some(f => f.name == args[0]));
""", name)


@check("{}: Thunderbird makes a folder with a name that is not ASCII, and "
       "copies a message into it", with_each=IMAP_PORTS)
def new_folder(tb, _):
    create(tb, FOLDER)
    tb.script("""
const from = folder("INBOX"), to = folder(args[0]);
await copyDone(l => MailServices.copy.copyMessages(from,
    [message(from, "Both forms")], to, false, l, null, false));
await quiet();
""", FOLDER)
    wait_for("a copy is in it", lambda: "Both forms" in tb.server.snapshot(
        mailbox=lib.utf7(FOLDER)))


@check("{}: Thunderbird renames a folder", with_each=IMAP_PORTS)
def rename(tb, _):
    tb.script("""
root().createSubfolder("Passing", null);
await quiet();
await until("it is shown", () => root().descendants
    .some(f => f.name == "Passing"));
folder("Passing").rename("Passed", null);
await until("it has its new name", () => root().descendants
    .some(f => f.name == "Passed"));
await quiet();
""")
    wait_for("renamed", lambda: "Passed" in tb.server.folders()
             and "Passing" not in tb.server.folders())


@check("{}: Thunderbird puts a sent copy into Sent, octet by octet",
       with_each=IMAP_PORTS)
def sent_copy(tb, _):
    raw = lib.message("A sent copy", TEXT, sender="alice@example.org")
    path = os.path.join(tb.server.dir, "sent.eml")
    with open(path, "wb") as f:
        f.write(raw)
    tb.script("""
const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
file.initWithPath(args[0]);
await copyDone(l => MailServices.copy.copyFileMessage(file, folder("Sent"),
    null, false, Ci.nsMsgMessageFlags.Read, "", l, null));
await quiet();
""", path)
    wait_for("it is in Sent", lambda:
             "A sent copy" in tb.server.snapshot(mailbox="Sent"))
    expect_in("\\Seen", tb.server.snapshot(mailbox="Sent")["A sent copy"],
              "flags")
    expect(tb.server.body("A sent copy", mailbox="Sent"), raw, "octets")


# What others do.

def until_shown(tb, subject):
    tb.script("""
await until(args[0] + " is shown", () => all(folder("INBOX"))
    .some(h => h.mime2DecodedSubject == args[0]));
""", subject)


@check("{}: Thunderbird shows new mail by IDLE, delivered or appended "
       "(RFC 2177)", with_each=IMAP_PORTS)
def new_mail(tb, _):
    tb.script("await update(folder('INBOX'));")
    tb.server.deliver(lib.message("Just delivered"))
    until_shown(tb, "Just delivered")
    tb.server.append([lib.message("Just appended")])
    until_shown(tb, "Just appended")


@check("{}: Thunderbird shows another client's flags and expunges by IDLE "
       "(RFC 2177)", with_each=IMAP_PORTS)
def other_client(tb, _):
    tb.script("await update(folder('INBOX'));")
    tb.server.append([lib.message("To be answered"),
                      lib.message("To be expunged")])
    until_shown(tb, "To be answered")
    until_shown(tb, "To be expunged")
    with tb.server.imap() as other:
        other.select("INBOX")
        other.store(other.search(None, 'SUBJECT "To be answered"')[1][0],
                    "+FLAGS", "(\\Answered)")
        other.store(other.search(None, 'SUBJECT "To be expunged"')[1][0],
                    "+FLAGS", "(\\Deleted)")
        other.expunge()
    tb.script("""
const f = folder("INBOX");
await until("the flag is shown", () => message(f, "To be answered").flags &
    Ci.nsMsgMessageFlags.Replied);
await until("the expunged one is gone", () => !all(f)
    .some(h => h.mime2DecodedSubject == "To be expunged"));
""")


@check("{}: Thunderbird shows the same after a restart", with_each=IMAP_PORTS)
def restart(tb, _):
    mark(tb)
    create(tb, "Prüfung danach")
    tb.quit()
    tb.start()
    discover(tb)
    expect(len(listing(tb, "INBOX")), len(tb.server.snapshot()), "messages")
    state = tb.script("""
const f = folder("INBOX");
return {flagged: message(f, "Plain one").isFlagged,
    read: message(f, "Both forms").isRead,
    tag: message(f, "To be tagged").getStringProperty("keywords"),
    folder: root().descendants.some(x => x.name == args[0])};
""", "Prüfung danach")
    expect(state["flagged"], True, "flagged")
    expect(state["read"], True, "read")
    expect_in("$label1", state["tag"], "tag")
    need(state["folder"], "the folder is shown")
    expect(stripped(body(tb, "INBOX", "Grüße und mehr")),
           stripped(MESSAGES[1]), "octets")


# POP3.  Each check goes on from where those before it have left both sides.

@contextlib.contextmanager
def pop3_account(port):
    """A Thunderbird with a POP3 account of four messages."""
    with lib.Server() as server:
        server.append(MESSAGES[:4])
        tb = tbird.Thunderbird(server, "pop3")
        try:
            tb.start()
            tb.account("pop3", server.ports[port], POP3_PORTS[port], "alice")
            yield tb
            tb.quit()
        finally:
            tb.kill()


def leave_on_server(tb, yes):
    tb.script("server().QueryInterface(Ci.nsIPop3IncomingServer)"
              ".leaveMessagesOnServer = args[0];", yes)


def pop3_fetch(tb):
    """Get new mail, and return the subjects in the inbox."""
    return tb.script("""
const inbox = root().getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
await urlDone(l => MailServices.pop3.GetNewMail(null, l, inbox,
    server().QueryInterface(Ci.nsIPop3IncomingServer)));
return all(inbox).map(h => h.mime2DecodedSubject);
""", timeout=90)


@check("{}: Thunderbird gets each message once, and leaves it on the server",
       with_each=POP3_PORTS)
def pop3_leave(tb, _):
    leave_on_server(tb, True)
    expect(sorted(pop3_fetch(tb)), sorted(SUBJECTS[:4]), "subjects")
    expect(len(tb.server.snapshot()), 4, "messages on the server")
    expect(len(pop3_fetch(tb)), 4, "messages after another time")


@check("{}: Thunderbird gets the octets of each message",
       with_each=POP3_PORTS)
def pop3_read(tb, _):
    for subject, raw in zip(SUBJECTS, MESSAGES[:4]):
        got = tb.script("""
const f = root().getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
return await source(f, message(f, args[0]));
""", subject).encode("latin-1")
        expect(stripped(got), stripped(raw), subject)


@check("{}: Thunderbird takes messages from the server",
       with_each=POP3_PORTS)
def pop3_take(tb, _):
    tb.server.append(MESSAGES[4:6])
    leave_on_server(tb, False)
    expect(sorted(pop3_fetch(tb)), sorted(SUBJECTS[:6]), "subjects")
    wait_for("the maildrop is empty", lambda: not tb.server.snapshot())


def main():
    # Messages are read before some of them are moved and deleted.
    some = [*special_uses, *subjects, *read, *attachment, *search, *marks,
            *move, *delete, *new_folder, *rename, *sent_copy, *new_mail,
            *other_client, *restart]
    for port in IMAP_PORTS:
        lib.on(lambda: imap_account(port),
               *(c for c in some if c.name.startswith(port + ": ")))
    for port, *of_port in zip(POP3_PORTS, pop3_leave, pop3_read, pop3_take):
        lib.story(lambda: pop3_account(port), *of_port)
    lib.finish()


if __name__ == "__main__":
    main()
