# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The options of processes and of TLS that change at a reload; for
test_reload.py."""

import contextlib
import socket
import ssl
import struct
import tempfile

import certs
import family
import lib
from lib import expect, need, wait_for
from reloads import FRESH

#
# Processes
#

def count_of(role, option):
    def test(r):
        for n in (3, 1, 2):
            r.set(f"{option} {n}")
            wait_for(f"{n} of them", lambda: len(r.role(role)) == n)
    return test


def workers(r):
    """Users are spread over the present workers."""
    expect(len(r.role("mail")), 1, "workers at first")
    r.set("workers 16")
    with contextlib.ExitStack() as stack:
        for user in ("alice", "bob", *FRESH.values()):
            stack.enter_context(r.imap(user))
        need(len(r.role("mail")) > 1, "want several workers, got one")


def sync_threads(r):
    def threads():
        return int(family.status(r.role("mail")[0])["Threads"])
    with r.imap("alice"):
        r.set("sync threads 2")
        wait_for("fewer threads", lambda: threads() == 3)
        r.set("sync threads 7")
        wait_for("more threads", lambda: threads() == 8)


def worker_idle_timeout(r):
    r.imap("alice").close()
    before = set(r.role("mail"))
    need(before, "want a worker, got none")
    r.set("worker idle timeout 1s")
    wait_for("its end", lambda: not before & set(r.role("mail")))


def backlog(port):
    """The kernel's backlog of a listener on 127.0.0.1, from inet_diag."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as s:
        ident = struct.pack(">HH16s16s", port, 0, b"\x7f\0\0\1", b"") + \
            struct.pack("=I8s", 0, b"\xff" * 8)
        body = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0,
                           1 << 10) + ident
        # SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP
        s.send(struct.pack("=IHHII", 16 + len(body), 20, 0x301, 1, 0) + body)
        data = s.recv(1 << 20)
        while len(data) >= 16:
            size, kind = struct.unpack_from("=IH", data)
            if kind != 20:
                break
            if struct.unpack_from(">H", data, 20)[0] == port and \
                    data[16] == socket.AF_INET:
                # idiag_wqueue follows the header, state, id, expires, rqueue
                return struct.unpack_from("=I", data, 16 + 4 + 48 + 8)[0]
            data = data[(size + 3) & ~3:]
    raise AssertionError("no such listener")


def listen_backlog(r):
    for n in (7, 30):
        r.set(f"listen backlog {n}")
        expect(backlog(r.server.ports["imap"]), n, "the kernel's")


#
# TLS
#

def handshake(r, context=None, **more):
    """The TLS socket of a new connection, or None if TLS fails."""
    context = context or r.server.context()
    for name, value in more.items():
        setattr(context, name, value)
    s = socket.create_connection((lib.HOST, r.server.ports["imaps"]), 20)
    try:
        tls = context.wrap_socket(s, server_hostname="localhost")
        # In TLS 1.3 a refused certificate shows only after the handshake.
        if not tls.recv(1):
            return None
        return tls
    except (ssl.SSLError, ConnectionError):
        s.close()
        return None


def old_tls(r):
    context = r.server.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def tls_protocols(r):
    r.set("tls protocols tlsv1.3")
    need(handshake(r, old_tls(r)) is None, "TLS 1.2 is refused")
    r.set("tls protocols tlsv1.2 tlsv1.3")
    expect(handshake(r, old_tls(r)).version(), "TLSv1.2", "version")


def tls_ciphers(r):
    for name in ("ECDHE-ECDSA-AES256-GCM-SHA384",
                 "ECDHE-ECDSA-CHACHA20-POLY1305"):
        r.set(f'tls ciphers "{name}"')
        expect(handshake(r, old_tls(r)).cipher()[0], name, "cipher")


def tls_curves(r):
    context = r.server.context()
    context.set_ecdh_curve("prime256v1")
    r.set('tls curves "P-384"')
    need(handshake(r, context) is None, "P-256 is refused")
    r.set('tls curves "P-384:P-256"')
    need(handshake(r, context), "P-256 is taken")


def tls_dhparams(r):
    """Add an RSA certificate: DHE-ECDSA does not exist."""
    cert, key = certs.Ca(r.server.path()).issue("rsa", "rsa", "localhost")
    rsa = (f'certificate "{cert}" key "{key}"',
           'tls ciphers "DHE-RSA-AES128-GCM-SHA256:ECDHE+AESGCM"')
    context = old_tls(r)
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256")
    r.set(*rsa, "tls dhparams none")
    need(handshake(r, context) is None, "DHE is refused")
    r.set(*rsa, "tls dhparams auto")
    need(handshake(r, context), "DHE is taken")


def tls_ticket_lifetime(r):
    for life, has in (("0", False), ("2h", True)):
        r.set(f"tls ticket lifetime {life}")
        expect(handshake(r, old_tls(r)).session.has_ticket, has, "a ticket")


def client_ca(r):
    """A client with a certificate of another CA."""
    with tempfile.TemporaryDirectory() as folder:
        context = r.server.context()
        context.load_cert_chain(*certs.Ca(folder).issue(
            "client", "ecdsa", "alice", usage="clientAuth"))
    r.set(f'client ca "{r.server.ca}"')
    need(handshake(r, context) is None, "another CA is refused")
    r.set('client ca ""')
    need(handshake(r, context), "no certificate is asked for")


EFFECTS = {
    "fronts": count_of("front", "fronts"),
    "workers": workers,
    "checkers": count_of("check", "checkers"),
    "sync threads": sync_threads,
    "worker idle timeout": worker_idle_timeout,
    "listen backlog": listen_backlog,
    "tls protocols": tls_protocols,
    "tls ciphers": tls_ciphers,
    "tls curves": tls_curves,
    "tls dhparams": tls_dhparams,
    "tls ticket lifetime": tls_ticket_lifetime,
    "client ca": client_ca,
}
