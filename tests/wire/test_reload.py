#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""SIGHUP: a new value of each option in penfold.conf(5) takes effect, in
running processes and open sessions, or the manual and the log say that it
needs a restart.  A new option needs a row here, of one kind or the other."""

import contextlib
import os
import re
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import tempfile
import time

import certs
import family
import lib
from lib import Closed, Imap, Pop3, check, expect, expect_in, expect_match, \
    expect_not_in, need, wait_for

BUILD = os.environ.get("BUILD", os.path.join(lib.TOP, "build"))

# Always set: one process of each role, no delays, and a log that says which
# process is ready.
BASE = """log level debug
fronts 1
workers 1
checkers 1
failed login delay 0
worker idle timeout 1h
connections per address 1000
"""

# Users with a hashed password.
SLOW = [f"slow{i}" for i in range(1, 6)]

# Users whose index is first made by the test of that folder's option.
FRESH = {"drafts folder": "fresh1", "sent folder": "fresh2",
         "trash folder": "fresh3", "junk folder": "fresh4",
         "archive folder": "fresh5"}


class Reload:
    """A server whose configuration is changed while it runs."""

    def __init__(self, server):
        self.server = server
        self.conf = server.path("penfold.conf")
        with open(self.conf) as f:
            self.base = f.read()

    def processes(self):
        return {pid for parent in family.parents(self.server)
                for pid in family.children(parent)}

    def set(self, *lines, base=None):
        """Set exactly these extra lines, and wait until all processes have
        them."""
        with open(self.conf, "w") as f:
            f.write((base or self.base) +
                    "".join(line + "\n" for line in lines))
        seen = len(family.log(self.server))
        pids = self.processes()
        for parent in family.parents(self.server):
            os.kill(parent, signal.SIGHUP)

        def all_ready():
            text = family.log(self.server)[seen:]
            expect_not_in("stays in force", text[-300:], "the log")
            return text.count("is in force") == 2 and all(
                f"pid {pid} is ready" in text or not family.title(pid)
                for pid in pids)
        wait_for("all processes have the configuration", all_ready)
        return family.log(self.server)[seen:]

    def role(self, role):
        """The processes of imapd with that role."""
        return family.of_role(family.parents(self.server)[0], role)

    def imap(self, user=None, **more):
        return Imap(self.server, user=user, **more)

    def pop3(self, user=None):
        return Pop3(self.server, user=user)


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


#
# Authentication
#

def auth_mechanisms(r):
    for value, want in (("login", [b"LOGIN"]),
                        ("plain scram-sha-256", [b"PLAIN",
                                                 b"SCRAM-SHA-256"])):
        r.set("auth mechanisms " + value)
        with r.imap() as c:
            got = c.ok("CAPABILITY").untagged[0]
            expect(sorted(re.findall(rb"AUTH=(\S+)", got)), want, "IMAP")
        with r.pop3() as c:
            line = [x for x in c.capa() if x.startswith("SASL ")][0]
            expect(sorted(line.encode().split()[1:]), want, "POP3")


def hash_time(r):
    """CPU ticks used by the processes that compute hashes."""
    total = 0
    for pid in r.role("check"):
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total


def hashed(r, user):
    """Whether a login costs a hash, as those of slow1 and slow2 do."""
    before = hash_time(r)
    r.imap(user).close()
    return hash_time(r) - before > 3


def slow_hashes(r):
    if "slow1:{BLF" in open(r.server.path("users")).read():
        return
    for user in SLOW:
        subprocess.run([os.path.join(BUILD, "bin", "mailctl"), "-f", r.conf,
                        "user", "passwd", "-s", "BLF-CRYPT", user],
                       input=lib.PASSWORD + "\n", text=True, check=True,
                       capture_output=True)


def auth_cache_lifetime(r):
    slow_hashes(r)
    r.set("auth cache lifetime 0")
    for nth in ("first", "second"):
        need(hashed(r, "slow1"), f"no cache: a hash the {nth} time")
    r.set("auth cache lifetime 2m")
    need(hashed(r, "slow1"), "a hash the first time")
    need(not hashed(r, "slow1"), "no hash the second time")
    r.set("auth cache lifetime 0")
    need(hashed(r, "slow1"), "a hash: what was cached is forgotten")


def auth_cache_size(r):
    """The smallest cache has four entries."""
    slow_hashes(r)
    r.set("auth cache size 4")
    every, none = [True] * len(SLOW), [False] * len(SLOW)
    expect([hashed(r, user) for user in SLOW], every, "hashes at first")
    need(hashed(r, SLOW[0]), "a hash: there is no room for all")
    r.set("auth cache size 1000")
    expect([hashed(r, user) for user in SLOW], every, "hashes at first")
    expect([hashed(r, user) for user in SLOW], none, "hashes from then on")


def user_names(r):
    for value, status in (("exact", "NO"), ("lower", "OK")):
        r.set("user names " + value)
        with r.imap() as c:
            expect(c.command(f"LOGIN ALICE {lib.PASSWORD}").status, status,
                   value)


def default_domain(r):
    """The default domain is also added to names in the users file."""
    for value, name in (("example.org", "alice@example.org"), ("", "alice")):
        r.set(f'default domain "{value}"')
        seen = len(family.log(r.server))
        r.imap("alice").close()
        expect_in(f"login user={name} ", family.log(r.server)[seen:],
                  "the log")


#
# Limits before login
#

def login_timeout(r):
    r.set("login timeout 5s")
    begun = time.monotonic()
    with r.imap() as c:
        # The option is reset, but this connection keeps its time limit.
        r.set()
        need(c.closed(), "the connection is closed")
        took = time.monotonic() - begun
        need(4 < took < 20, f"want 5 s, got {took} s")


def connected(r, n):
    """How many of n connections are served."""
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(n):
            with contextlib.suppress(Closed, OSError):
                clients.append(stack.enter_context(r.imap()))
        served = 0
        for c in clients:
            with contextlib.suppress(Closed):
                c.ok("NOOP")
                served += 1
        return served


def connections(r):
    r.set("connections 2", "connections before login 2")
    expect(connected(r, 3), 2, "connections that are served")
    r.set("connections 3", "connections before login 3")
    expect(connected(r, 3), 3, "connections that are served")


def connections_before_login(r):
    r.set("connections before login 2")
    served = connected(r, 4)
    need(served <= 2, f"want 2 to be served, got {served}")
    r.set("connections before login 4")
    expect(connected(r, 4), 4, "connections that are served")


def connections_per_address(r):
    r.set("connections per address 2")
    expect(connected(r, 3), 2, "connections that are served")
    r.set("connections per address 3")
    expect(connected(r, 3), 3, "connections that are served")


def connections_per_user(r):
    with r.imap("bob"):
        for n, status in ((1, "NO"), (2, "OK")):
            r.set(f"connections per user {n}")
            with r.imap() as c:
                expect(c.command(f"LOGIN bob {lib.PASSWORD}").status, status,
                       "another session")


def failed_logins(r):
    for n in (1, 2):
        r.set(f"failed logins {n}")
        with r.imap() as c:
            for _ in range(n):
                c.command("LOGIN alice wrong")
            need(c.closed(), "the connection is closed")


def failed_login_delay(r):
    for value, low, high in (("1s", 1, 60), ("0", 0, 1)):
        r.set("failed login delay " + value)
        with r.imap() as c:
            begun = time.monotonic()
            c.fails("NO", "LOGIN alice wrong")
            took = time.monotonic() - begun + 0.05
            need(low <= took < high, f"want {value}, got {took} s")


def bad_commands(r):
    """The limit applies before login, and after it in an open session."""
    with r.imap("alice") as open_before, r.imap() as c:
        r.set("bad commands 2")
        for client in (open_before, c):
            with contextlib.suppress(Closed):
                for _ in range(5):
                    client.command("FROB")
                raise AssertionError("still open")
    r.set("bad commands 20")
    with r.imap() as c:
        for _ in range(5):
            c.fails("BAD", "FROB")


def login_line_size(r):
    line = "USER " + "x" * 2000
    for size, toobig in (("1K", True), ("8K", False)):
        r.set("login line size " + size)
        with r.imap() as c:
            expect("[TOOBIG]" in c.fails("BAD", line).text, toobig, "IMAP")
        with r.pop3() as c:
            expect("too long, or" in c.err(line), toobig, "POP3")


def login_literal_size(r):
    for size, start in (("1K", b"t BAD [TOOBIG]"), ("8K", b"+")):
        r.set("login literal size " + size)
        with r.imap() as c:
            c.send("t LOGIN {2000}\r\n")
            expect(c.line()[:len(start)], start, size)


#
# Limits of a session, all of which was open before
#

def idle_timeout(r):
    with r.imap("alice") as c:
        r.set("idle timeout 1s")
        expect(c.line()[:5], b"* BYE", "autologout")


def idle_keepalive(r):
    r.set("idle keepalive 0")
    with r.imap("alice") as c:
        c.ok("SELECT INBOX")
        c.idle()
        r.set("idle keepalive 1s")
        expect(c.line(), b"* OK Still here", "a sign of life")
        r.set("idle keepalive 0")
        with contextlib.suppress(AssertionError):
            c.silent(0.1)
        c.done()


def line_size(r):
    with r.imap("alice") as c, r.pop3("bob") as p:
        for size, toobig in (("8K", True), ("64K", False)):
            r.set("line size " + size)
            expect("[TOOBIG]" in c.fails("BAD", "NOOP " + "x" * 20000).text,
                   toobig, "IMAP")
            expect("too long, or" in p.err("USER " + "x" * 20000), toobig,
                   "POP3")


def literal_size(r):
    with r.imap("alice") as c:
        c.ok("SELECT INBOX")
        for size, toobig in (("8K", True), ("4M", False)):
            r.set("literal size " + size)
            answer = c.command("SEARCH SUBJECT {}", b"x" * 2000000)
            expect("[TOOBIG]" in answer.text, toobig, answer.text)


def message_size(r):
    big = lib.message("Big") + b"x" * 98 + b"\r\n" * 50000
    with r.imap("alice") as c:
        for size, toobig in (("64K", True), ("1M", False)):
            r.set("message size " + size)
            answer = c.command("APPEND INBOX {}", big)
            expect("[TOOBIG]" in answer.text, toobig, answer.text)


def memory_per_session(r):
    with r.imap("alice") as c:
        c.ok("SELECT INBOX")
        for size, status in (("4M", "NO"), ("64M", "OK")):
            r.set("literal size 64M", "memory per session " + size)
            expect(c.command("SEARCH SUBJECT {}", b"x" * 5000000).status,
                   status, size)


def search_terms(r):
    with r.imap("alice") as c:
        c.ok("SELECT INBOX")
        for n, enough in ((10, False), (100, True)):
            r.set(f"search terms {n}")
            expect(c.command("SEARCH" + " SEEN" * 50).status == "OK", enough,
                   f"{n} terms")


def mailboxes_per_user(r):
    with r.imap("bob") as c:
        have = len(c.ok('LIST "" *').untagged)
        for more in (6, 8):
            n = have + more
            r.set(f"mailboxes per user {n}")
            while c.command(f"CREATE m{have}").status == "OK":
                have += 1
            expect(have, n, "mailboxes")
            have = n


def keywords_per_mailbox(r):
    with r.imap("alice") as c:
        c.ok("CREATE words")
        c.append("words", lib.message("One"))
        c.ok("SELECT words")
        for n in (26, 40):
            r.set(f"keywords per mailbox {n}")
            c.ok("STORE 1 FLAGS (" + " ".join(
                f"w{i}" for i in range(n)) + ")")
            c.fails("NO", "STORE 1 +FLAGS (onemore)")


#
# Mailboxes and the store
#

def separator(r):
    """A client that knows names with one separator keeps that separator."""
    with r.imap("alice") as c:
        r.set('separator "."')
        c.ok('LIST "" ""').has(rb'"/" ""')
        with r.imap("alice") as other:
            other.ok('LIST "" ""').has(rb'"\." ""')


def folder(option, use):
    def test(r):
        name = "Made by " + option
        r.set(f'{option} "{name}"')
        with r.imap(FRESH[option]) as c:
            c.ok('LIST "" *').has(rf'\{use}[^"]*\) "/" "{name}"')
    return test


def lock_timeout(r):
    """Another process holds the write lock and never releases it."""
    with r.imap("alice") as c:
        for seconds in (1, 2):
            r.set(f"lock timeout {seconds}s")
            db = sqlite3.connect(os.path.join(r.server.maildir("alice"),
                                              "penfold", "index.db"),
                                 isolation_level=None)
            db.execute("BEGIN IMMEDIATE")
            begun = time.monotonic()
            c.fails("NO", "CREATE locked").says("[INUSE]")
            took = time.monotonic() - begun
            db.execute("ROLLBACK")
            db.close()
            need(seconds - 0.1 < took < 9, f"want {seconds} s, got {took} s")


def index_idle_timeout(r):
    """The session is open but idle."""
    with r.imap("alice") as c:
        c.ok("NOOP")
        pid = r.role("mail")[0]

        def is_open():
            return any("/alice/penfold/index.db" in os.readlink(
                f"/proc/{pid}/fd/{fd}") for fd in family.descriptors(pid))
        if family.descriptors(pid) is None:
            raise lib.Skip("this user may not see descriptors")
        need(is_open(), "the index is open")
        r.set("index idle timeout 1s")
        wait_for("it is closed", lambda: not is_open())


#
# What is said
#

def greeting(r):
    for text in ("First.", "Second."):
        r.set(f'greeting "{text}"')
        with r.imap() as i, r.pop3() as p:
            expect_in(text.encode(), i.greeting, "IMAP")
            expect_in(text.encode(), p.greeting, "POP3")


def id_fields(r):
    with r.imap("alice") as after, r.imap() as before:
        for fields in ("name", "name version"):
            r.set("id fields " + fields)
            for c in (before, after):
                expect(b'"version"' in c.ok("ID NIL").untagged[0],
                       "version" in fields, fields)


def id_log(r):
    with r.imap("alice") as c:
        for value, want in (("no", 0), ("yes", 1)):
            r.set("id log " + value)
            c.ok(f'ID ("name" "log {value}")')
            expect(family.log(r.server).count(f"log {value}"), want, value)


#
# POP3
#

def pop3_expire(r):
    with r.pop3("alice") as c:
        for value, want in (("30d", "EXPIRE 30"), ("never", "EXPIRE NEVER")):
            r.set("pop3 expire " + value)
            expect_in(want, c.capa(), "CAPA")


def pop3_login_delay(r):
    r.set("pop3 login delay 1h")
    with r.pop3("bob") as c:
        expect_in("LOGIN-DELAY 3600", c.capa(), "CAPA")
    with r.pop3() as c:
        c.ok("USER bob")
        expect_in("[LOGIN-DELAY]", c.err("PASS " + lib.PASSWORD), "PASS")
    r.set("pop3 login delay 0")
    r.pop3("bob").close()


def pop3_uidl(r):
    """Unique ids do not change within a session."""
    with r.pop3("alice") as c:
        first = c.multi("UIDL")
        r.set("pop3 uidl courier")
        expect(c.multi("UIDL"), first, "in the old session")
        expect(c.ok("UIDL 1").split()[-1].encode(), first[0].split()[1],
               "one of them")
    with r.pop3("alice") as c:
        expect_match(rb"^1 \d+-\d+$", c.multi("UIDL")[0], "a new session")


def pop3_delete(r):
    with r.pop3("alice") as c:
        c.ok("DELE 1")
        r.set("pop3 delete trash")
        c.ok("QUIT")
    with r.imap("alice") as c:
        c.ok("STATUS Trash (MESSAGES)").has(rb"MESSAGES [1-9]")


def pop3_seen(r):
    for value in ("no", "yes"):
        with r.pop3("alice") as c:
            r.set("pop3 seen " + value)
            c.multi("RETR 1")
            c.ok("QUIT")
        with r.imap("alice") as c:
            c.ok("SELECT INBOX")
            expect(bool(c.fetch(1, "FLAGS").find(rb"\\Seen")), value == "yes",
                   f"{value}: \\Seen")


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
    "auth mechanisms": auth_mechanisms,
    "auth cache lifetime": auth_cache_lifetime,
    "auth cache size": auth_cache_size,
    "user names": user_names,
    "default domain": default_domain,
    "login timeout": login_timeout,
    "connections": connections,
    "connections before login": connections_before_login,
    "connections per address": connections_per_address,
    "connections per user": connections_per_user,
    "failed logins": failed_logins,
    "failed login delay": failed_login_delay,
    "bad commands": bad_commands,
    "login line size": login_line_size,
    "login literal size": login_literal_size,
    "idle timeout": idle_timeout,
    "idle keepalive": idle_keepalive,
    "line size": line_size,
    "literal size": literal_size,
    "message size": message_size,
    "memory per session": memory_per_session,
    "search terms": search_terms,
    "mailboxes per user": mailboxes_per_user,
    "keywords per mailbox": keywords_per_mailbox,
    "separator": separator,
    "drafts folder": folder("drafts folder", r"\Drafts"),
    "sent folder": folder("sent folder", r"\Sent"),
    "trash folder": folder("trash folder", r"\Trash"),
    "junk folder": folder("junk folder", r"\Junk"),
    "archive folder": folder("archive folder", r"\Archive"),
    "lock timeout": lock_timeout,
    "index idle timeout": index_idle_timeout,
    "greeting": greeting,
    "id fields": id_fields,
    "id log": id_log,
    "pop3 expire": pop3_expire,
    "pop3 login delay": pop3_login_delay,
    "pop3 uidl": pop3_uidl,
    "pop3 delete": pop3_delete,
    "pop3 seen": pop3_seen,
}

@check("a new value of {0} is in force after SIGHUP",
       with_each=EFFECTS.items())
def in_force(r, row):
    try:
        row[1](r)
    finally:
        r.set()


# Options whose effect is tested elsewhere: the file, and a text in it.
ELSEWHERE = {
    # Only mailctl reads this option.
    "hostname": ("tests/wire/test_mailctl.py", "hostname"),
    "log to": ("tests/wire/test_daemon.py", "def goes_to"),
    "log level": ("tests/wire/test_daemon.py", "def level"),
    "trace user": ("tests/wire/test_trace.py", "trace user"),
    "trace address": ("tests/wire/test_trace.py", "trace address"),
    # These take an hour, or a kernel without file watching.
    "expunge keep": ("tests/unit/storage/test_storage.c",
                     "test_configure_expunged_keep"),
    "poll interval": ("tests/unit/storage/test_storage.c",
                      "test_configure_poll_interval"),
    "open indexes": ("tests/unit/storage/test_storage.c",
                     "test_configure_open_max"),
    # The minimum is ten minutes; the code is that of idle timeout.
    "pop3 timeout": ("tests/unit/common/test_worker.c", "test_worker_reload"),
}

# Options that need a restart, and a new value for each.
RESTART = {
    "front user": '"12345:12345"',
    "auth user": '"12346:12346"',
    "chroot": '"/"',
}


def rows():
    """(name, needs a restart) of each row of conf_options[]."""
    with open(os.path.join(lib.TOP, "common/conf/conf_option.c")) as f:
        source = f.read()
    return [(name, "CONF_OPT_RESTART" in row) for name, row in
            re.findall(r'^\t\{ \.name = "([^"]+)", \.type = (.*?) \},$',
                       source, re.M | re.S)]


@check("every option is tested here or elsewhere, and nothing else is")
def every_option(_):
    expect(sorted(name for name, restart in rows() if restart),
           sorted(RESTART), "need a restart")
    expect(sorted(name for name, restart in rows() if not restart),
           sorted([*EFFECTS, *ELSEWHERE]), "change at a reload")
    for path, name in ELSEWHERE.values():
        with open(os.path.join(lib.TOP, path)) as f:
            expect_in(name, f.read(), path)


@check("imapd -nv prints every option")
def printed(r):
    text = subprocess.run(
        [os.path.join(BUILD, "bin", "imapd"), "-nv", "-f", r.conf],
        capture_output=True, text=True, check=True).stdout
    expect([name for name, _ in rows() if not re.search(
        f"^{name} ", text, re.M)], [], "options that are not printed")


@check("options that need a restart keep their values, and the log says so")
def needs_restart(r):
    """The log names the changed options, and processes forked later have the
    same values as the others."""
    def ids():
        return {family.status(pid)["Uid"] for pid in
                r.role("front") + r.role("check")}
    before = ids()
    text = r.set(*(f"{name} {value}" for name, value in RESTART.items()),
                 "greeting \"Other.\"", "fronts 2", "checkers 2")
    expect(text.count("a restart is needed for changes of: " +
                      ", ".join(RESTART)), 2, "lines of the log")
    wait_for("more processes", lambda: len(r.role("front")) == 2 and
             len(r.role("check")) == 2)
    expect(ids(), before, "users of the processes")
    text = r.set()
    expect_not_in("a restart is needed", text, "the log afterwards")


@check("a new value of allow plaintext from is in force after SIGHUP")
def plaintext(r):
    for lines, status in (((), "NO"),
                          (("allow plaintext from 127.0.0.0/8",), "OK")):
        r.set(*lines)
        with r.imap(port="imap") as c:
            expect(c.command(f"LOGIN alice {lib.PASSWORD}").status, status,
                   "before TLS")


@check("a new value of mail is in force after SIGHUP, for sessions to come")
def mail_template(r):
    """A new login finds its mail at the new path, an open session at the
    old."""
    with r.imap("alice") as c:
        r.set(base=r.base.replace('/mail/%u"', '/mail/%u/elsewhere"'))
        with r.imap("alice") as other:
            other.ok("SELECT INBOX").has(rb"^\* 0 EXISTS")
        c.ok("SELECT INBOX").lacks(rb"^\* 0 EXISTS")


@contextlib.contextmanager
def reloads():
    """A server whose configuration can be changed."""
    with lib.Server("alice bob " + " ".join([*SLOW, *FRESH.values()]),
                    BASE) as server:
        server.append([lib.message(f"No. {i}") for i in range(3)], "alice")
        server.append([lib.message("One")], "bob")
        yield Reload(server)


def main():
    lib.on(reloads, every_option, printed, in_force, plaintext, mail_template,
           needs_restart)
    lib.finish()


if __name__ == "__main__":
    main()
