#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""TLS on all four ports: versions, ciphers, names, tickets, STARTTLS."""

import re
import socket
import ssl
import subprocess
import warnings

import lib
from lib import Closed, Imap, Pop3, check, need, same

warnings.simplefilter("ignore", DeprecationWarning)

PORTS = {"imap": "imap", "imaps": None, "pop3": "pop3", "pop3s": None}


def s_client(server, port, *options, name="localhost"):
    """The output of openssl s_client, with a failed verification fatal."""
    command = ["openssl", "s_client", "-connect",
               f"{lib.HOST}:{server.ports[port]}", "-CAfile", server.ca,
               "-verify_return_error", "-verify_hostname", "localhost",
               "-servername", name, *options]
    if PORTS[port]:
        command += ["-starttls", PORTS[port]]
    done = subprocess.run(command, input=b"QUIT\r\n", timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode(errors="replace")


def verified_by_openssl(server, port):
    code, text = s_client(server, port, "-brief")
    need("Verification: OK" in text or "Verified peername" in text,
         f"{code}: {text[-300:]}")
    need("TLSv1.3" in text, "the newest version")


def login_on(server, port):
    cls = Imap if port.startswith("imap") else Pop3
    with cls(server, port, "alice") as c:
        c.ok("NOOP")
        c.ok("LOGOUT" if cls is Imap else "QUIT")
        need(c.closed(), "closed")


def refused(server, port, *options):
    _, text = s_client(server, port, "-brief", *options)
    need("CONNECTION ESTABLISHED" not in text, text[-300:])


def accepted(server, port, cipher, *options):
    _, text = s_client(server, port, "-brief", *options)
    need("CONNECTION ESTABLISHED" in text and cipher in text, text[-300:])


def context_of(server, **more):
    context = server.context()
    context.check_hostname = False
    for name, value in more.items():
        setattr(context, name, value)
    return context


def alpn(server):
    for port, name in (("imaps", "imap"), ("pop3s", "pop3")):
        context = context_of(server)
        context.set_alpn_protocols(["h2", name])
        with socket.create_connection((lib.HOST, server.ports[port])) as s:
            with context.wrap_socket(s, server_hostname="localhost") as t:
                same(t.selected_alpn_protocol(), name, "ALPN")


def tickets(server):
    """A session is resumed on whichever front accepts the next connection."""
    context = context_of(server, maximum_version=ssl.TLSVersion.TLSv1_2)
    session = None
    for i in range(12):
        with socket.create_connection((lib.HOST, server.ports["imaps"])) as s:
            with context.wrap_socket(s, server_hostname="localhost",
                                     session=session) as t:
                t.recv(1000)
                if i:
                    need(t.session_reused, f"connection {i} is resumed")
                session = t.session


def tickets_of_tls13(server):
    context = context_of(server, minimum_version=ssl.TLSVersion.TLSv1_3)
    session = None
    for i in range(6):
        with socket.create_connection((lib.HOST, server.ports["imaps"])) as s:
            with context.wrap_socket(s, server_hostname="localhost",
                                     session=session) as t:
                t.recv(1000)
                if i:
                    need(t.session_reused, f"connection {i} is resumed")
                session = t.session


def unknown_name(server):
    """A client that asks for an unknown name gets the first certificate."""
    code, text = s_client(server, "imaps", "-brief", name="other.example")
    # OpenSSL 3.0 says "CN = localhost", 3.5 "CN=localhost".
    need(re.search(r"Peer certificate: CN ?= ?localhost", text), text[-300:])


def injection(server, port, command, segments):
    """Commands received before the handshake are not run after it."""
    with lib.Raw(server, port) as c:
        c.line()
        if segments == 1:
            c.send(command + "y NOOP\r\n")
        else:
            c.send(command[:4])
            c.send(command[4:] + "y NOOP\r\n")
        try:
            c.line()
            c.wrap()
        except (Closed, OSError):
            return
        # Even if split by the network, the rest is not a valid handshake.
        raise AssertionError("the handshake went on")


def starttls_forgets(server):
    """A second STARTTLS is refused, and the capabilities are those under
    TLS."""
    with Imap(server, "imap") as c:
        before = c.ok("CAPABILITY").find(r"CAPABILITY (.*)")[1]
        need(b"STARTTLS" in before and b"LOGINDISABLED" in before,
             f"{before}")
        c.starttls()
        after = c.ok("CAPABILITY").find(r"CAPABILITY (.*)")[1]
        need(b"STARTTLS" not in after and b"LOGINDISABLED" not in after,
             f"{after}")
        c.fails("BAD", "STARTTLS")


def half_a_handshake(server):
    """Half a handshake delays nobody, and its end closes the connection."""
    held = []
    for port in ("imaps", "pop3s"):
        s = socket.create_connection((lib.HOST, server.ports[port]))
        s.sendall(bytes.fromhex("1603010200010001fc0303"))
        held.append(s)
    login_on(server, "imaps")
    login_on(server, "pop3s")
    for s in held:
        s.close()


def cleartext_to_tls(server):
    for port in ("imaps", "pop3s"):
        with socket.create_connection((lib.HOST, server.ports[port])) as s:
            s.settimeout(10)
            s.sendall(b"a CAPABILITY\r\n")
            data = b""
            try:
                while chunk := s.recv(1000):
                    data += chunk
            except ConnectionResetError:
                pass
            need(b"CAPABILITY" not in data, f"{data}")


def tls_to_cleartext(server):
    for port in ("imap", "pop3"):
        context = context_of(server)
        with socket.create_connection((lib.HOST, server.ports[port])) as s:
            s.settimeout(10)
            try:
                context.wrap_socket(s, server_hostname="localhost")
            except (ssl.SSLError, OSError):
                continue
            raise AssertionError("a handshake on a cleartext port")


def big_answer_slow_reader(server):
    """A client that does not read does not delay others."""
    with Imap(server, "imaps", "alice") as slow:
        for _ in range(2000):
            slow.push("a CAPABILITY\r\n")
        with Imap(server, "imaps", "bob") as quick:
            quick.ok("NOOP")


def client_certificates_are_optional(server):
    with Imap(server, "imaps", "alice") as c:
        c.ok("NOOP")


with lib.Server() as s:
    for port in PORTS:
        with check(f"verified handshake on {port}"):
            verified_by_openssl(s, port)
        with check(f"login on {port}"):
            login_on(s, port)
        with check(f"TLS 1.0 and 1.1 are refused on {port}"):
            refused(s, port, "-tls1", "-cipher", "ALL:@SECLEVEL=0")
            refused(s, port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        with check(f"CBC and key exchange by RSA are refused on {port}"):
            refused(s, port, "-tls1_2", "-cipher",
                    "ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384")
            refused(s, port, "-tls1_2", "-cipher", "AES128-GCM-SHA256")
        with check(f"TLS 1.2 with AEAD on {port}"):
            accepted(s, port, "GCM", "-tls1_2")
            accepted(s, port, "CHACHA20", "-tls1_2", "-cipher",
                     "ECDHE+CHACHA20")
    for name, test in (
            ("ALPN", alpn),
            ("tickets of TLS 1.2 over all fronts", tickets),
            ("tickets of TLS 1.3 over all fronts", tickets_of_tls13),
            ("an unknown name gets the first certificate", unknown_name),
            ("STARTTLS forgets", starttls_forgets),
            ("half a handshake", half_a_handshake),
            ("cleartext to a TLS port", cleartext_to_tls),
            ("TLS to a cleartext port", tls_to_cleartext),
            ("a slow reader", big_answer_slow_reader)):
        with check(name):
            test(s)
    for port, command in (("imap", "x STARTTLS\r\n"), ("pop3", "STLS\r\n")):
        for n in (1, 2):
            with check(f"injection before TLS on {port}, {n} segments"):
                injection(s, port, command, n)
    with lib.Server(CLIENT_CA=s.ca) as with_ca:
        with check("client certificates are optional"):
            client_certificates_are_optional(with_ca)
lib.finish()
