#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""curl, neomutt and imaplib: short sessions of three more clients."""

import imaplib
import os

import lib
from lib import check, need, same, wait_for

MESSAGES = [
    lib.message("First", "One.\n"),
    lib.message("Second with ü", "Zwei mit Ümläuten.\n"),
    lib.message("Third", "Three.\n", attachment=("a.bin", b"\0\1\2" * 500)),
]


def curl(server, port, url, *options):
    scheme = "imaps" if port == "imaps" else "imap"
    return lib.run(
        ["curl", "-s", "-S", "--ssl-reqd", "--cacert", server.ca, "-u",
         "alice:" + lib.PASSWORD, *options,
         f"{scheme}://localhost:{server.ports[port]}/{url}"])


def with_curl(server, port):
    need("INBOX" in curl(server, port, ""), "LIST")
    text = curl(server, port, "INBOX;UID=1")
    same(text.encode(), MESSAGES[0].replace(b"\r\n", b"\n")
         if "\r" not in text else MESSAGES[0], "UID 1")
    need("SEARCH 3" in curl(server, port, "INBOX?SUBJECT%20Third"), "SEARCH")
    path = os.path.join(server.dir, "upload")
    with open(path, "wb") as f:
        f.write(lib.message("Uploaded by " + port))
    curl(server, port, "Drafts", "-T", path)
    need("Uploaded by " + port in server.snapshot(mailbox="Drafts"),
         "uploaded")


MUTTRC = """
set folder = imaps://localhost:{port}/
set spoolfile = +INBOX
set imap_user = alice
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


def with_neomutt(server):
    """Flag one message, copy another, delete a third, and quit."""
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
            timeout=60, env=dict(os.environ, HOME=home, TERM="xterm"))
    wait_for("neomutt's changes are there", lambda: (
        "First" not in server.snapshot()
        and "Third" in server.snapshot(mailbox="Archive")), 10)
    need(any("\\Flagged" in flags for subject, flags in
             server.snapshot().items() if "Second" in subject), "flagged")


def with_imaplib(server):
    client = imaplib.IMAP4(lib.HOST, server.ports["imap"], timeout=30)
    need("LOGINDISABLED" in client.capabilities, "no login before TLS")
    try:
        client.login("alice", lib.PASSWORD)
    except imaplib.IMAP4.error as error:
        need("PRIVACYREQUIRED" in str(error), "and it says why")
    else:
        raise AssertionError("login before TLS was accepted")
    client.starttls(server.context())
    need("LOGINDISABLED" not in client.capabilities, "login after TLS")
    client.authenticate("PLAIN", lambda _: b"\0bob\0testpass")
    same(client.select()[0], "OK", "SELECT")
    same(client.append("INBOX", "\\Seen", imaplib.Time2Internaldate(0),
                       MESSAGES[1])[0], "OK", "APPEND")
    same(client.noop()[0], "OK", "NOOP")
    same(client.uid("FETCH", "1", "(BODY.PEEK[])")[1][0][1], MESSAGES[1],
         "what was appended")
    same(client.uid("COPY", "1", "Sent")[0], "OK", "COPY")
    same(client.uid("STORE", "1", "+FLAGS", "(\\Deleted)")[0], "OK", "STORE")
    same(client.expunge()[1], [b"1"], "EXPUNGE")
    client.close()
    client.logout()
    same(list(server.snapshot("bob")), [], "INBOX")
    same(len(server.snapshot("bob", "Sent")), 1, "Sent")


def main():
    with lib.Server() as server:
        server.append(MESSAGES)
        for port in ("imaps", "imap"):
            with check("curl, " + port):
                with_curl(server, port)
        with check("imaplib"):
            with_imaplib(server)
        with check("neomutt"):
            with_neomutt(server)
    lib.finish()


if __name__ == "__main__":
    main()
