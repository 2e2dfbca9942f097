#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Thunderbird reads, flags, moves and deletes mail over all four ports.  A
second connection checks everything that it does."""

import os
import re
import sys

import lib
import tbird
from lib import check, need, same, wait_for

FOLDER = "Prüfung & 日本"
TEXT = "Grüße aus Köln: 5 € und 日本語.\n.a line with a dot\n\nend\n"
ATTACHMENT = bytes(range(256)) * 700 + b"end"

STARTTLS, TLS = 2, 3

MESSAGES = [
    lib.message("Plain one", "Only ASCII here.\n"),
    lib.message("Grüße und mehr", TEXT),
    lib.message("Both forms", "Text form.\n",
                html="<p>HTML <b>form</b> with é.</p>"),
    lib.message("With a file", "See the file.\n",
                attachment=("Anhang ä.bin", ATTACHMENT)),
    lib.message("To be moved", "Away with me.\n"),
    lib.message("To be deleted", "Into the trash.\n"),
    lib.message("To be tagged", "Important.\n"),
    lib.message("Long one", "0123456789" * 7 + "\n" + ("x" * 70 + "\n") * 9000),
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


def imap_reading(tb, server, label):
    with check(label + "folders with special uses"):
        discover(tb)
        uses = tb.script("""
const F = Ci.nsMsgFolderFlags;
const found = {};
for (const name of ["SentMail", "Drafts", "Trash", "Junk", "Archive"])
  found[name] = root().getFoldersWithFlags(F[name]).map(f => f.name);
return found;
""")
        same(uses, {"SentMail": ["Sent"], "Drafts": ["Drafts"],
                    "Trash": ["Trash"], "Junk": ["Junk"],
                    "Archive": ["Archive"]}, "special uses")
    with check(label + "list"):
        same(sorted(listing(tb, "INBOX")), sorted(SUBJECTS), "subjects")
    for subject, raw in zip(SUBJECTS, MESSAGES):
        with check(f"{label}read: {subject}"):
            same(stripped(body(tb, "INBOX", subject)), stripped(raw), subject)
    with check(label + "attachment"):
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
        same(data, ATTACHMENT, "attachment")


def imap_changing(tb, server, label):
    with check(label + "flag, tag and mark as read"):
        tb.script("""
const f = folder("INBOX");
f.markMessagesFlagged([message(f, "Plain one")], true);
f.markMessagesRead([message(f, "Both forms")], true);
f.addKeywordsToMessages([message(f, "To be tagged")], "$label1");
""")
        wait_for("the server has the flags", lambda: (
            "\\Flagged" in server.snapshot()["Plain one"]
            and "\\Seen" in server.snapshot()["Both forms"]
            and "$label1" in server.snapshot()["To be tagged"]))
    with check(label + "move to Archive"):
        tb.script("""
const from = folder("INBOX"), to = folder("Archive");
await copyDone(l => MailServices.copy.copyMessages(from,
    [message(from, "To be moved")], to, true, l, null, false));
await quiet();
""")
        wait_for("it moved", lambda:
                 "To be moved" in server.snapshot(mailbox="Archive")
                 and "To be moved" not in server.snapshot())
        same(server.body("To be moved", mailbox="Archive"), MESSAGES[4])
    with check(label + "delete into the trash"):
        tb.script("""
const f = folder("INBOX");
f.deleteMessages([message(f, "To be deleted")], null, false, false, null,
    false);
await quiet();
""")
        wait_for("it is in the trash", lambda:
                 "To be deleted" in server.snapshot(mailbox="Trash")
                 and "To be deleted" not in server.snapshot())
    with check(label + "create a folder with a non-ASCII name"):
        tb.script("root().createSubfolder(args[0], null); await quiet();",
                  FOLDER)
        wait_for("the server has it", lambda:
                 lib.utf7(FOLDER) in server.folders())
        wait_for("it is subscribed", lambda:
                 lib.utf7(FOLDER) in server.subscribed())
        tb.script("""
await until("the folder is shown", () => root().descendants
    .some(f => f.name == args[0]));
""", FOLDER)
        tb.script("""
const from = folder("INBOX"), to = folder(args[0]);
await copyDone(l => MailServices.copy.copyMessages(from,
    [message(from, "Both forms")], to, false, l, null, false));
await quiet();
""", FOLDER)
        wait_for("a copy is in it", lambda: "Both forms" in server.snapshot(
            mailbox=lib.utf7(FOLDER)))
    with check(label + "rename and delete a folder"):
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
        wait_for("renamed", lambda: "Passed" in server.folders()
                 and "Passing" not in server.folders())


def imap_hearing(tb, server, label):
    with check(label + "new mail is told by IDLE"):
        tb.script("""
await update(folder("INBOX"));
P.before = all(folder("INBOX")).length;
""")
        server.deliver(lib.message("Just delivered"))
        tb.script("""
await until("the delivery is shown", () => all(folder("INBOX"))
    .some(h => h.mime2DecodedSubject == "Just delivered"));
""")
        server.append([lib.message("Just appended")])
        tb.script("""
await until("the appended one is shown", () => all(folder("INBOX"))
    .some(h => h.mime2DecodedSubject == "Just appended"));
""")
    with check(label + "another client's flags and expunges are told"):
        with server.imap() as other:
            other.select("INBOX")
            other.store(other.search(None, 'SUBJECT "Just delivered"')[1][0],
                        "+FLAGS", "(\\Answered)")
            other.store(other.search(None, 'SUBJECT "Just appended"')[1][0],
                        "+FLAGS", "(\\Deleted)")
            other.expunge()
        tb.script("""
const f = folder("INBOX");
await until("the flag is shown", () => message(f, "Just delivered").flags &
    Ci.nsMsgMessageFlags.Replied);
await until("the expunged one is gone", () => !all(f)
    .some(h => h.mime2DecodedSubject == "Just appended"));
""")
    with check(label + "sent copy by APPEND"):
        raw = lib.message("A sent copy", TEXT, sender="alice@example.org")
        path = os.path.join(server.dir, "sent.eml")
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
                 "A sent copy" in server.snapshot(mailbox="Sent"))
        need("\\Seen" in server.snapshot(mailbox="Sent")["A sent copy"],
             "the copy is read")
        same(server.body("A sent copy", mailbox="Sent"), raw, "sent copy")
    with check(label + "search on the server"):
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
        same(found, ["Grüße und mehr"], "found")


def imap_again(tb, server, label):
    """Check the same profile after a restart."""
    with check(label + "after a restart"):
        discover(tb)
        want = server.snapshot()
        same(len(listing(tb, "INBOX")), len(want), "messages")
        state = tb.script("""
const f = folder("INBOX");
return {flagged: message(f, "Plain one").isFlagged,
    read: message(f, "Both forms").isRead,
    tag: message(f, "To be tagged").getStringProperty("keywords"),
    folder: root().descendants.some(x => x.name == args[0])};
""", FOLDER)
        same(state["flagged"], True, "flagged")
        same(state["read"], True, "read")
        need("$label1" in state["tag"], "tag")
        need(state["folder"], "folder is shown")
        same(stripped(body(tb, "INBOX", "Grüße und mehr")),
             stripped(MESSAGES[1]), "message")


def imap(security, port, label):
    with lib.Server() as server:
        server.append(MESSAGES)
        tb = tbird.Thunderbird(server, "imap")
        try:
            tb.start()
            tb.account("imap", server.ports[port], security, "alice")
            imap_reading(tb, server, label)
            imap_changing(tb, server, label)
            imap_hearing(tb, server, label)
            tb.quit()
            tb.start()
            imap_again(tb, server, label)
            tb.quit()
        finally:
            tb.kill()


def pop3_fetch(tb):
    """Get new mail, and return the subjects in the inbox."""
    return tb.script("""
const inbox = root().getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
await urlDone(l => MailServices.pop3.GetNewMail(null, l, inbox,
    server().QueryInterface(Ci.nsIPop3IncomingServer)));
return all(inbox).map(h => h.mime2DecodedSubject);
""", timeout=90)


def pop3(security, port, label):
    with lib.Server() as server:
        server.append(MESSAGES[:4])
        tb = tbird.Thunderbird(server, "pop3")
        try:
            tb.start()
            tb.account("pop3", server.ports[port], security, "alice")
            with check(label + "leave on server"):
                tb.script("server().QueryInterface("
                          "Ci.nsIPop3IncomingServer)"
                          ".leaveMessagesOnServer = true;")
                same(sorted(pop3_fetch(tb)), sorted(SUBJECTS[:4]))
                same(len(server.snapshot()), 4, "left on the server")
                same(len(pop3_fetch(tb)), 4, "nothing comes twice")
            with check(label + "read"):
                for subject, raw in zip(SUBJECTS, MESSAGES[:4]):
                    got = tb.script("""
const f = root().getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
return await source(f, message(f, args[0]));
""", subject).encode("latin-1")
                    same(stripped(got), stripped(raw), subject)
            with check(label + "take from server"):
                server.append(MESSAGES[4:6])
                tb.script("server().QueryInterface("
                          "Ci.nsIPop3IncomingServer)"
                          ".leaveMessagesOnServer = false;")
                same(sorted(pop3_fetch(tb)), sorted(SUBJECTS[:6]))
                wait_for("the maildrop is empty",
                         lambda: not server.snapshot())
            tb.quit()
        finally:
            tb.kill()


PARTS = {
    "imap": lambda: imap(STARTTLS, "imap", "IMAP with STARTTLS: "),
    "imaps": lambda: imap(TLS, "imaps", "IMAP over TLS: "),
    "pop3": lambda: pop3(STARTTLS, "pop3", "POP3 with STLS: "),
    "pop3s": lambda: pop3(TLS, "pop3s", "POP3 over TLS: "),
}


def main():
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
    lib.finish()


if __name__ == "__main__":
    main()
