#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""fetchmail, mpop and poplib: they fetch what was sent, byte by byte, and what
they delete is gone."""

import glob
import os
import poplib
import re

import lib
from lib import check, expect, expect_in, expect_not_in

MESSAGES = [
    lib.message("First", "One.\n.two\n..three\n\n.\n"),
    lib.message("Second", "Ünïcödé 日本\n"),
    lib.message("Third", "x" * 70 + "\n",
                attachment=("a.bin", bytes(range(256)) * 99)),
]
USERS = [f"user{n}" for n in range(12)]
next_user = iter(USERS)


def filled(server):
    """A user who has these messages and whom no other check uses."""
    user = next(next_user)
    server.append(MESSAGES, user)
    return user


def contents(folder):
    found = []
    for name in glob.glob(os.path.join(folder, "*")):
        with open(name, "rb") as f:
            found.append(f.read().replace(b"\r\n", b"\n"))
    return found


def bodies(data):
    """From the Subject on, which clients do not change."""
    return sorted(d[d.index(b"Subject:"):] for d in data)


WANT = bodies(m.replace(b"\r\n", b"\n") for m in MESSAGES)


@check("{0}: mpop gets the octets of each message once, and leaves it there",
       with_each=(("pop3s", "off"), ("pop3", "on")))
def mpop(server, row):
    port, starttls = row
    user = filled(server)
    home = os.path.join(server.dir, "mpop-" + port)
    for sub in ("new", "cur", "tmp"):
        os.makedirs(os.path.join(home, "mail", sub))
    config = os.path.join(home, "mpoprc")
    with open(config, "w") as f:
        f.write(f"account test\nhost localhost\nport {server.ports[port]}\n"
                f"user {user}\npassword {lib.PASSWORD}\ntls on\n"
                f"tls_starttls {starttls}\ntls_trust_file {server.ca}\n"
                f"delivery maildir {home}/mail\nreceived_header off\n"
                f"uidls_file {config}.uidls\nkeep on\n")
    os.chmod(config, 0o600)
    for _ in range(2):
        lib.run(["mpop", "-C", config, "test"])
        expect(bodies(contents(home + "/mail/new")), WANT, "messages")
        expect(len(server.snapshot(user)), 3, "messages on the server")


@check("{0}: fetchmail takes the octets of each message from the server",
       with_each=(("pop3s", "ssl"), ("pop3", "sslproto TLS1.2+"),
                  ("imaps", "ssl"), ("imap", "sslproto TLS1.2+")))
def fetchmail(server, row):
    port, options = row
    user = filled(server)
    home = os.path.join(server.dir, "fetchmail-" + port)
    os.makedirs(home + "/mail")
    config = os.path.join(home, "fetchmailrc")
    protocol = "imap" if port.startswith("imap") else "pop3"
    # The command after mda reads one message from standard input.
    with open(config, "w") as f:
        f.write(f'poll localhost protocol {protocol} service '
                f'{server.ports[port]}\n user "{user}" password '
                f'"{lib.PASSWORD}" {options} sslcertck\n sslcertfile '
                f'"{server.ca}" fetchall nokeep\n'
                f' mda "cat >{home}/mail/$(mktemp -u XXXXXXXX)"\n')
    os.chmod(config, 0o600)
    # As root, its pidfile would be that of the whole machine.
    lib.run(["fetchmail", "-f", config, "--nosyslog", "--invisible",
             "--pidfile", os.path.join(home, "pid")],
            env=dict(os.environ, HOME=home, FETCHMAILHOME=home))
    expect(bodies(contents(home + "/mail")), WANT, "messages")
    expect(server.snapshot(user), {}, "messages on the server")


@check("poplib: STAT and LIST tell the octets that RETR sends, and TOP sends "
       "the header (RFC 1939 5, 7)")
def poplib_reads(server):
    client = server.pop3(filled(server))
    expect(client.stat(), (3, sum(map(len, MESSAGES))), "STAT")
    expect([int(line.split()[1]) for line in client.list()[1]],
           [len(m) for m in MESSAGES], "LIST")
    for number, raw in enumerate(MESSAGES, 1):
        lines = client.retr(number)[1]
        expect(b"".join(line + b"\r\n" for line in lines), raw, "RETR")
        head = b"\r\n".join(client.top(number, 0)[1])
        expect(head, raw[:raw.index(b"\r\n\r\n") + 2], "TOP")
    client.quit()


def uidl(client):
    return [line.split()[1] for line in client.uidl()[1]]


@check("poplib: RSET and a cut connection delete nothing, QUIT deletes "
       "(RFC 1939 5, 6)")
def poplib_deletes(server):
    user = filled(server)
    client = server.pop3(user)
    ids = uidl(client)
    expect(len(set(ids)), 3, "unique ids")
    client.dele(2)
    expect(client.stat()[0], 2, "STAT after DELE")
    client.rset()
    expect(client.stat()[0], 3, "STAT after RSET")
    client.dele(1)
    client.close()
    client = server.pop3(user)
    expect(client.stat()[0], 3, "STAT after a cut connection")
    expect(uidl(client), ids, "UIDL after a cut connection")
    client.dele(1)
    client.quit()
    expect(sorted(server.snapshot(user)), sorted(
        re.search(rb"Subject: (.*)\r", m)[1].decode() for m in MESSAGES[1:]),
        "messages after QUIT")


@check("poplib: USER is offered after STLS, and works (RFC 2595 4)")
def poplib_stls(server):
    client = poplib.POP3(lib.HOST, server.ports["pop3"], timeout=30)
    expect_in("STLS", client.capa(), "CAPA")
    expect_not_in("USER", client.capa(), "CAPA before STLS")
    client.stls(context=server.context())
    expect_in("USER", client.capa(), "CAPA after STLS")
    client.user("alice")
    client.pass_(lib.PASSWORD)
    client.quit()


def main():
    lib.on(lambda: lib.Server(" ".join(["alice", *USERS])), mpop, fetchmail,
           poplib_reads, poplib_deletes, poplib_stls)
    lib.finish()


if __name__ == "__main__":
    main()
