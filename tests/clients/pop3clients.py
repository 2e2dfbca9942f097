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
from lib import check, need, same

MESSAGES = [
    lib.message("First", "One.\n.two\n..three\n\n.\n"),
    lib.message("Second", "Ünïcödé 日本\n"),
    lib.message("Third", "x" * 70 + "\n",
                attachment=("a.bin", bytes(range(256)) * 99)),
]


def maildir(server, name):
    path = os.path.join(server.dir, name)
    for sub in ("new", "cur", "tmp"):
        os.makedirs(os.path.join(path, sub))
    return path


def contents(path):
    found = []
    for name in glob.glob(os.path.join(path, "new", "*")):
        with open(name, "rb") as f:
            found.append(f.read().replace(b"\r\n", b"\n"))
    return found


def bodies(data):
    """From the Subject on, which clients do not change."""
    return sorted(d[d.index(b"Subject:"):] for d in data)


WANT = [m.replace(b"\r\n", b"\n") for m in MESSAGES]


def mpop(server, port, tls):
    box = maildir(server, "mpop-" + port)
    config = os.path.join(server.dir, "mpoprc-" + port)
    with open(config, "w") as f:
        f.write(f"account test\nhost localhost\nport {server.ports[port]}\n"
                f"user alice\npassword {lib.PASSWORD}\ntls on\n"
                f"tls_starttls {tls}\ntls_trust_file {server.ca}\n"
                f"delivery maildir {box}\nreceived_header off\n"
                f"uidls_file {config}.uidls\nkeep on\n")
    os.chmod(config, 0o600)
    command = ["mpop", "-C", config, "test"]
    lib.run(command)
    same(bodies(contents(box)), bodies(WANT), "messages")
    same(len(server.snapshot()), 3, "kept on the server")
    lib.run(command)
    same(len(contents(box)), 3, "nothing comes twice")


def fetchmail(server, port, options):
    box = os.path.join(server.dir, "fetchmail-" + port)
    config = os.path.join(server.dir, "fetchmailrc-" + port)
    home = os.path.join(server.dir, "home-" + port)
    os.makedirs(home)
    os.makedirs(box)
    protocol = "imap" if port.startswith("imap") else "pop3"
    # The command after mda reads one message from standard input.
    with open(config, "w") as f:
        f.write(f'poll localhost protocol {protocol} service '
                f'{server.ports[port]}\n user "alice" password '
                f'"{lib.PASSWORD}" {options} sslcertck\n sslcertfile '
                f'"{server.ca}" fetchall nokeep\n'
                f' mda "cat >{box}/$(mktemp -u XXXXXXXX)"\n')
    os.chmod(config, 0o600)
    lib.run(["fetchmail", "-f", config, "--nosyslog", "--invisible"],
            env=dict(os.environ, HOME=home, FETCHMAILHOME=home))
    got = []
    for name in glob.glob(box + "/*"):
        with open(name, "rb") as f:
            got.append(f.read().replace(b"\r\n", b"\n"))
    same(bodies(got), bodies(WANT), "messages")
    same(server.snapshot(), {}, "taken from the server")


def by_poplib(server):
    client = server.pop3()
    same(client.stat(), (3, sum(map(len, MESSAGES))), "STAT")
    sizes = [int(line.split()[1]) for line in client.list()[1]]
    same(sizes, [len(m) for m in MESSAGES], "LIST")
    for number, raw in enumerate(MESSAGES, 1):
        lines = client.retr(number)[1]
        same(b"".join(line + b"\r\n" for line in lines), raw, "RETR")
        head = b"\r\n".join(client.top(number, 0)[1])
        same(head, raw[:raw.index(b"\r\n\r\n") + 2], "TOP")
    ids = [line.split()[1] for line in client.uidl()[1]]
    same(len(set(ids)), 3, "UIDL")
    client.dele(2)
    same(client.stat()[0], 2, "STAT after DELE")
    client.rset()
    same(client.stat()[0], 3, "STAT after RSET")
    client.dele(1)
    client.close()
    client = server.pop3()
    same(client.stat()[0], 3, "a cut connection deletes nothing")
    same([line.split()[1] for line in client.uidl()[1]], ids, "UIDL again")
    client.dele(1)
    client.quit()
    same(sorted(server.snapshot()), sorted(
        re.search(rb"Subject: (.*)\r", m)[1].decode() for m in MESSAGES[1:]))


def by_poplib_stls(server):
    client = poplib.POP3(lib.HOST, server.ports["pop3"], timeout=30)
    need("STLS" in client.capa(), "STLS is offered")
    need("USER" not in client.capa(), "USER is not")
    client.stls(context=server.context())
    need("USER" in client.capa(), "USER is offered after STLS")
    client.user("alice")
    client.pass_(lib.PASSWORD)
    client.quit()


def main():
    with lib.Server() as server:
        server.append(MESSAGES)
        for port, tls in (("pop3s", "off"), ("pop3", "on")):
            with check("mpop, " + port):
                mpop(server, port, tls)
        with check("poplib with STLS"):
            by_poplib_stls(server)
        with check("poplib"):
            by_poplib(server)
    for port, options in (("pop3s", "ssl"), ("pop3", "sslproto TLS1.2+"),
                          ("imaps", "ssl"), ("imap", "sslproto TLS1.2+")):
        with lib.Server() as server:
            server.append(MESSAGES)
            with check("fetchmail, " + port):
                fetchmail(server, port, options)
    lib.finish()


if __name__ == "__main__":
    main()
