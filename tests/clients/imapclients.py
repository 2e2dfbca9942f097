#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""curl, neomutt and imaplib: short sessions of three more clients."""

import imaplib
import os

import lib
from lib import check, expect, expect_in, expect_not_in, wait_for

MESSAGES = [
    lib.message("First", "One.\n"),
    lib.message("Second with ü", "Zwei mit Ümläuten.\n"),
    lib.message("Third", "Three.\n", attachment=("a.bin", b"\0\1\2" * 500)),
]


PORTS = ("imaps", "imap")


def curl(server, port, url, *options):
    scheme = "imaps" if port == "imaps" else "imap"
    return lib.run(
        ["curl", "-s", "-S", "--ssl-reqd", "--cacert", server.ca, "-u",
         "alice:" + lib.PASSWORD, *options,
         f"{scheme}://localhost:{server.ports[port]}/{url}"])


@check("{}: curl lists mailboxes", with_each=PORTS)
def curl_list(server, port):
    expect_in("INBOX", curl(server, port, ""), "LIST")


@check("{}: curl gets the octets of a message", with_each=PORTS)
def curl_fetch(server, port):
    text = curl(server, port, "INBOX;UID=1")
    expect(text.encode(), MESSAGES[0].replace(b"\r\n", b"\n")
           if "\r" not in text else MESSAGES[0], "UID 1")


@check("{}: curl finds a message", with_each=PORTS)
def curl_search(server, port):
    expect_in("SEARCH 3", curl(server, port, "INBOX?SUBJECT%20Third"),
              "SEARCH")


@check("{}: curl uploads a message", with_each=PORTS)
def curl_upload(server, port):
    path = os.path.join(server.dir, "upload")
    with open(path, "wb") as f:
        f.write(lib.message("Uploaded by " + port))
    curl(server, port, "Drafts", "-T", path)
    expect_in("Uploaded by " + port, server.snapshot(mailbox="Drafts"),
              "Drafts")


MUTTRC = """
set folder = imaps://localhost:{port}/
set spoolfile = +INBOX
set imap_user = carol
set imap_pass = {password}
set certificate_file = {ca}
set ssl_usesystemcerts = no
set ssl_verify_host = no
set ssl_force_tls = yes
set ssl_starttls = yes
set header_cache = {home}/cache
set quit = yes
set delete = yes
set move = no
set mail_check = 1
set imap_idle = no
set confirmcreate = no
set confirmappend = no
set record = ""
set sleep_time = 0
push "{keys}"
"""


@check("neomutt flags a message, copies another and deletes a third")
def neomutt(server):
    home = os.path.join(server.dir, "neomutt")
    os.makedirs(home)
    rc = os.path.join(home, "rc")
    keys = ("<search>Second<enter><flag-message>"
            "<first-entry><search>~sThird<enter><copy-message>=Archive<enter>"
            "<first-entry><search>~sFirst<enter><delete-message>"
            "<sync-mailbox><quit>")
    with open(rc, "w") as f:
        f.write(MUTTRC.format(port=server.ports["imaps"], home=home,
                              password=lib.PASSWORD, ca=server.ca, keys=keys))
    # neomutt needs a terminal, which script(1) provides.
    lib.run(["script", "-qec", f"neomutt -n -F {rc}", "/dev/null"],
            env=dict(os.environ, HOME=home, TERM="xterm"))
    wait_for("neomutt's changes are there", lambda: (
        "First" not in server.snapshot("carol")
        and "Third" in server.snapshot("carol", "Archive")))
    flags = [flags for subject, flags in server.snapshot("carol").items()
             if "Second" in subject]
    expect(len(flags), 1, "messages with Second")
    expect_in("\\Flagged", flags[0], "flags")


def imaplib_client(server):
    return imaplib.IMAP4(lib.HOST, server.ports["imap"], timeout=30)


@check("imaplib: before TLS login is refused, and [PRIVACYREQUIRED] says why "
       "(RFC 3501 6.2.3, RFC 5530 3)")
def imaplib_before_tls(server):
    client = imaplib_client(server)
    expect_in("LOGINDISABLED", client.capabilities, "before TLS")
    try:
        client.login("bob", lib.PASSWORD)
    except imaplib.IMAP4.error as error:
        expect_in("PRIVACYREQUIRED", str(error), "LOGIN")
    else:
        raise AssertionError("login before TLS was accepted")
    client.starttls(server.context())
    expect_not_in("LOGINDISABLED", client.capabilities, "within TLS")
    client.logout()


@check("imaplib: a message is appended, read, copied and expunged")
def imaplib_session(server):
    client = imaplib_client(server)
    client.starttls(server.context())
    client.authenticate("PLAIN", lambda _: b"\0bob\0testpass")
    expect(client.select()[0], "OK", "SELECT")
    expect(client.append("INBOX", "\\Seen", imaplib.Time2Internaldate(0),
                         MESSAGES[1])[0], "OK", "APPEND")
    expect(client.noop()[0], "OK", "NOOP")
    expect(client.uid("FETCH", "1", "(BODY.PEEK[])")[1][0][1], MESSAGES[1],
           "BODY[]")
    expect(client.uid("COPY", "1", "Sent")[0], "OK", "COPY")
    expect(client.uid("STORE", "1", "+FLAGS", "(\\Deleted)")[0], "OK", "STORE")
    expect(client.expunge()[1], [b"1"], "EXPUNGE")
    client.close()
    client.logout()
    expect(list(server.snapshot("bob")), [], "INBOX")
    expect(len(server.snapshot("bob", "Sent")), 1, "messages in Sent")


class Server(lib.Server):
    def __init__(self):
        super().__init__("alice bob carol")
        for user in ("alice", "carol"):
            self.append(MESSAGES, user)


def main():
    lib.on(Server, curl_list, curl_fetch, curl_search, curl_upload,
           imaplib_before_tls, imaplib_session, neomutt)
    lib.finish()


if __name__ == "__main__":
    main()
