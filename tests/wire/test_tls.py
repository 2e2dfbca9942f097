#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""TLS on all four ports: versions, ciphers, names, tickets, STARTTLS."""

import contextlib
import socket
import ssl
import subprocess
import tempfile
import warnings

import certs
import lib
from lib import Closed, Imap, Pop3, check, expect, expect_in, expect_match, \
    expect_not_in, need

warnings.simplefilter("ignore", DeprecationWarning)

# Ports, and the protocol in which openssl says STARTTLS there.
PORTS = {"imap": "imap", "imaps": None, "pop3": "pop3", "pop3s": None}
TLS_PORTS = ("imaps", "pop3s")
CLEAR_PORTS = ("imap", "pop3")

# Alerts of TLS (RFC 8446, 6).
HANDSHAKE_FAILURE, PROTOCOL_VERSION, NO_PROTOCOL = 40, 70, 120


class Server(lib.Server):
    """A server with an ECDSA certificate for localhost, and one for the name
    rsa.example with a key that could encrypt, too."""

    def __init__(self, **env):
        with tempfile.TemporaryDirectory() as folder:
            ca = certs.Ca(folder)
            crt, key = ca.issue("rsa", "rsa", "rsa.example")
            super().__init__(conf=f'certificate "{crt}" key "{key}"\n', **env)
            with open(ca.path("ca.pem")) as theirs, open(self.ca) as ours, \
                    open(self.path("both.pem"), "w") as both:
                both.write(theirs.read() + ours.read())


def s_client(server, port, *options, name="localhost", verify=None):
    """The output of openssl s_client, with a failed verification fatal.  name
    is the one that it asks for, and verify the one that it must get."""
    command = ["openssl", "s_client", "-connect",
               f"{lib.HOST}:{server.ports[port]}", "-CAfile",
               server.path("both.pem"), "-verify_return_error",
               "-verify_hostname", verify or name, "-servername", name,
               "-brief", *options]
    if PORTS[port]:
        command += ["-starttls", PORTS[port]]
    done = subprocess.run(command, input=b"QUIT\r\n", timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode(errors="replace")


def refused(server, port, alert, *options, name="localhost"):
    """The server refuses these options, with an alert."""
    text = s_client(server, port, *options, name=name)
    expect_not_in("CONNECTION ESTABLISHED", text, " ".join(options))
    expect_in(f"SSL alert number {alert}\n", text, " ".join(options))


def accepted(server, port, cipher, *options, name="localhost"):
    text = s_client(server, port, *options, name=name)
    expect_in("CONNECTION ESTABLISHED", text, " ".join(options))
    expect_match(f"Ciphersuite: [A-Z0-9-]*{cipher}", text, " ".join(options))


@contextlib.contextmanager
def connected(server, port):
    with socket.create_connection((lib.HOST, server.ports[port]), 10) as s:
        yield s


@contextlib.contextmanager
def handshake(server, port, context=None, session=None):
    context = context or server.context()
    with connected(server, port) as s:
        with context.wrap_socket(s, server_hostname="localhost",
                                 session=session) as tls:
            yield tls


# Versions and ciphers.

@check("{}: openssl verifies the certificate, and gets TLS 1.3",
       with_each=PORTS)
def verified(server, port):
    text = s_client(server, port)
    expect_match("Verification: OK|Verified peername", text, "s_client")
    expect_in("TLSv1.3", text, "s_client")


@check("{}: a session works from login to logout", with_each=PORTS)
def login(server, port):
    kind = Imap if port.startswith("imap") else Pop3
    with kind(server, port, "alice") as c:
        c.ok("NOOP")
        c.ok("LOGOUT" if kind is Imap else "QUIT")
        need(c.closed(), "the connection is closed")


@check("{}: TLS 1.0 and 1.1 are refused (RFC 8996)", with_each=PORTS)
def old_versions(server, port):
    for version in ("-tls1", "-tls1_1"):
        refused(server, port, PROTOCOL_VERSION, version, "-cipher",
                "ALL:@SECLEVEL=0")


@check("{}: CBC ciphers are refused (RFC 9325 4.2)", with_each=PORTS)
def cbc(server, port):
    refused(server, port, HANDSHAKE_FAILURE, "-tls1_2", "-cipher",
            "ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384")
    refused(server, port, HANDSHAKE_FAILURE, "-tls1_2", "-cipher",
            "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA384",
            name="rsa.example")


@check("{}: key exchange by RSA is refused (RFC 9325 4.1)", with_each=PORTS)
def rsa_kex(server, port):
    refused(server, port, HANDSHAKE_FAILURE, "-tls1_2", "-cipher",
            "AES128-GCM-SHA256")
    refused(server, port, HANDSHAKE_FAILURE, "-tls1_2", "-cipher",
            "AES128-GCM-SHA256:AES256-GCM-SHA384", name="rsa.example")


@check("{}: TLS 1.2 has AES-GCM and CHACHA20, with both kinds of keys "
       "(RFC 9325 4.2)", with_each=PORTS)
def aead(server, port):
    accepted(server, port, "GCM", "-tls1_2")
    accepted(server, port, "CHACHA20", "-tls1_2", "-cipher",
             "ECDHE+CHACHA20")
    accepted(server, port, "ECDHE-RSA-AES128-GCM", "-tls1_2", "-cipher",
             "ECDHE-RSA-AES128-GCM-SHA256", name="rsa.example")


# Extensions.

@check("ALPN selects {1} on {0} (RFC 7301)",
       with_each=(("imaps", "imap"), ("pop3s", "pop3")))
def alpn(server, row):
    port, name = row
    context = server.context()
    context.set_alpn_protocols(["h2", name])
    with handshake(server, port, context) as tls:
        expect(tls.selected_alpn_protocol(), name, "ALPN")


@check("{0}: a client that offers {1} alone gets the alert "
       "no_application_protocol (RFC 7301 3.2)",
       with_each=(("imaps", "http/1.1"), ("imaps", "pop3"), ("pop3s", "h2"),
                  ("imap", "http/1.1"), ("pop3", "imap")))
def alpn_of_others(server, row):
    port, name = row
    refused(server, port, NO_PROTOCOL, "-alpn", name)


def resumed(server, context, count):
    session = None
    for i in range(count):
        with handshake(server, "imaps", context, session) as tls:
            tls.recv(1000)
            if i:
                need(tls.session_reused, f"connection {i} is resumed")
            session = tls.session


@check("a ticket of TLS 1.2 is taken by each front (RFC 5077)")
def tickets_of_tls12(server):
    context = server.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    resumed(server, context, 12)


@check("a ticket of TLS 1.3 is taken by each front (RFC 8446 4.6.1)")
def tickets_of_tls13(server):
    context = server.context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    resumed(server, context, 6)


@check("a client of TLS 1.3 gets one ticket: it opens few connections")
def one_ticket(server):
    context = server.context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    got = []
    # There is no public function that shows the messages of a handshake.
    context._msg_callback = lambda conn, way, version, content, kind, data: \
        got.append(getattr(kind, "name", kind))
    with handshake(server, "imaps", context) as tls:
        tls.recv(1000)
    expect(got.count("NEWSESSION_TICKET"), 1, "tickets")


@check("a client that asks for an unknown name gets the first certificate "
       "(RFC 6066 3)")
def unknown_name(server):
    text = s_client(server, "imaps", name="other.example",
                    verify="localhost")
    # OpenSSL 3.0 says "CN = localhost", 3.5 "CN=localhost".
    expect_match(r"Peer certificate: CN ?= ?localhost", text, "s_client")


@check("a client without a certificate is served, though there is a client CA")
def client_certificates_are_optional(server):
    with Imap(server, "imaps", "alice") as c:
        c.ok("NOOP")


# STARTTLS and STLS.

@check("{0}: what is sent with {1} in {2} segments is not run within TLS "
       "(RFC 3501 6.2.1, RFC 2595 4)", with_each=[
           (port, command, segments) for port, command in
           (("imap", "STARTTLS"), ("pop3", "STLS")) for segments in (1, 2)])
def injection(server, row):
    port, command, segments = row
    data = ("x " if port == "imap" else "") + command + "\r\ny NOOP\r\n"
    with lib.Raw(server, port) as c:
        c.line()
        if segments == 2:
            c.send(data[:4])
            data = data[4:]
        c.send(data)
        try:
            c.line()
            c.wrap()
        except (Closed, OSError):
            return
        # Even if split by the network, the rest is not a valid handshake.
        raise AssertionError("the handshake went on")


@check("within TLS there is no STARTTLS and no LOGINDISABLED, and a second "
       "STARTTLS is BAD (RFC 3501 6.2.1)")
def starttls_twice(server):
    with Imap(server, "imap") as c:
        before = c.ok("CAPABILITY").has(r"CAPABILITY (.*)")[1].split()
        c.starttls()
        after = c.ok("CAPABILITY").has(r"CAPABILITY (.*)")[1].split()
        for name in (b"STARTTLS", b"LOGINDISABLED"):
            expect_in(name, before, "before TLS")
            expect_not_in(name, after, "within TLS")
        c.fails("BAD", "STARTTLS")


# Clients at the wrong port, and slow ones.

@check("half a handshake on {} delays nobody", with_each=TLS_PORTS)
def half_a_handshake(server, port):
    with connected(server, port) as s:
        s.sendall(bytes.fromhex("1603010200010001fc0303"))
        for kind in (Imap, Pop3):
            with kind(server, user="alice") as c:
                c.ok("NOOP")


@check("{}: a command in the clear to a TLS port is not answered",
       with_each=TLS_PORTS)
def cleartext_to_tls(server, port):
    with connected(server, port) as s:
        s.sendall(b"a CAPABILITY\r\n")
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := s.recv(1000):
                data += chunk
        expect_not_in(b"CAPABILITY", data, "what came")


@check("{}: a handshake fails on a port that begins in the clear",
       with_each=CLEAR_PORTS)
def tls_to_cleartext(server, port):
    try:
        with handshake(server, port) as tls:
            raise AssertionError(f"the server speaks {tls.version()}")
    except OSError:
        pass


@check("a client that reads no answers delays no other")
def slow_reader(server):
    with Imap(server, "imaps", "alice") as slow:
        for _ in range(2000):
            slow.push("a CAPABILITY\r\n")
        with Imap(server, "imaps", "bob") as quick:
            quick.ok("NOOP")


@contextlib.contextmanager
def with_client_ca():
    with tempfile.TemporaryDirectory() as folder:
        with lib.Server(CLIENT_CA=certs.Ca(folder).path("ca.pem")) as server:
            yield server


def main():
    lib.on(Server, verified, login, old_versions, cbc, rsa_kex, aead, alpn,
           alpn_of_others, tickets_of_tls12, tickets_of_tls13, one_ticket,
           unknown_name,
           injection, starttls_twice, half_a_handshake, cleartext_to_tls,
           tls_to_cleartext, slow_reader)
    lib.on(with_client_ca, client_certificates_are_optional)
    lib.finish()


if __name__ == "__main__":
    main()
