#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Several certificates, OCSP answers, client certificates, ticket keys: what a
client gets for the name that it asks for, and what a reload changes."""

import contextlib
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
from lib import HOST, Imap, Pop3, check, expect, expect_in, expect_match, \
    expect_not_in, need, wait_for

CONF = """fronts 3
tls ticket lifetime 6s
connections per address 1000
"""
CERTIFICATES = (
    # file, type of the key, names
    ("rsa", "rsa", ("rsa.example",)),
    ("ecdsa", "ecdsa", ("ecdsa.example", "*.wild.example")),
    ("both1", "rsa", ("both.example", "second.both.example")),
    ("both2", "ecdsa", ("both.example", "second.both.example")),
    ("staple", "ecdsa", ("stapled.example",)),
    ("dual1", "rsa", ("dual.example",)),
    ("dual2", "ecdsa", ("dual.example",)),
)
STAPLED = ("staple", "dual1")


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


def expect_certificate(text, name, kind, what):
    """The output is of a handshake with the certificate of that subject."""
    expect(subject(text), name, f"{what}: subject")
    expect_in(kind, (key_of(text) or text[-200:]).upper(),
              f"{what}: type of the key")


@check("{0} gets the {2} certificate of {1} (RFC 6066 3)", with_each=[
    ("rsa.example", "rsa.example", "RSA"),
    ("RSA.Example", "rsa.example", "RSA"),
    ("ecdsa.example", "ecdsa.example", "ECDSA"),
    ("a.wild.example", "ecdsa.example", "ECDSA"),
    ("unknown.example", "localhost", "ECDSA"),
    ("rsa.example.org", "localhost", "ECDSA")])
def by_name(server, row):
    name, want, kind = row
    for version in ("-tls1_2", "-tls1_3"):
        expect_certificate(s_client(server, version, name=name), want, kind,
                           version)


@check("of a name with two certificates, a client that supports only {0} keys "
       "gets the {0} certificate", with_each=[
           ("RSA", "RSA-PSS+SHA256:RSA+SHA256"), ("ECDSA", "ECDSA+SHA256")])
def both_kinds(server, row):
    kind, algorithm = row
    for name in ("both.example", "second.both.example"):
        for version in ("-tls1_2", "-tls1_3"):
            text = s_client(server, version, "-sigalgs", algorithm, name=name)
            expect_certificate(text, "both.example", kind, f"{name} {version}")


@check("a certificate with an OCSP answer has it stapled (RFC 6066 8)")
def staple(server):
    text = s_client(server, "-status", name="stapled.example")
    expect_in("Cert Status: good", text, "the answer")
    expect_match("Response verify OK|OCSP Response Status: successful", text,
                 "the answer")


@check("a certificate without an OCSP answer has none stapled")
def no_staple(server):
    text = s_client(server, "-status")
    expect_in("OCSP response: no response sent", text, "the answer")


@check("of two certificates for a name, the {0} one has no OCSP answer of the "
       "other", with_each=[("RSA", "RSA-PSS+SHA256"),
                           ("ECDSA", "ECDSA+SHA256")])
def other_staple(server, row):
    kind, algorithm = row
    text = s_client(server, "-status", "-tls1_3", "-sigalgs", algorithm,
                    name="dual.example")
    expect(subject(text), "dual.example", "subject")
    serial = server.serials["dual1" if kind == "RSA" else "dual2"]
    if "no response sent" not in text:
        found = re.findall(r"Serial Number: ?(\S+)", text.split("---")[0])
        expect_in(f"{serial:04X}", found[:1], "serial number in the answer")


def login(server, pair):
    """Try to log in with this client certificate and key."""
    context = server.context()
    if pair:
        context.load_cert_chain(*pair)
    with socket.create_connection((HOST, server.ports["imaps"]), 10) as s:
        with context.wrap_socket(s) as t:
            t.sendall(f"a LOGIN alice {lib.PASSWORD}\r\n".encode())
            data = b""
            while b"\r\na " not in data:
                got = t.recv(4096)
                if not got:
                    return False
                data += got
            return b"\r\na OK" in data


@check("a client needs no certificate")
def no_client_certificate(server):
    expect(login(server, None), True, "login")


@check("a client certificate of the CA in `client ca` is accepted")
def client_certificate(server):
    expect(login(server, server.own), True, "login")


@check("a client certificate of another CA is refused")
def foreign_client_certificate(server):
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        expect(login(server, server.stranger), False, "login")


def reload(server):
    event = "is in force"
    before = server.log_text().count(event)
    for pid in family.parents(server):
        os.kill(pid, signal.SIGHUP)
    wait_for("both daemons have it in force",
             lambda: server.log_text().count(event) >= before + 2)


def shown(server):
    with Imap(server) as c:
        return ssl.DER_cert_to_PEM_cert(c.sock.getpeercert(True))


def renew(server):
    """Replace the server's certificate, and wait until each front uses the
    new one."""
    old = shown(server)
    certs.Ca(server.path("")).issue("server", "ecdsa", "localhost")
    reload(server)
    wait_for("the new certificate", lambda: all(
        shown(server) != old for _ in range(6)))


@check("after a reload new connections get the new certificate, and sessions "
       "go on under the old one")
def new_certificate(server):
    with Imap(server, user="alice") as c:
        renew(server)
        c.ok("NOOP")
    expect_not_in("was killed by", server.log_text(), "the log")


@check("a connection that was accepted before a reload can do its handshake "
       "after it")
def late_handshake(server):
    with socket.create_connection((HOST, server.ports["imaps"])) as early:
        renew(server)
        context = server.context()
        context.load_verify_locations(server.other_ca)
        context.set_alpn_protocols(["imap"])
        with context.wrap_socket(early, server_hostname="rsa.example") as t:
            expect_match(rb"^\* OK", t.recv(100), "greeting")
            expect(t.selected_alpn_protocol(), "imap", "ALPN")
    expect_not_in("was killed by", server.log_text(), "the log")


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


@check("each front accepts a TLS ticket that another front issued")
def ticket_on_every_front(server):
    imapd = family.parents(server)[0]
    fronts = family.of_role(imapd, "front")
    expect(len(fronts), 3, "fronts")
    with tempfile.TemporaryDirectory() as folder:
        sess = os.path.join(folder, "sess")
        for number in (0, 1, 2, 0):
            had_one = os.path.exists(sess)
            others = [pid for pid in fronts if pid != fronts[number]]
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            try:
                reused, _ = ticket(server, sess)
            finally:
                for pid in others:
                    os.kill(pid, signal.SIGCONT)
            expect(reused, had_one, f"resumed by front {number}")


@check("half-way through `tls ticket lifetime` tickets of the old key are "
       "accepted and renewed with a new key, and much later they are refused")
def ticket_keys_change(server):
    # On a slow machine the old key may be too old by the time it is tried.
    need(any(old_key_is_accepted(server) for _ in range(5)),
         "a ticket of the key before is accepted")


def old_key_is_accepted(server):
    with tempfile.TemporaryDirectory() as folder:
        first = os.path.join(folder, "first")
        kept = os.path.join(folder, "kept")
        _, key = ticket(server, first)

        def another():
            if os.path.exists(kept):
                os.unlink(kept)
            return ticket(server, kept)[1] != key
        wait_for("another key", another, pause=0.2)
        with open(first, "rb") as f, open(kept, "wb") as copy:
            copy.write(f.read())
        reused, now = ticket(server, kept)
        need(now != key, f"the new ticket: want another key than {key}")
        wait_for("the first ticket is too old", lambda: not ticket(
            server, first)[0], pause=1)
        return reused


@check("a TLS ticket is accepted after a reload")
def ticket_survives_a_reload(server):
    with tempfile.TemporaryDirectory() as folder:
        sess = os.path.join(folder, "sess")
        ticket(server, sess)
        reload(server)
        expect(ticket(server, sess)[0], True, "resumed")


def no_ipv6():
    """Why IPv6 can't be tried here, if so."""
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
    except OSError:
        return "this machine has none"
    return ""


@check("{}: a client of an IPv6 address can log in, and the log has the "
       "address in brackets", skip=no_ipv6(),
       with_each=("imap", "imaps", "pop3", "pop3s"))
def ipv6(server, port):
    client = Imap if port.startswith("imap") else Pop3
    with client(server, port, "alice", address="::1") as c:
        c.ok("NOOP")
        number = c.sock.getsockname()[1]
    expect_in(f"peer=[::1]:{number} ", server.log_text(), "the log")


@contextlib.contextmanager
def served():
    """A server with all certificates, and attributes for the checks: serials
    of its certificates by file, own and stranger for clients, and other_ca,
    the CA of all but the first."""
    with tempfile.TemporaryDirectory(prefix="penfold-test.") as folder:
        os.chmod(folder, 0o755)
        ca = certs.Ca(os.path.join(folder, "first"))
        other = certs.Ca(os.path.join(folder, "other"))
        conf, serials = CONF, {}
        for file, kind, names in CERTIFICATES:
            crt, key = ca.issue(file, kind, *names)
            serials[file] = ca.serial
            conf += f'certificate "{crt}" key "{key}"'
            if file in STAPLED:
                conf += f' ocsp "{ca.staple(file)}"'
            conf += "\n"
        own = ca.issue("client", "ecdsa", "alice", usage="clientAuth")
        stranger = other.issue("client", "ecdsa", "alice", usage="clientAuth")
        with lib.Server(conf=conf, CLIENT_CA=ca.path("ca.pem")) as server:
            server.serials, server.other_ca = serials, ca.path("ca.pem")
            server.own, server.stranger = own, stranger
            yield server


def main():
    lib.on(served, by_name, both_kinds, staple, no_staple, other_staple,
           no_client_certificate, client_certificate,
           foreign_client_certificate, ipv6, ticket_on_every_front,
           ticket_keys_change, ticket_survives_a_reload, new_certificate,
           late_handshake)
    lib.finish()


if __name__ == "__main__":
    main()
