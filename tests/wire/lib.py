# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Dialogues with running daemons: raw clients that send exactly the octets a
test gives, and read the answers.  Servers and the printed results are those of
tests/harness.py."""

import base64
import itertools
import os
import re
import select
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from harness import *		# noqa: F401,F403,E402
from harness import HOST, PASSWORD, expect, expect_in, message, need, \
    say						# noqa: E402

# Raised by a non-blocking socket, with or without TLS.
AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Closed(Exception):
    """The server closed the connection."""


class Raw:
    """A connection.  tls is "no", "implicit" or the default of the port."""

    made = 0			# connections so far

    def __init__(self, server, port, timeout=60, address=HOST, alpn=None,
                 source=None):
        Raw.made += 1
        self.name = f"{port}#{Raw.made}"
        self.server, self.timeout = server, timeout
        self.sock = socket.create_connection(
            (address, server.ports[port]), timeout,
            (source, 0) if source else None)
        self.file = None
        if port.endswith("s"):
            self.wrap(alpn)
        else:
            self.file = self.sock.makefile("rb")

    def wrap(self, alpn=None):
        """Do the TLS handshake, and verify the certificate."""
        context = self.server.context()
        if alpn:
            context.set_alpn_protocols([alpn])
        self.sock = context.wrap_socket(self.sock,
                                        server_hostname="localhost")
        self.file = self.sock.makefile("rb")

    def send(self, data):
        say(self.name, ">", data)
        try:
            self.sock.sendall(data.encode() if isinstance(data, str)
                              else data)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed(str(error)) from error

    def push(self, data):
        """Send data that the server may not read to its end."""
        try:
            self.send(data)
        except Closed:
            pass

    def exchange(self, data, seconds=10):
        """Send and read at the same time, in one thread as TLS requires, until
        the server ends the connection.  Returns what the server sent.  A reset
        is an error."""
        end, heard, left = time.monotonic() + seconds, b"", memoryview(data)
        self.sock.setblocking(False)
        while time.monotonic() < end:
            select.select([self.sock], [self.sock] if left else [], [], 0.1)
            try:
                left = left[self.sock.send(left[:16384]):] if left else left
            except AGAIN:
                pass
            try:
                while got := self.sock.recv(65536):
                    heard += got
                return heard
            except AGAIN:
                pass
        raise AssertionError(f"not closed after {heard[-200:]!r}")

    def line(self):
        """Read one line, without its end; Closed at EOF."""
        try:
            line = self.file.readline()
        except (ConnectionError, ssl.SSLError) as error:
            say(self.name, "<", f"[{error}]")
            raise Closed(str(error)) from error
        if not line.endswith(b"\n"):
            say(self.name, "<", line + b"[closed]")
            raise Closed(f"after {line!r}")
        say(self.name, "<", line)
        return line.rstrip(b"\r\n")

    def read(self, count):
        data = self.file.read(count)
        if len(data) < count:
            raise Closed(f"after {len(data)} of {count} octets")
        return data

    def readable(self):
        """Something has come that was not read yet."""
        self.sock.setblocking(False)
        try:
            return bool(self.file.peek(1))
        except AGAIN:
            return False
        finally:
            self.sock.settimeout(self.timeout)

    def silent(self, seconds=0.3):
        """Nothing arrives for that long."""
        self.sock.settimeout(seconds)
        try:
            data = self.sock.recv(1)
        except (TimeoutError, socket.timeout, ssl.SSLWantReadError):
            return True
        finally:
            self.sock.settimeout(self.timeout)
        raise AssertionError(f"not silent: {data!r}")

    def closed(self):
        """The server ends the connection, whatever it sends before."""
        try:
            while True:
                self.line()
        except Closed:
            return True

    def close(self):
        # The file holds the socket open, so close both.
        if self.file:
            self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Answer:
    """The result of an IMAP command: the untagged responses and the tagged
    one."""

    def __init__(self, untagged, status, text):
        self.untagged = untagged	# bytes, literals in place, no CRLF
        self.status = status		# "OK", "NO", "BAD"
        self.text = text		# the rest of the tagged line

    def find(self, pattern):
        """The first untagged response that matches, or None."""
        pattern = pattern.encode() if isinstance(pattern, str) else pattern
        for response in self.untagged:
            found = re.search(pattern, response, re.S)
            if found:
                return found
        return None

    def has(self, pattern, what="response"):
        """The same as find(), but there must be a match."""
        found = self.find(pattern)
        if not found:
            raise AssertionError(f"{what}: want /{pattern}/, got {self!r}")
        return found

    def lacks(self, pattern, what="response"):
        """No untagged response matches."""
        if found := self.find(pattern):
            raise AssertionError(
                f"{what}: want no /{pattern}/, got {found.string!r:.300}")

    def says(self, text, what="tagged response"):
        """The text of the tagged response contains this text."""
        expect_in(text, self.text, what)

    def all(self, pattern):
        pattern = pattern.encode() if isinstance(pattern, str) else pattern
        return [r for r in self.untagged if re.search(pattern, r, re.S)]

    def __repr__(self):
        return f"{self.status} {self.text!r} after {self.untagged!r}"


fresh_names = itertools.count(1)


def expect_status(status, command, answer):
    if answer.status != status:
        raise AssertionError(f"{command}: want {status}, got {answer!r}")


class Imap(Raw):
    """A minimal IMAP client: it knows lines, literals and tags."""

    def __init__(self, server, port="imaps", user=None, **more):
        super().__init__(server, port, **more)
        self.count = 0
        self.greeting = self.line()
        if user:
            if port == "imap":
                self.starttls()
            self.login(user)

    def response(self):
        """Read a whole response with its literals; the last CRLF is
        dropped."""
        data = self.line()
        whole = data
        while (found := re.search(rb"\{(\d+)\}$", data)):
            whole += b"\r\n" + self.read(int(found[1]))
            data = self.line()
            whole += data
        return whole

    def tag(self):
        self.count += 1
        return f"t{self.count}"

    def collect(self, tag):
        """Read up to the tagged response."""
        untagged = []
        start = tag.encode() + b" "
        while True:
            response = self.response()
            if response.startswith(start):
                status, _, text = response[len(start):].partition(b" ")
                return Answer(untagged, status.decode(), text.decode(
                    errors="replace"))
            untagged.append(response)

    def command(self, text, *literals):
        """Send a command.  Each {} is replaced by a literal, which is sent
        when the server asks for it: command("LOGIN {} {}", b"alice", b"x")."""
        tag = self.tag()
        text = text.encode() if isinstance(text, str) else text
        data = tag.encode() + b" "
        pieces = text.split(b"{}")
        for piece, literal in zip(pieces, literals):
            self.send(data + piece + b"{%d}\r\n" % len(literal))
            early = []
            while not (line := self.response()).startswith(b"+"):
                if line.startswith(tag.encode() + b" "):
                    status, _, rest = line[len(tag) + 1:].partition(b" ")
                    return Answer(early, status.decode(), rest.decode())
                early.append(line)
            data = literal
        self.send(data + pieces[-1] + b"\r\n")
        return self.collect(tag)

    def ok(self, text, *literals):
        """Send a command that must succeed."""
        answer = self.command(text, *literals)
        expect_status("OK", text, answer)
        return answer

    def fails(self, status, text, *literals):
        """Send a command that must be answered by NO or BAD."""
        answer = self.command(text, *literals)
        expect_status(status, text, answer)
        return answer

    def starttls(self):
        self.ok("STARTTLS")
        self.wrap()

    def login(self, user="alice", password=PASSWORD):
        return self.ok(f'LOGIN "{user}" "{password}"')

    def append(self, mailbox, message, arguments=""):
        if arguments:
            arguments += " "
        return self.ok(f"APPEND {mailbox} {arguments}{{}}", message)

    def fetch(self, what, items):
        return self.ok(f"FETCH {what} {items}")

    def fresh(self, messages=0, select=True):
        """A mailbox of its own with these messages, or so many, selected;
        its name is returned."""
        name = f"fresh{os.getpid()}.{next(fresh_names)}"
        self.ok("CREATE " + name)
        if isinstance(messages, int):
            messages = [message(f"{name} {number}")
                        for number in range(1, messages + 1)]
        for text in messages:
            self.append(name, text)
        if select:
            self.ok("SELECT " + name)
        return name

    def nothing_else(self):
        """All that came before was answered, and nothing of it was taken
        for another command."""
        expect(self.ok("NOOP").untagged, [], "before the answer to NOOP")

    def idle(self):
        """Start IDLE; done() ends it."""
        self.idle_tag = self.tag()
        self.send(f"{self.idle_tag} IDLE\r\n")
        need(self.response().startswith(b"+"), "IDLE goes on")

    def done(self):
        self.send("DONE\r\n")
        return self.collect(self.idle_tag)


class Pop3(Raw):
    def __init__(self, server, port="pop3s", user=None, **more):
        super().__init__(server, port, **more)
        self.greeting = self.line()
        if user:
            if port == "pop3":
                self.stls()
            self.login(user)

    def command(self, text):
        """Send a line and read the status line."""
        self.send(text if isinstance(text, bytes) else text + "\r\n")
        return self.line().decode(errors="replace")

    def ok(self, text):
        line = self.command(text)
        need(line.startswith("+OK"), f"{text}: want +OK, got {line}")
        return line[4:]

    def err(self, text):
        line = self.command(text)
        need(line.startswith("-ERR"), f"{text}: want -ERR, got {line}")
        return line[5:]

    def lines(self):
        """Read the rest of a multi-line answer, with byte-stuffing removed."""
        found = []
        while (line := self.line()) != b".":
            found.append(line[1:] if line.startswith(b".") else line)
        return found

    def multi(self, text):
        self.ok(text)
        return self.lines()

    def capa(self):
        return [line.decode() for line in self.multi("CAPA")]

    def stls(self):
        self.ok("STLS")
        self.wrap()

    def login(self, user="alice", password=PASSWORD):
        self.ok("USER " + user)
        return self.ok("PASS " + password)


def plain(user, password=PASSWORD, authzid=""):
    """A PLAIN response in base64 (RFC 4616)."""
    return base64.b64encode(
        f"{authzid}\0{user}\0{password}".encode()).decode()


def listed(answer, what=b"LIST"):
    """{name: (attributes, rest)} of LIST responses."""
    found = {}
    for line in answer.untagged:
        m = re.match(rb'\* ' + what + rb' \(([^)]*)\) "/" '
                     rb'("[^"]*"|[^ ]+)(.*)$', line)
        if m:
            found[m[2].strip(b'"').decode()] = (
                set(m[1].decode().split()), m[3].decode().strip())
    return found
