#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Several certificates, OCSP answers, client certificates, ticket keys: what a
client gets for the name that it asks for, and what a reload changes."""

import os
import re
import signal
import socket
import ssl
import subprocess
import tempfile

import certs
import family
import lib
from lib import HOST, Imap, check, need, same, wait_for

EXTRA = """fronts 3
tls ticket lifetime 6s
connections per address 1000
"""


def s_client(server, *options, port="imaps", name="localhost", ca=None):
    """The output of openssl s_client for a connection."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{HOST}:{server.ports[port]}",
         "-CAfile", ca or server.ca, "-servername", name, *options],
        input=b"", timeout=20, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    return done.stdout.decode(errors="replace")


def subject(text):
    found = re.search(r"^subject=CN ?= ?(\S+)", text, re.M)
    return found and found[1]


def key_of(text):
    """The type of the key that signed the handshake."""
    found = re.search(r"Peer signature type: (\S+)", text)
    return found and found[1]


def by_name(server, name, want, kind):
    for version in ("-tls1_2", "-tls1_3"):
        text = s_client(server, version, name=name)
        same(subject(text), want, f"{name} {version}: subject")
        need(kind in (key_of(text) or "").upper(), f"{version}: {text[-600:]}")


def both_kinds(server):
    """A client that supports only one key type gets that certificate."""
    for kind, algorithm in (("RSA", "RSA-PSS+SHA256:RSA+SHA256"),
                            ("ECDSA", "ECDSA+SHA256")):
        for name in ("both.example", "second.both.example"):
            for version in ("-tls1_2", "-tls1_3"):
                text = s_client(server, version, "-sigalgs", algorithm,
                                name=name)
                same(subject(text), "both.example", f"{kind} {version}")
                need(kind in (key_of(text) or "").upper(), text[-600:])


def staple(server):
    text = s_client(server, "-status", name="stapled.example")
    need("Cert Status: good" in text, text[:600])
    need("Response verify OK" in text or "OCSP Response Status: successful"
         in text, text[:600])
    text = s_client(server, "-status")
    need("OCSP response: no response sent" in text, text[:600])


def other_staple(server):
    """The OCSP answer belongs to the certificate in use, or there is none."""
    for name, kind in (("dual.example", "RSA-PSS+SHA256"),
                       ("dual.example", "ECDSA+SHA256")):
        text = s_client(server, "-status", "-tls1_3", "-sigalgs", kind,
                        name=name)
        same(subject(text), name)
        serial = {"R": server.dual[0], "E": server.dual[1]}[kind[0]]
        found = re.findall(r"Serial Number: ?(\S+)", text.split("---")[0])
        need(f"{serial:04X}" in found[:1] or "no response sent" in text,
             f"{kind}: {found}, not {serial:X}")


def client_certificate(server, own, stranger):
    """A client certificate of the CA is accepted, another one is refused, and
    none is needed."""
    def login(pair):
        context = server.context()
        if pair:
            context.load_cert_chain(*pair)
        with socket.create_connection((HOST, server.ports["imaps"]),
                                      10) as s:
            with context.wrap_socket(s) as t:
                t.sendall(f"a LOGIN alice {lib.PASSWORD}\r\n".encode())
                data = b""
                while b"\r\na " not in data:
                    got = t.recv(4096)
                    if not got:
                        return False
                    data += got
                return b"\r\na OK" in data

    need(login(None), "without a certificate")
    need(login(own), "with one of the CA")
    try:
        need(not login(stranger), "with a stranger's")
    except (ssl.SSLError, ConnectionError):
        pass


def reload(server):
    event = "is in force"
    before = family.log(server).count(event)
    for pid in family.parents(server):
        os.kill(pid, signal.SIGHUP)
    wait_for("both daemons have it in force",
             lambda: family.log(server).count(event) >= before + 2)


def shown(server):
    with Imap(server) as c:
        return ssl.DER_cert_to_PEM_cert(c.sock.getpeercert(True))


def new_certificate(server, ca, first):
    """After a reload new connections get the new certificate, and sessions
    under the old one go on."""
    old = shown(server)
    with Imap(server, user="alice") as c, \
            socket.create_connection((HOST, server.ports["imaps"])) as early:
        ca.issue("server", "ecdsa", "localhost")
        reload(server)
        wait_for("the new one", lambda: all(
            shown(server) != old for _ in range(6)))
        c.ok("NOOP")
        # This connection was accepted before the reload; its handshake is now.
        context = server.context()
        context.load_verify_locations(first.path("ca.pem"))
        context.set_alpn_protocols(["imap"])
        with context.wrap_socket(early, server_hostname="rsa.example") as t:
            need(t.recv(100).startswith(b"* OK"), "its greeting")
            same(t.selected_alpn_protocol(), "imap", "its ALPN")
    need("was killed by" not in family.log(server), "no front died")


def ticket(server, sess):
    """Connect, with the session in the file sess if it exists, and save the
    new session there.  Returns whether the old session was resumed, and the
    name of the ticket key."""
    text = s_client(server, "-tls1_2", "-sess_out", sess + ".new",
                    *(["-sess_in", sess] if os.path.exists(sess) else []))
    if os.path.exists(sess + ".new"):	# absent if no new session came
        os.replace(sess + ".new", sess)
    found = re.search(r"TLS session ticket:\s+0000 - ([0-9a-f -]{47})", text)
    return "Reused, " in text, found and found[1]


def ticket_on_every_front(server):
    """Every front accepts a ticket that one of them issued."""
    imapd = family.parents(server)[0]
    fronts = family.of_role(imapd, "front")
    same(len(fronts), 3, "fronts")
    with tempfile.TemporaryDirectory() as folder:
        sess = os.path.join(folder, "sess")
        for only in (fronts[0], fronts[1], fronts[2], fronts[0]):
            had_one = os.path.exists(sess)
            others = [pid for pid in fronts if pid != only]
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            try:
                reused, _ = ticket(server, sess)
            finally:
                for pid in others:
                    os.kill(pid, signal.SIGCONT)
            same(reused, had_one, "reused")


def ticket_keys_change(server):
    """Half-way through the lifetime comes a new key; tickets of the old one
    are still accepted, and renewed; much later they are not."""
    with tempfile.TemporaryDirectory() as folder:
        first = os.path.join(folder, "first")
        kept = os.path.join(folder, "kept")
        _, key = ticket(server, first)

        def another():
            if os.path.exists(kept):
                os.unlink(kept)
            return ticket(server, kept)[1] != key
        wait_for("another key", another, 10, 0.2)
        with open(first, "rb") as f, open(kept, "wb") as copy:
            copy.write(f.read())
        reused, now = ticket(server, kept)
        need(reused, "a ticket of the key before")
        need(now != key, "is renewed with the new key")
        wait_for("the first ticket is too old", lambda: not ticket(
            server, first)[0], 15, 1)


def ticket_survives_a_reload(server):
    with tempfile.TemporaryDirectory() as folder:
        sess = os.path.join(folder, "sess")
        ticket(server, sess)
        reload(server)
        need(ticket(server, sess)[0], "reused after a reload")


def ipv6(server):
    try:
        socket.create_connection(("::1", server.ports["imap"]), 5).close()
    except OSError:
        print("skip IPv6 listeners: this machine has none")
        return
    for port, cls in (("imap", lib.Imap), ("imaps", lib.Imap),
                      ("pop3", lib.Pop3), ("pop3s", lib.Pop3)):
        with check(f"login over IPv6 on {port}"):
            with cls(server, port, "alice", address="::1") as c:
                c.ok("NOOP")
    need("peer=[::1]:" in family.log(server),
         "the log has the address in brackets")


def main():
    with tempfile.TemporaryDirectory(prefix="penfold-test.") as folder:
        os.chmod(folder, 0o755)
        extra = os.path.join(folder, "extra.conf")
        first = certs.Ca(os.path.join(folder, "first"))
        other = certs.Ca(os.path.join(folder, "other"))
        lines = EXTRA
        for file, kind, names in (
                ("rsa", "rsa", ("rsa.example",)),
                ("ecdsa", "ecdsa", ("ecdsa.example", "*.wild.example")),
                ("both1", "rsa", ("both.example", "second.both.example")),
                ("both2", "ecdsa", ("both.example", "second.both.example")),
                ("staple", "ecdsa", ("stapled.example",)),
                ("dual1", "rsa", ("dual.example",)),
                ("dual2", "ecdsa", ("dual.example",))):
            crt, key = first.issue(file, kind, *names)
            lines += f'certificate "{crt}" key "{key}"'
            if file in ("staple", "dual1"):
                lines += f' ocsp "{first.staple(file)}"'
            lines += "\n"
        with open(extra, "w") as f:
            f.write(lines)
        own = first.issue("client", "ecdsa", "alice", usage="clientAuth")
        stranger = other.issue("client", "ecdsa", "alice",
                               usage="clientAuth")
        with lib.Server(CONF_EXTRA=extra,
                        CLIENT_CA=first.path("ca.pem")) as server:
            server.dual = (first.serial - 2, first.serial - 1)
            for name, want, kind in (
                    ("rsa.example", "rsa.example", "RSA"),
                    ("RSA.Example", "rsa.example", "RSA"),
                    ("ecdsa.example", "ecdsa.example", "ECDSA"),
                    ("a.wild.example", "ecdsa.example", "ECDSA"),
                    ("unknown.example", "localhost", "ECDSA"),
                    ("rsa.example.org", "localhost", "ECDSA")):
                with check(f"the certificate for {name}"):
                    by_name(server, name, want, kind)
            with check("RSA and ECDSA for one name"):
                both_kinds(server)
            with check("OCSP answer"):
                staple(server)
            with check("OCSP answer of two certificates for one name"):
                other_staple(server)
            with check("client certificates"):
                client_certificate(server, own, stranger)
            ipv6(server)
            for test in (ticket_on_every_front, ticket_keys_change,
                         ticket_survives_a_reload):
                with check(test.__name__):
                    test(server)
            with check("new_certificate"):
                new_certificate(server, certs.Ca(server.path("")), first)
    lib.finish()


if __name__ == "__main__":
    main()
